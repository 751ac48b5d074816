"""``flowathena report``: the state of a network on one page."""

import contextlib
from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import (
    batch_run,
    delivery,
    destinations,
    listing,
    options,
    run_options,
    spending,
    terminal,
)
from flowathena.cli.options import ListFormat
from flowathena.errors import ExitCode, FlowathenaError, UsageError
from flowathena.text import counted, human_bytes, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowathena.client import Client
    from flowathena.client.answers import PlannedScan
    from flowathena.client.reporting import PlannedReport
    from flowathena.report.report import Report

_SCOPE = ("since", "until", "account", "region", "flow_log", "engine", "skip_bad_files", "rows")


def _complete_panel(incomplete: str) -> list[str]:
    from flowathena.report.panels import names

    return [name for name in names() if name.startswith(incomplete)]


def report(
    target: options.Target = None,
    config: options.Config = None,
    since: options.Since = None,
    until: options.Until = None,
    account: options.Accounts = None,
    region: options.Regions = None,
    flow_log: options.FlowLogs = None,
    panel: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Only this panel: volume, actions, talkers, pairs, ports, paths, "
            "rejected_sources, rejected_ports, exposure, port_scans, host_sweeps, log_status, "
            "coverage; repeat for several.",
            autocompletion=_complete_panel,
        ),
    ] = None,
    query: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A panel for this saved query besides; repeat for several.",
            autocompletion=listing.complete_query,
        ),
    ] = None,
    rows: Annotated[int, typer.Option(metavar="N", min=1, help="Rows of a ranking.")] = 15,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="A .html or .json file, or s3://BUCKET/KEY, which appears complete or not at all; "
            "- is standard output.",
        ),
    ] = None,
    dry_run: run_options.DryRun = False,
    engine: run_options.Engine = None,
    skip_bad_files: run_options.SkipBadFiles = False,
    estimate: spending.Estimated = False,
    form: Annotated[ListFormat, typer.Option("--format", help="Format of --estimate.")] = (
        ListFormat.TABLE
    ),
    max_scan: spending.MaxScan = None,
    max_cost: spending.MaxCost = None,
) -> None:
    """Write the state of a network on one page: a panel a question, with chart, table and SQL.

    Volume over time, accepted and rejected; who talks to whom; who is refused; what the internet
    reaches; scans; paths and their cost; coverage of the logs. Most panels share one scan. A panel
    whose fields the logs lack says so. The page needs no network. Exit code 4 if some panels
    failed, and the page has the others.
    """
    own = {name: value for name, value in locals().items() if name in _SCOPE}
    _refuse_contradictions(dry_run=dry_run, estimate=estimate, output=output, form=form)
    limits = spending.limits({"max_scan": max_scan, "max_cost": max_cost})
    ending = "" if dry_run or estimate else _ending(output)
    flows = options.client(target, config)
    planned = flows.plan_report(panels=panel or (), queries=query or (), **own)
    if dry_run:
        _show_statements(planned)
    elif estimate:
        panels = {scan.name: _names(scan) for scan in planned.scans}
        found = planned.estimate(delivery.show_progress)
        spending.show_batch(found, as_json=form is ListFormat.JSON, panels=panels)
    else:
        planned.admit(limits, delivery.show_progress)
        made = planned.run(batch_run.show_progress, terminal.bar)
        if made.failure:
            raise made.failure
        with _naming_scans(flows, made):
            _write(flows, made, ending, output)
        _tell(made)


def _refuse_contradictions(
    *, dry_run: bool, estimate: bool, output: str | None, form: ListFormat
) -> None:
    """Refuse options that ask for two things at once.

    Raises:
        UsageError: they do.
    """
    if dry_run and estimate:
        raise UsageError("--dry-run and --estimate cannot be combined")
    if (dry_run or estimate) and output:
        option = "--dry-run prints SQL" if dry_run else "--estimate prints an estimate"
        raise UsageError(f"{option}; leave -o out")
    if form is ListFormat.JSON and not estimate:
        raise UsageError("--format is that of --estimate; a report's file says its own: -o r.json")


def _ending(output: str | None) -> str:
    """The format, before anything is paid for: of the file's ending, HTML of standard output.

    Raises:
        UsageError: the ending is another one, the file cannot be written, or standard output is a
            terminal.
        FlowathenaError: what draws charts is not installed.
    """
    from flowathena import files
    from flowathena.report.report import FORMS
    from flowathena.result.chart import render
    from flowathena.storage.objects import check_object

    if output == "":
        raise UsageError("-o names no file")
    path = destinations.local(output)
    if path is None and terminal.on_screen():
        raise UsageError("a report is a page: name a file with -o report.html")
    form = path.suffix.lower().removeprefix(".") if path else "html"
    if form not in FORMS:
        raise UsageError(f"{output}: a report is a .html or .json file")
    if _is_remote(output):
        check_object(str(output))
    elif path:
        files.check_destination(path)
    if form == "html":
        try:
            render.require()
        except FlowathenaError as error:
            raise FlowathenaError(
                "a page needs vl-convert: pip install 'flowathena[charts]'; -o report.json does not"
            ) from error
    return form


def _is_remote(output: str | None) -> bool:
    return str(output or "").startswith("s3://")


def _show_statements(planned: "PlannedReport") -> None:
    for scan in planned.scans:
        terminal.text(f"-- {scan.name}: {_names(scan)}\n{scan.rendered.sql};\n\n")
    _warn((name, one_line(error)) for name, error in planned.failures.items())


def _names(scan: "PlannedScan") -> str:
    """The panels that a scan answers."""
    return ", ".join(panel.name for panel in scan.panels)


def _warn(reasons: "Iterable[tuple[str, str]]") -> None:
    """Say of panels why they have no answer, each reason once."""
    panels: dict[str, list[str]] = {}
    for name, reason in reasons:
        panels.setdefault(reason, []).append(name)
    for reason, names in panels.items():
        noun = "panel" if len(names) == 1 else "panels"
        terminal.warn(f"{noun} {', '.join(names)}: {reason}")


@contextlib.contextmanager
def _naming_scans(flows: "Client", made: "Report") -> "Iterator[None]":
    """If a report cannot be written, say which answers Athena keeps: they are paid for."""
    try:
        yield
    except FlowathenaError as error:
        ids = [scan.stats.query_id for scan in made.scans if scan.stats and scan.stats.query_id]
        if ids:
            shows = flows.target.command("results ID")
            error.args = (f"{error}; '{shows}' has the rows of its scans: {', '.join(ids)}",)
        raise


def _write(flows: "Client", made: "Report", ending: str, output: str | None) -> None:
    from flowathena import files

    path = destinations.local(output)
    if _is_remote(output):
        flows.write_report(made, str(output))
    elif path:
        files.write(made.encoded(ending), path)
    else:
        with terminal.output() as stream:
            stream.write(made.encoded(ending))
    if path:
        terminal.say(f"wrote {output}")


def _tell(made: "Report") -> None:
    """Say how the report went.

    Raises:
        typer.Exit: some panels failed.
    """
    from flowathena.cost.price import usd

    for warning in made.warnings:
        terminal.warn(warning)
    for notice in made.notices:
        terminal.say(notice)
    _warn((answer.panel.name, answer.reason) for answer in made.answers if answer.reason)
    size = f"{human_bytes(made.scanned_bytes)} scanned"
    if made.expected_bytes is not None:
        size += f" (estimated {human_bytes(made.expected_bytes)})"
    cost = [usd(made.cost_usd)] if made.cost_usd else []
    panels = f"{len(made.filled)} of {counted(len(made.answers), 'panel')}"
    terminal.say(", ".join([panels, counted(len(made.scans), "scan"), size, *cost]))
    if made.errors:
        raise typer.Exit(ExitCode.PARTIAL)
