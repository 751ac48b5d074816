"""Places that cannot be listed: the rest is done, they are named, nothing of them is dropped."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from flowathena import Client
from flowathena.partitions.repair import Repairs
from tests.aws import BUCKET, Place, configured, create_bucket, log, places, pointed_at, registered
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

A, B = "111122223333", "444455556666"
ORGANIZATION = "o-abcdefghij"
_NOW = datetime(2026, 10, 11, 0, 5, tzinfo=UTC)
_FLEET = places((A, B), ("eu-west-1", "us-east-1"), date(2026, 10, 1), 10)
_WINDOW = ("--since", "2026-10-01", "--until", "2026-10-11")


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    create_bucket(rig, BUCKET)
    rig.put_keys(BUCKET, [place.key for place in _FLEET], log())
    return configured(tmp_path, rig)


@pytest.fixture
def client(rig: Rig, shell: Shell) -> Iterator[Client]:
    with pointed_at(rig):
        yield Client("prod", config_path=shell.folder / "flowathena.toml", clock=lambda: _NOW)


def deny(rig: Rig, *folders: str, kind: str = "access_denied") -> None:
    """Refuse to list what is in some folders."""
    rig.faults(
        [{"service": "s3", "op": "ListObjectsV2", "kind": kind, "match": each} for each in folders]
    )


def allow_only(rig: Rig, folder: str) -> None:
    """A policy of one ``s3:prefix``."""
    fault = {"service": "s3", "op": "ListObjectsV2", "kind": "access_denied", "unless": folder}
    rig.faults([fault])


def folder(account: str, region: str = "", organization: str = "") -> str:
    above = f"{organization}/" if organization else ""
    return f"AWSLogs/{above}{account}/vpcflowlogs/{f'{region}/' if region else ''}"


def remove(rig: Rig, gone: list[Place]) -> None:
    for place in gone:
        rig.client("s3").delete_object(Bucket=BUCKET, Key=place.key)


def prefixes(rig: Rig) -> list[str]:
    calls = rig.journal(service="s3", op="ListObjectsV2")
    return [call["params"].get("Prefix", "") for call in calls]


@pytest.mark.few(3)
@pytest.mark.parametrize("kind", ["access_denied", "slowdown", "internal"])
@pytest.mark.parametrize(("region", "rest"), [("us-east-1", 30), ("", 20)])
def test_sync_does_the_rest_and_names_the_place(
    rig: Rig, shell: Shell, kind: str, region: str, rest: int
) -> None:
    deny(rig, folder(B, region), kind=kind)
    done = shell.run("partitions", "sync", *_WINDOW, "--format", "json", code=4)
    assert done.json["added"] == len(registered(rig)) == rest
    (place,) = done.json["unlisted"]
    assert (place["account"], place["region"]) == (B, region or None)
    assert place["location"] == f"s3://{BUCKET}/{folder(B, region)}"
    assert place["error"].startswith(f"s3://{BUCKET}/{folder(B, region)}: ")
    (line,) = [line for line in done.err.splitlines() if line.startswith("error: ")]
    assert line.startswith(f"error: could not list {f'{B} {region}'.strip()}: s3://{BUCKET}/")


def test_plan_and_dry_run_exit_4_and_count_nothing_of_it_as_stale(rig: Rig, shell: Shell) -> None:
    shell.run("partitions", "sync", *_WINDOW)
    deny(rig, folder(B))
    plan = shell.run("partitions", "plan", *_WINDOW, "--format", "json", "--exit-code", code=4)
    assert (plan.json["add"], plan.json["stale"], plan.json["keep"]) == ([], [], 20)
    assert plan.json["unknown"] == 20
    assert "keep 20, unknown 20\n" in plan.err
    shell.run("partitions", "sync", "--dry-run", *_WINDOW, code=4)


@pytest.mark.parametrize("denied", [folder(B), folder(B, "us-east-1")])
def test_prune_drops_nothing_of_what_could_not_be_listed(
    rig: Rig, client: Client, denied: str
) -> None:
    client.partitions.sync()
    lost = [place for place in _FLEET if place.day.day == 3]
    remove(rig, lost)
    deny(rig, denied)
    synced = client.partitions.sync(repairs=Repairs(prune=True, force=True))
    gone = {(p.account, p.region) for p in lost if denied not in p.folder}
    assert {outcome.values[:2] for outcome in synced.outcomes} == gone
    left = registered(rig)
    assert all(tuple(p.values.values()) in left for p in _FLEET if denied in p.folder)
    rig.clear_faults()
    again = client.partitions.sync(repairs=Repairs(prune=True, force=True))
    assert len(again.outcomes) == 4 - len(gone)


def test_a_place_whose_organization_cannot_be_listed_is_not_pruned(
    rig: Rig, client: Client
) -> None:
    below = [Place("777788889999", "eu-west-1", date(2026, 10, 5), ORGANIZATION)]
    rig.put_keys(BUCKET, [place.key for place in below])
    client.partitions.sync()
    deny(rig, f"AWSLogs/{ORGANIZATION}/")
    synced = client.partitions.sync(repairs=Repairs(prune=True, relocate=True, force=True))
    assert synced.outcomes == ()
    assert [place.name for place in synced.unlisted] == [ORGANIZATION]
    assert len(registered(rig)) == 41


def test_status_counts_no_day_of_it_as_missing(rig: Rig, shell: Shell) -> None:
    shell.run("partitions", "sync", *_WINDOW)
    deny(rig, folder(B, "us-east-1"))
    done = shell.run("partitions", "status", *_WINDOW, "--format", "json", "--exit-code", code=4)
    assert [(p["account"], p["region"], p["stored_days"]) for p in done.json["places"]] == [
        (A, "eu-west-1", 10),
        (A, "us-east-1", 10),
        (B, "eu-west-1", 10),
    ]
    assert [place["region"] for place in done.json["unlisted"]] == ["us-east-1"]
    assert "0 missing in the catalog, 0 missing in storage" in done.err


def test_status_says_whose_newest_object_is_unknown(rig: Rig, shell: Shell) -> None:
    # The walk lists with the delimiter "_" and starts after a day; only the look for the newest
    # object mentions the last day's folder.
    deny(rig, folder(B, "us-east-1") + "2026/10/10/")
    args = ("partitions", "status", *_WINDOW, "--max-age", "36500d")
    done = shell.run(*args, "--format", "json", code=4)
    last = done.json["places"][-1]
    assert (last["stored_days"], last["newest_object"], last["stale"]) == (10, None, False)
    assert [place["location"] for place in done.json["unlisted"]] == [
        f"s3://{BUCKET}/{folder(B, 'us-east-1')}2026/10/10/"
    ]
    shown = shell.run(*args, code=4)
    assert shown.out.splitlines()[-1].split()[-1] == "unknown"


def test_if_every_place_fails_the_first_error_is_the_answer(rig: Rig, shell: Shell) -> None:
    deny(rig, folder(A), folder(B))
    for command in ("plan", "sync", "status"):
        line = shell.refused("partitions", command, *_WINDOW, code=1)
        assert line.startswith(f"error: s3://{BUCKET}/{folder(A)}: access denied")
        assert line.endswith(" (and 1 more place)")
    line = shell.refused("init", f"s3://{BUCKET}/", "-t", "other", code=1)
    assert line.startswith(f"error: s3://{BUCKET}/{folder(A)}: access denied")


def test_what_fails_everywhere_is_no_places_failure(rig: Rig, shell: Shell) -> None:
    deny(rig, folder(A), kind="expired_token")
    line = shell.refused("partitions", "plan", *_WINDOW, code=1)
    assert line.startswith(f"error: s3://{BUCKET}: ListObjectsV2: ExpiredToken")


def test_init_makes_the_target_from_the_rest(rig: Rig, shell: Shell) -> None:
    deny(rig, folder(A, "eu-west-1"), folder(B))
    done = shell.run("init", f"s3://{BUCKET}/", "-t", "other", code=4)
    assert "newest day 2026-10-10" in done.out
    errors = [line for line in done.err.splitlines() if line.startswith("error: ")]
    assert [line.split(": ")[1] for line in errors] == [
        f"could not list {B}",
        f"could not list {A} eu-west-1",
    ]
    assert "wrote target 'other'" in done.err


def test_init_reads_another_log_if_the_newest_may_not_be_read(rig: Rig, shell: Shell) -> None:
    newest = Place(B, "us-east-1", date(2026, 10, 11))
    rig.put_keys(BUCKET, [newest.key], log())
    rig.faults([{"service": "s3", "op": "GetObject", "kind": "access_denied", "match": newest.key}])
    done = shell.run("init", f"s3://{BUCKET}/", "-t", "other", code=4)
    assert "newest day 2026-10-11" in done.out
    assert "format     default, 14 fields" in done.out
    (line,) = [line for line in done.err.splitlines() if line.startswith("error: ")]
    assert line.startswith(f"error: could not read {B} us-east-1: s3://{BUCKET}/{newest.key}: ")


def test_named_folders_alone_are_listed(rig: Rig, shell: Shell) -> None:
    allow_only(rig, folder(A, "eu-west-1"))
    named = ("--account", A, "--region", "eu-west-1", *_WINDOW, "--format", "json")
    assert len(shell.run("partitions", "plan", *named).json["add"]) == 10
    assert shell.run("partitions", "sync", *named).json["added"] == 10
    status = shell.run("partitions", "status", *named).json
    assert [place["registered_days"] for place in status["places"]] == [10]
    own = folder(A, "eu-west-1")
    # Whether there are organization folders is asked as well; a denial is no obstacle.
    assert {each for each in prefixes(rig) if not each.startswith(own)} == {"AWSLogs/o-"}


def test_several_named_places_are_their_folders(rig: Rig, client: Client) -> None:
    plan = client.partitions.plan(account=[A, B], region=["eu-west-1", "eu-west-3"])
    assert {change.values[:2] for change in plan.plan.add} == {(A, "eu-west-1"), (B, "eu-west-1")}
    pairs = [(account, region) for account in (A, B) for region in ("eu-west-1", "eu-west-3")]
    own = tuple(folder(*pair) for pair in pairs)
    assert {each for each in prefixes(rig) if each not in own and not each.startswith(own)} == {
        "AWSLogs/o-"
    }


def test_one_of_several_named_places_is_denied(rig: Rig, client: Client) -> None:
    allow_only(rig, folder(A, "eu-west-1"))
    plan = client.partitions.plan(account=A, region=["eu-west-1", "us-east-1"])
    assert len(plan.plan.add) == 10
    assert [place.name for place in plan.unlisted] == [f"{A} us-east-1"]


def test_a_named_account_below_an_organization_is_found(rig: Rig, client: Client) -> None:
    below = Place("777788889999", "eu-west-1", date(2026, 10, 5), ORGANIZATION)
    both = Place(A, "eu-west-1", date(2026, 9, 30), ORGANIZATION)
    rig.put_keys(BUCKET, [below.key, both.key])
    named = client.partitions.plan(account=[A, "777788889999"], region="eu-west-1")
    assert [change.location for change in named.plan.add if "o-" in change.location] == [
        f"s3://{BUCKET}/{both.folder}",
        f"s3://{BUCKET}/{below.folder}",
    ]
    assert len(named.plan.add) == 12


def test_a_named_place_in_hive_folders(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    own = f"AWSLogs/aws-account-id={A}/aws-service=vpcflowlogs/aws-region=eu-west-1/"
    rig.put_keys(BUCKET, [f"{own}year=2026/month=10/day=0{n}/a_b.log.gz" for n in (1, 2)])
    shell = configured(tmp_path, rig)
    file = tmp_path / "flowathena.toml"
    file.write_text(f'{file.read_text()}layout = "hive-daily"\n')
    allow_only(rig, own)
    plan = shell.run(
        *("partitions", "plan", "--account", A, "--region", "eu-west-1", *_WINDOW),
        *("--format", "json"),
    ).json
    assert [change["location"] for change in plan["add"]] == [
        f"s3://{BUCKET}/{own}year=2026/month=10/day=0{n}/" for n in (1, 2)
    ]


def test_the_table_of_one_place_needs_no_other_folder(rig: Rig, shell: Shell) -> None:
    file = shell.folder / "flowathena.toml"
    one = f'partition_keys = "single"\naccount = "{A}"\nlog_region = "eu-west-1"\n'
    file.write_text(file.read_text() + one)
    allow_only(rig, folder(A, "eu-west-1"))
    assert shell.run("partitions", "sync", *_WINDOW, "--format", "json").json["added"] == 10


def test_the_tables_location_tells_the_organization(rig: Rig, client: Client) -> None:
    below = Place(B, "eu-west-1", date(2026, 10, 5), ORGANIZATION)
    rig.put_keys(BUCKET, [below.key])
    client.table.create()
    glue = rig.client("glue")
    table = glue.get_table(DatabaseName="network", Name="vpc_flow_logs")["Table"]
    kept = {key: table[key] for key in ("Name", "TableType", "Parameters", "PartitionKeys")}
    location = f"s3://{BUCKET}/AWSLogs/{ORGANIZATION}/"
    glue.update_table(
        DatabaseName="network",
        TableInput={
            **kept,
            "StorageDescriptor": {**table["StorageDescriptor"], "Location": location},
        },
    )
    allow_only(rig, folder(B, "eu-west-1", ORGANIZATION))
    plan = client.partitions.plan(account=B, region="eu-west-1")
    assert [change.location for change in plan.plan.add] == [f"s3://{BUCKET}/{below.folder}"]


def test_another_layout_is_refused_though_a_place_is_named(shell: Shell) -> None:
    file = shell.folder / "flowathena.toml"
    file.write_text(f'{file.read_text()}layout = "hive-daily"\n')
    line = shell.refused("partitions", "plan", "--account", A, "--region", "eu-west-1", code=1)
    assert "contains plain-daily folders" in line
