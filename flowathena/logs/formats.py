"""Record formats: a record's fields in order, as users, AWS and header lines write them. Pure."""

import re
from collections.abc import Iterable

from flowathena.logs import transit_gateway
from flowathena.logs.fields import BY_NAME, DEFAULT_FORMAT

TOKEN = re.compile(r"\$\{([a-z0-9-]+)\}")
"""A field in AWS's text: ``${srcaddr}``."""
FIELD = re.compile(r"[a-z0-9-]+")
"""The form of a field's name."""


def parse_log_format(value: object) -> tuple[str, ...]:
    """Field names of ``"default"``, a list of names, or AWS's ``${version} ${srcaddr} …``.

    An unknown name that has the form of a field's name is accepted: AWS adds fields.

    Raises:
        ValueError: it is none of these, has a field twice or a name that cannot be a field's, or
            has unknown names and no ``start``: it is more likely another text.
    """
    names = _format_names(value)
    invalid = [name for name in names if not is_field_name(name)]
    if invalid:
        raise ValueError(f"has invalid field names: {', '.join(map(repr, invalid))}")
    if len(set(names)) < len(names):
        raise ValueError("has a field twice")
    unknown = unknown_fields(names)
    if unknown and "start" not in names:
        raise ValueError(f"lacks start and has unknown fields: {', '.join(unknown)}")
    return names


def parse_fields(text: str) -> tuple[str, ...]:
    """Field names as a person types them: also separated by commas or spaces.

    Raises:
        ValueError: as ``parse_log_format``.
    """
    text = text.strip()
    names = text if text == "default" or "$" in text else re.split(r"[,\s]+", text)
    return parse_log_format(names)


def unknown_fields(names: Iterable[str]) -> tuple[str, ...]:
    """The names that are not fields of versions 2 to 11, of VPCs or transit gateways."""
    return tuple(name for name in names if name not in BY_NAME)


def _format_names(value: object) -> tuple[str, ...]:
    if value == "default":
        return DEFAULT_FORMAT
    if isinstance(value, str):
        names = tuple(TOKEN.findall(value))
        if names and " ".join(f"${{{name}}}" for name in names) == value:
            return names
    if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
        return tuple(value)
    raise ValueError('write "default", a list of field names or "${version} ${srcaddr} …"')


def usable_names(names: Iterable[str]) -> tuple[str, ...]:
    """Names as a record format can have them: an invalid or repeated one becomes ``unknown-N``.

    N is its position, from 1.
    """
    usable: list[str] = []
    for position, name in enumerate(names, start=1):
        accepted = is_field_name(name) and name not in usable
        usable.append(name if accepted else f"unknown-{position}")
    return tuple(usable)


def is_field_name(text: str) -> bool:
    """Whether a text has the form of a field's name."""
    return FIELD.fullmatch(text) is not None


def is_transit_gateway(names: Iterable[str]) -> bool:
    """Whether fields are those of transit gateway flow logs: some are theirs alone."""
    return not transit_gateway.OWN.isdisjoint(names)


def describe_format(log_format: tuple[str, ...]) -> str:
    """A record format in a few words, for display."""
    if log_format == DEFAULT_FORMAT:
        return f"default, {len(DEFAULT_FORMAT)} fields (version 2)"
    kind = "custom"
    if is_transit_gateway(log_format):
        kind = "default" if log_format == transit_gateway.DEFAULT_FORMAT else "custom"
        kind = f"transit gateway, {kind}"
    known = [BY_NAME[name].version for name in log_format if name in BY_NAME]
    fields = "1 field" if len(log_format) == 1 else f"{len(log_format)} fields"
    return f"{kind}, {fields} (version {max(known, default=0)})"
