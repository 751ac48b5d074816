"""Query cases: log records as text, what is asked of them, and the rows worked out by hand.

A case stands in ``tests/cases/<query>.toml``. It knows nothing of an engine: ``objects`` gives keys
and bytes for a bucket, ``write_tree`` the same as files of a folder, ``options`` the command line.
"""

import gzip
import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from flowathena import Client

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
    "start end action log-status"
)
ACCOUNT = "111122223333"
REGION = "eu-west-1"
_FOLDER = Path(__file__).with_name("cases")
_NULL = "NULL"


@dataclass(frozen=True)
class LogFile:
    """One gzip file of a day folder, with AWS's name.

    Attributes:
        day: the day of its folder, ``YYYY-MM-DD``.
        records: lines below the header.
        account: owner of the logs.
        region: where they were taken.
        header: the first line.
        above: folders between ``AWSLogs/`` and the account (``o-exampleorgid/``).
        below: folders between the day and the file (``13/`` where there are hours).
        time: delivery time in the file's name; tells files of a day apart.
        must_not: records that may not count, by the reason; they stand in the file too.
        registered: whether the day is registered before the query runs.
    """

    day: str
    records: tuple[str, ...]
    account: str = ACCOUNT
    region: str = REGION
    header: str = HEADER
    above: str = ""
    below: str = ""
    time: str = "0005"
    must_not: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    registered: bool = True

    @property
    def folder(self) -> str:
        """The key prefix of its day, ending in ``/``."""
        day = self.day.replace("-", "/")
        return f"AWSLogs/{self.above}{self.account}/vpcflowlogs/{self.region}/{day}/"

    @property
    def key(self) -> str:
        """Its key below the location."""
        delivery = f"{self.day.replace('-', '')}T{self.time}Z"
        mark = hashlib.sha256("\n".join(self.lines()).encode()).hexdigest()[:8]
        name = f"{self.account}_vpcflowlogs_{self.region}_fl-0123456789abcdef0_{delivery}_{mark}"
        return f"{self.folder}{self.below}{name}.log.gz"

    def lines(self, *, forbidden: bool = True) -> list[str]:
        """Header and records; without the ones that may not count on demand."""
        others = [line for lines in self.must_not.values() for line in lines]
        return [self.header, *self.records, *(others if forbidden else [])]

    def content(self, *, forbidden: bool = True) -> bytes:
        """The gzip file's bytes."""
        return gzip.compress(("\n".join(self.lines(forbidden=forbidden)) + "\n").encode(), mtime=0)

    def write(self, root: Path) -> Path:
        """Write it below a folder."""
        path = root / self.key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.content())
        return path


@dataclass(frozen=True)
class Case:
    """A query asked of some files, and its whole answer.

    Attributes:
        query: name of the packaged query.
        name: what the case is about.
        files: the log files.
        since: as for ``run``; ``until`` is always given, no case depends on the clock.
        until: end of the window.
        account: account filter, empty for all.
        region: Region filter, empty for all.
        params: the query's parameters.
        columns: names of the answer's columns, in order.
        rows: the answer, in order; times are aware UTC, None is NULL.
        header: header line of all its files; names the record format.
    """

    query: str
    name: str
    files: tuple[LogFile, ...]
    since: str | None
    until: str
    account: tuple[str, ...]
    region: tuple[str, ...]
    params: Mapping[str, object]
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    header: str

    def __str__(self) -> str:
        return f"{self.query}: {self.name}"

    @property
    def log_format(self) -> list[str]:
        """Field names of the records."""
        return self.header.split()

    @property
    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of ``Client.run``."""
        extent = {"since": self.since, "until": self.until}
        own = {"account": self.account or None, "region": self.region or None}
        return {**extent, **own, **self.params}

    @property
    def options(self) -> list[str]:
        """Options of ``flowathena run NAME``."""
        pairs = [
            *([("since", self.since)] if self.since else []),
            ("until", self.until),
            *(("account", account) for account in self.account),
            *(("region", region) for region in self.region),
            *((name.replace("_", "-"), value) for name, value in self.params.items()),
        ]
        return [text for name, value in pairs for text in (f"--{name}", str(value))]

    @property
    def json_rows(self) -> list[dict[str, object]]:
        """The rows as ``--format json`` writes them."""
        return [dict(zip(self.columns, map(_as_json, row), strict=True)) for row in self.rows]


def objects(
    case: Case, *, registered: bool | None = None, forbidden: bool = True
) -> Iterator[tuple[str, bytes]]:
    """Key and bytes of every file.

    Args:
        case: the case.
        registered: only the files whose day is registered (True: to be there before a sync) or is
            not (False: to come after it).
        forbidden: with the records that may not count.
    """
    for file in case.files:
        if registered is None or file.registered is registered:
            yield file.key, file.content(forbidden=forbidden)


def write_tree(
    case: Case, root: Path, *, registered: bool | None = None, forbidden: bool = True
) -> None:
    """Write ``objects`` as files below a folder."""
    for key, content in objects(case, registered=registered, forbidden=forbidden):
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@cache
def load_cases() -> tuple[Case, ...]:
    """Every case of ``tests/cases/``."""
    return tuple(case for path in sorted(_FOLDER.glob("*.toml")) for case in _read(path))


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


def _read(path: Path) -> Iterator[Case]:
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    for table in data["case"]:
        header = str(table.pop("header", HEADER))
        columns = table.pop("columns", None) or data["columns"]
        yield Case(
            query=path.stem,
            name=table.pop("name"),
            files=tuple(_file(file, header) for file in table.pop("file")),
            since=table.pop("since", None),
            until=table.pop("until"),
            account=tuple(table.pop("account", ())),
            region=tuple(table.pop("region", ())),
            params=table.pop("params", {}),
            columns=tuple(columns),
            rows=tuple(tuple(map(_value, row)) for row in table.pop("rows")),
            header=header,
        )
        assert not table, f"{path}: unknown keys {sorted(table)}"


def _file(table: dict[str, Any], header: str) -> LogFile:
    must_not = {why: _lines(text) for why, text in table.pop("must_not", {}).items()}
    records = _lines(table.pop("records", ""))
    return LogFile(records=records, header=header, must_not=must_not, **table)


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line for line in text.splitlines() if line)


def _value(value: object) -> object:
    """A value of a row; TOML has no decimals: ``{ decimal = "0.0450" }``."""
    if isinstance(value, dict):
        return Decimal(value["decimal"])
    return None if value == _NULL else value


def _as_json(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value
