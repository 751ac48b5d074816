"""The cases of ``tests/semantics/*.toml``, and values written as they are there.

A case is an expression (``sql``) or a whole query (``query``) with what Trino documents for it:
``gives``, in JSON, and its ``type`` or ``types``; or ``error``, Trino's name of it. Where the local
engine refuses what Trino answers, ``refused`` is a part of what it tells; where it fails in another
way than Trino, ``local_error`` is the name there; where it differs, ``local`` is its value. Where
an answer is approximate, ``tolerance`` is the part of it by which either may be off.
"""

import base64
import json
import math
import re
import struct
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from flowathena.result.types import AthenaType, parse

_FOLDER = Path(__file__).parent
TABLE = (
    't(a, b, s, "start") AS (VALUES '
    "(7, BIGINT '2', 'x', BIGINT '1793491200'), (-7, BIGINT '2', 'y', BIGINT '1793492099'), "
    "(NULL, BIGINT '3', NULL, BIGINT '1793492100'))"
)
"""The table that the queries read, as a common table expression."""


@dataclass(frozen=True)
class Topic:
    """One file of cases."""

    name: str
    title: str
    note: str


@dataclass(frozen=True)
class Case:
    """One statement, what Trino gives and what the local engine does with it."""

    topic: Topic
    text: str
    whole: bool
    gives: Any = None
    types: tuple[str, ...] = ()
    error: str = ""
    refused: str = ""
    local_error: str = ""
    local: Any = None
    differs: str = ""
    tolerance: float = 0.0

    @property
    def statement(self) -> str:
        """The statement to run."""
        if not self.whole:
            return f"SELECT {self.text}"
        if self.text.upper().startswith("WITH "):
            return f"WITH {TABLE}, {self.text[5:]}"
        return f"WITH {TABLE} {self.text}" if self.text.startswith("SELECT") else self.text

    @property
    def rows(self) -> list[list[object]]:
        """The rows of the statement."""
        return list(self.gives) if self.whole else [[self.gives]]


def topics() -> Iterator[tuple[Topic, list[Case]]]:
    """Every file with its cases, by the order that the files state."""
    read = [(path, tomllib.loads(path.read_text())) for path in _FOLDER.glob("*.toml")]
    for path, data in sorted(read, key=lambda item: item[1]["order"]):
        topic = Topic(path.stem, data["title"], data.get("note", ""))
        yield topic, [_case(topic, entry) for entry in data["cases"]]


def cases() -> list[Case]:
    """All cases."""
    return [case for _, found in topics() for case in found]


def _case(topic: Topic, entry: dict[str, Any]) -> Case:
    whole = "query" in entry
    types = entry.get("types") or ([entry["type"]] if "type" in entry else [])
    return Case(
        topic=topic,
        text=entry["query"] if whole else entry["sql"],
        whole=whole,
        gives=json.loads(entry.get("gives", "null")),
        types=tuple(types),
        error=entry.get("error", ""),
        refused=entry.get("refused", ""),
        local_error=entry.get("local_error", ""),
        local=json.loads(entry.get("local", "null")),
        differs=entry.get("differs", ""),
        tolerance=entry.get("tolerance", 0.0),
    )


def written(  # noqa: PLR0911 - one way a type
    value: object, kind: str, zone: str = "UTC"
) -> object:
    """A value of Python as the cases and Trino's client write it; times of UTC in another zone."""
    if isinstance(value, list | dict):
        return _nested(value, parse(kind))
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, float) and kind == "real":
        return _shortest(value)
    if isinstance(value, datetime):
        return _moment(value, kind, zone)
    if isinstance(value, time):
        return f"{value:%H:%M:%S}{_fraction(value.microsecond, kind)}"
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def _shortest(value: float) -> float:
    """The fewest digits that mean a number of 32 bits."""
    texts = (f"{value:.{digits}g}" for digits in range(1, 10))
    return next(number for number in map(float, texts) if _single(number) == _single(value))


def _single(value: float) -> bytes:
    return struct.pack("f", value)


def _nested(value: object, kind: AthenaType) -> object:
    """Rows are lists, and the keys of maps are texts."""
    if isinstance(value, list):
        return [_nested(item, kind.parts[0]) for item in value]
    if isinstance(value, dict) and kind.name == "row":
        return [_nested(item, part) for item, part in zip(value.values(), kind.parts, strict=True)]
    if isinstance(value, dict):
        return {_key(key): _nested(item, kind.parts[1]) for key, item in value.items()}
    return written(value, kind.name + (f"({kind.numbers[0]})" if kind.numbers else ""))


def _key(key: object) -> str:
    return str(key).lower() if isinstance(key, bool) else str(key)


def in_order(value: object) -> object:
    """A value with the keys of its maps in order: maps have none."""
    if isinstance(value, list):
        return [in_order(item) for item in value]
    if isinstance(value, dict):
        return {key: in_order(item) for key, item in sorted(value.items())}
    return value


def close(value: object, wanted: object, tolerance: float) -> bool:
    """Whether two values are equal, numbers within a part of them."""
    if isinstance(value, list) and isinstance(wanted, list) and len(value) == len(wanted):
        return all(close(*pair, tolerance) for pair in zip(value, wanted, strict=True))
    if isinstance(value, int | float) and isinstance(wanted, int | float):
        return math.isclose(value, wanted, rel_tol=tolerance)
    return value == wanted


def _moment(value: datetime, kind: str, zone: str) -> str:
    shown = value
    if "with time zone" in kind:
        shown = value.replace(tzinfo=UTC).astimezone(_zone(zone))
    ending = f" {zone}" if "with time zone" in kind else ""
    day = f"{shown.year:04d}-{shown:%m-%d %H:%M:%S}"
    return f"{day}{_fraction(shown.microsecond, kind)}{ending}"


def _zone(name: str) -> tzinfo:
    found = re.fullmatch(r"([+-])(\d\d):(\d\d)", name)
    if not found:
        return ZoneInfo(name)
    ahead = timedelta(hours=int(found[2]), minutes=int(found[3]))
    return timezone(-ahead if found[1] == "-" else ahead)


def _fraction(microsecond: int, kind: str) -> str:
    found = re.search(r"\((\d+)\)", kind)
    digits = int(found[1]) if found else 3
    return f".{microsecond:06d}"[: digits + 1] if digits else ""


def broad(kind: str) -> str:
    """A type of Trino without what the local engine does not tell: lengths, fields' names."""
    if kind.startswith(("row(", "array(", "map(")):
        return _broad(parse(kind))
    kind = re.sub(r"varchar\(\d+\)", "varchar", kind.lower())
    return re.sub(r"(timestamp|time)\(\d+\)", r"\1", kind)


def _broad(kind: AthenaType) -> str:
    if not kind.parts:
        numbers = ", ".join(map(str, kind.numbers))
        return broad(f"{kind.name}({numbers})" if kind.numbers else kind.name)
    return f"{kind.name}({', '.join(map(_broad, kind.parts))})"
