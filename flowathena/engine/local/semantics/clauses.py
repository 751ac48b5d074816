"""The parts of a statement around its expressions, and how a query is a value."""

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.base import Function, inner, unknown
from flowathena.engine.local.semantics.types import is_a, of, spelled, unsupported


def _subquery_type(node: exp.Expr) -> exp.DataType:
    """The type of its one column."""
    query = node.unnest()
    selects = query.selects if isinstance(query, exp.Query) else []
    table = isinstance(node.parent, exp.From | exp.Join | exp.Lateral | exp.Query)
    if len(selects) > 1 and not table:
        raise unsupported("subquery of several columns as a value")
    return of(selects[0]) if len(selects) == 1 else unknown()


def _ordered_type(node: exp.Expr) -> exp.DataType:
    """An order of nested values fails in Trino if they contain NULLs."""
    if is_a(node.this, types.NESTED | types.JSON):
        raise unsupported(f"order of {spelled(of(node.this))}")
    return of(node.this)


ROWS = (
    Function(exp.Alias, "AS", inner),
    Function(exp.Paren, "()", inner),
    Function(exp.Ordered, "ASC DESC", _ordered_type),
    Function(exp.Any, "ANY SOME", inner),
    Function(exp.All, "ALL", inner),
    Function(exp.Subquery, "(SELECT)", _subquery_type),
)

_ALL = (
    *(exp.Union, exp.Except, exp.Intersect, exp.From, exp.Where, exp.Having, exp.Order, exp.Limit),
    *(exp.Offset, exp.Fetch, exp.LimitOptions, exp.TableAlias, exp.Identifier, exp.Column),
    *(
        exp.Star,
        exp.Values,
        exp.ColumnDef,
        exp.OverflowTruncateBehavior,
        exp.OnCondition,
        exp.WindowSpec,
        exp.JSONKeyValue,
        exp.Lambda,
        exp.Lateral,
    ),
    *(exp.GroupingSets, exp.Rollup, exp.Cube, exp.Var, exp.DataType, exp.DataTypeParam),
    exp.IntervalSpan,
)
_SOME: dict[type[exp.Expr], str] = {
    exp.Select: (
        "with_ expressions from_ joins laterals where group having windows order limit offset "
        "distinct"
    ),
    exp.With: "expressions",  # not RECURSIVE
    exp.CTE: "this alias",
    exp.Table: "this db catalog alias",  # no TABLESAMPLE
    exp.Join: "this side kind on using",
    exp.Group: "expressions grouping_sets cube rollup",
    exp.Distinct: "expressions",
}
CLAUSES: dict[type[exp.Expr], str | None] = {**dict.fromkeys(_ALL), **_SOME}
"""Nodes without a type, or typed by their place, and the arguments that they may have.

Arguments as in ``Function``: None for all that sqlglot knows.
"""
