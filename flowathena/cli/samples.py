"""``flowathena sample``: write a realistic log tree to try things on."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from flowathena.cli import options, terminal
from flowathena.errors import UsageError


def sample(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Folder to write AWSLogs/ into.")],
    _target: options.Target = None,
    days: Annotated[int, typer.Option(min=1, help="Days of logs.")] = 7,
    records: Annotated[int, typer.Option(min=1, help="Records in all.")] = 100_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same logs.")] = 1,
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="The day after the last one; today (UTC) when left out."),
    ] = None,
) -> None:
    """Write a realistic tree of flow logs: two accounts, two Regions, scanners and rejects."""
    from flowathena.output import human_bytes
    from flowathena.sample import generate

    try:
        end = date.fromisoformat(until) if until else datetime.now(UTC).date()
    except ValueError:
        raise UsageError(f"--until: {until!r} is no date; write YYYY-MM-DD") from None
    try:
        done = generate(path, until=end, days=days, records=records, seed=seed)
    except ValueError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        raise UsageError(
            str(error) if not error.strerror else f"{path}: {error.strerror}"
        ) from error
    terminal.text(
        f"{done.records} records in {done.files} files ({human_bytes(done.bytes_written)}), "
        f"{done.first_day} to {done.last_day}, accounts {', '.join(done.accounts)}, "
        f"regions {', '.join(done.regions)}"
    )
