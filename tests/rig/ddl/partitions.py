"""Partitions of a table: their values, their places and their descriptors."""

import copy
import re
from typing import Any

from moto.glue.models import FakeTable

from tests.rig import objects
from tests.rig.ddl.failures import semantic, task

_VALUES = {
    "date": re.compile(r"\d{4}-\d{2}-\d{2}"),
    **dict.fromkeys(("tinyint", "smallint", "int", "bigint"), re.compile(r"[+-]?\d+")),
}
# What Hive writes as %XX in the name of a folder; a space and letters beyond ASCII stay.
_ESCAPED = re.compile(r"""[\x01-\x1f\x7f"#%'*/:=?\\{\[\]^]""")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")


def escaped(text: str) -> str:
    """Give a partition value as the name of its folder."""
    return _ESCAPED.sub(lambda match: f"%{ord(match[0]):02X}", text)


def unescaped(text: str) -> str:
    """Give the partition value that the name of a folder stands for."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)


def keys(table: FakeTable) -> list[dict[str, Any]]:
    """Give the partition keys of a table."""
    return table.as_dict().get("PartitionKeys") or []


def path(table: FakeTable, values: list[str]) -> str:
    """Give partition values as key=value/key=value, each as the name of a folder."""
    names = (key["Name"] for key in keys(table))
    pairs = zip(names, map(escaped, values), strict=True)
    return "/".join(f"{name}={value}" for name, value in pairs)


def hive_location(table: FakeTable, values: list[str]) -> str:
    """Give where a partition without a location is."""
    base = table.as_dict()["StorageDescriptor"]["Location"]
    return f"{base.rstrip('/')}/{path(table, values)}"


def checked(location: str) -> str:
    """Give a location back; one that is not in S3 fails the statement."""
    try:
        bucket, _ = objects.split_uri(location)
    except ValueError as error:
        raise task(f"MetaException(message:{error})") from None
    if not bucket:
        raise task(f"MetaException(message:no bucket in {location})")
    return location


def values_of(table: FakeTable, given: dict[str, str]) -> list[str]:
    """Put the values of a clause in the order of the keys."""
    own = keys(table)
    names = [key["Name"] for key in own]
    if sorted(given) != sorted(names):
        raise semantic(10006, f"partition spec {given} does not name the keys {names}")
    for key in own:
        shape = _VALUES.get(key["Type"])
        if shape and not shape.fullmatch(given[key["Name"]]):
            text = f"Cannot add partition column {key['Name']} of type string"
            raise semantic(10248, f"{text} as it cannot be converted to type {key['Type']}")
    return [given[name] for name in names]


def matching(table: FakeTable, given: dict[str, str]) -> list[str]:
    """Name the partitions that fit a clause."""
    names = [key["Name"] for key in keys(table)]
    unknown = sorted(set(given) - set(names))
    if unknown:
        raise semantic(
            10098, f"Non-Partition column appears in the partition specification: {unknown}"
        )
    return [
        key
        for key, item in table.partitions.items()
        if given.items() <= dict(zip(names, item.values, strict=True)).items()
    ]


def partition_input(table: FakeTable, values: list[str], location: str) -> dict[str, Any]:
    """Describe a partition as Athena registers it: the table's descriptor, moved."""
    descriptor = copy.deepcopy(table.as_dict()["StorageDescriptor"])
    return {"Values": values, "StorageDescriptor": {**descriptor, "Location": location}}


def found_in(table: FakeTable, location: str) -> list[tuple[list[str], str]]:
    """Give the partitions that key=value folders under a location make."""
    names = [key["Name"] for key in keys(table)]
    bucket, prefix = objects.split_uri(location)
    folder = f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""
    places = {}
    for item in objects.Shelf().under(location):
        parts = item.key.removeprefix(folder).split("/")[:-1][: len(names)]
        pairs = [part.partition("=") for part in parts]
        if [name.lower() for name, _, _ in pairs] == names and all(sign for _, sign, _ in pairs):
            values = [unescaped(value) for _, _, value in pairs]
            places[tuple(values)] = f"s3://{bucket}/{folder}{'/'.join(parts)}"
    return [(list(values), place) for values, place in sorted(places.items())]
