"""Five saved queries over logs as they are delivered, and over their archive: bytes and seconds.

On the local engine, and on a Trino behind the rig's Athena, in one run and by turns; the least of
the rounds counts. The logs have every field. Targets for ``top_https_servers``: the
local engine is ten times as fast on the archive; on Trino it scans a fifth of the bytes at most. It
exits 1 if one is missed.

``python benchmarks/archive.py [RECORDS]``, by default 10 million of a week for the local engine;
for Trino about a seventh, an account's day in a Region: of small files it reads columns that it
does not need, for they are next to those that it does. ``--local`` and ``--trino`` leave out the
other one; Trino needs what ``make test-trino`` installs.
"""

import gzip
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Container
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the rig is in tests

from flowathena import Client, text
from flowathena.archive.outcome import ArchiveRun
from flowathena.logs.fields import EVERY_FIELD
from flowathena.result.result import Result
from flowathena.sample import generate
from flowathena.target.target import Target
from tests.aws import pointed_at
from tests.rig.client import Rig

_RECORDS = 10_000_000
_OF_TRINO = 0.375
"""The part of the records that is made for Trino; of these, it gets the largest partition."""
_ROUNDS = 3
_UNTIL = date(2026, 11, 8)
_FORMAT = tuple(each.name for each in EVERY_FIELD)
_WINDOW: dict[str, Any] = {"since": "2026-11-01", "until": "2026-11-08"}
_QUERIES: dict[str, dict[str, Any]] = {
    "top_https_servers": {},
    "top_talkers": {},
    "top_rejected_sources": {},
    "traffic_by_hour": {},
    "host_conversations": {"ip": "10.10.0.16"},
}
_LEAST_SPEED = 10.0
_MOST_BYTES = 0.2
_LOGS, _RESULTS, _ARCHIVE = "flow-logs", "query-results", "flow-archive"

Answers = dict[str, tuple[float, int, list[dict[str, object]]]]
"""Seconds, bytes and rows of each query."""


def main(records: int, engines: Container[str]) -> None:
    """Measure and print; exit 1 when a target is missed."""
    broken = _local(records) if "--local" in engines else []
    if "--trino" in engines:
        broken += _trino(int(records * _OF_TRINO))
    if broken:
        sys.exit("missed:\n" + "\n".join(broken))


def _local(records: int) -> list[str]:
    with tempfile.TemporaryDirectory() as name:
        logs, archive = Path(name, "logs"), Path(name, "archive")
        _generate(logs, records, days=7)
        plain = _client(Target("bench", str(logs), log_format=_FORMAT))
        archived = _client(
            Target("bench", str(logs), log_format=_FORMAT, archive_location=str(archive))
        )
        plain.partitions.sync(**_WINDOW)
        began = time.perf_counter()
        done = archived.archive.run(everything=True)
        taken = time.perf_counter() - began
        print(f"DuckDB, {records:,} records")
        _print_run(done, taken, records)
        before, after = _by_turns(plain, _client(archived.target))
        return _compare("DuckDB", before, after, least_speed=_LEAST_SPEED)


def _trino(records: int) -> list[str]:
    os.environ["RIG_ENGINE"] = "trino"
    with tempfile.TemporaryDirectory() as name, Rig.start("trino") as rig, pointed_at(rig):
        for bucket in (_LOGS, _RESULTS, _ARCHIVE):
            place = {"LocationConstraint": "eu-west-1"}
            rig.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
        logs = Path(name)
        _generate(logs, records, days=1)
        records = _keep_largest(logs)
        rig.load_tree(_LOGS, name)
        rig.settings(queue_polls=0)
        target = Target(
            "bench",
            f"s3://{_LOGS}/",
            region="eu-west-1",
            log_format=_FORMAT,
            output_location=f"s3://{_RESULTS}/",
        )
        plain = _client(target)
        plain.partitions.sync(**_WINDOW)
        archived = Target(
            "bench",
            f"s3://{_LOGS}/",
            region="eu-west-1",
            log_format=_FORMAT,
            output_location=f"s3://{_RESULTS}/",
            archive_location=f"s3://{_ARCHIVE}/",
        )
        began = time.perf_counter()
        done = _client(archived).archive.run(everything=True)
        taken = time.perf_counter() - began
        print(f"Trino, {records:,} records")
        _print_run(done, taken, records)
        before, after = _by_turns(plain, _client(archived))
        return _compare("Trino", before, after, most_bytes=_MOST_BYTES)


def _generate(folder: Path, records: int, *, days: int) -> None:
    generate(folder, until=_UNTIL, days=days, records=records, log_format=_FORMAT)


def _keep_largest(logs: Path) -> int:
    """Remove the log files of all partitions but the largest; how many records it has."""
    files = sorted(logs.rglob("*.log.gz"))
    folders = {each.parent for each in files}
    kept = max(folders, key=lambda folder: sum(each.stat().st_size for each in folder.iterdir()))
    for folder in folders - {kept}:
        shutil.rmtree(folder)
    lines = (gzip.decompress(each.read_bytes()).count(b"\n") for each in kept.iterdir())
    return sum(lines) - len(list(kept.iterdir()))


def _print_run(done: ArchiveRun, seconds: float, records: int) -> None:
    logs = sum(each.log_bytes for each in done.written)
    size = sum(each.size_bytes for each in done.written)
    rows = sum(each.rows for each in done.written)
    if rows < records or done.warnings:
        sys.exit(f"only {rows:,} records are archived, or not in order: {done.to_json()}")
    print(
        f"archive run: {len(done.written)} partitions, {text.human_bytes(logs)} of logs as "
        f"{text.human_bytes(size)} ({size / logs:.2f} x), {seconds:.1f} s"
    )


def _client(target: Target) -> Client:
    return Client(target, clock=lambda: datetime(2026, 11, 20, tzinfo=UTC))


def _by_turns(plain: Client, archived: Client) -> tuple[Answers, Answers]:
    before: Answers = {}
    after: Answers = {}
    for _ in range(_ROUNDS):
        for name, values in _QUERIES.items():
            for client, answers in ((plain, before), (archived, after)):
                seconds, result = _timed(lambda: client.run(name, **_WINDOW, **values))  # noqa: B023 - run at once
                least = min(seconds, answers.get(name, (seconds,))[0])
                answers[name] = (least, result.stats.scanned_bytes or 0, result.rows())
    return before, after


def _timed(work: Callable[[], Result]) -> tuple[float, Result]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def _compare(
    engine: str,
    before: Answers,
    after: Answers,
    *,
    least_speed: float | None = None,
    most_bytes: float | None = None,
) -> list[str]:
    print(f"{'':<24}{'logs':>22}{'archive':>22}{'faster':>9}{'bytes':>9}")
    broken = []
    for name, (seconds, scanned, rows) in before.items():
        own_seconds, own_scanned, own_rows = after[name]
        if own_rows != rows:
            broken.append(f"{engine}: {name} gives other rows on the archive")
        speed, share = seconds / own_seconds, own_scanned / scanned
        print(
            f"{name:<24}{_shown(seconds, scanned):>22}{_shown(own_seconds, own_scanned):>22}"
            f"{speed:>7.1f} x{share:>7.3f} x"
        )
        if least_speed is not None and name == "top_https_servers" and speed < least_speed:
            broken.append(f"{engine}: {name} is {speed:.1f} times as fast, not {least_speed:g}")
        if most_bytes is not None and name == "top_https_servers" and share > most_bytes:
            broken.append(f"{engine}: {name} scans {share:.2f} of the bytes, not {most_bytes:g}")
    return broken


def _shown(seconds: float, scanned: int) -> str:
    return f"{seconds:.2f} s  {text.human_bytes(scanned):>9}"


if __name__ == "__main__":
    names = {"--local", "--trino"}
    words = [word for word in sys.argv[1:] if word not in names]
    main(int(words[0]) if words else _RECORDS, names.intersection(sys.argv) or names)
