"""The archive in Athena: closed days as Parquet, verified, read once whatever happens."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.aws import BUCKET, Place, create_bucket, log, record
from tests.portion import left_to_slow
from tests.rig.client import Rig
from tests.week import DAYS, Week, body, put_week, register

pytestmark = pytest.mark.rig

ARCHIVE = "archive-bucket"
COUNT = "SELECT day, count(*) AS flows, sum(bytes) AS bytes FROM flow_logs GROUP BY day ORDER BY 1"
WINDOW = ("--since", "2026-10-01", "--until", "2026-10-08")
ROWS = [
    {"day": str(day), "flows": 10 * n, "bytes": 1800 * n} for n, day in enumerate(DAYS, start=1)
]
"""Day n has 10 n records of 180 bytes."""


@pytest.fixture
def week(rig: Rig, tmp_path: Path) -> Week:
    """A week that is registered, of a target with an archive."""
    made = put_week(rig, tmp_path)
    create_bucket(rig, ARCHIVE)
    made.set(f'archive_location = "s3://{ARCHIVE}/flows/"')
    register(made)
    return made


def rows(week: Week, *words: str) -> object:
    return week.shell.run("sql", COUNT, *WINDOW, "--format", "json", *words).json


def partitions(rig: Rig, table: str = "vpc_flow_logs_archive") -> dict[tuple[str, ...], str]:
    pages = (
        rig.client("glue")
        .get_paginator("get_partitions")
        .paginate(DatabaseName="network", TableName=table)
    )
    return {
        tuple(entry["Values"]): entry["StorageDescriptor"]["Location"]
        for page in pages
        for entry in page["Partitions"]
    }


def keys(rig: Rig, bucket: str = ARCHIVE) -> list[str]:
    found = rig.client("s3").list_objects_v2(Bucket=bucket)
    return [each["Key"] for each in found.get("Contents", [])]


def test_closed_days_are_archived_and_read_from_there(week: Week, rig: Rig) -> None:
    assert rows(week) == ROWS
    done = week.shell.run("archive", "run", "--all", "--yes", "--format", "json").json
    assert (done["written"], done["rows"], done["failed"]) == (7, 280, [])
    assert done["moved"] == [str(day) for day in DAYS]
    history = week.shell.run("history", "--format", "json").json
    assert {each["query_id"] for each in history if each["query"] == "archive"} == {
        *done["query_ids"]
    }
    assert len(done["query_ids"]) == 3  # written, and added up on both sides
    assert done["cost_usd"] == pytest.approx(3 * 5 * 10e6 / 1e12)  # each is billed for 10 MB
    assert len(partitions(rig)) == 7
    assert rows(week) == ROWS
    logs, archive = week.shell.run("sql", COUNT, *WINDOW, "--dry-run").out.split("UNION ALL")
    # Records of a window may be in the folder of the day after.
    assert "\"day\" BETWEEN '2026-10-08' AND '2026-10-08'" in logs
    assert "\"day\" BETWEEN '2026-10-01' AND '2026-10-07'" in archive
    assert [each["Name"] for each in tables(rig)] == ["vpc_flow_logs", "vpc_flow_logs_archive"]
    again = week.shell.run("archive", "run", "--all", "--yes", "--format", "json").json
    assert (again["written"], again["moved"], again["scanned_bytes"]) == (0, [], 0)


def tables(rig: Rig) -> list[dict[str, object]]:
    return list(rig.client("glue").get_tables(DatabaseName="network")["TableList"])


@left_to_slow
def test_a_late_log_is_found_and_its_partition_written_anew(week: Week, rig: Rig) -> None:
    week.shell.run("archive", "run", "--all", "--yes")
    before = partitions(rig)
    late = Place("111122223333", "eu-west-1", DAYS[2])
    noon = 1_790_942_400  # 2026-10-02 12:00
    assert date(2026, 10, 3) == DAYS[2]
    rig.put_keys(BUCKET, [late.key.replace("c0ffee", "beef")], log(record(noon + 86_400)))
    plan = week.shell.run("archive", "plan", "--all", "--format", "json").json
    assert [each["day"] for each in plan["days"] if each["state"] == "grown"] == ["2026-10-03"]
    done = week.shell.run("archive", "run", "--all", "--yes", "--format", "json").json
    assert (done["written"], done["rows"], done["moved"]) == (1, 31, [])
    after = partitions(rig)
    changed = [values for values in after if after[values] != before[values]]
    assert changed == [("111122223333", "eu-west-1", "2026-10-03")]
    assert week.shell.run("sql", COUNT, *WINDOW, "--format", "json").json[2] == {
        "day": "2026-10-03",
        "flows": 31,
        "bytes": 31 * 180,
    }


def test_days_outside_the_window_stay_with_their_logs(week: Week) -> None:
    done = week.shell.run(
        "archive",
        "run",
        "--since",
        "2026-10-02",
        "--until",
        "2026-10-04",
        "--yes",
        "--format",
        "json",
    ).json
    assert done["moved"] == ["2026-10-02", "2026-10-03"]
    assert rows(week) == ROWS


@left_to_slow
def test_logs_that_are_gone_are_read_from_the_archive(week: Week, rig: Rig) -> None:
    week.shell.run("archive", "run", "--all", "--yes")
    for key in keys(rig, BUCKET):
        rig.client("s3").delete_object(Bucket=BUCKET, Key=key)
    assert rows(week) == ROWS
    plan = week.shell.run("archive", "plan", "--all", "--again", "--format", "json").json
    assert plan["due_partitions"] == 0
    found = week.shell.run("archive", "verify", "--all", "--format", "json").json
    assert {each["against"] for each in found["partitions"]} == {"manifest"}


def test_a_failed_unload_leaves_nothing(week: Week, rig: Rig) -> None:
    rig.faults([{"service": "athena", "op": "StartQueryExecution", "kind": "access_denied"}])
    ran = week.shell.run("archive", "run", "--all", "--yes", code=1)
    assert "7 partitions left, read from their logs as before" in ran.err
    rig.clear_faults()
    assert keys(rig) == []
    assert rows(week) == ROWS


def test_what_athena_cannot_sort_is_written_in_no_order(week: Week, rig: Rig) -> None:
    reason = "Query exhausted resources at this scale factor"
    refused = {"service": "athena", "op": "StartQueryExecution", "kind": "refuse", "text": reason}
    rig.faults([{**refused, "code": "InvalidRequestException", "match": "ORDER BY"}])
    done = week.shell.run("archive", "run", "--all", "--yes", "--format", "json").json
    assert (done["written"], done["left"], done["stopped"]) == (7, [], None)
    (warning,) = done["warnings"]
    assert warning.startswith("2026-10-01 to 2026-10-07, ")
    assert "of logs are written in no order: Athena: " in warning
    assert reason in warning
    rig.clear_faults()
    assert rows(week) == ROWS
    assert len({key.split("/")[1] for key in keys(rig)} - {"_manifests"}) == 1


def test_what_athena_cannot_write_at_all_is_tried_once_more(week: Week, rig: Rig) -> None:
    reason = "Query exhausted resources at this scale factor"
    refused = {"service": "athena", "op": "StartQueryExecution", "kind": "refuse", "text": reason}
    rig.faults([{**refused, "code": "InvalidRequestException", "match": "UNLOAD"}])
    ran = week.shell.run("archive", "run", "--all", "--yes", code=1)
    assert reason in ran.err
    assert len(rig.journal("athena", "StartQueryExecution")) == 2
    assert keys(rig) == []
    rig.clear_faults()
    assert rows(week) == ROWS


@left_to_slow
def test_expiry_is_refused_while_days_are_not_archived(week: Week, rig: Rig) -> None:
    refused = week.shell.refused("archive", "expire", "--text-older-than", "30d", code=1)
    assert "7 days of logs would be deleted that the archive does not have" in refused
    week.shell.run("archive", "run", "--all", "--yes")
    rig.client("s3").put_bucket_lifecycle_configuration(
        Bucket=BUCKET,
        LifecycleConfiguration={
            "Rules": [
                {
                    "ID": "others",
                    "Status": "Enabled",
                    "Filter": {"Prefix": "tmp/"},
                    "Expiration": {"Days": 1},
                }
            ]
        },
    )
    rig.clear_journal()
    done = week.shell.run("archive", "expire", "--text-older-than", "30d", "--as", "json")
    rules = done.json["Rules"]
    assert [(each["ID"], each["Expiration"]) for each in rules] == [
        ("others", {"Days": 1}),
        ("flow-logs", {"Days": 30}),
    ]
    assert rules[1]["Filter"] == {"Prefix": "AWSLogs/"}
    assert not rig.journal(service="s3", op="PutBucketLifecycleConfiguration")
    assert "7 days at least" in week.shell.refused("archive", "expire", "--text-older-than", "6d")


def test_a_sync_archives_what_is_closed(week: Week, rig: Rig) -> None:
    today = datetime.now(UTC).date()
    for age in (1, 4):  # one is over, and open still
        day = today - timedelta(days=age)
        place = Place("111122223333", "eu-west-1", day)
        rig.put_keys(BUCKET, [place.key], body(day, 5))
    words = ("partitions", "sync", "--since", "8d", "--archive", "--format", "json")
    done = week.shell.run(*words).json
    assert (done["added"], done["archive"]["written"], done["archive"]["rows"]) == (2, 1, 5)
    assert done["archive"]["moved"] == [str(today - timedelta(days=4))]
    config = week.config
    config.write_text(config.read_text().replace("archive_location", "# archive_location"))
    assert "has no archive_location" in week.shell.refused("partitions", "sync", "--archive")


@left_to_slow
def test_the_status_knows_what_storing_costs_a_month(week: Week) -> None:
    week.shell.run("archive", "run", "--all", "--yes")
    status = week.shell.run("archive", "status", "--all", "--format", "json").json
    logs = sum(week.sizes.values())
    costs = status["storage_usd_a_month"]
    assert costs["logs"] == pytest.approx(logs / 2**30 * 0.023)  # S3's first step in eu-west-1
    archived = sum(each["archive_bytes"] for each in status["days"])
    assert costs["archive"] == pytest.approx(archived / 2**30 * 0.023)
    assert costs["rollup"] == 0
    told = week.shell.run("archive", "status", "--all").err
    assert "storing these days costs USD a month: logs 0.00, archive 0.00, rollup 0.00" in told


def test_a_limit_that_allows_nothing_changes_nothing(week: Week, rig: Rig) -> None:
    rig.clear_journal()
    for words in (
        ("run", "--max-scan", "1B"),
        ("run", "--max-cost", "0.0001"),
        ("rollup", "--max-scan", "1B"),
    ):
        line = week.shell.refused("archive", words[0], "--all", "--yes", *words[1:], code=5)
        assert line.endswith("raise it, or take fewer days with --since and --until")
    assert [each["Name"] for each in tables(rig)] == ["vpc_flow_logs"]
    assert week.started() == 0  # and there was no question
    assert keys(rig) == []


def test_the_plan_names_the_command_with_the_same_days(week: Week) -> None:
    told = week.shell.run("archive", "plan", "--since", "2026-10-01", "--until", "2026-10-03").err
    assert "next: flowathena archive run --since 2026-10-01 --until 2026-10-03 -t prod" in told
    assert (
        "next: flowathena archive run --all -t prod"
        in week.shell.run("archive", "plan", "--all").err
    )
