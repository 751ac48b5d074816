"""Small pieces of text for messages: sizes, times, similar names, what a terminal obeys. Pure."""

import json
import re
from bisect import bisect
from collections.abc import Iterable
from datetime import UTC, datetime
from difflib import get_close_matches
from itertools import accumulate, pairwise
from unicodedata import category, east_asian_width

_PLAIN = re.compile(r"[ -~]*")
_ODD = re.compile(r"[^ -~]")
# Letters and marks by Unicode's categories, but a terminal shows nothing for them.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_MARKS = frozenset({"Mn", "Mc", "Me", "Cf", "Cc", "Zl", "Zp"})
# The later letters of a Korean syllable, and the colours of an emoji's skin.
_JOINING = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff\U0001f3fb-\U0001f3ff]")
_JOINER, _AS_EMOJI = "\u200d", "\ufe0f"


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


def printable(text: str, keep: str = "", *, as_json: bool = False) -> str:
    r"""A text without characters that a terminal obeys, or that no one sees.

    Controls (C0 and C1), escapes, newlines, directions, blanks other than the space and characters
    of no width become ``\x1b`` or ``\u202e``.

    Args:
        text: any text.
        keep: characters that stay.
        as_json: write ``\u001b`` for every one of them, as JSON does within its strings.
    """
    if _PLAIN.fullmatch(text):
        return text

    def spelled(found: re.Match[str]) -> str:
        char = found[0]
        if char in keep or (char.isprintable() and not _INVISIBLE.match(char)):
            return char
        return json.dumps(char)[1:-1] if as_json else ascii(char)[1:-1]

    return _ODD.sub(spelled, text)


def display_width(text: str) -> int:
    """The columns that a text takes on a terminal."""
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(_widths(text))


def sized(text: str, columns: int) -> str:
    """A text that takes exactly so many columns: filled up with blanks, or cut."""
    ends = list(accumulate(_widths(text), initial=0))
    end = bisect(ends, columns) - 1
    return text[:end] + " " * (columns - ends[end])


def _widths(text: str) -> Iterable[int]:
    """What each character adds to the columns of those before it."""
    return (_added(before, char) for before, char in pairwise(["", *text]))


def _added(before: str, char: str) -> int:
    if char == _AS_EMOJI:
        return int(_added("", before) == 1) if before else 0
    if before == _JOINER or category(char) in _MARKS or _JOINING.match(char):
        return 0
    return 2 if east_asian_width(char) in {"W", "F"} else 1


def is_utf8(text: str) -> bool:
    """Whether UTF-8 can say a text: not a file name with bytes that are not UTF-8."""
    return text.isascii() or not any("\ud800" <= char <= "\udfff" for char in text)


def shortened(text: str, width: int = 60) -> str:
    """A text on one line, cut with an ellipsis if it is longer than the width."""
    line = one_line(text)
    return line if len(line) <= width else line[: width - 1] + "…"


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelt one probably means; None if none is similar."""
    names = list(known)
    same = (each for each in names if each.casefold() == name.casefold())
    return next(same, None) or next(iter(get_close_matches(name, names, n=1)), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``did you mean 'x'? ``, to put before the rest of a message; empty if none is similar."""
    match = closest(name, known)
    return f"did you mean {match!r}? " if match else ""
