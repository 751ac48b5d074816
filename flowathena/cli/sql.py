"""``flowathena sql``: a SELECT of one's own over ``flow_logs``: a text, a file or a pipe."""

from pathlib import Path
from typing import Annotated, TypeVar

import typer

from flowathena.cli import (
    destinations,
    options,
    pictures,
    run,
    run_options,
    spending,
    terminal,
    unloading,
)
from flowathena.errors import UsageError
from flowathena.inputs import textfile

_STDIN = "-"
_SELECTING = ("since", "until", "account", "region", "flow_log")
_Done = TypeVar("_Done")
_MOST_BYTES = 10_000_000


def sql(
    statement: Annotated[
        str | None, typer.Argument(metavar="SQL", help="A SELECT; - reads standard input.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", metavar="FILE", help="Read the SELECT from a file."),
    ] = None,
    target: options.Target = None,
    config: options.Config = None,
    since: options.Since = None,
    until: options.Until = None,
    account: options.Accounts = None,
    region: options.Regions = None,
    flow_log: options.FlowLogs = None,
    form: run_options.RowFormat = None,
    output: destinations.Output = None,
    chart: pictures.Chart = False,
    dry_run: run_options.DryRun = False,
    engine: run_options.Engine = None,
    skip_bad_files: run_options.SkipBadFiles = False,
    quicksight_manifest: destinations.Manifest = False,
    estimate: spending.Estimated = False,
    max_scan: spending.MaxScan = None,
    max_cost: spending.MaxCost = None,
    reuse: spending.Reuse = None,
    no_wait: spending.NoWait = False,
    unload: unloading.Location = None,
    keep_unloaded: unloading.Keep = False,
) -> None:
    """Run one SELECT over flow_logs, without saving it as a query.

    The table flow_logs, the window (default: 7 days) and the output are those of a saved query.
    The text has no placeholders. Write it in quotes, so that the shell takes it as one word.
    """
    given = _statement(statement, file)
    own = {
        "target": target,
        "config": config,
        "since": since,
        "until": until,
        "account": account,
        "region": region,
        "flow_log": flow_log,
        "form": form,
        "output": output,
        "chart": chart,
        "dry_run": dry_run,
        "engine": engine,
        "skip_bad_files": skip_bad_files,
        "quicksight_manifest": quicksight_manifest,
        "estimate": estimate,
        "max_scan": max_scan,
        "max_cost": max_cost,
        "reuse": reuse,
        "no_wait": no_wait,
        "unload": unload,
        "keep_unloaded": keep_unloaded,
    }

    run.answer(
        own,
        lambda flows, scope: _doubted(given, flows.render_sql(given, **scope)),
        lambda flows, scope: flows.estimate_sql(given, **scope),
        lambda flows, scope: _doubted(given, flows.sql(given, **scope)),
    )


def _doubted(given: str | Path, done: _Done) -> _Done:
    """What was done with a statement; the reasons why its answer is probably wrong are told."""
    from flowathena.query import header, lint

    for doubt in lint.doubts(header.statement(given)):
        terminal.warn(str(doubt))
    return done


def _statement(text: str | None, file: Path | None) -> str | Path:
    """The statement, or its file.

    Raises:
        UsageError: there is none, or there are two; or standard input is no text.
    """
    if text is not None and file is not None:
        raise UsageError("give the statement as text or as -f FILE, not both")
    if text == _STDIN or file == Path(_STDIN):
        return _standard_input()
    if file is not None:
        return file
    if text is None:
        raise UsageError("give a statement: as text, as -f FILE, or - for standard input")
    if not text.strip():
        raise UsageError("the statement is empty")
    if text.endswith(".sql") and not any(char.isspace() for char in text):
        raise UsageError(f"{text!r} is the name of a file; write -f {text}")
    return text


def _standard_input() -> str:
    if terminal.can_ask():
        terminal.say("type the statement; Ctrl-D ends it")
    try:
        text = textfile.decode(terminal.read_input(_MOST_BYTES + 1), _MOST_BYTES)
    except textfile.TextFileError as error:
        line = f" (line {error.line})" if error.line else ""
        raise UsageError(f"standard input {error}{line}") from error
    if not text.strip():
        raise UsageError("standard input is empty; give a statement")
    return text
