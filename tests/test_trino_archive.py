"""The archive on the engine that Athena is: written by it, and every query answered alike."""

import os
from pathlib import Path

import pytest

from flowathena import Client
from tests.aws import BUCKET, create_bucket, pointed_at
from tests.conversion import FIRST, archived, compare, grow, of_files, stages
from tests.equality import (
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
