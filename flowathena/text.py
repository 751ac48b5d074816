"""Small pieces of text for messages: sizes, times, similar names. Pure."""

from collections.abc import Iterable
from datetime import UTC, datetime
from difflib import get_close_matches


def human_bytes(size_bytes: int) -> str:
    """A size for display: ``999 B``, ``1.2 MB``; powers of ten, as AWS bills."""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 999.5 or unit == "TB":  # noqa: PLR2004 - would round to 1000
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError("the last unit takes every size")


def counted(number: int, singular: str, plural: str = "") -> str:
    """A number and its noun: ``1 row``, ``2 rows``; ``plural`` if an s alone does not make it."""
    return f"{number} {singular if number == 1 else plural or f'{singular}s'}"


def iso(moment: datetime) -> str:
    """A moment as ISO 8601 in UTC with ``Z``, without a fraction if it has none."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def one_line(message: object) -> str:
    """A message, or an exception's, on one line."""
    return " ".join(str(message).split())


def printable(text: str) -> str:
    """A name for a message: characters that a terminal would obey are spelled out."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def is_utf8(text: str) -> bool:
    """Whether UTF-8 can say a text: not a file name with bytes that are not UTF-8."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def shortened(text: str, width: int = 60) -> str:
    """A text on one line, cut with an ellipsis if it is longer than the width."""
    line = one_line(text)
    return line if len(line) <= width else line[: width - 1] + "…"


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelt one probably means; None if none is similar."""
    return next(iter(get_close_matches(name, list(known), n=1)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``did you mean 'x'? ``, to put before the rest of a message; empty if none is similar."""
    match = closest(name, known)
    return f"did you mean {match!r}? " if match else ""
