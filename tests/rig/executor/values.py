"""Trino's values, as its client hands them out, in the texts Athena shows."""

import base64
import re
from collections.abc import Sequence

from tests.rig.executor.base import ResultColumn
from tests.rig.executor.texts import text

_SIZE = re.compile(r"\d+")
_NAMES = {"real": "float"}
_PRECISIONS = {
    "tinyint": 3,
    "smallint": 5,
    "integer": 10,
    "bigint": 19,
    "double": 17,
    "real": 17,
    "timestamp": 3,
    "varbinary": 1073741824,
}
_LONGEST = 2147483647
_NUMBERS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def result_column(name: str, kind: str) -> ResultColumn:
    """Describe a column by Athena's type names, which have no parameters.

    Athena calls a ``real`` a ``float`` in its results.
    """
    base, rest = _parsed(kind)
    sizes = [int(size) for size in _SIZE.findall(kind)]
    if base == "decimal":
        return ResultColumn(name, "decimal", *sizes)
    if base in ("varchar", "char"):
        return ResultColumn(name, base, sizes[0] if sizes else _LONGEST)
    return ResultColumn(name, _NAMES.get(base, base) + rest, _PRECISIONS.get(base, 0))


def texts(row: Sequence[object], types: Sequence[str]) -> tuple[str | None, ...]:
    """Give a row in texts."""
    return tuple(_text(value, kind) for value, kind in zip(row, types, strict=True))


def _text(value: object, kind: str) -> str | None:
    if value is None:
        return None
    if kind == "varbinary":
        return base64.b64decode(str(value)).hex(" ")
    if kind in ("double", "real"):
        number = _NUMBERS.get(str(value), value)
        return text(float(str(number)))
    return text(value)


def _parsed(kind: str) -> tuple[str, str]:
    """The name of a type and what follows its parameters: ``timestamp``, `` with time zone``."""
    base = kind.partition("(")[0]
    if base in ("array", "map", "row"):
        return base, ""
    return base, kind.partition(")")[2]
