"""The texts and JSON values that the values of a result are written as; pure."""

import json
import math
from datetime import date, datetime, timedelta
from decimal import Decimal

from flowathena.text import iso, printable


def to_json(value: object, *, indent: int | None = 2) -> str:
    """A value as JSON; what has no JSON form of its own becomes text."""
    return json.dumps(plain(value), ensure_ascii=False, indent=indent)


def cell(value: object) -> str:
    """A value as a table shows it; characters that a terminal would obey are spelled out."""
    return printable("" if value is None else str(field(value)))


def field(value: object) -> object:
    """A value as CSV has it: numbers stay numbers, and what is nested is JSON."""
    if isinstance(value, datetime | date):
        return plain(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, list | tuple | dict):
        return to_json(value, indent=None)
    return value.hex() if isinstance(value, bytes) else value


def plain(value: object) -> object:
    """A value as JSON has it."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    return _plain_scalar(value)


def _plain_scalar(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, timedelta):
        return str(value)
    return value.hex() if isinstance(value, bytes) else value
