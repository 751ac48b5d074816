"""``flowathena setup`` on the rig: from no flow log at all to rows, and what is there already."""

import json
import re
import shlex
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from flowathena.aws_lambda import handler
from flowathena.logs.fields import DEFAULT_FORMAT, FIELDS
from tests.aws import RESULTS, create_bucket, pointed_at
from tests.rig.backends import ACCOUNT
from tests.rig.client import Rig
from tests.shell import Shell
from tests.terminal import run_on_terminal

pytestmark = pytest.mark.rig
_NO_QUERY = pytest.mark.asks_no_query

BUCKET = "my-flow-logs"
TO = ("--to", f"s3://{BUCKET}/net/")
VPC, SUBNET, ENI = "vpc-0a1b2c3d", "subnet-0a1b2c3d", "eni-0a1b2c3d"
NETWORKS = {
    "Vpcs": [
        {"VpcId": VPC, "OwnerId": ACCOUNT},
        {"VpcId": "vpc-0b0b0b0b", "OwnerId": ACCOUNT},
        {"VpcId": "vpc-0c0c0c0c", "OwnerId": "999999999999"},
    ],
    "Subnets": [{"SubnetId": SUBNET, "VpcId": VPC}],
    "NetworkInterfaces": [{"NetworkInterfaceId": ENI, "SubnetId": SUBNET, "VpcId": VPC}],
}
READING = ("Describe", "Get", "List", "Head")
_READING = (*READING, "BatchGet")
SERVICES = ("ec2", "s3", "iam", "logs", "kms", "athena")


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    """An account with two VPCs of its own, and nothing else."""
    rig.arrange("ec2", networks=NETWORKS)
    return Shell(tmp_path, rig.env())


def writes(rig: Rig) -> list[str]:
    """What was asked for that changes something."""
    calls = [call["op"] for service in SERVICES for call in rig.journal(service)]
    return [op for op in calls if not op.startswith(READING)]


def flow_logs(rig: Rig) -> dict[str, dict[str, Any]]:
    found = rig.client("ec2").describe_flow_logs()["FlowLogs"]
    return {each["FlowLogId"]: each for each in found}


def only_flow_log(rig: Rig) -> dict[str, Any]:
    (found,) = flow_logs(rig).values()
    return found


def policy(rig: Rig) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(rig.client("s3").get_bucket_policy(Bucket=BUCKET)["Policy"])
    return found


def rejected(noon: datetime, port: int) -> Mapping[str, object]:
    start = int(noon.timestamp())
    return {
        "version": 5,
        "account-id": ACCOUNT,
        "interface-id": ENI,
        "srcaddr": "198.51.100.7",
        "dstaddr": "10.0.0.5",
        "srcport": 40000,
        "dstport": port,
        "protocol": 6,
        "packets": 3,
        "bytes": 180,
        "start": start,
        "end": start + 60,
        "action": "REJECT",
        "log-status": "OK",
        "flow-direction": "ingress",
    }


STORY = (
    ("setup", "bucket", *TO, "--create", "--layout", "hive-hourly", "--expire-after", "400d"),
    ("setup", "flow-logs", "--all-vpcs", *TO, "--layout", "hive-hourly", "--version", "5"),
    ("setup", "workgroup", "network", "--max-scan", "100GB", "--output", f"s3://{RESULTS}/net"),
)


def test_from_no_flow_log_to_rows_twice(rig: Rig, shell: Shell) -> None:
    for words in STORY:
        done = shell.run(*words, "--exit-code", code=3)
        assert "create" in done.out
    assert writes(rig) == []
    for words in STORY:
        shell.run(*words, "--apply", "--yes")
    made = flow_logs(rig)
    assert {each["ResourceId"] for each in made.values()} == {VPC, "vpc-0b0b0b0b"}

    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    noon -= timedelta(days=1)
    for port, flow_log in enumerate(made, 22):
        assert rig.arrange("ec2", deliver=flow_log, records=[rejected(noon, port)])
    create_bucket(rig, RESULTS)
    shell.run(
        *("init", "--flow-log", next(iter(made)), "-t", "prod", "--region", "eu-west-1"),
        *("--output-location", f"s3://{RESULTS}/net/"),
    )
    shell.run("partitions", "sync", "--all")
    rows = shell.run("run", "ssh_rejects", "--since", "3d", "--format", "json").json
    assert [each["srcaddr"] for each in rows] == ["198.51.100.7"]
    files = schedules(shell)
    assert len(files) == 5
    assert run_schedules(rig, shell) == {"sync": "done", "heartbeat": "done"}
    assert "BatchCreatePartition" in [each["op"] for each in rig.journal("glue")]  # the days ahead

    rig.clear_journal()
    for words in STORY:
        done = shell.run(*words, "--apply", "--yes")
        assert "nothing to change" in done.err
        shell.run(*words, "--exit-code")
    shell.run("partitions", "sync", "--all")
    assert schedules(shell) == files
    assert run_schedules(rig, shell) == {"sync": "done", "heartbeat": "done"}
    wrote = [each["op"] for each in rig.journal() if not each["op"].startswith(_READING)]
    assert set(wrote) == {"PutMetricData"}  # the heartbeat alone, of the command and the function
    assert flow_logs(rig).keys() == made.keys()


def schedules(shell: Shell) -> dict[str, str]:
    """The five files of a schedule: a crontab, two units, a CronJob, a stack."""
    folder = shell.folder / "schedule"
    folder.mkdir(exist_ok=True)
    given = ("-t", "prod", "--since", "3d")
    shell.run("schedule", "cron", *given, "--heartbeat", "-o", "schedule/crontab")
    shell.run("schedule", "systemd", *given, "--heartbeat", "-o", "schedule")
    shell.run("schedule", "kubernetes", *given, "--heartbeat", "-o", "schedule/cronjob.yaml")
    shell.run("schedule", "cloudformation", *given, "-o", "schedule/stack.json")
    return {each.name: each.read_text() for each in sorted(folder.iterdir())}


def run_schedules(rig: Rig, shell: Shell) -> dict[str, str]:
    """What the crontab, the unit and the CronJob say is run, and the function on the stack's event.

    Returns:
        How each task of the function ended.
    """
    folder = shell.folder / "schedule"
    *_, line = (folder / "crontab").read_text().splitlines()
    _executable, *words = shlex.split(line.split(maxsplit=5)[5])
    service = (folder / "flowathena-prod.service").read_text()
    (start,) = re.findall("^ExecStart=(.*)$", service, re.MULTILINE)
    assert shlex.split(start)[1:] == words
    documents = yaml.safe_load_all((folder / "cronjob.yaml").read_text())
    (job,) = [each for each in documents if each["kind"] == "CronJob"]
    (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    inside = words.index("--config")
    assert container["args"] == [*words[:inside], *words[inside + 2 :]]  # its variable leads there
    shell.run(*words)
    stack = json.loads((folder / "stack.json").read_text())
    (goal,) = stack["Resources"]["Schedule"]["Properties"]["Targets"]
    with pointed_at(rig):
        done = handler(json.loads(goal["Input"]), Context())
    return {each["task"]: each["state"] for each in done["tasks"]}


class Context:
    """Lambda's context, as far as it is used."""

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


@_NO_QUERY
def test_apply_shows_what_would_change_and_asks(rig: Rig, shell: Shell) -> None:
    create_bucket(rig, BUCKET)
    words = ("setup", "flow-logs", "--vpc", VPC, *TO, "--apply")
    shown = run_on_terminal(shell, *words, width=200, answer="n")
    text = "\n".join(shown.screen)
    assert text.index(f"{VPC} to s3://{BUCKET}/net/") < text.index("Make these changes? [y/N]")
    assert shown.code == 1
    assert writes(rig) == ["CreateBucket"]
    assert run_on_terminal(shell, *words, width=200, answer="y").code == 0
    assert only_flow_log(rig)["ResourceId"] == VPC


@_NO_QUERY
def test_without_a_policy_nothing_is_delivered_and_the_flow_log_says_so(
    rig: Rig, shell: Shell
) -> None:
    create_bucket(rig, BUCKET)
    words = ("setup", "flow-logs", "--vpc", VPC, *TO)
    shell.run(*words, "--apply", "--yes")
    made = only_flow_log(rig)["FlowLogId"]
    records = [rejected(datetime(2026, 11, 1, tzinfo=UTC), 22)]
    assert rig.arrange("ec2", deliver=made, records=records) == ""
    assert f"{made} of {VPC} cannot deliver: Access error" in shell.run(*words).err
    shell.run("setup", "bucket", *TO, "--apply", "--yes")
    key = rig.arrange("ec2", deliver=made, records=records)
    assert key.startswith(f"net/AWSLogs/{ACCOUNT}/vpcflowlogs/eu-west-1/2026/11/01/")


@_NO_QUERY
def test_a_flow_log_has_what_was_asked_for(rig: Rig, shell: Shell) -> None:
    create_bucket(rig, BUCKET)
    shell.run(
        *("setup", "flow-logs", "--subnet", SUBNET, *TO, "--layout", "plain-hourly"),
        *("--file-format", "parquet", "--interval", "1m", "--traffic", "reject"),
        *("--tag", "team=net", "--tag", "env=a=b", "--tag-field", "instance=Name,team"),
        *("--for-queries", "nat_gateway_senders,top_talkers", "--apply", "--yes"),
    )
    made = only_flow_log(rig)
    assert made["LogDestination"] == f"arn:aws:s3:::{BUCKET}/net/"
    assert made["DestinationOptions"] == {
        "FileFormat": "parquet",
        "HiveCompatiblePartitions": False,
        "PerHourPartition": True,
    }
    assert (made["TrafficType"], made["MaxAggregationInterval"]) == ("REJECT", 60)
    assert {each["Key"]: each["Value"] for each in made["Tags"]} == {"team": "net", "env": "a=b"}
    fields = [token[2:-1] for token in made["LogFormat"].split()]
    assert tuple(fields[:14]) == DEFAULT_FORMAT
    assert {"pkt-srcaddr", "next-hop-interface-type"} < set(fields)
    every = [field.name for field in FIELDS]
    assert fields == sorted(fields, key=every.index)
    assert fields.index("instance-tag-2") == fields.index("instance-tag") + 1
    assert made["TagFieldSpecifications"] == [
        {"ResourceType": "instance", "TagKeys": ["Name", "team"]}
    ]


@_NO_QUERY
def test_tags_are_added_to_a_flow_log_that_is_there(rig: Rig, shell: Shell) -> None:
    create_bucket(rig, BUCKET)
    words = ("setup", "flow-logs", "--vpc", VPC, *TO, "--apply", "--yes")
    shell.run(*words, "--tag", "team=net")
    made = only_flow_log(rig)["FlowLogId"]
    shell.run(*words, "--tag", "env=prod")
    found = only_flow_log(rig)
    assert found["FlowLogId"] == made
    assert {each["Key"] for each in found["Tags"]} == {"team", "env"}


@_NO_QUERY
def test_a_flow_log_to_a_log_group_gets_group_and_role(rig: Rig, shell: Shell) -> None:
    words = (
        *("setup", "flow-logs", "--eni", ENI, "--log-group", "/vpc/flow-logs"),
        *("--region", "eu-west-1", "--apply", "--yes"),
    )
    shell.run(*words, "--retention", "14")
    (group,) = rig.client("logs").describe_log_groups()["logGroups"]
    assert group["retentionInDays"] == 14
    name = "flow-logs-eu-west-1-vpc-flow-logs"
    role = rig.client("iam").get_role(RoleName=name)["Role"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:vpc-flow-log/*"},
    }
    found = rig.client("iam").get_role_policy(
        RoleName=name, PolicyName="flow-logs-to-vpc-flow-logs"
    )
    statements = found["PolicyDocument"]["Statement"]
    actions = {each for one in statements for each in [one["Action"]] if isinstance(each, str)}
    actions |= {each for one in statements for each in one["Action"] if len(each) > 1}
    assert {each for each in actions if each.startswith("logs:")} == {
        *("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
        *("logs:DescribeLogGroups", "logs:DescribeLogStreams"),
    }
    assert only_flow_log(rig)["DeliverLogsPermissionArn"] == role["Arn"]
    rig.clear_journal()
    shell.run(*words)
    assert writes(rig) == []
    done = shell.run(*words, "--retention", "7")
    assert "keeps records 14 days -> 7 days, and deletes older ones" in done.err


@_NO_QUERY
def test_one_role_may_deliver_to_several_groups(rig: Rig, shell: Shell) -> None:
    for group in ("one", "two"):
        words = ("setup", "flow-logs", "--vpc", VPC, "--log-group", group, "--role", "ours")
        shell.run(*words, "--apply", "--yes")
    for group in ("one", "two"):
        found = rig.client("iam").get_role_policy(
            RoleName="ours", PolicyName=f"flow-logs-to-{group}"
        )
        resources = found["PolicyDocument"]["Statement"][0]["Resource"]
        assert resources[0] == f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:{group}"
    assert len(flow_logs(rig)) == 2


@_NO_QUERY
def test_a_flow_log_of_others_is_shown_wherever_it_delivers(rig: Rig, shell: Shell) -> None:
    create_bucket(rig, BUCKET)
    stream = f"arn:aws:firehose:eu-west-1:{ACCOUNT}:deliverystream/theirs"
    rig.flow_logs(
        {
            "FlowLogId": "fl-0123456789abcdef0",
            "ResourceId": VPC,
            "LogDestinationType": "kinesis-data-firehose",
            "LogDestination": stream,
            "TrafficType": "ALL",
        },
        {"FlowLogId": "fl-0123456789abcdef1", "ResourceId": VPC, "LogGroupName": "old"},
        {"FlowLogId": "fl-0123456789abcdef2", "ResourceId": "tgw-0a1b2c3d"},
    )
    done = shell.run("setup", "flow-logs", "--vpc", VPC, *TO)
    assert f"there is fl-0123456789abcdef0: {VPC} to {stream}" in done.err
    assert f"there is fl-0123456789abcdef1: {VPC} to log group old" in done.err
    assert "tgw-" not in done.err
    assert "differs" not in done.err


@_NO_QUERY
def test_a_role_of_others_is_left_alone(rig: Rig, shell: Shell) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/theirs"
    rig.arrange("iam", role=arn, trusts="lambda.amazonaws.com", allow=[])
    words = ("setup", "flow-logs", "--vpc", VPC, "--log-group", "g", "--apply", "--yes")
    assert "trusts others" in shell.refused(*words, "--role", "theirs")
    assert writes(rig) == []
    rig.arrange("iam", role=arn, trusts="vpc-flow-logs.amazonaws.com", allow=[])
    shell.run(*words, "--role", arn)
    assert "PutRolePolicy" not in writes(rig)
    assert only_flow_log(rig)["DeliverLogsPermissionArn"] == arn


@_NO_QUERY
def test_a_flow_log_that_differs_gets_a_new_one_and_is_deleted_after_the_overlap(
    rig: Rig, shell: Shell
) -> None:
    create_bucket(rig, BUCKET)
    words = ("setup", "flow-logs", "--vpc", VPC, *TO)
    rig.settings(now=datetime(2026, 11, 1, 12, tzinfo=UTC).timestamp())
    shell.run(*words, "--apply", "--yes")
    old = only_flow_log(rig)["FlowLogId"]
    wanted = (*words, "--fields", " ".join((*DEFAULT_FORMAT, "tcp-flags")))
    refused = shell.refused(*wanted, "--delete-old", old, "--apply", "--yes")
    assert f"--delete-old {old}: nothing stands in for it yet" in refused
    done = shell.run(*wanted, "--apply", "--yes")
    assert f"{old} differs (fields +tcp-flags), and no flow log can be changed" in done.err
    assert f"then add --delete-old {old}" in done.err
    (new,) = flow_logs(rig).keys() - {old}

    later = datetime.now(UTC).timestamp()
    rig.flow_logs(*({**each, "CreationTime": _iso(later)} for each in flow_logs(rig).values()))
    refused = shell.refused(*wanted, "--delete-old", old, "--apply", "--yes")
    assert f"{new} does not stand in for it yet (its first records have arrived by" in refused
    rig.flow_logs(
        *({**each, "CreationTime": _iso(later - 1300)} for each in flow_logs(rig).values())
    )
    done = shell.run(*wanted, "--delete-old", old, "--apply", "--yes")
    assert f"deleted old flow log {old}" in done.err
    assert flow_logs(rig).keys() == {new}
    shell.run(*wanted, "--delete-old", old, "--apply", "--yes")
    assert flow_logs(rig).keys() == {new}
    assert "this one is as it should be" in shell.refused(*wanted, "--delete-old", new)


def _iso(second: float) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


@_NO_QUERY
def test_what_is_recorded_twice_into_the_same_folder_is_told(rig: Rig, shell: Shell) -> None:
    create_bucket(rig, BUCKET)
    shell.run("setup", "flow-logs", "--vpc", VPC, *TO, "--apply", "--yes")
    made = only_flow_log(rig)["FlowLogId"]
    for thing, name in (("--subnet", SUBNET), ("--eni", ENI)):
        told = shell.run("setup", "flow-logs", thing, name, *TO).err
        assert f"{name} is recorded by the flow log of {made} ({VPC}) as well" in told
    elsewhere = ("--to", f"s3://{BUCKET}/other/")
    assert "as well" not in shell.run("setup", "flow-logs", "--eni", ENI, *elsewhere).err
    both = shell.run("setup", "flow-logs", "--eni", ENI, "--subnet", SUBNET, *elsewhere).err
    assert f"{SUBNET} is recorded by the flow log of {ENI} as well" in both


@_NO_QUERY
def test_what_ec2_refuses_is_told_line_by_line(rig: Rig, shell: Shell) -> None:
    create_bucket(rig, BUCKET)
    rig.arrange("ec2", refuse="vpc-0b0b0b0b", code="LogDestinationPermissionIssue")
    words = ("setup", "flow-logs", "--all-vpcs", *TO, "--apply", "--yes")
    done = shell.run(*words, code=4)
    (line,) = [each for each in done.err.splitlines() if each.startswith("error: ")]
    assert "vpc-0b0b0b0b" in line
    assert "LogDestinationPermissionIssue" in line
    assert f"'flowathena setup bucket --to s3://{BUCKET}/net/' shows what the bucket lacks" in line
    assert only_flow_log(rig)["ResourceId"] == VPC


@_NO_QUERY
def test_what_ec2_takes_for_the_same_is_not_said_to_be_made(rig: Rig, shell: Shell) -> None:
    create_bucket(rig, BUCKET)
    words = ("setup", "flow-logs", "--vpc", VPC, *TO, "--apply", "--yes")
    shell.run(*words)
    done = shell.run(*words, "--interval", "1m", code=1)
    assert f"EC2 takes another flow log of {VPC} for the same" in done.err
    assert "deliver into another folder" in done.err
    assert len(flow_logs(rig)) == 1


@_NO_QUERY
def test_a_lost_answer_makes_no_second_flow_log(rig: Rig, shell: Shell) -> None:
    create_bucket(rig, BUCKET)
    rig.faults([{"service": "ec2", "op": "CreateFlowLogs", "kind": "lose", "times": 1}])
    shell.run("setup", "flow-logs", "--vpc", VPC, *TO, "--apply", "--yes")
    assert len(rig.journal("ec2", "CreateFlowLogs")) == 2
    assert len(flow_logs(rig)) == 1


@_NO_QUERY
def test_one_that_was_deleted_meanwhile_is_not_said_to_be_there(rig: Rig, shell: Shell) -> None:
    create_bucket(rig, BUCKET)
    words = ("setup", "flow-logs", "--vpc", VPC, *TO, "--apply", "--yes")
    shell.run(*words)
    gone = only_flow_log(rig)["FlowLogId"]
    rig.client("ec2").delete_flow_logs(FlowLogIds=[gone])
    done = shell.run(*words, code=4)
    assert f"EC2 answers with {gone}, which it does not show" in done.err


@_NO_QUERY
def test_json_has_what_there_is_and_what_would_change(rig: Rig, shell: Shell) -> None:
    create_bucket(rig, BUCKET)
    shell.run("setup", "flow-logs", "--vpc", VPC, *TO, "--apply", "--yes")
    made = only_flow_log(rig)["FlowLogId"]
    words = ("setup", "flow-logs", "--vpc", VPC, *TO, "--interval", "1m")
    found = shell.run(*words, "--format", "json").json
    (change,) = found["changes"]
    assert change == {
        "kind": "flow log",
        "name": f"{VPC} to s3://{BUCKET}/net/",
        "action": "create",
        "detail": "default, 14 fields (version 2); ALL traffic; text, plain-daily; 1 minute",
    }
    (there,) = found["flow_logs"]
    assert (there["id"], there["layout"], there["interval_seconds"]) == (made, "plain-daily", 600)
    (note,) = found["notes"]
    assert note.startswith(f"{made} differs (interval in seconds 600 -> 60)")


@_NO_QUERY
@pytest.mark.parametrize("form", ["json", "cli", "cloudformation", "terraform"])
def test_a_bucket_is_rendered_with_the_statements_of_others(
    rig: Rig, shell: Shell, form: str
) -> None:
    create_bucket(rig, BUCKET)
    theirs = {
        "Sid": "Theirs",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{BUCKET}/*",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [theirs]})
    rig.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=document)
    rig.clear_journal()
    merged = shell.run("setup", "bucket", *TO, "--as", form)
    assert "Theirs" in merged.out
    assert "FlowLogsWrite" in merged.out
    alone = shell.run("setup", "bucket", *TO, "--as", form, "--offline", "--account", ACCOUNT)
    assert "Theirs" not in alone.out
    assert "not merged with what there is in AWS" in alone.err
    assert writes(rig) == []


@_NO_QUERY
def test_what_is_there_is_not_said_to_be_created_again(rig: Rig, shell: Shell) -> None:
    create_bucket(rig, BUCKET)
    there = shell.run("setup", "bucket", *TO, "--create", "--as", "cloudformation").out
    assert 'AWS::S3::Bucket"' not in there
    words = ("setup", "bucket", "--to", "s3://another/", "--create", "--as", "cloudformation")
    assert 'AWS::S3::Bucket"' in shell.run(*words).out
    to_group = ("setup", "flow-logs", "--vpc", VPC, "--log-group", "g")
    shell.run(*to_group, "--apply", "--yes")
    told = shell.run(*to_group, "--as", "cloudformation").err
    for each in ("log group g", f"flow log {VPC} to log group g", "role flow-logs-eu-west-1-g"):
        assert f"{each} is there already: import it there" in told


@_NO_QUERY
def test_nothing_is_asked_of_aws_offline(rig: Rig, shell: Shell) -> None:
    words = ("setup", "flow-logs", "--vpc", VPC, *TO, "--as", "cli", "--offline")
    assert "aws ec2 create-flow-logs" in shell.run(*words).out
    group = ("setup", "workgroup", "network", "--no-enforce", "--as", "terraform", "--offline")
    assert '"enforce_workgroup_configuration": false' in shell.run(*group).out
    assert rig.journal() == []


@_NO_QUERY
def test_a_target_says_where_and_how(rig: Rig, shell: Shell) -> None:
    create_bucket(rig, BUCKET)
    (shell.folder / "flowathena.toml").write_text(
        f'[targets.prod]\nlocation = "s3://{BUCKET}/net/"\nregion = "eu-west-1"\n'
        'layout = "hive-daily"\nlog_format = "${version} ${start} ${end} ${vpc-id}"\n'
    )
    shell.run("setup", "flow-logs", "--vpc", VPC, "--apply", "--yes")
    made = only_flow_log(rig)
    assert made["LogFormat"] == "${version} ${start} ${end} ${vpc-id}"
    assert made["DestinationOptions"]["HiveCompatiblePartitions"] is True
    told = shell.run("setup", "flow-logs", "--vpc", VPC, "--version", "5").err
    assert f"target prod expects other fields in s3://{BUCKET}/net/" in told
    elsewhere = ("--to", f"s3://{BUCKET}/other/", "--version", "5")
    assert "expects" not in shell.run("setup", "flow-logs", "--vpc", VPC, *elsewhere).err


@_NO_QUERY
def test_flow_logs_are_read_page_by_page(rig: Rig, shell: Shell) -> None:
    create_bucket(rig, BUCKET)
    words = ("setup", "flow-logs", "--all-vpcs", *TO)
    shell.run(*words, "--apply", "--yes")
    rig.arrange("ec2", page=1)
    shell.run(*words, "--exit-code")


@_NO_QUERY
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--version", "6"), "versions of VPC flow logs are 2, 3, 4, 5, 7, 8, 9, 10, 11"),
        (("--fields", "srcaddr,instance-tag"), "say which with --tag-field KIND=KEY"),
        (("--fields", "srcaddr,tgw-id"), "VPC flow logs have no tgw-id"),
        (("--fields", "start", "--version", "5"), "choose one of --fields, --version and"),
        (("--fields", "start", "--tag-field", "instance=Name"), "--fields lacks instance-tag"),
        (("--tag-field", "vpc=Name"), "write KIND=KEY or KIND=KEY,KEY"),
        (("--for-queries", "top_talker"), "top_talkers"),
        (("--tag", "team"), "write KEY=VALUE"),
        (("--log-group", "g"), "choose one of --to and --log-group"),
        (("--retention", "30"), "is about a log group"),
        (("--delete-old", "fl-1"), "'fl-1' is not a flow log"),
        (("--delete-old", "fl-1", "--as", "json"), "--delete-old does not go with --as"),
        (("--all-vpcs", "--as", "cli", "--offline"), "--offline does not go with --all-vpcs"),
    ],
)
def test_what_no_flow_log_can_be_is_refused_in_one_line(
    rig: Rig,
    shell: Shell,
    words: tuple[str, ...],
    message: str,
) -> None:
    create_bucket(rig, BUCKET)
    assert message in shell.refused("setup", "flow-logs", "--vpc", VPC, *TO, *words)
    assert flow_logs(rig) == {}
