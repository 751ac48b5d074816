"""Where rows are written: standard output, a file or an object."""

from pathlib import Path
from typing import Annotated, Any

import typer

from flowathena.errors import UsageError

_STDOUT = (Path("-"), Path("/dev/stdout"))
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        help="Write to a file, or to s3://BUCKET/KEY, which appears complete or not at all; - is "
        "standard output.",
    ),
]
Manifest = Annotated[
    bool,
    typer.Option(
        "--quicksight-manifest",
        help="Beside -o s3://….csv write the manifest by which QuickSight imports it.",
    ),
]


def local(given: str | None) -> Path | None:
    """The file to write; None for standard output."""
    path = None if given is None else Path(given)
    return None if path in _STDOUT else path


def remote(own: dict[str, Any]) -> str:
    """The object to write; empty if it is none.

    Args:
        own: the options of a run.

    Raises:
        UsageError: it cannot be one, or an option goes with an object only.
    """
    given = str(own["output"] or "")
    if not given.startswith("s3://"):
        if own.get("quicksight_manifest"):
            raise UsageError("--quicksight-manifest goes with -o s3://BUCKET/KEY.csv")
        return ""
    from flowathena.deploy.quicksight.manifest import manifest_location
    from flowathena.storage.objects import check_object

    check_object(given)
    if own["dry_run"]:
        raise UsageError("--dry-run prints SQL; leave -o s3://… out, or name a .sql file")
    if own.get("quicksight_manifest"):
        manifest_location(given)
    return given
