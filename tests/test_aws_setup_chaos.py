"""Setups that are denied, throttled, cut off and killed: a clean one ends as wanted, nothing twice.

A killed run is one in which a call to AWS raises, before it is sent or after it was answered, what
nothing catches.
"""

import contextlib
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from flowathena.client import Client
from flowathena.deploy.setup.bucket import Senders
from flowathena.deploy.setup.plans import Plan
from flowathena.deploy.setup.requests import Delivery, Recording
from flowathena.deploy.setup.setup import Setup
from flowathena.deploy.setup.workgroup import WorkGroup
from flowathena.errors import FlowathenaError
from flowathena.reconcile import Action, OperationResult, State, reconcile
from flowathena.target.target import Target
from tests.aws import pointed_at
from tests.rig.backends import ACCOUNT
from tests.rig.client import Rig

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

BUCKET = "my-flow-logs"
VPCS = ("vpc-0a1b2c3d", "vpc-0b0b0b0b")
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0f0f0f0f-1111-2222-3333-444455556666"
THEIRS = {
    "Sid": "Theirs",
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "s3:GetObject",
    "Resource": f"arn:aws:s3:::{BUCKET}/other/*",
}
OPERATIONS = (
    *(("ec2", op) for op in ("CreateFlowLogs", "DescribeFlowLogs", "DescribeVpcs")),
    *(("iam", op) for op in ("CreateRole", "PutRolePolicy", "GetRole", "GetRolePolicy")),
    *(("logs", op) for op in ("CreateLogGroup", "PutRetentionPolicy", "DescribeLogGroups")),
    *(("kms", op) for op in ("GetKeyPolicy", "PutKeyPolicy")),
    *(("athena", op) for op in ("GetWorkGroup", "CreateWorkGroup", "UpdateWorkGroup")),
    ("s3", "PutBucketPolicy"),
    ("s3", "PutBucketEncryption"),
    ("s3", "PutPublicAccessBlock"),
    ("s3", "PutBucketLifecycleConfiguration"),
    ("s3", "GetBucketPolicy"),
)
KINDS = ("access_denied", "throttle", "internal", "reset", "lose", "lose")


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Fate:
    """Ends a run before it makes a call, or after it was answered."""

    calls: int
    after: bool
    made: int = 0

    def sending(self, **_: object) -> None:
        """A call is about to be sent."""
        self.made += 1
        self._end(self.made > self.calls or (self.made == self.calls and not self.after))

    def answered(self, **_: object) -> None:
        """A call was answered."""
        self._end(self.made >= self.calls)

    def _end(self, is_over: bool) -> None:
        if is_over:
            raise Killed


def plans(setup: Setup, days: int, cutoff: int) -> Sequence[Callable[[], Plan]]:
    """What is set up, in this order."""
    recording = Recording(VPCS)
    place = f"s3://{BUCKET}/net/"
    senders, keep = Senders(), {"kms_key": KEY, "expire_days": days}
    return (
        lambda: setup.bucket(place, senders, **keep),  # type: ignore[arg-type] # each of its own
        lambda: setup.flow_logs(recording, Delivery(place)),
        lambda: setup.flow_logs(recording, Delivery(log_group="/vpc/flow-logs", retention_days=7)),
        lambda: setup.workgroup(WorkGroup("network", cutoff, "s3://results/net/")),
    )


def run(days: int, cutoff: int, fate: Fate | None = None) -> list[OperationResult[Any]]:
    """Set up everything, as far as that goes."""
    client = Client(Target("prod", f"s3://{BUCKET}/net/", region="eu-west-1"))
    if fate:
        events = client._aws.session.events  # noqa: SLF001 - no public way to fail a call
        events.register("before-send", fate.sending)
        events.register("after-call", fate.answered)
    return [each for make in plans(client.setup, days, cutoff) for each in reconcile(make().kinds)]


def try_to_run(chance: random.Random) -> None:
    """Set up, perhaps something else than is wanted in the end, and perhaps not to the end."""
    killed = chance.random() < 0.5
    fate = Fate(chance.randrange(1, 45), chance.random() < 0.5) if killed else None
    with contextlib.suppress(FlowathenaError, Killed):
        run(chance.choice([400, 30]), chance.choice([10**9, 10**10]), fate)


def faults(chance: random.Random) -> list[dict[str, object]]:
    """What goes wrong, a few times each."""
    made: list[dict[str, object]] = []
    for service, op in chance.sample(OPERATIONS, chance.randint(1, 5)):
        times, after = chance.choice([1, 2, 9]), chance.choice([0, 0, 1])
        kind = chance.choice(KINDS)
        made.append({"service": service, "op": op, "kind": kind, "times": times, "after": after})
    return made


@pytest.mark.few(2)
@pytest.mark.parametrize("seed", range(40))
def test_whatever_went_wrong_before_a_clean_setup_ends_as_wanted(rig: Rig, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same for the same seed
    begin(rig)
    with pointed_at(rig):
        for _ in range(chance.randint(1, 4)):
            rig.faults(faults(chance))
            try_to_run(chance)
            rig.clear_faults()
        results = run(400, 10**10)
        assert [each.summary for each in results if each.state is not State.DONE] == []
        again = run(400, 10**10)
    assert {each.operation.action for each in again} == {Action.KEEP}
    check(rig)


def begin(rig: Rig) -> None:
    """A bucket with a policy of others, a key, two VPCs."""
    s3: Any = rig.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    document = json.dumps({"Version": "2012-10-17", "Statement": [THEIRS]})
    s3.put_bucket_policy(Bucket=BUCKET, Policy=document)
    rig.arrange("kms", key=KEY)
    vpcs = [{"VpcId": each, "OwnerId": ACCOUNT} for each in VPCS]
    rig.arrange("ec2", networks={"Vpcs": vpcs})


def check(rig: Rig) -> None:
    """Everything is there once, and what others made is as it was."""
    flow_logs = rig.client("ec2").describe_flow_logs()["FlowLogs"]
    pairs = Counter((each["ResourceId"], each["LogDestinationType"]) for each in flow_logs)
    assert pairs == {(vpc, kind): 1 for vpc in VPCS for kind in ("s3", "cloud-watch-logs")}
    s3: Any = rig.client("s3")
    statements = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert statements[0] == THEIRS
    assert len(statements) == 3
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert rule["Expiration"] == {"Days": 400}
    key = rig.client("kms").get_key_policy(KeyId=KEY, PolicyName="default")
    assert len(json.loads(key["Policy"])["Statement"]) == 2
    (group,) = rig.client("logs").describe_log_groups()["logGroups"]
    assert group["retentionInDays"] == 7
    made = rig.client("athena").get_work_group(WorkGroup="network")["WorkGroup"]
    assert made["Configuration"]["BytesScannedCutoffPerQuery"] == 10**10
