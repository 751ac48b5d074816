"""The registered partitions that meet what a statement asks of their keys."""

from collections.abc import Mapping
from contextlib import closing
from datetime import datetime

import duckdb

from flowathena.engine.local.scan import sql_types
from flowathena.engine.local.translate import to_duckdb
from flowathena.errors import EngineError
from flowathena.query.relation import KEY_ROLES, key_column
from flowathena.shape.shape import FlowTable
from flowathena.sql.quoting import identifier
from flowathena.sql.statement import Statement

_SCHEMA, _TABLE, _PLACE = "flowathena", "partitions", "place"


def prune(
    locations: Mapping[tuple[str, ...], str], source: FlowTable, condition: str, now: datetime
) -> dict[tuple[str, ...], str]:
    """The partitions that meet a condition; all, if it cannot be told before the files are read.

    Args:
        locations: the location of each partition by its values.
        source: their table.
        condition: Athena SQL over ``query.relation.KEY_ROLES``; empty for none.
        now: the statement's ``current_timestamp``, aware.
    """
    if not condition or not locations:
        return dict(locations)
    try:
        places = _places(list(locations), source, condition, now)
    except (duckdb.Error, EngineError):
        return dict(locations)  # the statement itself will say what is wrong
    return {values: at for place, (values, at) in enumerate(locations.items()) if place in places}


def _places(
    partitions: list[tuple[str, ...]], source: FlowTable, condition: str, now: datetime
) -> set[int]:
    """Which of the partitions meet the condition, by their places."""
    keys = {key.name: key.type for key in source.shape.keys}
    columns = ", ".join(f"{key_column(source.shape, role)} AS {n}" for n, role in KEY_ROLES.items())
    statement = Statement(
        f"WITH keys AS (SELECT {_PLACE}, {columns} FROM {_SCHEMA}.{_TABLE}) "  # noqa: S608 - ours
        f"SELECT {_PLACE} FROM keys WHERE {condition}"
    )
    schema = {_SCHEMA: {_TABLE: {_PLACE: "bigint", **keys}}}
    with closing(duckdb.connect(":memory:")) as connection:
        connection.execute(f"CREATE SCHEMA {_SCHEMA}; SET TimeZone = 'UTC'")
        values = [list(each) for each in zip(*partitions, strict=True)]
        typed = [
            f"TRY_CAST(unnest(?) AS {sql_types(kind)}) AS {identifier(name)}"
            for name, kind in keys.items()
        ]
        unnested = ", ".join([f"unnest(?) AS {_PLACE}", *typed])
        connection.execute(
            f"CREATE TABLE {_SCHEMA}.{_TABLE} AS SELECT {unnested}",
            [list(range(len(partitions))), *values],
        )
        return {row[0] for row in connection.execute(to_duckdb(statement, schema, now)).fetchall()}
