"""A live table that somebody else made, as the settings of a target; pure.

What a name does not tell, the table's template or a registered partition may: its values, and the
folder they stand for. Only what recognition would not find by itself becomes a setting.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from flowathena.errors import TableMismatchError
from flowathena.logs.fields import BY_COLUMN, BY_NAME, DEFAULT_FORMAT
from flowathena.logs.layout import Layout, Level, Partition
from flowathena.onboard import hints
from flowathena.shape.key import Role
from flowathena.shape.recognition import OLDER_NAMES, recognize
from flowathena.shape.shape import Shape, Values
from flowathena.shape.table import Column, Table

_HIVE_KEYS = {level.value for level in Level}
_FIELD = re.compile(r"[a-z0-9-]+")


@dataclass(frozen=True)
class Adopted:
    """What a table comes to.

    Attributes:
        settings: settings of a target, without those that are defaults.
        shape: what its keys and columns stand for.
        unmapped: columns that stand for no field.
        warnings: what else a person should know.
    """

    settings: Mapping[str, object]
    shape: Shape
    unmapped: tuple[str, ...]
    warnings: tuple[str, ...]


def adopt(
    table: Table, partitions: Mapping[Values, str], header: tuple[str, ...] | None = None
) -> Adopted:
    """The settings that make a target of a table.

    Args:
        table: the table.
        partitions: some of its registered partitions, with their locations.
        header: the fields of one of its text objects in order; None where it is not known.

    Raises:
        TableMismatchError: it is no flow-log table that we can read; tells each reason in a line.
    """
    if table.file_format not in {"text", "parquet"}:
        raise TableMismatchError(
            f"table {table.full_name} is read by {table.file_format or 'nothing'}; "
            "flow logs are text or Parquet"
        )
    keys = dict(hints.roles(table, partitions))
    columns = dict(_told_columns(table, header)) if header else {}
    try:
        shape = recognize(table, keys=keys, columns=columns)
    except TableMismatchError as error:
        others = (line for key, line in _strangers(table, keys) if f"key {key} " not in str(error))
        raise TableMismatchError("\n".join([str(error), *others])) from error
    _refuse_days(table, shape, partitions)
    for name in list(keys):
        fewer = {other: told for other, told in keys.items() if other != name}
        if _same(table, fewer, columns, shape):
            keys = fewer
    settings = {
        **dict(_place(table, shape, partitions)),
        **dict(_record(table, shape)),
        **({"keys": keys} if keys else {}),
        **({"columns": columns} if columns else {}),
    }
    return Adopted(settings, shape, unmapped(table, shape), tuple(_warnings(shape, settings)))


def unmapped(table: Table, shape: Shape | None = None) -> tuple[str, ...]:
    """The columns that stand for no field."""
    known = {real for field, real in (shape or _by_name(table)).columns.items() if _is_field(field)}
    return tuple(column.name for column in table.columns if column.name not in known)


def _is_field(column: str) -> bool:
    return column in BY_COLUMN


def _by_name(table: Table) -> Shape:
    """What the names of the columns alone tell."""
    columns = (*table.columns, Column("start", "bigint"))
    return recognize(replace(table, columns=columns, partition_keys=(Column("day", "string"),)))


def _same(table: Table, keys: Mapping[str, str], columns: Mapping[str, str], shape: Shape) -> bool:
    try:
        return recognize(table, keys=keys, columns=columns) == shape
    except TableMismatchError:
        return False


def _told_columns(table: Table, header: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Columns that no name tells, by their place in the header line: text is read by position."""
    by_name = _by_name(table).columns
    strange = set(unmapped(table))
    for column, name in zip(table.columns, header, strict=False):
        field = BY_NAME.get(name)
        if column.name in strange and field and field.column not in by_name:
            yield field.column, column.name


def _strangers(table: Table, told: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Partition keys that neither name nor value tells, with a line about each."""
    day = Column("dt", "string")
    for key in table.partition_keys:
        alone, beside = (replace(table, partition_keys=keys) for keys in ((key,), (key, day)))
        if key.name not in told and not (_is_read(alone) or _is_read(beside)):
            yield key.name, f"partition key {key.name}: nothing tells what it stands for"


def _is_read(table: Table) -> bool:
    try:
        recognize(replace(table, columns=(Column("start", "bigint"),)))
    except TableMismatchError:
        return False
    return True


def _refuse_days(table: Table, shape: Shape, partitions: Mapping[Values, str]) -> None:
    key = shape.key(Role.DAY)
    if key is None:
        return
    place = shape.keys.index(key)
    for values in partitions:
        day = hints.DAY.fullmatch(values[place])
        if not day or f"yyyy{day[2]}MM{day[2]}dd" != key.form:
            raise TableMismatchError(
                f"table {table.full_name}: partition key {key.name} holds {values[place]!r}, "
                f"which is no day written {key.form}"
            )


def _place(
    table: Table, shape: Shape, partitions: Mapping[Values, str]
) -> Iterator[tuple[str, object]]:
    """Where the logs are, and how folders and partitions are made."""
    template = table.parameters.get("storage.location.template", "") if table.projected else ""
    places = [place for place in (template, table.location, *partitions.values()) if place]
    roots = [root for place in places if (root := hints.ROOT.fullmatch(place))]
    plain = re.sub(r"^s3[an]://", "s3://", table.location or next(iter(places), ""))
    yield "location", f"s3://{roots[0][1]}" if roots else plain
    yield "database", table.database
    yield "table", table.name
    found = [each for place in partitions.values() if (each := hints.partition_of(place))]
    hive = any("aws-account-id=" in place for place in places) or Level.ACCOUNT in shape.names
    layout = Layout(
        hive=hive, hourly=shape.is_hourly or any(each.hour is not None for each in found)
    )
    if layout != Layout():
        yield "layout", layout.name
    if shape.is_hourly:
        yield "granularity", "hour"
    if table.projected:
        yield "partitioning", "projection"
    yield from _keys(shape, found, hive=hive)


def _keys(shape: Shape, found: list[Partition], *, hive: bool) -> Iterator[tuple[str, object]]:
    if hive and (shape.projected or set(shape.names) <= _HIVE_KEYS):
        yield "partition_keys", "hive"
    if shape.key(Role.ACCOUNT) or shape.key(Role.REGION):
        return
    sites = {(each.account, each.region) for each in found} or {(shape.account, shape.region)}
    account, region = sites.pop() if len(sites) == 1 else ("", "")
    if account and region:
        if not hive:
            yield "partition_keys", "single"
        yield "account", account
        yield "log_region", region


def _record(table: Table, shape: Shape) -> Iterator[tuple[str, object]]:
    """What a record is made of."""
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
    log_format: list[str] = []
    for place, column in enumerate(table.columns, start=1):
        name = fields.get(column.name, column.name).replace("_", "-")
        usable = _FIELD.fullmatch(name) and name not in log_format
        log_format.append(name if usable else f"unknown-{place}")
    if tuple(log_format) != DEFAULT_FORMAT:
        yield "log_format", log_format


def _warnings(shape: Shape, settings: Mapping[str, object]) -> Iterator[str]:
    if not (shape.key(Role.ACCOUNT) or shape.account or settings.get("account")):
        yield "neither a partition key nor the location tells the account: aws_account stays empty"
    if not (shape.key(Role.REGION) or shape.region or settings.get("log_region")):
        yield "neither a partition key nor the location tells the Region: aws_region stays empty"
