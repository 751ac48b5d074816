"""A query case: log records as text, what is asked of them, and the rows worked out by hand; pure.

A case knows nothing of an engine: ``objects`` gives keys and bytes for a bucket, ``write_tree``
writes the same as files of a folder, ``options`` is the command line.
"""

import gzip
import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from flowathena.inputs.params import option
from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.logs.layout import LOG_ROOT, SERVICE
from flowathena.text import iso

HEADER = " ".join(DEFAULT_FORMAT)
"""The first line of a file of the default record format."""
ACCOUNT = "111122223333"
REGION = "eu-west-1"

Reason = tuple[int, str]
"""Why records may not count: the position of their file in the case, and the words."""


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
        return f"{LOG_ROOT}/{self.above}{self.account}/{SERVICE}/{self.region}/{day}/"

    @property
    def key(self) -> str:
        """Its key below the location; the same whatever is left out of its content."""
        delivery = f"{self.day.replace('-', '')}T{self.time}Z"
        mark = hashlib.sha256("\n".join(self.lines()).encode()).hexdigest()[:8]
        name = f"{self.account}_{SERVICE}_{self.region}_fl-0123456789abcdef0_{delivery}_{mark}"
        return f"{self.folder}{self.below}{name}.log.gz"

    def lines(self, *, forbidden: bool = True, without: Collection[str] = ()) -> list[str]:
        """Header and records.

        Args:
            forbidden: with those that may not count.
            without: reasons whose records are left out.
        """
        others = [
            line
            for reason, lines in self.must_not.items()
            if forbidden and reason not in without
            for line in lines
        ]
        return [self.header, *self.records, *others]

    def content(self, *, forbidden: bool = True, without: Collection[str] = ()) -> bytes:
        """The gzip file's bytes; the arguments are those of ``lines``."""
        lines = self.lines(forbidden=forbidden, without=without)
        return gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0)

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
        query: name of the query.
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
        tolerance: by column, how much of its value an approximate answer may differ (0.02 is 2 %).
        path: the file it is read from; None if it is not.
        line: the line on which it begins.
        reason_lines: the line of each reason.
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
    header: str = HEADER
    tolerance: Mapping[str, float] = field(default_factory=dict)
    path: Path | None = None
    line: int | None = None
    reason_lines: Mapping[Reason, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.query}: {self.name}"

    @property
    def log_format(self) -> list[str]:
        """Field names of the records."""
        return self.header.split()

    @property
    def reasons(self) -> list[Reason]:
        """Why records of it may not count."""
        return [(n, why) for n, file in enumerate(self.files) for why in file.must_not]

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
            *(
                (name, value)
                for name, given in self.params.items()
                for value in (given if isinstance(given, list | tuple) else [given])
            ),
        ]
        return [text for name, value in pairs for text in (option(name), str(value))]

    @property
    def json_rows(self) -> list[dict[str, object]]:
        """The rows as ``--format json`` writes them."""
        return [dict(zip(self.columns, map(_as_json, row), strict=True)) for row in self.rows]


def objects(
    case: Case,
    *,
    registered: bool | None = None,
    forbidden: bool = True,
    without: Collection[Reason] = (),
) -> Iterator[tuple[str, bytes]]:
    """Key and bytes of every file.

    Args:
        case: the case.
        registered: only the files whose day is registered (True: to be there before a sync) or is
            not (False: to come after it).
        forbidden: with the records that may not count.
        without: reasons whose records are left out.
    """
    for position, file in enumerate(case.files):
        if registered is None or file.registered is registered:
            omitted = [why for number, why in without if number == position]
            yield file.key, file.content(forbidden=forbidden, without=omitted)


def write_tree(
    case: Case,
    root: Path,
    *,
    registered: bool | None = None,
    forbidden: bool = True,
    without: Collection[Reason] = (),
) -> None:
    """Write ``objects`` as files below a folder."""
    for key, content in objects(case, registered=registered, forbidden=forbidden, without=without):
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _as_json(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return iso(value) if isinstance(value, datetime) else value
