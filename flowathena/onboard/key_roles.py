"""What the partition keys of a table stand for, by its location template or its partitions; pure.

A value can look like an account, a Region or a day, or equal the year, month, day or hour of the
folder that its partition points at.
"""

import re
from collections.abc import Iterator, Mapping

from flowathena.logs.layout import (
    LOG_ROOT,
    SERVICE,
    Layout,
    Partition,
    is_account,
    is_region,
)
from flowathena.shape.key import UNPADDED, Key, Role, is_digits
from flowathena.shape.recognition import role_of
from flowathena.shape.shape import Shape, Values
from flowathena.shape.table import Column, Table
from flowathena.sql.casts import is_text

# A day, and perhaps an hour, with what is between their parts.
_DAY = re.compile(
    r"[0-9]{4}(?P<between>[^0-9A-Za-z']?)[0-9]{1,2}(?P=between)[0-9]{1,2}"
    r"(?:(?P<before_hour>[^0-9A-Za-z']?)[0-9]{1,2})?"
)
_CRAWLED = re.compile(r"partition_[0-9]+")
"""How a crawler of Glue names the keys of folders that are not Hive-compatible, in order."""
# A location in AWSLogs/: the part before it without the scheme, and the part below it.
ROOT = re.compile(rf"s3[an]?://([^/]+/(?:.*?/)?){LOG_ROOT}(?:/(.*))?")
_PLACEHOLDER = re.compile(r"(?:[a-z-]+=)?\$\{([^}]+)\}")
_NUMBER_ROLES = (Role.YEAR, Role.MONTH, Role.DAY_OF_MONTH, Role.HOUR)
# The role of each folder below AWSLogs/; those from the day on depend on the type of its key.
_ROLES_BY_DEPTH = {0: Role.ACCOUNT, 1: Role.SERVICE, 2: Role.REGION}
_DAY_DEPTH = 3
_LAYOUTS = tuple(
    Layout(hive=hive, hourly=hourly) for hourly in (True, False) for hive in (False, True)
)


def find_roles(table: Table, partitions: Mapping[Values, str]) -> Iterator[tuple[str, str]]:
    """Partition keys with the role that template or values show, as in a target's ``keys``."""
    if table.projected:
        yield from _roles_by_template(table)
        return
    after = 0  # the first of the numbers that a further key of a crawler may be
    for index, key in enumerate(table.partition_keys):
        values = [(values[index], location) for values, location in partitions.items()]
        roles = _roles_by_values(key, values) if values else []
        if _CRAWLED.fullmatch(key.name):
            roles = [role for role in roles if _order(role) >= after][:1]
        if len(roles) == 1:  # 10 may be a month, a day or an hour
            after = _order(roles[0], after - 1) + 1
            yield key.name, roles[0]


def _order(role: str, otherwise: int = len(_NUMBER_ROLES)) -> int:
    """The place of a number among year, month, day and hour; that of others does not matter."""
    name = role.partition(" ")[0]
    return next((n for n, each in enumerate(_NUMBER_ROLES) if each == name), otherwise)


def _roles_by_template(table: Table) -> Iterator[tuple[str, str]]:
    root = ROOT.fullmatch(table.parameters.get("storage.location.template", ""))
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


def _roles_by_values(key: Column, values: list[tuple[str, str]]) -> list[str]:
    """The roles that fit all values of a key, by their form or by their partitions' folders.

    With the form in which it writes a day, or a number without leading zeros.
    """
    texts = [text for text, _ in values]
    if all(map(is_account, texts)) or _fit(Key(key.name, key.type, Role.ACCOUNT), values):
        return [Role.ACCOUNT]
    if all(map(is_region, texts)):
        return [Role.REGION]
    if all(text == SERVICE for text in texts):
        return [Role.SERVICE]
    if form := _day_form(key, texts):
        return [f"{Role.DAY} {form}"]
    numbers = [role for role in _NUMBER_ROLES if _fit(Key(key.name, key.type, role), values)]
    return [str(role) for role in numbers] or list(_unpadded_roles(key, values))


def _unpadded_roles(key: Column, values: list[tuple[str, str]]) -> Iterator[str]:
    """The roles of a key of text whose numbers have no leading zeros, some of them or all.

    If no folder shows what they are, the key's name may.
    """
    texts = [text for text, _ in values]
    if not (is_text(key.type) and all(map(is_digits, texts)) and any(len(t) == 1 for t in texts)):
        return
    named = role_of(key, {each.value for each in (Role.YEAR, Role.MONTH)})
    for role, form in UNPADDED.items():
        own = Key(key.name, key.type, role, form)
        spelled = [(own.normalize(text), location) for text, location in values]
        if _fit(own, spelled) or (role is named and not any(map(partition_at, dict(values)))):
            yield f"{role} {form}"


def _day_form(key: Column, texts: list[str]) -> str:
    """The form in which all values of a key are days, perhaps with hours; empty if there is none.

    Leading zeros count where all have them.
    """
    first = _DAY.fullmatch(texts[0])
    if first is None:
        return ""
    between, hour = first["between"], first["before_hour"]
    days = [f"yyyy{between}MM{between}dd", *([f"yyyy{between}M{between}d"] if between else [])]
    forms = [
        form
        for day in days
        for form in (day, f"{day}{hour}HH" if "MM" in day else f"{day}{hour}H")
        if hour is not None or form == day
    ]
    return next((form for form in forms if _are_days(key, form, texts)), "")


def _are_days(key: Column, form: str, texts: list[str]) -> bool:
    shape = Shape((Key(key.name, key.type, Role.DAY, form),))
    return all(
        re.fullmatch(shape.keys[0].pattern, text) and shape.day_of((text,)) for text in texts
    )


def _fit(key: Key, values: list[tuple[str, str]]) -> bool:
    return all(_fits(key, *pair) for pair in values)


def _fits(key: Key, text: str, location: str) -> bool:
    partition = partition_at(location)
    if partition is None or (key.role is Role.HOUR and partition.hour is None):
        return False
    return key.value(partition) == text


def partition_at(location: str) -> Partition | None:
    """The day or hour whose folder a location is; None if it is not one."""
    root = ROOT.fullmatch(location)
    folder = f"{LOG_ROOT}/{(root[2] or '').rstrip('/')}/" if root else ""
    partitions = (layout.parse(folder) for layout in _LAYOUTS)
    return next((partition for partition in partitions if partition), None)
