"""The table of an archive: what it has, and for which days it is read; pure."""

import os
from collections.abc import Iterator
from dataclasses import replace

from flowathena.errors import TableMismatchError
from flowathena.logs.days import Days
from flowathena.logs.fields import BY_COLUMN, EVERY_FIELD
from flowathena.logs.layout import KEYS, Layout
from flowathena.shape.recognition import recognize
from flowathena.shape.shape import FlowTable
from flowathena.shape.table import Column, Table
from flowathena.target.target import Target

DAYS = "flowathena.archived_days"
"""The property with the days that the archive is read for, and the log files are not."""
LOG_FILE = "log_file"
"""The column that tells in which log file a record was."""
_READ_MOST = ("srcaddr", "dstaddr", "dstport", "protocol", "action", "packets", "bytes", "start")
"""Next to each other: Trino (470) reads columns that are less than 1 MB apart at once, and counts
what is between them."""
_LOGS = "flowathena.archive_of"
_LAYOUT = Layout(template="aws_account={account}/aws_region={region}/day={year}-{month}-{day}/")
"""The folders of a partition below that of its run."""
_LOGS_FROM_HERE = "flowathena.archive_of_relative"


def archive_table(target: Target, source: FlowTable) -> Table:
    """The table that the archive of a target has: every field of every version, of no day yet.

    Those that are read most come first; columns that are no field follow, and the file of each
    record.

    Args:
        target: the target, with an archive.
        source: its tables.

    Raises:
        TableMismatchError: a column of the logs has the name of one of the archive's own.
    """
    archive = target.archive
    assert archive is not None  # noqa: S101 - asked of targets that have one
    others = [each for each in _others(source) if each.name not in BY_COLUMN]
    taken = sorted({LOG_FILE, *KEYS} & {each.name for each in others})
    if taken:
        raise TableMismatchError(
            f"the archive of target {target.name!r} has a column {taken[0]} of its own, and so "
            "have the logs: give theirs another name with the target's columns"
        )
    ranks = {name: rank for rank, name in enumerate(_READ_MOST)}
    ranked = sorted(EVERY_FIELD, key=lambda field: ranks.get(field.name, len(ranks)))
    fields = (Column(field.column, field.hive_type) for field in ranked)
    return Table(
        archive.database,
        archive.table,
        columns=(*fields, *others, Column(LOG_FILE, "string")),
        partition_keys=tuple(Column(key, "string") for key in KEYS),
        location=f"{archive.location.rstrip('/')}/",
        parameters={"EXTERNAL": "TRUE", DAYS: "", _LOGS: target.location, **_way(target)},
        file_format="parquet",
    )


def _others(source: FlowTable) -> Iterator[Column]:
    """The columns of the logs that may be no field, each once."""
    types: dict[str, str] = {}
    for each in source.tables:
        real = {column.name: column.type for column in each.table.columns}
        for name, own in each.shape.columns.items():
            types.setdefault(name, real[own])
    return (Column(*pair) for pair in types.items())


def _way(target: Target) -> dict[str, str]:
    """Where the logs are from the folder of the archive: both may be moved together."""
    if not (target.is_local and target.archive):
        return {}
    return {_LOGS_FROM_HERE: os.path.relpath(target.location, target.archive.location)}


def archive_source(
    target: Target, table: Table | None, source: FlowTable, *, repairs: bool = False
) -> FlowTable:
    """The table of an archive with what its keys and columns stand for.

    It has the columns that the logs have, so that what a query needs does not depend on it.

    Args:
        target: the target, with an archive.
        table: the live table of the archive; None if there is none.
        source: the target's tables.
        repairs: whether days that cannot be read are none: a run writes them anew.

    Raises:
        TableMismatchError: the table is no archive, or that of other logs, or lacks a column; or
            its days cannot be read.
    """
    found = table or archive_table(target, source)
    days = _days(target, found, repairs=repairs)
    shape = recognize(found)
    columns = {name: name for each in source.tables for name in each.shape.columns}
    missing = sorted(columns.keys() - shape.columns.keys())
    if missing:
        raise TableMismatchError(
            f"the archive {found.full_name} has no column {missing[0]}, which the logs have: write "
            "a new one (another archive_location and archive_table)"
        )
    mixes = len({each.shape.clock for each in source.tables} - {""}) > 1
    own = replace(
        shape,
        columns=columns,
        own_networks=target.own_networks,
        path=LOG_FILE,
        mixes_clocks=mixes,
    )
    place = f"{target.archive.location.rstrip('/')}/" if target.archive else ""
    return FlowTable(found, own, location=place, layout=_LAYOUT, archived=days, is_archive=True)


def archived_days(table: Table, name: str = DAYS) -> Days:
    """For which days the table of an archive is read; none if what it says is no list of days.

    Args:
        table: the table.
        name: the property that says it.
    """
    try:
        return Days.parse(table.parameters.get(name, ""))
    except ValueError:
        return Days()


def _days(target: Target, table: Table, *, repairs: bool) -> Days:
    """For which days a table is read.

    Raises:
        TableMismatchError: it is no archive, or that of other logs.
    """
    written, own = table.parameters.get(DAYS), table.parameters
    remedy = f"set another archive_table in [targets.{target.name}]"
    if written is None or table.file_format != "parquet":
        raise TableMismatchError(f"table {table.full_name} is no archive of flow logs: {remedy}")
    way = _way(target)
    is_moved = bool(way) and way.items() <= own.items()
    if own.get(_LOGS) != target.location and not is_moved:
        logs = own.get(_LOGS, "other logs")
        raise TableMismatchError(f"table {table.full_name} is the archive of {logs}: {remedy}")
    try:
        return Days() if repairs and not archived_days(table) else Days.parse(written)
    except ValueError as error:
        raise TableMismatchError(
            f"property {DAYS} of table {table.full_name} is {written!r}, which is no list of days; "
            f"'{target.command('archive run')}' writes it anew"
        ) from error


def with_archive(source: FlowTable, archive: FlowTable) -> FlowTable:
    """The tables of a target with its archive, each day read from one of the two."""
    first, *others = (replace(each, archived=archive.archived) for each in source.tables)
    return replace(first, further=(*others, archive))
