"""Every command that asks AWS for something, played for the page that has its permissions."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.aws import Place, create_bucket, log, record
from tests.iam.asked import ACCOUNT
from tests.rig.client import Rig
from tests.shell import Shell

LOGS, RESULTS, STATES, LEDGER = "my-flow-logs", "my-athena-results", "my-states", "my-ledger"
ARCHIVE = "my-flow-archive"
_QUERY_ID = "QUERY-ID"
_FLOW_LOG_ID = "FLOW-LOG-ID"
GROUP = "/vpc/flow-logs"
TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:network-alerts"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/flow-logs-for-quicksight"
STATE = f"s3://{STATES}/ssh_rejects.json"
_ROLE_LINE = f'role_arn = "{ROLE}"\n'
_TOML = f"""
[targets.prod]
location = "s3://{LOGS}/"
database = "network"
table = "vpc_flow_logs"
region = "eu-west-1"
workgroup = "primary"
output_location = "s3://{RESULTS}/flowathena/"
"""
_SECTIONS = {
    "metrics": f"""
[targets.prod.metrics]
queries = ["metric_ssh_rejects"]
ledger = "s3://{LEDGER}/flowathena/"
log_group = "{GROUP}"
notify = ["{TOPIC}"]
""",
    "quicksight": f"""
[targets.prod.quicksight]
owners = ["user/default/alice"]
readers = ["group/default/analysts"]
queries = ["top_https_servers"]
lookback = "3d"
{_ROLE_LINE}""",
}


@dataclass(frozen=True)
class World:
    """A rig with the buckets, the table and the topic of the pages, and a shell on it."""

    rig: Rig
    shell: Shell
    known: dict[str, str] = field(default_factory=dict)
    """What words of commands stand for that only AWS knows."""

    def edit(self, before: str, after: str) -> None:
        """Change the configuration."""
        file = self.shell.folder / "flowathena.toml"
        text = file.read_text(encoding="utf-8")
        assert before in text
        file.write_text(text.replace(before, after), encoding="utf-8")


@dataclass(frozen=True)
class Step:
    """A command of a scene, or something that happens between two."""

    words: tuple[str, ...] = ()
    code: int = 0
    do: Callable[[World], None] = lambda _: None

    def play(self, world: World) -> list[dict[str, Any]]:
        """Have it happen; what its command, and nothing else, asked AWS for."""
        self.do(world)
        world.rig.clear_journal()
        if self.words:
            words = (world.known.get(word, word) for word in self.words)
            world.shell.run(*words, code=self.code)
        return world.rig.journal()


@dataclass(frozen=True)
class Scene:
    """The commands of a page.

    Attributes:
        policies: the policies that they need, as page and place on it.
        steps: what happens.
        sections: the sections of the target.
        synced: whether table and partitions are there at the beginning.
    """

    policies: Sequence[tuple[str, int]]
    steps: Sequence[Step]
    sections: Sequence[str] = ()
    synced: bool = True


def step(*words: str, code: int = 0) -> Step:
    """A command that ends with a code."""
    return Step(words, code)


def change(before: str, after: str) -> Step:
    """A change of the configuration."""
    return Step(do=lambda world: world.edit(before, after))


def fault(service: str, op: str) -> Step:
    """From here on an operation is refused."""
    plan = [{"service": service, "op": op, "kind": "access_denied"}]
    return Step(do=lambda world: world.rig.faults(plan))


def build(rig: Rig, folder: Path, scene: Scene) -> World:
    """What a scene begins with."""
    for bucket in (LOGS, RESULTS, STATES, LEDGER, ARCHIVE):
        create_bucket(rig, bucket)
    rig.client("sns").create_topic(Name="network-alerts")
    last = datetime.now(UTC) - timedelta(hours=3)  # within a day, whatever the hour
    for back in (0, 1):
        moment = last - timedelta(days=back)
        line = record(int(moment.timestamp()), dstport=22, action="REJECT")
        rig.put_keys(LOGS, [Place(ACCOUNT, "eu-west-1", moment.date()).key], log(line))
    rig.arrange("logs", group=GROUP, lines=[], times=[])
    users = {"alice": "AUTHOR", "bob": "AUTHOR"}
    rig.arrange("iam", role=ROLE, trusts="quicksight.amazonaws.com", allow=[["*", "*"]])
    rig.arrange("quicksight", identity_region="us-east-1", users=users, groups=["analysts"])
    sections = "".join(_SECTIONS[name] for name in scene.sections)
    (folder / "flowathena.toml").write_text(_TOML + sections, encoding="utf-8")
    world = World(rig, Shell(folder, {**rig.env(), "FLOWATHENA_CACHE": str(folder / "cache")}))
    if scene.synced:
        world.shell.run("partitions", "sync", "--all")
        world.shell.run("view", "create", "daily")
    return world


def close_a_day(world: World, days_ago: int = 9) -> None:
    """Logs of a day that is over long ago, and an archive to keep it in."""
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    day = noon - timedelta(days=days_ago)
    line = record(int(day.timestamp()), dstport=22, action="REJECT")
    world.rig.put_keys(LOGS, [Place(ACCOUNT, "eu-west-1", day.date()).key], log(line))
    world.rig.put_keys(ARCHIVE, ["20200101T000000Z-0f1e2d3c/left.parquet"], b"of a killed run")
    world.shell.run("partitions", "sync", "--all")
    before = 'workgroup = "primary"'
    after = f'{before}\narchive_location = "s3://{ARCHIVE}/"'
    if after not in (world.shell.folder / "flowathena.toml").read_text(encoding="utf-8"):
        world.edit(before, after)


def _change_definition(world: World) -> None:
    definition = world.shell.run("quicksight", "export").json
    definition["Definition"]["Sheets"][0]["Name"] = "Changed"
    (world.shell.folder / "changed.json").write_text(json.dumps(definition), encoding="utf-8")


def leave_a_stale_partition(world: World) -> None:
    """A partition that points elsewhere, and one without logs."""
    glue = world.rig.client("glue")
    name = {"DatabaseName": "network", "TableName": "vpc_flow_logs"}
    (one, other) = glue.get_partitions(**name)["Partitions"]
    moved = {**one["StorageDescriptor"], "Location": f"s3://{LOGS}/elsewhere/"}
    glue.update_partition(
        **name,
        PartitionValueList=one["Values"],
        PartitionInput={"Values": one["Values"], "StorageDescriptor": moved},
    )
    stale: dict[str, Any] = {**other["StorageDescriptor"]}
    stale["Location"] = stale["Location"].replace("/2", "/1")
    values = [*other["Values"][:2], "2019-01-01"]
    gone = {"Values": values, "StorageDescriptor": stale}
    glue.create_partition(**name, PartitionInput=gone)


def _remember_query(world: World) -> None:
    ids = world.rig.client("athena").list_query_executions()["QueryExecutionIds"]
    world.known[_QUERY_ID] = ids[0]


def _watch(world: World) -> None:
    for command in ("publish", "alarms", "dashboard", "filter"):
        world.shell.run("metrics", command)


KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
_VPC, _SUBNET, _ENI = "vpc-0a1b2c3d", "subnet-0a1b2c3d", "eni-0a1b2c3d"
_APPLY = ("--apply", "--yes")
_SYNC = f"arn:aws:iam::{ACCOUNT}:role/flowathena-nightly"


def _begin_setup(world: World) -> None:
    """Networks and a key; and S3 says for a while that there is no bucket."""
    networks = {
        "Vpcs": [{"VpcId": _VPC, "OwnerId": ACCOUNT}],
        "Subnets": [{"SubnetId": _SUBNET, "VpcId": _VPC}],
        "NetworkInterfaces": [{"NetworkInterfaceId": _ENI, "VpcId": _VPC}],
    }
    world.rig.arrange("ec2", networks=networks)
    world.rig.arrange("kms", key=KEY)
    missing = {"kind": "refuse", "code": "NoSuchBucket", "status": 404, "times": 2}
    world.rig.faults([{"service": "s3", "op": "HeadBucket", **missing}])


def _distrust(world: World) -> None:
    """The role trusts the flow logs of other accounts, too."""
    iam = world.rig.client("iam")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    name = "flow-logs-eu-west-1-vpc-flow-logs"
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)


def _age(world: World) -> None:
    """A flow log of the subnet is old, and another stands in for it."""
    ec2 = world.rig.client("ec2")
    found = ec2.describe_flow_logs()["FlowLogs"]
    aged = [{**each, "CreationTime": "2026-01-01T00:00:00Z"} for each in found]
    world.rig.flow_logs(*aged)
    (old,) = [
        each["FlowLogId"]
        for each in aged
        if each["ResourceId"] == _SUBNET and "tcp-flags" not in each["LogFormat"]
    ]
    world.known[_FLOW_LOG_ID] = old


_TELL = ("--notify-sns", TOPIC, "--state", STATE)
READ = ("aws.md", 0)
WRITE = ("aws.md", 1)

SCENES: Mapping[str, Scene] = {
    "reading": Scene(
        [READ],
        [
            step("init", f"s3://{LOGS}/", "-t", "again", "--database", "network"),
            step("table", "adopt", "network.vpc_flow_logs", "-t", "adopted"),
            change("[targets.prod]", 'default_target = "prod"\n[targets.prod]'),
            step("partitions", "plan", "--all"),
            step("partitions", "list"),
            step("partitions", "status"),
            step("table", "diff"),
            step("table", "ddl"),
            step("view", "ddl", "daily"),
            step("queries", "list"),
            step("queries", "show", "ssh_rejects"),
            step("queries", "render", "ssh_rejects"),
            step("queries", "check", "ssh_rejects"),
            step("run", "ssh_rejects", "--since", "5d"),
            step("run", "ssh_rejects", "--since", "5d", "--engine", "local"),
            step("sql", "SELECT count(*) AS n FROM flow_logs", "--since", "5d"),
            step("check", "ssh_rejects", "--max-rows", "0", "--since", "5d", code=3),
            step("report", "--since", "5d", "-o", "report.html"),
            step("doctor"),
            fault("athena", "GetQueryExecution"),
            step("run", "ssh_rejects", "--since", "5d", code=1),
        ],
    ),
    "writing": Scene(
        [READ, WRITE],
        [
            step("partitions", "sync", "--all"),
            Step(do=leave_a_stale_partition),
            step("partitions", "sync", "--all", "--relocate", "--prune", "--force"),
            step("schedule", "run", "--since", "5d"),
            step("view", "create", "daily"),
            step("view", "diff", "daily"),
            step("queries", "publish", "ssh_rejects"),
            step("queries", "publish", "ssh_rejects", "--since", "3d", "--yes"),
            step("queries", "pull", "--all"),
            step("table", "convert", "projection", "--yes"),
            step("table", "convert", "registered", "--yes"),
            step("table", "drop", "--yes"),
            step("table", "create"),
            step("table", "drop", "--yes"),
            step("table", "create", "--via", "athena"),
            step("partitions", "sync", "--all", "--via", "athena"),
        ],
        synced=False,
    ),
    "cost": Scene(
        [READ, ("cost.md", 0)],
        [
            step("run", "ssh_rejects", "--since", "5d", "--estimate"),
            step("run", "ssh_rejects", "--since", "5d", "--max-scan", "1GB"),
            step("run", "ssh_rejects", "--since", "5d", "--max-scan", "1B", code=5),
            step("run", "ssh_rejects", "--since", "5d", "--no-wait"),
            Step(do=_remember_query),
            step("history"),
            step("results", _QUERY_ID),
        ],
    ),
    "month": Scene(
        [READ, ("cost.md", 1)],
        [step("setup", "cost"), step("setup", "cost", "--runs-a-day", "1")],
        ["metrics"],
    ),
    "archive": Scene(
        [READ, WRITE, ("archive.md", 0)],
        [
            Step(do=close_a_day),
            step("archive", "plan", "--all"),
            step("archive", "run", "--all", "--yes"),
            step("archive", "status", "--all"),
            step("archive", "verify", "--all"),
            step("archive", "run", "--all", "--again", "--yes"),
            step("archive", "rollup", "--all", "--yes"),
            step("run", "ssh_rejects", "--since", "12d"),
            step("partitions", "sync", "--archive", "--rollup", "--dry-run"),
            Step(do=lambda world: close_a_day(world, 10)),
            step("partitions", "sync", "--archive", "--rollup"),
            Step(do=lambda world: close_a_day(world, 11)),
            step("schedule", "run", "--archive", "--rollup"),
            step("archive", "expire", "--text-older-than", "9d", "--as", "json"),
        ],
    ),
    "checks": Scene(
        [READ, ("checks.md", 0)],
        [step("check", "ssh_rejects", "--max-rows", "0", "--since", "5d", *_TELL, code=3)] * 2,
    ),
    "insights": Scene(
        [("insights.md", 0)],
        [
            step("queries", "insights", "ssh_rejects"),
            step("insights", "run", "ssh_rejects"),
            fault("logs", "GetQueryResults"),
            step("insights", "run", "ssh_rejects", code=1),
        ],
        ["metrics"],
    ),
    "metrics": Scene(
        [READ, ("metrics.md", 0)],
        [
            step("metrics", "publish", "--dry-run"),
            step("metrics", "publish"),
            step("metrics", "publish"),
            step("metrics", "status"),
        ],
        ["metrics"],
    ),
    "alarms": Scene(
        [("alarms.md", 0)],
        [
            step("metrics", "alarms"),
            step("metrics", "dashboard"),
            step("metrics", "filter"),
            step("metrics", "filter", "--test"),
            change('queries = ["metric_ssh_rejects"]', 'queries = ["metric_rejected_tcp"]'),
            step("metrics", "alarms", "--yes"),
            step("metrics", "dashboard", "--yes"),
            step("metrics", "filter", "--yes"),
            step("metrics", "remove", "--yes"),
        ],
        ["metrics"],
    ),
    "doctor": Scene(
        [READ, ("doctor.md", 0)],
        [Step(do=_watch), step("doctor")],
        ["metrics"],
    ),
    "setup": Scene(
        [("setup.md", 0)],
        [
            Step(do=_begin_setup),
            step(
                *("setup", "bucket", "--create", "--kms-key", KEY, "--expire-after", "400d"),
                *_APPLY,
            ),
            step("setup", "flow-logs", "--all-vpcs", "--tag", "team=net", *_APPLY),
            step("setup", "flow-logs", "--all-vpcs", "--tag", "team=all", *_APPLY),
            step("setup", "flow-logs", "--subnet", _SUBNET, *_APPLY),
            step("setup", "flow-logs", "--subnet", _SUBNET, "--version", "3", *_APPLY),
            Step(do=_age),
            step(
                *("setup", "flow-logs", "--subnet", _SUBNET, "--version", "3"),
                *("--delete-old", _FLOW_LOG_ID, *_APPLY),
            ),
            Step(do=lambda world: world.rig.arrange("logs", forget=GROUP)),
            step("setup", "flow-logs", "--eni", _ENI, "--log-group", GROUP, *_APPLY),
            Step(do=_distrust),
            step("setup", "flow-logs", "--eni", _ENI, "--log-group", GROUP, *_APPLY),
            step("setup", "workgroup", "network", "--max-scan", "100GB", *_APPLY),
            step("setup", "workgroup", "network", "--max-scan", "50GB", *_APPLY),
        ],
        synced=False,
    ),
    "policy": Scene(
        [("setup.md", 1)],
        [
            Step(
                do=lambda world: world.rig.arrange("iam", role=_SYNC, trusts="lambda.amazonaws.com")
            ),
            Step(do=lambda world: world.rig.arrange("iam", user="alice")),
            step("setup", "policy", "--for", "sync"),
            step("setup", "policy", "--for", "sync", "--role", "flowathena-nightly", *_APPLY),
            step("setup", "policy", "--for", "plan", "--user", "alice", *_APPLY),
        ],
    ),
    "quicksight": Scene(
        [READ, ("quicksight.md", 0)],
        [
            step("quicksight", "plan"),
            step("quicksight", "publish"),
            change('lookback = "3d"', 'lookback = "4d"\nmode = "direct"'),
            change('readers = ["group/default/analysts"]', "readers = []"),
            step("quicksight", "publish", "--yes"),
            change('mode = "direct"\n', ""),
            step("quicksight", "publish", "--yes"),
            change('lookback = "4d"', 'lookback = "5d"\nrefresh_at = "04:30"'),
            change("user/default/alice", "user/default/bob"),
            change(_ROLE_LINE, ""),
            step("quicksight", "publish", "--yes"),
            step("quicksight", "publish", "--yes"),
            step("quicksight", "refresh"),
            step("quicksight", "status"),
            step("doctor"),
            Step(do=_change_definition),
            step("quicksight", "export", "-o", "board.json"),
            step("quicksight", "publish", "--definition", "changed.json", "--yes"),
            step("quicksight", "remove", "--yes"),
            fault("quicksight", "DescribeAccountSubscription"),
            step("quicksight", "plan"),
        ],
        ["quicksight"],
    ),
}
"""The scenes by name; each has all the permissions that its policies give, and no others."""

ALONE = {
    *("fields", "sample", "queries new", "queries test"),
    *("config show", "config schema", "config validate"),
    *(f"schedule {each}" for each in ("cron", "systemd", "kubernetes", "cloudformation")),
}
"""The commands that ask AWS for nothing."""
