"""Messages and progress on stderr, data on stdout."""

import contextlib
import io
import json
import os
import shutil
import sys
import textwrap
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING

from flowathena.errors import FlowathenaError, UsageError
from flowathena.target.config import is_ci
from flowathena.text import printable

if TYPE_CHECKING:
    from flowathena.cli.screen import ProgressLine
    from flowathena.result.chart.canvas import Line

_SCREEN_ROWS = 200
"""More rows are written as plain text: rich takes half a millisecond a row."""
_LEAST_WIDTH, _MOST_WIDTH = 20, 1000


@dataclass
class _State:
    """The state of the one stderr."""

    as_json: bool = False
    quiet: bool = False
    verbose: bool = False
    is_cut: bool = False
    target: str = ""
    heading: str = ""
    has_written: bool = False
    progress: "ProgressLine | None" = None


_state = _State()


def use_json(chosen: bool) -> None:
    """Choose whether messages are JSON lines, for schedulers, or text."""
    _state.as_json = chosen


def choose_level(*, quiet: bool = False, verbose: bool = False) -> None:
    """Choose to have fewer messages, or more; what was chosen before stays."""
    _state.quiet |= quiet
    _state.verbose |= verbose


def is_quiet() -> bool:
    """Whether no messages are written but warnings, errors and questions."""
    return _state.quiet


def is_verbose() -> bool:
    """Whether more messages are written."""
    return _state.verbose


@contextlib.contextmanager
def about(target: str, heading: str | None = None) -> Iterator[None]:
    """What is written is about one of several targets: messages name it, and so does a heading.

    Args:
        target: the target; empty for all of them.
        heading: what stands above what is written to stdout first, if anything is; None for the
            target's name.
    """
    _state.target, _state.heading = target, target if heading is None else heading
    try:
        yield
    finally:
        _state.target, _state.heading = "", ""


def detail(message: str) -> None:
    """Write a message that only ``--verbose`` shows."""
    if _state.verbose:
        _write_message("debug", "", message)


def say(message: str) -> None:
    """Write a message, unless ``--quiet`` is given."""
    if not _state.quiet:
        _write_message("info", "", message)


def warn(message: str) -> None:
    """Write a warning."""
    _write_message("warning", "warning: ", message)


def fail(message: str) -> None:
    """Write an error."""
    _write_message("error", "error: ", message)


def block(message: str) -> None:
    """Write a message of several lines, a statement or a diff, unless ``--quiet`` is given."""
    if not _state.quiet:
        _write_message("info", "", message, keep="\n")


def _write_message(level: str, mark: str, message: str, keep: str = "") -> None:
    """Write a message; what a file's name or a server put into it cannot steer a terminal."""
    end_progress()
    if _state.as_json:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        facts = {"time": now, "level": level, "message": message}
        facts |= {"target": _state.target} if _state.target else {}
        message = json.dumps(facts, ensure_ascii=False)
        _write(f"{printable(message, as_json=True)}\n")
    else:
        name = f"{_state.target}: " if _state.target else ""
        _write(f"{mark}{printable(name)}{printable(message, keep)}\n")


def progress(what: str, detail: str = "", done: int = 0, total: int | None = None) -> None:
    """Show progress, on a terminal only, as a line that moves until the next message.

    Args:
        what: what is being done.
        detail: how far it is, in words.
        done: how many are done.
        total: how many there are; None if unknown.
    """
    if not _on_terminal():
        return
    with contextlib.suppress(OSError):
        if _state.progress is None:
            from flowathena.cli.screen import ProgressLine

            _state.progress = ProgressLine(columns())
        _state.progress.show(what, detail, done, total)


def can_ask() -> bool:
    """Whether stdin is a terminal, where a person can answer."""
    return sys.stdin is not None and sys.stdin.isatty()


def read_input(limit: int) -> bytes:
    """Standard input to its end, or to a limit.

    Raises:
        UsageError: it is closed, or cannot be read.
    """
    try:
        return sys.stdin.buffer.read(limit) if sys.stdin is not None else b""
    except OSError as error:
        raise UsageError(f"cannot read standard input: {error.strerror}") from error


def confirm(question: str, about: str = "") -> bool:
    """Ask on stderr, and read the answer from stdin; anything but yes is no.

    Args:
        question: what is asked.
        about: what a person has to know for the answer; shown before.
    """
    for message in filter(None, (about, f"{question} [y/N]")):
        _write_message("info", "", message, keep="\n")  # --quiet hides no question
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def ask_code(prompt: str) -> str:
    """Ask for an MFA code, which is not shown.

    Raises:
        UsageError: nobody is there to ask: stdin is no terminal, or this is not the first thread,
            which alone hears Ctrl-C.
    """
    from getpass import getpass

    if not can_ask() or threading.current_thread() is not threading.main_thread():
        raise UsageError(
            "the AWS profile needs an MFA code, which is asked for on a terminal only; run "
            "'aws sts get-caller-identity' with this profile on one first"
        )
    end_progress()
    try:
        return getpass(prompt).strip()
    except EOFError as error:
        raise UsageError("no MFA code was entered") from error


@contextlib.contextmanager
def report_interrupt() -> Iterator[None]:
    """If changes are interrupted, say what became of each; the interrupt goes on."""
    from flowathena.reconcile import ApplyInterruptedError

    try:
        yield
    except ApplyInterruptedError as interrupt:
        for result in interrupt.results:
            say(result.summary)
        raise


def bar(what: str, done: int, total: int) -> None:
    """Show how many of a total are done, on a terminal only."""
    progress(what, f"{done:,}/{total:,}", done, total)


def columns() -> int:
    """The width of the terminal in characters, within reason: COLUMNS may say anything."""
    return min(max(shutil.get_terminal_size().columns, _LEAST_WIDTH), _MOST_WIDTH)


def end_progress() -> None:
    """Remove the line of progress."""
    line, _state.progress = _state.progress, None
    if line is not None:
        with contextlib.suppress(OSError):
            line.end()


def table(
    names: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    wrap: Sequence[str] = (),
    spare: Sequence[str] = (),
    amounts: Sequence[str] = (),
) -> None:
    """Write rows to stdout as a table: fitted to a terminal, in full elsewhere.

    Args:
        names: the columns.
        rows: their values.
        wrap: columns whose cells a terminal shows wrapped, not cut.
        spare: columns that a narrow terminal omits.
        amounts: columns of numbers that a terminal shows with commas between thousands.
    """
    from flowathena.result import formats

    if not on_screen():
        text(formats.table(names, rows))
        return
    from flowathena.cli import screen

    draw = screen.table if len(rows) <= _SCREEN_ROWS else screen.plain_table
    _show(draw(names, rows, columns(), wrap=wrap, spare=spare, amounts=amounts))


def results(names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write the rows of a query as a table; of what a terminal cuts, say how to see it whole."""
    if not on_screen():
        table(names, rows)
        return
    from flowathena.cli import screen

    amounts = screen.find_amounts(names, rows)
    table(names, rows, amounts=amounts)
    cut = screen.find_cut(names, rows, columns(), amounts)
    if cut:
        say(f"cut to fit the terminal: {', '.join(cut)}; --format record or -o FILE has all of it")


def records(names: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write rows to stdout one below the other, a field a line; a terminal shows them folded."""
    from flowathena.result import formats

    if on_screen() and len(rows) <= _SCREEN_ROWS:
        from flowathena.cli import screen

        _show(screen.records(names, rows, columns()))
        return
    with output() as stream:
        for number, row in enumerate(rows, 1):
            stream.write(formats.record(names, row, number).encode())


def drawing(lines: "Sequence[Line]") -> None:
    """Write a drawing to stdout: with its styles on a terminal, as plain text elsewhere."""
    if on_screen():
        from flowathena.cli import screen

        _show(screen.drawing(lines, columns()))
        return
    from flowathena.result.chart.canvas import plain

    text(plain(lines))


def on_screen() -> bool:
    """Whether stdout is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


class _Output:
    """Standard output past Python's buffer: what a full disk refuses must not be tried again."""

    def __init__(self, raw: io.FileIO, *, drawn: bool) -> None:
        self._raw = raw
        self._is_spelled = raw.isatty() and not drawn

    def write(self, content: bytes, /) -> None:
        """Write all of it; on a terminal, without what the terminal would obey."""
        if self._is_spelled:
            shown = content.decode(errors="backslashreplace")
            content = printable(shown, "\n\t", as_json=True).encode()
        rest = memoryview(content)
        while rest:
            rest = rest[self._raw.write(rest) :]


def refuse_binary() -> None:
    """Raise a UsageError if stdout is a terminal."""
    if on_screen():
        raise UsageError("this format is binary; name a file with -o FILE")


@contextlib.contextmanager
def output(*, binary: bool = False, drawn: bool = False) -> Iterator[_Output]:
    """Standard output as a stream for data.

    Data stay exact, but on a terminal what it would obey is spelled out, as JSON does.

    Args:
        binary: the data is no text.
        drawn: it is made for this terminal, with escapes.

    Raises:
        UsageError: the data is binary and stdout is a terminal.
        FlowathenaError: stdout is closed or cannot be written.
        BrokenPipeError: the reader is gone.
    """
    end_progress()
    if sys.stdout is None:
        raise FlowathenaError("cannot write to standard output: it is closed")
    if binary:
        refuse_binary()
    try:
        with io.FileIO(sys.stdout.fileno(), "wb", closefd=False) as raw:
            yield _Output(raw, drawn=drawn)
    except BrokenPipeError:
        _state.is_cut = True
        raise
    except OSError as error:
        raise FlowathenaError(f"cannot write to standard output: {error.strerror}") from error


def text(content: str) -> None:
    """Write text to stdout, ending with a newline.

    If the reader is gone, nothing more is written, but the command goes on to its exit code.

    Raises:
        FlowathenaError: stdout is closed or cannot be written.
    """
    _write_text(content, drawn=False)


def _show(drawn: str) -> None:
    _write_text(drawn, drawn=True)


def _write_text(content: str, *, drawn: bool) -> None:
    if _state.is_cut:
        return
    content = content if content.endswith("\n") else content + "\n"
    if _state.heading:
        blank = "\n" if _state.has_written else ""
        content = f"{blank}{printable(_state.heading)}\n\n{content}"
        _state.heading = ""
    _state.has_written = True
    with contextlib.suppress(BrokenPipeError), output(drawn=drawn) as stream:
        stream.write(content.encode(errors="backslashreplace"))  # file names may be any bytes


def prose(content: str) -> None:
    """Write lines of prose to stdout; a terminal shows them filled, no word broken."""
    if on_screen():
        width = columns()
        lines = (
            textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False) or [""]
            for line in content.splitlines()
        )
        content = "\n".join(chain.from_iterable(lines))
    text(content)


def facts(known: Mapping[str, object]) -> None:
    """Write a line for each fact, its name in front."""
    text("".join(f"{name:<11}{printable(str(fact))}\n" for name, fact in known.items()))


def begin_sections() -> None:
    """What is written to stdout from now on has headings: none of them needs a blank line yet."""
    _state.has_written = False


def has_written() -> bool:
    """Whether anything has been written to stdout since sections began."""
    return _state.has_written


def is_cut() -> bool:
    """Whether the reader of stdout has ended before everything was written."""
    return _state.is_cut


def close() -> None:
    """Write what others (help) have left in Python's buffer of stdout.

    Raises:
        FlowathenaError: stdout cannot be written.
    """
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _state.is_cut = True
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FlowathenaError(f"cannot write to standard output: {reason}") from error


def abandon() -> None:
    """Keep the interpreter from writing to stdout at its exit, which would fail again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(message: str) -> None:
    """Write to stderr; a closed stderr is not a reason to fail."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(message, end="", file=sys.stderr, flush=True)


def _on_terminal() -> bool:
    if _state.as_json or _state.quiet or is_ci():
        return False
    return sys.stderr is not None and sys.stderr.isatty()
