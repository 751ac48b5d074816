"""The archive on the engine that Athena is: written by it, and every query answered alike."""

import os
import random
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client
from tests.aws import BUCKET, Place, configured, create_bucket, log, pointed_at, record
from tests.conversion import FIRST, archived, compare, grow, of_files, stages
from tests.equality import (
    Question,
    answers,
    aws_of,
    differences,
    laptop_of,
    questions,
    selection_of,
    tree,
)
from tests.rig.client import Rig
from tests.rig.trino.client import Trino
from tests.test_trino_pruning import kept

pytestmark = pytest.mark.trino

DAYS = [date(2026, 10, n) for n in (5, 6, 7, 8)]
ASKED = (
    *map(Question, ("top_https_servers", "ssh_rejects", "rejected_by_protocol", "preview")),
    Question("sum", {}, "SELECT sum(bytes) AS n, max(srcaddr) AS x FROM flow_logs"),
    Question("count", {}, "SELECT count(*) AS n FROM flow_logs"),
)

# One of so many queries for each seed: 1 asks all of them every time, which takes a while.
PART = int(os.environ.get("FLOWATHENA_TEST_PART", "5"))


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_query_has_the_same_answer_at_every_stage(rig: Rig, tmp_path: Path, seed: int) -> None:
    logs, root, selection = tree(seed), tmp_path / "logs", selection_of(seed)
    logs.write(root, seed)
    laptop = laptop_of(tmp_path, root, logs)
    asked = [*questions(laptop, logs, seed, PART), *of_files(logs, laptop)]
    remote = aws_of(laptop, root, rig)
    create_bucket(rig, "archive-bucket")

    def put(name: str, content: bytes) -> None:
        rig.put_keys(BUCKET, [name], content)

    with pointed_at(rig):
        made = archived(remote, "s3://archive-bucket/flows/")
        assert compare(made, asked, selection, lambda: grow(root, FIRST, put)) == {}
        records = [each for each in asked if not each.statement]
        found = answers(made, records, selection)
    assert differences(answers(laptop, records, selection), found) == {}


def test_each_branch_reads_the_days_that_are_its_own(
    rig: Rig, trino: Trino, tmp_path: Path
) -> None:
    logs, root = tree(4), tmp_path / "logs"
    logs.write(root, 4)
    remote = aws_of(laptop_of(tmp_path, root, logs), root, rig)
    create_bucket(rig, "archive-bucket")
    first, second = "2026-10-05", "2026-10-06"
    text = {"before": {first, second}, "after": set()}
    with pointed_at(rig):
        made = archived(remote, "s3://archive-bucket/flows/")
        for stage in stages(
            made, lambda: grow(root, FIRST, lambda name, body: rig.put_keys(BUCKET, [name], body))
        ):
            read = branches(made, trino)
            assert read["vpc_flow_logs"] == text.get(stage, {second}), stage
            assert read["vpc_flow_logs_archive"] == {first, second} - read["vpc_flow_logs"], stage


def branches(client: Client, trino: Trino) -> dict[str, set[str]]:
    """The days that Trino keeps of each table in a window of both days."""
    rendered = client.render_sql(
        "SELECT sum(bytes) AS b FROM flow_logs", since="2026-10-05", until="2026-10-07"
    )
    found: dict[str, set[str]] = {"vpc_flow_logs": set(), "vpc_flow_logs_archive": set()}
    for branch in rendered.sql.split("UNION ALL"):
        table = branch.partition('"flowathena"."')[2].partition('"')[0]
        alone = (branch.partition("flow_logs AS (")[2] or branch).partition("\n)")[0]
        found[table] = kept(trino, alone)["day"]
    return found


def log_of(day: date, records: int) -> bytes:
    """Random records of the first noon, whatever day they are delivered."""
    draw = random.Random(day.toordinal())  # noqa: S311 - no secret
    noon = int(datetime(2026, 10, 5, 12, tzinfo=UTC).timestamp())
    lines = (
        record(
            noon + draw.randrange(600),
            src=f"10.{draw.randrange(256)}.{draw.randrange(256)}.{draw.randrange(256)}",
            dst=f"192.0.2.{draw.randrange(256)}",
            srcport=draw.randrange(1024, 65536),
            dstport=draw.choice([22, 80, 443, 445]),
            packets=draw.randrange(1, 1000),
            bytes=draw.randrange(40, 10**6),
            action=draw.choice(["ACCEPT", "REJECT"]),
        )
        for _ in range(records)
    )
    return log(*lines)


def test_an_estimate_of_a_window_that_is_half_archived(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    create_bucket(rig, "archive-bucket")
    rig.settings(queue_polls=0)
    for day in DAYS:
        rig.put_keys(BUCKET, [Place("111122223333", "eu-west-1", day).key], log_of(day, 150_000))
    configured(tmp_path, rig)
    with pointed_at(rig):
        plain = Client(config_path=tmp_path / "flowathena.toml")
        plain.partitions.sync(everything=True)
        client = archived(plain, "s3://archive-bucket/flows/")
        assert list(client.archive.run(since="2026-10-05", until="2026-10-07").moved) == DAYS[:2]
        for question in ASKED:
            estimated, of_logs, of_archive = (
                figures(client, question, *span) for span in SPANS.values()
            )
            (logs, parquet), scanned = estimated
            assert of_logs[0][0] == of_logs[1] == logs, question.name
            assert of_archive[1] == pytest.approx(parquet, rel=0.1), question.name
            assert scanned == logs + of_archive[1], question.name


# Of each window the folder of the day after is read, too.
SPANS = {
    "both": ("2026-10-05", "2026-10-08T23:00:00Z"),
    "logs": ("2026-10-07", "2026-10-08T23:00:00Z"),
    "archive": ("2026-10-05", "2026-10-06T00:00:00Z"),
}


def figures(
    client: Client, question: Question, since: str, until: str
) -> tuple[tuple[int, int], int]:
    """The bytes that logs and archive were estimated to have scanned, and what all of it did."""
    window: dict[str, Any] = {"since": since, "until": until}
    if question.statement:
        expected = client.estimate_sql(question.statement, **window)
        result = client.sql(question.statement, **window)
    else:
        expected = client.estimate(question.name, **window)
        result = client.run(question.name, **window)
    assert result.stats.scanned_bytes is not None
    parts = dict.fromkeys(("vpc_flow_logs", "vpc_flow_logs_archive"), 0)
    for each in expected.sources:
        parts[each.table.partition(".")[2]] += each.scanned_bytes
    return (parts["vpc_flow_logs"], parts["vpc_flow_logs_archive"]), result.stats.scanned_bytes
