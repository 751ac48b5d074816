"""``--chart``: a drawing of the rows on standard output; and pictures in files."""

from typing import TYPE_CHECKING, Annotated

import typer

from flowathena.cli import terminal
from flowathena.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowathena.result.formats import Format
    from flowathena.result.result import Result

Chart = Annotated[
    bool,
    typer.Option(
        "--chart",
        help="Draw the rows instead of the table; after it, or after the file of -o, if named.",
    ),
]


def check(form: "Format | None", *, is_drawn: bool, has_file: bool, is_dry: bool) -> None:
    """Make sure that a picture can be made, before a query is paid for.

    Args:
        form: the format of the rows.
        is_drawn: whether they are drawn, too.
        has_file: whether the rows go into a file or an object.
        is_dry: whether nothing runs.

    Raises:
        UsageError: standard output would get rows and a drawing that nobody can tell apart.
        FlowathenaError: what makes pictures is not installed.
    """
    from flowathena.result.formats import PICTURES, Format

    if is_drawn and is_dry:
        raise UsageError("--dry-run prints SQL and has no rows to draw; leave out --chart")
    if is_drawn and not has_file and form not in {None, Format.TABLE, Format.RECORD}:
        raise UsageError(f"--chart would follow the {form} on standard output; name -o FILE for it")
    if form in PICTURES and not is_dry:
        from flowathena.result.chart import render

        render.require()


def draw(result: "Result", otherwise: "Callable[[], None]") -> None:
    """Draw rows on standard output, in colours if it is a terminal that has some.

    Args:
        result: the rows.
        otherwise: shows rows that no chart can be made of, because they are paid for.

    Raises:
        UsageError: no chart can be made of them.
    """
    try:
        lines = result.chart().lines(terminal.columns())
    except UsageError:
        otherwise()
        raise
    terminal.drawing(lines)
