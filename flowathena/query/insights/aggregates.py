"""Aggregates in the language of CloudWatch Logs Insights; pure."""

from collections.abc import Mapping
from dataclasses import replace

from sqlglot import exp

from flowathena.query.insights.fields import NO_FORM, RefusalError, Scope, Term
from flowathena.query.insights.indicators import computed, indicator
from flowathena.query.insights.terms import (
    NUMERIC,
    name_of,
    not_absent,
    number,
    seconds_of,
    value,
    without_form,
)
from flowathena.sql.dialect import written

AGGREGATES: Mapping[str, str] = {"sum": "sum", "avg": "avg", "min": "min", "max": "max"}
"""Insights' name of each aggregate of one number that is the same in both."""


def aggregate(node: exp.Expr, scope: Scope) -> Term:
    """An aggregate of the rows of a group.

    Raises:
        RefusalError: it has no form in Insights.
    """
    if isinstance(node, exp.Cast) and (seconds := seconds_of(node)) is not None:
        return replace(aggregate(seconds, scope), type="timestamp")
    if (condition := _counted_if(node)) is not None:
        return Term(f"sum({indicator(condition, scope)})", "bigint", is_count=True)
    if not isinstance(node, exp.Anonymous):
        raise RefusalError(without_form(node))
    name, arguments = name_of(node), node.expressions
    if name in AGGREGATES and len(arguments) == 1:
        return _of_numbers(name, arguments[0], scope)
    if name == "count":
        return _count(node, scope)
    if name == "approx_distinct" and len(arguments) == 1:
        return _distinct(arguments[0], scope)
    if name == "approx_percentile" and len(arguments) == 2:  # noqa: PLR2004 - value and share
        share = arguments[1]
        if isinstance(share, exp.Literal) and not share.is_string:
            percent = f"{float(share.name) * 100:g}"
            return Term(f"pct({number(arguments[0], scope).text}, {percent})", "double")
    raise RefusalError(without_form(node))


def is_aggregate(node: exp.Expr) -> bool:
    """Whether a part of a statement contains an aggregate, one that has no form included."""
    return any(names_aggregate(each) for each in node.find_all(exp.Anonymous))


def names_aggregate(node: exp.Expr) -> bool:
    """Whether a part of a statement is the call of an aggregate, or that with FILTER."""
    if isinstance(node, exp.Filter):
        return names_aggregate(node.this)
    aggregates = {*AGGREGATES, "count", "approx_distinct", "approx_percentile", *_OTHER_AGGREGATES}
    is_call = isinstance(node, exp.Anonymous) and name_of(node) in aggregates
    return is_call and not isinstance(node.parent, exp.Window)


_OTHER_AGGREGATES = (
    *("count_if", "array_agg", "arbitrary", "any_value", "bool_or", "bool_and", "every"),
    *("max_by", "min_by", "stddev", "variance", "geometric_mean", "checksum", "histogram"),
    *("map_agg", "approx_most_frequent", "listagg", "stddev_pop", "var_pop", "stddev_samp"),
)


def _of_numbers(name: str, argument: exp.Expr, scope: Scope) -> Term:
    term = computed(argument, scope)
    if name in ("min", "max") and term.type == "timestamp":
        not_absent(argument, term)
        return Term(f"{name}({term.text})", "timestamp")
    if term.type not in NUMERIC:
        raise RefusalError(f"{written(argument)} is not a number")
    not_absent(argument, term)
    if name == "sum" and term.text == "1":
        return Term("count(*)", "bigint")
    kind = "double" if name == "avg" else term.type
    return Term(f"{AGGREGATES[name]}({term.text})", kind, is_signed=term.is_signed)


def _count(node: exp.Anonymous, scope: Scope) -> Term:
    if len(node.expressions) > 1:
        raise RefusalError(without_form(node))
    (argument,) = node.expressions or (exp.Star(),)
    if isinstance(argument, exp.Distinct):
        if len(argument.expressions) != 1:
            raise RefusalError(without_form(node))
        return _distinct(argument.expressions[0], scope)
    if not isinstance(argument, exp.Star):
        not_absent(argument, value(argument, scope))
    return Term("count(*)", "bigint")


def _counted_if(node: exp.Expr) -> exp.Expr | None:
    """The condition of the rows that an aggregate counts: ``count_if(…)``; None of any other."""
    call = node.this if isinstance(node, exp.Filter) else node
    if not isinstance(call, exp.Anonymous):
        return None
    (argument,) = call.expressions if len(call.expressions) == 1 else (exp.Star(),)
    condition: exp.Expr | None = None
    if isinstance(node, exp.Filter):
        is_rows = name_of(call) == "count" and isinstance(argument, exp.Star)
        condition = node.expression.this if is_rows else None
    elif name_of(call) == "count_if" and not isinstance(argument, exp.Star):
        condition = argument
    elif name_of(call) == "count" and isinstance(argument, exp.Case):
        condition = _only_branch(argument)
    return condition


def _only_branch(node: exp.Case) -> exp.Expr | None:
    """The condition of ``CASE WHEN … THEN 1 END``, which is NULL elsewhere; None of any other."""
    branches = node.args["ifs"]
    is_plain = node.this is None and len(branches) == 1 and node.args.get("default") is None
    is_literal = isinstance(branches[0].args["true"], exp.Literal)
    condition: exp.Expr = branches[0].this
    return condition if is_plain and is_literal else None


def _distinct(argument: exp.Expr, scope: Scope) -> Term:
    term = not_absent(argument, value(argument, scope))
    if not term.is_field:
        raise RefusalError(f"count of distinct {written(argument)} {NO_FORM}")
    return Term(f"count_distinct({term.text})", "bigint")
