"""A metric's query as a metric filter of a log group, where it has that form; pure.

CloudWatch Logs looks at each record when it arrives: the pattern names the record's fields in their
order and says what some of them must be, and what matches counts 1, or the number in a field.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from flowathena.errors import QueryError
from flowathena.logs.fields import column_name
from flowathena.query.metric import Metric, MetricValue
from flowathena.query.query import Query
from flowathena.sql import nodes
from flowathena.sql.dialect import written
from flowathena.sql.statement import Statement

SUFFIX = "FromLogGroup"
"""Ends the name of a filter's metric: it counts record by record, and must not add to that which
``metrics publish`` puts."""
MOST_CHARACTERS = 1_024
"""Characters of a pattern."""

_SIGNS: Mapping[type[exp.Expr], str] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_ABSENT = '!="-"'
_MOST_DIMENSIONS = 3
_LEAST_TAIL = 2  # fewer fields at the end are named
_KNOWN = frozenset({"expressions", "from_", "where", "group", "order"})


@dataclass(frozen=True)
class MetricFilter:
    """A metric filter.

    Attributes:
        metric: the name of its metric.
        pattern: which records count.
        value: what each counts: ``1``, or ``$packets``.
        unit: the metric's unit.
        dimensions: fields by the name of the dimension: ``{"flow_direction": "$flow_direction"}``.
            CloudWatch gives a metric with dimensions no value where nothing matches.
        namespace: the namespace of the metric; empty before it is known.
    """

    metric: str
    pattern: str
    value: str
    unit: str
    dimensions: Mapping[str, str] = field(default_factory=dict)
    namespace: str = ""


class _RefusalError(Exception):
    """Raised where a part of a statement has no form in a pattern."""


def metric_filters(
    query: Query, metric: Metric, statement: Statement, log_format: Sequence[str]
) -> tuple[MetricFilter, ...]:
    """The filters that count what a query's metric does, one for each of its values.

    Args:
        query: the query.
        metric: what its rows are as metrics.
        statement: its statement, the placeholders filled in and checked.
        log_format: the fields of the records, in order.

    Raises:
        QueryError: it has no such form; says why.
    """
    try:
        return tuple(_filters(metric, statement.tree, tuple(map(column_name, log_format))))
    except _RefusalError as error:
        raise QueryError(f"{query.name} cannot be a metric filter: {error}") from error


def _filters(metric: Metric, tree: exp.Expr, columns: Sequence[str]) -> Iterator[MetricFilter]:
    if not isinstance(tree, exp.Select) or any(tree.args[k] for k in tree.args.keys() - _KNOWN):
        raise _RefusalError("it is not one SELECT … FROM flow_logs WHERE … GROUP BY …")
    if not isinstance(tree.args["from_"].this, exp.Table):
        raise _RefusalError("it reads a subquery")
    where = tree.args.get("where")
    tests = _tests(where.this if where else None, columns)
    outputs = {each.alias_or_name: each.unalias() for each in tree.selects}
    dimensions = _dimensions(metric, columns)
    for value in metric.values:
        counted = _value(outputs[value.column], columns)
        used = (*tests, *(each[1:] for each in (counted, *dimensions.values())))
        pattern = _pattern(columns, tests, used)
        if len(pattern) > MOST_CHARACTERS:
            raise _RefusalError(
                f"its pattern has {len(pattern):,} characters; CloudWatch takes {MOST_CHARACTERS:,}"
            )
        yield MetricFilter(_name(value), pattern, counted, value.unit, dimensions)


def _name(value: MetricValue) -> str:
    return f"{value.name}{SUFFIX}"


def _pattern(columns: Sequence[str], tests: Mapping[str, str], used: Sequence[str]) -> str:
    """``[version, …, action="REJECT", ...]``; the fields after the last used one as dots."""
    last = max((columns.index(name) for name in used if name in columns), default=0)
    is_tail = len(columns) - last - 1 >= _LEAST_TAIL
    named = columns[: last + 1] if is_tail else columns
    parts = [tests.get(name, name) for name in named]
    return f"[{', '.join([*parts, '...'] if is_tail else parts)}]"


def _dimensions(metric: Metric, columns: Sequence[str]) -> dict[str, str]:
    if len(metric.dimensions) > _MOST_DIMENSIONS:
        raise _RefusalError(f"it has more than {_MOST_DIMENSIONS} dimensions")
    found = {}
    for dimension in metric.dimensions:
        # A record has the number of its protocol.
        name = "protocol" if dimension.column == "protocol_name" else dimension.column
        if name not in columns:
            raise _RefusalError(f"its dimension {name} is no field of the log format")
        found[name] = f"${name}"
    return found


def _value(node: exp.Expr, columns: Sequence[str]) -> str:
    if isinstance(node, exp.Anonymous):
        name, arguments = str(node.this).lower(), node.expressions
        if name == "count" and all(isinstance(each, exp.Star) for each in arguments):
            return "1"
        if name == "sum" and len(arguments) == 1 and isinstance(arguments[0], exp.Column):
            return f"${_column(arguments[0], columns)}"
    raise _RefusalError(f"{written(node)} is neither count(*) nor the sum of a field")


def _tests(where: exp.Expr | None, columns: Sequence[str]) -> dict[str, str]:
    """What fields must be, by column, as the pattern has it."""
    tests: dict[str, list[str]] = {}
    for node in nodes.conjuncts(where) if where else ():
        column, test = _test(node, columns)
        tests.setdefault(column, []).append(test)
    for column, found in tests.items():
        if len(found) > 1 and any("||" in each for each in found):
            raise _RefusalError(f"{column} has an OR beside another condition")
    return {column: " && ".join(found) for column, found in tests.items()}


def _test(node: exp.Expr, columns: Sequence[str]) -> tuple[str, str]:
    for kinds, write in _FORMS:
        if isinstance(node, kinds):
            return write(node, columns)
    raise _RefusalError(f"the condition {written(node)} has no form in a pattern")


def _column(node: exp.Expr, columns: Sequence[str]) -> str:
    name = node.name.lower() if isinstance(node, exp.Column) else ""
    if name not in columns:
        raise _RefusalError(f"{written(node)} is no field of the log format")
    return name


def _comparison(node: exp.Expr, columns: Sequence[str]) -> tuple[str, str]:
    column, sign = _column(node.this, columns), _SIGNS[type(node)]
    literal = node.expression
    if not isinstance(literal, exp.Literal) or '"' in literal.name or "*" in literal.name:
        raise _RefusalError(f"{written(node)} is no comparison with a value")
    if sign == "=":
        return column, f'{column}="{literal.name}"'
    if sign == "!=":  # NULL is not true in SQL
        return column, f'{column}!="{literal.name}" && {column}{_ABSENT}'
    if literal.is_string:
        raise _RefusalError(f"{written(node)}: a pattern does not order texts")
    return column, f"{column}{sign}{literal.name}"


def _in(node: exp.In, columns: Sequence[str]) -> tuple[str, str]:
    column = _column(node.this, columns)
    if not node.expressions:
        raise _RefusalError("it has IN (SELECT …)")
    equal = (exp.EQ(this=node.this.copy(), expression=each.copy()) for each in node.expressions)
    return column, " || ".join(_comparison(each, columns)[1] for each in equal)


def _between(node: exp.Between, columns: Sequence[str]) -> tuple[str, str]:
    low = exp.GTE(this=node.this.copy(), expression=node.args["low"].copy())
    high = exp.LTE(this=node.this.copy(), expression=node.args["high"].copy())
    column, first = _comparison(low, columns)
    return column, f"{first} && {_comparison(high, columns)[1]}"


def _not(node: exp.Not, columns: Sequence[str]) -> tuple[str, str]:
    inner = node.this.unnest()
    if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
        column = _column(inner.this, columns)
        return column, f"{column}{_ABSENT}"
    if isinstance(inner, exp.In) and inner.expressions:
        column = _column(inner.this, columns)
        unequal = (
            exp.NEQ(this=inner.this.copy(), expression=each.copy()) for each in inner.expressions
        )
        tests = [_comparison(each, columns)[1].partition(" && ")[0] for each in unequal]
        return column, " && ".join([*tests, f"{column}{_ABSENT}"])
    raise _RefusalError(f"the condition {written(node)} has no form in a pattern")


_Writer = Callable[..., tuple[str, str]]
_FORMS: tuple[tuple[type[exp.Expr] | tuple[type[exp.Expr], ...], _Writer], ...] = (
    (tuple(_SIGNS), _comparison),
    (exp.In, _in),
    (exp.Between, _between),
    (exp.Not, _not),
)
