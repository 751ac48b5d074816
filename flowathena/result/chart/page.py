"""Pages: rows as a table in HTML, and a chart above its rows on a page of its own. Pure.

A page needs nothing from anywhere: no script, no font, no network. It follows the reader's choice
of light or dark.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from html import escape
from itertools import islice

from flowathena.result.cells import cell
from flowathena.result.chart import render
from flowathena.result.chart.marks import Marks
from flowathena.result.chart.vega.parts import NARROW
from flowathena.result.chart.vega.theme import DARK, LIGHT, VARIABLES, style
from flowathena.result.chart.words import describe
from flowathena.text import printable

MOST_ROWS = 1_000
"""Rows of a page's table."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_STYLE = (
    f":root{{color-scheme:light dark;{style(LIGHT)}}}"
    f"@media (prefers-color-scheme:dark){{:root{{{style(DARK)}}}}}"
    "body{margin:0 auto;padding:1.5rem 1rem;max-width:46rem;background:var(--paper);"
    "color:var(--ink);font:16px/1.5 system-ui,sans-serif}"
    "h1{font-size:1.4rem;margin:0 0 .25rem}p{margin:.25rem 0;color:var(--dim)}"
    "figure{margin:1rem 0;overflow-x:auto}svg{max-width:100%;height:auto;overflow:visible}"
    ".narrow{display:none}.scroll{overflow-x:auto}"
    "@media (max-width:40rem){.wide{display:none}.narrow{display:block}}"
    "table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}"
    "caption{text-align:left;color:var(--dim);padding:.25rem 0}"
    "th,td{padding:.25rem .75rem .25rem 0;text-align:left;vertical-align:top;"
    "border-bottom:1px solid var(--grid)}th{color:var(--dim);font-weight:600}"
    ".number{text-align:right}.null{color:var(--dim)}"
)


class Look(StrEnum):
    """How a column of a table is written."""

    TEXT = ""
    NUMBER = "number"
    AMOUNT = "amount"
    """A number with commas between thousands."""


def table(
    columns: Sequence[tuple[str, Look]],
    rows: Iterable[Sequence[object]],
    total: int,
    most: int = MOST_ROWS,
    css_class: str = "",
) -> str:
    """Rows as a table in HTML; of more than ``most`` its caption says how many are missing.

    Args:
        columns: the columns, each with how it is written: numbers are to the right.
        rows: the rows; read as far as they are shown.
        total: how many there are.
        most: how many are shown.
        css_class: the class of the table.
    """
    left = total - most
    caption = f"{total:,} {'row' if total == 1 else 'rows'}"
    caption += f", of which the first {most:,} are shown: {left:,} more" if left > 0 else ""
    looks = [look for _, look in columns]
    head = "".join(f'<th scope="col"{_class(_mark(look))}>{_text(n)}</th>' for n, look in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row, looks))}</tr>\n" for row in islice(rows, most))
    return (
        f"<table{_class(css_class)}><caption>{caption}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody></table>"
    )


def page(marks: Marks, rows_table: str) -> str:
    """A page with a chart and the table of its rows.

    Raises:
        FlowathenaError: vl-convert is not installed.
    """
    title = _text(marks.title)
    described = f"<p>{_text(marks.chart.description)}</p>\n" if marks.chart.description else ""
    notes = "".join(f"<p>{_text(note)}</p>\n" for note in marks.notes)
    wide = render.svg(marks, VARIABLES, titled=False)
    narrow = render.svg(marks, VARIABLES, NARROW, titled=False)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        f'<meta name="generator" content="flowathena">\n<title>{title}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{described}"
        f'<figure>\n<div class="wide">{wide}</div>\n<div class="narrow">{narrow}</div>\n'
        f"<figcaption><p>{_text(describe(marks))}</p>\n{notes}</figcaption>\n</figure>\n"
        f'<div class="scroll" tabindex="0" role="region" aria-label="Rows">\n{rows_table}\n</div>\n'
        "</main>\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    return escape(printable(text))


def _class(name: str) -> str:
    return f' class="{name}"' if name else ""


def _mark(look: Look) -> str:
    return "number" if look else ""


def _cell(value: object, look: Look) -> str:
    if value is None:
        return f"<td{_class(f'{_mark(look)} null'.strip())}>–</td>"
    text = f"{value:,}" if look is Look.AMOUNT and isinstance(value, int) else cell(value)
    return f"<td{_class(_mark(look))}>{escape(text)}</td>"
