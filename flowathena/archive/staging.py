"""The tables in Glue through which what is written is verified; a run that is killed leaves one."""

from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4

from botocore.exceptions import ClientError

from flowathena.archive.plan import KEPT_AFTER, LostTable
from flowathena.aws.session import Aws, error_code, translate_errors
from flowathena.catalog import GlueCatalog
from flowathena.errors import CatalogError, TableMissingError
from flowathena.target.target import Target

_PREFIX = "_verify_"
_DIGITS = 12
_MISSING = "EntityNotFoundException"


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
    with translate_errors(f"Glue database {archive.database}", CatalogError):
        created = dict(_staging(archive, aws))
    old = [name for name, moment in created.items() if moment + KEPT_AFTER <= now]
    return [LostTable(name) for name in sorted(old)]


def drop_table(archive: Target, aws: Aws, name: str) -> None:
    """Drop a staging table; one that is not there is dropped already.

    Raises:
        CatalogError: Glue refuses.
    """
    try:
        GlueCatalog(archive.database, name, aws).drop()
    except TableMissingError:
        return


def _staging(archive: Target, aws: Aws) -> Iterator[tuple[str, datetime]]:
    """The name of each staging table, and when it was created."""
    pattern = f"{archive.table}{_PREFIX}.*"
    pages = aws.glue.get_paginator("get_tables").paginate(
        DatabaseName=archive.database, Expression=pattern
    )
    try:
        for page in pages:
            for entry in page["TableList"]:
                name, moment = entry["Name"], entry.get("CreateTime")
                if moment and _is_staging(name, archive.table):
                    yield name, moment
    except ClientError as error:
        if error_code(error) != _MISSING:
            raise


def _is_staging(name: str, archive: str) -> bool:
    digits = name.removeprefix(f"{archive}{_PREFIX}")
    return len(digits) == _DIGITS and all(each in "0123456789abcdef" for each in digits)
