"""``flowathena sample``: write realistic logs to try things on."""

from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flowathena.cli import options, terminal
from flowathena.errors import UsageError
from flowathena.logs import transit_gateway
from flowathena.logs.fields import BY_NAME, FIELDS
from flowathena.logs.formats import parse_fields
from flowathena.text import counted, human_bytes


class Layout(StrEnum):
    """The folder layouts that AWS delivers."""

    PLAIN_DAILY = "plain-daily"
    PLAIN_HOURLY = "plain-hourly"
    HIVE_DAILY = "hive-daily"
    HIVE_HOURLY = "hive-hourly"


class FileFormat(StrEnum):
    """The file formats that AWS delivers."""

    TEXT = "text"
    PARQUET = "parquet"


def sample(
    folder: Annotated[str, typer.Argument(metavar="PATH", help="Folder to write AWSLogs/ into.")],
    _target: options.Target = None,
    days: Annotated[int, typer.Option(min=1, help="Days of logs.")] = 7,
    records: Annotated[int, typer.Option(min=1, help="Records in total.")] = 100_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same logs.")] = 1,
    until: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="The day after the last one (default: today, UTC)."),
    ] = None,
    layout: Annotated[
        Layout, typer.Option(help="Folders: plain or Hive-compatible, one per day or per hour.")
    ] = Layout.PLAIN_DAILY,
    file_format: Annotated[
        FileFormat | None,
        typer.Option(
            help="Text with a header line, or Parquet; gzip-compressed. [default: text]",
        ),
    ] = None,
    log_format: Annotated[
        str | None,
        typer.Option(
            metavar="FIELDS",
            help="default (the 14 of version 2), all, v3, v5, … (up to that version), "
            "transit-gateway (the 36 of its flow logs), comma-separated names, or AWS's "
            "'${version} ${start} …'. [default: default]",
        ),
    ] = None,
    version: Annotated[
        int | None,
        typer.Option(metavar="N", help="All fields up to this version: --log-format vN."),
    ] = None,
    mix: Annotated[
        bool,
        typer.Option(
            "--mix", help="Three formats in the same folders, as buckets have them in time."
        ),
    ] = False,
) -> None:
    """Write realistic sample logs into a folder.

    Two accounts, two Regions, scanners and rejects, in any layout, file format and choice of fields
    that AWS delivers. The records depend on days, records, seed and until alone: the same ones are
    written in every layout and format.

    With --mix, every VPC has a flow log of its own, at first text of version 2. A third of the way
    (on day 10 of 30), one VPC of the second account gets text with other fields in another order;
    two thirds of the way, all get Parquet. Both happen at noon, so those days hold both formats.
    """
    from flowathena.sample import generate

    if not folder:  # as a path, it would be the current folder
        raise UsageError("PATH is empty; name a folder, or . for the current one")
    if mix and (file_format, log_format, version) != (None, None, None):
        raise UsageError(
            "--mix has formats of its own; leave out --file-format, --log-format and --version"
        )
    path = Path(folder)
    try:
        end = date.fromisoformat(until) if until else datetime.now(UTC).date()
    except ValueError:
        raise UsageError(f"--until: {until!r} is not a valid date; use YYYY-MM-DD") from None
    try:
        done = generate(
            path,
            until=end,
            days=days,
            records=records,
            seed=seed,
            layout=layout,
            file_format=file_format or FileFormat.TEXT,
            log_format=_chosen_fields(log_format, version),
            mix=mix,
        )
    except ValueError as error:
        raise UsageError(str(error)) from error
    except OSError as error:
        if path.exists() and not path.is_dir():
            raise UsageError(f"{path} is not a folder") from error
        raise UsageError(
            str(error) if not error.strerror else f"{path}: {error.strerror}"
        ) from error
    terminal.text(
        f"{counted(done.records, 'record')} in {counted(done.files, 'file')} "
        f"({human_bytes(done.bytes_written)}), "
        f"{done.first_day} to {done.last_day}, accounts {', '.join(done.accounts)}, "
        f"regions {', '.join(done.regions)}"
    )


def _chosen_fields(log_format: str | None, version: int | None) -> tuple[str, ...]:
    """The fields of ``--log-format`` or ``--version``."""
    if version is None:
        return _fields("default" if log_format is None else log_format)
    if log_format is not None:
        raise UsageError("--log-format and --version both name the fields; give one of them")
    known = sorted({field.version for field in FIELDS})
    if version not in known:
        versions = ", ".join(map(str, known))
        raise UsageError(f"--version: {version} is not a version of flow logs; one of {versions}")
    return _fields(f"v{version}")


def _fields(text: str) -> tuple[str, ...]:
    """The fields that a ``--log-format`` names."""
    if text == "transit-gateway":
        return transit_gateway.DEFAULT_FORMAT
    newest = max(field.version for field in FIELDS)
    version = f"v{newest}" if text == "all" else text
    if version in {f"v{field.version}" for field in FIELDS}:
        return tuple(field.name for field in FIELDS if field.version <= int(version[1:]))
    try:
        fields = parse_fields(text)
    except ValueError as error:
        raise UsageError(f"--log-format: {error}") from error
    unknown = [name for name in fields if name not in BY_NAME]
    if unknown:
        raise UsageError(f"--log-format: unknown fields: {', '.join(unknown)}")
    return fields
