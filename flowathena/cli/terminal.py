"""What is said to people, on stderr; and the data, on stdout."""

import contextlib
import json
import shutil
import sys
import time
from datetime import UTC, datetime

from flowathena.errors import FlowathenaError, UsageError

_BAR = 30  # characters
_REDRAW_SECONDS = 0.1
_as_json = False
_drawn = 0.0


def speak_json(chosen: bool) -> None:
    """From now on say everything as lines of JSON, for schedulers, or as text again."""
    global _as_json  # noqa: PLW0603 - there is one stderr
    _as_json = chosen


def say(message: str) -> None:
    """Say a line."""
    _tell("info", "", message)


def warn(message: str) -> None:
    """Warn of something."""
    _tell("warning", "warning: ", message)


def fail(message: str) -> None:
    """Tell an error."""
    _tell("error", "error: ", message)


def _tell(level: str, mark: str, message: str) -> None:
    end_progress()
    if _as_json:
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        message = json.dumps({"time": now, "level": level, "message": message}, ensure_ascii=False)
        mark = ""
    _talk(f"{mark}{message}\n")


def progress(message: str) -> None:
    """Show how something goes, on a terminal only, each line over the last."""
    if _on_terminal():
        _talk(f"\r\x1b[K{message}")


def bar(what: str, done: int, total: int) -> None:
    """Show how many of how many are done as a bar, on a terminal only, now and then."""
    global _drawn  # noqa: PLW0603 - there is one stderr
    if done < total and time.monotonic() < _drawn + _REDRAW_SECONDS:
        return
    _drawn = time.monotonic()
    filled = _BAR * done // total if total else _BAR
    progress(f"{what} [{'#' * filled}{'.' * (_BAR - filled)}] {done:,}/{total:,}")


def columns() -> int:
    """How many characters a line of the terminal has."""
    return shutil.get_terminal_size().columns


def end_progress() -> None:
    """Take the line of progress away."""
    if _on_terminal():
        _talk("\r\x1b[K")


def data(content: bytes, *, binary: bool = False) -> None:
    """Write data to stdout.

    Raises:
        UsageError: the data is binary and stdout a terminal.
        FlowathenaError: stdout is closed or takes no more.
        BrokenPipeError: the reader has gone.
    """
    end_progress()
    if sys.stdout is None:
        raise FlowathenaError("cannot write to standard output: it is closed")
    if binary and sys.stdout.isatty():
        raise UsageError("this format is binary; name a file with -o FILE")
    rest = memoryview(content)
    try:
        # Past Python's buffer: what a full disk refuses must not be tried again at exit.
        with open(sys.stdout.fileno(), "wb", buffering=0, closefd=False) as raw:
            while rest:
                rest = rest[raw.write(rest) :]
    except BrokenPipeError:
        raise
    except OSError as error:
        raise FlowathenaError(f"cannot write to standard output: {error.strerror}") from error


def text(content: str) -> None:
    """Write text to stdout, with a newline at its end."""
    data((content if content.endswith("\n") else content + "\n").encode())


def _talk(message: str) -> None:
    """Write to stderr; that nobody can listen is no reason to fail."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(message, end="", file=sys.stderr, flush=True)


def _on_terminal() -> bool:
    return not _as_json and sys.stderr is not None and sys.stderr.isatty()
