"""What a run has done so far: what is written and moved, what failed, and what is left."""

from dataclasses import dataclass, field

from flowathena.archive.plan import Leftover, LostTable
from flowathena.archive.record import Archived, name_of
from flowathena.archive.survey import LogPartition
from flowathena.logs.days import Days


@dataclass(frozen=True)
class Failure:
    """A partition that is not archived, or not removed, and why.

    Attributes:
        name: the partition's, or the folder's.
        reason: why.
    """

    name: str
    reason: str

    def to_json(self) -> dict[str, str]:
        """The stable shape in JSON."""
        return {"partition": self.name, "reason": self.reason}


@dataclass
class ArchiveRun:
    """What a run has done so far.

    Attributes:
        written: what was written, verified and registered.
        moved: the days that are read from the archive since.
        failures: what is not archived.
        removed: the folders that nobody read any more, and tables that nobody used.
        left: partitions that are due still, as a limit or an error ended the run before them.
        stop: why it ended before them; empty if it did not.
        scanned_bytes: what its statements have scanned.
        query_ids: Athena's ids of the statements.
        cost_usd: what they have cost; None if the price is not known.
        views: the views that were written anew, as they name the days.
        warnings: what was not possible, and leaves what is read right.
    """

    written: list[Archived] = field(default_factory=list)
    moved: Days = field(default_factory=Days)
    failures: list[Failure] = field(default_factory=list)
    removed: list[Leftover | LostTable] = field(default_factory=list)
    left: list[LogPartition] = field(default_factory=list)
    stop: str = ""
    scanned_bytes: int = 0
    query_ids: tuple[str, ...] = ()
    cost_usd: float | None = 0.0
    views: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether nothing failed and nothing is left."""
        return not (self.failures or self.left)

    def to_json(self) -> dict[str, object]:
        """The stable shape of ``archive run --format json``."""
        return {
            "written": len(self.written),
            "rows": sum(each.rows for each in self.written),
            "log_bytes": sum(each.log_bytes for each in self.written),
            "archive_bytes": sum(each.size_bytes for each in self.written),
            "moved": [str(day) for day in self.moved],
            "failed": [each.to_json() for each in self.failures],
            "removed": [each.to_json() for each in self.removed],
            "left": [name_of(each.values) for each in self.left],
            "stopped": self.stop or None,
            "scanned_bytes": self.scanned_bytes,
            "cost_usd": self.cost_usd,
            "query_ids": list(self.query_ids),
            "views": self.views,
            "warnings": self.warnings,
        }


class ArchiveInterruptedError(KeyboardInterrupt):
    """Raised when a run is interrupted; ``done`` says what was done until then."""

    def __init__(self, done: ArchiveRun, message: str = "") -> None:
        super().__init__(*([message] if message else []))
        self.done = done
