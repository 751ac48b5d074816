"""All commands, and the one place that turns errors into messages and exit codes."""

import contextlib
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from flowathena.cli import (
    archive,
    batch,
    check_query,
    commands,
    config,
    doctor,
    fields,
    history,
    init,
    insights,
    metrics,
    partitions,
    queries,
    quicksight,
    report,
    results,
    sample,
    schedule,
    setup,
    signals,
    sql,
    table,
    terminal,
    view,
)
from flowathena.errors import ExitCode, FlowathenaError
from flowathena.package import __version__
from flowathena.target.config import misspelt_variables
from flowathena.text import one_line, shortened

_PACKAGE = Path(__file__).resolve().parents[1]


class _InterruptedError(Exception):
    """Carries the message of an interrupt past typer, which would drop it."""


class _CutError(Exception):
    """Carries the end of a pipe past typer, which would exit with 1."""


@contextlib.contextmanager
def _past_typer() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt as interrupt:
        raise _InterruptedError(str(interrupt)) from interrupt
    except BrokenPipeError as error:
        raise _CutError from error


class _Root(TyperGroup):
    def make_context(self, *args: Any, **extra: Any) -> Any:  # noqa: ANN401 - typer's own types are private
        with _past_typer():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - same
        with _past_typer():
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Root,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(partitions.app, name="partitions")
app.add_typer(table.app, name="table")
app.add_typer(view.app, name="view")
app.add_typer(archive.app, name="archive")
app.add_typer(queries.app, name="queries")
app.add_typer(batch.app, name="run")
app.add_typer(check_query.app, name="check")
app.add_typer(metrics.app, name="metrics")
app.command("sql")(sql.sql)
app.command("report")(report.report)
app.command("results")(results.results)
app.command("history")(history.history)
app.add_typer(insights.app, name="insights")
app.add_typer(quicksight.app, name="quicksight")
app.add_typer(schedule.app, name="schedule")
app.add_typer(config.app, name="config")
app.add_typer(setup.app, name="setup")
app.command("init")(init.init)
app.command("doctor")(doctor.doctor)
app.command("fields")(fields.fields)
app.command("sample")(sample.sample)


def _version(requested: bool) -> None:
    if requested:
        terminal.text(f"flowathena {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Ask VPC Flow Logs who talked to whom, on Amazon Athena or on a laptop.

    Exit codes: 0 done, 1 error, 2 usage or configuration, 3 drift found or a check that is not
    OK, 4 some partitions failed, 5 refused because of its cost, 130 interrupted, 141 the reader of
    the output ended early.

    --quiet, --verbose and --log-format json may stand before and after any command.
    """
    for message in misspelt_variables():
        terminal.warn(message)


@cache
def root_command() -> Any:  # noqa: ANN401 - typer's own types are private
    """The command ``flowathena`` with all others below it."""
    return commands.dress(get_command(app))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    code = _code(arguments)
    ended = _end_output()
    code = code or ended
    if code == ExitCode.INTERRUPTED:
        _exit_now(code)
    sys.exit(code)


def _end_output() -> int:
    """Write what is left of standard output; the exit code of that alone."""
    try:
        terminal.close()
    except FlowathenaError as error:
        terminal.fail(str(error))
        terminal.abandon()
        return error.exit_code
    if terminal.is_cut():
        terminal.abandon()
        return ExitCode.CUT
    return ExitCode.DONE


def _exit_now(code: int) -> None:
    """Exit without waiting for threads, as the interpreter would: their calls may hang."""
    with contextlib.suppress(OSError, ValueError):
        if sys.stderr is not None:
            sys.stderr.flush()
    os._exit(code)


def _code(arguments: Sequence[str] | None) -> int:
    try:
        signals.hear()
        words = commands.take_log_format(sys.argv[1:] if arguments is None else arguments)
        return root_command().main(words, prog_name="flowathena", standalone_mode=False) or 0
    except (KeyboardInterrupt, _InterruptedError) as error:
        signals.ignore()
        terminal.fail(f"interrupted: {error}" if str(error) else "interrupted")
        return ExitCode.INTERRUPTED
    except (BrokenPipeError, _CutError):
        terminal.abandon()
        return ExitCode.CUT  # the reader has what it wanted
    except Exception as error:  # noqa: BLE001 - whatever nobody foresaw is reported, too
        return _report(error)
    finally:
        terminal.end_progress()


def _report(error: Exception) -> int:
    """Report an error; its exit code."""
    code: int = ExitCode.ERROR
    if isinstance(error, typer.TyperException):
        _report_usage(error)
        code = error.exit_code
    elif isinstance(error, FlowathenaError):
        for problem in getattr(error, "problems", None) or filter(None, [str(error)]):
            terminal.fail(str(problem))
        code = error.exit_code
    elif not isinstance(error, OSError | UnicodeError):
        _report_bug(error)
    elif _end_output() == ExitCode.DONE:
        _report_system(error)
    return code


def _report_bug(error: Exception) -> None:
    """Report an exception that nobody foresaw: where it comes from, and what helps to mend it."""
    if terminal.is_verbose():
        terminal.block("".join(traceback.format_exception(error)))
    lines = [
        f"{Path(frame.filename).relative_to(_PACKAGE.parent)}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if _PACKAGE in Path(frame.filename).parents
    ]
    terminal.fail(
        f"unexpected {type(error).__name__}: {shortened(str(error), 300)} ({lines[-1]}); this is a "
        "bug of flowathena: please report it with what --verbose shows"
    )


def _report_system(error: OSError | UnicodeError) -> None:
    """Report what the system refused: a path too long, an invalid name."""
    if isinstance(error, UnicodeError):
        terminal.fail("a name or text is not valid UTF-8")
    elif isinstance(error, FileNotFoundError) and not error.filename:
        terminal.fail("the current folder does not exist any more; change to another")
    else:
        where = f"{str(error.filename)[:80]}: " if error.filename else ""
        terminal.fail(f"{where}{error.strerror or error}")


def _report_usage(error: typer.TyperException) -> None:
    message = one_line(error.format_message()).replace("Value error, ", "")
    context = getattr(error, "ctx", None)
    if message.startswith("Usage:"):
        terminal.block(error.format_message())
    elif context is None:
        terminal.fail(message)
    else:
        terminal.fail(f"{message.rstrip('.')} (see '{context.command_path} --help')")
