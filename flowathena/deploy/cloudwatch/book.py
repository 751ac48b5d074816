"""What the ledger of one query says: what is published, what is open, where to go on; pure.

Entries are numbered without a gap. Each is an object ``00000012.claim``, which only one writer can
make, and what became of it is told by further objects, whose names say all:

* ``00000012.done.SINCE-UNTIL``: its values are in CloudWatch, or in an entry that took them over;
* ``00000012.lost.SINCE-UNTIL``: some have become too old for CloudWatch before they could be put;
* ``00000012.void``: nothing of it was put, which is certain.

A claim with neither is in doubt: its writer is at work, or has ended in between.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from flowathena.deploy.cloudwatch.datums import Datum
from flowathena.errors import FlowathenaError

_NAME = re.compile(r"([0-9]{8})\.(claim|void|(?:done|lost)\.([0-9TZ]{16})-([0-9TZ]{16}))")
_STAMP = "%Y%m%dT%H%M%SZ"

Range = tuple[datetime, datetime]
"""From a moment to another, exclusive, UTC."""


@dataclass(frozen=True)
class Entry:
    """A claim on some buckets: what its writer was about to publish.

    Attributes:
        number: its number, from 1.
        writer: tells who wrote it.
        at: when, UTC.
        since: the start of its first bucket.
        until: the end of its last one.
        period: the length of a bucket in seconds.
        datums: the values.
        parent: the entry whose values it takes over; None if they are new.
    """

    number: int
    writer: str
    at: datetime
    since: datetime
    until: datetime
    period: int
    datums: tuple[Datum, ...]
    parent: int | None = None

    def to_body(self) -> bytes:
        """The content of its object."""
        return json.dumps(
            {
                "writer": self.writer,
                "at": self.at.isoformat(),
                "since": self.since.isoformat(),
                "until": self.until.isoformat(),
                "period": self.period,
                "parent": self.parent,
                "datums": [
                    [
                        each.name,
                        dict(each.dimensions),
                        each.bucket.timestamp(),
                        each.value,
                        each.unit,
                    ]
                    for each in self.datums
                ],
            }
        ).encode()


def read_entry(number: int, body: bytes) -> Entry:
    """The entry of a number.

    Raises:
        FlowathenaError: the object is none.
    """
    try:
        given: Any = json.loads(body)
        return Entry(
            number,
            str(given["writer"]),
            datetime.fromisoformat(given["at"]),
            datetime.fromisoformat(given["since"]),
            datetime.fromisoformat(given["until"]),
            int(given["period"]),
            tuple(
                Datum(
                    name,
                    tuple(dimensions.items()),
                    datetime.fromtimestamp(bucket, UTC),
                    float(value),
                    unit,
                )
                for name, dimensions, bucket, value, unit in given["datums"]
            ),
            given["parent"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise FlowathenaError(f"entry {number} is damaged: {error!r}") from error


@dataclass(frozen=True)
class Checkpoint:
    """What the first entries say, all of them finished: they need not be listed again.

    Attributes:
        number: the last of them.
        ranges: what they published.
        lost: what they gave up.
    """

    number: int = 0
    ranges: tuple[Range, ...] = ()
    lost: tuple[Range, ...] = ()

    def to_body(self) -> bytes:
        """The content of its object."""
        ranges = {"ranges": self.ranges, "lost": self.lost}
        texts = {
            name: [[one.isoformat(), other.isoformat()] for one, other in some]
            for name, some in ranges.items()
        }
        return json.dumps({"number": self.number, **texts}).encode()


def read_checkpoint(body: bytes) -> Checkpoint:
    """The checkpoint of an object.

    Raises:
        FlowathenaError: the object is none.
    """
    try:
        given: Any = json.loads(body)
        ranges, lost = (
            tuple((datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in given[name])
            for name in ("ranges", "lost")
        )
        return Checkpoint(int(given["number"]), ranges, lost)
    except (ValueError, KeyError, TypeError) as error:
        raise FlowathenaError(f"the checkpoint is damaged: {error!r}") from error


@dataclass(frozen=True)
class Book:
    """The state of a ledger.

    Attributes:
        last: the number of the last entry; 0 if there is none.
        ranges: what is published, merged, in order.
        lost: where values were given up.
        open: the entries that are not finished, in order.
        void: the numbers of those of which nothing was put.
        listed: how many entries were listed.
    """

    last: int
    ranges: tuple[Range, ...]
    lost: tuple[Range, ...]
    open: tuple[Entry, ...]
    void: frozenset[int]
    listed: int

    @property
    def until(self) -> datetime | None:
        """Where the next entry begins; None if there is none yet."""
        ends = [end for _, end in self.ranges] + [each.until for each in self.open]
        return max(ends, default=None)

    @property
    def gaps(self) -> tuple[Range, ...]:
        """What no entry is about: it was too old when a run came to it."""
        every = merge((*self.ranges, *((each.since, each.until) for each in self.open)))
        return tuple((one[1], other[0]) for one, other in pairwise(every))

    def with_entry(self, entry: Entry) -> "Book":
        """The same with one more entry, which is open."""
        return replace(self, last=entry.number, open=(*self.open, entry))

    @property
    def checkpoint(self) -> Checkpoint | None:
        """What need not be listed any more; None while something is open."""
        return None if self.open else Checkpoint(self.last, self.ranges, self.lost)


def name_of(number: int, kind: str, span: Range | None = None) -> str:
    """The name of an object."""
    end = f".{span[0]:{_STAMP}}-{span[1]:{_STAMP}}" if span else ""
    return f"{number:08d}.{kind}{end}"


@dataclass(frozen=True)
class Names:
    """What the names of a ledger's objects say."""

    claims: frozenset[int]
    void: frozenset[int]
    finished: Mapping[int, Range]
    lost: tuple[Range, ...]

    @property
    def open(self) -> list[int]:
        """The numbers of the entries that are not finished."""
        return sorted(self.claims - self.finished.keys())


def read_names(names: Iterable[str]) -> Names:
    """Read the names of a ledger's objects; others are passed over."""
    claims, void = set(), set()
    finished: dict[int, Range] = {}
    lost = []
    for match in filter(None, map(_NAME.fullmatch, names)):
        number, kind = int(match[1]), match[2]
        if kind == "claim":
            claims.add(number)
        elif kind == "void":
            void.add(number)
        else:
            finished[number] = _moment(match[3]), _moment(match[4])
            lost += [finished[number]] if kind.startswith("lost") else []
    return Names(frozenset(claims), frozenset(void), finished, tuple(lost))


def to_book(checkpoint: Checkpoint, names: Names, entries: Iterable[Entry]) -> Book:
    """The state of a ledger.

    Args:
        checkpoint: what is known of the entries before those that are listed.
        names: what is listed.
        entries: the open ones.
    """
    opened = tuple(entries)
    last = max((checkpoint.number, *names.claims))
    return Book(
        last,
        merge((*checkpoint.ranges, *names.finished.values())),
        merge((*checkpoint.lost, *names.lost)),
        opened,
        names.void,
        len(names.claims),
    )


def merge(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """Ranges in order; those that touch are one."""
    merged: list[Range] = []
    for since, until in sorted(ranges):
        if merged and since <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], until)
        else:
            merged.append((since, until))
    return tuple(merged)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, _STAMP).replace(tzinfo=UTC)
