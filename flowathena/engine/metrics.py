"""Whether a query gives what its ``[metric]`` says: the columns, and their types. Runs nothing."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from sqlglot import exp
from sqlglot.errors import SqlglotError

from flowathena.engine.local.semantics import types
from flowathena.engine.local.typing import annotate
from flowathena.errors import EngineError, Problem
from flowathena.query import check, relation
from flowathena.query.metric import Metric
from flowathena.query.query import Query
from flowathena.sql.limit import final_limit
from flowathena.text import did_you_mean

_DATABASE = "target"
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
    for filled in check.try_out(query, columns)[1]:
        tree = filled.statement.tree
        if final_limit(tree) is not None:
            messages.append(
                "metric: the statement has a LIMIT, and what it cuts off would be missing: leave "
                "it away"
            )
        messages += _problems(metric, _outputs(tree, columns))
    return [Problem(message, query.file, metric.line) for message in dict.fromkeys(messages)]


def _outputs(tree: exp.Expr, columns: Mapping[str, str]) -> dict[str, exp.DataType]:
    """The columns of a result with their types; a type is unknown if only Athena knows it."""
    every = {name: dict(columns) for name in (relation.NAME, relation.NAME_BEFORE)}
    plain = tree.copy()
    for table in plain.find_all(exp.Table):
        if not table.db and table.name.lower() in every:
            table.set("db", exp.to_identifier(_DATABASE))
    with suppress(EngineError, SqlglotError, RecursionError):
        tree = annotate(plain, {_DATABASE: every})
    outputs = tree.selects if isinstance(tree, exp.Query) else []
    return {output.alias_or_name: types.of(output) for output in outputs}


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
