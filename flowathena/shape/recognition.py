"""What the keys and columns of a live table stand for; pure.

Flow-log tables are made by AWS's console, by guides of several years, by Terraform and by us: each
names keys and columns its own way. Names are compared without case and without ``_`` and ``-``.
Sources of the names: https://docs.aws.amazon.com/athena/latest/ug/vpc-flow-logs.html and its older
versions.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from flowathena.errors import TableMismatchError
from flowathena.logs.fields import BY_COLUMN, FIELDS
from flowathena.logs.layout import LOG_ROOT, Layout, Level
from flowathena.shape.key import ISO_DAY, Key, Role
from flowathena.shape.shape import Shape
from flowathena.shape.table import Column, Table

_ROLES = {
    Role.ACCOUNT: ("awsaccount", "awsaccountid", "account", "accountid", "accid", "acct"),
    Role.REGION: ("awsregion", "region", "regionid"),
    Role.SERVICE: ("awsservice", "service"),
    Role.DAY: ("day", "dt", "date", "ds", "logdate", "eventdate", "eventday", "datepartition"),
    Role.YEAR: ("year",),
    Role.MONTH: ("month",),
    Role.HOUR: ("hour", "hh"),
}
# What guides before 2020 called the fields of version 2.
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
_DAYS = re.compile(r"yyyy([^A-Za-z0-9']*)MM\1dd")
_TEXTS = frozenset({"string", "varchar", "char"})
_WHOLE = frozenset({"tinyint", "smallint", "int", "integer", "bigint"})
_KEY_TYPES = {
    **dict.fromkeys((Role.ACCOUNT, Role.REGION, Role.SERVICE), _TEXTS),
    **dict.fromkeys((Role.YEAR, Role.MONTH, Role.DAY_OF_MONTH, Role.HOUR), _TEXTS | _WHOLE),
    Role.DAY: _TEXTS | {"date"},
}
_PROJECTED = re.compile(rf"(?:^|/){LOG_ROOT}/(.*)$")


def recognize(
    table: Table,
    *,
    keys: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
) -> Shape:
    """The shape of a live table.

    Args:
        table: the table.
        keys: role by key name, where the name alone does not tell; a day may add its form
            (``"day yyyyMMdd"``).
        columns: real column name by field column, where the name alone does not tell.

    Raises:
        TableMismatchError: a key stands for nothing we know, the keys make no day, a key or field
            has a type that it cannot have, or the fields lack ``start``; names them.
    """
    found = tuple(_keys(table, keys or {}))
    _refuse_no_day(table, found)
    named = _columns(table, columns or {})
    _refuse_types(table, named)
    if "start" not in named:
        raise TableMismatchError(
            f"table {table.full_name} has no column start; a record without it has no time"
        )
    account, region = _fixed(table)
    roles = {key.role for key in found}
    return Shape(
        keys=found,
        columns=named,
        account="" if Role.ACCOUNT in roles else account,
        region="" if Role.REGION in roles else region,
        projected=table.projected,
    )


def _keys(table: Table, given: Mapping[str, str]) -> Iterator[Key]:
    parts = {_bare(key.name) for key in table.partition_keys}
    absent = sorted(given.keys() - {key.name for key in table.partition_keys})
    if absent:
        raise TableMismatchError(
            f"table {table.full_name} has no partition key {', '.join(absent)}: "
            "correct the target's keys"
        )
    for key in table.partition_keys:
        role, _, form = given.get(key.name, "").partition(" ")
        chosen = _role(key, parts) if not role else Role(role) if role in set(Role) else None
        if chosen is None:
            raise TableMismatchError(
                f"table {table.full_name}: partition key {key.name} stands for nothing of a flow "
                f"log; say what it is in the target's keys ({', '.join(Role)})"
            )
        yield _checked(table, Key(key.name, key.type, chosen, *_written(table, key, form)))


def _checked(table: Table, key: Key) -> Key:
    about = f"table {table.full_name}: partition key {key.name}"
    if _base(key.type) not in _KEY_TYPES[key.role]:
        raise TableMismatchError(f"{about} is of type {key.type}; no {key.role} is written so")
    if key.role is not Role.DAY:
        _refuse_unpadded(table, key)
    elif not _DAYS.fullmatch(key.form):
        raise TableMismatchError(
            f"{about} writes its days as {key.form!r}; write year, month and day (yyyy/MM/dd)"
        )
    elif key.injected:
        raise TableMismatchError(f"{about} is injected; a window of days cannot be asked for")
    return key


def _refuse_unpadded(table: Table, key: Key) -> None:
    """Texts without leading zeros (``9``, ``10``) have no order that a window could use."""
    kind = table.parameters.get(f"projection.{key.name}.type") if table.projected else None
    wanted = "4" if key.role is Role.YEAR else "2"
    digits = table.parameters.get(f"projection.{key.name}.digits", "")
    if kind == "integer" and _base(key.type) in _TEXTS and digits != wanted != "4":
        raise TableMismatchError(
            f"table {table.full_name}: partition key {key.name} is a text without leading zeros; "
            f"set projection.{key.name}.digits to {wanted}, or its type to int"
        )


def _bare(name: str) -> str:
    bare = re.sub(r"[^a-z0-9]", "", name.lower())
    for word in _PARTITION_WORDS:
        bare = bare.removesuffix(word) or bare
    return bare


def _role(key: Column, siblings: set[str]) -> Role | None:
    bare = _bare(key.name)
    if bare == "day" and {"year", "month"} <= siblings:
        return Role.DAY_OF_MONTH
    return next((role for role, names in _ROLES.items() if bare in names), None)


def _written(table: Table, key: Column, given: str) -> tuple[str, bool]:
    """How the key writes a day (a ``date`` has one way), and whether it is injected."""
    if not table.projected:
        return ISO_DAY if key.type == "date" else given or ISO_DAY, False
    told = table.parameters.get(f"projection.{key.name}.format", "")
    injected = table.parameters.get(f"projection.{key.name}.type") == "injected"
    return ISO_DAY if key.type == "date" else given or told or ISO_DAY, injected


def _refuse_no_day(table: Table, keys: tuple[Key, ...]) -> None:
    roles = [key.role for key in keys]
    told = ", ".join(f"{key.name} {key.type}" for key in keys) or "nothing"
    twice = {role for role in roles if roles.count(role) > 1}
    whole = {Role.YEAR, Role.MONTH, Role.DAY_OF_MONTH} <= set(roles)
    if twice or (Role.DAY in roles) == whole:
        raise TableMismatchError(
            f"table {table.full_name} is partitioned by ({told}): that tells no day"
            if not twice
            else f"table {table.full_name} is partitioned by ({told}): two keys stand for one thing"
        )


def _refuse_types(table: Table, named: Mapping[str, str]) -> None:
    """A text field is a text; a number may stand in a text too, as some guides have it."""
    types = {column.name: column.type for column in table.columns}
    strangers = [
        f"{real} {types[real]}"
        for field, real in named.items()
        if field in BY_COLUMN and _base(types[real]) not in _field_types(BY_COLUMN[field].hive_type)
    ]
    if strangers:
        raise TableMismatchError(
            f"table {table.full_name} has columns that are no flow-log fields of their type: "
            f"{', '.join(strangers)}"
        )


def _field_types(hive_type: str) -> frozenset[str]:
    return _TEXTS if hive_type == "string" else _TEXTS | _WHOLE


def _base(kind: str) -> str:
    return kind.partition("(")[0].lower()


def _columns(table: Table, given: Mapping[str, str]) -> dict[str, str]:
    """Real name by field column; a column that is no field keeps its own name."""
    known = dict(_known_names())
    taken = set(given.values())
    free = [column.name for column in table.columns if column.name not in taken]
    found = dict(given)
    found |= {name: name for name in free if name in BY_COLUMN and name not in found}
    for name in free:
        field = known.get(_bare_column(name), name)
        found.setdefault(name if field in found else field, name)
    order = {column.name: place for place, column in enumerate(table.columns)}
    missing = sorted(name for name in taken if name not in order)
    if missing:
        raise TableMismatchError(
            f"table {table.full_name} has no columns {', '.join(missing)}: "
            "correct the target's columns"
        )
    return dict(sorted(found.items(), key=lambda pair: order[pair[1]]))


def _known_names() -> Iterator[tuple[str, str]]:
    for field in FIELDS:
        yield _bare_column(field.column), field.column
    for column, older in OLDER_NAMES.items():
        yield older, column


def _bare_column(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _fixed(table: Table) -> tuple[str, str]:
    """Account and Region of the table's own location, where they stand in it."""
    place = table.parameters.get("storage.location.template", "") if table.projected else ""
    found = _PROJECTED.search(place or table.location)
    folders: Iterable[str] = found[1].split("/") if found else ()
    account = region = ""
    for folder in folders:
        for layout in (Layout(), Layout(hive=True)):
            account = account or layout.value(Level.ACCOUNT, folder) or ""
            region = region or layout.value(Level.REGION, folder) or ""
    return account, region
