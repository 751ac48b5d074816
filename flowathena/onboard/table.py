"""Makes a target of an existing table in Glue."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from flowathena.aws.credentials import AskCode
from flowathena.aws.session import Aws
from flowathena.catalog.glue import GlueCatalog
from flowathena.errors import StorageError, TableMissingError, UsageError
from flowathena.onboard.adopt import TableSettings, adopt, unmapped_columns
from flowathena.shape.shape import Values
from flowathena.shape.table import Table
from flowathena.storage import S3Storage
from flowathena.storage.samples import read_head
from flowathena.target import config
from flowathena.target.file import TargetFile, check_name
from flowathena.target.target import Target, split_location

_PARTITIONS = 100
"""How many registered partitions are read; one page."""
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class Adoption:
    """A target made of a table.

    Attributes:
        target: the target.
        path: the configuration file.
        written: False if the file already had exactly this target.
        table: the table.
        meaning: what its keys and columns stand for, and the settings that follow.
    """

    target: Target
    path: Path
    written: bool
    table: Table
    meaning: TableSettings


def adopt_table(
    full_name: str,
    name: str | None,
    path: Path | None,
    folder: Path,
    settings: Mapping[str, str],
    ask_code: AskCode | None = None,
) -> Adoption:
    """Read a table from Glue and write a target for it; changes nothing in AWS.

    Args:
        full_name: ``database.table``.
        name: target name (default: the table's name).
        path: the configuration file (default: the one found from folder, or a new one there).
        folder: the current folder.
        settings: target settings to write in addition to the table's.
        ask_code: asks for the MFA code that a profile needs; None if nobody can be asked.

    Raises:
        UsageError: full_name is not of this form.
        ConfigError: the target exists with other settings, or a setting is invalid.
        TableMissingError: Glue does not have the table.
        TableMismatchError: the table cannot be read as flow logs.
    """
    database, dot, table_name = full_name.lower().partition(".")
    if not (database and dot and table_name) or "." in table_name:
        raise UsageError(f"{full_name!r} is not DATABASE.TABLE")
    file = TargetFile(path, folder)
    chosen = check_name(name or table_name)
    given = {"database": database, "table": table_name, **settings}
    # The location is not known yet; the other settings are checked before the first call.
    bare = config.check_target(chosen, {"location": "s3://unknown", **given}, folder)
    aws = Aws(bare, ask_code=ask_code)
    catalog = GlueCatalog(database, table_name, aws)
    table = catalog.table()
    if table is None:
        raise TableMissingError(f"table {full_name} not found in {aws.session.region_name}")
    partitions = {} if table.projected else _some_partitions(catalog)
    meaning = adopt(table, partitions, _header(table, partitions, aws))
    region = {"region": aws.session.region_name} if aws.session.region_name else {}
    target = config.check_target(chosen, {**region, **meaning.settings, **settings}, folder, path)
    written = file.write(target, target.location, "or remove it first")
    return Adoption(target, file.path, written, table, meaning)


def _some_partitions(catalog: GlueCatalog) -> dict[Values, str]:
    partitions = catalog.some_partitions(_PARTITIONS).items()
    return {values: location for values, location in partitions if _NO_VALUE not in values}


def _header(table: Table, partitions: Mapping[Values, str], aws: Aws) -> tuple[str, ...] | None:
    """The fields of one object, if some columns of a text table have unknown names."""
    if table.file_format != "text" or not unmapped_columns(table) or not partitions:
        return None
    with suppress(StorageError, ValueError):
        bucket, prefix = split_location(partitions[max(partitions)])
        storage = S3Storage(bucket, aws)
        sample = next((each for each in storage.objects(prefix) if each.size_bytes), None)
        return read_head(storage, sample).fields if sample else None
    return None
