"""Empty answers over AWS's wire: what they say, and what the look costs."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flowathena import Client
from tests.aws import BUCKET, Place, configured, create_bucket, log, places, pointed_at, record
from tests.rig.client import Rig

pytestmark = pytest.mark.rig

A = "111122223333"
_NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)
_DAYS = [Place(A, "eu-west-1", date(2026, 2, number)) for number in (1, 14, 28)]
_REGION = "AWSLogs/111122223333/vpcflowlogs/eu-west-1/"
_NO_QUERY = pytest.mark.asks_no_query


@pytest.fixture
def client(rig: Rig, tmp_path: Path) -> Iterator[Client]:
    create_bucket(rig, BUCKET)
    for place in _DAYS:
        noon = datetime(2026, 2, place.day.day, 12, tzinfo=UTC)
        rig.put_keys(BUCKET, [place.key], log(record(int(noon.timestamp()))))
    configured(tmp_path, rig)
    with pointed_at(rig):
        yield Client("prod", config_path=tmp_path / "flowathena.toml", clock=lambda: _NOW)


def listings(rig: Rig) -> list[str]:
    calls = rig.journal(service="s3", op="ListObjectsV2")
    return [call["params"].get("Prefix", "") for call in calls]


@_NO_QUERY
def test_a_plan_over_a_window_without_logs_says_which_there_are(rig: Rig, client: Client) -> None:
    told = (
        "newest logs 2026-02-28, before the window 2026-10-29..2026-11-28; "
        "use --all or --since 2026-02-01"
    )
    rig.clear_journal()
    planned = client.partitions.plan()
    assert planned.warnings == (told,)
    # The plan: root, account, Region. The look: year, month and day, a look into the day, the days
    # from the window on, and the oldest.
    assert listings(rig) == [
        *("AWSLogs/", "AWSLogs/111122223333/vpcflowlogs/", _REGION),
        *(_REGION, f"{_REGION}2026/", f"{_REGION}2026/02/", _REGION, _REGION, _REGION),
    ]
    assert planned.calls["ListObjectsV2"] == 9
    assert client.partitions.status().warnings == (told,)


@_NO_QUERY
def test_the_look_costs_no_more_with_a_hundred_accounts(rig: Rig, client: Client) -> None:
    accounts = [f"{number:012d}" for number in range(100)]
    more = places(accounts, ("eu-west-1", "us-east-1"), date(2026, 1, 1), 2)
    rig.put_keys(BUCKET, [place.key for place in more])
    planned = client.partitions.plan()
    assert planned.calls["ListObjectsV2"] <= (1 + 101 + 201) + 8 * 6
    assert planned.warnings[0].endswith(" (8 of 201 accounts and Regions examined)")


@_NO_QUERY
def test_a_plan_with_something_to_show_looks_no_further(rig: Rig, client: Client) -> None:
    rig.clear_journal()
    assert client.partitions.plan(since="2026-02-01").warnings == ()
    # What is stored; the flow logs of the three new days, and the files of one.
    assert len(listings(rig)) == 3 + 4


@_NO_QUERY
def test_a_look_that_is_denied_leaves_the_answer_as_it_is(rig: Rig, client: Client) -> None:
    denied = {"service": "s3", "op": "ListObjectsV2", "kind": "access_denied"}
    rig.faults([{**denied, "match": f'{_REGION}2026/"'}])
    planned = client.partitions.plan(account=A, region="eu-west-1")
    assert (planned.plan.add, planned.unlisted, planned.warnings) == ((), (), ())


def test_a_run_says_that_logs_are_not_registered(client: Client, tmp_path: Path) -> None:
    client.table.create()
    result = client.run("top_https_servers", since="2026-02-01", until="2026-03-01")
    assert result.rows() == []
    assert result.stats.warnings == (
        (
            "logs of 2026-02-01 are stored, but no partition of the window is registered; run "
            "'flowathena partitions sync --since 2026-02-01 --until 2026-03-02 -t prod "
            f"--config {tmp_path}/flowathena.toml'"
        ),
    )
    client.partitions.sync(since="2026-02-01", until="2026-03-02")
    again = client.run("top_https_servers", since="2026-02-01", until="2026-03-01")
    assert (len(again), again.stats.warnings) == (1, ())
    old = client.run("top_https_servers", since="7d")
    assert old.stats.warnings == (
        "newest logs 2026-02-28, before the window 2026-11-21..2026-11-28; use --since 2026-02-01",
    )


def test_a_run_that_read_logs_asks_nothing_more(rig: Rig, client: Client) -> None:
    client.partitions.sync(everything=True)
    rig.clear_journal()
    result = client.run("top_https_servers", since="2026-02-01", until="2026-03-01", port=1)
    assert (result.rows(), result.stats.warnings) == ([], ())
    assert listings(rig) == []
    assert rig.journal(service="glue", op="GetPartitions") == []


def test_a_run_says_why_it_cannot_say_more(rig: Rig, client: Client) -> None:
    client.table.create()
    rig.faults([{"service": "s3", "op": "ListObjectsV2", "kind": "access_denied"}])
    (told,) = client.run("top_https_servers", since="2026-02-01").stats.warnings
    assert told.startswith(
        "no partition of the window contains logs: s3://flow-logs/AWSLogs/: access denied"
    )


@_NO_QUERY
def test_a_list_that_has_read_everything_says_so(client: Client) -> None:
    """Ten segments are ten pages at least, however few partitions there are."""
    client.partitions.sync(everything=True)
    assert client.partitions.list().warnings == (
        "registered days are 2026-02-01..2026-02-28, none in 2026-10-29..2026-11-28; use --all",
    )
