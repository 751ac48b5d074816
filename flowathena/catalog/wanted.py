"""The table a target wants, what a live table is, and the DDL of either."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from flowathena.errors import TableMismatchError
from flowathena.logs.fields import BY_NAME, FIELDS
from flowathena.logs.layout import KEYS, LOG_ROOT, SERVICE, Level
from flowathena.shape.key import Role
from flowathena.shape.recognition import OLDER_NAMES, recognize
from flowathena.shape.shape import FlowTable
from flowathena.shape.table import Column, Table
from flowathena.target.target import Target

_PARAMETERS = {"EXTERNAL": "TRUE"}
# The first line of every text log names the fields.
_TEXT_PARAMETERS = {"skip.header.line.count": "1"}
_HIVE_KEYS = tuple(level.value for level in Level if level is not Level.HOUR)
_SINGLE_KEY = "dt"
_YEARS = 20
FIRST_DAY = date(2020, 1, 1)
"""Where a projection begins when nobody says."""


@dataclass(frozen=True)
class Reaches:
    """What a projected table computes its partitions from.

    Attributes:
        accounts: account ids.
        regions: Region names.
        first: the first day.
        organization: the ``o-…`` folder that the accounts stand in; empty for none.
        injected: every query names its accounts (projection of type ``injected``); then
            ``accounts`` is of no use.
    """

    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    first: date = FIRST_DAY
    organization: str = ""
    injected: bool = False


def wanted(target: Target, reaches: Reaches | None = None) -> Table:
    """The table that the target's settings ask for.

    Args:
        target: the target.
        reaches: what a projection reaches; without it a projected table has no projection yet.

    Raises:
        TableMismatchError: two columns, or a column and a partition key, would have one name.
    """
    columns = tuple(_columns(target))
    keys = tuple(Column(name, "string") for name in _keys(target))
    _refuse_collision(target, columns, keys)
    text = _TEXT_PARAMETERS if target.file_format == "text" else {}
    projected = reaches if target.partitioning == "projection" else None
    projection = _projection(target, projected) if projected else {}
    return Table(
        target.database,
        target.table,
        columns=columns,
        partition_keys=keys,
        location=_location(target, projected.organization if projected else ""),
        parameters={**_PARAMETERS, **text, **projection},
        file_format=target.file_format,
    )


def flow_table(table: Table, target: Target) -> FlowTable:
    """A table with what its keys and columns stand for, as the target and their names say.

    Raises:
        TableMismatchError: it is no flow-log table that we can read; says why.
    """
    if table.file_format not in {"text", "parquet"}:
        raise TableMismatchError(
            f"table {table.full_name} is read by {table.file_format or 'nothing'}; "
            "flow logs are text or Parquet"
        )
    found = recognize(table, keys=target.keys, columns=target.columns)
    account = "" if found.key(Role.ACCOUNT) else target.account or found.account
    region = "" if found.key(Role.REGION) else target.log_region or found.region
    return FlowTable(table, replace(found, account=account, region=region))


def every_field() -> FlowTable:
    """A table that has every field of every version, to check queries against."""
    columns = tuple(Column(field.column, field.hive_type) for field in FIELDS)
    table = Table("", "", columns, tuple(Column(key, "string") for key in KEYS), "")
    return FlowTable(table, recognize(table))


def _columns(target: Target) -> Iterator[Column]:
    for name in target.log_format:
        field = BY_NAME.get(name)
        column = field.column if field else name.replace("-", "_")
        kind = field.hive_type if field else "string"
        yield Column(target.columns.get(column) or _named(target, column), kind)


def _named(target: Target, column: str) -> str:
    if target.column_names != "older":
        return column
    return OLDER_NAMES.get(column, column.replace("_", ""))


def _keys(target: Target) -> tuple[str, ...]:
    hour = ("hour",) if target.granularity == "hour" else ()
    if target.partition_keys == "hive":
        return (*_HIVE_KEYS, *hour)
    return (*((_SINGLE_KEY,) if target.partition_keys == "single" else KEYS), *hour)


def _refuse_collision(target: Target, columns: Iterable[Column], keys: Iterable[Column]) -> None:
    """Refuse what Athena refuses: a name that a table would have twice; case is no difference.

    AWS's own keys of the Hive-compatible folders and ours are no fields of version 2 to 11; a
    field that is none of these may be called anything (``day``, ``hour``, ``dt``).
    """
    names = Counter(column.name.lower() for column in columns)
    twice = sorted(name for name, times in names.items() if times > 1)
    if twice:
        raise TableMismatchError(
            f"two fields of the log format would be the column {', '.join(twice)}: choose other "
            f"column_names or columns for target {target.name!r}"
        )
    both = sorted(names.keys() & {key.name for key in keys})
    if both:
        raise TableMismatchError(
            f"partition key {', '.join(both)} has the name of a field of the log format; a "
            f"table cannot have both: choose other partition_keys for target {target.name!r}"
        )


def _location(target: Target, organization: str = "") -> str:
    """What holds the accounts; of a ``single`` table, what holds its days."""
    ending = "" if target.location.endswith("/") else "/"
    if target.partition_keys == "single":
        place = target.folders.region_prefix(
            target.account or "", target.log_region or "", organization
        )
        return f"{target.location}{ending}{place.removeprefix(target.prefix)}"
    return f"{target.location}{ending}{LOG_ROOT}/"


def _projection(target: Target, reaches: Reaches) -> Mapping[str, str]:
    """Properties of partition projection.

    Source: https://docs.aws.amazon.com/athena/latest/ug/partition-projection-setting-up.html
    """
    accounts = {"type": "injected"} if reaches.injected else _enum(reaches.accounts)
    named = {
        "aws_account": accounts,
        "aws-account-id": accounts,
        "aws_region": _enum(reaches.regions),
        "aws-region": _enum(reaches.regions),
        "aws-service": _enum((SERVICE,)),
        "day": _days(reaches.first),
        _SINGLE_KEY: _days(reaches.first),
        "hour": _integer(0, 23, 2),
    }
    if target.partition_keys == "hive":
        named |= {
            "year": _integer(reaches.first.year, reaches.first.year + _YEARS, 4),
            "month": _integer(1, 12, 2),
            "day": _integer(1, 31, 2),
        }
    keys = _keys(target)
    properties = {
        f"projection.{key}.{name}": value for key in keys for name, value in named[key].items()
    }
    template = {"storage.location.template": _template(target, keys, reaches.organization)}
    return {"projection.enabled": "true", **properties, **template}


def _enum(values: Iterable[str]) -> dict[str, str]:
    return {"type": "enum", "values": ",".join(sorted(values))}


def _integer(first: int, last: int, digits: int) -> dict[str, str]:
    span = f"{first:0{digits}d},{last:0{digits}d}"
    return {"type": "integer", "range": span, "digits": str(digits)}


def _days(first: date) -> dict[str, str]:
    day = first.strftime("%Y/%m/%d")
    return {
        "type": "date",
        "format": "yyyy/MM/dd",
        "range": f"{day},NOW",  # in UTC, as the folders are
        "interval": "1",
        "interval.unit": "DAYS",
    }


def _template(target: Target, keys: tuple[str, ...], organization: str) -> str:
    location = _location(target, organization)
    if target.partition_keys == "single":
        folders = [f"${{{key}}}" for key in keys]
        return f"{location}{'/'.join(folders)}/"
    if target.partition_keys == "hive":
        folders = [f"{key}=${{{key}}}" for key in keys]
    else:
        account, region, *days = (f"${{{key}}}" for key in keys)
        folders = [account, SERVICE, region, *days]
    above = [organization] if organization else []
    return f"{location}{'/'.join([*above, *folders])}/"
