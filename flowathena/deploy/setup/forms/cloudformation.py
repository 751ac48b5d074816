"""A template of CloudFormation, in JSON.

What CloudFormation cannot do is told: it sets encryption, rules and switches only of a bucket that
it creates, and the policy only of a key that it creates.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flowathena.deploy.setup.bucket import (
    Bucket,
    BucketPolicy,
    Encryption,
    KeyPolicy,
    Lifecycle,
    PublicAccessBlock,
)
from flowathena.deploy.setup.documents import Document
from flowathena.deploy.setup.flow_log import DeliveryRole, FlowLog, LogGroup
from flowathena.deploy.setup.forms.rendering import Rendering, camel, distinct
from flowathena.deploy.setup.managed_policy import ManagedPolicy
from flowathena.deploy.setup.workgroup import WorkGroup

_Resource = dict[str, Any]
_KEPT = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
"""A stack that is deleted leaves the logs where they are."""


class _Stack:
    """The values of a template and their logical ids."""

    def __init__(self, values: Sequence[object]) -> None:
        every = list(values)
        self.buckets = {each.name: each for each in every if isinstance(each, Bucket)}
        self.values = [each for each in every if not self._is_part(each)]
        self.parts = [each for each in every if self._is_part(each)]
        written = [each for each in self.values if type(each) in _KINDS]
        names = distinct([_NAMES[type(each)](each) for each in written])
        self.ids = list(zip(names, written, strict=True))

    def _is_part(self, value: object) -> bool:
        return type(value) in _PARTS and getattr(value, "bucket", "") in self.buckets

    def id_of(self, kind: type, **attributes: str) -> str | None:
        """The logical id of a value that the template creates."""
        for name, each in self.ids:
            if isinstance(each, kind) and attributes.items() <= vars(each).items():
                return name
        return None

    def bucket(self, name: str) -> Any:  # noqa: ANN401 - a name, or a reference to it
        made = self.id_of(Bucket, name=name)
        return {"Ref": made} if made else name


def _flow_log(each: FlowLog, stack: _Stack) -> _Resource:
    request = each.request
    request["ResourceId"] = request.pop("ResourceIds")[0]
    for tags in request.pop("TagSpecifications", []):
        request["Tags"] = tags["Tags"]
    role = stack.id_of(DeliveryRole, arn=each.role) if each.role else None
    if role:
        request["DeliverLogsPermissionArn"] = {"Fn::GetAtt": [role, "Arn"]}
    return {"Type": "AWS::EC2::FlowLog", **_needs(each, stack), "Properties": request}


def _needs(each: FlowLog, stack: _Stack) -> dict[str, str]:
    """What must be there before a flow log, or its first files are refused."""
    if each.is_in_s3:
        bucket = each.place.removeprefix("s3://").partition("/")[0]
        first = stack.id_of(BucketPolicy, bucket=bucket)
    else:
        first = stack.id_of(LogGroup, name=each.group)
    return {"DependsOn": first} if first else {}


def _group(each: LogGroup, _: _Stack) -> _Resource:
    kept = {"RetentionInDays": each.retention_days} if each.retention_days else {}
    properties = {"LogGroupName": each.name, **kept}
    return {"Type": "AWS::Logs::LogGroup", **_KEPT, "Properties": properties}


def _role(each: DeliveryRole, _: _Stack) -> _Resource:
    properties = {
        "RoleName": each.name,
        "AssumeRolePolicyDocument": each.trust,
        "Policies": [{"PolicyName": each.policy_name, "PolicyDocument": each.policy}],
    }
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def _bucket(each: Bucket, stack: _Stack) -> _Resource:
    properties = {"BucketName": each.name}
    for part in stack.parts:
        if getattr(part, "bucket", "") == each.name:
            properties |= _PARTS[type(part)](part)
    return {"Type": "AWS::S3::Bucket", **_KEPT, "Properties": properties}


def _bucket_policy(each: BucketPolicy, stack: _Stack) -> _Resource:
    properties = {"Bucket": stack.bucket(each.bucket), "PolicyDocument": each.document}
    return {"Type": "AWS::S3::BucketPolicy", "Properties": properties}


def _workgroup(each: WorkGroup, _: _Stack) -> _Resource:
    properties = each.request
    properties["WorkGroupConfiguration"] = properties.pop("Configuration")
    return {"Type": "AWS::Athena::WorkGroup", "Properties": properties}


def _managed_policy(each: ManagedPolicy, _: _Stack) -> _Resource:
    properties = {"ManagedPolicyName": each.name, "PolicyDocument": each.document}
    described = {"Description": each.description} if each.description else {}
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": {**properties, **described}}


_KINDS: Mapping[type, Callable[[Any, _Stack], _Resource]] = {
    FlowLog: _flow_log,
    LogGroup: _group,
    DeliveryRole: _role,
    Bucket: _bucket,
    BucketPolicy: _bucket_policy,
    WorkGroup: _workgroup,
    ManagedPolicy: _managed_policy,
}
_NAMES: Mapping[type, Callable[[Any], str]] = {
    FlowLog: lambda each: camel("FlowLog", each.resource),
    LogGroup: lambda _: "LogGroup",
    DeliveryRole: lambda _: "DeliveryRole",
    Bucket: lambda _: "Bucket",
    BucketPolicy: lambda _: "BucketPolicy",
    WorkGroup: lambda _: "WorkGroup",
    ManagedPolicy: lambda each: camel(each.name),
}


def _rule(each: Document) -> _Resource:
    """A lifecycle rule of S3's API as the template has it."""
    days = {"ExpirationInDays": each["Expiration"]["Days"]}
    return {"Id": each["ID"], "Status": each["Status"], "Prefix": each["Filter"]["Prefix"], **days}


def _secret(each: Encryption) -> _Resource:
    (rule,) = each.configuration["Rules"]
    given = {"ServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"]}
    if "BucketKeyEnabled" in rule:
        given["BucketKeyEnabled"] = rule["BucketKeyEnabled"]
    return {"BucketEncryption": {"ServerSideEncryptionConfiguration": [given]}}


_PARTS: Mapping[type, Callable[[Any], _Resource]] = {
    PublicAccessBlock: lambda each: {"PublicAccessBlockConfiguration": each.configuration},
    Encryption: _secret,
    Lifecycle: lambda each: {"LifecycleConfiguration": {"Rules": [*map(_rule, each.rules)]}},
}
_LEFT_OUT = {
    PublicAccessBlock: "the public access block",
    Encryption: "the default encryption",
    Lifecycle: "the lifecycle rules",
}


def render(values: Sequence[object], _region: str) -> Rendering:
    """A template; ``notes`` name what has no place in one."""
    stack = _Stack(values)
    resources = {name: _KINDS[type(each)](each, stack) for name, each in stack.ids}
    notes = [_note(each) for each in stack.values if type(each) not in _KINDS]
    template = {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
    return Rendering(json.dumps(template, indent=2, ensure_ascii=False), tuple(notes))


def _note(each: object) -> str:
    if isinstance(each, KeyPolicy):
        return (
            "left out: CloudFormation sets no policy of a key that it did not create "
            f"({each.key}); --as cli has the command"
        )
    return (
        f"left out: CloudFormation sets {_LEFT_OUT[type(each)]} only of a bucket that it creates "
        "(--create); --as cli has the command"
    )
