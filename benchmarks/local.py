"""The local engine beside what else reads flow logs on one machine; sample generation.

``python benchmarks/local.py [RECORDS]``, by default 10 million. Every figure is from one run,
rounds in turns, the least of them; ratios are what counts. The promises: ``run`` takes at most 1.1
times as long as the statement that a specialist would write for DuckDB, although it checks every
file; 25 times as many records a second as flowlogs-reader; and less than 1 GB.
"""

import csv
import gzip
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl
from flowlogs_reader import FlowRecord
from isal import isal_zlib

from flowathena import Client, text
from flowathena.sample import generate
from flowathena.target.target import Target

_RECORDS = 10_000_000
_ROUNDS = 3
_UNTIL = date(2026, 11, 8)
_DAY = "2026/11/07"
_WINDOW = ("2026-11-01", "2026-11-08")
_QUERY = "top_https_servers"
_MOST_RATIO = 1.1
_LEAST_SPEED = 25.0
_MOST_BYTES = 1_000_000_000
_COLUMNS = (
    *(
        "version",
        "account-id",
        "interface-id",
        "srcaddr",
        "dstaddr",
        "srcport",
        "dstport",
        "protocol",
    ),
    *("packets", "bytes", "start", "end", "action", "log-status"),
)
_TEXTS = {"account-id", "interface-id", "srcaddr", "dstaddr", "action", "log-status"}
# The same answer for the same window; numbers are read as such.
_BARE = """
SELECT dstaddr, sum(packets) AS packets, sum(bytes) AS bytes, count(*) AS flows,
    count(DISTINCT srcaddr) AS clients
FROM read_csv(?, delim = ' ', header = true, auto_detect = false, quote = '', nullstr = '-',
    columns = {columns})
WHERE dstport = 443 AND action = 'ACCEPT' AND start >= 1793491200 AND start < 1794096000
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10
"""


def main() -> None:
    """Generate, sync, query; print a table; exit 1 when a promise is broken."""
    if sys.argv[1:2] == ["--run"]:
        _run_alone(Path(sys.argv[2]))
        return
    records = int(sys.argv[1]) if sys.argv[1:] else _RECORDS
    with tempfile.TemporaryDirectory() as name:
        broken = _compare(Path(name), records)
    if broken:
        sys.exit("\n".join(broken))


def _compare(root: Path, records: int) -> list[str]:
    made = _seconds(lambda: generate(root, until=_UNTIL, records=records))
    client = _client(root)
    synced = _seconds(lambda: client.partitions.sync(since=_WINDOW[0], until=_WINDOW[1]))
    files = sorted(str(path) for path in root.rglob("*.log.gz"))
    day = [file for file in files if f"/{_DAY}/" in file]
    steps: dict[str, Callable[[], object]] = {
        "igzip to nowhere": lambda: _unzip(files),
        "DuckDB, bare": lambda: _bare(files),
        "polars": lambda: _polars(files),
        f"run {_QUERY}": lambda: _ours(client),
    }
    taken: dict[str, list[float]] = {step: [] for step in steps}
    for _ in range(_ROUNDS):
        for step, work in steps.items():
            taken[step].append(_seconds(work))
    size = text.human_bytes(sum(Path(file).stat().st_size for file in files))
    print(f"{records:,} records, {len(files):,} files, {size}")
    _print("sample", made, records)
    print(f"{'partitions sync (28)':<34}{synced:7.2f} s")
    best = {step: min(seconds) for step, seconds in taken.items()}
    bare, ours = best["DuckDB, bare"], best[f"run {_QUERY}"]
    for step, seconds in best.items():
        _print(step, seconds, records, seconds / bare)
    alone, peak_bytes = _alone(root)
    _print("  the same as a process", alone, records, alone / bare)
    began = time.perf_counter()
    read = _flowlogs_reader(day)
    reader = time.perf_counter() - began
    _print("flowlogs-reader, one day", reader, read)
    speed = (records / ours) / (read / reader)
    print(f"{speed:.0f} times flowlogs-reader; peak {text.human_bytes(peak_bytes)}")
    return [
        *([f"{ours / bare:.2f} times the bare statement"] if ours > _MOST_RATIO * bare else []),
        *([f"only {speed:.0f} times flowlogs-reader"] if speed < _LEAST_SPEED else []),
        *([f"{text.human_bytes(peak_bytes)} of memory"] if peak_bytes > _MOST_BYTES else []),
    ]


def _print(step: str, seconds: float, records: int, ratio: float | None = None) -> None:
    beside = f"  {ratio:5.2f} x" if ratio is not None else ""
    print(f"{step:<34}{seconds:7.2f} s  {records / seconds / 1e6:6.2f} M records/s{beside}")


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _client(root: Path) -> Client:
    return Client(Target("bench", str(root)), clock=lambda: datetime(2026, 11, 8, tzinfo=UTC))


def _ours(client: Client) -> None:
    client.run(_QUERY, since=_WINDOW[0], until=_WINDOW[1])


def _bare(files: list[str]) -> None:
    types = ", ".join(
        f"'{name}': '{'VARCHAR' if name in _TEXTS else 'BIGINT'}'" for name in _COLUMNS
    )
    duckdb.execute(_BARE.replace("{columns}", f"{{{types}}}"), [files]).fetchall()


def _polars(files: list[str]) -> None:
    """The same with polars, whose lazy frame reads the gzip files."""
    schema = {name: pl.String if name in _TEXTS else pl.Int64 for name in _COLUMNS}
    frame = pl.scan_csv(files, separator=" ", schema=schema, quote_char=None, null_values=["-"])
    kept = frame.filter(
        (pl.col("dstport") == 443)
        & (pl.col("action") == "ACCEPT")
        & pl.col("start").is_between(1793491200, 1794096000, closed="left")
    )
    answer = kept.group_by("dstaddr").agg(
        pl.col("packets").sum(),
        pl.col("bytes").sum(),
        pl.len().alias("flows"),
        pl.col("srcaddr").n_unique().alias("clients"),
    )
    answer.sort("packets", "dstaddr", descending=[True, False]).head(10).collect()


def _unzip(files: list[str]) -> None:
    """The floor of whoever reads gzip files: as many threads as processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(_unzip_one, files))


def _unzip_one(file: str) -> None:
    isal_zlib.decompress(Path(file).read_bytes(), 31)


def _flowlogs_reader(files: list[str]) -> int:
    """Read records as flowlogs-reader does, whose own way to them leads through S3; how many."""
    read = 0
    for file in files:
        with gzip.open(file, "rt") as stream:
            names = [name.replace("-", "_") for name in next(stream).split()]
            for row in csv.DictReader(stream, names, delimiter=" "):
                FlowRecord(row)
                read += 1
    return read


def _alone(root: Path) -> tuple[float, int]:
    """Seconds of the command line as a process, and the most memory that it had, in bytes."""
    arguments = [sys.executable, __file__, "--run", str(root)]
    seconds = _seconds(lambda: subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return seconds, peak * 1024


def _run_alone(root: Path) -> None:
    _ours(_client(root))


if __name__ == "__main__":
    main()
