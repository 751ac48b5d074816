"""What a table's template and registered partitions tell of its keys; pure.

A value may look like an account, a Region or a day, or be the year, month, day or hour of the
folder that its partition stands for.
"""

import re
from collections.abc import Iterator, Mapping

from flowathena.logs.layout import LOG_ROOT, SERVICE, Layout, Partition, is_account, is_region
from flowathena.shape.key import Key, Role
from flowathena.shape.shape import Values
from flowathena.shape.table import Column, Table

DAY = re.compile(r"([0-9]{4})([^0-9]?)(0[1-9]|1[0-2])\2(0[1-9]|[12][0-9]|3[01])")
"""A day whose text sorts as days do; its second group is what stands between the numbers."""
ROOT = re.compile(rf"s3[an]?://([^/]+/(?:.*?/)?){LOG_ROOT}(?:/(.*))?")
"""A location in an ``AWSLogs/``: what holds it, and what is below."""

_PLACEHOLDER = re.compile(r"(?:[a-z-]+=)?\$\{([^}]+)\}")
_NUMBERS = (Role.YEAR, Role.MONTH, Role.DAY_OF_MONTH, Role.HOUR)
# What stands at which place below AWSLogs/; the places after these depend on the key of the day.
_PLACES = {0: Role.ACCOUNT, 1: Role.SERVICE, 2: Role.REGION}
_DAYS = 3


def roles(table: Table, partitions: Mapping[Values, str]) -> Iterator[tuple[str, str]]:
    """Keys with what is told of them, as a target's ``keys`` say it."""
    if table.projected:
        yield from _told_by_template(table)
        return
    for place, key in enumerate(table.partition_keys):
        values = [(values[place], location) for values, location in partitions.items()]
        told = _told_by_values(key, values) if values else None
        if told:
            yield key.name, told


def _told_by_template(table: Table) -> Iterator[tuple[str, str]]:
    root = ROOT.fullmatch(table.parameters.get("storage.location.template", ""))
    folders = [name for name in (root[2] or "").split("/") if name] if root else []
    if folders and folders[0].startswith("o-"):
        folders.pop(0)
    names = {key.name for key in table.partition_keys}
    places = dict(_PLACES)
    for place, folder in enumerate(folders):
        found = _PLACEHOLDER.fullmatch(folder)
        name = found[1] if found else ""
        if place == _DAYS:
            kind = table.parameters.get(f"projection.{name}.type")
            after = (Role.DAY, Role.HOUR) if kind == "date" else _NUMBERS
            places |= {_DAYS + at: role for at, role in enumerate(after)}
        if name in names and place in places:
            yield name, places[place]


def _told_by_values(key: Column, values: list[tuple[str, str]]) -> str | None:
    """What all values of a key look like, or what in their folders they are."""
    texts = [text for text, _ in values]
    if all(map(is_account, texts)):
        return Role.ACCOUNT
    if all(map(is_region, texts)):
        return Role.REGION
    if all(text == SERVICE for text in texts):
        return Role.SERVICE
    forms = {f"yyyy{day[2]}MM{day[2]}dd" for text in texts if (day := DAY.fullmatch(text))}
    if len(forms) == 1 and all(map(DAY.fullmatch, texts)):
        return f"{Role.DAY} {forms.pop()}"
    fitting = [role for role in _NUMBERS if all(_is_part(key, role, *pair) for pair in values)]
    return fitting[0] if len(fitting) == 1 else None


def _is_part(key: Column, role: Role, text: str, location: str) -> bool:
    partition = partition_of(location)
    if partition is None or (role is Role.HOUR and partition.hour is None):
        return False
    return Key(key.name, key.type, role).value(partition) == text


def partition_of(location: str) -> Partition | None:
    """The day or hour whose folder a location is."""
    root = ROOT.fullmatch(location)
    folder = f"{LOG_ROOT}/{(root[2] or '').rstrip('/')}/" if root else ""
    layouts = [
        Layout(hive=hive, hourly=hourly) for hourly in (True, False) for hive in (False, True)
    ]
    return next((found for layout in layouts if (found := layout.parse(folder))), None)
