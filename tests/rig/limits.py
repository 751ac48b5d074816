"""AWS's limits, read from botocore's service models, which carry them but check few."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from tests.rig.answers import AwsError
from tests.rig.calls import Call, model

S3_MAX_KEYS = 1000  # in no model: S3 answers fewer keys than asked for, without an error
_LISTS = {"ListObjectsV2", "ListObjects", "ListObjectVersions"}
_CODES = {"glue": "ValidationException", "athena": "InvalidRequestException"}


def _bounds(shape: Shape, size: float) -> str | None:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    noun = "value" if shape.type_name in ("integer", "long", "double", "float") else "length"
    if low is not None and size < low:
        return f"Member must have {noun} greater than or equal to {low}"
    if high is not None and size > high:
        return f"Member must have {noun} less than or equal to {high}"
    return None


def _pattern(shape: Shape, value: str) -> str | None:
    # Java's \p{..} classes and surrogate ranges have no form in Python's re: those are let pass.
    pattern = shape.metadata.get("pattern")
    if pattern is None or "\\p" in pattern or "\\u" in pattern:
        return None
    if re.fullmatch(pattern, value, re.DOTALL):
        return None
    return f"Member must satisfy regular expression pattern: {pattern}"


def _scalar(shape: Shape, value: Any) -> Iterator[str]:  # noqa: ANN401
    if isinstance(value, bool):
        return
    if isinstance(shape, StringShape) and isinstance(value, str):
        if shape.enum and value not in shape.enum:
            yield f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
        found = _bounds(shape, len(value)) or _pattern(shape, value)
    elif isinstance(value, int | float):
        found = _bounds(shape, value)
    else:
        found = None
    if found:
        yield found


def _structure(shape: StructureShape, value: dict[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield _said(None, f"{path}.{name}", "Member must not be null")
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _walk(member, value[name], f"{path}.{name}")


def _said(value: object, path: str, rule: str) -> str:
    shown = "null" if value is None else f"'{str(value)[:80]}'"
    name = path.lstrip(".")
    name = name[:1].lower() + name[1:]
    return f"Value {shown} at '{name}' failed to satisfy constraint: {rule}"


def _items(shape: ListShape, value: list[Any], path: str) -> Iterator[str]:
    found = _bounds(shape, len(value))
    if found:
        yield _said(value, path, found)
    for number, item in enumerate(value, 1):
        yield from _walk(shape.member, item, f"{path}.{number}.member")


def _entries(shape: MapShape, value: dict[str, Any], path: str) -> Iterator[str]:
    for key, item in value.items():
        yield from _walk(shape.key, key, f"{path}.key")
        yield from _walk(shape.value, item, f"{path}.{key}.member")


def _walk(shape: Shape, value: Any, path: str) -> Iterator[str]:  # noqa: ANN401
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        yield from _structure(shape, value, path)
    elif isinstance(shape, ListShape) and isinstance(value, list):
        yield from _items(shape, value, path)
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        yield from _entries(shape, value, path)
    else:
        yield from (_said(value, path, rule) for rule in _scalar(shape, value))


def check(call: Call) -> None:
    """Refuse a call that breaks a limit of its model."""
    if call.service not in _CODES or call.op not in model(call.service).operation_names:
        return
    shape = model(call.service).operation_model(call.op).input_shape
    broken = list(_walk(shape, call.params, "")) if shape else []
    if broken:
        noun = "error" if len(broken) == 1 else "errors"
        message = f"{len(broken)} validation {noun} detected: {'; '.join(broken[:5])}"
        raise AwsError(_CODES[call.service], message)


def capped_query(op: str, query: str) -> str:
    """Lower the page size of an S3 listing to what S3 gives at most."""
    pairs = parse_qsl(query, keep_blank_values=True)
    asked = dict(pairs).get("max-keys", "")
    if op not in _LISTS or not asked.isdigit() or int(asked) <= S3_MAX_KEYS:
        return query
    return urlencode([(k, str(S3_MAX_KEYS) if k == "max-keys" else v) for k, v in pairs])
