"""What is said to people, on stderr; and the data, on stdout."""

import sys

from flowathena.errors import UsageError


def say(message: str) -> None:
    """Say a line."""
    end_progress()
    print(message, file=sys.stderr, flush=True)


def warn(message: str) -> None:
    """Warn of something."""
    say(f"warning: {message}")


def fail(message: str) -> None:
    """Tell an error."""
    say(f"error: {message}")


def progress(message: str) -> None:
    """Show how something goes, on a terminal only, each line over the last."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{message}", end="", file=sys.stderr, flush=True)


def end_progress() -> None:
    """Take the line of progress away."""
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def data(content: bytes, *, binary: bool = False) -> None:
    """Write data to stdout.

    Raises:
        UsageError: the data is binary and stdout a terminal.
    """
    if binary and sys.stdout.isatty():
        raise UsageError("this format is binary; name a file with -o FILE")
    sys.stdout.flush()
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def text(content: str) -> None:
    """Write text to stdout, with a newline at its end."""
    data((content if content.endswith("\n") else content + "\n").encode())
