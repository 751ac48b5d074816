"""What a run of a rollup would do, and what it has done, in its own words; pure."""

from dataclasses import dataclass

from flowathena.archive.outcome import ArchiveRun
from flowathena.archive.plan import ArchivePlan, State

_STATES = {State.LOGS: "computed", State.ARCHIVED: "rolled up"}


def describe_state(state: State) -> str:
    """How a day of a rollup is, in a word or two."""
    return _STATES.get(state, str(state))


@dataclass(frozen=True)
class RollupPlan(ArchivePlan):
    """What a run would do."""

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON."""
        return {
            "days": [
                {
                    "day": str(each.day),
                    "state": describe_state(each.state),
                    "rollup_bytes": each.archive_bytes,
                    "flows": each.rows,
                    "due": bool(each.due),
                }
                for each in self.days
            ],
            "due_days": len(self.due),
            "due_bytes": self.due_bytes,
            "leftovers": [each.to_json() for each in self.leftovers],
            **({"warnings": list(self.warnings)} if self.warnings else {}),
        }


@dataclass
class RollupRun(ArchiveRun):
    """What a run has done so far; its partitions are days."""

    def to_json(self) -> dict[str, object]:
        """The stable shape of ``archive rollup --format json``."""
        plain = super().to_json()
        return {
            "written": [str(each.day) for each in self.written],
            "flows": plain["rows"],
            "rollup_bytes": plain["archive_bytes"],
            **{key: plain[key] for key in plain.keys() - {"written", "rows", "archive_bytes"}},
        }
