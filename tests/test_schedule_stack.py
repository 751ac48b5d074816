"""The CloudFormation stack of a schedule: linted by others, resolved, its function invoked.

What its event makes the function ask AWS for must be allowed by its role, and nothing else.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flowathena.aws_lambda import RunFailedError, handler
from flowathena.deploy.schedule import cloudformation, policy
from flowathena.deploy.schedule.job import Job
from flowathena.deploy.schedule.tasks import ScheduledCheck, Tasks
from flowathena.deploy.schedule.timetable import Timetable
from flowathena.errors import UsageError
from flowathena.target.config import check_target
from tests.aws import Place, log, pointed_at, record
from tests.iam import simulator
from tests.iam.asked import ACCOUNT, UNLOADED, questions
from tests.iam.policies import Question, actions, allows, without
from tests.iam.scenes import (
    ARCHIVE,
    GROUP,
    LEDGER,
    LOGS,
    STATE,
    TOPIC,
    Scene,
    build,
    close_a_day,
)
from tests.portion import left_to_slow
from tests.rig.client import Rig
from tests.shell import Shell
from tests.stacks import Stack, check_expression, read_stack
from tests.test_iam_policies import agree, elsewhere, parliament
from tests.test_setup_policy import archive_another_day, archived_keys

CHECK = f"ssh_rejects since=5d notify_sns={TOPIC} state={STATE}"
GIVEN = {"CodeBucket": "my-code", "AlarmTopicArn": TOPIC}
SETTINGS = {
    "location": "s3://my-flow-logs/",
    "database": "network",
    "table": "vpc_flow_logs",
    "region": "eu-west-1",
    "profile": "ops",
    "output_location": "s3://my-athena-results/flowathena/",
    "metrics": {
        "queries": ["metric_ssh_rejects"],
        "ledger": f"s3://{LEDGER}/flowathena/",
        "log_group": GROUP,
    },
}


def job(tasks: Tasks, every: str = "1d", settings: Mapping[str, Any] = SETTINGS) -> Job:
    """A schedule without a file."""
    target = check_target("prod", settings, Path("/"))
    return Job(target, tasks, Timetable.of(every=every), settings=settings)


def template(tasks: Tasks, every: str = "1d", settings: Mapping[str, Any] = SETTINGS) -> str:
    return cloudformation.render(job(tasks, every, settings), "python3.11")


EVERYTHING = Tasks.of(
    metrics=True, checks=[ScheduledCheck.parse(CHECK)], quicksight=True, heartbeat=True
)
PLAIN = Tasks.of(heartbeat=True)


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("tasks", "settings"),
    [
        (EVERYTHING, SETTINGS),
        (PLAIN, {"location": "s3://my-flow-logs/vpc/", "database": "network"}),
        (PLAIN, {**SETTINGS, "role_arn": "arn:aws:iam::123456789012:role/reader"}),
    ],
)
def test_cfn_lint_finds_nothing(tasks: Tasks, settings: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "stack.json").write_text(template(tasks, "6h", settings))
    found = lint(tmp_path / "stack.json")
    assert (found.returncode, found.stdout) == (0, "")


@left_to_slow
def test_cfn_lint_would_find_something(tmp_path: Path) -> None:
    text = template(PLAIN).replace('"Timeout": 900', '"Timeout": 901')
    (tmp_path / "stack.json").write_text(text)
    assert "901" in lint(tmp_path / "stack.json").stdout


def lint(file: Path) -> "subprocess.CompletedProcess[str]":
    command = [
        str(Path(sys.executable).with_name("cfn-lint")),
        "--include-checks",
        "I",
        "--",
        str(file),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=file.parent)


def test_the_command_writes_the_stack_of_the_target(tmp_path: Path) -> None:
    (tmp_path / "flowathena.toml").write_text(
        '[targets.prod]\nlocation = "s3://my-flow-logs/"\ndatabase = "network"\nprofile = "ops"\n'
    )
    shell = Shell(tmp_path, {"FLOWATHENA_TABLE": "flows"})
    line = shell.refused("schedule", "cloudformation", "-o", "flowathena.toml")
    assert "no schedule is TOML" in line
    shell.run("schedule", "cloudformation", "--at", "02:30", "-o", "stack.json")
    stack = read_stack((tmp_path / "stack.json").read_text(), **GIVEN)
    (rule,) = stack.of_type("AWS::Events::Rule").values()
    assert rule["ScheduleExpression"] == "cron(30 2 * * ? *)"
    assert json.loads(rule["Targets"][0]["Input"]) == {
        "target": "prod",
        "tasks": ["sync"],
        "since": "3d",
        "ahead": 1,
        "heartbeat": True,
        # The variable goes before the file, and no profile is in the function.
        "settings": {"location": "s3://my-flow-logs/", "database": "network", "table": "flows"},
    }


@pytest.mark.parametrize(
    ("every", "patience"),
    [("1d", timedelta(hours=26)), ("6h", timedelta(hours=8)), ("1h", timedelta(minutes=90))],
)
def test_a_run_that_fails_twice_or_is_missed_is_told(every: str, patience: timedelta) -> None:
    stack = read_stack(template(PLAIN, every), **GIVEN)
    alarms = stack.of_type("AWS::CloudWatch::Alarm")
    assert {name: each["MetricName"] for name, each in alarms.items()} == {
        "Errors": "Errors",
        "Undone": "ApproximateNumberOfMessagesVisible",
        "Missed": "SyncCompleted",
    }
    assert all(each["AlarmActions"] == [TOPIC] for each in alarms.values())
    missed = alarms["Missed"]
    assert missed["TreatMissingData"] == "breaching"
    assert missed["Dimensions"] == [{"Name": "Target", "Value": "prod"}]
    looked = timedelta(seconds=missed["Period"]) * missed["EvaluationPeriods"]
    assert looked == patience
    # CloudWatch's own limits: a week of periods of an hour, a day of shorter ones.
    assert looked <= (timedelta(days=7) if missed["Period"] >= 3600 else timedelta(days=1))
    (invoked,) = stack.of_type("AWS::Lambda::EventInvokeConfig").values()
    assert invoked["MaximumRetryAttempts"] == 1
    assert invoked["DestinationConfig"]["OnFailure"]["Destination"].endswith("DeadLetters")
    (function,) = stack.of_type("AWS::Lambda::Function").values()
    assert function["ReservedConcurrentExecutions"] == 1
    assert function["LoggingConfig"]["LogGroup"] == "resource-Log"
    (log,) = stack.of_type("AWS::Logs::LogGroup").values()
    assert log["RetentionInDays"] == 30
    (rule,) = stack.of_type("AWS::Events::Rule").values()
    check_expression(rule["ScheduleExpression"])


def test_parameters_leave_out_topic_keys_and_reserve() -> None:
    none = read_stack(template(PLAIN), CodeBucket="x", ReservedConcurrency="none")
    assert "Keys" not in none.resources
    assert not any("AlarmActions" in e for e in none.of_type("AWS::CloudWatch::Alarm").values())
    (function,) = none.of_type("AWS::Lambda::Function").values()
    assert "ReservedConcurrentExecutions" not in function
    keys = "arn:aws:kms:eu-west-1:123456789012:key/a,arn:aws:kms:eu-west-1:123456789012:key/b"
    with_keys = read_stack(template(PLAIN), **GIVEN, KmsKeyArns=keys)
    (statement,) = with_keys.of_type("AWS::IAM::Policy")["Keys"]["PolicyDocument"]["Statement"]
    assert statement["Resource"] == keys.split(",")


@pytest.mark.few(1)
@pytest.mark.rig
@pytest.mark.parametrize("names", ["sync", "everything"])
def test_the_role_allows_what_the_function_asks_for_and_no_more(
    rig: Rig, tmp_path: Path, names: str
) -> None:
    tasks = PLAIN if names == "sync" else EVERYTHING
    world = build(rig, tmp_path, Scene([], [], ["metrics", "quicksight"], synced=False))
    if tasks is EVERYTHING:
        world.shell.run("partitions", "sync", "--all")
        world.shell.run("view", "create", "daily")
        world.shell.run("quicksight", "publish", "--yes")
        world.shell.run("table", "drop", "--yes")
    stack = read_stack(template(tasks), **GIVEN)
    (rule,) = stack.of_type("AWS::Events::Rule").values()
    rig.clear_journal()
    event = json.loads(rule["Targets"][0]["Input"])
    with pointed_at(rig):
        done = handler(event, Context())  # creates the table
        handler(event, Context())  # compares with it
    assert [each["state"] for each in done["tasks"]] == (
        ["done", "done"] if tasks is PLAIN else ["done", "done", "alert", "done", "done"]
    )
    # For a record format that is new, a query that the time ends, and a database that is not there.
    rare = {"glue:UpdateTable"}
    if tasks is EVERYTHING:
        rare |= {"athena:StopQueryExecution", "glue:CreateDatabase"}
    hold_against(role_policy(stack), questions(rig.journal()), rare)


@left_to_slow
@pytest.mark.rig
@pytest.mark.parametrize("archive", [False, True])
def test_the_role_allows_what_the_rollup_asks_for_with_and_without_the_archive(
    rig: Rig, tmp_path: Path, archive: bool
) -> None:
    world = build(rig, tmp_path, Scene([], []))
    close_a_day(world)
    if not archive:
        archive_another_day(world)
    settings = {**SETTINGS, "archive_location": f"s3://{ARCHIVE}/"}
    tasks = Tasks.of(since="12d", archive=archive, rollup=True, heartbeat=True)
    stack = read_stack(template(tasks, settings=settings), **GIVEN)
    (rule,) = stack.of_type("AWS::Events::Rule").values()
    before = archived_keys(world)
    rig.clear_journal()
    event = json.loads(rule["Targets"][0]["Input"])
    written = []
    with pointed_at(rig):
        for _ in range(2):
            done = handler(event, Context())
            written += [len(e["written"]) for e in done["tasks"] if e["task"] == "rollup"]
            let_a_day_grow(rig, 9 if archive else 10)
    assert written == ([1, 1] if archive else [2, 1])
    asked = questions(rig.journal())
    if not archive:  # no journal has the keys of what is deleted
        assert {key.split("/")[0] for key in before - archived_keys(world)} == {"rollup"}
        asked = {
            replace(each, resource=each.resource.replace(UNLOADED, "rollup/")) for each in asked
        }
    rare = {"athena:StopQueryExecution", "glue:CreateDatabase"}
    if archive:
        rare |= {"athena:GetWorkGroup"}  # whoever archives may run queries, which ask for its limit
    hold_against(role_policy(stack), asked, rare)


def let_a_day_grow(rig: Rig, days_ago: int) -> None:
    """A log of a day comes late."""
    day = datetime.now(UTC).date() - timedelta(days=days_ago)
    key = Place(ACCOUNT, "eu-west-1", day).key.replace("c0ffee", "beef")
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    rig.put_keys(LOGS, [key], log(record(int(noon.timestamp()))))


def hold_against(role: dict[str, Any], asked: set[Question], rare: set[str]) -> None:
    """Hold the policy of a role against what was asked; some of its actions are for rare cases."""
    assert [str(each) for each in asked if not allows([role], each)] == []
    others = list(elsewhere(asked))
    assert others
    assert [str(each) for each in others if allows([role], each)] == []
    unneeded = {
        action
        for action in actions(role)
        if all(allows([without(role, action)], each) for each in asked)
    }
    if simulator.FOLDER:
        agree([role], [*asked, *others])
    assert unneeded == rare
    found = parliament().analyze_policy_string(json.dumps(role)).findings
    assert [(e.issue, str(e.detail)) for e in found if e.issue != "RESOURCE_STAR"] == []


def role_policy(stack: Stack) -> dict[str, Any]:
    """What the role may do besides what every function may."""
    (role,) = stack.of_type("AWS::IAM::Role").values()
    (document,) = [
        each["PolicyDocument"] for each in role["Policies"] if each["PolicyName"] == "tasks"
    ]
    return dict(document)


class Context:
    """A context with much time."""

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


@pytest.mark.rig
def test_the_role_of_another_account_does_it_all_but_the_heartbeat(
    rig: Rig, tmp_path: Path
) -> None:
    role = "arn:aws:iam::123456789012:role/reader"
    build(rig, tmp_path, Scene([], [], synced=False))
    stack = read_stack(template(PLAIN, settings={**SETTINGS, "role_arn": role}), **GIVEN)
    (rule,) = stack.of_type("AWS::Events::Rule").values()
    rig.clear_journal()
    with pointed_at(rig):
        handler(json.loads(rule["Targets"][0]["Input"]), Context())
    assumed = [each["params"]["RoleArn"] for each in rig.journal("sts", "AssumeRole")]
    assert assumed == [role]
    assert [each["Action"] for each in role_policy(stack)["Statement"]] == [
        ["sts:AssumeRole"],
        ["cloudwatch:PutMetricData"],
    ]
    assert len(rig.journal("cloudwatch", "PutMetricData")) == 1


@pytest.mark.rig
def test_a_check_that_nobody_is_told_of_fails_the_run(rig: Rig, tmp_path: Path) -> None:
    build(rig, tmp_path, Scene([], [], ["metrics"]))
    tasks = Tasks.of(checks=[ScheduledCheck.parse("ssh_rejects since=5d")], heartbeat=True)
    stack = read_stack(template(tasks), **GIVEN)
    (rule,) = stack.of_type("AWS::Events::Rule").values()
    with pointed_at(rig), pytest.raises(RunFailedError, match="check ssh_rejects: alert: CRITICAL"):
        handler(json.loads(rule["Targets"][0]["Input"]), Context())


def test_settings_that_are_too_long_for_a_rule_are_refused() -> None:
    networks = [f"198.51.{a}.{b}/32" for a in range(10) for b in range(50)]
    with pytest.raises(UsageError, match=r"too long for a rule of EventBridge: [\d,]+ of 8,192"):
        template(PLAIN, settings={**SETTINGS, "own_networks": networks})


def test_the_policy_needs_to_know_where_results_are() -> None:
    settings = {key: value for key, value in SETTINGS.items() if key != "output_location"}
    with pytest.raises(UsageError, match="set output_location in the configuration"):
        policy.statements(job(EVERYTHING, settings=settings).target, EVERYTHING)


def test_the_function_and_its_handler_are_there() -> None:
    (function,) = read_stack(template(PLAIN), **GIVEN).of_type("AWS::Lambda::Function").values()
    module, _, name = function["Handler"].rpartition(".")
    assert (module, name) == (handler.__module__, handler.__name__)
    assert function["Runtime"] in cloudformation.RUNTIMES
    folder = function["Environment"]["Variables"]["FLOWATHENA_CACHE"]
    assert folder.startswith("/tmp/")  # noqa: S108 - all that a function may write to
