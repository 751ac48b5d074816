"""What a report says: the answer of every panel, and what the scans behind them took; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import chain

from flowathena.errors import FlowathenaError
from flowathena.inputs.selection import Selection
from flowathena.report.panel import Panel
from flowathena.report.panels import SHARED
from flowathena.result import cells
from flowathena.result.result import Result, Row, Stats
from flowathena.text import iso


@dataclass(frozen=True)
class Answer:
    """What became of a panel.

    Attributes:
        panel: the panel.
        result: its rows; None if it has none.
        reason: why it has none: fields that the logs lack, or what failed; empty if it has some.
        sql: the statement that asks for it alone: over ``flow_logs``, or as it was sent; empty of
            those that need none.
        command: the command that asks for it alone; empty if none does.
        scan: the name of the scan that it was part of; empty if there was none.
        error: what failed; None if nothing did.
        notices: what to know about its rows though nothing is wrong.
    """

    panel: Panel
    result: Result | None = None
    reason: str = ""
    sql: str = ""
    command: str = ""
    scan: str = ""
    error: FlowathenaError | None = None
    notices: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """``done``; ``failed``; or ``lacking``, if the logs have not the fields that it needs."""
        if self.result is not None:
            return "done"
        return "failed" if self.error else "lacking"

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON."""
        result = self.result
        return {
            "name": self.panel.name,
            "title": self.panel.title,
            "description": self.panel.description,
            "state": self.state,
            "reason": self.reason or None,
            "query": self.panel.query or None,
            "params": {name: cells.plain(value) for name, value in self.panel.values.items()},
            "command": self.command or None,
            "difference": self.panel.difference or None,
            "notices": list(self.notices),
            "scan": self.scan or None,
            "rows": [] if result is None else [cells.plain(row) for row in result.rows()],
        }


@dataclass(frozen=True)
class Scan:
    """One statement that was run.

    Attributes:
        name: its name.
        panels: the panels that it answers.
        sql: the statement as it was sent.
        expected_bytes: what it was estimated to scan; None if nobody could tell.
        expected_usd: what that was estimated to cost.
        stats: how it went; None if it failed.
    """

    name: str
    panels: tuple[str, ...]
    sql: str
    expected_bytes: int | None = None
    expected_usd: float | None = None
    stats: Stats | None = None

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON."""
        stats = self.stats
        return {
            "name": self.name,
            "panels": list(self.panels),
            "sql": self.sql,
            "estimated_bytes": self.expected_bytes,
            "estimated_usd": self.expected_usd,
            "scanned_bytes": stats.scanned_bytes if stats else None,
            "cost_usd": stats.cost_usd if stats else None,
            "seconds": round(stats.seconds, 3) if stats else None,
            "query_id": (stats.query_id or None) if stats else None,
        }


@dataclass(frozen=True)
class Figures:
    """What a network did in the window, in a few numbers.

    Attributes:
        accepted_flows: flows that were let in or out.
        rejected_flows: flows that were refused.
        accepted_bytes: the bytes of the first.
        rejected_bytes: the bytes of the second.
    """

    accepted_flows: int = 0
    rejected_flows: int = 0
    accepted_bytes: int = 0
    rejected_bytes: int = 0

    @property
    def rejected_share(self) -> float | None:
        """Which part of all flows was refused; None if there are none."""
        flows = self.accepted_flows + self.rejected_flows
        return self.rejected_flows / flows if flows else None

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Figures":
        """The sums of rows of an action, flows and bytes."""
        sums = {"ACCEPT": [0, 0], "REJECT": [0, 0]}
        for action, flows, size in rows:
            counted = sums.get(str(action), [0, 0])
            counted[0] += int(str(flows or 0))
            counted[1] += int(str(size or 0))
        accepted, rejected = sums["ACCEPT"], sums["REJECT"]
        return cls(accepted[0], rejected[0], accepted[1], rejected[1])


@dataclass(frozen=True)
class Contents:
    """The state of a network in a window, as it is told on a page or in a file.

    Attributes:
        target: the target's name.
        table: ``database.table``, the first of the target.
        location: where its logs are.
        selection: what was asked for; it has a window.
        made_at: when, UTC.
        command: the command that makes it again.
        answers: the panels, in their order.
        scans: the statements, in the order of their panels.
        figures: the network in a few numbers; None if no panel says.
    """

    target: str
    table: str
    location: str
    selection: Selection
    made_at: datetime
    command: str
    answers: tuple[Answer, ...]
    scans: tuple[Scan, ...]
    figures: Figures | None = None

    def __repr__(self) -> str:
        return f"<Report of {self.target}: {len(self.filled)} of {len(self.answers)} panels filled>"

    def __getitem__(self, name: str) -> Answer:
        """The answer of a panel.

        Raises:
            KeyError: the report has no such panel.
        """
        for answer in self.answers:
            if answer.panel.name == name:
                return answer
        raise KeyError(name)

    @property
    def filled(self) -> tuple[Answer, ...]:
        """The answers that have a result, though it may have no rows."""
        return tuple(answer for answer in self.answers if answer.result is not None)

    @property
    def errors(self) -> tuple[FlowathenaError, ...]:
        """What failed, each once."""
        return tuple(dict.fromkeys(each.error for each in self.answers if each.error is not None))

    @property
    def notices(self) -> tuple[str, ...]:
        """What to know of the rows of every panel that shares a scan, each once."""
        shared = (scan.stats for scan in self.scans if scan.name == SHARED and scan.stats)
        return tuple(dict.fromkeys(chain.from_iterable(stats.notices for stats in shared)))

    @property
    def failure(self) -> FlowathenaError | None:
        """The first of the failures, if every scan failed; None if there is an answer of one."""
        if any(scan.stats for scan in self.scans):
            return None
        return next((each.error for each in self.answers if each.scan and each.error), None)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What may be wrong with the rows of any panel, each once."""
        runs = [scan.stats for scan in self.scans if scan.stats]
        coverage = [
            answer.result.stats
            for answer in self.answers
            if answer.result is not None and not answer.scan
        ]
        return tuple(dict.fromkeys(chain.from_iterable(map(_warnings, (*runs, *coverage)))))

    @property
    def scanned_bytes(self) -> int:
        """The bytes that were scanned by all statements."""
        return sum((scan.stats.scanned_bytes or 0) for scan in self.scans if scan.stats)

    @property
    def cost_usd(self) -> float | None:
        """What that cost; None if the price is not known."""
        costs = [scan.stats.cost_usd for scan in self.scans if scan.stats]
        return None if None in costs else sum(cost or 0.0 for cost in costs)

    @property
    def expected_bytes(self) -> int | None:
        """What all statements were estimated to scan; None if that is not known of one."""
        sizes = [scan.expected_bytes for scan in self.scans]
        return None if None in sizes else sum(size or 0 for size in sizes)

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON; times are ISO, UTC."""
        window = self.selection.window
        return {
            "target": self.target,
            "table": self.table,
            "location": self.location,
            "since": iso(window.since) if window else None,
            "until": iso(window.until) if window else None,
            "accounts": list(self.selection.accounts),
            "regions": list(self.selection.regions),
            "flow_logs": list(self.selection.flow_logs),
            "made_at": iso(self.made_at),
            "command": self.command,
            "warnings": list(self.warnings),
            "notices": list(self.notices),
            "figures": asdict(self.figures) if self.figures else None,
            "panels": [answer.to_json() for answer in self.answers],
            "scans": [scan.to_json() for scan in self.scans],
        }


def _warnings(stats: Stats) -> Iterator[str]:
    for file, reason in sorted(stats.skipped_files.items()):
        yield f"skipped damaged file {file}: {reason}"
    yield from stats.warnings
