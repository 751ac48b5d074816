"""The tables in Glue through which what is written is verified; a run that is killed leaves one."""

from datetime import datetime
from uuid import uuid4

from flowathena.archive.plan import KEPT_AFTER, LostTable
from flowathena.aws.session import Aws
from flowathena.catalog import GlueCatalog
from flowathena.catalog.tables import tables_with
from flowathena.errors import TableMissingError
from flowathena.target.target import Target

_PREFIX = "_verify_"
_DIGITS = 12


def new_name(archive: str) -> str:
    """A name for a staging table of an archive.

    Args:
        archive: the name of the archive's table.
    """
    return f"{archive}{_PREFIX}{uuid4().hex[:_DIGITS]}"


def lost_tables(archive: Target, aws: Aws, now: datetime) -> list[LostTable]:
    """The staging tables that no run uses any more: those older than a day.

    Args:
        archive: the target of the archive's table.
        aws: the clients.
        now: the time, aware.

    Raises:
        CatalogError: Glue cannot be read.
    """
    if archive.is_local:
        return []
    prefix = f"{archive.table}{_PREFIX}"
    created = tables_with(aws, archive.database, prefix)
    return [
        LostTable(name)
        for name, moment in sorted(created.items())
        if _is_staging(name, prefix) and moment + KEPT_AFTER <= now
    ]


def drop_table(archive: Target, aws: Aws, name: str) -> None:
    """Drop a staging table; one that is not there is dropped already.

    Raises:
        CatalogError: Glue refuses.
    """
    try:
        GlueCatalog(archive.database, name, aws).drop()
    except TableMissingError:
        return


def _is_staging(name: str, prefix: str) -> bool:
    digits = name.removeprefix(prefix)
    return len(digits) == _DIGITS and all(each in "0123456789abcdef" for each in digits)
