"""DuckDB's values as the texts Athena shows."""

import datetime as dt
from decimal import Decimal

from tests.rig.executor.base import ResultColumn

_SIMPLE = {
    "TINYINT": ("tinyint", 3),
    "SMALLINT": ("smallint", 5),
    "INTEGER": ("integer", 10),
    "BIGINT": ("bigint", 19),
    "HUGEINT": ("bigint", 19),
    "UBIGINT": ("bigint", 19),
    "UHUGEINT": ("bigint", 19),
    "DOUBLE": ("double", 17),
    "FLOAT": ("float", 17),
    "BOOLEAN": ("boolean", 0),
    "DATE": ("date", 0),
    "TIMESTAMP": ("timestamp", 3),
    "TIMESTAMP WITH TIME ZONE": ("timestamp with time zone", 3),
    "VARCHAR": ("varchar", 2147483647),
    "JSON": ("json", 0),
    "BLOB": ("varbinary", 1073741824),
    "INTERVAL": ("interval day to second", 0),
    "NULL": ("unknown", 0),
    '"NULL"': ("unknown", 0),
}


def result_column(name: str, kind: str) -> ResultColumn:
    """Describe a column of DuckDB's by Athena's type names."""
    if kind.startswith("DECIMAL"):
        precision, scale = (int(part) for part in kind[8:-1].split(","))
        return ResultColumn(name, "decimal", precision, scale)
    if kind.endswith("]"):
        return ResultColumn(name, "array")
    if kind.startswith("MAP"):
        return ResultColumn(name, "map")
    if kind.startswith("STRUCT"):
        return ResultColumn(name, "row")
    found, precision = _SIMPLE.get(kind, (kind.lower(), 0))
    return ResultColumn(name, found, precision)


def java_double(value: float) -> str:
    """Write a double as Java's Double.toString does."""
    if value != value:  # noqa: PLR0124 - the one value that differs from itself
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        text = format(Decimal(repr(value)), "f")
        return text if "." in text else f"{text}.0"
    digits, exponent = f"{Decimal(repr(value)).normalize():E}".split("E")
    mantissa = digits if "." in digits else f"{digits}.0"
    return f"{mantissa}E{int(exponent)}"


def _moment(value: dt.datetime) -> str:
    text = f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03d}"
    return f"{text} UTC" if value.tzinfo else text


def _span(value: dt.timedelta) -> str:
    total = value // dt.timedelta(milliseconds=1)
    sign, total = ("-", -total) if total < 0 else ("", total)
    seconds, ms = divmod(total, 1000)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    day, hour = divmod(hours, 24)
    return f"{sign}{day} {hour:02d}:{minute:02d}:{second:02d}.{ms:03d}"


def _nested(value: object) -> str:
    return "null" if value is None else str(text(value))


def text(value: object) -> str | None:  # noqa: PLR0911 - one line for each kind of value
    """Give a value as Athena shows it; NULL is None."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return java_double(value)
    if isinstance(value, dt.datetime):
        return _moment(value)
    if isinstance(value, dt.timedelta):
        return _span(value)
    if isinstance(value, bytes):
        return value.hex(" ")
    if isinstance(value, list | tuple):
        return f"[{', '.join(_nested(item) for item in value)}]"
    if isinstance(value, dict):
        pairs = (f"{_nested(key)}={_nested(item)}" for key, item in value.items())
        return f"{{{', '.join(pairs)}}}"
    return str(value)
