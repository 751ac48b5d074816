"""``flowathena quicksight`` over AWS's wire: published once, refreshed, looked at, removed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client
from flowathena.deploy.quicksight.ingestions import Ingestion, IngestionsInterruptedError
from flowathena.errors import UsageError
from flowathena.result.formats import Format
from flowathena.result.result import Result, Stats
from tests.aws import BUCKET, Place, configured, create_bucket, log, pointed_at, record
from tests.portion import left_to_slow
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = pytest.mark.rig

ACCOUNT = "123456789012"
ALICE = f"arn:aws:quicksight:us-east-1:{ACCOUNT}:user/default/alice"
SECTION = """
[targets.prod.quicksight]
owners = ["user/default/alice"]
readers = ["group/default/analysts", "user/default/bob"]
queries = ["top_https_servers"]
window = "30d"
lookback = "3d"
refresh_at = "04:30"
timezone = "Europe/Berlin"
"""
READING = ("Describe", "List")


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    """A target whose table and view are there, and an account with users in another Region."""
    today = datetime.now(UTC).date() - timedelta(days=1)
    place = Place("111122223333", "eu-west-1", today)
    create_bucket(rig, BUCKET)
    start = int(datetime(today.year, today.month, today.day, 12, tzinfo=UTC).timestamp())
    rig.put_keys(BUCKET, [place.key], log(record(start)))
    made = configured(tmp_path, rig)
    with (tmp_path / "flowathena.toml").open("a") as file:
        file.write(SECTION)
    made.run("partitions", "sync", "--all")
    made.run("view", "create", "daily")
    rig.arrange(
        "quicksight",
        identity_region="us-east-1",
        users={"alice": "AUTHOR", "bob": "READER"},
        groups=["analysts"],
    )
    return made


def edit(shell: Shell, before: str, after: str) -> None:
    path = shell.folder / "flowathena.toml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def writes(rig: Rig) -> list[str]:
    """The calls that change something in QuickSight, since the journal was cleared."""
    ops = [call["op"] for call in rig.journal("quicksight")]
    return [op for op in ops if not op.startswith(READING)]


def client(rig: Rig) -> Any:  # noqa: ANN401
    return rig.client("quicksight")


def prefix(rig: Rig) -> str:
    (source,) = client(rig).list_data_sources(AwsAccountId=ACCOUNT)["DataSources"]
    return str(source["DataSourceId"]).removesuffix("athena")


def data_set(rig: Rig, name: str = "daily") -> Any:  # noqa: ANN401
    about = {"AwsAccountId": ACCOUNT, "DataSetId": prefix(rig) + name}
    return client(rig).describe_data_set(**about)["DataSet"]


def statement(rig: Rig, name: str = "daily") -> Any:  # noqa: ANN401
    (table,) = data_set(rig, name)["PhysicalTableMap"].values()
    return table["CustomSql"]


def changes(done: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401
    return [(each["action"], each["kind"], each["name"]) for each in done.json["changes"]]


EVERYTHING = [
    ("create", "data source", "athena"),
    ("create", "data set", "daily"),
    ("create", "data set", "top_https_servers"),
    ("create", "refresh schedule", "daily"),
    ("create", "refresh schedule", "top_https_servers"),
    ("create", "analysis", "overview"),
    ("create", "dashboard", "overview"),
]


def test_a_plan_begins_with_what_must_be_true_and_changes_nothing(rig: Rig, shell: Shell) -> None:
    done = shell.run("quicksight", "plan", "--exit-code", "--format", "json", code=3)
    assert done.err.splitlines()[:3] == [
        f"subscription: account {ACCOUNT} is subscribed; data in eu-west-1",
        "edition: Enterprise",
        "identity Region: users and groups are in us-east-1",
    ]
    assert changes(done) == EVERYTHING
    assert writes(rig) == []


def test_published_once_it_is_as_wanted_and_removed_it_is_gone(rig: Rig, shell: Shell) -> None:
    theirs = {"AwsAccountId": ACCOUNT, "DataSourceId": "theirs", "Name": "Theirs"}
    athena = {"AthenaParameters": {"WorkGroup": "primary"}}
    client(rig).create_data_source(**theirs, Type="ATHENA", DataSourceParameters=athena)
    rig.arrange("quicksight", looks=3)
    done = shell.run("quicksight", "publish", "--format", "json")
    assert changes(done) == EVERYTHING
    assert {each["state"] for each in done.json["changes"]} == {"done"}

    rig.clear_journal()
    again = shell.run("quicksight", "publish", "--format", "json")
    assert {each["action"] for each in again.json["changes"]} == {"keep"}
    assert writes(rig) == []
    shell.run("quicksight", "plan", "--exit-code")

    assert "--yes" in shell.run("quicksight", "remove", code=2).err
    shell.run("quicksight", "remove", "--dry-run")
    assert writes(rig) == []
    shell.run("quicksight", "remove", "--yes")
    assert writes(rig) == [
        *("DeleteDashboard", "DeleteAnalysis"),
        *("DeleteRefreshSchedule", "DeleteRefreshSchedule", "DeleteDataSetRefreshProperties"),
        *("DeleteDataSet", "DeleteDataSet", "DeleteDataSource"),
    ]
    left = client(rig).list_data_sources(AwsAccountId=ACCOUNT)["DataSources"]
    assert [each["DataSourceId"] for each in left] == ["theirs"]
    assert client(rig).list_data_sets(AwsAccountId=ACCOUNT)["DataSetSummaries"] == []
    gone = shell.run("quicksight", "remove", "--yes")
    assert "nothing to remove" in gone.err
    shell.run("quicksight", "publish")  # no id of what was deleted is in the way


def test_data_sets_have_a_moving_window_and_the_types_of_their_columns(
    rig: Rig, shell: Shell
) -> None:
    shell.run("quicksight", "publish")
    daily = statement(rig)
    types = {each["Name"]: each["Type"] for each in daily["Columns"]}
    assert types == {
        "date": "DATETIME",
        "day": "STRING",
        "aws_account": "STRING",
        "aws_region": "STRING",
        "interface_id": "STRING",
        "srcaddr": "STRING",
        "dstaddr": "STRING",
        "dstport": "INTEGER",
        "protocol": "INTEGER",
        "action": "STRING",
        "protocol_name": "STRING",
        "packets": "INTEGER",
        "bytes": "INTEGER",
        "flows": "INTEGER",
        "first_start_time": "DATETIME",
        "last_start_time": "DATETIME",
    }
    assert 'FROM "network"."vpc_flow_logs_daily"' in daily["SqlQuery"]
    assert "date_format(current_date - interval '30' day, '%Y-%m-%d')" in daily["SqlQuery"]
    servers = statement(rig, "top_https_servers")
    assert [(each["Name"], each["Type"]) for each in servers["Columns"]] == [
        ("dstaddr", "STRING"),
        ("packets", "INTEGER"),
        ("bytes", "INTEGER"),
        ("flows", "INTEGER"),
        ("clients", "INTEGER"),
    ]
    assert "current_date - interval '30' day" in servers["SqlQuery"]
    assert data_set(rig)["ImportMode"] == "SPICE"


def test_users_and_groups_get_what_they_are_named_for(rig: Rig, shell: Shell) -> None:
    shell.run("quicksight", "publish")
    about = {"AwsAccountId": ACCOUNT, "DataSetId": f"{prefix(rig)}daily"}

    def shared() -> dict[str, int]:
        granted = client(rig).describe_data_set_permissions(**about)["Permissions"]
        return {each["Principal"].split(":")[-1]: len(each["Actions"]) for each in granted}

    # Bob only reads: dashboards are all that he can open.
    assert shared() == {"group/default/analysts": 5, "user/default/alice": 18}
    board = {"AwsAccountId": ACCOUNT, "DashboardId": f"{prefix(rig)}overview"}
    granted = client(rig).describe_dashboard_permissions(**board)["Permissions"]
    assert {each["Principal"].split("/")[-1]: len(each["Actions"]) for each in granted} == {
        "analysts": 3,
        "bob": 3,
        "alice": 8,
    }
    edit(shell, '"group/default/analysts", ', "")
    rig.clear_journal()
    assert "--yes" in shell.run("quicksight", "publish", code=2).err
    done = shell.run("quicksight", "publish", "--yes")
    assert "no longer shared with group/default/analysts" in done.out
    assert writes(rig) == [
        "UpdateDataSetPermissions",
        "UpdateDataSetPermissions",
        "UpdateDashboardPermissions",
    ]
    assert shared() == {"user/default/alice": 18}


def test_who_does_not_exist_is_told_before_anything_is_made(rig: Rig, shell: Shell) -> None:
    cases = {
        "user/default/carol": "there is no user/default/carol in us-east-1",
        "user/default/bob": "user/default/bob is a reader and can own nothing",
    }
    known = "user/default/alice"
    for name, said in cases.items():
        edit(shell, known, name)
        known = name
        done = shell.run("quicksight", "publish", code=1)
        assert said in done.err
    edit(shell, known, "user/default/alice")
    edit(shell, "lookback", 'identity_region = "eu-central-1"\nlookback')
    done = shell.run("quicksight", "plan", code=1)
    assert "are in us-east-1, not in eu-central-1" in done.err
    rig.arrange("quicksight", edition=None)
    done = shell.run("quicksight", "plan", code=1)
    assert f"subscription: account {ACCOUNT} has none" in done.err
    assert writes(rig) == []


def test_standard_gets_what_it_can_have(rig: Rig, shell: Shell) -> None:
    rig.arrange("quicksight", edition="STANDARD")
    edit(shell, 'timezone = "Europe/Berlin"', 'refresh = "hourly"')
    done = shell.run("quicksight", "publish", code=1)
    assert "group/default/analysts is a group, and Standard has no groups" in done.err
    edit(shell, '"group/default/analysts", ', "")
    done = shell.run("quicksight", "publish", "--format", "json")
    kinds = [each["kind"] for each in done.json["changes"]]
    assert kinds == ["data source", *["data set"] * 2, *["refresh schedule"] * 2]
    assert "edition: Standard: no analysis" in done.err
    assert "refresh 'hourly' becomes daily" in done.err
    about = {"AwsAccountId": ACCOUNT, "DataSetId": f"{prefix(rig)}daily"}
    (schedule,) = client(rig).list_refresh_schedules(**about)["RefreshSchedules"]
    assert schedule["RefreshType"] == "FULL_REFRESH"
    assert schedule["ScheduleFrequency"]["Interval"] == "DAILY"
    shell.run("quicksight", "plan", "--exit-code")
    shell.run("quicksight", "status")
    shell.run("quicksight", "refresh")
    shell.run("quicksight", "remove", "--yes")


@left_to_slow
def test_daily_volumes_are_refreshed_incrementally_and_a_second_schedule_is_never_made(
    rig: Rig, shell: Shell
) -> None:
    shell.run("quicksight", "publish")
    about = {"AwsAccountId": ACCOUNT, "DataSetId": f"{prefix(rig)}daily"}
    (schedule,) = client(rig).list_refresh_schedules(**about)["RefreshSchedules"]
    assert schedule["RefreshType"] == "INCREMENTAL_REFRESH"
    assert schedule["ScheduleFrequency"] == {
        "Interval": "DAILY",
        "TimeOfTheDay": "04:30",
        "Timezone": "Europe/Berlin",
    }
    properties = client(rig).describe_data_set_refresh_properties(**about)
    refreshed = properties["DataSetRefreshProperties"]["RefreshConfiguration"]
    assert refreshed["IncrementalRefresh"]["LookbackWindow"] == {
        "ColumnName": "date",
        "Size": 3,
        "SizeUnit": "DAY",
    }
    edit(shell, 'lookback = "3d"', 'lookback = "5d"\nrefresh = "weekly"')
    done = shell.run("quicksight", "publish", "--yes")
    assert (
        "daily at 04:30 Europe/Berlin, the last 3 days -> weekly at 04:30 Europe/Berlin, the last "
        "5 days" in done.err
    )
    shell.run("quicksight", "plan", "--exit-code")
    # Somebody takes over: ours goes, and no second one comes back.
    theirs = {**schedule, "ScheduleId": "theirs"}
    theirs = {k: v for k, v in theirs.items() if k not in {"Arn", "StartAfterDateTime"}}
    client(rig).create_refresh_schedule(**about, Schedule=theirs)
    shell.run("quicksight", "publish", "--yes")
    again = shell.run("quicksight", "publish")
    assert "data set daily has a schedule of somebody else's (theirs)" in again.err
    listed = client(rig).list_refresh_schedules(**about)["RefreshSchedules"]
    assert [each["ScheduleId"] for each in listed] == ["theirs"]


def test_direct_query_has_no_schedule_and_needs_no_refresh(rig: Rig, shell: Shell) -> None:
    shell.run("quicksight", "publish")
    edit(shell, "lookback", 'mode = "direct"\nlookback')
    done = shell.run("quicksight", "publish", "--yes", "--format", "json")
    actions = [each["action"] for each in done.json["changes"]]
    assert actions == ["keep", "replace", "replace", "delete", "delete", "keep", "keep"]
    assert data_set(rig)["ImportMode"] == "DIRECT_QUERY"
    shell.run("quicksight", "plan", "--exit-code")
    assert "nothing to refresh" in shell.run("quicksight", "refresh", "daily").err


def test_a_refresh_waits_for_its_end_and_says_what_went_wrong(rig: Rig, shell: Shell) -> None:
    assert (
        "'flowathena quicksight publish -t prod' first"
        in shell.run("quicksight", "refresh", code=1).err
    )
    shell.run("quicksight", "publish")
    rig.arrange("quicksight", ingestion={"rows": 1234})
    rig.clear_journal()
    done = shell.run("quicksight", "refresh", "daily")
    assert "data set daily refreshed (the last days), 1,234 rows read, 1,234 in all" in done.err
    assert writes(rig) == ["CreateIngestion"]
    assert len(rig.journal("quicksight", "DescribeIngestion")) == 4
    full = shell.run("quicksight", "refresh", "daily", "--full", "--format", "json")
    assert full.json["data_sets"][0]["type"] == "FULL_REFRESH"

    error = {"Type": "PERMISSION_DENIED", "Message": "[Athena] not authorized: glue:GetPartition"}
    rig.arrange("quicksight", ingestion={"status": "FAILED", "error": error})
    failed = shell.run("quicksight", "refresh", "top_https_servers", code=1)
    assert "QuickSight's role lacks a permission on Athena, on Glue or on a bucket" in failed.err
    assert "glue:GetPartition" in failed.err
    shown = shell.run("quicksight", "status", code=3)
    assert "PERMISSION_DENIED" in shown.err
    assert "no data set 'weekly'; there are daily, top_https_servers" in shell.refused(
        "quicksight", "refresh", "weekly"
    )
    # The answer is lost, the call made again: the refresh has begun, once.
    rig.arrange("quicksight", ingestion={"rows": 5})
    lost = {"service": "quicksight", "op": "CreateIngestion", "kind": "truncate_body", "times": 1}
    rig.faults([lost])
    assert "5 rows read" in shell.run("quicksight", "refresh", "daily").err


def test_the_status_shows_what_is_there(rig: Rig, shell: Shell) -> None:
    assert "nothing is published" in shell.run("quicksight", "status").err
    rig.arrange("quicksight", ingestion={"rows": 7})
    shell.run("quicksight", "publish")
    shell.run("quicksight", "refresh")
    found = shell.run("quicksight", "status", "--format", "json").json
    daily, servers = found["data_sets"]
    assert (daily["name"], daily["mode"], servers["name"]) == (
        "daily",
        "spice",
        "top_https_servers",
    )
    assert daily["last_refresh"]["state"] == "COMPLETED"
    assert daily["last_refresh"]["total_rows"] == 7
    assert daily["schedule"] == "daily at 04:30 Europe/Berlin, the last 3 days"
    assert servers["schedule"] == "daily at 04:30 Europe/Berlin, everything"
    assert [each["version"] for each in found["dashboards"]] == [1]
    assert found["faults"] == []


def test_a_new_version_is_published_once_it_is_made_and_another_hand_is_told(
    rig: Rig, shell: Shell
) -> None:
    shell.run("quicksight", "publish")
    board = {"AwsAccountId": ACCOUNT, "DashboardId": f"{prefix(rig)}overview"}
    kept = client(rig).describe_dashboard_definition(**board)["Definition"]
    client(rig).update_dashboard(**board, Name="Mine", Definition={**kept, "Sheets": []})
    client(rig).describe_dashboard(**board, VersionNumber=2)
    client(rig).update_dashboard_published_version(**board, VersionNumber=2)
    rig.arrange("quicksight", looks=3)
    done = shell.run("quicksight", "publish", "--yes")
    assert (
        "replaced dashboard overview (name, definition, what was changed there is lost)" in done.err
    )
    now = client(rig).describe_dashboard(**board)["Dashboard"]
    assert now["Version"]["VersionNumber"] == 3
    shell.run("quicksight", "plan", "--exit-code")


@left_to_slow
def test_a_definition_comes_from_a_file_and_stays(rig: Rig, shell: Shell) -> None:
    shell.run("quicksight", "publish")
    shell.run("quicksight", "export", "-o", "board.json")
    path = shell.folder / "board.json"
    exported = json.loads(path.read_text())
    declared = exported["Definition"]["DataSetIdentifierDeclarations"]
    assert declared == [{"Identifier": "flows", "DataSetArn": "daily"}]
    exported["Definition"]["Sheets"][0]["Name"] = "Ours"
    path.write_text(json.dumps(exported))
    shell.run("quicksight", "publish", "--definition", "board.json", "--yes")
    board = {"AwsAccountId": ACCOUNT, "DashboardId": f"{prefix(rig)}overview"}

    def name() -> str:
        live = client(rig).describe_dashboard_definition(**board)["Definition"]
        return str(live["Sheets"][0]["Name"])

    assert name() == "Ours"
    rig.clear_journal()
    shell.run("quicksight", "publish")
    shell.run("quicksight", "publish", "--definition", "board.json")
    assert writes(rig) == []
    shell.run("quicksight", "publish", "--ready-made", "--yes")
    assert name() == "Overview"

    exported["Definition"]["Sheets"][0]["Visuals"][0]["KPIVisual"]["Color"] = "red"
    path.write_text(json.dumps(exported))
    rig.clear_journal()
    done = shell.run("quicksight", "publish", "--definition", "board.json", code=2)
    assert "Definition.Sheets[0].Visuals[0].KPIVisual.Color is unknown" in done.err
    assert writes(rig) == []


@left_to_slow
def test_what_fails_is_told_in_a_line_and_the_next_run_mends_it(rig: Rig, shell: Shell) -> None:
    edit(shell, "lookback", "dashboard = false\nlookback")
    shell.run("quicksight", "publish")
    edit(shell, "dashboard = false", "dashboard = true")
    error = {"Type": "ACCESS_DENIED", "Message": "no access to the data set"}
    rig.arrange("quicksight", errors=[error])
    done = shell.run("quicksight", "publish", code=1)
    assert (
        "error: analysis overview is not created: analysis VPC flow logs (network.vpc_flow_logs): "
        "CREATION_FAILED (ACCESS_DENIED: no access to the data set)" in done.err
    )
    assert "dashboard overview is not created" in done.err
    assert "ACCESS_DENIED" in shell.run("quicksight", "status", code=3).err
    done = shell.run("quicksight", "publish", "--yes")
    assert "replaced analysis overview (failed" in done.err
    assert "created dashboard overview" in done.err
    shell.run("quicksight", "plan", "--exit-code")
    shell.run("quicksight", "status")


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("access_denied", "QuickSight data set daily: CreateDataSet: AccessDeniedException"),
        ("throttle", "QuickSight data set daily: CreateDataSet: Throttling"),
    ],
)
def test_a_call_that_is_refused_stops_and_half_of_it_is_completed(
    rig: Rig, shell: Shell, kind: str, said: str
) -> None:
    rig.faults([{"service": "quicksight", "op": "CreateDataSet", "kind": kind}])
    done = shell.run("quicksight", "publish", "--format", "json", code=4)
    assert said in done.err
    states = [each["state"] for each in done.json["changes"]]
    assert states == ["done", "failed", *["skipped"] * 5]
    rig.clear_faults()
    done = shell.run("quicksight", "publish", "--format", "json")
    assert [each["action"] for each in done.json["changes"]] == ["keep", *["create"] * 6]
    rig.faults([{"service": "quicksight", "op": "DescribeDataSet", "kind": "throttle", "times": 2}])
    shell.run("quicksight", "plan", "--exit-code")


def test_an_answer_that_is_lost_makes_no_second(rig: Rig, shell: Shell) -> None:
    lost = (
        *("CreateDataSource", "CreateDataSet", "PutDataSetRefreshProperties"),
        *("CreateRefreshSchedule", "CreateAnalysis", "CreateDashboard"),
    )
    fault = {"service": "quicksight", "kind": "truncate_body", "times": 1}
    rig.faults([{**fault, "op": op} for op in lost])
    done = shell.run("quicksight", "publish", "--format", "json")
    assert {each["state"] for each in done.json["changes"]} == {"done"}
    assert len(writes(rig)) == len(lost) + len(EVERYTHING) + 1  # each again; properties besides
    shell.run("quicksight", "plan", "--exit-code")


def test_an_id_that_is_taken_is_left_alone(rig: Rig, shell: Shell) -> None:
    shell.run("quicksight", "publish")
    name = f"{prefix(rig)}daily"
    shell.run("quicksight", "remove", "--yes")
    athena = {"AthenaParameters": {"WorkGroup": "primary"}}
    client(rig).create_data_source(
        AwsAccountId=ACCOUNT,
        DataSourceId=f"{name.removesuffix('daily')}athena",
        Name="Theirs",
        Type="ATHENA",
        DataSourceParameters=athena,
    )
    rig.clear_journal()
    done = shell.run("quicksight", "publish", code=1)
    assert "that flowathena did not make for this table; it is left alone" in done.err
    assert writes(rig) == []


@left_to_slow
def test_the_doctor_knows_its_faults(rig: Rig, shell: Shell) -> None:
    def found() -> list[tuple[str, str]]:
        done = shell.try_run("doctor", "--format", "json")
        return [(each["what"], each["mend"]) for each in done.json if each["side"] == "quicksight"]

    ((what, fix),) = found()
    assert what == "the target has a section for QuickSight, and nothing is published"
    assert fix == "'flowathena quicksight publish -t prod' makes data source and data sets"
    shell.run("quicksight", "publish")
    assert found() == []
    error = {"Type": "IAM_ROLE_NOT_AVAILABLE", "Message": "no role"}
    rig.arrange("quicksight", ingestion={"status": "FAILED", "error": error})
    shell.run("quicksight", "refresh", "daily", code=1)
    ((what, fix),) = found()
    assert what == "the last refresh of the data set daily failed: people see older rows"
    assert fix == "remove this cause, then 'flowathena quicksight refresh daily -t prod'"
    rig.faults([{"service": "quicksight", "op": "ListDataSets", "kind": "access_denied"}])
    assert [what for what, _ in found()] == ["QuickSight cannot be looked at"]
    rig.arrange("quicksight", edition=None)
    ((what, _),) = found()
    assert what == "nothing can be published: the subscription is not as it must be"


def test_a_result_in_s3_has_a_manifest_for_accounts_without_athena(rig: Rig, shell: Shell) -> None:
    place = f"s3://{BUCKET}/quicksight/top servers.csv"
    done = shell.run("run", "top_https_servers", "-o", place, "--quicksight-manifest")
    beside = f"s3://{BUCKET}/quicksight/top servers.manifest.json"
    assert f"wrote {place} and {beside}" in done.err
    s3 = rig.client("s3")

    def read(location: str) -> bytes:
        key = location.removeprefix(f"s3://{BUCKET}/")
        return bytes(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())

    assert read(beside)[:1] == b"{"  # no byte order mark
    assert json.loads(read(beside)) == {
        "fileLocations": [{"URIs": [place]}],
        "globalUploadSettings": {
            "format": "CSV",
            "delimiter": ",",
            "textqualifier": '"',
            "containsHeader": "true",
        },
    }
    shell.run("run", "top_https_servers", "-o", "here.csv")
    assert read(place) == (shell.folder / "here.csv").read_bytes()
    shell.run("sql", "SELECT 1 AS one FROM flow_logs", "-o", f"s3://{BUCKET}/one.jsonl")
    assert read(f"s3://{BUCKET}/one.jsonl") == b'{"one": 1}\n'
    for arguments, said in (
        (("-o", "a.csv"), "--quicksight-manifest goes with -o s3://BUCKET/KEY.csv"),
        (("-o", f"s3://{BUCKET}/a.json"), "is about a CSV object"),
        (("-o", f"s3://{BUCKET}/"), "is not the location of an object"),
        (("-o", f"s3://{BUCKET}/a.csv", "--dry-run"), "--dry-run writes no rows"),
    ):
        line = shell.refused("run", "top_https_servers", *arguments, "--quicksight-manifest")
        assert said in line
    with pointed_at(rig):
        flows = Client(config_path=shell.folder / "flowathena.toml")
        for form, gzip in ((Format.JSONL, False), (Format.CSV, True)):
            with pytest.raises(UsageError, match="a QuickSight manifest is about plain CSV"):
                flows.write(
                    Result([("one", "integer")], [[1]], Stats("athena", 1, 0.0)),
                    f"s3://{BUCKET}/not-csv.csv",
                    form,
                    gzip=gzip,
                    quicksight_manifest=True,
                )
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix="not-csv")
    missing = shell.run("run", "top_https_servers", "-o", "s3://no-such-bucket/a.csv", code=1)
    assert "cannot write s3://no-such-bucket/a.csv: PutObject: NoSuchBucket" in missing.err
    assert "SUCCEEDED" in missing.err  # the rows are paid for, and where they are is told


def test_an_interrupt_ends_the_waiting_and_not_the_refresh(rig: Rig, shell: Shell) -> None:
    shell.run("quicksight", "publish")
    rig.arrange("quicksight", ingestion={"stays": "RUNNING"})

    def interrupt(seen: Ingestion) -> None:
        if seen.state == "RUNNING":
            raise KeyboardInterrupt

    with pointed_at(rig):
        quicksight = Client("prod", config_path=shell.folder / "flowathena.toml").quicksight
        with pytest.raises(IngestionsInterruptedError, match="the refresh of daily goes on"):
            quicksight.refresh(["daily"], follow=interrupt)
    found = shell.run("quicksight", "status", "--format", "json").json
    assert found["data_sets"][0]["last_refresh"]["state"] == "RUNNING"
    assert "CancelIngestion" not in writes(rig)


def test_other_tables_and_folders_have_nothing_of_it(rig: Rig, shell: Shell) -> None:
    shell.run("quicksight", "publish")
    edit(shell, 'table = "vpc_flow_logs"', 'table = "vpc-flow-logs"')
    rig.clear_journal()
    assert "nothing to remove" in shell.run("quicksight", "remove", "--yes").err
    assert writes(rig) == []
    edit(shell, "s3://flow-logs/", str(shell.folder))
    path = shell.folder / "flowathena.toml"
    lines = path.read_text().splitlines()
    ours = ("region", "workgroup", "output_location")
    path.write_text("\n".join(line for line in lines if not line.startswith(ours)))
    for command in ("plan", "publish", "refresh", "status", "remove", "export"):
        assert "is a folder" in shell.refused("quicksight", command)


def test_without_a_section_it_says_what_to_write(rig: Rig, shell: Shell) -> None:
    edit(shell, SECTION, "")
    line = shell.refused("quicksight", "plan")
    assert "target 'prod' has no section [targets.prod.quicksight]" in line
    assert rig.journal("quicksight") == []
