"""Repairs and days ahead over AWS's wire."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client
from flowathena.catalog import Status
from flowathena.partitions.repair import Repairs
from tests.aws import BUCKET, Place, configured, create_bucket, places, pointed_at, registered
from tests.rig.client import Rig
from tests.shell import Shell
from tests.waiting import until

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

_NOW = datetime(2026, 10, 11, 0, 5, tzinfo=UTC)
_ACCOUNTS, _REGIONS = ("111122223333", "444455556666"), ("eu-west-1", "us-east-1")
_FLEET = places(_ACCOUNTS, _REGIONS, date(2026, 10, 1), 10)  # to the day before _NOW
_WINDOW = ("--since", "2026-10-01", "--until", "2026-10-11")


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    create_bucket(rig, BUCKET)
    rig.put_keys(BUCKET, [place.key for place in _FLEET])
    return configured(tmp_path, rig)


@pytest.fixture
def client(rig: Rig, shell: Shell) -> Iterator[Client]:
    with pointed_at(rig):
        made = Client("prod", config_path=shell.folder / "flowathena.toml", clock=lambda: _NOW)
        made.partitions.sync()
        rig.clear_journal()
        yield made


def _values(place: Place) -> tuple[str, ...]:
    return tuple(place.values.values())


def _located(found: list[Place]) -> dict[tuple[str, ...], str]:
    return {_values(place): f"s3://{BUCKET}/{place.folder}" for place in found}


def _remove(rig: Rig, gone: list[Place]) -> None:
    for place in gone:
        rig.client("s3").delete_object(Bucket=BUCKET, Key=place.key)


def _point(rig: Rig, place: Place, location: str) -> None:
    glue = rig.client("glue")
    table = {"DatabaseName": "network", "TableName": "vpc_flow_logs"}
    entry = glue.get_partition(**table, PartitionValues=list(_values(place)))["Partition"]
    descriptor = {**entry["StorageDescriptor"], "Location": location}
    moved = {"Values": entry["Values"], "StorageDescriptor": descriptor}
    glue.update_partition(**table, PartitionValueList=entry["Values"], PartitionInput=moved)


def _calls(rig: Rig) -> Counter[str]:
    return Counter(call["op"] for call in rig.journal())


def test_a_nightly_sync_costs_one_listing_an_account_and_region(rig: Rig, client: Client) -> None:
    new = places(_ACCOUNTS, _REGIONS, date(2026, 10, 11), 1)
    rig.put_keys(BUCKET, [place.key for place in new])
    synced = client.partitions.sync()
    assert synced.count(Status.ADDED) == 4
    # The flow logs of each new day are one more, and in vain one for a file that is not empty.
    wanted = {"ListObjectsV2": 1 + 2 + 4 + 2 * 4, "GetTable": 1, "GetPartitions": 1}
    assert dict(synced.calls) == {**wanted, "BatchCreatePartition": 1}
    assert _calls(rig) == synced.calls


def test_a_year_of_history_costs_no_call_more(rig: Rig, client: Client) -> None:
    old = places(_ACCOUNTS, _REGIONS, date(2025, 9, 1), 365)
    rig.put_keys(BUCKET, [place.key for place in old])
    planned = client.partitions.plan()
    assert (planned.plan.add, planned.plan.keep) == ((), 40)
    assert planned.calls["ListObjectsV2"] == 1 + 2 + 4
    everything = client.partitions.plan(everything=True)
    assert len(everything.plan.add) == 4 * 365
    # The flow logs of the newest day, of the first and of the last new one, and a file of them.
    assert everything.calls["ListObjectsV2"] == 1 + 2 + 4 + 4 * 4
    asked = [call["params"] for call in rig.journal(op="GetPartitions")]
    assert [params.get("Expression") for params in asked][:1] == [
        "day >= '2026-09-11' AND day <= '2026-10-11'"
    ]
    assert all(params["ExcludeColumnSchema"] for params in asked)
    segments = [params["Segment"] for params in asked if "Segment" in params]
    assert {each["SegmentNumber"] for each in segments} == set(range(10))


def test_folders_without_logs_are_not_registered(rig: Rig, client: Client) -> None:
    region = "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/"
    marks = [
        *("10/", "10/11/", "09/", "09/30/", "09/29_$folder$"),
        *("09/28/_SUCCESS", "09/27/.hidden", "09/26/_temporary/0/a.log.gz"),
    ]
    logs = ["09/25/without-underscore.log.gz", "09/24/13/a_b.log.gz"]
    rig.put_keys(BUCKET, [region + key for key in (*marks, *logs)])
    planned = client.partitions.plan()
    assert [change.values[2] for change in planned.plan.add] == ["2026-09-24", "2026-09-25"]


def test_days_ahead_are_registered_without_a_listing_of_them(rig: Rig, client: Client) -> None:
    synced = client.partitions.sync(ahead=2)
    ahead = places(_ACCOUNTS, _REGIONS, date(2026, 10, 11), 3)  # today has no logs yet
    assert synced.count(Status.ADDED) == 12
    assert synced.calls["ListObjectsV2"] == 1 + 2 + 4
    assert registered(rig) == _located([*_FLEET, *ahead])


def test_days_ahead_are_neither_added_twice_nor_stale_nor_dropped(rig: Rig, client: Client) -> None:
    client.partitions.sync(ahead=2)
    before = registered(rig)
    for asked in ({"ahead": 2}, {}, {"everything": True}):
        repairs = Repairs(prune=True, force=True)
        synced = client.partitions.sync(repairs=repairs, **asked)
        assert synced.outcomes == ()
    assert client.partitions.plan(everything=True).plan.ahead == 12
    assert registered(rig) == before


def test_accounts_without_logs_in_the_window_get_no_days_ahead(rig: Rig, client: Client) -> None:
    rig.put_keys(BUCKET, [Place("777788889999", "eu-west-1", date(2026, 1, 1)).key])
    client.partitions.sync(ahead=1)
    assert not [values for values in registered(rig) if values[0] == "777788889999"]


def test_days_ahead_stand_below_their_organization(rig: Rig, client: Client) -> None:
    place = Place("777788889999", "eu-west-1", date(2026, 10, 10), "o-exampleorgid")
    rig.put_keys(BUCKET, [place.key])
    client.partitions.sync(ahead=1, account="777788889999")
    below = f"s3://{BUCKET}/AWSLogs/o-exampleorgid/777788889999/vpcflowlogs/eu-west-1/2026/10"
    found = {values[2]: at for values, at in registered(rig).items() if values[0] == place.account}
    assert found == {f"2026-10-{day}": f"{below}/{day}/" for day in (10, 11, 12)}


def test_relocate_points_partitions_at_their_logs(rig: Rig, client: Client) -> None:
    for place in _FLEET[:3]:
        _point(rig, place, "s3://elsewhere/x/")
    synced = client.partitions.sync(repairs=Repairs(relocate=True))
    assert synced.count(Status.RELOCATED) == 3
    assert synced.calls["BatchUpdatePartition"] == 1
    assert registered(rig) == _located(_FLEET)
    entry = rig.client("glue").get_partition(
        DatabaseName="network",
        TableName="vpc_flow_logs",
        PartitionValues=list(_values(_FLEET[0])),
    )["Partition"]
    assert len(entry["StorageDescriptor"]["Columns"]) == 14


def test_prune_drops_what_lost_its_objects(rig: Rig, client: Client) -> None:
    gone, kept = _FLEET[:4], _FLEET[4:]
    _remove(rig, gone)
    synced = client.partitions.sync(repairs=Repairs(prune=True))
    assert synced.count(Status.DROPPED) == 4  # of 40: ten percent
    assert synced.calls["ListObjectsV2"] == 1 + 2 + 4 + 4  # each is looked at once more
    assert registered(rig) == _located(kept)


def test_prune_leaves_everything_where_too_much_would_go(rig: Rig, client: Client) -> None:
    _remove(rig, _FLEET[:5])
    synced = client.partitions.sync(repairs=Repairs(prune=True))
    assert (synced.outcomes, synced.withheld) == ((), 5)
    assert registered(rig) == _located(_FLEET)
    forced = client.partitions.sync(repairs=Repairs(prune=True, force=True))
    assert forced.count(Status.DROPPED) == 5
    assert registered(rig) == _located(_FLEET[5:])


def test_prune_leaves_partitions_that_point_at_logs_elsewhere(rig: Rig, client: Client) -> None:
    create_bucket(rig, "archive")
    rig.put_keys("archive", ["old/a.log.gz"])
    _point(rig, _FLEET[0], "s3://archive/old/")
    _point(rig, _FLEET[1], "s3://archive/empty/")
    _remove(rig, _FLEET[:2])
    synced = client.partitions.sync(repairs=Repairs(prune=True))
    assert [outcome.values for outcome in synced.outcomes] == [_values(_FLEET[1])]
    outside, warning = synced.warnings
    assert outside.startswith("pointing outside the target's location: 2 partitions")
    assert warning == "kept 1 partition with logs outside of the listed folders"


def test_prune_looks_again_before_it_drops(rig: Rig, client: Client) -> None:
    """Logs that come back while the catalog is read keep their partition."""
    place = _FLEET[0]
    _remove(rig, [place])
    rig.clear_journal()
    client.partitions.plan()
    listings = len(rig.journal("s3", "ListObjectsV2"))
    rig.clear_journal()
    rig.faults([{"service": "glue", "op": "GetPartitions", "kind": "hold", "times": 1}])
    with ThreadPoolExecutor(1) as pool:
        syncing = pool.submit(client.partitions.sync, repairs=Repairs(prune=True))
        until(lambda: rig.held() or syncing.done())
        until(lambda: len(rig.journal("s3", "ListObjectsV2")) >= listings or syncing.done())
        rig.put_keys(BUCKET, [place.key])
        rig.release()
        synced = syncing.result()
    assert synced.outcomes == ()
    assert registered(rig) == _located(_FLEET)


def test_prune_never_drops_another_accounts_logs_from_a_table_of_one(
    rig: Rig, tmp_path: Path
) -> None:
    create_bucket(rig, BUCKET)
    mine, theirs = (Place(account, "eu-west-1", date(2026, 10, 5)) for account in _ACCOUNTS)
    rig.put_keys(BUCKET, [mine.key, theirs.key])
    shell = configured(tmp_path, rig)
    config = shell.folder / "flowathena.toml"
    single = f'partition_keys = "single"\naccount = "{mine.account}"\nlog_region = "eu-west-1"\n'
    config.write_text(config.read_text() + single)
    with pointed_at(rig):
        client = Client("prod", config_path=config, clock=lambda: _NOW)
        client.partitions.sync()
        _remove(rig, [mine])
        rig.client("glue").batch_delete_partition(
            DatabaseName="network",
            TableName="vpc_flow_logs",
            PartitionsToDelete=[{"Values": ["2026-10-05"]}],
        )
        rig.client("glue").create_partition(
            DatabaseName="network",
            TableName="vpc_flow_logs",
            PartitionInput={
                "Values": ["2026-10-05"],
                "StorageDescriptor": {"Location": f"s3://{BUCKET}/{theirs.folder}"},
            },
        )
        synced = client.partitions.sync(repairs=Repairs(prune=True, force=True))
    assert synced.outcomes == ()
    assert registered(rig) == {("2026-10-05",): f"s3://{BUCKET}/{theirs.folder}"}


def test_days_ahead_are_no_reason_to_drop_more(rig: Rig, client: Client) -> None:
    client.partitions.sync(ahead=60)
    _remove(rig, _FLEET[:5])
    for ahead in (0, 60):
        synced = client.partitions.sync(repairs=Repairs(prune=True), ahead=ahead)
        assert (synced.outcomes, synced.withheld) == ((), 5)
        plan = client.partitions.plan(everything=not ahead, ahead=ahead).plan
        assert (plan.keep, plan.ahead, len(plan.stale)) == (35, 4 * 61, 5)


def test_an_account_that_left_its_organization_is_ahead_where_its_logs_come_now(
    rig: Rig, client: Client
) -> None:
    account, organization = "777788889999", "o-exampleorgid"
    before = [Place(account, "eu-west-1", date(2026, 10, n), organization) for n in (1, 2)]
    now = Place(account, "eu-west-1", date(2026, 10, 10))
    rig.put_keys(BUCKET, [place.key for place in (*before, now)])
    client.partitions.sync(ahead=1, account=account)
    found = {v[2]: at for v, at in registered(rig).items() if v[0] == account}
    assert (
        found["2026-10-12"] == f"s3://{BUCKET}/AWSLogs/{account}/vpcflowlogs/eu-west-1/2026/10/12/"
    )
    assert organization in found["2026-10-02"]


def test_a_refused_kind_of_write_keeps_the_others_in_force(rig: Rig, client: Client) -> None:
    _point(rig, _FLEET[0], "s3://elsewhere/x/")
    _remove(rig, _FLEET[1:3])
    rig.faults([{"service": "glue", "op": "BatchUpdatePartition", "kind": "access_denied"}])
    synced = client.partitions.sync(repairs=Repairs(relocate=True, prune=True))
    assert synced.count(Status.DROPPED) == 2
    assert [outcome.values for outcome in synced.failed] == [_values(_FLEET[0])]


def test_a_prune_that_another_did_already_is_done(rig: Rig, client: Client) -> None:
    _remove(rig, _FLEET[:2])
    fault = {"service": "glue", "op": "BatchDeletePartition", "kind": "partial"}
    rig.faults([{**fault, "code": "EntityNotFoundException", "times": 1}])
    synced = client.partitions.sync(repairs=Repairs(prune=True))
    assert [outcome.status for outcome in synced.outcomes] == [Status.DROPPED] * 2


def test_new_days_are_registered_though_a_prune_is_withheld(rig: Rig, shell: Shell) -> None:
    shell.run("partitions", "sync", *_WINDOW, "--account", "111122223333")
    _remove(rig, _FLEET[:5])
    done = shell.run(*("partitions", "sync", *_WINDOW, "--prune", "--format", "json"), code=4)
    assert (done.json["added"], done.json["dropped"], done.json["withheld"]) == (20, 0, 5)
    assert "5 of 20 registered partitions contain no logs, more than 10 %" in done.err
    allowed = shell.run(
        *("partitions", "sync", *_WINDOW, "--prune", "--max-drop", "25", "--format", "json")
    )
    assert allowed.json["dropped"] == 5


def test_a_dry_run_tells_what_would_be_repaired(rig: Rig, shell: Shell) -> None:
    shell.run("partitions", "sync", *_WINDOW)
    _point(rig, _FLEET[0], "s3://elsewhere/x/")
    _remove(rig, _FLEET[1:3])
    before = registered(rig)
    asked: tuple[Any, ...] = ("--relocate", "--prune", "--dry-run", "--format", "json")
    done = shell.run("partitions", "sync", *_WINDOW, *asked)
    assert done.json["would"] == {"add": 0, "relocate": 1, "drop": 2}
    assert [each["values"] for each in done.json["stale"]] == [p.values for p in _FLEET[1:3]]
    assert "would add 0, relocate 1, drop 2" in done.err
    assert registered(rig) == before


def test_prune_puts_the_right_spelling_in_the_place_of_a_wrong_one(
    rig: Rig, client: Client
) -> None:
    table = {"DatabaseName": "network", "TableName": "vpc_flow_logs"}
    glue = rig.client("glue")
    twice, alone = _FLEET[:2]
    for place in (twice, alone):
        entry = glue.get_partition(**table, PartitionValues=list(_values(place)))["Partition"]
        account, region, day = _values(place)
        other = [account, region.upper(), day]
        again = {"Values": other, "StorageDescriptor": entry["StorageDescriptor"]}
        glue.create_partition(**table, PartitionInput=again)
    glue.delete_partition(**table, PartitionValues=list(_values(alone)))
    status = client.partitions.status()
    assert [fault.fault for fault in status.misplaced] == ["twice", "spelling"]
    assert not status.is_complete
    kept = client.partitions.sync()
    assert kept.outcomes == ()
    assert "kept 2 partitions spelled differently from the folders" in kept.warnings[-1]
    synced = client.partitions.sync(repairs=Repairs(prune=True))
    assert (synced.count(Status.ADDED), synced.count(Status.DROPPED)) == (1, 2)
    assert registered(rig) == _located(_FLEET)
    assert client.partitions.status().misplaced == ()
