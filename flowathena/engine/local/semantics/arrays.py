"""Arrays, counted from 1."""

from sqlglot import exp

from flowathena.engine.local.semantics.sql import Mend, call, duckdb, guarded, is_null, number
from flowathena.engine.local.semantics.types import DOUBLE, element, missing, of

_STEPS = 10_000


def _contains(node: exp.Expr) -> exp.Expr:
    """With a NULL in the array, what is not found is unknown in Trino, false in DuckDB."""
    array, value = node.this, node.expression
    found = call("list_contains", array, value)
    unknown = exp.or_(
        is_null(array, value),
        exp.LT(this=call("list_count", array), expression=call("len", array)),
    )
    cases = exp.Case().when(found, exp.true()).when(unknown, exp.Null()).else_(exp.false())
    return exp.paren(cases)


def _extreme(node: exp.Expr) -> exp.Expr:
    """With a NULL in the array its greatest and least are NULL in Trino."""
    array = node.this
    if element(of(array)).this in DOUBLE:
        raise missing("array_max and array_min of doubles")
    nulls = exp.LT(this=call("list_count", array), expression=call("len", array))
    return exp.paren(exp.Case().when(nulls, exp.Null()).else_(node))


def _sequence(node: exp.Expr) -> exp.Expr:
    """Without a step a sequence counts down where it must; a step the wrong way is an error."""
    start, stop, step = (node.args.get(name) for name in ("start", "end", "step"))
    assert isinstance(start, exp.Expr)  # noqa: S101 - Trino's grammar
    assert isinstance(stop, exp.Expr)  # noqa: S101 - same
    if step is None:
        step = duckdb("CASE WHEN :a <= :z THEN 1 ELSE -1 END", a=start, z=stop)
    bad = duckdb("(:z - :a) * sign(:s) < 0 OR :s = 0", a=start, z=stop, s=step)
    long = duckdb(f"abs(:z - :a) // abs(:s) >= {_STEPS}", a=start, z=stop, s=step)
    made = guarded(
        long,
        "INVALID_FUNCTION_ARGUMENT",
        f"result of sequence function must not have more than {_STEPS} entries",
        call("generate_series", start, stop, step),
    )
    told = "sequence stop value should be on the side of start to which step goes"
    return guarded(bad, "INVALID_FUNCTION_ARGUMENT", told, made)


def _subscript(node: exp.Expr) -> exp.Expr:
    """A place outside the array is an error in Trino; with ``element_at`` only 0 is."""
    (index,) = node.expressions
    literal = isinstance(index, exp.Literal)
    if not literal and not isinstance(index.unnest(), exp.Neg | exp.Literal):
        raise missing("computed array subscript")
    # sqlglot counts subscripts from 0 inside its tree.
    place = _place(index) + (1 if not node.args.get("offset") and literal else 0)
    value = call("list_extract", node.this, _number(place))
    if place == 0:
        return _outside("SQL array indices start at 1", node.this, exp.true(), value)
    if node.args.get("safe"):
        return value
    if place < 0:
        return _outside("Array subscript is negative", node.this, exp.true(), value)
    bad = exp.GT(this=_number(place), expression=call("len", node.this))
    told = "Array subscript must be less than or equal to array length"
    return _outside(told, node.this, bad, value)


def _outside(told: str, array: exp.Expr, bad: exp.Expr, value: exp.Expr) -> exp.Expr:
    there = exp.and_(exp.not_(is_null(array)), bad)
    return guarded(there, "INVALID_FUNCTION_ARGUMENT", told, value)


def _place(index: exp.Expr) -> int:
    bare = index.unnest()
    return -int(bare.this.name) if isinstance(bare, exp.Neg) else int(bare.name)


def _number(value: int) -> exp.Expr:
    return number(value) if value >= 0 else exp.Neg(this=number(-value))


def _unnested(node: exp.Expr) -> exp.Expr:
    """Several arrays beside each other are not read here."""
    if len(node.expressions) > 1:
        raise missing("UNNEST of several arrays")
    return node


MENDS: dict[type[exp.Expr], Mend] = {
    exp.ArrayContains: _contains,
    exp.ArrayMax: _extreme,
    exp.ArrayMin: _extreme,
    exp.GenerateSeries: _sequence,
    exp.Bracket: _subscript,
    exp.Unnest: _unnested,
}
