"""Schedules: times, tasks, and what is rendered for cron, systemd and Kubernetes."""

import json
import re
import shlex
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from flowathena import Client
from flowathena.archive.archive import TargetArchive
from flowathena.client.scheduled import ScheduledRun, TargetSchedule, TaskResult
from flowathena.client.task_steps import TaskState
from flowathena.deploy.cloudwatch.metrics import TargetMetrics
from flowathena.deploy.quicksight.target import TargetQuickSight
from flowathena.deploy.schedule import kubernetes, systemd
from flowathena.deploy.schedule.job import Job
from flowathena.deploy.schedule.tasks import ScheduledCheck, Tasks
from flowathena.deploy.schedule.timetable import Timetable
from flowathena.errors import FlowathenaError, UsageError
from flowathena.partitions.sync import Partitions
from flowathena.target.target import Target
from tests.shell import Shell
from tests.stacks import ExpressionError, check_expression

TOML = """
[targets.prod]
location = "s3://my-flow-logs/"
database = "network"
table = "vpc_flow_logs"
region = "eu-west-1"
profile = "ops"
output_location = "s3://my-athena-results/flowathena/"
"""
_KEYS = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "x"}
COMMAND = "/opt/venv/bin/flowathena"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"


def named(name: str) -> Job:
    """A nightly sync of a target."""
    return Job(Target(name, "s3://my-flow-logs/"), Tasks.of(), Timetable.of("01:10", "1d"))


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    (tmp_path / "flowathena.toml").write_text(TOML)
    return Shell(tmp_path)


@pytest.mark.parametrize(
    ("at", "every", "cron", "rule", "calendar"),
    [
        ("01:10", "1d", "10 1 * * *", "cron(10 1 * * ? *)", "*-*-* 01:10:00 UTC"),
        ("23:59", "24h", "59 23 * * *", "cron(59 23 * * ? *)", "*-*-* 23:59:00 UTC"),
        (
            *("01:10", "6h", "10 1,7,13,19 * * *", "cron(10 1,7,13,19 * * ? *)"),
            "*-*-* 01,07,13,19:10:00 UTC",
        ),
        ("13:10", "12h", "10 1,13 * * *", "cron(10 1,13 * * ? *)", "*-*-* 01,13:10:00 UTC"),
        ("5:07", "1h", "7 * * * *", "cron(7 * * * ? *)", "*-*-* *:07:00 UTC"),
        (
            *("00:20", "15m", "5,20,35,50 * * * *", "cron(5,20,35,50 * * * ? *)"),
            "*-*-* *:05,20,35,50:00 UTC",
        ),
    ],
)
def test_times_are_the_same_for_every_scheduler(
    at: str, every: str, cron: str, rule: str, calendar: str
) -> None:
    timetable = Timetable.of(at, every)
    assert (timetable.cron, timetable.event_rule, timetable.calendar) == (cron, rule, calendar)


@pytest.mark.parametrize("every", ["5m", "10m", "15m", "20m", "30m", "1h", "2h", "3h", "8h", "1d"])
@pytest.mark.parametrize("at", ["00:00", "01:10", "17:43", "23:59"])
def test_runs_are_as_far_apart_as_asked_and_one_is_at_the_time(at: str, every: str) -> None:
    """As another reader of cron's fields has them, over two days."""
    midnight = datetime(2026, 11, 1, tzinfo=UTC) - timedelta(minutes=1)
    times = CronSim(Timetable.of(at, every).cron, midnight)
    size = timedelta(minutes={"m": 1, "h": 60, "d": 1440}[every[-1]] * int(every[:-1]))
    runs = [next(times) for _ in range(timedelta(days=2) // size)]
    assert {after - before for before, after in pairwise(runs)} == {size}
    assert f"{at}" in {f"{each:%H:%M}" for each in runs}
    check_expression(Timetable.of(at, every).event_rule)


@pytest.mark.parametrize(
    ("at", "every", "message"),
    [
        ("24:00", "1d", "--at: '24:00' is not a time of day"),
        ("12:60", "1d", "--at: '12:60' is not a time of day"),
        ("noon", "1d", "--at: 'noon' is not a time of day"),
        ("01:10", "7h", "--every: '7h' does not divide a day evenly; use 5m, 10m,"),
        ("01:10", "2d", "--every: '2d' does not divide a day evenly"),
        ("01:10", "0m", "--every: '0m' does not divide a day evenly"),
        ("01:10", "often", "--every: 'often' does not divide a day evenly"),
    ],
)
def test_times_that_are_none_are_refused(at: str, every: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        Timetable.of(at, every)


@pytest.mark.parametrize(
    "expression",
    [
        *("rate(1 days)", "rate(2 day)", "rate(0 days)", "every day", "cron(10 1 * * *)"),
        *("cron(10 25 * * ? *)", "cron(99 1 * * ? *)", "cron(10 1 * * * *)", "cron(10 1 ? * ? *)"),
    ],
)
def test_the_checker_of_expressions_refuses_what_eventbridge_does(expression: str) -> None:
    with pytest.raises(ExpressionError):
        check_expression(expression)


@pytest.mark.parametrize("expression", ["rate(1 day)", "rate(6 hours)", "cron(0,30 * ? * 2 *)"])
def test_the_checker_of_expressions_takes_what_eventbridge_does(expression: str) -> None:
    check_expression(expression)


def test_a_check_is_the_same_as_text_as_event_and_as_text_again() -> None:
    text = "ssh_rejects since=1d 'where=flows > 10' max_rows=3 port=22 account=1 account=2"
    check = ScheduledCheck.parse(text)
    assert check == ScheduledCheck(
        "ssh_rejects",
        {"since": "1d", "where": "flows > 10", "max_rows": 3, "account": ["1", "2"]},
        {"port": "22"},
    )
    assert ScheduledCheck.of(check.to_json()) == check
    assert ScheduledCheck.parse(str(check)) == check


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ssh_rejects notify_sns=foo", "'foo' is not the ARN of a topic"),
        ("ssh_rejects state=s3://b/k", "state remembers who was told what; add notify_sns"),
        (f"ssh_rejects notify_sns={TOPIC} state=x.json", "neither s3://… nor a whole path"),
    ],
)
def test_a_check_that_would_fail_each_time_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        ScheduledCheck.parse(text)
    assert message in str(caught.value)


@given(st.lists(st.from_regex(r"[A-Za-z0-9_-]{1,60}", fullmatch=True), unique=True, min_size=2))
def test_two_targets_have_two_names(names: list[str]) -> None:
    jobs = [named(name) for name in names]
    assert len({job.name for job in jobs}) == len(names)
    assert all(re.fullmatch(r"flowathena-[a-z0-9]([a-z0-9-]*[a-z0-9])?", job.name) for job in jobs)
    assert all(len(job.name) <= 52 for job in jobs)


def test_a_name_that_every_scheduler_takes_stays() -> None:
    assert named("prod-eu").name == "flowathena-prod-eu"
    assert re.fullmatch(r"flowathena-prod-eu-[0-9a-f]{8}", named("prod_eu").name)


@pytest.mark.parametrize(
    ("image", "namespace", "role", "message"),
    [
        ("", "flows", None, "--image: ''"),
        ("a\nb", "flows", None, "--image: 'a\\nb'"),
        ("a", "Bad NS", None, "--namespace: 'Bad NS'"),
        ("a", "flows", "foo", "--role-arn: 'foo' is not the ARN of a role"),
    ],
)
def test_what_kubernetes_would_refuse_is_refused(
    image: str, namespace: str, role: str | None, message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        kubernetes.render(named("prod"), image, namespace, role)
    assert message in str(caught.value)


def test_a_check_without_a_criterion_takes_every_row_for_wrong() -> None:
    assert ScheduledCheck.parse("ssh_rejects").options == {"max_rows": 0}
    assert ScheduledCheck.parse("volume value=bytes warn=10").options == {
        "value": "bytes",
        "warn": "10",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ssh_rejects since", "--check ssh_rejects: 'since' has no value; write since="),
        ("ssh_rejects since=1d since=2d", "--check ssh_rejects: since is given twice"),
        ("ssh_rejects 'x", "write NAME key=value"),
        ("", "write NAME key=value"),
        ("ssh_rejects max_rows=x", "check ssh_rejects: max_rows: 'x' is not a whole number"),
    ],
)
def test_a_malformed_check_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        ScheduledCheck.parse(text)


def test_tasks_are_the_same_as_options_and_as_event() -> None:
    check = ScheduledCheck.parse("ssh_rejects since=1d")
    tasks = Tasks.of(
        since="5d", ahead=2, metrics=True, checks=[check], quicksight=True, heartbeat=True
    )
    assert tasks.names == ("sync", "metrics", "check", "quicksight")
    assert Tasks.of_event(tasks.event) == tasks
    assert tasks.words == (
        *("--since", "5d", "--ahead", "2", "--metrics", "--quicksight"),
        *("--check", "ssh_rejects since=1d max_rows=0", "--heartbeat"),
    )


def test_archive_and_rollup_are_tasks_each_of_its_own() -> None:
    for words, names in (
        (("--archive",), ("archive",)),
        (("--rollup",), ("rollup",)),
        (("--archive", "--rollup"), ("archive", "rollup")),
    ):
        tasks = Tasks.of(archive="archive" in names, rollup="rollup" in names)
        assert tasks.names == ("sync", *names)
        assert tasks.words == ("--since", "3d", "--ahead", "1", *words)
        assert Tasks.of_event(tasks.event) == tasks
    # Whatever the order of an event, the rollup comes after the archive that it reads.
    event = {"tasks": ["quicksight", "rollup", "archive", "sync"]}
    assert Tasks.of_event(event).names == ("sync", "archive", "rollup", "quicksight")


@pytest.mark.parametrize("command", ["cron", "systemd", "kubernetes", "cloudformation"])
def test_every_form_of_a_schedule_archives_and_rolls_up(shell: Shell, command: str) -> None:
    config = shell.folder / "flowathena.toml"
    config.write_text(f'{TOML}archive_location = "s3://my-flow-archive/"\n')
    for words, names in (
        (("--rollup",), ("sync", "rollup")),
        (("--archive", "--rollup"), ("sync", "archive", "rollup")),
    ):
        text = shell.run("schedule", command, *words).out
        assert f"flowathena, target prod: {', '.join(names)}; every day at 01:10 UTC" in text
        if command == "cloudformation":
            rule = json.loads(text)["Resources"]["Schedule"]["Properties"]
            assert json.loads(rule["Targets"][0]["Input"])["tasks"] == list(names)
        elif command == "kubernetes":
            *_, job = yaml.safe_load_all(text)
            pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
            given = pod["containers"][0]["args"]
            assert given[given.index("--ahead") + 2 : given.index("--log-format")] == list(words)
        else:
            assert f"--ahead 1 {' '.join(words)} --log-format json" in text


def test_cron_has_the_command_with_its_percent_signs_escaped(shell: Shell) -> None:
    done = shell.run(
        *("schedule", "cron", "--executable", COMMAND, "--every", "6h", "--metrics"),
        *("--check", "ssh_rejects 'where=flows % 2 = 0'"),
    )
    *about, zone, line = done.out.splitlines()
    assert all(each.startswith("# ") for each in about)
    assert "every 6h from 01:10 UTC on" in about[0]
    assert zone == "CRON_TZ=UTC"
    fields, command = line.split(" /", 1)
    assert fields == "10 1,7,13,19 * * *"
    assert not re.search(r"(?<!\\)%", command)
    words = shlex.split(f"/{command}".replace(r"\%", "%"))
    assert words == [
        *(COMMAND, "schedule", "run", "-t", "prod"),
        *("--config", str(shell.folder / "flowathena.toml"), "--since", "3d", "--ahead", "1"),
        *("--metrics", "--check", "ssh_rejects 'where=flows % 2 = 0' max_rows=0"),
        *("--log-format", "json"),
    ]


def test_the_command_that_is_rendered_is_one_of_ours(tmp_path: Path) -> None:
    """Run as a scheduler would, on logs of this machine."""
    shell = Shell(tmp_path)
    shell.run("sample", "logs", "--records", "1000", "--days", "2")
    shell.run("init", "logs")
    line = shell.run("schedule", "cron", "--executable", "x").out.splitlines()[-1]
    words = shlex.split(line)[6:]
    done = shell.run(*words)
    assert '"message": "sync: done"' in done.err
    again = shell.run(*words, "--format", "json")
    assert again.json["tasks"][0]["added"] == 0
    assert again.json["target"] == "local"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
@pytest.mark.parametrize("more", [[], ["--user", "root"], ["--every", "15m", "--heartbeat"]])
def test_systemd_finds_nothing_wrong_with_the_units(shell: Shell, more: list[str]) -> None:
    folder = shell.folder / "units"
    folder.mkdir()
    shell.run("schedule", "systemd", "-o", "units", "--executable", "/bin/true", *more)
    names = ["flowathena-prod.service", "flowathena-prod.timer"]
    assert sorted(path.name for path in folder.iterdir()) == names
    found = subprocess.run(
        ["systemd-analyze", "verify", *(str(folder / name) for name in names)],
        capture_output=True,
        text=True,
        check=False,
    )
    # An unknown key is a line on stderr, and the exit code 0.
    assert (found.returncode, found.stderr) == (0, "")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
@pytest.mark.parametrize(("at", "every"), [("01:10", "1d"), ("05:07", "1h"), ("00:20", "15m")])
def test_systemd_takes_the_calendar_for_the_times_of_cron(at: str, every: str) -> None:
    timetable = Timetable.of(at, every)
    said = subprocess.run(
        ["systemd-analyze", "calendar", "--iterations=4", timetable.calendar],
        capture_output=True,
        text=True,
        check=True,
        env={"TZ": "UTC", "LC_ALL": "C"},
    ).stdout
    times = re.findall(r": \w{3} \S+ (\d\d):(\d\d):00 UTC$", said, re.MULTILINE)
    assert len(times) == 4
    for hour, minute in times:
        assert int(hour) in timetable.hours
        assert int(minute) in timetable.minutes


def test_a_service_is_confined_and_its_words_survive_systemds_quoting() -> None:
    check = ScheduledCheck.parse("ssh_rejects 'where=flows % 2 = 0 AND srcaddr <> ''$HOME'''")
    tasks = Tasks.of(checks=[check])
    job = Job(Target("prod", "s3://x/"), tasks, Timetable.of(), COMMAND, "/etc/my flows.toml")
    service = systemd.render(job)["flowathena-prod.service"]
    for line in ("DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "UMask=0077"):
        assert f"\n{line}\n" in service
    (command,) = re.findall(r"^ExecStart=(.*)$", service, re.MULTILINE)
    assert '"/etc/my flows.toml"' in command
    assert "flows %% 2 = 0" in command
    assert "$$HOME" in command
    # What is left after systemd's specifiers is quoted as the shell does in double quotes.
    assert shlex.split(command.replace("%%", "%").replace("$$", "$")) == list(job.command)


def test_kubernetes_gets_a_confined_job_that_never_runs_twice_at_once(shell: Shell) -> None:
    role = "arn:aws:iam::123456789012:role/flowathena"
    done = shell.run(
        *("schedule", "kubernetes", "--role-arn", role, "--image", "flowathena:1", "--metrics")
    )
    manifests = list(yaml.safe_load_all(done.out))
    for each in manifests:
        kubernetes_validate.validate(each, "1.30", strict=True)
    account, config, job = manifests
    assert account["metadata"]["annotations"] == {"eks.amazonaws.com/role-arn": role}
    assert config["data"] == {"flowathena.toml": TOML}
    spec = job["spec"]
    assert job["apiVersion"] == "batch/v1"
    assert (spec["schedule"], spec["timeZone"]) == ("10 1 * * *", "Etc/UTC")
    assert spec["concurrencyPolicy"] == "Forbid"
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == account["metadata"]["name"] == "flowathena-prod"
    assert pod["securityContext"]["runAsNonRoot"] is True
    (container,) = pod["containers"]
    assert container["args"] == [
        *("schedule", "run", "-t", "prod", "--since", "3d", "--ahead", "1", "--metrics"),
        *("--log-format", "json"),
    ]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(container["resources"]) == {"requests", "limits"}
    mounts = {each["name"] for each in container["volumeMounts"]}
    assert mounts == {each["name"] for each in pod["volumes"]}
    (kept,) = [each["configMap"]["name"] for each in pod["volumes"] if "configMap" in each]
    assert kept == config["metadata"]["name"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["cron", "--at", "25:00"], "error: --at: '25:00' is not a time of day"),
        (["cron", "--since", "yesterday"], "error: since: 'yesterday' is not a duration"),
        (["cron", "--check", "shh_rejects"], "did you mean 'ssh_rejects'?"),
        (["cron", "--check", "ssh_rejects colour=red"], "colour: is not a parameter of this"),
        (["cron", "--check", "ssh_rejects warn=x"], "--warn"),
        (["cron", "--check", "ssh_rejects 'where=flows\n> 1'"], "may have line breaks"),
        (["cron", "--check", "ssh_rejects where=flos>1"], "has no column 'flos'; did you mean"),
        (["systemd", "--check", "ssh_rejects where=x>1"], "check ssh_rejects: --where: the result"),
        (["cron", "--check", "ssh_rejects 'where=flows >'"], "check ssh_rejects: --where"),
        (["cron", "--check", "ssh_rejects value=flos warn=1"], "no column 'flos'; did you mean"),
        (["cron", "--check", "ssh_rejects max_rows=99999"], "can never be said of the rows"),
        (["cron", "--check", "ssh_rejects since=often"], "check ssh_rejects: since"),
        (["cron", "--check", "ssh_rejects account=12"], "12"),
        (["kubernetes", "--check", "nat_gateway_senders"], "pkt_dstaddr"),
        (
            ["cron", "--check", f"ssh_rejects notify_sns={TOPIC.replace('aws:', 'aws-cn:')}"],
            "is in the partition aws-cn of AWS, and eu-west-1 in aws: they do not meet",
        ),
        (["cron", "--quicksight"], "target prod has no section [targets.prod.quicksight]"),
        (["systemd", "--user", "a b"], "error: --user: 'a b' is not the name of a user"),
        (["systemd", "-o", "nowhere"], "error: cannot write into nowhere: it is no folder"),
    ],
)
def test_what_would_fail_every_time_is_refused_now(
    shell: Shell, words: list[str], message: str
) -> None:
    assert message in shell.refused("schedule", *words)


@pytest.mark.parametrize("command", ["cron", "systemd", "kubernetes"])
@pytest.mark.parametrize(
    "task", [["--metrics"], ["--check", "ssh_rejects"], ["--archive"], ["--rollup"]]
)
def test_athenas_own_workgroup_has_no_place_for_results(
    shell: Shell, command: str, task: list[str]
) -> None:
    config = shell.folder / "flowathena.toml"
    without = TOML.replace("output_location", "# output_location")
    without += 'archive_location = "s3://my-flow-archive/"\n'
    config.write_text(without)
    line = shell.refused("schedule", command, *task)
    assert line.startswith(f"error: {task[0]}: Athena has no place for the results of target prod")
    shell.run("schedule", command)
    config.write_text(f'{without}workgroup = "network"\n')  # which may have one
    shell.run("schedule", command, *task)


def test_in_china_and_govcloud_are_topics_and_roles_of_their_own(shell: Shell) -> None:
    config = shell.folder / "flowathena.toml"
    config.write_text(TOML.replace("eu-west-1", "cn-north-1"))
    topic = TOPIC.replace(":aws:", ":aws-cn:").replace("eu-west-1", "cn-north-1")
    for words in (("schedule", "cron"), ("schedule", "cloudformation")):
        line = shell.refused(*words, "--check", f"ssh_rejects notify_sns={TOPIC}")
        assert f"{TOPIC} is in the partition aws of AWS, and cn-north-1 in aws-cn" in line
        shell.run(*words, "--check", f"ssh_rejects notify_sns={topic}")
    odd = TOPIC.replace("eu-west-1", "cn-north-1")
    assert f"{odd} is in the partition aws" in shell.refused(
        "schedule", "cron", "--check", f"ssh_rejects notify_sns={odd}"
    )
    role = "arn:aws:iam::123456789012:role/sync"
    line = shell.refused("schedule", "kubernetes", "--role-arn", role)
    assert f"--role-arn: {role} is in the partition aws" in line
    shell.run("schedule", "kubernetes", "--role-arn", role.replace(":aws:", ":aws-cn:"))
    policy = ("setup", "policy", "--for", "run", "--account", "123456789012", "--notify-sns")
    assert "is in the partition aws of AWS" in shell.refused(*policy, TOPIC)
    assert topic in shell.run(*policy, topic).out
    config.write_text(config.read_text().replace('profile = "ops"', ""))
    check = ("check", "ssh_rejects", "--max-rows", "0", "--notify-sns", TOPIC)
    assert "is in the partition aws of AWS" in Shell(shell.folder, _KEYS).refused(*check)


def test_a_folder_of_this_machine_has_no_services_of_aws(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.run("sample", "logs", "--records", "100", "--days", "1")
    shell.run("init", "logs")
    for words in (["cron", "--metrics"], ["run", "--quicksight"], ["systemd", "--heartbeat"]):
        assert "is for logs in S3; target 'local' is a folder" in shell.refused("schedule", *words)
    assert "heartbeat is for logs in S3" in shell.refused("schedule", "cloudformation")


def test_a_bug_or_a_failure_of_one_task_leaves_the_others(tmp_path: Path) -> None:
    (tmp_path / "flowathena.toml").write_text(TOML)
    client = Client("prod", config_path=tmp_path / "flowathena.toml")
    told: list[TaskResult] = []
    tasks = Tasks.of(archive=True, rollup=True, metrics=True, quicksight=True, heartbeat=True)
    schedule = TargetSchedule(Broken(client), client._aws, client._configured)  # noqa: SLF001
    run = schedule.run(tasks, watch=told.append)
    assert run.results == tuple(told)
    assert [(each.task, each.state, each.reason) for each in told] == [
        ("sync", TaskState.FAILED, "ZeroDivisionError: division by zero"),
        ("archive", TaskState.FAILED, "no table"),
        ("rollup", TaskState.FAILED, "no table"),
        ("metrics", TaskState.FAILED, "no table"),
        ("quicksight", TaskState.FAILED, "no table"),
    ]
    assert run.exit_code == 1


class Broken:
    """A client of which nothing works."""

    def __init__(self, client: Client) -> None:
        self.target = client.target
        self.library = client.library
        self.check = client.check
        self.notifier = client.notifier

    @property
    def partitions(self) -> Partitions:
        raise ZeroDivisionError("division by zero")

    @property
    def archive(self) -> TargetArchive:
        raise FlowathenaError("no table")

    @property
    def metrics(self) -> TargetMetrics:
        raise FlowathenaError("no table")

    @property
    def quicksight(self) -> TargetQuickSight:
        raise FlowathenaError("no table")


@pytest.mark.parametrize(
    ("states", "code"),
    [
        (["done", "done"], 0),
        (["done", "alert"], 3),
        (["done", "alert", "failed"], 4),
        (["resumed later", "done"], 4),
        (["failed", "failed"], 1),
    ],
)
def test_the_exit_code_is_that_of_the_worst(states: list[str], code: int) -> None:
    results = tuple(TaskResult("x", TaskState(each)) for each in states)
    assert ScheduledRun("prod", results).exit_code == code


def test_times_are_said_in_words() -> None:
    assert Timetable.of().description == "every day at 01:10 UTC"
    assert Timetable.of("00:20", "15m").every == timedelta(minutes=15)
    assert Timetable.of("00:20", "15m").description == "every 15m from 00:05 UTC on"
