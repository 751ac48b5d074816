"""The table of a rollup: what it has, and for which days it is read; pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flowathena.catalog.archive import archived_days
from flowathena.errors import TableMismatchError
from flowathena.logs.days import Days
from flowathena.shape.key import Key, Role
from flowathena.shape.shape import Shape
from flowathena.shape.table import Column, Table
from flowathena.target.target import Target

ROLLUP_DAYS = "flowathena.rollup_days"
"""The property with the days that the rollup is read for."""
DAY = "day"
"""Its only key: an ISO day."""
SHAPE = Shape((Key(DAY, "string", Role.DAY),))
"""What the partitions of a rollup stand for."""
_LOGS = "flowathena.rollup_of"


@dataclass(frozen=True)
class Rollup:
    """The daily sums of a target.

    Attributes:
        table: their table.
        days: the days that they are read for.
    """

    table: Table
    days: Days

    def reads(self, days: Days) -> "Rollup":
        """The same, read for other days."""
        return replace(self, days=days)


def rollup_table(target: Target, columns: Iterable[Column]) -> Table:
    """The table that the rollup of a target has, read for no day yet.

    Args:
        target: the target, with an archive.
        columns: its columns, without its key.
    """
    rollup = target.rollup
    assert rollup is not None  # noqa: S101 - asked of targets that have one
    return Table(
        rollup.database,
        rollup.table,
        columns=tuple(columns),
        partition_keys=(Column(DAY, "string"),),
        location=f"{rollup.location.rstrip('/')}/",
        parameters={"EXTERNAL": "TRUE", ROLLUP_DAYS: "", _LOGS: _place(target)},
        file_format="parquet",
    )


def rollup_of(target: Target, table: Table, *, repairs: bool = False) -> Rollup:
    """What a live table of a rollup is read for.

    Args:
        target: the target.
        table: the table.
        repairs: whether days that cannot be read are none; they are written anew then.

    Raises:
        TableMismatchError: it is no rollup, or that of other logs.
    """
    written, logs = table.parameters.get(ROLLUP_DAYS), table.parameters.get(_LOGS)
    remedy = f"set another rollup_table in [targets.{target.name}]"
    if written is None or table.file_format != "parquet":
        raise TableMismatchError(f"table {table.full_name} is no rollup of flow logs: {remedy}")
    if logs != _place(target):
        raise TableMismatchError(f"table {table.full_name} is the rollup of {logs}: {remedy}")
    try:
        days = archived_days(table, ROLLUP_DAYS)
        return Rollup(table, Days() if repairs and not days else Days.parse(written))
    except ValueError as error:
        raise TableMismatchError(
            f"property {ROLLUP_DAYS} of table {table.full_name} is {written!r}, which is no list "
            f"of days; '{target.command('archive rollup')}' writes it anew"
        ) from error


def _place(target: Target) -> str:
    """Whose a rollup is; a folder may be moved, with its archive."""
    return "" if target.is_local else target.location
