"""Trino's types: the common type of two, and the casts between them; pure.

Source: https://trino.io/docs/current/language/types.html, checked on Trino 470. A type is a
``DataType`` of sqlglot's tree. ``UNKNOWN`` is the type of what cannot be typed, ``NULL`` that of a
bare ``NULL``. A timestamp with time zone has its zone in its type, ``""`` where rows may differ.
"""

from collections.abc import Collection, Iterable, Iterator

from sqlglot import exp

from flowathena.errors import EngineError
from flowathena.sql import dialect
from flowathena.sql.quoting import identifier

INTEGERS = frozenset({exp.DType.INT, exp.DType.BIGINT})
DOUBLE = frozenset({exp.DType.DOUBLE})
DECIMAL = frozenset({exp.DType.DECIMAL})
NUMBERS = INTEGERS | DOUBLE | DECIMAL
TEXTS = frozenset({exp.DType.VARCHAR})
BOOLEAN = frozenset({exp.DType.BOOLEAN})
DATE = frozenset({exp.DType.DATE})
TIMESTAMP = frozenset({exp.DType.TIMESTAMP})
TIMESTAMP_TZ = frozenset({exp.DType.TIMESTAMPTZ})
TIMES = DATE | TIMESTAMP | TIMESTAMP_TZ
TIME = frozenset({exp.DType.TIME})
"""A time of day."""
ARRAY = frozenset({exp.DType.ARRAY})
MAP = frozenset({exp.DType.MAP})
ROW = frozenset({exp.DType.STRUCT})
NESTED = ARRAY | MAP | ROW
JSON = frozenset({exp.DType.JSON})
BINARY = frozenset({exp.DType.VARBINARY})
INTERVAL = frozenset({exp.DType.INTERVAL})
ADDRESS = frozenset({exp.DType.IPADDRESS})
OPEN = frozenset({exp.DType.UNKNOWN, exp.DType.NULL})

_MOST_DIGITS = 38
_TIME_ORDER = (exp.DType.DATE, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ)


def invalid(name: str, what: str) -> EngineError:
    """The error for what Athena refuses too, under the name of Trino's error."""
    return EngineError(f"{name}: {what}")


def unsupported(what: str) -> EngineError:
    """The error for what Athena supports and the local engine does not."""
    return EngineError(f"the local engine does not support {what}; it runs on Athena only")


def of(node: exp.Expr) -> exp.DataType:
    """The node's type."""
    return node.type if isinstance(node.type, exp.DataType) else exp.DType.UNKNOWN.into_expr()


def is_a(node: exp.Expr, kinds: Collection[exp.DType]) -> bool:
    """Whether the node is known to be of one of the types."""
    return of(node).this in kinds


def spelled(kind: exp.DataType) -> str:
    """The type as Athena spells it."""
    if kind.this is exp.DType.TIMESTAMPTZ:
        return f"timestamp({precision_of(kind)}) with time zone"
    if kind.this in INTERVAL:
        return "interval year to month" if is_of_months(kind) else "interval day to second"
    return "null" if kind.this is exp.DType.NULL else kind.sql(dialect.NAME).lower()


def sizes(kind: exp.DataType) -> tuple[int, ...]:
    """The numbers in a type's parentheses."""
    return tuple(int(size.name) for size in kind.expressions if size.name.isdigit())


def decimal(precision: int, scale: int) -> exp.DataType:
    """A decimal type."""
    if precision > _MOST_DIGITS:
        raise unsupported(f"decimal of {precision} digits (cast the operands to fewer)")
    return exp.DataType.build(f"decimal({precision}, {scale})", dialect=dialect.NAME)


def timestamp(precision: int) -> exp.DataType:
    """A timestamp type."""
    return exp.DataType.build(f"timestamp({precision})", dialect=dialect.NAME)


def time(precision: int) -> exp.DataType:
    """The type of a time of day."""
    return exp.DataType.build(f"time({precision})", dialect=dialect.NAME)


def zoned(precision: int, zone: str) -> exp.DataType:
    """A timestamp with time zone; ``zone`` is empty where it differs by row."""
    sizes = (exp.Literal.number(precision), exp.Literal.string(zone))
    parameters = [exp.DataTypeParam(this=size) for size in sizes]
    return exp.DataType(this=exp.DType.TIMESTAMPTZ, expressions=parameters)


def zone_of(kind: exp.DataType) -> str:
    """The zone of a time: UTC, the session's, if it has none."""
    return kind.expressions[1].name if len(kind.expressions) > 1 else "UTC"


def interval(unit: str) -> exp.DataType:
    """An interval of days and parts of them (``day``), or of months and years (``month``)."""
    return exp.DataType(this=exp.DType.INTERVAL, expressions=[exp.Var(this=unit)])


def is_of_months(kind: exp.DataType) -> bool:
    """Whether a type of intervals is the one of months and years."""
    return bool(kind.expressions) and kind.expressions[0].name == "month"


def array(of_what: exp.DataType) -> exp.DataType:
    """An array type."""
    return exp.DataType(this=exp.DType.ARRAY, expressions=[of_what.copy()], nested=True)


def element(kind: exp.DataType) -> exp.DataType:
    """The type of an array's elements."""
    inside = kind.expressions[0] if kind.expressions else None
    return inside if isinstance(inside, exp.DataType) else exp.DType.UNKNOWN.into_expr()


def map_of(key: exp.DataType, value: exp.DataType) -> exp.DataType:
    """A map type."""
    parts = [key.copy(), value.copy()]
    return exp.DataType(this=exp.DType.MAP, expressions=parts, nested=True)


def pair(kind: exp.DataType) -> tuple[exp.DataType, exp.DataType]:
    """The types of a map's keys and values."""
    key, value = ([*kind.expressions, None, None])[:2]
    if isinstance(key, exp.DataType) and isinstance(value, exp.DataType):
        return key, value
    return exp.DType.UNKNOWN.into_expr(), exp.DType.UNKNOWN.into_expr()


def row(fields: Iterable[tuple[str, exp.DataType]]) -> exp.DataType:
    """A row type; a field without a name has an empty one."""
    parts: list[exp.Expr] = [
        exp.ColumnDef(this=exp.to_identifier(name, quoted=True), kind=kind.copy())
        if name
        else kind.copy()
        for name, kind in fields
    ]
    return exp.DataType(this=exp.DType.STRUCT, expressions=parts, nested=True)


def fields(kind: exp.DataType) -> list[tuple[str, exp.DataType]]:
    """The names (empty for one without) and types of a row's fields."""
    return [
        (part.name, part.args["kind"]) if isinstance(part, exp.ColumnDef) else ("", part)
        for part in kind.expressions
    ]


def inside(kind: exp.DataType) -> Iterator[exp.DataType]:
    """The type and every type it is made of."""
    yield kind
    for part in kind.expressions:
        given = part.args.get("kind") if isinstance(part, exp.ColumnDef) else part
        if isinstance(given, exp.DataType):
            yield from inside(given)


def storage(kind: exp.DataType) -> str:
    """DuckDB's spelling of a type of nested values; a nameless field is ``field0``, ``field1``."""
    if kind.this in ARRAY:
        return f"{storage(element(kind))}[]"
    if kind.this in MAP:
        key, value = map(storage, pair(kind))
        return f"MAP({key}, {value})"
    if kind.this in ROW:
        parts = zip(field_names(kind), fields(kind), strict=True)
        return f"STRUCT({', '.join(f'{identifier(n)} {storage(part)}' for n, (_, part) in parts)})"
    if kind.this is exp.DType.NULL:
        return "INTEGER"
    if kind.this in DECIMAL:
        return "DECIMAL({}, {})".format(*digits(kind))
    return _STORAGE.get(kind.this) or kind.this.value


_STORAGE = {
    exp.DType.IPADDRESS: "VARCHAR",
    exp.DType.VARBINARY: "BLOB",
    exp.DType.TIMESTAMPTZ: "TIMESTAMP",
    exp.DType.INTERVAL: "BIGINT",
}


def field_names(kind: exp.DataType) -> list[str]:
    """The names of a row's fields as they are kept."""
    return [name or f"field{place}" for place, (name, _) in enumerate(fields(kind))]


def digits(kind: exp.DataType) -> tuple[int, int]:
    """Precision and scale of a decimal, or of an integer taken as one."""
    if kind.this is exp.DType.DECIMAL:
        precision, scale = (*sizes(kind), 0)[:2]
        return precision, scale
    # As many digits as the greatest bigint and the greatest integer have.
    return (19, 0) if kind.this is exp.DType.BIGINT else (10, 0)


def precision_of(kind: exp.DataType) -> int:
    """The number of digits of a second that a timestamp has; 3 by default."""
    return (*sizes(kind), 3)[0]


def common(left: exp.DataType, right: exp.DataType) -> exp.DataType | None:
    """The type to which Trino brings two values that are compared or mixed, if there is one."""
    kinds = {left.this, right.this}
    if exp.DType.NULL in kinds:
        return right if left.this is exp.DType.NULL else left
    if exp.DType.UNKNOWN in kinds:
        return exp.DType.UNKNOWN.into_expr()
    if left == right or kinds <= TEXTS:
        return left
    if kinds <= NUMBERS:
        return _common_number(left, right)
    if kinds <= TIMES | TIME:
        return _common_time(left, right)
    return _common_nested(left, right)


def _common_nested(left: exp.DataType, right: exp.DataType) -> exp.DataType | None:
    """Of two arrays, two maps or two rows: part by part."""
    kinds = {left.this, right.this}
    if not (len(kinds) == 1 and kinds <= NESTED):
        return None
    if kinds <= ROW:
        ours, theirs = fields(left), fields(right)
        if len(ours) != len(theirs):
            return None
        parts = [common(one, other) for (_, one), (_, other) in zip(ours, theirs, strict=True)]
        names = [a if a == b else "" for (a, _), (b, _) in zip(ours, theirs, strict=True)]
        whole = [part for part in parts if part is not None]
        return row(zip(names, whole, strict=True)) if len(whole) == len(parts) else None
    if kinds <= MAP:
        (key, value), (other_key, other_value) = pair(left), pair(right)
        keys, values = common(key, other_key), common(value, other_value)
        return map_of(keys, values) if keys and values else None
    elements = common(element(left), element(right))
    return array(elements) if elements else None


def _common_number(left: exp.DataType, right: exp.DataType) -> exp.DataType:
    kinds = {left.this, right.this}
    if kinds & DOUBLE:
        return exp.DType.DOUBLE.into_expr()
    if kinds <= INTEGERS:
        return exp.DType.BIGINT.into_expr()
    (precision, scale), (other_precision, other_scale) = digits(left), digits(right)
    whole = max(precision - scale, other_precision - other_scale)
    most = max(scale, other_scale)
    return decimal(min(_MOST_DIGITS, whole + most), most)


def _common_time(left: exp.DataType, right: exp.DataType) -> exp.DataType | None:
    if exp.DType.TIME in {left.this, right.this}:
        longer = max(precision_of(left), precision_of(right))
        return time(longer) if left.this is right.this else None
    later = max(left, right, key=lambda kind: _TIME_ORDER.index(kind.this))
    precision = max(precision_of(kind) for kind in (left, right) if kind.this is not exp.DType.DATE)
    if later.this is exp.DType.TIMESTAMP:
        return timestamp(precision)
    zones = {zone_of(left), zone_of(right)}
    return zoned(precision, zones.pop() if len(zones) == 1 else "")


def castable(source: exp.DataType, to: exp.DataType) -> bool:  # noqa: PLR0911 - a list of rules
    """Whether Trino has the cast."""
    kinds = {source.this, to.this}
    if source.this in OPEN:
        return True
    if kinds & JSON:
        return not kinds & (BINARY | ADDRESS | INTERVAL)
    if kinds & NESTED:
        ours, theirs = _parts(source), _parts(to)
        same = len(kinds) == 1 and len(ours) == len(theirs)
        return same and all(map(castable, ours, theirs))
    if len(kinds) == 1 or kinds == ADDRESS | BINARY:
        return True
    if kinds & TEXTS:
        return source.this not in BINARY
    if source.this in TIMESTAMP | TIMESTAMP_TZ and to.this in TIME:
        return True
    return kinds <= TIMES or kinds <= NUMBERS | BOOLEAN


def _parts(kind: exp.DataType) -> list[exp.DataType]:
    if kind.this in ROW:
        return [part for _, part in fields(kind)]
    return list(pair(kind)) if kind.this in MAP else [element(kind)]
