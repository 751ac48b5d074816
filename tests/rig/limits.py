"""AWS's limits, read from botocore's service models, which carry them but check few."""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from tests.rig.answers import AwsError
from tests.rig.calls import Call, model

S3_MAX_KEYS = 1000  # in no model: S3 answers fewer keys than asked for, without an error
_LISTS = {"ListObjects", "ListObjectVersions"}
_CODES = {
    "glue": "ValidationException",
    "athena": "InvalidRequestException",
    "quicksight": "InvalidParameterValueException",
    "cloudwatch": "InvalidParameterValue",
    "kms": "ValidationException",
    "logs": "InvalidParameterException",
}


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


@lru_cache(maxsize=2**16, typed=True)  # a batch says the same names and types a hundred times
def _scalar(shape: Shape, value: str | float) -> tuple[str, ...]:
    rules: list[str | None] = []
    if isinstance(shape, StringShape) and isinstance(value, str):
        if shape.enum and value not in shape.enum:
            rules.append(f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
        rules.append(_bounds(shape, len(value)) or _pattern(shape, value))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        rules.append(_bounds(shape, value))
    return tuple(rule for rule in rules if rule)


def _said(value: object, path: str, rule: str) -> str:
    shown = "null" if value is None else f"'{str(value)[:80]}'"
    name = path.lstrip(".")
    name = name[:1].lower() + name[1:]
    return f"Value {shown} at '{name}' failed to satisfy constraint: {rule}"


class _Check:
    """One walk through the parameters of a call; what breaks a rule is gathered."""

    def __init__(self) -> None:
        self.broken: list[str] = []

    def value(self, shape: Shape, value: Any, path: str) -> None:  # noqa: ANN401
        """Look at a value and at everything in it."""
        if isinstance(value, str | int | float):
            self.broken += [_said(value, path, rule) for rule in _scalar(shape, value)]
        elif isinstance(shape, StructureShape) and isinstance(value, dict):
            self._structure(shape, value, path)
        elif isinstance(shape, ListShape) and isinstance(value, list):
            self._items(shape, value, path)
        elif isinstance(shape, MapShape) and isinstance(value, dict):
            for key, item in value.items():
                self.value(shape.key, key, f"{path}.key")
                self.value(shape.value, item, f"{path}.{key}.member")

    def _structure(self, shape: StructureShape, value: dict[str, Any], path: str) -> None:
        for name in shape.required_members:
            if value.get(name) is None:
                self.broken.append(_said(None, f"{path}.{name}", "Member must not be null"))
        members = shape.members
        for name, given in value.items():
            if given is not None and name in members:
                self.value(members[name], given, f"{path}.{name}")

    def _items(self, shape: ListShape, value: list[Any], path: str) -> None:
        found = _bounds(shape, len(value))
        if found:
            self.broken.append(_said(value, path, found))
        member = shape.member
        for number, item in enumerate(value, 1):
            self.value(member, item, f"{path}.{number}.member")


def check(call: Call) -> None:
    """Refuse a call that breaks a limit of its model."""
    if call.service not in _CODES or call.op not in model(call.service).operation_names:
        return
    shape = model(call.service).operation_model(call.op).input_shape
    walk = _Check()
    if shape:
        walk.value(shape, call.params, "")
    broken = walk.broken
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
