"""A picture of a result: a drawing of text, SVG, PNG, or a page."""

from dataclasses import dataclass
from pathlib import Path

from flowathena import files
from flowathena.errors import FlowathenaError, UsageError
from flowathena.result.chart import page, render
from flowathena.result.chart.canvas import Line, plain
from flowathena.result.chart.drawing import draw
from flowathena.result.chart.marks import Marks

_WIDTH = 80


@dataclass(frozen=True)
class Picture:
    """A chart that can be looked at; notebooks show it by themselves.

    Attributes:
        marks: what is drawn, and how.
        table: the rows as a table in HTML, for the page.
    """

    marks: Marks
    table: str = ""

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<Picture {self.marks.chart.kind}: {self.marks.title}>"

    def lines(self, width: int = _WIDTH) -> list[Line]:
        """The drawing as lines of spans, each with what it is, for a terminal's colours."""
        return draw(self.marks, width)

    def text(self, width: int = _WIDTH) -> str:
        """The drawing as plain text, no line wider than ``width`` characters (20 at least)."""
        return plain(self.lines(width))

    def svg(self) -> str:
        """An SVG image with title and description.

        Raises:
            FlowathenaError: vl-convert is not installed.
        """
        return render.svg(self.marks)

    def png(self) -> bytes:
        """A PNG image.

        Raises:
            FlowathenaError: vl-convert is not installed.
        """
        return render.png(self.marks)

    def html(self) -> str:
        """A page with the chart and the table of its rows, which needs no network.

        Raises:
            FlowathenaError: vl-convert is not installed.
        """
        return page.page(self.marks, self.table)

    def save(self, path: str | Path) -> None:
        """Write a file: ``.svg``, ``.png``, ``.html`` or ``.txt``, by its ending.

        Raises:
            UsageError: the ending is another one.
            FlowathenaError: vl-convert is not installed, or the file cannot be written.
        """
        files.write(self.encoded(Path(path).suffix.lower().removeprefix(".")), Path(path))

    def encoded(self, form: str) -> bytes:
        """The picture as ``svg``, ``png``, ``html`` or ``txt``.

        Raises:
            UsageError: there is no such form.
            FlowathenaError: vl-convert is not installed.
        """
        if form == "png":
            return self.png()
        texts = {"svg": self.svg, "html": self.html, "htm": self.html, "txt": self.text}
        if form not in texts:
            raise UsageError(f"a chart is a .svg, .png, .html or .txt file, not {form or 'none'}")
        return texts[form]().encode()

    def _repr_svg_(self) -> str | None:
        """What a notebook shows; its text if vl-convert is not installed."""
        try:
            return self.svg()
        except FlowathenaError:
            return None
