"""Trees that others than AWS lay out, on a folder and on the rig: found, registered, queried.

Every number is counted by hand from the lines below.
"""

import gzip
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.aws import BUCKET, RESULTS, create_bucket
from tests.cases import HEADER, record
from tests.rig.client import Rig
from tests.shell import Shell

A, B = "111122223333", "444455556666"
WINDOW = ("--since", "2026-11-01", "--until", "2026-11-04")
TOTAL = """/* ---
title = "Total"
--- */
SELECT aws_account, aws_region, day, count(*) AS records, sum(bytes) AS bytes
FROM flow_logs GROUP BY 1, 2, 3 ORDER BY 3, 1, 2
"""

# 2 November: 100 + 20 bytes at 04 and 05 o'clock; 3 November: 3 bytes.
FIREHOSE = {
    "{base}2026/11/02/04/flows-1-2026-11-02-04-00-07-8c1.gz": [
        record("2026-11-02T04:10:00", bytes=100)
    ],
    "{base}2026/11/02/05/flows-1-2026-11-02-05-00-07-8c2.gz": [
        record("2026-11-02T05:10:00", bytes=20)
    ],
    "{base}2026/11/03/23/flows-1-2026-11-03-23-00-07-8c3.gz": [
        record("2026-11-03T23:10:00", bytes=3)
    ],
}
FIREHOSE_DAYS = [
    ["unknown", "unknown", "2026-11-02", 2, 120],
    ["unknown", "unknown", "2026-11-03", 1, 3],
]
LAKE = {
    f"{{base}}region=eu-west-1/accountId={A}/eventDay=20261102/c9ef.gz": [
        record("2026-11-02T04:10:00", bytes=7)
    ],
    f"{{base}}region=eu-west-1/accountId={B}/eventDay=20261102/d0aa.gz": [
        record("2026-11-02T05:10:00", bytes=50),
        record("2026-11-02T06:10:00", bytes=60),
    ],
    f"{{base}}region=us-east-1/accountId={A}/eventDay=20261103/e1bb.gz": [
        record("2026-11-03T23:10:00", bytes=900)
    ],
}
LAKE_DAYS = [
    [A, "eu-west-1", "2026-11-02", 1, 7],
    [B, "eu-west-1", "2026-11-02", 2, 110],
    [A, "us-east-1", "2026-11-03", 1, 900],
]
HIVE = {
    key.replace("2026/11/", "year=2026/month=11/day=")
    .replace("/0", "/hour=0", 1)
    .replace("/23/", "/hour=23/"): lines
    for key, lines in FIREHOSE.items()
}
DT = {
    "{base}dt=2026-11-02/part_1.gz": [record("2026-11-02T04:10:00", bytes=100)],
    "{base}dt=2026-11-02/part_2.gz": [record("2026-11-02T05:10:00", bytes=20)],
    "{base}dt=2026-11-03/part_1.gz": [record("2026-11-03T23:10:00", bytes=3)],
}
_AWS = "vpcflowlogs/eu-west-1/2026/11"
_NAME = "vpcflowlogs_eu-west-1_fl-0a_x.gz"
TOWER = {
    f"{{base}}o-aaaaaaaaaa/AWSLogs/o-aaaaaaaaaa/{A}/{_AWS}/02/{A}_{_NAME}": [
        record("2026-11-02T04:10:00", bytes=7)
    ],
    f"{{base}}o-bbbbbbbbbb/AWSLogs/o-bbbbbbbbbb/{B}/{_AWS}/03/{B}_{_NAME}": [
        record("2026-11-03T05:10:00", bytes=50)
    ],
    f"{{base}}o-bbbbbbbbbb/AWSLogs/o-bbbbbbbbbb/{B}/CloudTrail/eu-west-1/2026/11/03/x.json.gz": [],
}
TOWER_DAYS = [[A, "eu-west-1", "2026-11-02", 1, 7], [B, "eu-west-1", "2026-11-03", 1, 50]]

Tree = Mapping[str, list[str]]
CASES = [
    pytest.param(FIREHOSE, "{year}/{month}/{day}/{hour}/", FIREHOSE_DAYS, id="firehose"),
    pytest.param(
        HIVE,
        "year={year}/month={month}/day={day}/hour={hour}/",
        FIREHOSE_DAYS,
        id="firehose-hive",
    ),
    pytest.param(
        LAKE,
        "region={region}/accountId={account}/eventDay={year}{month}{day}/",
        LAKE_DAYS,
        id="security-lake",
    ),
    pytest.param(DT, "dt={year}-{month}-{day}/", FIREHOSE_DAYS, id="day-folders"),
    pytest.param(
        TOWER,
        "{org}/AWSLogs/{org}/{account}/vpcflowlogs/{region}/{year}/{month}/{day}/",
        TOWER_DAYS,
        id="control-tower",
    ),
]


def write(root: Path, tree: Tree, base: str) -> None:
    for key, lines in tree.items():
        file = root / key.format(base=base)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress("\n".join([HEADER, *lines, ""]).encode(), mtime=0))


def settings_of(folder: Path, name: str) -> dict[str, Any]:
    text = (folder / "flowathena.toml").read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(text)["targets"][name]
    return found


def total(shell: Shell, *options: str) -> list[list[Any]]:
    queries = shell.folder / "queries"
    if not queries.exists():
        queries.mkdir()
        (queries / "total.sql").write_text(TOTAL)
        config = shell.folder / "flowathena.toml"
        config.write_text(f'query_paths = ["queries"]\n{config.read_text()}')
    rows = shell.run("run", "total", *WINDOW, "--format", "json", *options).json
    return [list(row.values()) for row in rows]


@pytest.mark.few(2)
@pytest.mark.parametrize(("tree", "layout", "expected"), CASES)
@pytest.mark.parametrize("base", ["", "some/prefix/"])
def test_a_folder(
    tmp_path: Path, tree: Tree, layout: str, expected: list[list[Any]], base: str
) -> None:
    write(tmp_path / "logs", tree, base)
    shell = Shell(tmp_path)
    shell.run("init", "logs")
    settings = settings_of(tmp_path, "local")
    assert settings["layout"] == layout
    assert settings["location"].rstrip("/") == f"./logs/{base}".rstrip("/")
    synced = shell.run("partitions", "sync", "--all", "--format", "json").json
    assert (synced["added"], synced["failed"]) == (len(expected), [])
    assert total(shell) == expected
    again = shell.run("partitions", "plan", *WINDOW, "--format", "json").json
    assert (again["add"], again["stale"], again["keep"]) == ([], [], len(expected))


@pytest.mark.few(1)
@pytest.mark.rig
@pytest.mark.parametrize(("tree", "layout", "expected"), CASES)
def test_a_bucket(
    rig: Rig, tmp_path: Path, tree: Tree, layout: str, expected: list[list[Any]]
) -> None:
    write(tmp_path / "tree", tree, "net/flows/")
    create_bucket(rig, BUCKET)
    create_bucket(rig, RESULTS)
    rig.load_tree(BUCKET, tmp_path / "tree")
    shell = Shell(tmp_path, rig.env())
    results = f"s3://{RESULTS}/x/"
    shell.run("init", f"arn:aws:s3:::{BUCKET}", "--output-location", results)
    settings = settings_of(tmp_path, "aws")
    assert (settings["layout"], settings["location"]) == (layout, f"s3://{BUCKET}/net/flows/")
    shell.run("partitions", "sync", *WINDOW)
    assert total(shell) == expected
    again = shell.run("partitions", "plan", *WINDOW, "--format", "json").json
    assert (again["add"], again["stale"], again["keep"]) == ([], [], len(expected))


_PREFIXES: list[tuple[Tree, list[str]]] = [
    # The year and the month are those of the window: only their folder's days are listed.
    (FIREHOSE, ["net/flows/2026/11/0"]),
    (
        LAKE,
        [
            "net/flows/",
            "net/flows/region=eu-west-1/",
            "net/flows/region=us-east-1/",
            f"net/flows/region=eu-west-1/accountId={A}/eventDay=2026110",
            f"net/flows/region=eu-west-1/accountId={B}/eventDay=2026110",
            f"net/flows/region=us-east-1/accountId={A}/eventDay=2026110",
        ],
    ),
]


@pytest.mark.rig
@pytest.mark.asks_no_query
@pytest.mark.parametrize(("tree", "prefixes"), _PREFIXES, ids=["firehose", "security-lake"])
def test_no_call_beyond_the_levels(
    rig: Rig, tmp_path: Path, tree: Tree, prefixes: list[str]
) -> None:
    write(tmp_path / "tree", tree, "net/flows/")
    create_bucket(rig, BUCKET)
    rig.load_tree(BUCKET, tmp_path / "tree")
    shell = Shell(tmp_path, rig.env())
    shell.run("init", f"s3://{BUCKET}/net/flows/")
    rig.clear_journal()
    shell.run("partitions", "plan", *WINDOW)
    calls = [call["params"] for call in rig.journal(service="s3", op="ListObjectsV2")]
    # The others look at the flow logs in folders of days that are new.
    walked = [call["Prefix"] for call in calls if call.get("Delimiter") == "/"]
    assert sorted(walked) == sorted(prefixes)


@pytest.mark.rig
def test_hours_of_a_firehose_stream(rig: Rig, tmp_path: Path) -> None:
    write(tmp_path / "tree", FIREHOSE, "")
    create_bucket(rig, BUCKET)
    create_bucket(rig, RESULTS)
    rig.load_tree(BUCKET, tmp_path / "tree")
    shell = Shell(tmp_path, rig.env())
    options = ("--granularity", "hour", "--output-location", f"s3://{RESULTS}/x/")
    shell.run("init", f"s3://{BUCKET}/", *options)
    plan = shell.run("partitions", "plan", *WINDOW, "--format", "json").json
    assert [each["values"] for each in plan["add"]] == [
        {"day": "2026-11-02", "hour": "04"},
        {"day": "2026-11-02", "hour": "05"},
        {"day": "2026-11-03", "hour": "23"},
    ]
    shell.run("partitions", "sync", *WINDOW)
    assert total(shell) == FIREHOSE_DAYS


@pytest.mark.rig
def test_a_lake_is_asked_for_one_account(rig: Rig, tmp_path: Path) -> None:
    write(tmp_path / "tree", LAKE, "")
    create_bucket(rig, BUCKET)
    create_bucket(rig, RESULTS)
    rig.load_tree(BUCKET, tmp_path / "tree")
    shell = Shell(tmp_path, rig.env())
    shell.run("init", f"s3://{BUCKET}/", "--output-location", f"s3://{RESULTS}/x/")
    shell.run("partitions", "sync", *WINDOW)
    assert total(shell, "--account", B) == [LAKE_DAYS[1]]
    assert total(shell, "--region", "us-east-1") == [LAKE_DAYS[2]]


def test_an_unknown_account_is_no_obstacle_unless_it_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "logs", FIREHOSE, "")
    shell = Shell(tmp_path)
    done = shell.run("init", "logs")
    assert "the folders do not tell the account or the region" in done.err
    shell.run("partitions", "sync", "--all")
    refused = shell.run("run", "preview", *WINDOW, "--account", A, code=1)
    assert "set account in the target, or omit --account" in refused.err
    doctor = shell.try_run("doctor")
    assert doctor.code in {0, 3}, doctor.err
    assert "contains no" not in doctor.out
    with (tmp_path / "flowathena.toml").open("a") as file:
        file.write(f'account = "{A}"\nlog_region = "eu-west-1"\n')
    named = [[A, "eu-west-1", *row[2:]] for row in FIREHOSE_DAYS]
    assert total(shell) == total(shell, "--account", A) == named
    assert total(shell, "--account", B) == []


@pytest.mark.few(1)
@pytest.mark.rig
@pytest.mark.parametrize(
    ("tree", "layout", "expected", "template"),
    [
        (FIREHOSE, "{year}/{month}/{day}/{hour}/", FIREHOSE_DAYS, "${day}/"),
        (
            LAKE,
            "region={region}/accountId={account}/eventDay={yyyymmdd}",
            LAKE_DAYS,
            "region=${aws_region}/accountId=${aws_account}/eventDay=${day}/",
        ),
        (DT, "dt={yyyy-mm-dd}", FIREHOSE_DAYS, "dt=${day}/"),
    ],
    ids=["firehose", "security-lake", "day-folders"],
)
def test_a_projection(
    rig: Rig,
    tmp_path: Path,
    tree: Tree,
    layout: str,
    expected: list[list[Any]],
    template: str,
) -> None:
    write(tmp_path / "tree", tree, "net/")
    create_bucket(rig, BUCKET)
    create_bucket(rig, RESULTS)
    rig.load_tree(BUCKET, tmp_path / "tree")
    (tmp_path / "flowathena.toml").write_text(
        f'[targets.aws]\nlocation = "s3://{BUCKET}/net/"\nlayout = "{layout}"\n'
        f'partitioning = "projection"\noutput_location = "s3://{RESULTS}/x/"\n'
    )
    shell = Shell(tmp_path, rig.env())
    shell.run("table", "create", "--since", "2026-10-01")
    table = rig.client("glue").get_table(DatabaseName="flowathena", Name="vpc_flow_logs")["Table"]
    assert table["Parameters"]["storage.location.template"] == f"s3://{BUCKET}/net/{template}"
    assert total(shell) == expected
    assert shell.run("table", "diff").code == 0
    doctor = shell.try_run("doctor", "--format", "json").json
    assert [each for each in doctor if each["side"] == "table"] == []


@pytest.mark.rig
def test_folders_of_parts_of_a_day_are_not_projected(tmp_path: Path) -> None:
    (tmp_path / "flowathena.toml").write_text(
        '[targets.aws]\nlocation = "s3://flow-logs/"\npartitioning = "projection"\n'
        'layout = "year={year}/month={month}/day={day}/"\n'
    )
    refused = Shell(tmp_path).run("config", "validate", code=2)
    assert "projection needs year, month and day side by side in the layout" in refused.err


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ('layout = "{year}/{day}"', "must have {year}, {month} and {day} in this order"),
        ('layout = "{yyyymmdd}"\ngranularity = "hour"', "granularity 'hour' needs hour folders"),
        ('layout = "dt={yyyymmdd}{hour}"', "has no folder of a day: set it to 'hour'"),
        ('layout = "{yyyymmdd}"\npartition_keys = "hive"', "needs partition_keys 'standard'"),
        ('layout = "daily"', "unknown layout 'daily'"),
    ],
)
def test_settings_that_contradict_a_template(tmp_path: Path, settings: str, reason: str) -> None:
    (tmp_path / "flowathena.toml").write_text(f'[targets.x]\nlocation = "logs"\n{settings}\n')
    refused = Shell(tmp_path).run("config", "validate", code=2)
    assert reason in refused.err


@pytest.mark.rig
@pytest.mark.asks_no_query
def test_names_without_ids_are_not_listed_to_their_end(rig: Rig, tmp_path: Path) -> None:
    """Two days of 2,500 files of Firehose each: one call a day instead of three lists enough."""
    create_bucket(rig, BUCKET)
    lines = "\n".join([HEADER, record("2026-11-02T04:10:00"), ""]).encode()
    for day in (2, 3):
        keys = [f"2026/11/{day:02d}/flows-1-2026-11-{day:02d}-{n:04d}-8c1.gz" for n in range(2_500)]
        rig.put_keys(BUCKET, keys, gzip.compress(lines, mtime=0))
    (tmp_path / "flowathena.toml").write_text(
        f'[targets.aws]\nlocation = "s3://{BUCKET}/"\nlayout = "{{year}}/{{month}}/{{day}}/"\n'
    )
    shell = Shell(tmp_path, rig.env())
    rig.clear_journal()
    synced = shell.run("partitions", "sync", *WINDOW, "--format", "json").json
    assert synced["added"] == 2
    # The folder of the month; 1,000 files of each day, and the two of them that are read.
    assert synced["calls"]["ListObjectsV2"] == 1 + 2 * (1 + 2)
    assert synced["calls"]["GetObject"] == 2 * 2
