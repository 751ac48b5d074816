"""DuckDB's errors in Athena's words."""

import re
from collections.abc import Iterator

import duckdb
from sqlglot import exp

from tests.rig.executor.base import QueryFailedError
from tests.rig.executor.dialect import place

_OWN = re.compile(r"((?:INVALID_CAST_ARGUMENT|INVALID_FUNCTION_ARGUMENT): [^\n]+)")
_CONVERSION = re.compile(r"Could not convert string '(.*?)' to (\w+)|field value out of range")
_NUMBERS = {"INT64": "BIGINT", "INT32": "INT", "DOUBLE": "DOUBLE"}
_DIVISION = 1003
_CAST = 1002
ANALYSIS = 1006
_CODES: tuple[tuple[type[duckdb.Error], str, int], ...] = (
    (duckdb.OutOfRangeException, "NUMERIC_VALUE_OUT_OF_RANGE", _CAST),
    (duckdb.CatalogException, "FUNCTION_NOT_FOUND", ANALYSIS),
    (duckdb.BinderException, "TYPE_MISMATCH", ANALYSIS),
)


def reworded(error: duckdb.Error) -> QueryFailedError:
    """Give the failure Athena would report for an error of DuckDB's."""
    text = str(error)
    own = _OWN.search(text)
    if own:
        return QueryFailedError(own[1], kind=_CAST)
    if "ivision by zero" in text:
        return QueryFailedError("DIVISION_BY_ZERO: Division by zero", kind=_DIVISION)
    if isinstance(error, duckdb.ConversionException):
        return _conversion(text)
    for kind, code, number in _CODES:
        if isinstance(error, kind):
            reason = f"{code}: {place('', 0)}: {text.splitlines()[0]}"
            return QueryFailedError(reason, kind=number)
    return QueryFailedError(f"GENERIC_INTERNAL_ERROR: {text.splitlines()[0]}", category=1)


def _conversion(text: str) -> QueryFailedError:
    found = _CONVERSION.search(text)
    if found and found[1] is not None:
        kind = _NUMBERS.get(found[2], found[2])
        return QueryFailedError(
            f"INVALID_CAST_ARGUMENT: Cannot cast '{found[1]}' to {kind}", kind=_CAST
        )
    return QueryFailedError(f"INVALID_CAST_ARGUMENT: {text.splitlines()[0]}", kind=_CAST)


def failed(code: str, sql: str, node: exp.Expr | None, message: str) -> QueryFailedError:
    """Make a failure as the analyser words it."""
    offset = min((n.meta["start"] for n in _positioned(node)), default=0)
    return QueryFailedError(f"{code}: {place(sql, offset)}: {message}", kind=ANALYSIS)


def _positioned(node: exp.Expr | None) -> Iterator[exp.Expr]:
    found = node.find_all(exp.Expr) if node else iter(())
    return (item for item in found if "start" in item.meta)
