"""Messages and progress on stderr, data on stdout."""

import contextlib
import io
import json
import shutil
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flowathena.errors import FlowathenaError, UsageError

if TYPE_CHECKING:
    from flowathena.cli.screen import ProgressLine

_SCREEN_ROWS = 200
"""More rows are written as plain text: rich takes half a millisecond a row."""


@dataclass
class _State:
    """The state of the one stderr."""

    as_json: bool = False
    quiet: bool = False
    verbose: bool = False
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


def _write_message(level: str, mark: str, message: str) -> None:
    end_progress()
    if _state.as_json:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        message = json.dumps({"time": now, "level": level, "message": message}, ensure_ascii=False)
        mark = ""
    _write(f"{mark}{message}\n")


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

            _state.progress = ProgressLine()
        _state.progress.show(what, detail, done, total)


def can_ask() -> bool:
    """Whether stdin is a terminal, where a person can answer."""
    return sys.stdin is not None and sys.stdin.isatty()


def confirm(question: str, about: str = "") -> bool:
    """Ask on stderr, and read the answer from stdin; anything but yes is no.

    Args:
        question: what is asked.
        about: what a person has to know for the answer; shown before.
    """
    for message in filter(None, (about, f"{question} [y/N]")):
        _write_message("info", "", message)  # --quiet hides no question
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
    """The width of the terminal in characters."""
    return shutil.get_terminal_size().columns


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
) -> None:
    """Write rows to stdout as a table: fitted to a terminal, in full elsewhere.

    Args:
        names: the columns.
        rows: their values.
        wrap: columns whose cells a terminal shows wrapped, not cut.
        spare: columns that a narrow terminal omits.
    """
    if sys.stdout is not None and sys.stdout.isatty() and len(rows) <= _SCREEN_ROWS:
        from flowathena.cli import screen

        text(screen.table(names, rows, columns(), wrap=wrap, spare=spare))
    else:
        from flowathena.result import formats

        text(formats.table(names, rows))


class _Output:
    """Standard output past Python's buffer: what a full disk refuses must not be tried again."""

    def __init__(self, raw: io.FileIO) -> None:
        self._raw = raw

    def write(self, content: bytes, /) -> None:
        """Write all of it."""
        rest = memoryview(content)
        while rest:
            rest = rest[self._raw.write(rest) :]


def refuse_binary() -> None:
    """Raise a UsageError if stdout is a terminal."""
    if sys.stdout is not None and sys.stdout.isatty():
        raise UsageError("this format is binary; name a file with -o FILE")


@contextlib.contextmanager
def output(*, binary: bool = False) -> Iterator[_Output]:
    """Standard output as a stream for data.

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
            yield _Output(raw)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FlowathenaError(f"cannot write to standard output: {error.strerror}") from error


def data(content: bytes) -> None:
    """Write data to stdout; raises what ``output`` raises."""
    with output() as stream:
        stream.write(content)


def text(content: str) -> None:
    """Write text to stdout, ending with a newline.

    Bytes of file names that are not UTF-8 are spelled out as in JSON.
    """
    line = content if content.endswith("\n") else content + "\n"
    data(line.encode(errors="backslashreplace"))


def _write(message: str) -> None:
    """Write to stderr; a closed stderr is not a reason to fail."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(message, end="", file=sys.stderr, flush=True)


def _on_terminal() -> bool:
    return not (_state.as_json or _state.quiet) and sys.stderr is not None and sys.stderr.isatty()
