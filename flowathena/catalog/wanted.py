"""The table that a target asks for, and what the keys and columns of a live one stand for."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from flowathena.catalog.fitness import require_fit
from flowathena.catalog.flow_logs import joined
from flowathena.errors import TableMismatchError
from flowathena.logs.fields import BY_NAME, EVERY_FIELD, column_name
from flowathena.logs.layout import KEYS, LOG_ROOT, SERVICE, Layout, Level
from flowathena.shape.key import PARTS, ROLES, Key, Role
from flowathena.shape.recognition import OLDER_NAMES, recognize, require_log_files
from flowathena.shape.shape import FlowTable
from flowathena.shape.table import HEADER_COUNT, Column, Table
from flowathena.sql.casts import UNSIGNED
from flowathena.target.target import Target

_PARAMETERS = {"EXTERNAL": "TRUE"}
# The first line of every text log that AWS delivers to S3 names the fields.
_TEXT_PARAMETERS = {HEADER_COUNT: "1"}
_HIVE_KEYS = tuple(level.value for level in Level if level is not Level.HOUR)
FOLDER_DAY = "yyyy/MM/dd"
"""How AWS's folders write a day."""
_SINGLE_KEY = "dt"
_STANDARD_ROLES = (Role.ACCOUNT, Role.REGION, Role.DAY)
_YEARS = 20
FIRST_DAY = date(2020, 1, 1)
"""Where the days of a projection begin by default."""


@dataclass(frozen=True)
class Projection:
    """The partitions that Athena computes for a table of partition projection.

    Attributes:
        accounts: account ids.
        regions: Region names.
        first_day: the first day, UTC.
        organization: the ``o-…`` folder above the accounts; empty if there is none.
        injected: every query names its accounts (projection type ``injected``); ``accounts`` is
            then ignored.
    """

    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    first_day: date = FIRST_DAY
    organization: str = ""
    injected: bool = False


def wanted_table(target: Target, projection: Projection | None = None) -> Table:
    """The table that the target's settings ask for.

    Args:
        target: the target.
        projection: the partitions to compute, if the target asks for projection; None for a table
            whose projection is not known yet.

    Raises:
        TableMismatchError: two columns, or a column and a partition key, would share a name.
    """
    columns = tuple(_columns(target))
    keys = tuple(Column(name, "string") for name in _keys(target))
    _refuse_collision(target, columns, keys)
    text = _TEXT_PARAMETERS if target.file_format == "text" and target.header else {}
    computed = projection if target.partitioning == "projection" else None
    account, region = (
        (target.account, target.log_region) if target.partition_keys == "single" else ("", "")
    )
    properties = (
        projection_properties(_wanted_keys(target), target, computed, account or "", region or "")
        if computed
        else {}
    )
    return Table(
        target.database,
        target.table,
        columns=columns,
        partition_keys=keys,
        location=_location(target, computed.organization if computed else ""),
        parameters={**_PARAMETERS, **text, **properties},
        file_format=target.file_format,
    )


def target_table(table: Table, target: Target) -> FlowTable:
    """A live table with the meaning of its keys and columns, if it is the one of its target.

    Raises:
        TableMismatchError: it is not a flow-log table that can be read, or not that of the target:
            see ``fitness``; says why, and what to do.
    """
    source = flow_table(table, target)
    require_fit(source, target)
    return source


def flow_table(table: Table, target: Target) -> FlowTable:
    """A table with the meaning of its keys and columns, taken from the target and their names.

    Whether it is the target's is not judged: ``target_table`` does that.

    Raises:
        TableMismatchError: it is not a flow-log table that can be read; says why.
    """
    require_log_files(table)
    shape = recognize(table, keys=target.keys, columns=target.columns)
    account = "" if shape.key(Role.ACCOUNT) else target.account or shape.account
    region = "" if shape.key(Role.REGION) else target.log_region or shape.region
    if "start" in target.log_format and "start" not in shape.columns:
        raise TableMismatchError(
            f"table {table.full_name} has no column start, which the target's log_format has; if "
            "it has another name, set the target's columns"
        )
    shape = replace(
        shape,
        account=account,
        region=region,
        own_networks=target.own_networks,
        unsigned=frozenset(name for name, kind in target.types.items() if kind == UNSIGNED),
    )
    unread = frozenset(map(column_name, target.log_format)) - frozenset(shape.columns)
    hourly = shape.is_hourly and target.has_hours
    return FlowTable(
        table,
        shape,
        unread,
        target.command("table diff"),
        target.flow_logs or None,
        location=target.location,
        layout=replace(target.folders, prefix="", hourly=hourly),
    )


def expected_source(target: Target) -> FlowTable:
    """The tables that the target's settings ask for, with the meaning of their keys and columns.

    Raises:
        TableMismatchError: as ``wanted_table``.
    """
    return joined([flow_table(wanted_table(each), each) for each in target.tables])


def every_field() -> FlowTable:
    """A table with every field of every version, to check queries against.

    Those of transit gateways are among them.
    """
    columns = tuple(Column(field.column, field.hive_type) for field in EVERY_FIELD)
    table = Table("", "", columns, tuple(Column(key, "string") for key in KEYS), "")
    return FlowTable(table, recognize(table))


def _columns(target: Target) -> Iterator[Column]:
    for name in target.log_format:
        field = BY_NAME.get(name)
        column = column_name(name)
        hive_type = target.types.get(column) or (field.hive_type if field else "string")
        if hive_type == UNSIGNED:
            hive_type = "bigint"
        yield Column(target.columns.get(column) or _column_name(target, column), hive_type)


def _column_name(target: Target, column: str) -> str:
    if target.column_names != "older":
        return column
    return OLDER_NAMES.get(column, column.replace("_", ""))


def _keys(target: Target) -> tuple[str, ...]:
    hour = ("hour",) if target.granularity == "hour" else ()
    if target.partition_keys == "hive":
        return (*_HIVE_KEYS, *hour)
    if target.partition_keys == "single":
        return (_SINGLE_KEY, *hour)
    return (*(name for name, _ in _standard_keys(target)), *hour)


def _standard_keys(target: Target) -> Iterator[tuple[str, Role]]:
    """The day, and the account and Region if the folders tell them."""
    fields = target.folders.folders.fields
    for name, role in zip(KEYS, _STANDARD_ROLES, strict=True):
        if role in fields:
            yield name, role


def _wanted_keys(target: Target) -> tuple[Key, ...]:
    """The keys of the wanted table with what they stand for."""
    roles = {
        "hive": (Role.ACCOUNT, Role.SERVICE, Role.REGION, *PARTS),
        "standard": tuple(role for _, role in _standard_keys(target)),
        "single": (Role.DAY,),
    }[target.partition_keys]
    # One more name than roles if partitions are hours.
    pairs = zip(_keys(target), (*roles, Role.HOUR), strict=False)
    return tuple(Key(name, "string", role) for name, role in pairs)


def _refuse_collision(target: Target, columns: Iterable[Column], keys: Iterable[Column]) -> None:
    """Refuse what Athena refuses: a table with one name twice, in upper or lower case.

    No field of versions 2 to 11 has the name of a key, neither of AWS's for the Hive-compatible
    folders nor of ours; a field unknown to us may (``day``, ``hour``, ``dt``).
    """
    names = Counter(column.name.lower() for column in columns)
    duplicates = sorted(name for name, count in names.items() if count > 1)
    if duplicates:
        raise TableMismatchError(
            f"two fields of the log format would be the column {', '.join(duplicates)}: choose "
            f"other column_names or columns for target {target.name!r}"
        )
    both = sorted(names.keys() & {key.name for key in keys})
    if both:
        raise TableMismatchError(
            f"partition key {', '.join(both)} has the name of a field of the log format; a "
            f"table cannot have both: choose other partition_keys for target {target.name!r}"
        )


def _location(target: Target, organization: str = "") -> str:
    """The folder above the accounts; for a ``single`` table, the one above its days."""
    ending = "" if target.location.endswith("/") else "/"
    if target.partition_keys == "single":
        place = target.folders.region_prefix(
            target.account or "", target.log_region or "", organization
        )
        return f"{target.location}{ending}{place.removeprefix(target.prefix)}"
    return f"{target.location}{ending}{target.folders.root.removeprefix(target.prefix)}"


def projection_properties(
    keys: Sequence[Key], target: Target, projection: Projection, account: str = "", region: str = ""
) -> Mapping[str, str]:
    """The table properties with which Athena computes the partitions of a target's folders.

    Source: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-setting-up.html

    Args:
        keys: the table's partition keys.
        target: whose folders they are.
        projection: which partitions.
        account: the account of all logs, if no key has it.
        region: the Region of all logs, if no key has it.
    """
    accounts = {"type": "injected"} if projection.injected else _enum(projection.accounts)
    first = projection.first_day
    settings = {
        Role.ACCOUNT: accounts,
        Role.REGION: _enum(projection.regions),
        Role.SERVICE: _enum((SERVICE,)),
        Role.DAY: _days(first, target.folders.folders.day_form or FOLDER_DAY),
        Role.YEAR: _integer(first.year, first.year + _YEARS, 4),
        Role.MONTH: _integer(1, 12, 2),
        Role.DAY_OF_MONTH: _integer(1, 31, 2),
        Role.HOUR: _integer(0, 23, 2),
    }
    properties = {
        f"projection.{key.name}.{name}": value
        for key in keys
        for name, value in settings[key.role].items()
    }
    place = {Role.ACCOUNT: account, Role.REGION: region, Role.SERVICE: SERVICE}
    template = _template({**place, **_placeholders(keys)}, target, projection.organization)
    return {"projection.enabled": "true", **properties, "storage.location.template": template}


def _placeholders(keys: Iterable[Key]) -> dict[Role, str]:
    return {key.role: f"${{{key.name}}}" for key in keys}


def _template(values: Mapping[Role, str], target: Target, organization: str) -> str:
    """The folder of a partition, with a placeholder for each key."""
    layout = replace(target.folders, hourly=Role.HOUR in values)
    if layout.template:
        return f"{target.location.rstrip('/')}/{_template_folders(layout, values, organization)}"
    folders = {level: values[role] for level, role in ROLES.items() if role in values}
    if Role.DAY in values:  # all of year, month and day: only plain folders have such a name
        folders[Level.DAY] = values[Role.DAY]
    ordered = [layout.folder(level, folders[level]) for level in Level if level in folders]
    above = f"{organization}/" if organization else ""
    ending = "" if target.location.endswith("/") else "/"
    return f"{target.location}{ending}{LOG_ROOT}/{above}{''.join(ordered)}"


def _template_folders(layout: Layout, values: Mapping[Role, str], organization: str) -> str:
    texts = {role.value: text for role, text in values.items()}
    if Role.DAY_OF_MONTH in values:
        texts["day"] = values[Role.DAY_OF_MONTH]
    return layout.folders.write({**texts, "org": organization}, values.get(Role.DAY, ""))


def _enum(values: Iterable[str]) -> dict[str, str]:
    return {"type": "enum", "values": ",".join(sorted(values))}


def _integer(first: int, last: int, digits: int) -> dict[str, str]:
    values = f"{first:0{digits}d},{last:0{digits}d}"
    return {"type": "integer", "range": values, "digits": str(digits)}


def _days(first: date, form: str) -> dict[str, str]:
    day = Key("", "string", Role.DAY, form).day(first)
    return {
        "type": "date",
        "format": form,
        "range": f"{day},NOW",  # in UTC, as the folders are
        "interval": "1",
        "interval.unit": "DAYS",
    }
