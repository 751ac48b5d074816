"""Make a target of a table that Glue has already."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flowathena.aws.session import Aws, translate_errors
from flowathena.catalog.glue import GlueCatalog
from flowathena.errors import CatalogError, StorageError, TableMissingError, UsageError
from flowathena.onboard import adopt
from flowathena.onboard.adopt import Adopted
from flowathena.shape.shape import Values
from flowathena.shape.table import Table
from flowathena.storage import S3Storage
from flowathena.storage.header import fields_of
from flowathena.target import config
from flowathena.target.file import TargetFile, check_name
from flowathena.target.target import Target

_PARTITIONS = 100
"""How many registered partitions are looked at; one page."""
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class Adoption:
    """A table that became a target.

    Attributes:
        target: the target.
        path: the configuration file.
        written: False when the file had this very target already.
        table: the table.
        adopted: what its keys and columns stand for.
    """

    target: Target
    path: Path
    written: bool
    table: Table
    adopted: Adopted


def adopt_table(
    full_name: str,
    name: str | None,
    path: Path | None,
    folder: Path,
    settings: Mapping[str, str],
) -> Adoption:
    """Read a table from Glue and write a target for it; changes nothing in AWS.

    Args:
        full_name: ``database.table``.
        name: target name; the table's when None.
        path: the configuration file; None means the one found from folder, else a new one there.
        folder: the current folder.
        settings: target settings to write besides what the table tells.

    Raises:
        UsageError: full_name is none.
        ConfigError: the target exists with other settings, or a setting is wrong.
        TableMissingError: Glue has no such table.
        TableMismatchError: it is no flow-log table that we can read.
    """
    database, dot, table_name = full_name.lower().partition(".")
    if not (database and dot and table_name) or "." in table_name:
        raise UsageError(f"{full_name!r} is no DATABASE.TABLE")
    file = TargetFile(path, folder)
    chosen = check_name(name or table_name)
    named = {"database": database, "table": table_name, **settings}
    # Where the logs are is not known yet; what is given is checked before the first call.
    bare = config.check_target(chosen, {"location": "s3://unknown", **named}, folder)
    aws = Aws(bare)
    table = GlueCatalog(database, table_name, aws).table()
    if table is None:
        raise TableMissingError(f"there is no table {full_name} in {aws.session.region_name}")
    partitions = {} if table.projected else _some_partitions(table, aws)
    adopted = adopt.adopt(table, partitions, _header(table, partitions, aws))
    region = {"region": aws.session.region_name} if aws.session.region_name else {}
    target = config.check_target(chosen, {**region, **adopted.settings, **settings}, folder)
    written = file.write(target, target.location)
    return Adoption(target, file.path, written, table, adopted)


def _some_partitions(table: Table, aws: Aws) -> dict[Values, str]:
    with translate_errors(f"Glue table {table.full_name}", CatalogError):
        answer = aws.glue.get_partitions(
            DatabaseName=table.database,
            TableName=table.name,
            MaxResults=_PARTITIONS,
            ExcludeColumnSchema=True,
        )
    return {
        tuple(entry["Values"]): entry.get("StorageDescriptor", {}).get("Location", "")
        for entry in answer["Partitions"]
        if _NO_VALUE not in entry["Values"]
    }


def _header(table: Table, partitions: Mapping[Values, str], aws: Aws) -> tuple[str, ...] | None:
    """The header line of one object, where names leave columns of a text table open."""
    if table.file_format != "text" or not adopt.unmapped(table) or not partitions:
        return None
    bucket, _, prefix = partitions[max(partitions)].partition("://")[2].partition("/")
    storage = S3Storage(bucket, aws)
    with suppress(StorageError):
        found = next((each for each in storage.objects(prefix) if each.size_bytes), None)
        return fields_of(storage, found.key) if found else None
    return None
