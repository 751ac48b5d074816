"""The tables beside the logs of a target, as they are: its archive, and its daily sums."""

from flowathena.aws.session import Aws
from flowathena.catalog import open_catalog
from flowathena.catalog.archive import archive_source, with_archive
from flowathena.catalog.rollup import Rollup, rollup_of
from flowathena.shape.shape import FlowTable
from flowathena.target.target import Target


def read_archive(target: Target, aws: Aws, logs: FlowTable) -> FlowTable:
    """The tables of a target with its archive, if it has one.

    Args:
        target: the target.
        aws: its clients.
        logs: its tables without it.

    Raises:
        CatalogError: the catalog cannot be read.
        TableMismatchError: the table of the archive is another.
    """
    archive = target.archive
    if archive is None:
        return logs
    table = open_catalog(archive, aws).table()
    return with_archive(logs, archive_source(target, table, logs))


def read_rollup(target: Target, aws: Aws) -> Rollup | None:
    """The daily sums of a target; None if there are none.

    Raises:
        CatalogError: the catalog cannot be read.
        TableMismatchError: the table of the rollup is another.
    """
    rollup = target.rollup
    table = open_catalog(rollup, aws).table() if rollup else None
    return rollup_of(target, table) if table else None
