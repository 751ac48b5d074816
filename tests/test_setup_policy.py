"""``setup policy``: what each kind of work asks for is allowed, and nothing of others."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flowathena.deploy.permissions import Place
from flowathena.deploy.setup.tool_policy import MOST_CHARACTERS, PURPOSES, Extras, tool_policy
from flowathena.errors import UsageError
from flowathena.target.target import Target
from tests.iam import simulator
from tests.iam.asked import ACCOUNT, UNLOADED, questions
from tests.iam.policies import Question, actions, allows, without
from tests.iam.scenes import (
    ARCHIVE,
    LOGS,
    RESULTS,
    STATE,
    TOPIC,
    Scene,
    World,
    build,
    close_a_day,
    leave_a_stale_partition,
)
from tests.portion import with_slow
from tests.rig.client import Rig
from tests.test_iam_policies import agree, elsewhere, parliament

PLACE = Place("aws", "eu-west-1", ACCOUNT)
_SINCE = ("--since", "5d")


@pytest.fixture
def world(rig: Rig, tmp_path: Path) -> World:
    """A target with logs of two days, its table and its partitions."""
    return build(rig, tmp_path, Scene([], [], ["metrics", "quicksight"]))


def printed(world: World, *words: str) -> dict[str, Any]:
    """The policy that the command prints."""
    made: dict[str, Any] = world.shell.run("setup", "policy", *words).json
    return made


_WORK: Mapping[str, Sequence[Sequence[str]]] = {
    "plan": (
        ("partitions", "plan", "--all"),
        ("partitions", "list"),
        ("partitions", "status"),
    ),
    "sync": (("partitions", "sync", "--all"),),
    "repair": (("partitions", "sync", "--all", "--relocate", "--prune", "--force"),),
    "run": (
        ("run", "ssh_rejects", *_SINCE),
        ("sql", "SELECT count(*) AS n FROM flow_logs", *_SINCE),
        ("run", "ssh_rejects", *_SINCE, "--max-scan", "1GB"),
        ("report", *_SINCE, "-o", "r.json"),
    ),
    "local": (("run", "ssh_rejects", *_SINCE, "--engine", "local"),),
    "history": (("history",),),
    "publish": (
        ("queries", "publish", "ssh_rejects"),
        ("queries", "publish", "ssh_rejects", "--since", "3d", "--yes"),
        ("queries", "pull", "--all"),
    ),
    "metrics": (("metrics", "publish"),),
    "refresh": (("quicksight", "refresh"),),
    "cost": (("setup", "cost"), ("setup", "cost", "--runs-a-day", "1")),
    "archive": (
        ("archive", "plan", "--all"),
        ("archive", "run", "--all", "--yes"),
        ("archive", "verify", "--all"),
        ("archive", "run", "--all", "--again", "--yes"),
        ("archive", "rollup", "--all", "--yes"),
        ("archive", "rollup", "--all", "--again", "--yes"),
        ("archive", "status", "--all"),
        ("run", "ssh_rejects", "--since", "12d"),
    ),
    "rollup": (
        ("archive", "rollup", "--all", "--dry-run"),
        ("archive", "rollup", "--all", "--yes"),
        ("archive", "rollup", "--all", "--again", "--yes"),
    ),
}
# What a run needs in cases that do not arise here, and of which Athena's own failures are one.
_CREATES = {"glue:CreateDatabase", "glue:CreateTable", "glue:UpdateTable", "s3:GetObject"}
_RARE = {
    "sync": _CREATES,
    "repair": _CREATES | {"glue:BatchCreatePartition"},
    "run": {"athena:StopQueryExecution"},
    "archive": {"athena:StopQueryExecution", "glue:CreateDatabase"},
    "rollup": {"athena:StopQueryExecution", "glue:CreateDatabase"},
    "metrics": {"athena:StopQueryExecution", "cloudwatch:GetMetricStatistics"},
    "cost": {"s3:GetObject"},  # of Parquet, whose footers are read
    "plan": {"s3:GetObject"},  # of a new flow log, whose format is looked at
}


def test_every_kind_of_work_is_tried() -> None:
    assert set(_WORK) == set(PURPOSES)


@pytest.mark.rig
@pytest.mark.parametrize("purpose", with_slow(_WORK, slow=("archive", "rollup", "cost")))
def test_a_kind_of_work_is_allowed_what_it_asks_for_and_no_more(world: World, purpose: str) -> None:
    if purpose in {"history", "cost"}:
        world.shell.run("run", "ssh_rejects", *_SINCE)
    if purpose == "refresh":
        world.shell.run("quicksight", "publish", "--yes")
    if purpose == "sync":
        drop_one(world)
    if purpose in {"archive", "rollup"}:
        close_a_day(world)
        world.shell.run("view", "create", "--yes")
    if purpose == "rollup":
        archive_another_day(world)
    if purpose == "repair":
        leave_a_stale_partition(world)
    policy = printed(world, "--for", purpose)
    before = archived_keys(world)
    world.rig.clear_journal()
    for words in _WORK[purpose]:
        world.shell.run(*words)
    asked = questions(world.rig.journal())
    assert asked
    if purpose == "rollup":  # no journal has the keys of what is deleted
        assert {key.split("/")[0] for key in before - archived_keys(world)} == {"rollup"}
        asked = {
            replace(each, resource=each.resource.replace(UNLOADED, "rollup/")) for each in asked
        }
    assert [str(each) for each in asked if not allows([policy], each)] == []
    others = list(elsewhere(asked))
    assert [str(each) for each in others if allows([policy], each)] == []
    unneeded = {
        action
        for action in actions(policy)
        if all(allows([without(policy, action)], each) for each in asked)
    }
    assert unneeded <= _RARE.get(purpose, set())
    if simulator.FOLDER:
        agree([policy], [*asked, *others])
    found = parliament().analyze_policy_string(json.dumps(policy)).findings
    assert [(e.issue, str(e.detail)) for e in found if e.issue != "RESOURCE_STAR"] == []


def archived_keys(world: World) -> set[str]:
    """The objects of the archive's bucket, those of the rollup among them."""
    found = world.rig.client("s3").list_objects_v2(Bucket=ARCHIVE)
    return {each["Key"] for each in found.get("Contents", [])}


def archive_another_day(world: World) -> None:
    """A day is in the archive, so that one day is rolled up from there and one from its logs."""
    world.shell.run("archive", "run", "--all", "--yes")
    close_a_day(world, 10)
    world.rig.put_keys(ARCHIVE, ["rollup/20200101T000000Z-0f1e2d3c/left.parquet"], b"of a killed")


def drop_one(world: World) -> None:
    glue = world.rig.client("glue")
    name = {"DatabaseName": "network", "TableName": "vpc_flow_logs"}
    values = glue.get_partitions(**name)["Partitions"][0]["Values"]
    glue.batch_delete_partition(**name, PartitionsToDelete=[{"Values": values}])


@pytest.mark.rig
def test_the_first_sync_may_create_what_is_not_there(rig: Rig, tmp_path: Path) -> None:
    world = build(rig, tmp_path, Scene([], [], synced=False))
    policy = printed(world, "--for", "sync")
    rig.clear_journal()
    world.shell.run("partitions", "sync", "--all")
    asked = questions(rig.journal())
    assert {"glue:CreateDatabase", "glue:CreateTable"} <= {each.action for each in asked}
    assert [str(each) for each in asked if not allows([policy], each)] == []


@pytest.mark.rig
def test_checks_and_unloads_name_what_they_write(world: World) -> None:
    words = ("--for", "run", "--notify-sns", TOPIC, "--state", STATE)
    policy = printed(world, *words, "--unload", f"s3://{RESULTS}/{UNLOADED}")
    world.rig.clear_journal()
    told = ("--max-rows", "0", "--notify-sns", TOPIC, "--state", STATE)
    world.shell.run("check", "ssh_rejects", *_SINCE, *told, code=3)
    world.shell.run("run", "ssh_rejects", *_SINCE, "--unload", f"s3://{RESULTS}/{UNLOADED}")
    asked = questions(world.rig.journal())
    assert {"sns:Publish", "s3:DeleteObject"} <= {each.action for each in asked}
    assert [str(each) for each in asked if not allows([policy], each)] == []
    bare = printed(world, "--for", "run")
    refused = {each.action for each in asked if not allows([bare], each)}
    assert {"sns:Publish", "s3:DeleteObject"} <= refused


@pytest.mark.few(1)
@pytest.mark.rig
@pytest.mark.parametrize(
    ("form", "mark"),
    [
        ("cli", "aws iam create-policy"),
        ("cloudformation", "AWS::IAM::ManagedPolicy"),
        ("terraform", "aws_iam_policy"),
    ],
)
def test_it_is_written_for_other_tools(world: World, form: str, mark: str) -> None:
    text = world.shell.run("setup", "policy", "--for", "plan", "--as", form).out
    assert mark in text
    assert "flowathena-prod-plan" in text.replace("\\", "")


@pytest.mark.rig
def test_the_account_is_asked_for_unless_it_is_given(world: World) -> None:
    world.rig.clear_journal()
    given = printed(world, "--for", "run", "--account", "111122223333")
    assert world.rig.journal() == []
    assert ":111122223333:workgroup/primary" in json.dumps(given)
    printed(world, "--for", "run")
    assert [each["op"] for each in world.rig.journal()] == ["GetCallerIdentity"]


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_arns_are_those_of_the_partition(region: str, partition: str) -> None:
    place = Place(partition, region, ACCOUNT)
    made = tool_policy(_target(), place, ["run", "refresh"])
    arns = re.findall(r'"(arn:[^"]+)"', json.dumps(made.document))
    assert arns
    assert {arn.split(":")[1] for arn in arns} == {partition}


def _target(**settings: Any) -> Target:  # noqa: ANN401 - settings of any kind
    given = {
        "location": f"s3://{LOGS}/",
        "output_location": f"s3://{RESULTS}/",
        "archive_location": f"s3://{ARCHIVE}/",
        **settings,
    }
    return Target("prod", **given)


def test_kinds_of_work_are_merged_without_repetition() -> None:
    one = tool_policy(_target(), PLACE, ["plan", "sync", "sync"])
    assert one.document == tool_policy(_target(), PLACE, ["sync"]).document
    assert one.name == "flowathena-prod-plan-sync"
    whole = tool_policy(_target(), PLACE, list(PURPOSES))
    for purpose in PURPOSES:
        for statement in tool_policy(_target(), PLACE, [purpose]).document["Statement"]:
            for action in statement["Action"]:
                context = statement.get("Condition", {}).get("StringEquals", {})
                asked = Question(action, statement["Resource"][0], context)
                assert allows([whole.document], asked)


@pytest.mark.parametrize(
    ("purposes", "extras", "message"),
    [
        (["syncs"], Extras(), "'syncs' is no kind of work; did you mean 'sync'\\? known: plan, "),
        (["run"], Extras(state="states/x.json"), "'states/x.json' is not in S3"),
        (["run"], Extras(unload="unloaded"), "'unloaded' is not in S3"),
        (["run"], Extras(state="s3://states/"), "'s3://states/' is no object"),
        (["run"], Extras(state="s3://states/a*b"), "has \\*, \\? or \\$"),
        (["run"], Extras(unload="s3://states/${x}/"), "has \\*, \\? or \\$"),
        (["run"], Extras(topics=("foo",)), "'foo' is not the ARN of a topic"),
        (
            ["run"],
            Extras(topics=tuple(f"arn:aws:sns:eu-west-1:{ACCOUNT}:t{n:060}" for n in range(90))),
            f"IAM takes {MOST_CHARACTERS:,}",
        ),
    ],
)
def test_what_cannot_be_a_policy_is_refused(
    purposes: list[str], extras: Extras, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        tool_policy(_target(), PLACE, purposes, extras)


@pytest.mark.parametrize("name", ["a b", "a\nb", "a'b", "x" * 129])
def test_a_name_is_one_of_iam(name: str) -> None:
    with pytest.raises(UsageError, match="is not a name of IAM"):
        tool_policy(_target(), PLACE, ["plan"], name=name)


@pytest.mark.parametrize("sign", ["*", "?", "${aws:username}"])
def test_folders_of_a_target_are_no_patterns_of_iam(sign: str) -> None:
    odd = Target("odd", f"s3://logs/a{sign}b/")
    with pytest.raises(UsageError, match="has \\*, \\? or \\$"):
        tool_policy(odd, PLACE, ["sync"])


def test_a_folder_and_a_target_without_results_have_none() -> None:
    with pytest.raises(UsageError, match="is a folder, for which nobody needs a policy"):
        tool_policy(Target("here", location="/logs"), PLACE, ["plan"])
    with pytest.raises(UsageError, match="set output_location"):
        tool_policy(_target(output_location=""), PLACE, ["run"])
