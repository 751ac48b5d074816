"""What is written of several queries: rows, a table of all, a summary for programs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowathena.cli import delivery, terminal
from flowathena.errors import FlowathenaError
from flowathena.text import human_bytes, iso, one_line, shortened

if TYPE_CHECKING:
    from flowathena.client.batch import Batch, Outcome
    from flowathena.result.formats import Format
    from flowathena.result.result import Result

SUMMARY = "summary.json"
"""The name of the summary in the folder."""

_ENDINGS = {"table": "txt", "record": "txt", "markdown": "md"}
_SHOWN = 60  # characters of a reason in the table


@dataclass
class Report:
    """What is written of a batch while it runs, and in the end.

    Attributes:
        problems: why queries failed, or their rows could not be written, by name.
        files: the files that were written, by the names of the queries.
    """

    batch: "Batch"
    form: "Format"
    folder: Path | None
    target: str
    problems: "dict[str, FlowathenaError]" = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    _shown: set[str] = field(default_factory=set)

    def take(self, outcome: "Outcome") -> None:
        """Write a result into its file, or show what is next; say why a query has none."""
        self._tell(outcome)
        if outcome.error and outcome.state == "failed":
            self.problems[outcome.name] = outcome.error
        if outcome.result is not None and self.folder:
            try:
                self._write(outcome.name, outcome.result, self.folder)
            except FlowathenaError as error:
                terminal.fail(f"{outcome.name}: {error}")
                self.problems[outcome.name] = error
        if not self.folder:
            self._show_next()

    def _tell(self, outcome: "Outcome") -> None:
        name = outcome.name
        if outcome.state == "failed":
            terminal.fail(f"{name}: {outcome.reason}")
        elif outcome.state == "skipped":
            terminal.warn(f"{name} is skipped: {outcome.reason}")
        stats = outcome.result.stats if outcome.result is not None else None
        for file, reason in sorted(stats.skipped_files.items()) if stats else ():
            terminal.warn(f"{name}: skipped damaged file {file}: {reason}")
        for warning in stats.warnings if stats else ():
            terminal.warn(f"{name}: {warning}")
        for notice in stats.notices if stats else ():
            terminal.say(f"{name}: {notice}")

    def _write(self, name: str, result: "Result", folder: Path) -> None:
        from flowathena import files
        from flowathena.result import formats

        path = folder / f"{name}.{_ENDINGS.get(self.form, self.form)}"
        with files.writing(path) as file:
            formats.write(result, self.form, file)
        self.files[name] = path.name

    def _show_next(self) -> None:
        """Show the results, each below its title, in the order in which they were asked for."""
        ended = {each.name: each for each in self.batch.outcomes}
        for job in self.batch.jobs:
            if job.name not in ended:
                return
            result = ended[job.name].result
            if result is not None and job.name not in self._shown:
                mark = "## " if self.form == "markdown" else ""
                blank = "\n" if self._shown else ""
                terminal.text(f"{blank}{mark}{job.query.title} ({job.name})\n\n")
                self._shown.add(job.name)
                delivery.show(result, self.form)

    def end(self) -> None:
        """Write the table of all queries."""
        from flowathena.result import formats

        terminal.block(formats.table(*self._table()).rstrip("\n"))

    def _table(self) -> tuple[list[str], list[list[object]]]:
        names = ["query", "state", "rows", "bytes", "seconds"]
        names += ["file"] if self.folder else []
        rows = []
        for each in self._facts():
            size = each["scanned_bytes"]
            row = [each["query"], each["state"], each["rows"]]
            row += [None if size is None else human_bytes(size), round(each["seconds"], 1)]
            row += [each["file"]] if self.folder else []
            rows.append([*row, shortened(each["error"], _SHOWN)])
        return [*names, "error"], rows

    def _facts(self) -> "list[dict[str, Any]]":
        """What there is to know of each query, in the order in which they were asked for."""
        ended = {each.name: each for each in self.batch.outcomes}
        return [self._fact(ended[job.name]) for job in self.batch.jobs if job.name in ended]

    def _fact(self, outcome: "Outcome") -> "dict[str, Any]":
        stats = outcome.result.stats if outcome.result is not None else None
        window = outcome.rendered.selection.window if outcome.rendered else None
        state, reason = self._end(outcome)
        return {
            "query": outcome.name,
            "title": outcome.query.title,
            "state": state,
            "rows": stats.rows if stats else None,
            "scanned_bytes": stats.scanned_bytes if stats else None,
            "seconds": round(outcome.seconds, 3),
            "file": self.files.get(outcome.name),
            "error": reason,
            "query_id": stats.query_id if stats else "",
            "since": iso(window.since) if window else None,
            "until": iso(window.until) if window else None,
            "warnings": list(stats.warnings) if stats else [],
        }

    def _end(self, outcome: "Outcome") -> tuple[str, str]:
        """The state of a query and the reason, its file being part of it."""
        problem = self.problems.get(outcome.name)
        if problem:
            return "failed", one_line(problem)
        if outcome.name in self.lost:
            return "stopped", "its rows were not written"
        return str(outcome.state), outcome.reason

    @property
    def lost(self) -> list[str]:
        """Queries that are done, but an interrupt came before their rows were written."""
        kept = {*(self.files if self.folder else self._shown), *self.problems}
        ended = self.batch.outcomes
        return [each.name for each in ended if each.state == "done" and each.name not in kept]

    @contextmanager
    def writing_summary(self) -> Iterator[None]:
        """Write, in the end, the summary into the folder; of an interrupted batch too."""
        try:
            yield
        finally:
            if self.folder:
                self._write_summary(self.folder)

    def _write_summary(self, folder: Path) -> None:
        from flowathena import files
        from flowathena.result.formats import to_json

        text = to_json({"target": self.target, "queries": self._facts()})
        files.write(f"{text}\n".encode(), folder / SUMMARY)
