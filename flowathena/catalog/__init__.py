"""Tables and registered partitions: in AWS Glue, or in an SQLite file next to local logs."""

from flowathena.aws.session import Aws
from flowathena.catalog.athena import AthenaCatalog
from flowathena.catalog.base import (
    Catalog,
    Cause,
    Change,
    Described,
    Describing,
    Outcome,
    Page,
    Registry,
    Repairable,
    Status,
    read_partitions,
    values_by_key,
)
from flowathena.catalog.glue import GlueCatalog
from flowathena.catalog.local import LocalCatalog
from flowathena.errors import UsageError
from flowathena.target.target import Target

VIAS = ("glue", "athena")
"""How a catalog is written: through Glue's API, or by statements that Athena runs."""

__all__ = [
    "VIAS",
    "AthenaCatalog",
    "Catalog",
    "Cause",
    "Change",
    "Described",
    "Describing",
    "GlueCatalog",
    "LocalCatalog",
    "Outcome",
    "Page",
    "Registry",
    "Repairable",
    "Status",
    "open_catalog",
    "open_catalog_via",
    "read_partitions",
    "values_by_key",
]


def open_catalog(target: Target, aws: Aws) -> Repairable:
    """The catalog with a target's table."""
    if target.is_local:
        return LocalCatalog(
            target.location,
            target.database,
            target.table,
            target.command("partitions sync --all"),
        )
    return GlueCatalog(target.database, target.table, aws)


def open_catalog_via(via: str, target: Target, aws: Aws) -> Catalog:
    """The catalog of a target's table, written one of ``VIAS``.

    Raises:
        UsageError: ``via`` is unknown, or Athena is to write a local table.
    """
    if via not in VIAS:
        raise UsageError(f"via: {via!r} is not one of {', '.join(VIAS)}")
    if via == "glue":
        return open_catalog(target, aws)
    if target.is_local:
        raise UsageError("via athena: the table of a local target is not in Athena")
    return AthenaCatalog(target, aws)
