"""What is written of several queries: rows, a table of all, a summary for programs."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowathena.cli import delivery, spending, terminal
from flowathena.errors import FlowathenaError
from flowathena.text import counted, human_bytes, iso, one_line, shortened

if TYPE_CHECKING:
    from flowathena.cli.batch_output import Output
    from flowathena.client.batch import Batch
    from flowathena.client.outcome import Outcome
    from flowathena.result.formats import Format
    from flowathena.result.result import Result
    from flowathena.target.target import Target

SUMMARY = "summary.json"
"""The name of the summary beside the files."""

_ENDINGS = {"table": "txt", "record": "txt", "markdown": "md"}
_SHOWN = 60  # characters of a reason in the table


@dataclass
class Report:
    """What is written of a batch while it runs, and in the end.

    Attributes:
        target: the target.
        keeps_unloaded: whether the Parquet files of --unload stay.
        problems: why queries failed, or their rows could not be written, by name.
        files: the files that were written, by the names of the queries.
    """

    batch: "Batch"
    form: "Format"
    output: "Output | None"
    target: "Target"
    keeps_unloaded: bool = False
    problems: "dict[str, FlowathenaError]" = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    _shown: set[str] = field(default_factory=set)

    def take(self, outcome: "Outcome") -> None:
        """Write a result into its file, or show what is next; say why a query has none."""
        self._tell(outcome)
        if outcome.error and outcome.state == "failed":
            self.problems[outcome.name] = outcome.error
        if outcome.result is not None and self.output:
            try:
                with delivery.naming_what_is_kept(outcome.result.stats, self.target):
                    self._write(outcome.name, outcome.result, self.output)
            except FlowathenaError as error:
                terminal.fail(f"{outcome.name}: {error}")
                self.problems[outcome.name] = error
        if not self.output:
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
        if stats and stats.unloaded and self.keeps_unloaded:
            terminal.say(f"{name}: the Parquet files are left in {stats.unloaded}")
        if stats:
            spending.tell_of_reuse(stats, f"{name}: ")

    def _write(self, name: str, result: "Result", output: "Output") -> None:
        from flowathena.result import formats

        file = f"{name}.{_ENDINGS.get(self.form, self.form)}"
        output.put(file, lambda stream: formats.write(result, self.form, stream))
        self.files[name] = file

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
        """Write the table of all queries, and a line on all together."""
        from flowathena.result import formats

        terminal.block(formats.table(*self._table()).rstrip("\n"))
        terminal.say(", ".join(self._parts()))

    def _parts(self) -> list[str]:
        """What all of them have scanned and cost, beside what was expected."""
        from flowathena.cost.price import usd

        facts, total = self._facts(), self._total()
        done = sum(each["state"] == "done" for each in facts)
        parts = [f"{done} of {counted(len(facts), 'query', 'queries')} done"]
        scan = f"{human_bytes(total['scanned_bytes'])} scanned"
        if total["estimated_bytes"] is not None:
            scan += f" (estimated {human_bytes(total['estimated_bytes'])})"
        if not total["cost_usd"]:
            return [*parts, scan]
        cost = usd(total["cost_usd"])
        if total["estimated_usd"] is not None:
            cost += f" (estimated {usd(total['estimated_usd'])})"
        return [*parts, scan, cost]

    def _total(self) -> "dict[str, Any]":
        """The sums of those that are done; None of what is not known of all."""
        results = [each.result for each in self.batch.outcomes if each.result is not None]
        stats = [result.stats for result in results]
        return {
            "scanned_bytes": sum(each.scanned_bytes or 0 for each in stats),
            "cost_usd": _sum(each.cost_usd for each in stats),
            "estimated_bytes": _sum(each.estimated_bytes for each in stats),
            "estimated_usd": _sum(each.estimated_usd for each in stats),
        }

    def _table(self) -> tuple[list[str], list[list[object]]]:
        from flowathena.cost.price import usd

        facts = self._facts()
        is_estimated = any(each["estimated_bytes"] is not None for each in facts)
        is_billed = any(each["cost_usd"] for each in facts)
        names = ["query", "state", "rows", "bytes"]
        names += [*["estimated"] * is_estimated, *["cost"] * is_billed, "seconds"]
        names += ["file"] if self.output else []
        rows = []
        for each in facts:
            row = [each["query"], each["state"], each["rows"], _bytes(each["scanned_bytes"])]
            row += [_bytes(each["estimated_bytes"])] * is_estimated
            row += [None if each["cost_usd"] is None else usd(each["cost_usd"])] * is_billed
            row += [round(each["seconds"], 1)]
            row += [each["file"]] if self.output else []
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
            "cost_usd": stats.cost_usd if stats else None,
            "estimated_bytes": stats.estimated_bytes if stats else None,
            "estimated_usd": stats.estimated_usd if stats else None,
            "reused": stats.reused if stats else None,
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

    def unloaded(self) -> "Iterator[Result]":
        """The results whose Parquet files nobody needs any more: their rows are written."""
        for each in () if self.keeps_unloaded else self.batch.outcomes:
            if each.result is not None and each.name not in self.problems:
                yield each.result

    @property
    def lost(self) -> list[str]:
        """Queries that are done, but an interrupt came before their rows were written."""
        kept = {*(self.files if self.output else self._shown), *self.problems}
        ended = self.batch.outcomes
        return [each.name for each in ended if each.state == "done" and each.name not in kept]

    @contextmanager
    def writing_summary(self) -> Iterator[None]:
        """Write, in the end, the summary beside the files; of an interrupted batch too."""
        try:
            yield
        except BaseException:
            try:
                self._write_summary()
            except FlowathenaError as error:  # what ended the batch is what it is about
                terminal.fail(str(error))
            raise
        self._write_summary()

    def _write_summary(self) -> None:
        from flowathena.result.formats import to_json

        if self.output:
            facts = {"target": self.target.name, **self._total(), "queries": self._facts()}
            self.output.put(SUMMARY, lambda stream: stream.write(f"{to_json(facts)}\n".encode()))


def _sum(amounts: "Iterable[float | None]") -> float | None:
    """The sum of amounts; None if there are none, or one is not known."""
    known = list(amounts)
    return None if not known or None in known else sum(each for each in known if each is not None)


def _bytes(size_bytes: int | None) -> str | None:
    return None if size_bytes is None else human_bytes(size_bytes)
