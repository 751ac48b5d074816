"""Aggregates in the language of CloudWatch Logs Insights; pure."""

from collections.abc import Mapping
from dataclasses import replace

from sqlglot import exp

from flowathena.query.insights.fields import NO_FORM, RefusalError, Scope, Term
from flowathena.query.insights.terms import (
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
    aggregates = {*AGGREGATES, "count", "approx_distinct", "approx_percentile", *_OTHER_AGGREGATES}
    calls = node.find_all(exp.Anonymous)
    return any(
        name_of(each) in aggregates and not isinstance(each.parent, exp.Window) for each in calls
    )


_OTHER_AGGREGATES = (
    *("count_if", "array_agg", "arbitrary", "any_value", "bool_or", "bool_and", "every"),
    *("max_by", "min_by", "stddev", "variance", "geometric_mean", "checksum", "histogram"),
    *("map_agg", "approx_most_frequent", "listagg", "stddev_pop", "var_pop", "stddev_samp"),
)


def _of_numbers(name: str, argument: exp.Expr, scope: Scope) -> Term:
    term = value(argument, scope)
    if name in ("min", "max") and term.type == "timestamp":
        not_absent(argument, term)
        return Term(f"{name}({term.text})", "timestamp")
    term = number(argument, scope)
    if name == "sum" and term.text == "1":
        return Term("count(*)", "bigint")
    return Term(f"{AGGREGATES[name]}({term.text})", "double" if name == "avg" else term.type)


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


def _distinct(argument: exp.Expr, scope: Scope) -> Term:
    term = not_absent(argument, value(argument, scope))
    if not term.is_field:
        raise RefusalError(f"count of distinct {written(argument)} {NO_FORM}")
    return Term(f"count_distinct({term.text})", "bigint")
