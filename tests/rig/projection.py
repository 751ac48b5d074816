"""Partition projection, the other way round: of every stored object, the partition that has it.

Athena computes values and asks S3 for each; here every key of the bucket is held against the
template, and its values against what the properties allow. Both give the same partitions.
"""

import re
from datetime import UTC, datetime, timedelta

from tests.rig.catalog import Partition, Table
from tests.rig.executor.base import QueryFailedError
from tests.rig.objects import Shelf

_HOLE = re.compile(r"\$\{([^}]+)\}")
_NOW = re.compile(r"NOW(?:([+-]\d+)DAYS?)?")
_JAVA = (("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"))


def computed(table: Table) -> tuple[Partition, ...]:
    """The partitions of a projected table that contain an object."""
    template = table.parameters.get("storage.location.template")
    if template is None:
        template = table.location.rstrip("/") + "".join(
            f"/{k.name}=${{{k.name}}}" for k in table.keys
        )
    for key in table.keys:
        if f"projection.{key.name}.type" not in table.parameters:
            raise QueryFailedError(
                f"HIVE_METASTORE_ERROR: Column {key.name} is missing projection configuration"
            )
        if f"${{{key.name}}}" not in template:
            raise QueryFailedError(f"INVALID_TABLE_PROPERTY: no ${{{key.name}}} in the template")
    template = template.rstrip("/") + "/"
    pattern = re.compile(_pattern(table, template))
    found: dict[tuple[str, ...], str] = {}
    root = _HOLE.split(template)[0].rpartition("/")[0]
    for item in Shelf().under(root):
        match = pattern.match(item.uri)
        if not match:
            continue
        texts = [match[f"k{place}"] for place in range(len(table.keys))]
        if all(
            _allowed(table, key.name, text) for key, text in zip(table.keys, texts, strict=True)
        ):
            found[tuple(texts)] = match[0]
    return tuple(Partition(values, location) for values, location in sorted(found.items()))


def _pattern(table: Table, template: str) -> str:
    names = [key.name for key in table.keys]
    seen: set[str] = set()
    parts = []
    for place, part in enumerate(_HOLE.split(template)):
        if place % 2 == 0:
            parts.append(re.escape(part))
        elif part in seen:
            parts.append(f"(?P=k{names.index(part)})")
        else:
            seen.add(part)
            parts.append(f"(?P<k{names.index(part)}>{_shape(table, part)})")
    return "".join(parts)


def _shape(table: Table, name: str) -> str:
    form = table.parameters.get(f"projection.{name}.format", "")
    return re.sub(r"[a-zA-Z]", r"\\d", form) if form else "[^/]+"


def _allowed(table: Table, name: str, text: str) -> bool:
    given = {
        key.removeprefix(f"projection.{name}."): value
        for key, value in table.parameters.items()
        if key.startswith(f"projection.{name}.")
    }
    kind = given["type"].lower()
    if kind == "injected":
        return True
    if kind == "enum":
        return text in given["values"].split(",")
    first, last = (bound.strip() for bound in given["range"].split(","))
    if kind == "integer":
        width = int(given.get("digits", "0"))
        return text == f"{int(text):0{width}d}" and int(first) <= int(text) <= int(last)
    form = given["format"]
    for java, python in _JAVA:
        form = form.replace(java, python)
    try:
        moment = datetime.strptime(text, form).replace(tzinfo=UTC)
        return _bound(first, form) <= moment <= _bound(last, form)
    except ValueError:
        return False


def _bound(text: str, form: str) -> datetime:
    relative = _NOW.fullmatch(text)
    if relative is None:
        return datetime.strptime(text, form).replace(tzinfo=UTC)
    return datetime.now(UTC) + timedelta(days=int(relative[1] or 0))
