"""Whether saved queries run on a target: by its fields and by its engine. Runs nothing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from flowathena.errors import EngineError, QueryError
from flowathena.inputs.params import Value
from flowathena.query import check, gating, relation, samples
from flowathena.query.gating import Gate
from flowathena.query.inspection import inspect
from flowathena.query.query import Query
from flowathena.shape.shape import FlowTable
from flowathena.sql.statement import Statement

_DATABASE = "target"
"""Stands for the real one: what the relation reads from it is translated for every query."""


def gates(
    queries: Iterable[Query], source: FlowTable, local_now: datetime | None = None
) -> dict[str, Gate]:
    """Whether each query runs over a table with its parameters' defaults, by its name.

    Args:
        queries: the queries.
        source: the table.
        local_now: the current time, aware, if the local engine is to run them, which refuses by
            name what it does not support; None for Athena.
    """
    columns = relation.column_types(source)
    return {query.name: _gate(query, columns, local_now) for query in queries}


def _gate(query: Query, columns: Mapping[str, str], local_now: datetime | None) -> Gate:
    """With the defaults, or with one parameter more where that needs less of the table."""
    values = samples.defaults(query)
    usual = _gate_of(query, values, columns, local_now)
    if not usual.missing:
        return usual
    others = (
        replace(_gate_of(query, fuller, columns, local_now), given=param.name)
        for param, fuller in samples.fuller(query, values)
    )
    return min((usual, *others), key=lambda gate: (not gate.is_open, gating.version(gate.missing)))


def _gate_of(
    query: Query,
    values: Mapping[str, Value],
    columns: Mapping[str, str],
    local_now: datetime | None,
) -> Gate:
    problems = check.check_parameters(query)
    try:
        filled = check.fill(query, values, columns)
    except QueryError as error:
        messages = (problem.message for problem in (*problems, *error.problems))
        return Gate(gating.needs(()), problems=tuple(dict.fromkeys(messages)))
    inspection = inspect(query, filled, columns)
    messages = (problem.message for problem in (*problems, *inspection.problems))
    reasons = list(dict.fromkeys(messages))
    if local_now and not reasons:
        used = {
            name: {column: columns[column] for column in read} or {"one": "int"}
            for name, read in inspection.used.items()
        }
        reasons += _refusals(filled.statement, used, local_now)
    of_gateway = gating.has_gateways(columns)
    needs = gating.needs(inspection.named)
    return Gate(needs, inspection.missing, tuple(reasons), of_gateway=of_gateway)


def _refusals(
    statement: Statement, tables: Mapping[str, Mapping[str, str]], now: datetime
) -> Iterator[str]:
    """What the local engine does not support of a statement over ``flow_logs``."""
    from flowathena.engine.local.translate import to_duckdb  # noqa: PLC0415 - 60 ms, not for AWS

    try:
        to_duckdb(statement, {_DATABASE: tables}, now)
    except EngineError as error:
        yield str(error)
