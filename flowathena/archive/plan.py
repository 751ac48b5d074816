"""What to archive: which days are over, and what of them is not archived yet; pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from flowathena.archive.record import Archived, Manifest
from flowathena.archive.survey import LogPartition, Survey
from flowathena.logs.days import Days
from flowathena.shape.shape import Values

CLOSED_AFTER = timedelta(days=2)
"""How long after its end a day may still get logs that are not late: files are delivered late."""
KEPT_AFTER = timedelta(days=1)
"""How long what nobody reads any more is kept: a query may have been planned with it."""
RUN_FORMAT = "%Y%m%dT%H%M%SZ"
"""What the id of a run begins with: when it began, UTC."""


class State(StrEnum):
    """How a day is."""

    OPEN = "open"
    """Logs may still come."""
    LOGS = "logs"
    """Read from its logs, and not archived, or not all of it."""
    READY = "ready"
    """Archived and verified; it is read from its logs until a run moves it."""
    ARCHIVED = "archived"
    """Read from the archive."""
    GROWN = "grown"
    """Read from the archive, and logs came since."""


@dataclass(frozen=True)
class Day:
    """One day.

    Attributes:
        day: the day, UTC.
        state: how it is.
        logs: its log files, by account and Region.
        archived: what of it is archived.
        due: what a run would write of it.
    """

    day: date
    state: State
    logs: tuple[LogPartition, ...] = ()
    archived: tuple[Archived, ...] = ()
    due: tuple[LogPartition, ...] = ()

    @property
    def is_moved(self) -> bool:
        """Whether it is read from the archive."""
        return self.state in {State.ARCHIVED, State.GROWN}

    @property
    def log_bytes(self) -> int:
        """The size of its log files."""
        return sum(each.size_bytes for each in self.logs)

    @property
    def archive_bytes(self) -> int:
        """The size of what is archived."""
        return sum(each.size_bytes for each in self.archived)

    @property
    def rows(self) -> int:
        """How many records are archived."""
        return sum(each.rows for each in self.archived)

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON."""
        return {
            "day": str(self.day),
            "state": str(self.state),
            "log_files": sum(each.files for each in self.logs),
            "log_bytes": self.log_bytes,
            "archive_bytes": self.archive_bytes,
            "rows": self.rows,
            "due": len(self.due),
        }


@dataclass(frozen=True)
class Leftover:
    """What nobody reads of an archive's folder.

    Attributes:
        run: the run that wrote it.
        prefix: the folder, relative to the archive.
        reason: why nobody reads it.
    """

    run: str
    prefix: str
    reason: str

    @property
    def name(self) -> str:
        """How messages call it."""
        return self.prefix

    @property
    def is_whole_run(self) -> bool:
        """Whether it is all that a run has written."""
        return self.prefix == f"{self.run}/"

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON."""
        return {"run": self.run, "folder": self.prefix, "reason": self.reason}


@dataclass(frozen=True)
class LostTable:
    """A table in Glue that a run has verified with, and that nobody uses any more.

    Attributes:
        table: its name.
        reason: why nobody uses it.
    """

    table: str
    reason: str = "of a run that was killed"

    @property
    def name(self) -> str:
        """How messages call it."""
        return f"table {self.table}"

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON."""
        return {"table": self.table, "reason": self.reason}


@dataclass(frozen=True)
class ArchivePlan:
    """What a run would do.

    Attributes:
        days: every day that was looked at.
        leftovers: what it would remove: files of runs that failed, replaced ones, and tables of
            runs that were killed.
        warnings: what is not as it should be, and is no reason to do nothing.
    """

    days: tuple[Day, ...]
    leftovers: tuple[Leftover | LostTable, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def due(self) -> tuple[LogPartition, ...]:
        """The partitions to write, day by day."""
        return tuple(each for day in self.days for each in day.due)

    @property
    def ready(self) -> tuple[date, ...]:
        """The days that need no more than to be moved."""
        return tuple(each.day for each in self.days if each.state is State.READY)

    @property
    def due_bytes(self) -> int:
        """The size of what is read to write them."""
        return sum(each.read_bytes for each in self.due)

    @property
    def is_done(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.due or self.ready or self.leftovers)

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON."""
        return {
            "days": [each.to_json() for each in self.days],
            "due_partitions": len(self.due),
            "due_bytes": self.due_bytes,
            "leftovers": [each.to_json() for each in self.leftovers],
            **({"warnings": list(self.warnings)} if self.warnings else {}),
        }


def plan(found: Survey, moved: Days, now: datetime, *, again: bool = False) -> tuple[Day, ...]:
    """How every day is, and what is due.

    Args:
        found: what there is.
        moved: the days that are read from the archive.
        now: the time, aware.
        again: whether what is archived is written anew, as far as its logs are still there.
    """
    logs: dict[date, list[LogPartition]] = defaultdict(list)
    archived: dict[date, list[Archived]] = defaultdict(list)
    for each in found.logs.values():
        logs[each.day].append(each)
    for entry in found.archived.values():
        archived[entry.day].append(entry)
    return tuple(
        _day(day, logs[day], archived[day], found, moved, now, again=again)
        for day in sorted({*logs, *archived})
    )


def _day(  # noqa: PLR0913 - what a day is made of
    day: date,
    logs: list[LogPartition],
    archived: list[Archived],
    found: Survey,
    moved: Days,
    now: datetime,
    *,
    again: bool,
) -> Day:
    ordered = tuple(sorted(logs, key=lambda each: each.values))
    kept = tuple(sorted(archived, key=lambda each: each.values))
    if not is_closed(day, now):
        return Day(day, State.OPEN, ordered, kept)
    due = tuple(each for each in ordered if _is_due(each, found.archived, again=again))
    if day in moved:
        grown = any(_is_due(each, found.archived, again=False) for each in due)
        return Day(day, State.GROWN if grown else State.ARCHIVED, ordered, kept, due)
    return Day(day, State.LOGS if due or not kept else State.READY, ordered, kept, due)


def _is_due(logs: LogPartition, archived: Mapping[Values, Archived], *, again: bool) -> bool:
    """Whether a partition is to be written: never of fewer logs than it was made of.

    Those are gone: a lifecycle rule has removed them, and the archive is all there is.
    """
    before = archived.get(logs.values)
    if before is None or logs.has_grown(before):
        return True
    return again and (logs.files, logs.size_bytes) == (before.log_files, before.log_bytes)


def is_closed(day: date, now: datetime) -> bool:
    """Whether a day is over, and its logs have come."""
    end = datetime.combine(day + timedelta(days=1), time(), UTC)
    return end + CLOSED_AFTER <= now


def last_closed_day(now: datetime) -> date:
    """The newest day that is closed."""
    return (now.astimezone(UTC) - CLOSED_AFTER).date() - timedelta(days=1)


def leftovers(
    manifests: tuple[Manifest, ...],
    runs: list[str],
    registered: Mapping[Values, str],
    location: str,
    now: datetime,
) -> Iterator[Leftover]:
    """What nobody reads, and no run of the last day has written.

    Args:
        manifests: those of all runs.
        runs: the names of the folders of the archive.
        registered: the location of every registered partition of the archive.
        location: the archive's.
        now: the time, aware.
    """
    read = {each.rstrip("/") for each in registered.values()}
    known = {each.run: each for each in manifests}
    for run in sorted({*known, *runs}):
        began = began_at(run)
        if began is None or began + KEPT_AFTER > now:
            continue
        manifest = known.get(run)
        if manifest is None or not any(
            each.location.rstrip("/") in read for each in manifest.partitions
        ):
            if not any(at.startswith(f"{location}{run}/") for at in read):
                reason = "of a run that failed" if manifest is None else "replaced since"
                yield Leftover(run, f"{run}/", reason)
            continue
        for each in manifest.partitions:
            if each.location.rstrip("/") not in read:
                yield Leftover(run, each.location.removeprefix(location), "replaced since")


def began_at(run: str) -> datetime | None:
    """When a run began; None of a folder that is no run's."""
    time_text, _, rest = run.partition("-")
    try:
        return datetime.strptime(time_text, RUN_FORMAT).replace(tzinfo=UTC) if rest else None
    except ValueError:
        return None
