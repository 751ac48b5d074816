"""``flowathena quicksight``: plan, publish, refresh, status, remove, export."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import options, resources, terminal
from flowathena.cli.options import ListFormat, client
from flowathena.errors import ExitCode, UsageError
from flowathena.text import iso

if TYPE_CHECKING:
    from flowathena.deploy.quicksight.ingestions import Ingestion
    from flowathena.deploy.quicksight.preconditions import Precondition
    from flowathena.deploy.quicksight.status import Status
    from flowathena.deploy.quicksight.target import Publication

_Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME", help="Data sets: daily, or a query's name (default: all)."),
]
_Definition = Annotated[
    Path | None,
    typer.Option(
        "--definition",
        metavar="FILE",
        help="Another analysis and dashboard, as 'quicksight export' writes it.",
    ),
]
_Ready = Annotated[
    bool, typer.Option("--ready-made", help="Back to the ready analysis and dashboard.")
]
_ExitCode = Annotated[
    bool, typer.Option("--exit-code", help="Exit 3 if QuickSight differs from the configuration.")
]
_Full = Annotated[
    bool, typer.Option("--full", help="Read the whole window, also where the last days would do.")
]
_Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file.")
]

_FAILED = frozenset({"FAILED", "CANCELLED"})
_UNKNOWN = "UNKNOWN"

app = typer.Typer(help="Feed QuickSight: data sets, their refresh, an analysis and a dashboard.")


@app.command()
def plan(
    target: options.Target = None,
    config: options.Config = None,
    definition: _Definition = None,
    ready: _Ready = False,
    exit_code: _ExitCode = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Show what 'publish' would do; changes nothing.

    Begins with what must be true: the subscription, its edition, the Region of the users, that
    owners and readers exist, and what can be seen of QuickSight's role and of SPICE. For the column
    types of queries Athena runs each for no rows.
    """
    flows = client(target, config)
    planned = flows.quicksight.publish(
        definition=_checked(definition, ready=ready), ready=ready, tell=_tell, dry_run=True
    )
    resources.show_plan([each.operation for each in planned.results], form)
    _say_notices(planned)
    resources.exit_by(planned.results, exit_code=exit_code)


@app.command()
def publish(
    target: options.Target = None,
    config: options.Config = None,
    definition: _Definition = None,
    ready: _Ready = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    exit_code: options.ExitCodeOfDryRun = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Create and update the data source, data sets, schedules, the analysis and the dashboard.

    A second run changes nothing. Asks before it replaces or deletes; what others have made is left
    alone. A definition from a file stays until another one is published. Exits 4 if some of it
    failed, 1 if all did.
    """
    resources.refuse_exit_code(exit_code=exit_code, dry_run=dry_run)
    flows = client(target, config)
    ask = resources.ask_first("quicksight publish", "{changes}?", form, yes=yes)
    with terminal.report_interrupt():
        done = flows.quicksight.publish(
            definition=_checked(definition, ready=ready),
            ready=ready,
            confirm=ask,
            tell=_tell,
            dry_run=dry_run,
        )
    resources.show_outcome(done.results, form, dry_run=dry_run)
    _say_notices(done)
    resources.exit_by(done.results, exit_code=exit_code)


@app.command()
def refresh(
    names: _Names = None,
    target: options.Target = None,
    config: options.Config = None,
    full: _Full = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Read the data sets into SPICE again, after a sync for instance, and wait until it is done.

    Ctrl-C stops the waiting, not the refresh. Exits 4 if some could not be refreshed, or how it
    ended is not known, 1 if none could.
    """
    from flowathena.result.formats import to_json

    flows = client(target, config)
    done = flows.quicksight.refresh(names or (), full=full, follow=_follow)
    if form is ListFormat.JSON:
        terminal.text(to_json({"data_sets": [each.to_json() for each in done]}))
    for each in done:
        say = terminal.fail if _has_failed(each) else terminal.say
        say(_describe(each))
    failed = [each for each in done if _has_failed(each)]
    if failed:
        refused = all(each.state in _FAILED for each in done)
        raise typer.Exit(ExitCode.ERROR if refused else ExitCode.PARTIAL)


@app.command()
def status(
    target: options.Target = None,
    config: options.Config = None,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Show what QuickSight has of the target, and how the last refreshes went.

    Exits 3 if something does not work.
    """
    from flowathena.result.formats import to_json

    flows = client(target, config)
    found = flows.quicksight.status()
    if form is ListFormat.JSON:
        terminal.text(to_json(found.to_json()))
    else:
        _show_status(found)
    for fault in found.faults:
        terminal.fail(fault)
    if found.is_empty:
        terminal.say(f"nothing is published; '{flows.target.command('quicksight publish')}' does")
    if found.faults:
        raise typer.Exit(ExitCode.DRIFT)


@app.command()
def remove(
    target: options.Target = None,
    config: options.Config = None,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    form: options.Format = ListFormat.TABLE,
) -> None:
    """Delete what flowathena has made for the target in QuickSight, and nothing else.

    An analysis is deleted with what people have changed in it, and what others have made of the
    data sets stops working. Asks first.
    """
    flows = client(target, config)
    ask = resources.ask_first("quicksight remove", "{changes}? this is final", form, yes=yes)
    with terminal.report_interrupt():
        results = flows.quicksight.remove(confirm=ask, dry_run=dry_run)
    resources.show_outcome(results, form, dry_run=dry_run)
    if not results:
        terminal.say("nothing to remove: flowathena has made nothing here for this table")
    resources.exit_by(results)


@app.command()
def export(
    target: options.Target = None,
    config: options.Config = None,
    output: _Output = None,
) -> None:
    """Print the definition of the dashboard as people see it now, as JSON.

    Data sets are named as in the configuration, so that 'publish --definition FILE' takes it in
    another account and Region, too.
    """
    import json

    from flowathena import files

    if output:
        files.check_destination(output)
    found = client(target, config).quicksight.export()
    text = json.dumps(found, indent=2, ensure_ascii=False)
    if output:
        files.write(f"{text}\n".encode(), output)
        terminal.say(f"wrote {output}")
    else:
        terminal.text(text)


def _checked(definition: Path | None, *, ready: bool) -> Path | None:
    if definition and ready:
        raise UsageError("--definition and --ready-made cannot be combined")
    return definition


def _tell(precondition: "Precondition") -> None:
    if precondition.is_doubtful:
        terminal.warn(str(precondition))
    elif precondition.is_met:  # else the error that ends it says so
        terminal.say(str(precondition))


def _say_notices(done: "Publication") -> None:
    for notice in done.notices:
        terminal.say(notice)


def _follow(ingestion: "Ingestion") -> None:
    rows = f", {_rows(ingestion.rows)}" if ingestion.rows else ""
    terminal.progress(f"data set {ingestion.data_set}", f"{ingestion.state}{rows}")


def _has_failed(ingestion: "Ingestion") -> bool:
    return ingestion.state in {*_FAILED, _UNKNOWN}


def _describe(ingestion: "Ingestion") -> str:
    name = f"data set {ingestion.data_set}"
    if not ingestion.state:
        return f"{name} asks Athena whenever one looks: nothing to refresh"
    if ingestion.state == _UNKNOWN:
        return f"{name} is being refreshed, and how it ends is not known: {ingestion.error}"
    if _has_failed(ingestion):
        reason = f": {ingestion.error}" if ingestion.error else ""
        return f"{name} is not refreshed ({ingestion.state}){reason}"
    how = "the last days" if ingestion.kind == "INCREMENTAL_REFRESH" else "everything"
    parts = [f"{name} refreshed ({how})"]
    if ingestion.rows is not None:
        parts.append(f"{_rows(ingestion.rows)} read")
    if ingestion.dropped:
        parts.append(f"{ingestion.dropped:,} dropped")
    if ingestion.total is not None:
        parts.append(f"{ingestion.total:,} in all")
    return ", ".join(parts)


def _rows(number: int) -> str:
    return f"{number:,} {'row' if number == 1 else 'rows'}"


def _show_status(found: "Status") -> None:
    rows: list[tuple[object, ...]] = []
    if found.source:
        rows.append(("data source", found.source.id, found.source.fault or "works", ""))
    rows += [("data set", each.name, _last(each.last), each.schedule) for each in found.sets]
    rows += [
        ("dashboard", each.name, each.fault or f"version {version}", "")
        for each, version in found.dashboards
    ]
    rows += [("analysis", each.name, each.fault or "works", "") for each in found.analyses]
    if rows:
        terminal.table(["kind", "name", "state", "refresh"], rows, wrap=("name", "state"))


def _last(last: "Ingestion") -> str:
    if not last.state:
        return "no refresh"
    when = f" {iso(last.created)}" if last.created else ""
    rows = f", {_rows(last.total)}" if last.total is not None else ""
    return f"{last.state}{when}{rows}"
