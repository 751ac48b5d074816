"""Which partitions are registered: AWS Glue, or an SQLite file beside local logs."""

from flowathena.aws import Aws
from flowathena.catalog.base import Catalog, Column, Outcome, Status, Table
from flowathena.catalog.glue import GlueCatalog
from flowathena.catalog.local import LocalCatalog
from flowathena.target import Target

__all__ = [
    "Catalog",
    "Column",
    "GlueCatalog",
    "LocalCatalog",
    "Outcome",
    "Status",
    "Table",
    "open_catalog",
]


def open_catalog(target: Target, aws: Aws) -> Catalog:
    """The catalog of a target's table."""
    if target.is_local:
        return LocalCatalog(target.location, target.database, target.table)
    return GlueCatalog(target.database, target.table, aws)
