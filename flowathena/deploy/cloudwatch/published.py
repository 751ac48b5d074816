"""What became of the metrics of each query, and how far they are: values for display; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from flowathena.deploy.cloudwatch.book import Book, Entry, Range
from flowathena.deploy.cloudwatch.datums import Datum, visible_after
from flowathena.errors import FlowathenaError
from flowathena.text import counted, iso


class State(StrEnum):
    """How the publication of one query's metrics ended."""

    PUBLISHED = "published"
    CURRENT = "current"
    PLANNED = "planned"
    LEFT = "left"
    FAILED = "failed"


@dataclass(frozen=True)
class Doubt:
    """Values of which nobody knows yet whether they are in CloudWatch.

    Attributes:
        since: the start of their first bucket.
        until: the end of their last one.
        values: how many.
        asked_from: when CloudWatch can be asked, UTC.
    """

    since: datetime
    until: datetime
    values: int
    asked_from: datetime

    def __str__(self) -> str:
        return (
            f"{counted(self.values, 'value')} from {iso(self.since)} to {iso(self.until)} in "
            f"doubt: a run from {iso(self.asked_from)} on asks CloudWatch"
        )

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON."""
        return {
            "since": iso(self.since),
            "until": iso(self.until),
            "values": self.values,
            "asked_from": iso(self.asked_from),
        }


@dataclass
class Published:
    """What became of the metrics of one query.

    Attributes:
        query: the query's name.
        state: how it ended.
        since: where this run began; None if nothing was due.
        until: up to where the metrics are published, or claimed by a run.
        values: how many values this run has put, or would put.
        found: how many values CloudWatch had already, of those that were in doubt or not known.
        lost: how many were too old to be put.
        doubts: what is in doubt.
        datums: the values of a dry run.
        reason: why it is left out, or left to another run.
        error: why it failed.
    """

    query: str
    state: State = State.CURRENT
    since: datetime | None = None
    until: datetime | None = None
    values: int = 0
    found: int = 0
    lost: int = 0
    doubts: list[Doubt] = field(default_factory=list)
    datums: Sequence[Datum] = ()
    reason: str = ""
    error: FlowathenaError | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing failed, and nothing is in doubt."""
        return self.state is not State.FAILED and not self.doubts

    @property
    def summary(self) -> str:
        """One line for display."""
        if self.state is State.FAILED:
            return f"{self.query}: {self.error}"
        if self.state is State.LEFT:
            return f"left out: {self.query}: {self.reason}"
        notes = [f"{counted(self.found, 'value')} found there"] if self.found else []
        notes += [f"{counted(self.lost, 'value')} too old for CloudWatch"] if self.lost else []
        end = f" ({', '.join(notes)})" if notes else ""
        upto = f" up to {iso(self.until)}" if self.until else ""
        if self.state is State.CURRENT:
            return f"nothing to publish: {self.query} is published{upto}{end}"
        verb = "would publish" if self.state is State.PLANNED else "published"
        return f"{verb} {counted(self.values, 'value')} of {self.query}{upto}{end}"

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON; ``datums`` of a dry run alone."""
        return {
            "query": self.query,
            "state": self.state,
            "since": iso(self.since) if self.since else None,
            "until": iso(self.until) if self.until else None,
            "values": self.values,
            "found": self.found,
            "lost": self.lost,
            "in_doubt": [each.to_json() for each in self.doubts],
            "reason": self.reason or None,
            "error": str(self.error) if self.error else None,
            **(
                {"datums": [each.to_json() for each in self.datums]}
                if self.state is State.PLANNED
                else {}
            ),
        }


@dataclass(frozen=True)
class MetricStatus:
    """How far the metrics of one query are published.

    Attributes:
        query: the query's name.
        since: the start of the first bucket that was published; None if there is none.
        until: the end of the last one.
        closed: the end of the last bucket that is due.
        gaps: what was too old when a run came to it.
        lost: where values became too old while they were in doubt.
        doubts: what is in doubt, or being put.
    """

    query: str
    since: datetime | None
    until: datetime | None
    closed: datetime
    gaps: tuple[Range, ...]
    lost: tuple[Range, ...]
    doubts: tuple[Doubt, ...]

    @property
    def is_current(self) -> bool:
        """Whether every bucket that is due is published."""
        return self.until is not None and self.until >= self.closed and not self.doubts

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON."""
        return {
            "query": self.query,
            "since": iso(self.since) if self.since else None,
            "until": iso(self.until) if self.until else None,
            "due_until": iso(self.closed),
            "current": self.is_current,
            "gaps": [[iso(one), iso(other)] for one, other in self.gaps],
            "lost": [[iso(one), iso(other)] for one, other in self.lost],
            "in_doubt": [each.to_json() for each in self.doubts],
        }


def status_of(query: str, book: Book, closed: datetime) -> MetricStatus:
    """The status that a ledger says."""
    starts = [since for since, _ in book.ranges]
    ends = [until for _, until in book.ranges]
    return MetricStatus(
        query,
        min(starts, default=None),
        max(ends, default=None),
        closed,
        book.gaps,
        book.lost,
        tuple(map(doubt_about, book.open)),
    )


def asked_from(entry: Entry) -> datetime:
    """When CloudWatch surely knows what became of an entry."""
    lags = (visible_after(each.bucket, entry.at) for each in entry.datums)
    return entry.at + max(lags, default=timedelta())


def doubt_about(entry: Entry) -> Doubt:
    """What is in doubt of an entry."""
    return Doubt(entry.since, entry.until, len(entry.datums), asked_from(entry))
