"""What a report is asked to have; pure."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from flowathena.inputs.params import option
from flowathena.inputs.selection import Selection
from flowathena.inputs.window import Window
from flowathena.report.panel import EVERY_RANKING, Panel
from flowathena.text import iso


@dataclass(frozen=True)
class ReportRequest:
    """What a report is asked to have.

    Attributes:
        panels: the panels, in their order.
        selection: the window, accounts, Regions and flow logs.
        chosen: the names of the panels that were chosen; empty for all that there are.
        queries: the names of the saved queries that have panels besides.
        rows: how many rows a ranking has.
        engine: ``local``, ``athena``, or None for the target's own.
        skip_bad_files: omit damaged files on the local engine.
    """

    panels: tuple[Panel, ...]
    selection: Selection
    chosen: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    rows: int = EVERY_RANKING
    engine: str | None = None
    skip_bad_files: bool = False

    @property
    def window(self) -> Window:
        """The window."""
        assert self.selection.window is not None  # noqa: S101 - nobody asks for all of time
        return self.selection.window

    @property
    def command(self) -> str:
        """The words of the command that makes the report again, at the same window."""
        words = ["report", *self._scope()]
        words += [word for name in self.chosen for word in ("--panel", name)]
        words += [word for name in self.queries for word in ("--query", name)]
        words += ["--rows", str(self.rows)] if self.rows != EVERY_RANKING else []
        return shlex.join([*words, *self._manner()])

    def command_of(self, panel: Panel) -> str:
        """The words of the command that asks for a panel alone; empty if no query does."""
        if not panel.query:
            return ""
        values = [
            word for name, value in panel.values.items() for word in (option(name), str(value))
        ]
        return shlex.join(["run", panel.query, *values, *self._scope(), *self._manner()])

    @property
    def coverage_command(self) -> str:
        """The words of the command that asks for the coverage alone."""
        return shlex.join(["partitions", "status", *self._scope(is_of_folders=True)])

    def _scope(self, *, is_of_folders: bool = False) -> Iterator[str]:
        """The options that say what is read."""
        selection = self.selection
        for name, moment in zip(("--since", "--until"), self.window.whole_seconds, strict=True):
            yield from (name, iso(moment))
        named = [("--account", selection.accounts), ("--region", selection.regions)]
        named += [("--flow-log", () if is_of_folders else selection.flow_logs)]
        for name, values in named:
            for value in values:
                yield from (name, value)

    def _manner(self) -> Iterator[str]:
        """The options that say how it is run."""
        if self.engine:
            yield from ("--engine", self.engine)
        if self.skip_bad_files:
            yield "--skip-bad-files"
