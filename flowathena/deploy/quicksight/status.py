"""What of a target is in QuickSight, and how its refreshes went."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flowathena.deploy.quicksight.api import Api, calls
from flowathena.deploy.quicksight.ingestions import Ingestion, read_last
from flowathena.deploy.quicksight.schedules import Schedules
from flowathena.deploy.quicksight.values import DataSet, DataSource, Schedule, Sheets

_GONE = "there is none that the data sets could ask: 'flowathena quicksight publish' makes it"


@dataclass(frozen=True)
class SetStatus:
    """A data set.

    Attributes:
        name: its name.
        id: its id in QuickSight.
        mode: ``spice`` or ``direct``.
        last: its last refresh; without a state if there was none.
        schedule: when it is refreshed, in words; empty if it is not.
    """

    name: str
    id: str
    mode: str
    last: Ingestion
    schedule: str

    def to_json(self) -> dict[str, object]:
        """Its stable shape."""
        return {
            "name": self.name,
            "id": self.id,
            "mode": self.mode,
            "schedule": self.schedule or None,
            "last_refresh": self.last.to_json() if self.last.state else None,
        }


@dataclass(frozen=True)
class Status:
    """What is there.

    Attributes:
        source: the data source; None if there is none.
        sets: the data sets.
        dashboards: the dashboards, with the number of the version that people see.
        analyses: the analyses.
    """

    source: DataSource | None
    sets: tuple[SetStatus, ...]
    dashboards: tuple[tuple[Sheets, int], ...]
    analyses: tuple[Sheets, ...]

    @property
    def faults(self) -> tuple[str, ...]:
        """What does not work, a line each."""
        made = [
            self._source_fault,
            *((f"data set {each.name}", each.last.error) for each in self.sets),
            *((f"dashboard {each.id}", each.fault) for each, _ in self.dashboards),
            *((f"analysis {each.id}", each.fault) for each in self.analyses),
        ]
        return tuple(f"{what}: {fault}" for what, fault in made if fault)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is there."""
        return not (self.source or self.sets or self.dashboards or self.analyses)

    @property
    def _source_fault(self) -> tuple[str, str]:
        if self.source:
            return f"data source {self.source.id}", self.source.fault
        is_needed = bool(self.sets)
        return "data source", _GONE if is_needed else ""

    def to_json(self) -> dict[str, object]:
        """The stable shape of ``quicksight status --format json``."""
        return {
            "data_source": self.source.id if self.source else None,
            "data_sets": [each.to_json() for each in self.sets],
            "dashboards": [
                {"id": each.id, "name": each.name, "version": version, "error": each.fault or None}
                for each, version in self.dashboards
            ],
            "analyses": [
                {"id": each.id, "name": each.name, "error": each.fault or None}
                for each in self.analyses
            ],
            "faults": list(self.faults),
        }


def read_sets(
    api: Api, found: Mapping[str, DataSet], schedules: Schedules
) -> tuple[SetStatus, ...]:
    """The data sets that exist, each with its last refresh and its schedule."""
    live = schedules.live()
    return tuple(
        SetStatus(
            name,
            each.id,
            "spice" if each.spice else "direct",
            read_last(api, name, each),
            _schedule(live.get(name), schedules.others.get(name, ())),
        )
        for name, each in found.items()
    )


def _schedule(ours: Schedule | None, others: tuple[str, ...]) -> str:
    words = [str(ours)] if ours else []
    return "; ".join([*words, *(f"schedule {name} of somebody else's" for name in others)])


def published_version(api: Api, dashboard: str) -> int:
    """The number of the version of a dashboard that people see."""
    about: Any = {"AwsAccountId": api.account, "DashboardId": dashboard}
    with calls(f"dashboard {dashboard}"):
        seen = api.client.describe_dashboard(**about)["Dashboard"]
    return int(seen.get("Version", {}).get("VersionNumber", 0))
