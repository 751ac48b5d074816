"""Lines of text whose parts have a style, and dots of braille. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flowathena.text import display_width, sized

_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
_BLANK = 0x2800
DOTS_WIDE, DOTS_HIGH = 2, 4
"""Dots of a character."""


@dataclass(frozen=True)
class Span:
    """A piece of text, and what it is: ``title``, ``axis``, ``note``, ``series 0``, ``shade 3``."""

    text: str
    style: str = ""


Line = Sequence[Span]


def plain(lines: Iterable[Line]) -> str:
    """The lines without their styles, each with a newline."""
    return "".join("".join(span.text for span in line).rstrip() + "\n" for line in lines)


def fitted(line: Line, width: int) -> list[Span]:
    """A line that is no wider; what is cut off is an ellipsis."""
    if sum(display_width(span.text) for span in line) <= width:
        return list(line)
    room, kept = width - 1, []
    for span in line:
        text = sized(span.text, min(display_width(span.text), room))
        kept.append(Span(text, span.style))
        room -= display_width(text)
    return [*kept, Span("…")]


def wrapped(words: Iterable[Span], width: int, gap: int = 2) -> list[list[Span]]:
    """Words on as few lines as possible, ``gap`` blanks between them."""
    lines: list[list[Span]] = []
    taken = width
    for word in words:
        size = display_width(word.text)
        if not lines or taken + gap + size > width:
            lines.append([])
            taken = -gap
        lines[-1] += [Span(" " * gap), word] if lines[-1] else [word]
        taken += gap + size
    return [fitted(line, width) for line in lines]


def shortened(text: str, width: int) -> str:
    """A text that takes exactly so many characters: filled up, or cut with an ellipsis."""
    if display_width(text) <= width:
        return sized(text, width)
    return sized(text, width - 1) + "…" if width > 0 else ""


def right(text: str, width: int) -> str:
    """A text at the right of so many characters."""
    return " " * (width - display_width(text)) + text


class Dots:
    """A canvas of braille dots; the origin is at the lower left.

    Args:
        width: characters.
        height: lines.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width * DOTS_WIDE, height * DOTS_HIGH
        self._cells = [[0] * width for _ in range(height)]

    def set(self, x: int, y: int) -> None:
        """Set a dot."""
        row = self.height - 1 - y
        self._cells[row // DOTS_HIGH][x // DOTS_WIDE] |= _DOTS[row % DOTS_HIGH][x % DOTS_WIDE]

    def line(self, x0: int, y0: int, x1: int, y1: int) -> None:
        """Set the dots from one to another."""
        steps = max(abs(x1 - x0), abs(y1 - y0), 1)
        for step in range(steps + 1):
            share = step / steps
            self.set(round(x0 + (x1 - x0) * share), round(y0 + (y1 - y0) * share))

    def rows(self) -> list[str]:
        """The characters, from the top; blanks where no dot is."""
        return ["".join(chr(_BLANK | dots) if dots else " " for dots in row) for row in self._cells]
