"""``flowathena setup cost`` on the rig: the volume seen, the runs of the workgroup, the rules."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from flowathena import Client
from flowathena.cost.assumptions import Assumptions
from flowathena.cost.month import Line, MonthlyCost
from flowathena.errors import StorageError, UsageError
from tests.aws import BUCKET, Place, pointed_at
from tests.portion import left_to_slow
from tests.rig.client import Rig
from tests.shell import Shell
from tests.week import Week, put_week, register

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

NOW = datetime(2026, 10, 8, 9, 30, tzinfo=UTC)
GB = 2**30


@pytest.fixture
def world(rig: Rig, tmp_path: Path) -> Week:
    """A week of one account, 1 to 7 October, one object a day; nothing is registered."""
    return put_week(rig, tmp_path)


def work_out(world: Week, **given: object) -> MonthlyCost:
    with pointed_at(world.rig):
        client = Client(config_path=world.config, clock=lambda: NOW)
        return client.monthly_cost(Assumptions(**given))  # type: ignore[arg-type] # as given


def only(cost: MonthlyCost, what: str) -> Line:
    (found,) = [each for each in cost.lines if each.what == what]
    return found


def test_a_month_is_worked_out_of_the_week_before(world: Week) -> None:
    world.rig.clear_journal()
    cost = work_out(world, prices={"delivery": 0.25, "requests": 0.000005}, runs_a_day=2)
    total = world.bytes_of(1, 2, 3, 4, 5, 6, 7)
    assert (cost.volume.first, cost.volume.last) == (date(2026, 10, 1), date(2026, 10, 7))
    assert cost.volume.size_bytes == {"eu-west-1": total}
    delivery = only(cost, "delivery")
    assert delivery.quantity == pytest.approx(total / 7 * 30 / GB)
    assert delivery.usd == pytest.approx(total / 7 * 30 / GB * 0.25)
    assert delivery.region == "eu-west-1"
    assert only(cost, "storage").usd == pytest.approx(total / 7 * 30 / GB * 0.023)
    assert only(cost, "delivered objects").usd == pytest.approx(30 * 0.000005)
    assert only(cost, "objects in Glue").quantity == pytest.approx(365)
    # Nothing is registered, so that nothing can be estimated: a day each, 10 MB at least.
    scans = only(cost, "queries of Athena")
    assert scans.usd == pytest.approx(60 * 10 * 5 / 1_000_000)
    assert scans.basis == "2 runs a day over one day"
    assert any("no lifecycle rule deletes the logs" in note for note in cost.notes)
    wrote = [e["op"] for e in world.rig.journal() if e["op"].startswith(("Put", "Create", "Batch"))]
    assert wrote == []


def test_an_archive_is_said_not_to_be_counted(world: Week) -> None:
    world.set('archive_location = "s3://archive/"')
    cost = work_out(world, runs_a_day=1)
    assert "not counted: the archive in s3://archive/" in cost.notes
    assert cost.volume.size_bytes == {"eu-west-1": world.bytes_of(1, 2, 3, 4, 5, 6, 7)}


def test_days_before_the_first_logs_do_not_count(world: Week) -> None:
    cost = work_out(world, days=60)
    assert (cost.volume.first, cost.volume.days) == (date(2026, 10, 1), 7)
    assert work_out(world, days=2).volume.size_bytes == {"eu-west-1": world.bytes_of(6, 7)}


def test_the_rule_of_the_bucket_says_how_long_logs_are_kept(world: Week) -> None:
    rules = [
        {
            "ID": "flow-logs",
            "Status": "Enabled",
            "Filter": {"Prefix": "AWSLogs/"},
            "Expiration": {"Days": 400},
        }
    ]
    world.rig.client("s3").put_bucket_lifecycle_configuration(
        Bucket=BUCKET, LifecycleConfiguration={"Rules": rules}
    )
    cost = work_out(world, runs_a_day=1)
    total = world.bytes_of(1, 2, 3, 4, 5, 6, 7)
    assert only(cost, "storage").quantity == pytest.approx(total / 7 * 400 / GB)
    assert only(cost, "objects in Glue").quantity == pytest.approx(400)
    assert "lifecycle rule 'flow-logs' deletes logs after 400 days" in cost.notes
    given = work_out(world, runs_a_day=1, retention_days=90)
    assert only(given, "storage").quantity == pytest.approx(total / 7 * 90 / GB)
    fault = {"service": "s3", "op": "GetBucketLifecycleConfiguration", "kind": "access_denied"}
    world.rig.faults([fault])
    denied = work_out(world, runs_a_day=1)
    assert any(re.search("AccessDenied.*with --retention", note) for note in denied.notes)


@left_to_slow
def test_queries_are_those_that_ran_and_the_saved_ones_if_none_did(world: Week) -> None:
    register(world)
    example = only(work_out(world), "queries of Athena")
    assert re.fullmatch(r"10 runs a day, the mean of \d+ saved queries", example.basis)
    # Each of them scans less than 10 MB of this week, which is the least.
    assert example.quantity == pytest.approx(300 * 10 / 1_000_000)
    world.shell.run("run", "top_talkers", "--since", "2026-10-02", "--until", "2026-10-04")
    now = datetime.now(UTC)
    place = Place("111122223333", "eu-west-1", (now - timedelta(days=1)).date())
    world.rig.put_keys(BUCKET, [place.key], b"0123456789")
    done = world.shell.run("setup", "cost", "--format", "json").json
    (scans,) = [each for each in done["lines"] if each["price"] == "scan"]
    assert scans["basis"] == "1 runs of flowathena in 30 days"
    assert scans["quantity"] == pytest.approx(10 / 1_000_000)


def test_metrics_alarms_and_a_function_are_counted_if_there_are_any(world: Week) -> None:
    world.set("[targets.prod.metrics]\nqueries = ['metric_ssh_rejects']\n")
    put = world.rig.client("cloudwatch").put_metric_data
    for account in ("111122223333", "210987654321"):
        dimensions = [{"Name": "account", "Value": account}]
        data = [{"MetricName": "SshRejects", "Dimensions": dimensions, "Value": 1.0}]
        put(Namespace="FlowLogs", MetricData=data)
    cost = work_out(world, runs_a_day=1, lambda_runs_a_day=1)
    assert only(cost, "metrics in CloudWatch").quantity == 2 + 1  # and the heartbeat
    assert only(cost, "alarms in CloudWatch").quantity == 1 + 2
    assert only(cost, "dashboards in CloudWatch").quantity == 1
    assert only(cost, "function of the schedule").quantity == 30 * 10 / 2  # half a GB
    assert {each.price for each in cost.unknown} >= {"metrics", "compute"}


def test_the_table_says_what_is_not_known(world: Week) -> None:
    now = datetime.now(UTC)
    place = Place("111122223333", "eu-west-1", (now - timedelta(days=1)).date())
    world.rig.put_keys(BUCKET, [place.key], b"0123456789")
    done = world.shell.run("setup", "cost", "--retention", "90d", "--ratio", "10")
    assert "delivery is worked out of 10 times the bytes as stored (--ratio)" in done.err
    assert "the price of delivery in eu-west-1 is not known" in done.err
    assert "--price delivery=USD" in done.err
    assert re.search(r"USD a month, without 2 of the lines, from ", done.err)
    assert done.out.splitlines()[0].split() == [
        *("what", "quantity", "unit", "usd_per_unit", "usd", "region", "basis")
    ]
    priced = world.shell.run(
        *("setup", "cost", "--retention", "90d", "--price", "delivery=0.25"),
        *("--price", "requests=0.000005", "--price", "catalog=0.00001", "--format", "json"),
    ).json
    assert priced["usd"] == pytest.approx(sum(each["usd"] for each in priced["lines"]))
    assert json.dumps(priced["seen"]["stored_bytes"]) == '{"eu-west-1": 10}'


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("--days", "0"), "--days: 0 is not between 1 and 90"),
        (("--ratio", "0.5"), "--ratio: 0.5 is not between 1 and 1000"),
        (("--runs-a-day", "-1"), "--runs-a-day: -1 is not between 0 and 1000000"),
        (("--retention", "99999999999d"), "--retention '99999999999d': write a number of days"),
        (("--price", "delivery"), "--price 'delivery': write NAME=USD"),
        (("--price", "delivery=x"), "--price 'delivery=x': write NAME=USD"),
        (("--price", "delivry=1"), "no price 'delivry'; did you mean 'delivery'"),
    ],
)
def test_what_cannot_be_is_refused(world: Week, words: tuple[str, ...], line: str) -> None:
    world.rig.clear_journal()
    assert line in world.shell.refused("setup", "cost", *words)
    assert world.rig.journal() == []


def test_no_logs_are_said(world: Week) -> None:
    message = "no logs of the last 7 closed days in s3://flow-logs/"
    late = Client(config_path=world.config, clock=lambda: NOW + timedelta(days=30))
    with pointed_at(world.rig), pytest.raises(StorageError, match=message):
        late.monthly_cost()


def test_a_folder_is_not_billed(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "flowathena.toml").write_text('[targets.here]\nlocation = "logs"\n')
    line = Shell(tmp_path).refused("setup", "cost")
    assert line == "error: target here is a folder of this machine: AWS bills nothing for it"
    with pytest.raises(UsageError):
        Client(config_path=tmp_path / "flowathena.toml").monthly_cost()
