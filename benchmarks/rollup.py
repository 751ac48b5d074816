"""What a dashboard asks of the view ``daily``: over logs, over the archive, over daily sums.

The statement is the one that a data set of QuickSight has, on a Trino behind the rig's Athena, in
one run and by turns; the least of the rounds counts. Targets: the rows are the same, and over daily
sums it scans a fifth of the bytes of the logs at most. It exits 1 if one is missed.

``python benchmarks/rollup.py [RECORDS]``, by default 1 million of one day: Trino reads files of
less than 3 MB whole. It needs what ``make test-trino`` installs.
"""

import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the rig is in tests

from flowathena import Client, text
from flowathena.archive.outcome import ArchiveRun
from flowathena.aws.athena import Athena
from flowathena.aws.session import Aws
from flowathena.catalog import open_catalog, wanted
from flowathena.deploy.quicksight.wanted import daily_statement
from flowathena.sample import generate
from flowathena.table.view_text import wanted_view
from flowathena.target.target import Target
from tests.aws import pointed_at
from tests.rig.client import Rig

_RECORDS = 1_000_000
_DAYS = 1
_ROUNDS = 2
_UNTIL = date(2026, 11, 8)
_NOW = datetime(2026, 11, 20, tzinfo=UTC)
_MOST_BYTES = 0.2
_LOGS, _RESULTS, _ARCHIVE = "flow-logs", "query-results", "flow-archive"
_PANELS = {
    "bytes by day": 'SELECT "date", sum("bytes") AS n FROM ({}) GROUP BY 1 ORDER BY 1',
    "top destinations": 'SELECT "dstaddr", sum("bytes") AS n FROM ({}) GROUP BY 1 '
    "ORDER BY 2 DESC, 1 LIMIT 10",
    "rejects by port": 'SELECT "dstport", sum("flows") AS n FROM ({}) WHERE "action" = '
    "'REJECT' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10",
    "all rows (SPICE)": 'SELECT count(*) AS rows, sum("packets") AS n, max("srcaddr") AS a, '
    'min("first_start_time") AS b, max("interface_id") AS c FROM ({})',
}


@dataclass
class Answer:
    """The least seconds, the bytes and the rows of a question."""

    seconds: float = float("inf")
    scanned_bytes: int = 0
    rows: list[tuple[object, ...]] = field(default_factory=list)


def main(records: int) -> None:
    """Measure and print; exit 1 when a target is missed."""
    os.environ["RIG_ENGINE"] = "trino"
    with tempfile.TemporaryDirectory() as name, Rig.start("trino") as rig, pointed_at(rig):
        client = _prepare(rig, Path(name), records)
        logs = _ask(client)
        _require(client.archive.run(everything=True))
        archive = _ask(client)
        began = time.perf_counter()
        done = _require(client.archive.rollup.run(everything=True))
        taken = time.perf_counter() - began
        size = sum(each.size_bytes for each in done.written)
        print(
            f"archive rollup: {len(done.written)} days, {text.human_bytes(size)}, {taken:.1f} s, "
            f"{text.human_bytes(done.scanned_bytes)} scanned"
        )
        rollup = _ask(client)
    _compare(logs, archive, rollup)


def _require(done: ArchiveRun) -> ArchiveRun:
    """What a run has done; without all of it, a comparison would compare something with itself."""
    if not done.written or not done.is_complete or done.warnings:
        sys.exit(f"not all is written: {done.to_json()}")
    return done


def _prepare(rig: Rig, folder: Path, records: int) -> Client:
    for bucket in (_LOGS, _RESULTS, _ARCHIVE):
        place = {"LocationConstraint": "eu-west-1"}
        rig.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    generate(folder, until=_UNTIL, days=_DAYS, records=records)
    rig.load_tree(_LOGS, folder)
    rig.settings(queue_polls=0)
    target = Target(
        "bench",
        f"s3://{_LOGS}/",
        region="eu-west-1",
        output_location=f"s3://{_RESULTS}/",
        archive_location=f"s3://{_ARCHIVE}/",
    )
    client = Client(target, clock=lambda: _NOW)
    client.partitions.sync(everything=True)
    client.views.create()
    return client


def _ask(client: Client) -> dict[str, Answer]:
    """Every question of the view as it is."""
    target = client.target
    aws = Aws(target)
    table = open_catalog(target, aws).table()
    assert table is not None  # noqa: S101 - it was made
    view = wanted_view("daily", wanted.target_table(table, target))
    window = datetime.now(UTC) - datetime(2026, 10, 1, tzinfo=UTC)
    sql = daily_statement(view, timedelta(days=window.days)).sql
    athena, answers = Athena(aws, target), {name: Answer() for name in _PANELS}
    for _ in range(_ROUNDS):
        for name, answer in answers.items():
            began = time.perf_counter()
            result = athena.execute(_PANELS[name].format(sql))
            answer.rows = [tuple(row) for batch in result.batches() for row in batch]
            answer.seconds = min(answer.seconds, time.perf_counter() - began)
            answer.scanned_bytes = result.stats.scanned_bytes or 0
    return answers


def _compare(
    logs: dict[str, Answer], archive: dict[str, Answer], rollup: dict[str, Answer]
) -> None:
    print(f"{'':<18}{'logs':>20}{'archive':>20}{'rollup':>20}{'bytes':>9}")
    broken = []
    for name, before in logs.items():
        after = (archive[name], rollup[name])
        share = after[1].scanned_bytes / before.scanned_bytes
        cells = "".join(
            f"{each.seconds:>8.2f} s {text.human_bytes(each.scanned_bytes):>10}"
            for each in (before, *after)
        )
        print(f"{name:<18}{cells}{share:>7.3f} x")
        broken += [f"{name}: other rows" for each in after if each.rows != before.rows]
        if name != "all rows (SPICE)" and share > _MOST_BYTES:
            broken.append(f"{name} scans {share:.2f} of the bytes, not {_MOST_BYTES:g}")
    if broken:
        sys.exit("missed:\n" + "\n".join(broken))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _RECORDS)
