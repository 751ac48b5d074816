"""Generates a sample tree: checks the arguments, marks the folder and writes the files."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.sample.files import ACCOUNTS, EPOCH, REGIONS, SITES, File, FileNames, files
from flowathena.sample.mix import SHORTEST, mixed
from flowathena.sample.variant import Variant
from flowathena.sample.writing import appears_whole, write_files

MARKER = ".flowathena-sample.json"
"""The file next to ``AWSLogs/`` with the arguments that generated it."""
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:")


@dataclass(frozen=True)
class Sample:
    """What ``generate`` wrote; ``last_day`` is inclusive, ``bytes_written`` the total size."""

    root: Path
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    first_day: date
    last_day: date
    files: int
    records: int
    bytes_written: int


def generate(  # noqa: PLR0913 - keyword-only, like the command's options
    root: Path,
    *,
    until: date,
    days: int = 7,
    records: int = 100_000,
    seed: int = 1,
    layout: str = "plain-daily",
    file_format: str = "text",
    log_format: Sequence[str] = DEFAULT_FORMAT,
    mix: bool = False,
) -> Sample:
    """Write the ``days`` UTC days before ``until`` under ``root``, with ``records`` records in all.

    As in AWS, a record is in the folder of the day (or hour) in which it ends. Running this again
    with the same arguments rewrites the same files. The records depend on ``until``, ``days``,
    ``records`` and ``seed`` alone.

    Args:
        root: the folder to create ``AWSLogs/`` in.
        until: the day after the last one.
        days: how many days.
        records: how many records, including NODATA and SKIPDATA.
        seed: another seed gives other records.
        layout: ``plain-daily``, ``plain-hourly``, ``hive-daily`` or ``hive-hourly``.
        file_format: ``text`` or ``parquet``, both gzip-compressed.
        log_format: fields of ``flowathena.logs.fields`` in any order.
        mix: flow logs of several formats, as ``flowathena.sample.mix`` has them.

    Raises:
        ValueError: an argument is invalid, or ``root`` is an address or a file.
        FileExistsError: ``root`` contains flow logs that were not written with these arguments.
    """
    variant = Variant(layout, file_format, tuple(log_format))
    _check(until, days, records, seed)
    _check_root(root)
    if mix:
        _check_mix(days, variant)
    arguments = {"until": str(until), "days": days, "records": records, "seed": seed}
    _claim(root, json.dumps(arguments | variant.changes | ({"mix": True} if mix else {})))
    dates = [until - timedelta(days=back) for back in range(days, 0, -1)]
    every = files(dates, records, hourly=variant.folders.hourly)
    parts: Mapping[Variant, Iterable[File]] = {variant: every}
    if mix:
        parts = mixed(every, dates, variant.layout)
    names = {part: FileNames(root, json.dumps(arguments), part) for part in parts}
    sizes = [size for part in parts for size in write_files(names[part], parts[part])]
    return Sample(root, ACCOUNTS, REGIONS, dates[0], dates[-1], len(sizes), records, sum(sizes))


def _check(until: date, days: int, records: int, seed: int) -> None:
    if days < 1:
        raise ValueError(f"days must be at least 1, not {days}")
    if records < days * len(SITES):
        raise ValueError(f"records must be at least {days * len(SITES)} for {days} days")
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, not {seed}")
    if (until - EPOCH).days <= days:
        raise ValueError(f"{days} days before {until} would start before 1970-01-02")


def _check_mix(days: int, variant: Variant) -> None:
    if variant != Variant(variant.layout):
        raise ValueError("a mix has formats of its own; leave out file_format and log_format")
    if days < SHORTEST:
        raise ValueError(f"a mix needs at least {SHORTEST} days, not {days}")


def _check_root(root: Path) -> None:
    """Refuse an address (of which a Path has lost a slash), and what is not a folder."""
    scheme = root.parts[0] if len(root.parts) > 1 and _SCHEME.match(root.parts[0]) else ""
    if scheme == "s3:":
        address = f"s3://{'/'.join(root.parts[1:])}"
        raise ValueError(
            f"a sample is written to a folder of this machine, not to {address}; write it to a "
            f"folder, then 'aws s3 sync FOLDER/AWSLogs {address}/AWSLogs'"
        )
    if scheme and not Path(scheme).exists():
        raise ValueError(
            f"a sample is written to a folder of this machine, not to an address ({scheme}…)"
        )
    if (root.is_symlink() or root.exists()) and not root.is_dir():
        raise ValueError(f"{root} is not a folder")


def _claim(root: Path, arguments: str) -> None:
    """Write the marker to the folder, or refuse a folder with other logs."""
    logs, marker = root / "AWSLogs", root / MARKER
    content = f"{arguments}\n".encode()
    ours = marker.is_file() and marker.read_bytes() == content
    empty = not logs.exists() or (logs.is_dir() and not any(logs.iterdir()))
    if not (ours or empty):
        raise FileExistsError(
            f"{logs} contains other flow logs than {arguments}; use an empty folder"
        )
    with appears_whole(marker) as temporary:
        temporary.write_bytes(content)
