"""Arrays as collections: distinct elements, what two arrays share, where an element is.

DuckDB's own functions of sets leave NULLs out and lose the order; Trino keeps both.
"""

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.base import (
    Function,
    call,
    cast,
    duckdb,
    has_null,
    is_null,
    named,
    require,
    shown,
)
from flowathena.engine.local.semantics.types import (
    array,
    common,
    element,
    invalid,
    is_a,
    of,
    spelled,
    unsupported,
)

# A value is in the result at its first place.
_FIRST = "list_filter(:v, lambda fa_v, fa_i: list_position(:v, fa_v) = fa_i)"


# Type rules


def _arrays_type(node: exp.Expr) -> exp.DataType:
    """The one type of all the arrays."""
    found = exp.DType.NULL.into_expr()
    for operand in node.expressions:
        require(node, operand, "array")
        wider = common(found, of(operand))
        if wider is None:
            raise invalid("TYPE_MISMATCH", f"{shown(node)} mixes {spelled(found)}")
        found = wider
    if element(found).this in types.DOUBLE | types.MAP | types.JSON:
        raise unsupported(f"{shown(node)} of {spelled(found)}")
    return found


def _boolean_type(node: exp.Expr) -> exp.DataType:
    kind = element(_arrays_type(node))
    if kind.this in types.NESTED:
        raise unsupported(f"{shown(node)} of {spelled(kind)}")
    return exp.DType.BOOLEAN.into_expr()


def _search_type(node: exp.Expr) -> exp.DataType:
    """An array and what may be in it."""
    values, value = node.expressions
    require(node, values, "array")
    if common(element(of(values)), of(value)) is None:
        raise invalid("TYPE_MISMATCH", f"{shown(node)} looks for {spelled(of(value))}")
    if is_a(value, types.NESTED | types.JSON | types.DOUBLE):
        raise unsupported(f"{shown(node)}: search for {spelled(of(value))}")
    return exp.DType.BIGINT.into_expr()


def _remove_type(node: exp.Expr) -> exp.DataType:
    _search_type(node)
    return of(node.expressions[0])


def _zip_type(node: exp.Expr) -> exp.DataType:
    """An array of rows."""
    for operand in node.expressions:
        require(node, operand, "array")
    return array(types.row(("", element(of(operand))) for operand in node.expressions))


# DuckDB forms


def _known(value: exp.Expr, *operands: exp.Expr) -> exp.Expr:
    return exp.paren(exp.Case().when(is_null(*operands), exp.Null()).else_(value))


def _distinct(node: exp.Expr) -> exp.Expr:
    return duckdb(_FIRST, v=node.expressions[0])


def _union(node: exp.Expr) -> exp.Expr:
    one, other = (cast(part, types.storage(of(node))) for part in node.expressions)
    both = call("list_concat", one, other)
    return _known(duckdb(_FIRST, v=both), *node.expressions)


def _intersect(node: exp.Expr) -> exp.Expr:
    return _kept(node, "IS NOT NULL")


def _except(node: exp.Expr) -> exp.Expr:
    return _kept(node, "IS NULL")


def _kept(node: exp.Expr, condition: str) -> exp.Expr:
    """The distinct elements of the first array whose place in the second is NULL, or not."""
    one, other = (cast(part, types.storage(of(node))) for part in node.expressions)
    kept = duckdb(
        "list_filter(:v, lambda fa_v, fa_i: list_position(:v, fa_v) = fa_i "
        f"AND nullif(list_position(:o, fa_v), 0) {condition})",
        v=one,
        o=other,
    )
    return _known(kept, *node.expressions)


def _overlap(node: exp.Expr) -> exp.Expr:
    """Unknown if only a NULL, on either side, could be the common element."""
    one, other = node.expressions
    shared = duckdb("len(list_intersect(:a, :b)) > 0", a=one, b=other)
    unknown = exp.or_(
        exp.and_(exp.paren(has_null(one)), duckdb("len(:b) > 0", b=other)),
        exp.and_(exp.paren(has_null(other)), duckdb("len(:a) > 0", a=one)),
    )
    cases = exp.Case().when(is_null(one, other), exp.Null()).when(shared, exp.true())
    return exp.paren(cases.when(unknown, exp.Null()).else_(exp.false()))


def _position(node: exp.Expr) -> exp.Expr:
    """What is not there is at 0."""
    values, value = node.expressions
    found = exp.Coalesce(
        this=call("list_position", values, value), expressions=[exp.Literal.number(0)]
    )
    return _known(cast(found, "bigint"), values, value)


def _remove(node: exp.Expr) -> exp.Expr:
    """NULLs stay; of a NULL, nothing is known."""
    values, value = node.expressions
    kept = duckdb("list_filter(:v, lambda fa_v: fa_v IS DISTINCT FROM :x)", v=values, x=value)
    return _known(kept, values, value)


def _sequence(node: exp.Expr) -> exp.Expr:
    """Whether the second array is a part of the first."""
    values, part = node.expressions
    found = duckdb(
        "len(:p) = 0 OR list_contains(list_transform("
        "range(1, len(:v) - len(:p) + 2), "
        "lambda fa_i: list_slice(:v, fa_i, fa_i + len(:p) - 1) = :p), true)",
        v=values,
        p=part,
    )
    return _known(found, values, part)


def _zip(node: exp.Expr) -> exp.Expr:
    """The shorter arrays end in NULLs."""
    fields = ", ".join(
        f"field{place} := list_extract(:f{place}, fa_i)" for place in range(len(node.expressions))
    )
    lengths = ", ".join(f"len(:f{place})" for place in range(len(node.expressions)))
    named_parts = {f"f{place}": part for place, part in enumerate(node.expressions)}
    made = duckdb(
        f"list_transform(range(1, greatest({lengths}) + 1), lambda fa_i: struct_pack({fields}))",
        **named_parts,
    )
    return _known(made, *node.expressions)


ROWS = (
    Function(named("array_distinct"), "array_distinct", _arrays_type, _distinct),
    Function(named("array_union"), "array_union", _arrays_type, _union),
    Function(named("array_intersect"), "array_intersect", _arrays_type, _intersect),
    Function(named("array_except"), "array_except", _arrays_type, _except),
    Function(named("arrays_overlap"), "arrays_overlap", _boolean_type, _overlap),
    Function(named("contains_sequence"), "contains_sequence", _boolean_type, _sequence),
    Function(named("array_position"), "array_position", _search_type, _position),
    Function(named("array_remove"), "array_remove", _remove_type, _remove),
    Function(named("zip"), "zip", _zip_type, _zip),
)
