"""A bucket of several formats, two accounts and many flow logs: every engine, every query."""

import json
import os
import random
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flowathena import Client
from flowathena.logs.fields import BY_COLUMN, FIELDS
from flowathena.onboard.location import initialize
from flowathena.sample import generate
from tests import mix
from tests.aws import BUCKET, configured, create_bucket, pointed_at
from tests.equality import Question, Tree, answers, differences, questions
from tests.portion import REST, left_to_slow
from tests.rig.client import Rig
from tests.several import FORMATS, QUERY, FlowLog, files, sums
from tests.shell import Shell

pytestmark = pytest.mark.rig

UNTIL = date(2026, 10, 7)
# Thirty days, and all queries, if more is asked for: see 'make test-equality'.
DAYS = int(os.environ.get("FLOWATHENA_TEST_DAYS", "3"))
WINDOW = {"since": "2026-09-01", "until": "2026-10-10"}
V5 = tuple(field.name for field in FIELDS if field.version <= 5)
PART = int(os.environ.get("FLOWATHENA_TEST_PART", "36"))
every_part = pytest.mark.parametrize(
    "part", [0, *(pytest.param(part, marks=REST) for part in (12, 24))]
)


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The mixed logs, and the same files, records and times in one format."""
    folder = tmp_path_factory.mktemp("trees")
    mixed, plain = folder / "mixed" / "logs", folder / "plain" / "logs"
    generate(mixed, until=UNTIL, days=DAYS, records=250 * DAYS, seed=3, mix=True)
    for path in sorted(path for path in (mixed / "AWSLogs").rglob("*") if path.is_file()):
        to = plain / path.relative_to(mixed)
        to.parent.mkdir(parents=True, exist_ok=True)
        _write_parquet(list(mix.read_file(path)), to)
    return mixed, plain


def _write_parquet(records: list[mix.Record], path: Path) -> None:
    kinds = {"string": pa.string(), "int": pa.int32(), "bigint": pa.int64()}
    columns = {
        name: pa.array([record.get(name) for record in records], kinds[BY_COLUMN[name].hive_type])
        for name in (field.replace("-", "_") for field in V5)
    }
    pq.write_table(pa.table(columns), path)


def laptop(logs: Path) -> Client:
    """A target of a folder as init and sync make it."""
    config = logs.parent / "flowathena.toml"
    config.unlink(missing_ok=True)
    initialize(str(logs), None, config, logs.parent, {}, now=datetime.now(UTC))
    Client(config_path=config).partitions.sync(everything=True)
    return Client(config_path=config)


@pytest.fixture(scope="module")
def laptops(trees: tuple[Path, Path]) -> tuple[Client, Client]:
    """Targets of both."""
    mixed, plain = map(laptop, trees)
    return mixed, plain


def asked(client: Client, part: int) -> list[Question]:
    return questions(client, Tree({"log_format": V5}), part, PART)


@left_to_slow
def test_the_trees_are_what_they_should_be(laptops: tuple[Client, Client]) -> None:
    mixed, plain = laptops
    assert [each.file_format for each in mixed.target.tables] == ["parquet", "text", "text"]
    assert [each.file_format for each in plain.target.tables] == ["parquet"]


@left_to_slow
@every_part
def test_local_answers_are_those_of_one_table(laptops: tuple[Client, Client], part: int) -> None:
    mixed, plain = laptops
    every = asked(plain, part)
    assert differences(answers(mixed, every, WINDOW), answers(plain, every, WINDOW)) == {}


@left_to_slow
@every_part
def test_aws_answers_are_the_local_ones(
    rig: Rig,
    tmp_path: Path,
    trees: tuple[Path, Path],
    laptops: tuple[Client, Client],
    part: int,
) -> None:
    local, _ = laptops
    every = asked(local, part)
    expected = answers(local, every, WINDOW)
    shell = bucket(rig, tmp_path, trees[0])
    with pointed_at(rig):
        remote = Client("prod", config_path=shell.folder / "flowathena.toml")
        assert differences(expected, answers(remote, every, WINDOW)) == {}


COUNTED = (
    ("aws_account", "dstport", "action"),
    ("day", "protocol"),
    ("srcaddr", "vpc_id"),
    ("az_id", "flow_direction"),
)


@pytest.mark.few(1)
@pytest.mark.parametrize("columns", COUNTED, ids=" ".join)
def test_counts_are_those_of_plain_python(
    rig: Rig, tmp_path: Path, trees: tuple[Path, Path], columns: tuple[str, ...]
) -> None:
    shell = bucket(rig, tmp_path, trees[0])
    names = ", ".join(columns)
    text = (
        f"SELECT {names}, count(*) AS n, sum(bytes) AS b FROM flow_logs "
        f"GROUP BY {', '.join(str(n + 1) for n in range(len(columns)))}"
    )
    rows = shell.run("sql", text, "--since", "2026-09-01", "--until", "2026-10-10",
                     "--format", "json").json  # fmt: skip
    records = [_with_all(record) for record in mix.read_tree(trees[0])]
    counted = mix.counted(records, *columns)
    summed = mix.summed(records, "bytes", *columns)
    found = {tuple(row[name] for name in columns): (row["n"], row["b"]) for row in rows}
    assert found == {
        tuple(str(v) if isinstance(v, date) else v for v in key): (n, summed.get(key))
        for key, n in counted.items()
    }


def _with_all(record: mix.Record) -> mix.Record:
    return {**dict.fromkeys(field.replace("-", "_") for field in V5), **record}


def bucket(rig: Rig, folder: Path, logs: Path) -> Shell:
    """A target that knows nothing of formats, and a sync."""
    rig.reset()
    rig.settings(queue_polls=0)
    rig.load_tree(BUCKET, logs)
    shell = configured(folder, rig)
    shell.run("partitions", "sync", "--all")
    return shell


@pytest.mark.asks_no_query
def test_the_nightly_look_costs_one_listing_more_for_each_place(rig: Rig, tmp_path: Path) -> None:
    """Two accounts with a Region each, of which one changes its format on the last day."""
    old = [FlowLog("fl-0a", "v2", 0, 6), FlowLog("fl-0b", "v2", 0, 5, "444455556666")]
    new = FlowLog("fl-0c", "swapped", 5, 9, "444455556666")
    shell = with_files(rig, tmp_path, [*old, new], range(5))
    put(rig, [*old, new], range(5, 6))
    first = synced(shell)
    # The root, two accounts, two Regions; the flow logs of each new day and, as one is not known,
    # those of the day before it; the files of one, and one of them.
    assert first["added"] == 1
    assert [each["added"] for each in first["further"]] == [1]
    assert first["calls"]["ListObjectsV2"] == 1 + 2 + 2 + 2 + 1 + 1
    assert first["calls"]["GetObject"] == 1
    put(rig, [*old, new], range(6, 7))
    again = synced(shell)
    assert again["calls"]["ListObjectsV2"] == 1 + 2 + 2 + 1
    assert "GetObject" not in again["calls"]


def with_files(rig: Rig, folder: Path, flow_logs: list[FlowLog], days: range) -> Shell:
    create_bucket(rig, BUCKET)
    put(rig, flow_logs, days)
    shell = configured(folder, rig)
    shell.run("partitions", "sync", "--all")
    return shell


def put(rig: Rig, flow_logs: list[FlowLog], days: range) -> None:
    for key, content in files(flow_logs, days):
        rig.client("s3").put_object(Bucket=BUCKET, Key=key, Body=content)


def synced(shell: Shell) -> dict[str, Any]:
    done = shell.run("partitions", "sync", "--all", "--format", "json").json
    assert isinstance(done, dict)
    return done


def answer(shell: Shell) -> dict[tuple[object, ...], object]:
    rows = shell.run("sql", QUERY, "--since", "2026-09-30", "--until", "2026-10-30",
                     "--format", "json").json  # fmt: skip
    return {tuple(list(row.values())[:-1]): row["bytes"] for row in rows}


@pytest.mark.few(1)
@pytest.mark.parametrize("seed", range(3))
def test_random_flow_logs_are_read_rightly_whenever_a_sync_runs(
    rig: Rig, tmp_path: Path, seed: int
) -> None:
    draw = random.Random(seed)  # noqa: S311 - the same sets every time
    chosen = [FlowLog("fl-fff", "long", 0, 8, "777788889999")]
    for number in range(draw.randint(2, 5)):
        first, last = sorted(draw.sample(range(9), 2))
        form, account = draw.choice(sorted(FORMATS)), draw.choice(("111122223333", "444455556666"))
        chosen.append(FlowLog(f"fl-{number + 1}{seed}", form, first, last, account))
    cut = draw.randint(1, 7)
    shell = with_files(rig, tmp_path, chosen, range(cut))
    assert answer(shell) == dict(sums(chosen, range(cut)))
    put(rig, chosen, range(cut, 8))
    synced(shell)
    assert answer(shell) == dict(sums(chosen, range(8)))


def test_a_day_of_text_and_parquet_and_files_that_come_later(rig: Rig, tmp_path: Path) -> None:
    text, parquet = FlowLog("fl-0a", "long", 0, 3), FlowLog("fl-0b", "parquet", 2, 5)
    shell = with_files(rig, tmp_path, [text, parquet], range(5))
    assert answer(shell) == dict(sums([text, parquet], range(5)))
    # Another file of the text flow log, in the folder that both have, needs no sync.
    key, content = text.file(2)
    rig.client("s3").put_object(Bucket=BUCKET, Key=key.replace("T0000Z", "T1200Z"), Body=content)
    doubled = sums([text, parquet], range(5)) + sums([text], range(2, 3))
    assert answer(shell) == dict(doubled)


def test_a_format_that_began_in_a_registered_folder_is_found_by_the_next_sync(
    rig: Rig, tmp_path: Path
) -> None:
    old, new = FlowLog("fl-0a", "v2", 0, 6), FlowLog("fl-0b", "swapped", 3, 6)
    shell = with_files(rig, tmp_path, [old], range(5))  # days 3 and 4 are registered without it
    put(rig, [old, new], range(3, 6))
    done = synced(shell)
    assert done["added"] == 1
    (further,) = done["further"]
    assert further["added"] == 3
    assert answer(shell) == dict(sums([old, new], range(6)))


def test_a_table_in_the_wrong_order_gives_another_answer(rig: Rig, tmp_path: Path) -> None:
    """Were a format taken for another one, the tests above would see it."""
    swapped = FlowLog("fl-0a", "swapped", 0, 2)
    create_bucket(rig, BUCKET)
    put(rig, [swapped], range(2))
    shell = configured(tmp_path, rig)
    file = tmp_path / "flowathena.toml"
    wrong = ["start", "bytes", "srcaddr", "dstaddr", "srcport", "dstport", "action", "protocol",
             "packets", "end", "vpc-id", "log-status"]  # fmt: skip
    alone = f"{file.read_text()}log_format = {json.dumps(wrong)}\n"
    file.write_text(alone)
    done = synced(shell)
    assert (done["added"], [each["added"] for each in done["further"]]) == (0, [2])
    assert answer(shell) == dict(sums([swapped], range(2)))
    file.write_text(alone)  # and so no source
    register_with_the_first(rig, swapped)
    assert answer(shell) != dict(sums([swapped], range(2)))


def register_with_the_first(rig: Rig, flow_log: FlowLog) -> None:
    """What a tool does that takes the table's format for all."""
    glue = rig.client("glue")
    table = glue.get_table(DatabaseName="network", Name="vpc_flow_logs")["Table"]
    for key, _ in files([flow_log], range(2)):
        folder = key.rpartition("/")[0]
        values = [flow_log.account, flow_log.region, "-".join(folder.split("/")[-3:])]
        descriptor = {**table["StorageDescriptor"], "Location": f"s3://{BUCKET}/{folder}/"}
        glue.create_partition(
            DatabaseName="network",
            TableName="vpc_flow_logs",
            PartitionInput={"Values": values, "StorageDescriptor": descriptor},
        )
