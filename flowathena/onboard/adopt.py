"""The settings of a target for a table that something else created; pure.

If the name of a partition key does not show what it stands for, ``key_roles`` finds it out. Only
what recognition cannot find by itself becomes a setting.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from flowathena.errors import TableMismatchError
from flowathena.logs.fields import BY_COLUMN, BY_NAME, DEFAULT_FORMAT
from flowathena.logs.formats import usable_names
from flowathena.logs.layout import (
    Layout,
    Level,
    Partition,
)
from flowathena.onboard.key_roles import ROOT, find_roles, partition_at
from flowathena.shape.key import Role
from flowathena.shape.recognition import (
    OLDER_NAMES,
    name_fields,
    recognize,
    require_log_files,
)
from flowathena.shape.shape import Shape, Values
from flowathena.shape.table import Column, Table

_HIVE_KEYS = {level.value for level in Level}
_SHOWN = 5


@dataclass(frozen=True)
class TableSettings:
    """An existing table as a target.

    Attributes:
        settings: settings of the target, without those that are defaults.
        shape: what the table's keys and columns stand for.
        unmapped: columns that are not fields.
        warnings: what else the user should know.
    """

    settings: Mapping[str, object]
    shape: Shape
    unmapped: tuple[str, ...]
    warnings: tuple[str, ...]


def adopt(
    table: Table, partitions: Mapping[Values, str], header: tuple[str, ...] | None = None
) -> TableSettings:
    """The settings of a target for a table.

    Args:
        table: the table.
        partitions: locations of some of its registered partitions by their values.
        header: the fields of one of its text objects in order; None if unknown.

    Raises:
        TableMismatchError: the table cannot be read as flow logs; one reason per line.
    """
    require_log_files(table)
    _refuse_unpartitioned(table)
    keys = dict(find_roles(table, partitions))
    columns = dict(_columns_by_position(table, header or ()))
    try:
        shape = recognize(table, keys=keys, columns=columns)
    except TableMismatchError as error:
        # recognize() stops at the first key; list the others as well.
        others = (key for key in _unknown_keys(table, keys) if f"key {key} " not in str(error))
        reasons = [f"partition key {key}: no known meaning" for key in others]
        raise TableMismatchError("\n".join([str(error), *reasons])) from error
    _refuse_other_days(table, shape, partitions)
    for name in list(keys):
        fewer = {key: role for key, role in keys.items() if key != name}
        if _is_same(table, fewer, columns, shape):
            keys = fewer
    settings = {
        **dict(_location_settings(table, shape, partitions)),
        **dict(_record_settings(table, shape)),
        **({"keys": keys} if keys else {}),
        **({"columns": columns} if columns else {}),
    }
    warnings = (*_warn_of_unknown_places(shape, settings), *_warn_of_order(table, shape, header))
    return TableSettings(settings, shape, unmapped_columns(table, shape), warnings)


def _refuse_unpartitioned(table: Table) -> None:
    """Refuse a table of which every query reads every log; offer one with partitions."""
    if table.partition_keys:
        return
    root = ROOT.fullmatch(table.location)
    place = f"s3://{root[1]}" if root else re.sub(r"^s3[an]://", "s3://", table.location)
    raise TableMismatchError(
        f"table {table.full_name} has no partition keys: its keys give no day, so that every query "
        f"reads all of {table.location}; make a partitioned table over the same logs with "
        f"'flowathena init {place} -t {table.name} --database {table.database} "
        f"--table {table.name}_by_day', then 'flowathena partitions sync --all -t {table.name}'"
    )


def unmapped_columns(table: Table, shape: Shape | None = None) -> tuple[str, ...]:
    """The columns that are not fields; judged by their names alone if there is no shape."""
    columns = shape.columns if shape else _columns_by_name(table)
    fields = {real for field, real in columns.items() if field in BY_COLUMN}
    return tuple(column.name for column in table.columns if column.name not in fields)


def _columns_by_name(table: Table) -> dict[str, str]:
    return name_fields((column.name for column in table.columns), {})


def _is_same(
    table: Table, keys: Mapping[str, str], columns: Mapping[str, str], shape: Shape
) -> bool:
    try:
        return recognize(table, keys=keys, columns=columns) == shape
    except TableMismatchError:
        return False


def _columns_by_position(table: Table, header: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Fields of columns with unknown names, by the header line: text is read by position.

    Parquet is read by name: there, every name that is not the field's own is kept.
    """
    by_name = _columns_by_name(table)
    if table.file_format != "text":
        yield from ((c, name) for c, name in by_name.items() if c != name)
        return
    unmapped = set(unmapped_columns(table))
    for column, name in zip(table.columns, header, strict=False):
        field = BY_NAME.get(name)
        if column.name in unmapped and field and field.column not in by_name:
            yield field.column, column.name


def _unknown_keys(table: Table, roles: Mapping[str, str]) -> Iterator[str]:
    """Partition keys that neither name nor values explain."""
    day = Column("dt", "string")
    for key in table.partition_keys:
        # A key of its own may be the day; any other role needs a day beside it.
        alone, beside = (replace(table, partition_keys=keys) for keys in ((key,), (key, day)))
        if key.name not in roles and not (_is_recognized(alone) or _is_recognized(beside)):
            yield key.name


def _is_recognized(table: Table) -> bool:
    try:
        recognize(replace(table, columns=(Column("start", "bigint"),)))
    except TableMismatchError:
        return False
    return True


def _refuse_other_days(table: Table, shape: Shape, partitions: Mapping[Values, str]) -> None:
    """Refuse a key of the day with values that its form does not read."""
    key = shape.key(Role.DAY)
    if key is None:
        return
    index = shape.keys.index(key)
    for values in partitions:
        if shape.day_of(values) is None:
            raise TableMismatchError(
                f"table {table.full_name}: partition key {key.name} has the value "
                f"{values[index]!r}, which is not a day of the form {key.form}"
            )


def _location_settings(
    table: Table, shape: Shape, partitions: Mapping[Values, str]
) -> Iterator[tuple[str, object]]:
    """Where the logs are, and how folders and partitions are laid out."""
    template = table.parameters.get("storage.location.template", "") if table.projected else ""
    locations = [each for each in (template, table.location, *partitions.values()) if each]
    roots = [root for each in locations if (root := ROOT.fullmatch(each))]
    plain = re.sub(r"^s3[an]://", "s3://", table.location or next(iter(locations), ""))
    yield "location", f"s3://{roots[0][1]}" if roots else plain
    yield "database", table.database
    yield "table", table.name
    places = {at: each for at in partitions.values() if (each := partition_at(at))}
    folders = list(places.values())
    # Hive's names do not make Hive-compatible folders; where the folders are known, they decide.
    known = [template] if template else list(places)
    hive = any(f"{Level.ACCOUNT}=" in each for each in known or locations)
    hive = hive or (not known and Level.ACCOUNT in shape.names)
    hourly = shape.is_hourly or any(each.hour is not None for each in folders)
    layout = Layout(hive=hive, hourly=hourly)
    if layout != Layout():
        yield "layout", layout.name
    if shape.is_hourly:
        yield "granularity", "hour"
    if table.projected:
        yield "partitioning", "projection"
    yield from _key_settings(shape, folders, hive=hive)


def _key_settings(
    shape: Shape, folders: list[Partition], *, hive: bool
) -> Iterator[tuple[str, object]]:
    if hive and (shape.projected or set(shape.names) <= _HIVE_KEYS):
        yield "partition_keys", "hive"
    if shape.key(Role.ACCOUNT) or shape.key(Role.REGION):
        return
    origins = {(each.account, each.region) for each in folders} or {(shape.account, shape.region)}
    account, region = origins.pop() if len(origins) == 1 else ("", "")
    if account and region:
        if not hive:
            yield "partition_keys", "single"
        yield "account", account
        yield "log_region", region


def _record_settings(table: Table, shape: Shape) -> Iterator[tuple[str, object]]:
    """The file format and the fields of a record."""
    if table.file_format != "text":
        yield "file_format", table.file_format
    fields = {real: column for column, real in shape.columns.items()}
    older = [
        real == name and real != column
        for real, column in fields.items()
        if (name := OLDER_NAMES.get(column))
    ]
    if older.count(True) > older.count(False):
        yield "column_names", "older"
    log_format = usable_names(
        fields.get(column.name, column.name).replace("_", "-") for column in table.columns
    )
    if log_format != DEFAULT_FORMAT:
        yield "log_format", list(log_format)


def _warn_of_unknown_places(shape: Shape, settings: Mapping[str, object]) -> Iterator[str]:
    if not (shape.key(Role.ACCOUNT) or shape.account or settings.get("account")):
        yield (
            "neither a partition key nor the location shows the account: aws_account is 'unknown' "
            "unless the target's account says it"
        )
    if not (shape.key(Role.REGION) or shape.region or settings.get("log_region")):
        yield (
            "neither a partition key nor the location shows the Region: aws_region is 'unknown' "
            "unless the target's log_region says it"
        )


def _warn_of_order(table: Table, shape: Shape, header: tuple[str, ...] | None) -> Iterator[str]:
    """Text is read by position: a column with the name of one field may contain another."""
    if table.file_format != "text":
        return
    fields = {real: column for column, real in shape.columns.items()}
    other = [
        f"{column.name} contains {name}"
        for column, name in zip(table.columns, header or (), strict=False)
        if name in BY_NAME
        and fields[column.name] in BY_COLUMN
        and fields[column.name] != BY_NAME[name].column
    ]
    if other:
        more = ", …" if len(other) > _SHOWN else ""
        yield (
            "text is read by position, and the newest log has its fields in another order than "
            f"the table's columns: {', '.join(other[:_SHOWN])}{more}"
        )
