"""What a statement would scan is what Trino accounts for, query by query."""

import io
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flowathena import Client
from flowathena.cost.sizes import SMALL_BYTES
from flowathena.logs.fields import DEFAULT_FORMAT
from tests.aws import BUCKET, Place, configured, create_bucket, pointed_at
from tests.equality import Question, Tree, aws_of, laptop_of, questions, tree
from tests.rig.client import Rig

pytestmark = pytest.mark.trino

WINDOW: dict[str, Any] = {"since": "2026-10-05", "until": "2026-10-07"}
EVERY_FIELD_AS_TEXT = 3


@pytest.fixture
def client(rig: Rig, tmp_path: Path) -> Callable[[Tree, int], tuple[Client, list[Question]]]:
    """A client of logs in S3, and every question that their format allows."""

    def made(logs: Tree, seed: int) -> tuple[Client, list[Question]]:
        folder = tmp_path / "logs"
        logs.write(folder, seed)
        laptop = laptop_of(tmp_path, folder, logs)
        return aws_of(laptop, folder, rig), questions(laptop, logs, seed, 1)

    return made


def figures(client: Client, question: Question) -> tuple[int, int]:
    """The bytes that a question was estimated to scan, and those that it did."""
    if question.statement:
        expected = client.estimate_sql(question.statement, **WINDOW)
        result = client.sql(question.statement, **WINDOW)
    else:
        expected = client.estimate(question.name, **WINDOW, **question.values)
        result = client.run(question.name, **WINDOW, **question.values)
    assert result.stats.scanned_bytes is not None
    return expected.scanned_bytes, result.stats.scanned_bytes


def test_of_text_every_packaged_query_scans_the_bytes_of_its_estimate(
    rig: Rig, client: Callable[[Tree, int], tuple[Client, list[Question]]]
) -> None:
    aws, asked = client(tree(EVERY_FIELD_AS_TEXT), EVERY_FIELD_AS_TEXT)
    assert len(asked) > 50
    with pointed_at(rig), ThreadPoolExecutor(4) as pool:
        found = dict(
            zip(
                (each.name for each in asked),
                pool.map(lambda each: figures(aws, each), asked),
                strict=True,
            )
        )
    assert {name: pair for name, pair in found.items() if pair[0] != pair[1]} == {}
    assert min(expected for expected, _ in found.values()) > 0


def _parquet(records: int) -> bytes:
    """A file of some megabytes in three row groups; its records start within ten minutes."""
    draw = random.Random(1)  # noqa: S311 - no secret
    noon = int(datetime(2026, 10, 5, 12, tzinfo=UTC).timestamp())
    numbers = {
        "version": (2, 2),
        "srcport": (1024, 65535),
        "dstport": (20, 445),  # beyond the statistics of a file, nothing of it is read
        "protocol": (6, 17),
        "packets": (1, 1000),
        "bytes": (40, 10**6),
        "start": (noon, noon + 600),
        "end": (noon + 600, noon + 660),
    }
    texts: dict[str, Callable[[], str]] = {
        "account_id": lambda: "111122223333",
        "interface_id": lambda: f"eni-{draw.randrange(50)}",
        "srcaddr": lambda: f"10.{draw.randrange(256)}.{draw.randrange(256)}.{draw.randrange(256)}",
        "dstaddr": lambda: f"10.0.0.{draw.randrange(256)}",
        "action": lambda: draw.choice(["ACCEPT", "REJECT"]),
        "log_status": lambda: "OK",
    }
    whole = {"packets": pa.int64(), "bytes": pa.int64(), "start": pa.int64(), "end": pa.int64()}
    columns = {}
    for name in (field.replace("-", "_") for field in DEFAULT_FORMAT):
        values: list[Any] = (
            [draw.randint(*numbers[name]) for _ in range(records)]
            if name in numbers
            else [texts[name]() for _ in range(records)]
        )
        columns[name] = pa.array(values, whole.get(name, pa.int32()) if name in numbers else None)
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file, compression="gzip", row_group_size=records * 2 // 5)
    return file.getvalue()


def test_of_parquet_the_bytes_are_within_a_tenth_of_the_estimate(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    rig.settings(queue_polls=0)
    large, small = _parquet(250_000), _parquet(1_000)
    assert len(small) < SMALL_BYTES < len(large)
    for day, body in ((5, large), (6, small)):
        place = Place("111122223333", "eu-west-1", date(2026, 10, day))
        rig.put_keys(BUCKET, [place.key.replace(".log.gz", ".log.parquet")], body)
    configured(tmp_path, rig)
    config = tmp_path / "flowathena.toml"
    config.write_text(f'{config.read_text()}file_format = "parquet"\n')
    counted = "SELECT count(*) AS n FROM flow_logs"
    statements = (
        counted,
        "SELECT sum(bytes) AS n, max(srcaddr) AS x FROM flow_logs",
        f"SELECT a.n + b.n AS n FROM ({counted}) AS a, ({counted}) AS b",
    )
    names = ("top_https_servers", "ssh_rejects", "rejected_by_protocol", "preview")
    asked = [*map(Question, names), *(Question("sql", {}, each) for each in statements)]
    with pointed_at(rig):
        client = Client(config_path=config)
        client.partitions.sync(everything=True)
        found = [(each, *figures(client, each)) for each in asked]
    for question, expected, scanned in found:
        assert scanned == pytest.approx(expected, rel=0.1), question
    of_one_column = found[len(names)][1]
    assert of_one_column < (len(large) + len(small)) / 2
