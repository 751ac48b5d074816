"""Recognizes what the keys and columns of an existing table stand for; pure.

Flow-log tables are created by the AWS console, by guides from several years, by Terraform and by
flowathena, each with its own names. Names are compared without case and without ``_`` and ``-``.
Source of the names: https://docs.aws.amazon.com/athena/latest/ug/vpc-flow-logs.html and older
versions of it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from flowathena.errors import TableMismatchError
from flowathena.logs.fields import BY_COLUMN, EVERY_FIELD
from flowathena.logs.layout import LOG_ROOT, Layout, Level
from flowathena.shape.key import ISO_DAY, Key, Role
from flowathena.shape.shape import Shape
from flowathena.shape.table import Column, Table
from flowathena.sql.casts import TEXTS, base_type, can_read
from flowathena.sql.quoting import WHOLE_NUMBERS

_ROLES = {
    Role.ACCOUNT: ("awsaccount", "awsaccountid", "account", "accountid", "accid", "acct"),
    Role.REGION: ("awsregion", "region", "regionid"),
    Role.SERVICE: ("awsservice", "service"),
    Role.DAY: (
        *("day", "dt", "date", "ds", "logdate", "eventdate", "eventday", "datepartition"),
        *("datehour", "dayhour", "dthour"),
    ),
    Role.YEAR: ("year",),
    Role.MONTH: ("month",),
    Role.HOUR: ("hour", "hh"),
}
# Column names for the fields of version 2 in guides before 2020.
OLDER_NAMES = {
    "account_id": "account",
    "interface_id": "interfaceid",
    "srcaddr": "sourceaddress",
    "dstaddr": "destinationaddress",
    "srcport": "sourceport",
    "dstport": "destinationport",
    "packets": "numpackets",
    "bytes": "numbytes",
    "start": "starttime",
    "end": "endtime",
    "log_status": "logstatus",
}
_PARTITION_WORDS = ("partition", "part", "key")
# Parts without leading zeros need something between them.
_DAYS = re.compile(
    r"yyyy(?:([^A-Za-z0-9']*)MM\1dd|([^A-Za-z0-9']+)(?:M\2d|MM\2d|M\2dd))(?:[^A-Za-z0-9']*HH?)?"
)
_KEY_TYPES = {
    **dict.fromkeys((Role.REGION, Role.SERVICE), TEXTS),
    Role.ACCOUNT: TEXTS | WHOLE_NUMBERS,
    **dict.fromkeys((Role.YEAR, Role.MONTH, Role.DAY_OF_MONTH, Role.HOUR), TEXTS | WHOLE_NUMBERS),
    Role.DAY: TEXTS | WHOLE_NUMBERS | {"date"},
}
_BELOW_ROOT = re.compile(rf"(?:^|/){LOG_ROOT}/(.*)$")


def require_log_files(table: Table) -> None:
    """Make sure that a table reads files as flow logs deliver them.

    Raises:
        TableMismatchError: it is a view, or reads other files than text and Parquet.
    """
    if table.file_format in {"text", "parquet"}:
        return
    serde = f"the SerDe {table.file_format}" if table.file_format else "no SerDe (as for a view)"
    raise TableMismatchError(
        f"table {table.full_name} has {serde}; only text and Parquet tables can be read"
    )


def recognize(
    table: Table,
    *,
    keys: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
) -> Shape:
    """The shape of an existing table.

    Args:
        table: the table.
        keys: role by key name, for names that do not show it; a day may add its form
            (``"day yyyyMMdd"``).
        columns: real column name by field column, for names that do not show it.

    Raises:
        TableMismatchError: a key has no known meaning, the keys do not make a day, a key or field
            has an unsupported type, or no column is a field; the message names them.
    """
    recognized = tuple(_keys(table, keys or {}))
    _refuse_no_day(table, recognized)
    names = _columns(table, columns or {})
    _refuse_types(table, names)
    if not BY_COLUMN.keys() & names.keys():
        raise TableMismatchError(
            f"table {table.full_name} has no column of a flow log's field; if its columns have "
            "other names, set the target's columns"
        )
    account, region = place_of(table)
    roles = {key.role for key in recognized}
    return Shape(
        keys=recognized,
        columns=names,
        account="" if Role.ACCOUNT in roles else account,
        region="" if Role.REGION in roles else region,
        projected=table.projected,
    )


def _keys(table: Table, given: Mapping[str, str]) -> Iterator[Key]:
    siblings = {_bare_key(key.name) for key in table.partition_keys}
    missing = sorted(given.keys() - {key.name for key in table.partition_keys})
    if missing:
        raise TableMismatchError(
            f"table {table.full_name} has no partition key {', '.join(missing)}: "
            "correct the target's keys"
        )
    for key in table.partition_keys:
        name, _, form = given.get(key.name, "").partition(" ")
        role = role_of(key, siblings) if not name else Role(name) if name in set(Role) else None
        if role is None:
            raise TableMismatchError(
                f"table {table.full_name}: partition key {key.name} has no known meaning; "
                f"set it in the target's keys ({', '.join(Role)})"
            )
        yield _check_key(table, Key(key.name, key.type, role, *_day_form(table, key, form)))


def _check_key(table: Table, key: Key) -> Key:
    about = f"table {table.full_name}: partition key {key.name}"
    if base_type(key.type) not in _KEY_TYPES[key.role]:
        raise TableMismatchError(
            f"{about} is of type {key.type}, which role {key.role} cannot have"
        )
    if key.role is not Role.DAY:
        _refuse_unpadded(table, key)
    elif not _DAYS.fullmatch(key.form):
        raise TableMismatchError(
            f"{about} has the day format {key.form!r}; use one like yyyy/MM/dd, in this order"
        )
    elif base_type(key.type) in WHOLE_NUMBERS and not re.fullmatch("yyyyMMdd(HH)?", key.form):
        raise TableMismatchError(
            f"{about} is of type {key.type}, a number, and cannot be written {key.form}; use "
            "yyyyMMdd or yyyyMMddHH"
        )
    elif key.injected:
        raise TableMismatchError(f"{about} is injected, so it cannot be filtered by days")
    return key


def _refuse_unpadded(table: Table, key: Key) -> None:
    """Strings without leading zeros (``9``, ``10``) do not sort as the numbers do.

    Years need no ``digits``: all of them have four.
    """
    projection = table.parameters.get(f"projection.{key.name}.type") if table.projected else None
    digits = table.parameters.get(f"projection.{key.name}.digits", "")
    is_text = base_type(key.type) in TEXTS
    if projection == "integer" and is_text and digits != "2" and key.role is not Role.YEAR:
        raise TableMismatchError(
            f"table {table.full_name}: partition key {key.name} is a string without leading "
            f"zeros; set projection.{key.name}.digits to 2, or its type to int"
        )


def _bare(name: str) -> str:
    """A name as it is compared: lower-case letters and digits."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _bare_key(name: str) -> str:
    bare = _bare(name)
    for word in _PARTITION_WORDS:  # dt_partition, region_key
        bare = bare.removesuffix(word) or bare
    return bare


def role_of(key: Column, siblings: set[str]) -> Role | None:
    """What the name of a key shows, beside others with their bare names; None if nothing."""
    bare = _bare_key(key.name)
    # day is a whole day (2026-11-02) unless year and month are keys of their own.
    if bare == "day" and {"year", "month"} <= siblings:
        return Role.DAY_OF_MONTH
    return next((role for role, names in _ROLES.items() if bare in names), None)


def _day_form(table: Table, key: Column, given: str) -> tuple[str, bool]:
    """How the key writes a day (a ``date`` has only one way), and whether it is injected."""
    projection = table.parameters if table.projected else {}
    form = given or projection.get(f"projection.{key.name}.format", "")
    injected = projection.get(f"projection.{key.name}.type") == "injected"
    usual = "yyyyMMdd" if base_type(key.type) in WHOLE_NUMBERS else ISO_DAY
    return ISO_DAY if key.type == "date" else form or usual, injected


def _refuse_no_day(table: Table, keys: tuple[Key, ...]) -> None:
    roles = [key.role for key in keys]
    listed = ", ".join(f"{key.name} {key.type}" for key in keys) or "nothing"
    has_duplicates = len(set(roles)) < len(roles)
    has_parts = {Role.YEAR, Role.MONTH, Role.DAY_OF_MONTH} <= set(roles)
    # Either one key for the day, or three for its parts.
    if has_duplicates or (Role.DAY in roles) == has_parts:
        reason = "two keys have the same meaning" if has_duplicates else "its keys give no day"
        raise TableMismatchError(f"table {table.full_name} is partitioned by ({listed}): {reason}")


def _refuse_types(table: Table, names: Mapping[str, str]) -> None:
    types = {column.name: column.type for column in table.columns}
    invalid = [
        f"{real} {types[real]}"
        for column, real in names.items()
        if (field := BY_COLUMN.get(column)) and not can_read(field, types[real], table.file_format)
    ]
    if invalid:
        raise TableMismatchError(
            f"table {table.full_name} has columns whose type their field cannot have: "
            f"{', '.join(invalid)}"
        )


def name_fields(columns: Iterable[str], given: Mapping[str, str]) -> dict[str, str]:
    """Real name by field column; a column that is not a field keeps its own name.

    Exact names come first: next to ``start``, a column ``starttime`` is not a field.

    Args:
        columns: real names, in lower case.
        given: those that are known, by field column.
    """
    known = dict(_known_names())
    assigned = set(given.values())
    free = [name for name in columns if name not in assigned]
    names = dict(given)
    names |= {name: name for name in free if name in BY_COLUMN and name not in names}
    for name in free:
        field = known.get(_bare(name), name)
        names.setdefault(name if field in names else field, name)
    return names


def _columns(table: Table, given: Mapping[str, str]) -> dict[str, str]:
    order = {column.name: place for place, column in enumerate(table.columns)}
    names = name_fields(order, given)
    missing = sorted(name for name in given.values() if name not in order)
    if missing:
        raise TableMismatchError(
            f"table {table.full_name} has no columns {', '.join(missing)}: "
            "correct the target's columns"
        )
    return dict(sorted(names.items(), key=lambda pair: order[pair[1]]))


def _known_names() -> Iterator[tuple[str, str]]:
    for field in EVERY_FIELD:
        yield _bare(field.column), field.column
    for column, older in OLDER_NAMES.items():
        yield older, column


def place_of(table: Table) -> tuple[str, str]:
    """Account and Region in the table's own location; empty if they are not in it."""
    template = table.parameters.get("storage.location.template", "") if table.projected else ""
    below = _BELOW_ROOT.search(template or table.location)
    folders: Iterable[str] = below[1].split("/") if below else ()
    account = region = ""
    for folder in folders:
        for layout in (Layout(), Layout(hive=True)):
            account = account or layout.value(Level.ACCOUNT, folder) or ""
            region = region or layout.value(Level.REGION, folder) or ""
    return account, region
