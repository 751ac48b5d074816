"""Makes a target of an existing table in Glue."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from flowathena.aws.credentials import AskCode
from flowathena.aws.session import Aws
from flowathena.catalog.glue import GlueCatalog
from flowathena.errors import ConfigError, StorageError, TableMissingError, UsageError
from flowathena.onboard.adopt import TableSettings, adopt
from flowathena.onboard.parquet import compare_with_files
from flowathena.shape.shape import Values
from flowathena.shape.table import Table
from flowathena.storage import S3Storage
from flowathena.storage.samples import FileHead, read_head
from flowathena.target import config
from flowathena.target.contradictions import source_contradictions
from flowathena.target.file import TargetFile, add_sources, check_name
from flowathena.target.location import split_location
from flowathena.target.target import SHARED, Target

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
    database, table_name = _split_name(full_name)
    file = TargetFile(path, folder)
    chosen = check_name(name or table_name)
    given = {"database": database, "table": table_name, **settings}
    # The location is not known yet; the other settings are checked before the first call.
    bare = config.check_target(chosen, {"location": "s3://unknown", **given}, folder)
    table, meaning, region_name = _examine(bare, ask_code)
    region = {"region": region_name} if region_name else {}
    target = config.check_target(chosen, {**region, **meaning.settings, **settings}, folder, path)
    written = file.write(target, target.location, "or remove it first")
    return Adoption(target, file.path, written, table, meaning)


def adopt_source(
    full_name: str,
    into: str,
    path: Path | None,
    folder: Path,
    ask_code: AskCode | None = None,
) -> Adoption:
    """Read a table from Glue and add it to a target of the file; changes nothing in AWS.

    Args:
        full_name: ``database.table``.
        into: the target, whose ``flow_logs`` then reads this table too.
        path: the configuration file (default: the one found from folder).
        folder: the current folder.
        ask_code: asks for the MFA code that a profile needs; None if nobody can be asked.

    Raises:
        UsageError: full_name is not of this form.
        ConfigError: there is no such target, or it cannot have this table as a source.
        TableMissingError: Glue does not have the table.
        TableMismatchError: the table cannot be read as flow logs.
    """
    database, table_name = _split_name(full_name)
    settings = config.load(path, folder=folder)
    target = settings.target(into)
    if target.is_local:
        raise UsageError(f"target {into!r} has its logs in a folder, and {full_name} is in Glue")
    bare = replace(target, database=database, table=table_name, sources=())
    table, meaning, _ = _examine(bare, ask_code)
    made = config.check_target(target.name, dict(meaning.settings), folder)
    source = replace(made, config=target.config, **{key: getattr(target, key) for key in SHARED})
    is_new = source not in target.sources
    if is_new:
        added = replace(target, sources=(*target.sources, source))
        for _, _, problem in source_contradictions(added):
            raise ConfigError(f"target {into!r} cannot have {full_name} as a source: {problem}")
        add_sources(settings, target, [source])
    assert settings.path is not None  # noqa: S101 - or there would be no target
    return Adoption(replace(source, name=target.name), settings.path, is_new, table, meaning)


def _split_name(full_name: str) -> tuple[str, str]:
    database, dot, table_name = full_name.lower().partition(".")
    if not (database and dot and table_name) or "." in table_name:
        raise UsageError(f"{full_name!r} is not DATABASE.TABLE")
    return database, table_name


def _examine(bare: Target, ask_code: AskCode | None) -> tuple[Table, TableSettings, str | None]:
    """The table of a target whose location is not known, what it means, and the Region."""
    aws = Aws(bare, ask_code=ask_code)
    catalog = GlueCatalog(bare.database, bare.table, aws)
    table, region = catalog.table(), aws.session.region_name
    if table is None:
        raise TableMissingError(f"table {bare.table_name} not found in {region}")
    partitions = {} if table.projected else _some_partitions(catalog)
    sample = _sample(partitions, aws)
    meaning = adopt(table, partitions, sample.fields if sample else None)
    return table, _fit_files(table, meaning, sample), region


def _some_partitions(catalog: GlueCatalog) -> dict[Values, str]:
    partitions = catalog.some_partitions(_PARTITIONS).items()
    return {values: location for values, location in partitions if _NO_VALUE not in values}


def _sample(partitions: Mapping[Values, str], aws: Aws) -> FileHead | None:
    """What an object of the last partition says; None if there is none, or it cannot be listed."""
    if not partitions:
        return None
    with suppress(StorageError, ValueError):
        bucket, prefix = split_location(partitions[max(partitions)])
        storage = S3Storage(bucket, aws)
        sample = next((each for each in storage.objects(prefix) if each.size_bytes), None)
        return read_head(storage, sample) if sample else None
    return None


def _fit_files(table: Table, meaning: TableSettings, sample: FileHead | None) -> TableSettings:
    """With the types that Parquet files have and Athena cannot read as they are."""
    if table.file_format != "parquet" or sample is None or not sample.columns:
        return meaning
    fit = compare_with_files(table, meaning.shape, sample)
    types = {"types": fit.types} if fit.types else {}
    return replace(
        meaning,
        settings={**meaning.settings, **types},
        warnings=(*meaning.warnings, *fit.warnings),
    )
