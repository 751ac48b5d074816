"""Plan and sync over AWS's wire: the real command line, boto3 and HTTP."""

import json
import signal
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from tests.aws import BUCKET, Place, configured, create_bucket, log, places, registered
from tests.rig.client import Rig
from tests.shell import Shell
from tests.waiting import interrupt, until

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

_ACCOUNTS = ("111122223333", "444455556666", "777788889999")
_REGIONS = ("eu-west-1", "us-east-1", "us-gov-west-1")
_FIRST = date(2026, 9, 20)
_WINDOW = ("--since", "2026-09-20", "--until", "2026-10-30")
_FLEET = places(_ACCOUNTS, _REGIONS, _FIRST, 40)


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    create_bucket(rig, BUCKET)
    return configured(tmp_path, rig)


def test_plan_lists_exactly_what_is_missing_and_sync_adds_it_once(rig: Rig, shell: Shell) -> None:
    rig.put_keys(BUCKET, [place.key for place in _FLEET])
    known = [place for place in _FLEET if place.day.day % 3 == 0]
    missing = [place for place in _FLEET if place.day.day % 3]
    shell.run("partitions", "sync", *_WINDOW)
    _forget(rig, missing)

    plan = shell.run("partitions", "plan", *_WINDOW, "--format", "json").json
    expected = [
        {"values": place.values, "location": f"s3://{BUCKET}/{place.folder}"} for place in missing
    ]
    assert plan["add"] == expected
    assert plan["keep"] == len(known)
    assert (plan["relocate"], plan["stale"]) == ([], [])
    assert plan["target"] == "prod"
    assert plan["table"] == "network.vpc_flow_logs"
    assert plan["window"] == {"since": "2026-09-20T00:00:00Z", "until": "2026-10-30T00:00:00Z"}

    synced = shell.run("partitions", "sync", *_WINDOW, "--format", "json").json
    assert synced["added"] == len(missing)
    assert (synced["existed"], synced["failed"]) == (0, [])
    assert registered(rig) == {
        tuple(place.values.values()): f"s3://{BUCKET}/{place.folder}" for place in _FLEET
    }

    again = shell.run("partitions", "sync", *_WINDOW, "--format", "json").json
    assert (again["added"], again["existed"], again["failed"]) == (0, 0, [])


def test_calls_are_one_list_an_account_and_one_an_account_region(rig: Rig, shell: Shell) -> None:
    rig.put_keys(BUCKET, [place.key for place in _FLEET])
    rig.journal()
    plan = shell.run("partitions", "plan", *_WINDOW, "--format", "json").json
    # 1 root + 3 accounts + 3 × 3 account-Regions, of 40 days over 3 months each; the flow logs of
    # the first and the last of them, and in vain a file of these that is not empty
    assert plan["calls"] == {"ListObjectsV2": 1 + 3 + 9 + 9 * 3, "GetTable": 1}
    calls = rig.journal(service="s3", op="ListObjectsV2")
    assert len(calls) == plan["calls"]["ListObjectsV2"]
    delimiters = Counter(call["params"].get("Delimiter") for call in calls)
    assert delimiters == {"/": 4, "_": 9, "_20": 2 * 9, None: 9}


def test_sync_writes_in_batches_of_a_hundred(rig: Rig, shell: Shell) -> None:
    rig.put_keys(BUCKET, [place.key for place in _FLEET])
    synced = shell.run("partitions", "sync", *_WINDOW, "--format", "json").json
    assert synced["added"] == 360
    assert synced["calls"]["BatchCreatePartition"] == 4
    sizes = [
        len(call["params"]["PartitionInputList"])
        for call in rig.journal(service="glue", op="BatchCreatePartition")
    ]
    assert sorted(sizes) == [60, 100, 100, 100]


def test_partitions_copy_the_tables_descriptor(rig: Rig, shell: Shell) -> None:
    rig.put_keys(BUCKET, [_FLEET[0].key])
    shell.run("partitions", "sync", *_WINDOW)
    glue = rig.client("glue")
    table = glue.get_table(DatabaseName="network", Name="vpc_flow_logs")["Table"]
    partition = glue.get_partitions(DatabaseName="network", TableName="vpc_flow_logs")[
        "Partitions"
    ][0]
    ours, tables = partition["StorageDescriptor"], table["StorageDescriptor"]
    assert ours.pop("Location") == f"s3://{BUCKET}/{_FLEET[0].folder}"
    assert tables.pop("Location") == f"s3://{BUCKET}/AWSLogs/"
    assert ours == tables
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert len(ours["Columns"]) == 14


@pytest.mark.slow
def test_more_than_a_thousand_accounts_are_all_found(rig: Rig, shell: Shell) -> None:
    accounts = [f"{n:012d}" for n in range(1, 1_206)]
    keys = [Place(account, "eu-west-1", date(2026, 10, 1)).key for account in accounts]
    rig.put_keys(BUCKET, keys)
    window = ("--since", "2026-10-01", "--until", "2026-10-02")
    plan = shell.run("partitions", "plan", *window, "--format", "json").json
    assert [change["values"]["aws_account"] for change in plan["add"]] == accounts
    # Two calls as the root has two pages; boto3 counts each page as a call.
    # The flow logs of each one's day are one call, the search for a file with content another.
    assert plan["calls"]["ListObjectsV2"] == 2 + 1_205 + 1_205 + 2 * 1_205


def test_organizations_govcloud_and_foreign_folders(rig: Rig, shell: Shell) -> None:
    day = date(2026, 10, 1)
    wanted = [
        Place("111122223333", "us-gov-west-1", day),
        Place("444455556666", "cn-north-1", day, organization="o-exampleorgid"),
        Place("777788889999", "eu-west-1", day, organization="o-exampleorgid"),
    ]
    foreign = [
        "AWSLogs/111122223333/CloudTrail/us-gov-west-1/2026/10/01/x.json.gz",
        "AWSLogs/111122223333/vpcflowlogs/not_a_region/2026/10/01/x.log.gz",
        "AWSLogs/111122223333/vpcflowlogs/us-gov-west-1/2026/10/junk/x.log.gz",
        "AWSLogs/111122223333/vpcflowlogs/us-gov-west-1/2026/10/31x/x.log.gz",
        "AWSLogs/elasticloadbalancing/x.log",
        "AWSLogs/11112222333/vpcflowlogs/eu-west-1/2026/10/01/x.log.gz",
        "AWSLogs/a-file-where-folders-are-expected",
        "other/AWSLogs/999900001111/vpcflowlogs/eu-west-1/2026/10/01/x.log.gz",
    ]
    rig.put_keys(BUCKET, [*(place.key for place in wanted), *foreign])
    window = ("--since", "2026-10-01", "--until", "2026-10-02")
    plan = shell.run("partitions", "plan", *window, "--format", "json").json
    assert plan["add"] == [
        {"values": place.values, "location": f"s3://{BUCKET}/{place.folder}"} for place in wanted
    ]


def test_a_prefix_before_awslogs(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    shell = configured(tmp_path, rig, prefix="central/logs/")
    place = _FLEET[0]
    rig.put_keys(BUCKET, [f"central/logs/{place.key}", _FLEET[1].key])
    plan = shell.run("partitions", "plan", *_WINDOW, "--format", "json").json
    assert plan["add"] == [
        {"values": place.values, "location": f"s3://{BUCKET}/central/logs/{place.folder}"}
    ]


def test_all_of_time_walks_years_and_finds_old_days(rig: Rig, shell: Shell) -> None:
    old = Place("111122223333", "eu-west-1", date(2019, 2, 28))
    new = Place("111122223333", "eu-west-1", date(2026, 10, 1))
    rig.put_keys(BUCKET, [old.key, new.key])
    plan = shell.run("partitions", "plan", "--all", "--format", "json").json
    assert [change["values"]["day"] for change in plan["add"]] == ["2019-02-28", "2026-10-01"]
    assert plan["window"] == {"since": None, "until": None}


def test_a_region_that_appears_later_is_seen(rig: Rig, shell: Shell) -> None:
    first = Place("111122223333", "eu-west-1", date(2026, 10, 1))
    later = Place("111122223333", "ap-southeast-5", date(2026, 10, 1))
    rig.put_keys(BUCKET, [first.key])
    shell.run("partitions", "sync", *_WINDOW)
    rig.put_keys(BUCKET, [later.key])
    plan = shell.run("partitions", "plan", *_WINDOW, "--format", "json").json
    assert [change["values"] for change in plan["add"]] == [later.values]


def test_partitions_elsewhere_and_without_logs_are_told_and_left_alone(
    rig: Rig, shell: Shell
) -> None:
    moved, gone = _FLEET[0], _FLEET[1]
    rig.put_keys(BUCKET, [moved.key, gone.key])
    shell.run("partitions", "sync", *_WINDOW)
    glue = rig.client("glue")
    entry = glue.get_partition(
        DatabaseName="network",
        TableName="vpc_flow_logs",
        PartitionValues=list(moved.values.values()),
    )["Partition"]
    glue.update_partition(
        DatabaseName="network",
        TableName="vpc_flow_logs",
        PartitionValueList=entry["Values"],
        PartitionInput={
            "Values": entry["Values"],
            "StorageDescriptor": {**entry["StorageDescriptor"], "Location": "s3://elsewhere/x/"},
        },
    )
    rig.client("s3").delete_object(Bucket=BUCKET, Key=gone.key)
    before = registered(rig)

    plan = shell.run("partitions", "plan", *_WINDOW, "--format", "json").json
    assert [change["values"] for change in plan["relocate"]] == [moved.values]
    assert [change["values"] for change in plan["stale"]] == [gone.values]
    synced = shell.run("partitions", "sync", *_WINDOW)
    assert "kept 1 partition pointing elsewhere" in synced.err
    assert "kept 1 registered partition without logs" in synced.err
    assert registered(rig) == before


def test_dry_run_changes_nothing(rig: Rig, shell: Shell) -> None:
    rig.put_keys(BUCKET, [_FLEET[0].key])
    done = shell.run("partitions", "sync", *_WINDOW, "--dry-run", "--format", "json")
    assert [change["values"] for change in done.json["add"]] == [_FLEET[0].values]
    assert "CREATE EXTERNAL TABLE" in done.err
    writes = ("CreateDatabase", "CreateTable", "BatchCreatePartition")
    assert not [call for call in rig.journal(service="glue") if call["op"] in writes]


def test_no_create_refuses_without_listing_anything(rig: Rig, shell: Shell) -> None:
    rig.put_keys(BUCKET, [_FLEET[0].key])
    line = shell.refused("partitions", "sync", *_WINDOW, "--no-create", code=1)
    assert "network.vpc_flow_logs does not exist" in line
    assert not rig.journal(service="s3", op="ListObjectsV2")


def test_init_finds_accounts_regions_layout_and_format(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    place = _FLEET[0]
    header = "version vpc-id srcaddr dstaddr bytes start end action flow-direction"
    body = log("5 vpc-1 10.0.0.1 10.0.0.2 5 1 2 ACCEPT egress", header=header)
    rig.put_keys(BUCKET, [place.key], body)
    shell = Shell(tmp_path, rig.env())
    done = shell.run("init", f"s3://{BUCKET}", "-t", "prod", "--database", "network")
    assert "accounts   1 (111122223333)" in done.out
    assert "layout     plain-daily" in done.out
    assert "custom, 9 fields (version 5)" in done.out
    shown = shell.run("config", "show", "--format", "json").json["targets"]["prod"]
    assert shown["location"] == f"s3://{BUCKET}/"
    assert shown["log_format"] == header.split()
    assert shown["region"] == "eu-west-1"
    shell.run("partitions", "sync", *_WINDOW)
    table = rig.client("glue").get_table(DatabaseName="network", Name="vpc_flow_logs")["Table"]
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]] == [
        *("version", "vpc_id", "srcaddr", "dstaddr", "bytes", "start", "end", "action"),
        "flow_direction",
    ]


def _forget(rig: Rig, gone: list[Place]) -> None:
    glue = rig.client("glue")
    for at in range(0, len(gone), 25):
        glue.batch_delete_partition(
            DatabaseName="network",
            TableName="vpc_flow_logs",
            PartitionsToDelete=[
                {"Values": list(place.values.values())} for place in gone[at : at + 25]
            ],
        )


def test_an_interrupted_sync_tells_what_it_did_and_the_next_completes_it(
    rig: Rig, shell: Shell
) -> None:
    regions = ["eu-west-1", "eu-west-2", "eu-west-3", "us-east-1", "us-east-2"]
    fleet = places(_ACCOUNTS, regions, _FIRST, 40)
    rig.put_keys(BUCKET, [place.key for place in fleet])
    shell.run("partitions", "sync", "--since", "2026-09-20", "--until", "2026-09-21")
    # Six batches of 585 partitions; four are under way at once, and are not answered yet.
    rig.faults([{"service": "glue", "op": "BatchCreatePartition", "kind": "hold"}])
    process = shell.start("partitions", "sync", *_WINDOW, "--format", "json")
    until(lambda: rig.held() == 4, process)
    assert len(registered(rig)) == 15 + 400
    interrupt(process, signal.SIGINT)
    rig.clear_faults()
    rig.release()
    out, err = process.communicate()
    assert process.returncode == 130
    assert json.loads(out)["added"] == 400
    assert "error: interrupted" in err
    assert len(registered(rig)) == 15 + 400
    again = shell.run("partitions", "sync", *_WINDOW, "--format", "json").json
    assert (again["added"], again["existed"]) == (185, 0)
