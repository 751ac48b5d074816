"""Whether a query gives what its ``[metric]`` says: the columns, and their types. Runs nothing."""

from collections.abc import Iterator, Mapping

from sqlglot import exp

from flowathena.engine.local.semantics import types
from flowathena.engine.outputs import output_types
from flowathena.errors import Problem
from flowathena.query import check
from flowathena.query.metric import Metric
from flowathena.query.query import Query
from flowathena.sql.limit import final_limit
from flowathena.text import did_you_mean

_AMOUNTS = types.NUMBERS | types.OPEN
_NAMES = types.TEXTS | types.INTEGERS | types.BOOLEAN | types.OPEN
_MOMENTS = types.TIMESTAMP | types.TIMESTAMP_TZ | types.OPEN


def check_metric(query: Query, columns: Mapping[str, str]) -> list[Problem]:
    """What keeps the rows of a query, which is valid otherwise, from being its metrics.

    Args:
        query: the query.
        columns: Hive types of the columns of ``flow_logs``.
    """
    metric = query.metric
    if metric is None:
        return []
    messages = [
        f"metric: parameter {param.name!r} has no default, and a metric is given no values"
        for param in query.params
        if param.required
    ]
    for filled in check.fill_out(query, columns)[1]:
        tree = filled.statement.tree
        if final_limit(tree) is not None:
            messages.append(
                "metric: the statement has a LIMIT, and what it cuts off would be missing: leave "
                "it away"
            )
        messages += _problems(metric, output_types(tree, columns))
    return [Problem(message, query.file, metric.line) for message in dict.fromkeys(messages)]


def _problems(metric: Metric, outputs: Mapping[str, exp.DataType]) -> Iterator[str]:
    wanted = [(metric.bucket, _MOMENTS, "a timestamp")]
    wanted += [(each.column, _NAMES, "a text or whole number") for each in metric.dimensions]
    wanted += [(each.column, _AMOUNTS, "a number") for each in metric.values]
    for column, kinds, expected in wanted:
        kind = outputs.get(column)
        if kind is None:
            hint = did_you_mean(column, outputs)
            yield f"metric: the result has no column {column!r}; {hint}it has {', '.join(outputs)}"
        elif kind.this not in kinds:
            yield f"metric: column {column!r} is {types.spelled(kind)}, not {expected}"
