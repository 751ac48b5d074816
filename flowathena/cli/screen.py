"""What rich draws on a terminal: tables that fit its width, and a line of progress.

``terminal`` imports it when something is to be drawn, because importing rich takes 50 ms.
"""

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import isfinite
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from flowathena.result.chart.canvas import Line
from flowathena.result.formats import cell, record
from flowathena.text import printable

_GAP = 2  # characters between columns
_LEAST_TEXT = 10  # characters that remain of a cut cell
_LONGEST_WORD = 20  # characters; what is longer is a path or a list, which may be broken
_BAR = 30  # characters
# Hues that people with any colour vision tell apart (Okabe and Ito), as bright as is seen on light
# and on dark grounds.
_STYLES = {
    "title": "bold",
    "note": "dim",
    **{
        f"series {n}": color
        for n, color in enumerate(
            ("#3b8fd4", "#d97b0d", "#159e78", "#c96aa6", "#a68a00", "#8a8f98")
        )
    },
    **{
        f"shade {n}": color
        for n, color in enumerate(("#8a8f98", "#5c7fb8", "#3b8fd4", "#d9a40d", "#d97b0d"))
    },
}
_LEAST_AMOUNT = 100_000
_NO_AMOUNT = re.compile(
    r"(^|_)(account|as|asn|end|id|port|seconds|start|time|version)$", re.IGNORECASE
)


class ProgressLine:
    """A line on stderr that a thread redraws until it is removed."""

    def __init__(self, width: int) -> None:
        console = _console(stderr=True, width=width)
        self._bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(_BAR),
            TextColumn("{task.fields[detail]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            disable=console.is_dumb_terminal,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._what = ""
        self._task = self._bars.add_task("", total=None, detail="")

    def show(self, what: str, detail: str, done: int, total: int | None) -> None:
        """Show what is being done and how far it is; None for an unknown total."""
        self._bars.update(
            self._task,
            description=printable(what),
            detail=printable(detail),
            completed=done,
            total=total,
            refresh=what != self._what,  # a state that is soon over is seen too
        )
        self._what = what
        self._bars.start()  # not in __init__: an interrupted start can still be ended

    def end(self) -> None:
        """Remove the line and wait for its thread."""
        self._bars.stop()


def table(
    names: Sequence[str],
    rows: Sequence[Sequence[object]],
    width: int,
    *,
    wrap: Sequence[str] = (),
    spare: Sequence[str] = (),
    amounts: Sequence[str] = (),
) -> str:
    """Rows as a table that is no wider than ``width`` characters.

    If it would be, names are broken, then cells are wrapped or else cut with an ellipsis, the
    widest first; numbers never are. Then spare columns are omitted. What still does not fit is
    shown one record at a time.

    Args:
        names: the columns.
        rows: their values.
        width: characters of a line.
        wrap: columns whose cells are wrapped instead of cut.
        spare: columns that are omitted if there is no room for all.
        amounts: columns of numbers that are written with commas between thousands.
    """
    columns = _columns(names, rows, wrap, amounts)
    chosen = _choose(columns, width, spare)
    return _draw(_records(columns) if chosen is None else _table(*chosen), width)


def plain_table(
    names: Sequence[str],
    rows: Sequence[Sequence[object]],
    width: int,
    *,
    wrap: Sequence[str] = (),
    spare: Sequence[str] = (),
    amounts: Sequence[str] = (),
) -> str:
    """The same for many rows, in little time: without escape codes, and long cells are cut."""
    columns = _columns(names, rows, wrap, amounts)
    chosen = _choose(columns, width, spare)
    if chosen is None:
        return "".join(record(names, row, number) for number, row in enumerate(rows, 1))
    shown, widths = chosen
    heads = [_head(c.name, room).split("\n") for c, room in zip(shown, widths, strict=True)]
    height = max(map(len, heads))
    lines = [
        *zip(*([""] * (height - len(head)) + head for head in heads), strict=True),
        ["-" * room for room in widths],
        *zip(*(column.cells for column in shown), strict=True),
    ]
    sides = [(room, column.is_numeric) for room, column in zip(widths, shown, strict=True)]
    return "".join(
        "  ".join(_fill(*each) for each in zip(line, sides, strict=True)).rstrip() + "\n"
        for line in lines
    )


def find_amounts(names: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """The columns of numbers so large that commas between thousands help to read them.

    Ports and years are smaller; a time in seconds, an account and the like are no amounts.
    """
    return [
        name
        for n, name in enumerate(names)
        if _is_numeric(rows, n)
        and not _NO_AMOUNT.search(name)
        and max((abs(_number(row[n])) for row in rows), default=0) >= _LEAST_AMOUNT
    ]


def find_cut(
    names: Sequence[str],
    rows: Sequence[Sequence[object]],
    width: int,
    amounts: Sequence[str] = (),
) -> list[str]:
    """The columns that have a text which a table of a width cuts."""
    columns = _columns(names, rows, (), amounts)
    chosen = _choose(columns, width, ())
    if chosen is None:
        return []
    return [c.name for c, room in zip(*chosen, strict=True) if c.content > room]


def records(names: Sequence[str], rows: Sequence[Sequence[object]], width: int) -> str:
    """Rows one below the other, a field a line, long values folded."""
    return _draw(_records(_columns(names, rows, ())), width)


def drawing(lines: Sequence[Line], width: int) -> str:
    """The lines of a chart in colours, if the terminal has some."""
    texts = [
        Text.assemble(*((span.text, _STYLES.get(span.style, "")) for span in line), no_wrap=True)
        for line in lines
    ]
    return _draw(iter(texts), width)


def _fill(content: str, side: tuple[int, bool]) -> str:
    """A cell of a width, its content to the left or to the right."""
    room, is_right = side
    taken = cell_len(content)
    if taken > room:
        content = set_cell_size(content, room - 1).rstrip() + "…"
        taken = cell_len(content)
    blanks = " " * (room - taken)
    return blanks + content if is_right else content + blanks


@dataclass(frozen=True)
class _Column:
    """A column as it is drawn."""

    name: str
    cells: Sequence[str]
    is_numeric: bool
    is_wrapped: bool

    @cached_property
    def width(self) -> int:
        """Characters it takes uncut."""
        return max(cell_len(self.name), self.content)

    @cached_property
    def least(self) -> int:
        """Characters it needs at least; its name may take several lines."""
        name = max(map(cell_len, _words(self.name)), default=0)
        if self.is_numeric:
            return max(name, self.content)
        return max(name, min(self.content, _LEAST_TEXT), self._longest_word)

    @property
    def _longest_word(self) -> int:
        """Characters of the longest word of prose, which is not broken."""
        if not self.is_wrapped:
            return 0
        words = (word for text in self.cells if " " in text for word in text.split())
        return max((size for size in map(cell_len, words) if size <= _LONGEST_WORD), default=0)

    @cached_property
    def content(self) -> int:
        """Characters of its longest value."""
        return max(map(cell_len, self.cells), default=0)


def _columns(
    names: Sequence[str],
    rows: Sequence[Sequence[object]],
    wrap: Sequence[str],
    amounts: Sequence[str] = (),
) -> list[_Column]:
    shown = [_amount if name in amounts else cell for name in names]
    return [
        _Column(cell(name), [show(row[n]) for row in rows], _is_numeric(rows, n), name in wrap)
        for n, (name, show) in enumerate(zip(names, shown, strict=True))
    ]


def _amount(value: object) -> str:
    """A number as a table shows it, with commas between thousands."""
    if isinstance(value, Decimal):
        return f"{value:,f}"
    return f"{value:,}" if isinstance(value, int | float) else cell(value)


def _number(value: object) -> float:
    """A number that can be compared; zero for NULL and what is none."""
    number = float(value) if isinstance(value, int | float | Decimal) else 0.0
    return number if isfinite(number) else 0.0


def _choose(
    columns: list[_Column], width: int, spare: Sequence[str]
) -> tuple[list[_Column], list[int]] | None:
    """The columns that are shown and their widths; None if they do not fit."""
    needed = [column for column in columns if column.name not in spare]
    for shown in (columns, needed):
        widths = _fit(shown, width - _GAP * (len(shown) - 1))
        if widths is not None:
            return shown, widths
    return None


def _is_numeric(rows: Sequence[Sequence[object]], number: int) -> bool:
    return bool(rows) and all(isinstance(row[number], int | float | Decimal | None) for row in rows)


def _fit(columns: Sequence[_Column], room: int) -> list[int] | None:
    """The widths, the widest reduced until all columns fit; None if they cannot."""
    widths = [min(column.width, room) for column in columns]
    least = [column.least for column in columns]
    if sum(least) > room:
        return None
    while sum(widths) > room:
        # Nothing is cut that could be broken or wrapped.
        *_, widest = max(
            (width > columns[n].content, columns[n].is_wrapped, width, n)
            for n, width in enumerate(widths)
            if width > least[n]
        )
        widths[widest] -= 1
    return widths


def _words(name: str) -> list[str]:
    return re.findall(r"[^_]*_|[^_]+", name)


def _head(name: str, width: int) -> str:
    """A name on as few lines as possible, broken after ``_``."""
    lines = [""]
    for word in _words(name):
        if lines[-1] and cell_len(lines[-1] + word) > width:
            lines.append("")
        lines[-1] += word
    return "\n".join(lines)


def _table(columns: Sequence[_Column], widths: Sequence[int]) -> Iterator[Table]:
    grid = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for column, width in zip(columns, widths, strict=True):
        grid.add_column(
            Text(_head(column.name, width)),
            width=width,
            justify="right" if column.is_numeric else "left",
            no_wrap=not column.is_wrapped,
            overflow="fold" if column.is_wrapped else "ellipsis",
        )
    for row in zip(*(column.cells for column in columns), strict=True):
        grid.add_row(*map(Text, row))
    yield grid


def _records(columns: Sequence[_Column]) -> Iterator[Rule | Table | Text]:
    if not columns[0].cells:
        yield Text("  ".join(column.name for column in columns))
    for number, row in enumerate(zip(*(column.cells for column in columns), strict=True), 1):
        yield Rule(Text(str(number)), align="left", style="none")
        record = Table.grid(padding=(0, _GAP, 0, 0))
        record.add_column(no_wrap=True, style="bold")
        record.add_column(overflow="fold")
        for column, value in zip(columns, row, strict=True):
            record.add_row(Text(column.name), Text(value))
        yield record


def _draw(parts: Iterator[Table | Rule | Text] | Iterator[Text], width: int) -> str:
    """The parts as text, with the escape codes that this terminal understands."""
    text = io.StringIO()
    console = _console(file=text, force_terminal=True, width=width)
    for part in parts:
        console.print(part)
    return "".join(f"{line.rstrip()}\n" for line in text.getvalue().splitlines())


def _console(**settings: Any) -> Console:  # noqa: ANN401 - rich's own arguments
    """A console without any styles if NO_COLOR is set: rich alone would keep bold and dim."""
    console = Console(**settings)
    return Console(color_system=None, **settings) if console.no_color else console
