"""Options of runs whose rows Athena writes as Parquet on their way: ``--unload``."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flowathena.cli import spending, terminal
from flowathena.errors import FlowathenaError

if TYPE_CHECKING:
    from flowathena.client import Client
    from flowathena.query.render import Rendered
    from flowathena.result.result import Listener, Result

NAMES = ("unload", "keep_unloaded")
"""The options, by the names of their arguments."""

Location = Annotated[
    str | None,
    typer.Option(
        "--unload",
        metavar="s3://…",
        help="Have Athena write the rows as Parquet below this prefix and read them from there: "
        "for large results, whose order is lost.",
    ),
]
Keep = Annotated[
    bool,
    typer.Option(
        "--keep-unloaded", help="Leave the Parquet files of --unload (default: they are removed)."
    ),
]


def text(own: dict[str, Any], flows: "Client", rendered: "Rendered") -> str:
    """The statement that would be sent; the name of its folder is another for each run.

    Raises:
        UsageError: the target is a folder, or the location is not in S3.
    """
    if not own.get("unload"):
        return rendered.sql
    return flows.unloading(own["unload"], "RUN-ID").wrap(rendered.sql)


def run(
    own: dict[str, Any], flows: "Client", rendered: "Rendered", listener: "Listener"
) -> "Result":
    """Run a statement that is rendered already."""
    return flows.unload(
        rendered,
        own["unload"],
        keep=True,  # until they are written where they are to be
        spending_limits=spending.limits(own),
        listener=listener,
    )


@contextlib.contextmanager
def clearing(flows: "Client", results: "Callable[[], Iterable[Result]]") -> Iterator[None]:
    """Remove what is unloaded when its rows are written; if they cannot be, it stays.

    Args:
        flows: the client.
        results: those whose files go, asked for at the end.
    """
    try:
        yield
    except FlowathenaError:
        raise
    except BaseException:
        _remove(flows, results())
        raise
    _remove(flows, results())


def _remove(flows: "Client", results: "Iterable[Result]") -> None:
    for result in results:
        try:
            flows.remove_unloaded(result)
        except FlowathenaError as error:
            terminal.warn(str(error))
