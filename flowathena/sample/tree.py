"""A whole sample tree: its arguments checked, its folder claimed, its files written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.sample.files import ACCOUNTS, EPOCH, REGIONS, SITES, FileNames, files
from flowathena.sample.variant import Variant
from flowathena.sample.writing import appears_whole, write_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path

MARKER = ".flowathena-sample.json"
"""The file beside ``AWSLogs/`` that tells which arguments wrote it."""


@dataclass(frozen=True)
class Sample:
    """What ``generate`` wrote; both days are included, ``bytes_written`` counts the files' size."""

    root: Path
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    first_day: date
    last_day: date
    files: int
    records: int
    bytes_written: int


def generate(  # noqa: PLR0913 - all by name, as the options of the command
    root: Path,
    *,
    until: date,
    days: int = 7,
    records: int = 100_000,
    seed: int = 1,
    layout: str = "plain-daily",
    file_format: str = "text",
    log_format: Sequence[str] = DEFAULT_FORMAT,
) -> Sample:
    """Write the ``days`` UTC days before ``until`` under ``root``, ``records`` records in all.

    A record lies in the folder of the day (or hour) it ends in, as in AWS. Running it again with
    the same arguments rewrites the same files. The records depend on ``until``, ``days``,
    ``records`` and ``seed`` alone, down to each value.

    Args:
        root: the folder that gets ``AWSLogs/``.
        until: the day after the last one.
        days: how many.
        records: how many, NODATA and SKIPDATA included.
        seed: another one gives other records.
        layout: ``plain-daily``, ``plain-hourly``, ``hive-daily`` or ``hive-hourly``.
        file_format: ``text`` or ``parquet``, both gzip-compressed.
        log_format: fields of ``flowathena.fields`` in any order.

    Raises:
        ValueError: an argument is out of range.
        FileExistsError: ``root`` already holds flow logs that these arguments did not write.
    """
    shape = Variant(layout, file_format, tuple(log_format))
    _check(until, days, records, seed)
    made_of = {"until": str(until), "days": days, "records": records, "seed": seed}
    _claim(root, json.dumps(made_of | shape.told))
    dates = [until - timedelta(days=back) for back in range(days, 0, -1)]
    names = FileNames(root, json.dumps(made_of), shape)
    sizes = write_files(names, files(dates, records, hourly=shape.folders.hourly))
    return Sample(root, ACCOUNTS, REGIONS, dates[0], dates[-1], len(sizes), records, sum(sizes))


def _check(until: date, days: int, records: int, seed: int) -> None:
    if days < 1:
        raise ValueError(f"days must be at least 1, not {days}")
    if records < days * len(SITES):
        raise ValueError(f"records must be at least {days * len(SITES)} for {days} days")
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, not {seed}")
    if (until - EPOCH).days <= days:
        raise ValueError(f"{days} days before {until} reach back before 1970-01-02")


def _claim(root: Path, arguments: str) -> None:
    """Leave the marker in the folder, or refuse a folder with other logs."""
    logs, marker = root / "AWSLogs", root / MARKER
    content = f"{arguments}\n".encode()
    ours = marker.is_file() and marker.read_bytes() == content
    empty = not logs.exists() or (logs.is_dir() and not any(logs.iterdir()))
    if not (ours or empty):
        raise FileExistsError(f"{logs} holds other flow logs than {arguments}: use an empty folder")
    with appears_whole(marker) as temporary:
        temporary.write_bytes(content)
