"""Record formats: a record's fields in order, as people, AWS and header lines write them. Pure."""

import re
from collections.abc import Iterable

from flowathena.logs.fields import BY_NAME, DEFAULT_FORMAT

_TOKEN = re.compile(r"\$\{([a-z0-9-]+)\}")


_FIELD = re.compile(r"[a-z0-9-]+")


def parse_log_format(value: object) -> tuple[str, ...]:
    """Field names of ``"default"``, a list of names, or AWS's ``${version} ${srcaddr} …``.

    A name that no version up to 11 has, but that looks like a field's, is kept: AWS adds fields.

    Raises:
        ValueError: it is none of these, names one field twice or something that is no field, or
            lacks ``start``, without which no record has a time.
    """
    names = _format_names(value)
    wrong = [name for name in names if name not in BY_NAME and not _FIELD.fullmatch(name)]
    if wrong:
        raise ValueError(f"no names of flow-log fields: {', '.join(map(repr, wrong))}")
    if len(set(names)) < len(names):
        raise ValueError("names a field twice")
    if "start" not in names:
        unknown = unknown_fields(names)
        if unknown:
            raise ValueError(f"no flow-log fields of version 2 to 11: {', '.join(unknown)}")
        raise ValueError("lacks start, which tells when a record was made")
    return names


def unknown_fields(names: Iterable[str]) -> tuple[str, ...]:
    """The names that are no fields of version 2 to 11."""
    return tuple(name for name in names if name not in BY_NAME)


def _format_names(value: object) -> tuple[str, ...]:
    if value == "default":
        return DEFAULT_FORMAT
    if isinstance(value, str):
        names = tuple(_TOKEN.findall(value))
        if names and " ".join(f"${{{name}}}" for name in names) == value:
            return names
    if isinstance(value, list) and value and all(isinstance(name, str) for name in value):
        return tuple(value)
    raise ValueError('write "default", a list of field names or "${version} ${srcaddr} …"')


def describe_format(log_format: tuple[str, ...]) -> str:
    """A record format for people."""
    if log_format == DEFAULT_FORMAT:
        return f"default, {len(DEFAULT_FORMAT)} fields (version 2)"
    known = [BY_NAME[name].version for name in log_format if name in BY_NAME]
    return f"custom, {len(log_format)} fields (version {max(known, default=0)})"
