"""The settings of a target for a table that something else created; pure.

If the name of a partition key does not show what it stands for, the table's location template or
its registered partitions may: a value can look like an account, a Region or a day, or equal the
year, month, day or hour of the folder that its partition points at. Only what recognition cannot
find by itself becomes a setting.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from flowathena.errors import TableMismatchError
from flowathena.logs.fields import BY_COLUMN, BY_NAME, DEFAULT_FORMAT
from flowathena.logs.formats import usable_names
from flowathena.logs.layout import (
    LOG_ROOT,
    SERVICE,
    Layout,
    Level,
    Partition,
    is_account,
    is_region,
)
from flowathena.shape.key import Key, Role
from flowathena.shape.recognition import OLDER_NAMES, recognize, require_log_files
from flowathena.shape.shape import Shape, Values
from flowathena.shape.table import Column, Table

_HIVE_KEYS = {level.value for level in Level}
# A day whose text sorts as days do; group 2 is the separator.
_DAY = re.compile(r"([0-9]{4})([^0-9]?)(0[1-9]|1[0-2])\2(0[1-9]|[12][0-9]|3[01])")
# A location in AWSLogs/: the part before it without the scheme, and the part below it.
_ROOT = re.compile(rf"s3[an]?://([^/]+/(?:.*?/)?){LOG_ROOT}(?:/(.*))?")
_PLACEHOLDER = re.compile(r"(?:[a-z-]+=)?\$\{([^}]+)\}")
_NUMBER_ROLES = (Role.YEAR, Role.MONTH, Role.DAY_OF_MONTH, Role.HOUR)
# The role of each folder below AWSLogs/; those from the day on depend on the type of its key.
_ROLES_BY_DEPTH = {0: Role.ACCOUNT, 1: Role.SERVICE, 2: Role.REGION}
_DAY_DEPTH = 3
_LAYOUTS = tuple(
    Layout(hive=hive, hourly=hourly) for hourly in (True, False) for hive in (False, True)
)


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
    keys = dict(_find_roles(table, partitions))
    columns = dict(_columns_by_position(table, header)) if header else {}
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
    warnings = tuple(_warnings(shape, settings))
    return TableSettings(settings, shape, unmapped_columns(table, shape), warnings)


def unmapped_columns(table: Table, shape: Shape | None = None) -> tuple[str, ...]:
    """The columns that are not fields; judged by their names alone if there is no shape."""
    columns = (shape or _shape_by_name(table)).columns
    fields = {real for field, real in columns.items() if field in BY_COLUMN}
    return tuple(column.name for column in table.columns if column.name not in fields)


def _shape_by_name(table: Table) -> Shape:
    """The shape that the column names alone give; start and the day are added, as both must be."""
    columns = (*table.columns, Column("start", "bigint"))
    return recognize(replace(table, columns=columns, partition_keys=(Column("day", "string"),)))


def _is_same(
    table: Table, keys: Mapping[str, str], columns: Mapping[str, str], shape: Shape
) -> bool:
    try:
        return recognize(table, keys=keys, columns=columns) == shape
    except TableMismatchError:
        return False


def _columns_by_position(table: Table, header: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Fields of columns with unknown names, by the header line: text is read by position."""
    by_name = _shape_by_name(table).columns
    unmapped = set(unmapped_columns(table))
    for column, name in zip(table.columns, header, strict=False):
        field = BY_NAME.get(name)
        if column.name in unmapped and field and field.column not in by_name:
            yield field.column, column.name


def _find_roles(table: Table, partitions: Mapping[Values, str]) -> Iterator[tuple[str, str]]:
    """Partition keys with the role that template or values show, as in a target's ``keys``."""
    if table.projected:
        yield from _roles_by_template(table)
        return
    for index, key in enumerate(table.partition_keys):
        values = [(values[index], location) for values, location in partitions.items()]
        role = _role_by_values(key, values) if values else None
        if role:
            yield key.name, role


def _roles_by_template(table: Table) -> Iterator[tuple[str, str]]:
    root = _ROOT.fullmatch(table.parameters.get("storage.location.template", ""))
    folders = [name for name in (root[2] or "").split("/") if name] if root else []
    if folders and folders[0].startswith("o-"):  # an organization folder
        folders.pop(0)
    names = {key.name for key in table.partition_keys}
    roles = dict(_ROLES_BY_DEPTH)
    for depth, folder in enumerate(folders):
        placeholder = _PLACEHOLDER.fullmatch(folder)
        name = placeholder[1] if placeholder else ""
        if depth == _DAY_DEPTH:
            # Either one key of type date writes all three folders of a day, or each has its own.
            is_date = table.parameters.get(f"projection.{name}.type") == "date"
            below = (Role.DAY, Role.HOUR) if is_date else _NUMBER_ROLES
            roles |= {_DAY_DEPTH + number: role for number, role in enumerate(below)}
        if name in names and depth in roles:
            yield name, roles[depth]


def _role_by_values(key: Column, values: list[tuple[str, str]]) -> str | None:
    """The role that fits all values of a key, by their form or by their partitions' folders."""
    texts = [text for text, _ in values]
    if all(map(is_account, texts)):
        return Role.ACCOUNT
    if all(map(is_region, texts)):
        return Role.REGION
    if all(text == SERVICE for text in texts):
        return Role.SERVICE
    forms = {f"yyyy{day[2]}MM{day[2]}dd" for text in texts if (day := _DAY.fullmatch(text))}
    if len(forms) == 1 and all(map(_DAY.fullmatch, texts)):
        return f"{Role.DAY} {forms.pop()}"
    fitting = [role for role in _NUMBER_ROLES if all(_fits(key, role, *pair) for pair in values)]
    return fitting[0] if len(fitting) == 1 else None  # 10 may be a month, a day or an hour


def _fits(key: Column, role: Role, text: str, location: str) -> bool:
    partition = _partition_at(location)
    if partition is None or (role is Role.HOUR and partition.hour is None):
        return False
    return Key(key.name, key.type, role).value(partition) == text


def _partition_at(location: str) -> Partition | None:
    """The day or hour whose folder a location is; None if it is not one."""
    root = _ROOT.fullmatch(location)
    folder = f"{LOG_ROOT}/{(root[2] or '').rstrip('/')}/" if root else ""
    partitions = (layout.parse(folder) for layout in _LAYOUTS)
    return next((partition for partition in partitions if partition), None)


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
        day = _DAY.fullmatch(values[index])
        if not day or f"yyyy{day[2]}MM{day[2]}dd" != key.form:
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
    roots = [root for each in locations if (root := _ROOT.fullmatch(each))]
    plain = re.sub(r"^s3[an]://", "s3://", table.location or next(iter(locations), ""))
    yield "location", f"s3://{roots[0][1]}" if roots else plain
    yield "database", table.database
    yield "table", table.name
    folders = [each for location in partitions.values() if (each := _partition_at(location))]
    hive = any("aws-account-id=" in each for each in locations) or Level.ACCOUNT in shape.names
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


def _warnings(shape: Shape, settings: Mapping[str, object]) -> Iterator[str]:
    if not (shape.key(Role.ACCOUNT) or shape.account or settings.get("account")):
        yield "neither a partition key nor the location shows the account: aws_account is empty"
    if not (shape.key(Role.REGION) or shape.region or settings.get("log_region")):
        yield "neither a partition key nor the location shows the Region: aws_region is empty"
