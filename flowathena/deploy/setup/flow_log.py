"""Flow logs, and the log group and role of those that go to CloudWatch Logs; pure.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html and
https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
"""

import hashlib
import re
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from flowathena.deploy.setup import documents
from flowathena.deploy.setup.documents import Document
from flowathena.deploy.setup.partition import arn

RESOURCES = {"vpc": "VPC", "subnet": "Subnet", "eni": "NetworkInterface"}
"""What a flow log records, by how the id begins."""
INTERVALS_SECONDS = (60, 600)
TRAFFIC = ("ALL", "ACCEPT", "REJECT")
FILE_FORMATS = {"text": "plain-text", "parquet": "parquet"}
"""EC2's names of file formats by ours."""
TAG_FIELDS = {
    "instance": "instance-tag",
    "network-interface": "interface-tag",
    "auto-scaling-group": "asg-tag",
}
"""The first field with the values of a resource's tags; the second one ends in ``-2``."""
RETENTIONS_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""How long CloudWatch Logs can keep records."""

_TO_S3 = re.compile(r"arn:[a-z-]+:s3:::([^/]+)/?(.*)")
_TO_GROUP = re.compile(r"arn:[a-z-]+:logs:[^:]+:[0-9]+:log-group:([^:]+)(?::\*)?")
_PERMISSIONS = (
    *("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
    *("logs:DescribeLogGroups", "logs:DescribeLogStreams"),
)
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9+=,.@_-]+")
_ROLE_NAME_LENGTH = 64
_POLICY_NAME_LENGTH = 128
_ABOUT = {
    "traffic": "traffic",
    "interval_seconds": "interval in seconds",
    "file_format": "file format",
    "hive": "Hive-compatible folders",
    "hourly": "hourly folders",
    "role": "role",
    "tag_fields": "tag fields",
}


@dataclass(frozen=True)
class FlowLog:
    """A flow log, in the terms of EC2's API.

    Attributes:
        resource: what it records: ``vpc-…``, ``subnet-…`` or ``eni-…``.
        destination: the ARN of a bucket with a folder in it, or of a log group.
        log_format: the fields of a record in order.
        traffic: ``ALL``, ``ACCEPT`` or ``REJECT``.
        interval_seconds: 60 or 600, how long a flow is aggregated into one record.
        file_format: ``plain-text`` or ``parquet``; only in S3.
        hive: whether the folders are Hive-compatible; only in S3.
        hourly: whether there are folders of hours; only in S3.
        role: the ARN of the role that delivers to a log group; empty for S3.
        tag_fields: the tags whose values are recorded: kinds of resources and their keys.
        tags: the tags of the flow log itself.
    """

    resource: str
    destination: str
    log_format: tuple[str, ...]
    traffic: str = "ALL"
    interval_seconds: int = 600
    file_format: str = "plain-text"
    hive: bool = False
    hourly: bool = False
    role: str = ""
    tag_fields: tuple[tuple[str, tuple[str, ...]], ...] = ()
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """What a plan calls it: ``vpc-0a to s3://bucket/prefix/``."""
        return f"{self.resource} to {self.place}"

    @property
    def resource_type(self) -> str:
        """EC2's word for the kind of what it records."""
        return RESOURCES[self.resource.partition("-")[0]]

    @property
    def is_in_s3(self) -> bool:
        """Whether it delivers to a bucket, and not to a log group."""
        return bool(_TO_S3.fullmatch(self.destination))

    @property
    def place(self) -> str:
        """Where it delivers, as people write it: an ``s3://`` location, or a log group's name."""
        if bucket := _TO_S3.fullmatch(self.destination):
            prefix = bucket[2].strip("/")
            return f"s3://{bucket[1]}/" + (f"{prefix}/" if prefix else "")
        return f"log group {self.group}" if self.group else self.destination

    @property
    def group(self) -> str:
        """The name of the log group; empty if it delivers elsewhere."""
        found = _TO_GROUP.fullmatch(self.destination)
        return found[1] if found else ""

    @property
    def format_text(self) -> str:
        """The fields as EC2 writes them: ``${version} ${srcaddr} …``."""
        return " ".join(f"${{{name}}}" for name in self.log_format)

    @property
    def request(self) -> dict[str, Any]:
        """The input of ``CreateFlowLogs``, without a client token."""
        request: dict[str, Any] = {
            "ResourceIds": [self.resource],
            "ResourceType": self.resource_type,
            "TrafficType": self.traffic,
            "LogDestinationType": "s3" if self.is_in_s3 else "cloud-watch-logs",
            "LogDestination": self.destination,
            "LogFormat": self.format_text,
            "MaxAggregationInterval": self.interval_seconds,
        }
        if self.is_in_s3:
            request["DestinationOptions"] = self.options
        if self.role:
            request["DeliverLogsPermissionArn"] = self.role
        if self.tag_fields:
            request["TagFieldSpecifications"] = [
                {"ResourceType": kind, "TagKeys": list(keys)} for kind, keys in self.tag_fields
            ]
        if self.tags:
            tags = [{"Key": key, "Value": value} for key, value in self.tags]
            request["TagSpecifications"] = [{"ResourceType": "vpc-flow-log", "Tags": tags}]
        return request

    @property
    def options(self) -> dict[str, Any]:
        """The ``DestinationOptions`` of one in S3."""
        return {
            "FileFormat": self.file_format,
            "HiveCompatiblePartitions": self.hive,
            "PerHourPartition": self.hourly,
        }

    def token(self, now: datetime) -> str:
        """The client token: the same for the same flow log within an hour.

        So a request whose answer is lost makes no second one when it is sent again. A day later,
        what is there is seen; and one that was deleted can be made again.
        """
        text = documents.compact([self.request, f"{now:%Y-%m-%dT%H}"])
        return f"flowathena-{hashlib.sha256(text.encode()).hexdigest()[:40]}"

    def records_as(self, other: "FlowLog") -> bool:
        """Whether two are the same but for what can be changed, their tags."""
        return not self.differences(other)

    def differences(self, live: "FlowLog") -> list[str]:
        """What differs in a live one, a few words each; their tags apart."""
        lines = []
        if self.place != live.place:
            lines.append(f"destination {live.place} -> {self.place}")
        if self.log_format != live.log_format:
            lines.append(_field_changes(live.log_format, self.log_format))
        for each in fields(self):
            old, new = getattr(live, each.name), getattr(self, each.name)
            if each.name in _ABOUT and old != new:
                lines.append(f"{_ABOUT[each.name]} {_shown(old)} -> {_shown(new)}")
        return lines

    def lacks_tags(self, live: "FlowLog") -> tuple[tuple[str, str], ...]:
        """The tags that a live one has not, or with other values."""
        return tuple(each for each in self.tags if each not in live.tags)

    def with_tags_of(self, live: "FlowLog") -> "FlowLog":
        """The same with the further tags of a live one, which stay."""
        return replace(self, tags=tuple(sorted({**dict(live.tags), **dict(self.tags)}.items())))


@dataclass(frozen=True)
class LogGroup:
    """A log group; ``retention_days`` is None for records that are kept for ever."""

    name: str
    retention_days: int | None = None


@dataclass(frozen=True)
class DeliveryRole:
    """The role that VPC Flow Logs deliver with, its trust and its policy for one log group."""

    name: str
    arn: str
    trust: Document
    policy: Document
    policy_name: str


def delivery_role(group: str, region: str, account: str, name: str = "") -> DeliveryRole:
    """The role that delivers the flow logs of an account and Region to a log group.

    Only flow logs of this account and Region can use it, and only for this group.
    """
    short = _NOT_IN_NAME.sub("-", group).strip("-")
    name = name or f"flow-logs-{region}-{short}"[:_ROLE_NAME_LENGTH]
    policy_name = f"flow-logs-to-{short}"[:_POLICY_NAME_LENGTH]
    trust = documents.policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": account},
                "ArnLike": {"aws:SourceArn": arn("ec2", region, account, "vpc-flow-log/*")},
            },
        }
    )
    here = arn("logs", region, account, f"log-group:{group}")
    permissions = documents.policy(
        {
            "Effect": "Allow",
            "Action": [each for each in _PERMISSIONS if each != "logs:DescribeLogGroups"],
            "Resource": [here, f"{here}:*"],
        },
        {
            "Effect": "Allow",
            "Action": "logs:DescribeLogGroups",
            "Resource": arn("logs", region, account, "log-group:*"),
        },
    )
    own_arn = arn("iam", region, account, f"role/{name}")
    return DeliveryRole(name, own_arn, trust, permissions, policy_name)


def _field_changes(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    added = [f"+{name}" for name in after if name not in before]
    removed = [f"-{name}" for name in before if name not in after]
    return f"fields {' '.join((*added, *removed)) or 'in another order'}"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return "; ".join(f"{kind}={','.join(keys)}" for kind, keys in value) or "none"
    return str(value) or "none"
