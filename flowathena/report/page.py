"""The report as one page in HTML, which needs nothing from anywhere. Pure but for its template.

Its only script sorts tables, and is allowed by its hash; without it the page lacks nothing else.
"""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from flowathena.cost.price import usd
from flowathena.errors import UsageError
from flowathena.package import __version__
from flowathena.report.contents import Answer, Contents, Scan
from flowathena.result.chart import render as charts
from flowathena.result.chart.chart import NUMBERS, is_amount
from flowathena.result.chart.marks import Marks
from flowathena.result.chart.numbers import Unit, readable
from flowathena.result.chart.page import Look, table
from flowathena.result.chart.vega.parts import NARROW
from flowathena.result.chart.vega.theme import DARK, LIGHT, VARIABLES, style
from flowathena.result.result import Result
from flowathena.text import counted, human_bytes, iso, printable

MOST_ROWS = 2_500
"""Rows of a panel's table."""
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Section:
    """A panel as it is written.

    Attributes:
        answer: its answer.
        wide: its chart as SVG; empty if there is nothing to draw.
        narrow: the same for a phone.
        notes: what the chart leaves out.
        table: its rows as a table; empty if there are none.
        rows: how many there are, in words.
    """

    answer: Answer
    wide: str = ""
    narrow: str = ""
    notes: tuple[str, ...] = ()
    table: str = ""
    rows: str = ""


def render(report: Contents) -> str:
    """The page.

    Raises:
        FlowathenaError: vl-convert, which draws the charts, is not installed.
    """
    charts.require()
    script = _read("sort.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page: str = _template().render(
        report=report,
        window=_window(report),
        scope=_scope(report),
        tiles=list(_tiles(report)),
        sections=[_section(answer) for answer in report.answers],
        scans=[_scanned(scan) for scan in report.scans],
        total=_total(report),
        style=Markup(_read("page.css")),  # noqa: S704 - files of our own
        light=Markup(style(LIGHT)),  # noqa: S704 - same
        dark=Markup(style(DARK)),  # noqa: S704 - same
        script=Markup(script),  # noqa: S704 - same
        script_hash=digest,
        made_at=iso(report.made_at),
        version=__version__,
    )
    return page


@cache
def _template() -> Any:  # noqa: ANN401 - Jinja's own
    jinja = Environment(
        autoescape=True,
        finalize=_finalize,
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return jinja.get_template("page.html.jinja")


def _finalize(value: object) -> object:
    """What the template writes of a value, before it is escaped."""
    return printable(value, "\n") if type(value) is str else value


@cache
def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8").strip()


def _window(report: Contents) -> str:
    window = report.selection.window
    if window is None:
        return "all of time"
    since, until = (moment.strftime("%Y-%m-%d %H:%M:%S") for moment in window.whole_seconds)
    return f"{since} to {until}, UTC"


def _scope(report: Contents) -> list[tuple[str, str]]:
    """Where the records are from, in words."""
    selection = report.selection
    return [
        ("Logs", report.location),
        ("Table", report.table),
        ("Accounts", ", ".join(selection.accounts) or "all"),
        ("Regions", ", ".join(selection.regions) or "all"),
        *([("Flow logs", ", ".join(selection.flow_logs))] if selection.flow_logs else []),
    ]


def _tiles(report: Contents) -> Iterator[tuple[str, str]]:
    """The network in a few numbers, each with what it is."""
    figures = report.figures
    if figures is None:
        return
    share = figures.rejected_share
    yield readable(figures.accepted_bytes, Unit.BYTES), "accepted"
    yield f"{figures.accepted_flows:,}", "accepted flows"
    yield f"{figures.rejected_flows:,}", "rejected flows"
    if share is not None:
        yield readable(100 * share, Unit.PERCENT), "of flows rejected"


def _section(answer: Answer) -> Section:
    result = answer.result
    if result is None or not len(result):
        return Section(answer)
    section = Section(answer, table=_table(result), rows=counted(len(result), "row"))
    marks = _marks(result)
    if marks is None:
        return section
    ids = f"{answer.panel.name.replace('_', '-')}-"
    return replace(
        section,
        wide=charts.svg(marks, VARIABLES, titled=False, ids=ids),
        narrow=charts.svg(marks, VARIABLES, NARROW, titled=False, ids=ids),
        notes=marks.notes,
    )


def _marks(result: Result) -> Marks | None:
    """What is drawn; None if there is nothing to."""
    try:
        marks = result.chart().marks
    except UsageError:  # rows that no chart can be made of: the table has them
        return None
    return marks if marks.numbers else None


def _table(result: Result) -> str:
    columns = [(column.name, _look(column.name, column.kind.name)) for column in result.columns]
    rows = chain.from_iterable(result.batches())
    return table(columns, rows, len(result), MOST_ROWS, "sortable")


def _look(name: str, kind: str) -> Look:
    if is_amount(name, kind):
        return Look.AMOUNT
    return Look.NUMBER if kind in NUMBERS else Look.TEXT


def _scanned(scan: Scan) -> tuple[Scan, str, str]:
    """A scan with what was expected of it, and what it took, in words."""
    expected = "not known"
    if scan.expected_bytes is not None:
        expected = f"{human_bytes(scan.expected_bytes)}, {usd(scan.expected_usd)}"
    stats = scan.stats
    if stats is None:
        return scan, expected, "failed"
    measured = f"{human_bytes(stats.scanned_bytes or 0)}, {usd(stats.cost_usd)}"
    return scan, expected, f"{measured}, {stats.seconds:.1f} s"


def _total(report: Contents) -> str:
    """What the scans took together."""
    if not report.scans:
        return "Nothing was scanned."
    scans = counted(len(report.scans), "scan")
    text = f"{scans} of {human_bytes(report.scanned_bytes)}, {usd(report.cost_usd)}"
    if report.expected_bytes is not None:
        text += f" (estimated {human_bytes(report.expected_bytes)})"
    return f"{text}."
