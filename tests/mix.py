"""Flow logs of any mix of formats, read and counted in plain Python: what engines must say.

Nothing of the package is in here but what AWS documents: a text file names its fields in its first
line, a Parquet file in its schema, and ``-`` is no value. ``tests/test_mix.py`` checks it.
"""

import csv
import gzip
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

Record = Mapping[str, Any]
"""A record by the columns of ``flow_logs``: numbers are int, no value is None, and a field that its
flow log does not have is not there. Beside them ``aws_account``, ``aws_region``, ``day`` (of the
folder, a date), ``hour`` (of the folder, an int or None), ``flow_log`` (``fl-…``) and ``kind``
(``text`` or ``parquet``)."""

_NAME = re.compile(r"(\d{12})_vpcflowlogs_([a-z0-9-]+)_(fl-[0-9a-f]+)_\d{8}T\d{4}Z_[0-9a-f]+\.")
_FOLDER = re.compile(
    r"/(?:year=)?(\d{4})/(?:month=)?(\d\d)/(?:day=)?(\d\d)(?:/(?:hour=)?(\d\d))?/[^/]+$"
)
_NUMBERS = re.compile(
    "version|srcport|dstport|protocol|packets|bytes|start|end"
    "|tcp_flags|traffic_path|encryption_status"
)


def read_tree(root: Path) -> list[Record]:
    """Every record below a folder, in the order of the files' names.

    Raises:
        ValueError: a file's name or folder is none of AWS's, or a line has too many or few fields.
    """
    paths = sorted(path for path in (root / "AWSLogs").rglob("*") if path.is_file())
    return [record for path in paths for record in read_file(path)]


def read_file(path: Path) -> Iterator[Record]:
    """The records of a file, in its order."""
    name, folder = _NAME.match(path.name), _FOLDER.search(path.as_posix())
    if not name or not folder:
        raise ValueError(f"{path} is not named as AWS names log files")
    year, month, day, hour = folder.groups()
    kind = "parquet" if path.suffix == ".parquet" else "text"
    place = {
        "aws_account": name[1],
        "aws_region": name[2],
        "day": date(int(year), int(month), int(day)),
        "hour": None if hour is None else int(hour),
        "flow_log": name[3],
        "kind": kind,
    }
    for row in _parquet(path) if kind == "parquet" else _text(path):
        yield {**row, **place}


def _text(path: Path) -> Iterator[Record]:
    with gzip.open(path, "rt", encoding="ascii", newline="") as file:
        rows = csv.reader(file, delimiter=" ", quoting=csv.QUOTE_NONE, strict=True)
        columns = [field.replace("-", "_") for field in next(rows)]
        for row in rows:
            yield {name: _value(name, text) for name, text in zip(columns, row, strict=True)}


def _value(column: str, text: str) -> str | int | None:
    if text == "-":
        return None
    return int(text) if _NUMBERS.fullmatch(column) else text


def _parquet(path: Path) -> Iterator[Record]:
    for row in pq.read_table(path, partitioning=None).to_pylist():
        yield {name: None if value == "-" else value for name, value in row.items()}


def within(records: Iterable[Record], since: int, until: int) -> list[Record]:
    """Those that start from ``since`` on and before ``until``, in Unix seconds."""
    return [record for record in records if since <= record["start"] < until]


def counted(records: Iterable[Record], *columns: str) -> Counter[tuple[Any, ...]]:
    """How many records there are for each combination of values; None where there is no value."""
    return Counter(tuple(record.get(name) for name in columns) for record in records)


def summed(records: Iterable[Record], number: str, *columns: str) -> dict[tuple[Any, ...], int]:
    """The sum of a number for each combination of values, without those that have none."""
    sums: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    for record in records:
        if record.get(number) is not None:
            sums[tuple(record.get(name) for name in columns)] += record[number]
    return dict(sums)
