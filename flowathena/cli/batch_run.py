"""Several queries as the options of ``run`` say: run, started, priced or printed."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import typer

from flowathena.cli import batch_output, delivery, options, pictures, spending, terminal, unloading
from flowathena.cli.batch_report import Report
from flowathena.errors import ExitCode, FlowathenaError, UsageError
from flowathena.text import human_bytes, one_line, shortened

if TYPE_CHECKING:
    from flowathena.aws.unload import Unload
    from flowathena.client import Client
    from flowathena.client.batch import Batch
    from flowathena.client.outcome import BatchProgress
    from flowathena.result.formats import Format

_READABLE = ("table", "record", "markdown")
_GIVEN = (
    *("since", "until", "account", "region", "flow_log", "engine", "skip_bad_files"),
    *("unload", "keep_unloaded", "concurrency"),
)


def check_form(own: dict[str, Any]) -> "Format":
    """The format of each result, or of the estimate.

    Raises:
        UsageError: several results one after the other would be no file of the format.
        FlowathenaError: what makes pictures is not installed.
    """
    output = own["output"]
    form = options.result_format(own["form"] or ("csv" if output else "table"))
    if not (output or own["estimate"] or form in _READABLE):
        raise UsageError(f"several results make no {form} file: name a folder with -o DIR")
    is_dry = bool(own["dry_run"] or own["estimate"])
    pictures.check(form, is_drawn=False, has_file=True, is_dry=is_dry)
    return form


def carry_out(own: dict[str, Any], names: Sequence[str], values: dict[str, Any]) -> None:
    """Run queries, or show what they would run or cost; ends with the exit code.

    Args:
        own: the options, by name.
        names: the queries.
        values: their parameters.
    """
    flows, batch = _batch(own, names, values)
    if own["dry_run"]:
        _show_statements(batch, flows.unloading(own["unload"], "RUN-ID") if own["unload"] else None)
    elif own["estimate"]:
        found = batch.estimate(delivery.show_progress)
        spending.show_batch(found, as_json=own["form"] == "json")
        spending.warn_of_limits(own, flows.target, found)
    else:
        _run(own, flows, batch)


def _batch(
    own: dict[str, Any], names: Sequence[str], values: dict[str, Any]
) -> "tuple[Client, Batch]":
    """The client, and the queries as the options say.

    Raises:
        FlowathenaError: they cannot be run so.
    """
    given = {name: own[name] for name in _GIVEN}
    # Their files stay until they are written where they are to be.
    given["keep_unloaded"] = bool(own["unload"])
    spending_limits, reuse = spending.limits(own), spending.reuse(own)
    flows = options.client(own["target"], own["config"])
    batch = flows.run_all(
        names,
        **given,
        spending_limits=spending_limits,
        reuse=reuse,
        listener=show_progress,
        **values,
    )
    return flows, batch


def _run(own: dict[str, Any], flows: "Client", batch: "Batch") -> None:
    """Run the queries and write what they give, or start them; ends with the exit code."""
    output = batch_output.output(own["output"], flows) if own["output"] else None
    batch.admit(delivery.show_progress)
    if output:
        output.make()
    report = Report(batch, own["form"], output, flows.target, bool(own["keep_unloaded"]))
    if own["no_wait"]:
        _start(batch, report, flows)
    else:
        with unloading.clearing(flows, report.unloaded), report.writing_summary():
            _take_outcomes(batch, report)
    code = _code(batch, report.problems, named=bool(own["names"]))
    if code:
        raise typer.Exit(code)


def _start(batch: "Batch", report: "Report", flows: "Client") -> None:
    """Start the queries in Athena; a line for each has its id and name."""
    with _telling_what_became(batch):
        for outcome in batch.start():
            report.take(outcome)
            if outcome.query_id:
                terminal.text(f"{outcome.query_id} {outcome.name}")
    terminal.say(f"'{flows.target.command('results ID')}' has the rows of one")


def _show_statements(batch: "Batch", place: "Unload | None") -> None:
    for job in batch.jobs:
        if job.rendered:
            sql = job.rendered.sql
            sql = place.below(job.name).wrap(sql) if place else sql
            terminal.text(f"-- {job.name}\n{sql};\n\n")
        else:
            terminal.warn(f"{job.name} cannot run: {one_line(job.error)}")


def show_progress(progress: "BatchProgress") -> None:
    """Show how far several queries are; the line itself has the time."""
    from flowathena.cost.price import usd

    parts = [f"{progress.ended}/{progress.total}"]
    parts += [f"{progress.failed} failed"] if progress.failed else []
    parts += [f"{human_bytes(progress.scanned_bytes)} scanned"]
    parts += [usd(progress.cost_usd)] if progress.cost_usd else []
    parts += [shortened(", ".join(progress.running), 40)] if progress.running else []
    terminal.progress("RUNNING", ", ".join(parts), progress.ended, progress.total)


def _take_outcomes(batch: "Batch", report: "Report") -> None:
    """Run the queries; if it is interrupted, say what became of each."""
    try:
        with batch:
            for outcome in batch:
                report.take(outcome)
        report.end()
    except KeyboardInterrupt as interrupt:
        became = batch.interrupted(interrupt)
        report.end()
        lost = report.lost
        told = f"; rows not written: {', '.join(lost)}" if lost else ""
        raise KeyboardInterrupt(f"{became}{told}") from None


@contextlib.contextmanager
def _telling_what_became(batch: "Batch") -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise batch.interrupted(interrupt) from None


def _code(batch: "Batch", problems: "dict[str, FlowathenaError]", *, named: bool) -> int:
    """The exit code: of some that failed 4, of all that failed their own."""
    from flowathena.client.outcome import OutcomeState

    skipped = [each for each in batch.outcomes if each.state is OutcomeState.SKIPPED]
    if len(problems) + len(skipped) == len(batch.outcomes):
        first = next(iter(problems.values()), None) or skipped[0].error
        return first.exit_code if first else ExitCode.ERROR
    return ExitCode.PARTIAL if problems or (named and skipped) else ExitCode.DONE
