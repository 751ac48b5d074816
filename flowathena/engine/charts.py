"""Whether a query gives what its ``[chart]`` draws: the columns, and their types. Runs nothing."""

from collections.abc import Iterator, Mapping

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.outputs import output_types
from flowathena.errors import Problem
from flowathena.query import check
from flowathena.query.query import Query
from flowathena.result.chart.chart import Chart, Kind
from flowathena.text import did_you_mean

_NUMBERS = types.NUMBERS | types.OPEN
_NAMES = types.TEXTS | types.INTEGERS | types.BOOLEAN | types.OPEN | types.TIMES
_ALONG = types.TEXTS | types.NUMBERS | types.OPEN | types.TIMES


def check_chart(query: Query, columns: Mapping[str, str]) -> list[Problem]:
    """What keeps the rows of a query, which is valid otherwise, from being drawn.

    Args:
        query: the query.
        columns: Hive types of the columns of ``flow_logs``.
    """
    chart = query.chart
    if chart is None:
        return []
    messages: list[str] = []
    for filled in check.fill_out(query, columns)[1]:
        messages += _problems(chart, output_types(filled.statement.tree, columns))
    return [Problem(message, query.file, chart.line) for message in dict.fromkeys(messages)]


def _problems(chart: Chart, outputs: Mapping[str, exp.DataType]) -> Iterator[str]:
    if "*" in outputs:
        return
    for column in chart.columns:
        kind = outputs.get(column)
        if kind is None:
            hint = did_you_mean(column, outputs)
            yield f"chart: the result has no column {column!r}; {hint}it has {', '.join(outputs)}"
            continue
        kinds, expected = _wanted(chart, column)
        if kind.this not in kinds:
            yield f"chart: column {column!r} is {types.spelled(kind)}, not {expected}"


def _wanted(chart: Chart, column: str) -> tuple[frozenset[exp.DType], str]:
    """The types that a column may have, and how they are called."""
    if column in chart.numbers:
        return _NUMBERS, "a number"
    if column in chart.x and chart.kind is Kind.LINE:
        return _ALONG, "a time, a number or a text"
    return _NAMES, "a text, a whole number or a time"
