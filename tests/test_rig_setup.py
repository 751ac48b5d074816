"""What the rig refuses of setups, as AWS does: where moto would take it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws import create_bucket
from tests.rig.backends import ACCOUNT
from tests.rig.client import Rig

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

BUCKET = "flow-logs"
VPC = "vpc-0a1b2c3d"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/0f0f0f0f"
WANTED: dict[str, Any] = {
    "ResourceIds": [VPC],
    "ResourceType": "VPC",
    "TrafficType": "ALL",
    "LogDestinationType": "s3",
    "LogDestination": f"arn:aws:s3:::{BUCKET}/net/",
}


@pytest.fixture
def ec2(rig: Rig) -> Any:  # noqa: ANN401
    create_bucket(rig, BUCKET)
    rig.arrange("ec2", networks={"Vpcs": [{"VpcId": VPC, "OwnerId": ACCOUNT}]})
    return rig.client("ec2")


def refusal(call: Callable[..., object], **given: object) -> str:
    with pytest.raises(ClientError) as caught:
        call(**given)
    error = caught.value.response["Error"]
    return f"{error['Code']}: {error['Message']}"


def test_a_flow_log_is_made_once_for_a_token(ec2: Any) -> None:  # noqa: ANN401
    first = ec2.create_flow_logs(**WANTED, ClientToken="a")
    assert first["FlowLogIds"] == ec2.create_flow_logs(**WANTED, ClientToken="a")["FlowLogIds"]
    assert len(ec2.describe_flow_logs()["FlowLogs"]) == 1
    other = {**WANTED, "TrafficType": "REJECT"}
    code = refusal(ec2.create_flow_logs, **other, ClientToken="a")
    assert code.startswith("IdempotentParameterMismatch")
    (twice,) = ec2.create_flow_logs(**WANTED, ClientToken="b")["Unsuccessful"]
    assert twice["ResourceId"] == VPC
    assert twice["Error"]["Code"] == "FlowLogAlreadyExists"


def test_a_flow_log_is_described_as_it_was_made(ec2: Any) -> None:  # noqa: ANN401
    options = {"FileFormat": "parquet", "HiveCompatiblePartitions": True, "PerHourPartition": False}
    tags = [{"ResourceType": "vpc-flow-log", "Tags": [{"Key": "a", "Value": "b"}]}]
    more = {
        "LogFormat": "${start} ${instance-tag}",
        "MaxAggregationInterval": 60,
        "DestinationOptions": options,
        "TagFieldSpecifications": [{"ResourceType": "instance", "TagKeys": ["Name"]}],
    }
    (made,) = ec2.create_flow_logs(**WANTED, **more, TagSpecifications=tags)["FlowLogIds"]
    (found,) = ec2.describe_flow_logs(FlowLogIds=[made])["FlowLogs"]
    assert {name: found[name] for name in more} == more
    assert found["Tags"] == tags[0]["Tags"]
    assert found["ResourceId"] == VPC
    ec2.delete_flow_logs(FlowLogIds=[made])
    assert refusal(ec2.delete_flow_logs, FlowLogIds=[made]).startswith("InvalidFlowLogId.NotFound")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ResourceIds": ["vpc-0b0b0b0b"]}, "The resource vpc-0b0b0b0b does not exist"),
        ({"ResourceType": "Subnet"}, f"The resource {VPC} does not exist"),
        ({"ResourceType": "TransitGateway"}, "the rig knows no TransitGateway"),
        ({"TrafficType": "SOME"}, "TrafficType is invalid"),
        ({"MaxAggregationInterval": 300}, "must be 60 or 600"),
        ({"LogFormat": "${srcaddr} ${source}"}, "Unknown fields provided: [source]"),
        ({"LogFormat": "srcaddr dstaddr"}, "not a list of fields"),
        ({"LogFormat": "${instance-tag}"}, "do not fit the fields of instance"),
        ({"LogDestination": f"arn:aws:s3:::{BUCKET}/AWSLogs/"}, "AWSLogs is a reserved term"),
        ({"LogDestination": "arn:aws:s3:::nowhere"}, "the bucket does not exist"),
        ({"DeliverLogsPermissionArn": "arn:aws:iam::1:role/x"}, "is not for S3"),
        ({"LogDestinationType": "cloud-watch-logs"}, "not the ARN of a log group"),
        (
            {
                "LogDestinationType": "cloud-watch-logs",
                "LogDestination": f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:g",
                "DeliverLogsPermissionArn": f"arn:aws:iam::{ACCOUNT}:role/nobody",
            },
            "Unable to assume given IAM role",
        ),
        (
            {"TagSpecifications": [{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": "b"}]}]},
            "'vpc' is not a valid taggable resource type",
        ),
    ],
)
def test_a_flow_log_that_cannot_be_is_refused(
    ec2: Any,  # noqa: ANN401
    changes: dict[str, object],
    message: str,
) -> None:
    assert message in refusal(ec2.create_flow_logs, **{**WANTED, **changes})


STATEMENT = {
    "Effect": "Allow",
    "Principal": {"AWS": ACCOUNT},
    "Action": "s3:GetObject",
    "Resource": f"arn:aws:s3:::{BUCKET}/*",
}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "valid JSON"),
        ({"Statement": []}, "Statement is missing"),
        ({"Version": "2026", "Statement": STATEMENT}, "invalid version"),
        ({"Statement": {**STATEMENT, "Principal": None}}, "required field Principal"),
        ({"Statement": {**STATEMENT, "Resource": "arn:aws:s3:::other/*"}}, "invalid resource"),
        ({"Statement": {**STATEMENT, "Rule": "x"}}, "Unknown field Rule"),
        ({"Statement": [{**STATEMENT, "Sid": "a"}] * 2}, "Sids are not unique"),
        ({"Statement": {**STATEMENT, "Sid": "a" * 20_480}}, "maximum allowed document size"),
    ],
)
def test_a_bucket_policy_that_cannot_be_is_refused(
    rig: Rig, document: object, message: str
) -> None:
    create_bucket(rig, BUCKET)
    text = document if isinstance(document, str) else json.dumps(document)
    found = refusal(rig.client("s3").put_bucket_policy, Bucket=BUCKET, Policy=text)
    assert found.startswith("MalformedPolicy: ")
    assert message in found


def test_a_key_policy_that_shuts_its_owner_out_is_refused(rig: Rig) -> None:
    rig.arrange("kms", key=KEY)
    kms = rig.client("kms")
    document = {"Version": "2012-10-17", "Statement": [{**STATEMENT, "Resource": "*"}]}
    asked = {"KeyId": KEY, "PolicyName": "default", "Policy": json.dumps(document)}
    assert "will not allow you to update the key policy" in refusal(kms.put_key_policy, **asked)
    assert refusal(kms.put_key_policy, **{**asked, "Policy": "{"}).startswith("MalformedPolicyDoc")
    assert refusal(kms.get_key_policy, KeyId=f"{KEY}1").startswith("NotFoundException")


def test_roles_and_groups_that_cannot_be_are_refused(rig: Rig) -> None:
    iam, logs = rig.client("iam"), rig.client("logs")
    trust = {"Statement": {"Effect": "Allow", "Principal": {}, "Action": "sts:AssumeRole"}}
    asked = {"RoleName": "r", "AssumeRolePolicyDocument": json.dumps(trust)}
    iam.create_role(**asked)
    assert refusal(iam.create_role, **asked).startswith("EntityAlreadyExists")
    policy = {"RoleName": "r", "PolicyName": "p", "PolicyDocument": json.dumps(trust)}
    assert refusal(iam.put_role_policy, **policy).startswith("MalformedPolicyDocument")
    missing = {"RoleName": "r", "PolicyName": "p"}
    assert refusal(iam.get_role_policy, **missing).startswith("NoSuchEntity")
    logs.create_log_group(logGroupName="g")
    assert "already exists" in refusal(logs.create_log_group, logGroupName="g")
    kept = {"logGroupName": "g", "retentionInDays": 8}
    assert "Invalid retentionInDays 8" in refusal(logs.put_retention_policy, **kept)


def test_what_is_not_played_is_refused_by_name(ec2: Any) -> None:  # noqa: ANN401
    filters = [{"Name": "tag:Name", "Values": ["x"]}]
    assert "the rig knows no filter tag:Name" in refusal(ec2.describe_vpcs, Filters=filters)
    assert "the rig knows no Filter" in refusal(ec2.describe_flow_logs, Filter=filters)
