"""Query cases of the tests: those of ``tests/cases``, and records and projects written by hand."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from flowathena import Client
from flowathena.cases.case import ACCOUNT, HEADER, REGION, Case, LogFile, objects, write_tree
from flowathena.cases.reading import read

__all__ = [
    "ACCOUNT",
    "HEADER",
    "REGION",
    "Case",
    "LogFile",
    "load_cases",
    "objects",
    "record",
    "unix",
    "write_project",
    "write_tree",
]

_FOLDER = Path(__file__).with_name("cases")


@cache
def load_cases() -> tuple[Case, ...]:
    """Every case of ``tests/cases/``."""
    return tuple(case for path in sorted(_FOLDER.glob("*.toml")) for case in read(path))


def record(start: str | int, **changed: object) -> str:
    """A line of the default format: an accepted TCP flow to port 443, but for what is changed.

    Args:
        start: Unix seconds, or an ISO time.
        changed: values by field name with ``_`` for ``-``; ``end`` is a minute after the start.
    """
    second = start if isinstance(start, int) else unix(start)
    values: dict[str, object] = {
        "version": 2,
        "account-id": ACCOUNT,
        "interface-id": "eni-0a1b2c3d4e5f60718",
        "srcaddr": "10.0.1.5",
        "dstaddr": "10.0.2.9",
        "srcport": 50001,
        "dstport": 443,
        "protocol": 6,
        "packets": 10,
        "bytes": 1000,
        "start": second,
        "end": second + 60,
        "action": "ACCEPT",
        "log-status": "OK",
    }
    values |= {name.replace("_", "-"): value for name, value in changed.items()}
    return " ".join(str(values[name]) for name in HEADER.split())


def write_project(
    folder: Path, *files: LogFile, settings: str = "", registered: bool = False
) -> Path:
    """A target ``local`` in a ``flowathena.toml``, its logs in ``logs/``; the logs' folder.

    Args:
        folder: where.
        files: the logs.
        settings: lines before the target's.
        registered: whether every day is registered.
    """
    root = folder / "logs"
    root.mkdir()
    for file in files:
        file.write(root)
    text = f'{settings}\n[targets.local]\nlocation = "./logs"\n'
    config = folder / "flowathena.toml"
    config.write_text(text, encoding="utf-8")
    if registered:
        Client("local", config_path=config).partitions.sync(everything=True)
    return root


def unix(iso_time: str) -> int:
    """Unix seconds of an ISO time, UTC where it names no offset."""
    moment = datetime.fromisoformat(iso_time)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
