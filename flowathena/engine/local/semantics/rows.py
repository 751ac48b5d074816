"""Rows: their fields by name and place, and when two of them, or two arrays, are equal."""

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.base import (
    Function,
    call,
    duckdb,
    is_null,
    let,
    named,
    number,
    shown,
    text,
)
from flowathena.engine.local.semantics.types import invalid, is_a, of, spelled, unsupported

# A list in brackets is a row where a value is expected, but not in these.
_LISTS = (exp.Values, exp.Group, exp.GroupingSets, exp.Rollup, exp.Cube)


# Type rules


def _row_type(node: exp.Expr) -> exp.DataType:
    """A row of nameless fields."""
    return types.row(("", of(value)) for value in node.expressions)


def _dot_type(node: exp.Expr) -> exp.DataType:
    """The type of the field of that name."""
    name = node.expression
    if not isinstance(name, exp.Identifier):
        raise unsupported(f"{shown(node)}")
    if not is_a(node.this, types.ROW):
        if is_a(node.this, types.OPEN):
            return exp.DType.UNKNOWN.into_expr()
        message = f"Expression {shown(node.this)} is not of type ROW"
        raise invalid("TYPE_MISMATCH", message)
    found = [kind for field, kind in types.fields(of(node.this)) if _same(field, name.name)]
    if len(found) != 1:
        raise invalid("COLUMN_NOT_FOUND", f"{shown(node)}: no field, or several, of that name")
    return found[0]


def _same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def field_at(node: exp.Expr, place: int) -> tuple[str, exp.DataType]:
    """Name, as it is kept, and type of a field of the row in ``node.this`` by its place from 1.

    Raises:
        EngineError: the row has fewer.
    """
    kind = of(node.this)
    fields = types.fields(kind)
    if place > len(fields):
        raise invalid("TYPE_MISMATCH", f"{shown(node)}: the row has {len(fields)} fields")
    return types.field_names(kind)[place - 1], fields[place - 1][1]


# DuckDB forms


def field(row: exp.Expr, name: str) -> exp.Expr:
    """A field of a row."""
    return call("struct_extract", row, text(name))


def is_list(node: exp.Expr) -> bool:
    """Whether brackets are part of a clause, and no row."""
    return isinstance(node, exp.Tuple) and isinstance(node.parent, _LISTS)


def _row(node: exp.Expr) -> exp.Expr:
    return packed(of(node), node.expressions)


def packed(kind: exp.DataType, values: list[exp.Expr]) -> exp.Expr:
    """A row of these values."""
    names = types.field_names(kind)
    if len({name.lower() for name in names}) < len(names):
        raise unsupported(f"{spelled(kind)}, a row with two fields of one name")
    pairs = [
        exp.PropertyEQ(this=exp.to_identifier(name, quoted=True), expression=value.copy())
        for name, value in zip(names, values, strict=True)
    ]
    return exp.Struct(expressions=pairs)


def _dot(node: exp.Expr) -> exp.Expr:
    kind, wanted = of(node.this), node.expression.name
    (name,) = (field for field in types.field_names(kind) if _same(field, wanted))
    return field(node.this, name)


def equal(left: exp.Expr, right: exp.Expr, kind: exp.DataType, depth: int = 0) -> exp.Expr:
    """Whether two values are equal: unknown if parts are NULL and no others differ."""
    if kind.this in types.ROW:
        parts = zip(types.field_names(of(left)), types.field_names(of(right)), strict=True)
        return exp.and_(
            *(
                exp.paren(
                    equal(
                        _typed(field(left, one), part),
                        _typed(field(right, other), part),
                        part,
                        depth,
                    )
                )
                for (one, other), (_, part) in zip(parts, types.fields(kind), strict=True)
            )
        )
    if kind.this in types.ARRAY:
        return _equal_arrays(left, right, types.element(kind), depth)
    if kind.this in types.DOUBLE | types.MAP | types.JSON:
        raise unsupported(f"comparison of {spelled(kind)} in rows or arrays")
    return exp.EQ(this=exp.paren(left.copy()), expression=exp.paren(right.copy()))


def _typed(node: exp.Expr, kind: exp.DataType) -> exp.Expr:
    node.type = kind
    return node


def _equal_arrays(left: exp.Expr, right: exp.Expr, kind: exp.DataType, depth: int) -> exp.Expr:
    names = tuple(f"fa_{what}{depth}" for what in ("one", "other", "place", "equal"))
    one, other, place = map(exp.to_identifier, names[:3])
    equal_elements = names[3]
    both = equal(
        _typed(call("list_extract", one, place), kind),
        _typed(call("list_extract", other, place), kind),
        kind,
        depth + 1,
    )
    each = exp.Lambda(this=both, expressions=[place.copy()])
    count = exp.Add(this=call("len", one), expression=number(1))
    found = call("list_transform", call("range", number(1), count), each)
    verdict = duckdb(
        f"CASE WHEN list_contains({equal_elements}, false) THEN false "
        f"WHEN list_count({equal_elements}) < len({equal_elements}) THEN NULL ELSE true END"
    )
    differ = exp.NEQ(this=call("len", one), expression=call("len", other))
    cases = exp.Case().when(is_null(one, other), exp.Null()).when(differ, exp.false())
    return let(
        names[0],
        left,
        let(names[1], right, exp.paren(cases.else_(let(equal_elements, found, verdict)))),
    )


ROWS = (
    Function(named("row"), "row", _row_type, _row),
    Function(exp.Tuple, "(,)", _row_type, _row),
    Function(exp.Dot, ".", _dot_type, _dot),
)
