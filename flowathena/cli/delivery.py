"""What a run gives: its rows or its statement where the options say, and a line on how it went."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowathena.cli import destinations, options, pictures, spending, terminal, unloading
from flowathena.cli.options import client
from flowathena.errors import FlowathenaError
from flowathena.text import counted, human_bytes

if TYPE_CHECKING:
    from flowathena.client import Client
    from flowathena.result.formats import Format
    from flowathena.result.result import Progress, Result, Stats
    from flowathena.target.target import Target


def given_format(own: dict[str, Any]) -> "Format | None":
    """The format that is named; None if none is."""
    return options.result_format(own["form"]) if own["form"] is not None else None


def print_statement(own: dict[str, Any], render: "Callable[[Client], str]") -> None:
    """Print the text of a statement, or write it to a file; runs nothing.

    Args:
        own: the options, by name.
        render: makes the text with a client.
    """
    from flowathena import files
    from flowathena.result import endings

    destination = None if destinations.remote(own) else destinations.local(own["output"])
    given = given_format(own)
    pictures.check(given, is_drawn=bool(own.get("chart")), has_file=False, is_dry=True)
    if destination:
        files.check_destination(destination)
        endings.check_statement(destination)
    sql = render(client(own["target"], own["config"]))
    if destination:
        files.write(f"{sql}\n".encode(), destination)
    else:
        terminal.text(sql)


def deliver(own: dict[str, Any], run: "Callable[[Client], Result]") -> None:
    """Get rows and write them where the options say.

    Args:
        own: the options, by name.
        run: gets the rows with a client.
    """
    from flowathena import files
    from flowathena.result import endings, formats
    from flowathena.result.formats import BINARY, Format

    remote = destinations.remote(own)
    destination = None if remote else destinations.local(own["output"])
    given = given_format(own)
    is_drawn = bool(own.get("chart"))
    if destination:
        files.check_destination(destination)
    named = Path(remote) if remote else destination
    output = endings.choose(named, given) if named else None
    if given in BINARY and not named:
        terminal.refuse_binary()
    form = output.form if output else given
    pictures.check(form, is_drawn=is_drawn, has_file=bool(named), is_dry=False)
    flows = client(own["target"], own["config"])
    result = run(flows)
    is_kept = bool(own.get("keep_unloaded"))
    with (
        unloading.clearing(flows, lambda: () if is_kept else (result,)),
        naming_what_is_kept(result.stats, flows.target),
    ):
        if remote and output:
            written = flows.write(
                result,
                remote,
                output.form,
                gzip=output.gzip,
                quicksight_manifest=bool(own.get("quicksight_manifest")),
            )
            terminal.say(f"wrote {' and '.join(written)}")
        elif destination and output:
            write = formats.write_gzip if output.gzip else formats.write
            with files.writing(destination) as file:
                write(result, output.form, file)
        elif given or not is_drawn:
            show(result, given or Format.TABLE)
        if is_drawn:
            is_there = bool(named or given)
            pictures.draw(result, lambda: None if is_there else show(result, Format.TABLE))
    report(result.stats)


@contextlib.contextmanager
def naming_what_is_kept(stats: "Stats", target: "Target") -> Iterator[None]:
    """If a result cannot be written, say where Athena keeps it: the query is paid for."""
    try:
        yield
    except FlowathenaError as error:
        if stats.query_id and stats.engine == "athena":
            from flowathena.aws.athena import describe_kept

            error.args = (f"{error}; {describe_kept(stats.query_id, target, stats.unloaded)}",)
        raise


def show(result: "Result", form: "Format") -> None:
    """Write rows to standard output, as a terminal wants them if it is one."""
    from flowathena.result import formats

    names = [column.name for column in result.columns]
    if form is formats.Format.TABLE:
        terminal.results(names, result.data)
    elif form is formats.Format.RECORD and terminal.on_screen():
        terminal.records(names, result.data)
    else:
        with terminal.output(binary=form in formats.BINARY) as stream:
            formats.write(result, form, stream)


def show_progress(progress: "Progress") -> None:
    """Show how far a run is; the line itself has the time."""
    from flowathena.cost.price import usd

    done = "fetched" if progress.state == "FETCHING" else "scanned"
    detail = f"{human_bytes(progress.scanned_bytes)} {done}"
    if progress.cost_usd:
        detail = f"{detail}, {usd(progress.cost_usd)}"
    if progress.state == "ESTIMATING":
        detail = "folders listed"
    if progress.share is None:
        terminal.progress(progress.state, detail)
    else:
        percent = int(progress.share * 100)
        terminal.progress(progress.state, f"{percent} %, {detail}", percent, 100)


def report(stats: "Stats") -> None:
    """Say how a run went."""
    for file, reason in sorted(stats.skipped_files.items()):
        terminal.warn(f"skipped damaged file {file}: {reason}")
    for warning in stats.warnings:
        terminal.warn(warning)
    for notice in stats.notices:
        terminal.say(notice)
    if stats.unloaded:
        terminal.say(f"the Parquet files are left in {stats.unloaded}")
    spending.tell_of_reuse(stats)
    parts = [counted(stats.rows, "row")]
    if stats.files is not None:
        parts.append(counted(stats.files, "file"))
    parts += spending.parts(stats)
    parts.append(f"{stats.seconds:.1f} s")
    if stats.query_id:
        service = "Athena" if stats.engine == "athena" else "Logs Insights"
        parts.append(f"{service} query {stats.query_id} SUCCEEDED")
    terminal.say(", ".join(parts))
