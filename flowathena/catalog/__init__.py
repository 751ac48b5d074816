"""Tables and registered partitions: in AWS Glue, or in an SQLite file next to local logs."""

from flowathena.aws.session import Aws
from flowathena.catalog.base import (
    Catalog,
    Cause,
    Change,
    Outcome,
    Page,
    Repairable,
    Status,
    named,
    read_partitions,
)
from flowathena.catalog.glue import GlueCatalog
from flowathena.catalog.local import LocalCatalog
from flowathena.target.target import Target

__all__ = [
    "Catalog",
    "Cause",
    "Change",
    "GlueCatalog",
    "LocalCatalog",
    "Outcome",
    "Page",
    "Repairable",
    "Status",
    "named",
    "open_catalog",
    "read_partitions",
]


def open_catalog(target: Target, aws: Aws) -> Repairable:
    """The catalog with a target's table."""
    if target.is_local:
        return LocalCatalog(target.location, target.database, target.table)
    return GlueCatalog(target.database, target.table, aws)
