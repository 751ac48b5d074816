"""Partitions of a fleet, against the rig with 20 ms added to every call; medians of three.

50 accounts in 17 Regions: a nightly run (30 days registered, a new one per account and Region), a
backfill of 90 days, and the plan of a million partitions in memory. Exits with 1 when we miss one
of the targets below.
"""

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import awswrangler
import fleet

from flowathena import Client
from flowathena.partitions.apply import SyncReport
from tests.rig.client import REGION, Rig

_ROUNDS = 3
_LATENCY = 0.02
_CONCURRENCY = 16
_MOST_CALLS = 1.05  # times the fewest there can be
_MOST_BACKFILL = 3.0  # times the same: the formats of all flow logs are looked up
_MOST_SECONDS = 3.0  # times calls x latency / 16
_MOST_PLAN = 3.0  # times a bare set difference
_MOST_MEMORY = 600  # MB
_DATABASE, _RESULTS = "network", "query-results"
_FIRST_NIGHT = date(2026, 11, 19)
_BACKFILLED = fleet.days(date(2026, 8, 21), date(2026, 11, 18))  # 90 days
_REGISTERED = fleet.days(date(2026, 10, 20), date(2026, 11, 18))  # 30 days before the first night
_ALTERS = 10
_COLUMNS = (
    *("version", "account_id", "interface_id", "srcaddr", "dstaddr", "srcport", "dstport"),
    *("protocol", "packets", "bytes", "start", "end", "action", "log_status"),
)
_CONFIG = """
[targets.{table}]
location = "s3://{bucket}/"
database = "{database}"
table = "{table}"
region = "{region}"
workgroup = "primary"
output_location = "s3://{results}/"
"""


@dataclass(frozen=True)
class Line:
    """A line of the table."""

    what: str
    calls: int
    seconds: float
    note: str = ""

    def __str__(self) -> str:
        return f"  {self.what:<34}{self.calls:>8,} calls{self.seconds:>9.2f} s  {self.note}"


class Scene:
    """The fleet's bucket in the rig, and a table for each measurement."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig = rig
        self._config = folder / "flowathena.toml"
        for bucket in (fleet.BUCKET, _RESULTS):
            place = {"LocationConstraint": REGION}
            rig.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
        for at in range(0, len(_BACKFILLED), 10):
            self.store(_BACKFILLED[at : at + 10])

    def store(self, span: list[date]) -> None:
        """Put days into the bucket."""
        self.rig.put_keys(fleet.BUCKET, fleet.keys(span, objects=2), fleet.LOG)

    def client(self, table: str, today: date) -> Client:
        """A client of a table that exists, at six in the morning of a day."""
        names = {"bucket": fleet.BUCKET, "database": _DATABASE, "results": _RESULTS}
        self._config.write_text(_CONFIG.format(table=table, region=REGION, **names))
        now = datetime(today.year, today.month, today.day, 6, tzinfo=UTC)
        client = Client(table, config_path=self._config, clock=lambda: now)
        client.table.create()
        return client

    def drop(self, table: str) -> None:
        """Forget a table and every call so far, for the sake of the rig's memory."""
        self.rig.client("glue").delete_table(DatabaseName=_DATABASE, Name=table)
        self.rig.clear_journal()

    @contextmanager
    def slowed(self) -> Iterator[None]:
        """Add the latency to every call."""
        self.rig.settings(latency_ms=_LATENCY * 1000)
        yield
        self.rig.settings(latency_ms=0)


def _least(new: int, registered: int) -> int:
    """The fewest calls that can find new partitions by listing and register them.

    One listing tells the accounts; one of each account its Regions; one of each account and Region
    its days (1,000 common prefixes an answer); one the flow logs of a day. Glue tells of a table in
    one call, of 1,000 registered partitions an answer, of none in one too, and takes 100 new ones a
    call.
    """
    listings = 1 + len(fleet.ACCOUNTS) + 2 * fleet.PAIRS
    pages = max(1, math.ceil(registered / 1000))
    return listings + 1 + pages + math.ceil(new / 100)


def _ours(synced: Iterable[SyncReport], new: int) -> Line:
    done = list(synced)
    for each in done:
        if each.failed or len(each.outcomes) != new:
            sys.exit(
                f"{len(each.outcomes)} partitions written, {len(each.failed)} failed, of {new}"
            )
    calls = int(statistics.median(sum(each.calls.values()) for each in done))
    note = ", ".join(f"{count:,} {name}" for name, count in sorted(done[-1].calls.items()))
    return Line("flowathena", calls, statistics.median(each.seconds for each in done), note)


def _nightly(scene: Scene) -> Line:
    """Three nights in a row: each finds 30 days registered, and a new one."""
    client = scene.client("nightly", _REGISTERED[-1])
    client.partitions.sync(since=_REGISTERED[0].isoformat())
    done = []
    for night in fleet.days(_FIRST_NIGHT, _FIRST_NIGHT + timedelta(_ROUNDS - 1)):
        scene.store([night])
        client = scene.client("nightly", night)
        with scene.slowed():
            done.append(client.partitions.sync(since="30d"))
    return _ours(done, fleet.PAIRS)


def _backfill(scene: Scene) -> Line:
    done = []
    for number in range(_ROUNDS):
        client = scene.client(f"backfill_{number}", _BACKFILLED[-1])
        with scene.slowed():
            done.append(client.partitions.sync(since=_BACKFILLED[0].isoformat()))
        scene.drop(f"backfill_{number}")
    return _ours(done, fleet.PAIRS * len(_BACKFILLED))


def _alters(scene: Scene) -> float:
    """Seconds of one ALTER TABLE that adds a day of an account in every Region, as one waits.

    Asked for its state as fast as the latency lets us, where the tools in question wait for a
    second before they ask again: Athena itself is not in this figure.
    """
    scene.client("altered", _FIRST_NIGHT)
    taken = []
    for account in fleet.ACCOUNTS[:_ALTERS]:
        clauses = " ".join(
            f"PARTITION (aws_account = '{account}', aws_region = '{region}', "
            f"day = '{_FIRST_NIGHT}') LOCATION "
            f"'s3://{fleet.BUCKET}/{fleet.folder(account, region, _FIRST_NIGHT)}'"
            for region in fleet.REGIONS
        )
        with scene.slowed():
            began = time.perf_counter()
            _ran(scene.rig, f"ALTER TABLE altered ADD IF NOT EXISTS {clauses}")
            taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _ran(rig: Rig, statement: str) -> None:
    athena = rig.client("athena")
    query = athena.start_query_execution(
        QueryString=statement,
        QueryExecutionContext={"Database": _DATABASE},
        ResultConfiguration={"OutputLocation": f"s3://{_RESULTS}/"},
    )["QueryExecutionId"]
    state = "QUEUED"
    while state in ("QUEUED", "RUNNING"):
        told = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        state = told["State"]
    if state != "SUCCEEDED":
        sys.exit(f"{statement[:80]}: {told}")


def _one_by_one(new_days: int, seconds: float) -> Line:
    """One ALTER TABLE an account and day, tomorrow's too, one after the other.

    Each is three calls at least: start, state, result; two more find the accounts and the Regions.
    """
    statements = len(fleet.ACCOUNTS) * (new_days + 1)
    note = f"{statements:,} statements of {seconds:.2f} s, without Athena's own time"
    return Line("one ALTER per account and day", 2 + 3 * statements, seconds * statements, note)


def _wrangler(scene: Scene, table: str, span: list[date], rounds: int) -> Line:
    """The same partitions, found by somebody else; a backfill of them once, for its length."""
    columns = dict.fromkeys(_COLUMNS, "string")
    given, taken, calls = fleet.partitions(span), [], 0
    for number in range(rounds):
        scene.client(f"{table}_{number}", _FIRST_NIGHT)
        scene.rig.clear_journal()
        with scene.slowed():
            began = time.perf_counter()
            awswrangler.catalog.add_csv_partitions(
                _DATABASE, f"{table}_{number}", given, sep=" ", columns_types=columns
            )
            taken.append(time.perf_counter() - began)
        calls = len(scene.rig.journal())
        scene.drop(f"{table}_{number}")
    note = "registers what it is given: no listing, no look at what is there"
    return Line("awswrangler add_csv_partitions", calls, statistics.median(taken), note)


def _million(what: str) -> dict[str, float]:
    script = Path(__file__).with_name("million.py")
    ran = subprocess.run(
        [sys.executable, script, what], check=True, stdout=subprocess.PIPE, text=True
    )
    told: dict[str, float] = json.loads(ran.stdout)
    return told


def _fleet(rig: Rig, folder: Path) -> list[str]:
    """Measure and print (a) and (b); give the targets missed."""
    scene = Scene(rig, folder)
    one = _alters(scene)
    print(f"nightly: {fleet.PAIRS} new partitions, {fleet.PAIRS * len(_REGISTERED):,} registered")
    least = _least(fleet.PAIRS, fleet.PAIRS * len(_REGISTERED))
    ours = _nightly(scene)
    bound = ours.calls * _LATENCY / _CONCURRENCY
    print(Line("fewest calls, 16 at once", least, least * _LATENCY / _CONCURRENCY))
    print(ours)
    print(_one_by_one(1, one))
    print(_wrangler(scene, "nightly_wr", [_FIRST_NIGHT], _ROUNDS))
    missed = []
    if ours.calls > _MOST_CALLS * least:
        missed.append(f"nightly: {ours.calls} calls, {_MOST_CALLS * least:.0f} at most")
    if ours.seconds > _MOST_SECONDS * bound:
        missed.append(f"nightly: {ours.seconds:.2f} s, {_MOST_SECONDS * bound:.2f} at most")

    new = fleet.PAIRS * len(_BACKFILLED)
    print(f"backfill of {len(_BACKFILLED)} days: {new:,} new partitions, none registered")
    least, ours = _least(new, 0), _backfill(scene)
    print(Line("fewest calls, 16 at once", least, least * _LATENCY / _CONCURRENCY))
    print(ours)
    print(_one_by_one(len(_BACKFILLED), one))
    print(_wrangler(scene, "backfill_wr", _BACKFILLED, 1))
    if ours.calls > _MOST_BACKFILL * least:
        missed.append(f"backfill: {ours.calls} calls, {_MOST_BACKFILL * least:.0f} at most")
    return missed


def _plan() -> list[str]:
    """Measure and print (c); give the targets missed."""
    rounds = [_million("seconds") for _ in range(_ROUNDS)]
    ours, bare = (statistics.median(taken[name] for taken in rounds) for name in ("ours", "bare"))
    peak = statistics.median(_million("memory")["mb"] for _ in range(_ROUNDS))
    print("plan of 1,000,000 partitions, all registered")
    print(f"  {'two sets and their differences':<34}{bare:>8.2f} s")
    print(f"  {'flowathena':<34}{ours:>8.2f} s  {ours / bare:.2f} x")
    print(f"  {'flowathena, peak of the process':<34}{peak:>8.0f} MB")
    missed = []
    if ours > _MOST_PLAN * bare:
        missed.append(f"plan: {ours / bare:.2f} times a bare difference, {_MOST_PLAN} at most")
    if peak > _MOST_MEMORY:
        missed.append(f"plan: {peak:.0f} MB, {_MOST_MEMORY} at most")
    return missed


def main() -> None:
    """Measure and print; exit 1 when a target is missed."""
    load, processors = os.getloadavg()[0], os.cpu_count() or 1
    if load > processors / 2:
        print(f"load {load:.1f} on {processors} processors already: the seconds are too many")
    missed = _plan()
    with Rig.start("duckdb") as rig, tempfile.TemporaryDirectory() as folder:
        os.environ.update(rig.env())
        missed += _fleet(rig, Path(folder))
    if missed:
        sys.exit("\n".join(missed))


if __name__ == "__main__":
    main()
