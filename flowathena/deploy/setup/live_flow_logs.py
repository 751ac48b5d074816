"""The flow logs that there are in a Region.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeFlowLogs.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flowathena.aws.session import Aws, translate_errors
from flowathena.deploy.setup.flow_log import FILE_FORMATS, RESOURCES, FlowLog
from flowathena.deploy.setup.partition import arn
from flowathena.errors import FlowathenaError
from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.logs.formats import describe_format, parse_log_format
from flowathena.text import one_line

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FlowLogTypeDef

_DELIVERY = timedelta(minutes=10)
_OUR_FORMATS = {theirs: ours for ours, theirs in FILE_FORMATS.items()}


@dataclass(frozen=True)
class LiveFlowLog:
    """A flow log that exists.

    Attributes:
        id: ``fl-…``.
        flow_log: what it is.
        created: when it was created.
        status: of its delivery: ``SUCCESS``, ``FAILED`` or empty.
        error: why it fails; empty if it does not.
    """

    id: str
    flow_log: FlowLog
    created: datetime | None = None
    status: str = ""
    error: str = ""

    def to_json(self) -> dict[str, object]:
        """The stable shape: id, resource, destination, format, interval, delivery."""
        about = self.flow_log
        return {
            "id": self.id,
            "resource": about.resource,
            "destination": about.place,
            "traffic": about.traffic,
            "log_format": about.format_text,
            "file_format": _OUR_FORMATS.get(about.file_format) if about.is_in_s3 else None,
            "layout": layout_of(about) if about.is_in_s3 else None,
            "interval_seconds": about.interval_seconds,
            "status": self.status or None,
            "error": self.error or None,
        }

    def ready(self) -> datetime | None:
        """When what it records has arrived for sure; None if EC2 does not say since when."""
        if self.created is None:
            return None
        interval = timedelta(seconds=self.flow_log.interval_seconds)
        return self.created + interval + _DELIVERY


def layout_of(flow_log: FlowLog) -> str:
    """The layout of the folders, as a target names it."""
    return f"{'hive' if flow_log.hive else 'plain'}-{'hourly' if flow_log.hourly else 'daily'}"


def read_flow_logs(aws: Aws) -> tuple[LiveFlowLog, ...]:
    """The flow logs of VPCs, subnets and interfaces in the Region.

    Raises:
        FlowathenaError: EC2 does not say.
    """
    with translate_errors("flow logs", FlowathenaError):
        pages = aws.ec2.get_paginator("describe_flow_logs").paginate()
        return tuple(
            _read(each, aws)
            for page in pages
            for each in page["FlowLogs"]
            if each.get("ResourceId", "").partition("-")[0] in RESOURCES
        )


def _read(given: "FlowLogTypeDef", aws: Aws) -> LiveFlowLog:
    options = given.get("DestinationOptions", {})
    group = given.get("LogGroupName", "")
    there = arn("logs", aws.session.region_name or "", "0" * 12, f"log-group:{group}")
    tag_fields = (
        (each["ResourceType"], tuple(each["TagKeys"]))
        for each in given.get("TagFieldSpecifications", [])
    )
    flow_log = FlowLog(
        given.get("ResourceId", ""),
        given.get("LogDestination") or there,
        _fields(given.get("LogFormat", "")),
        given.get("TrafficType", "ALL"),
        given.get("MaxAggregationInterval", 600),
        options.get("FileFormat", "plain-text"),
        options.get("HiveCompatiblePartitions", False),
        options.get("PerHourPartition", False),
        given.get("DeliverLogsPermissionArn", ""),
        tuple(sorted(tag_fields)),
        tuple(sorted((each["Key"], each["Value"]) for each in given.get("Tags", []))),
    )
    error = one_line(given.get("DeliverLogsErrorMessage", ""))
    status = given.get("DeliverLogsStatus", "")
    return LiveFlowLog(given["FlowLogId"], flow_log, given.get("CreationTime"), status, error)


def _fields(text: str) -> tuple[str, ...]:
    try:
        return parse_log_format(text) if text else DEFAULT_FORMAT
    except ValueError:
        return (text,)  # of fields that nobody knows: it differs from any other


def match(wanted: FlowLog, existing: Sequence[LiveFlowLog]) -> LiveFlowLog | None:
    """The flow log that is as wanted, tags apart."""
    same = (each for each in existing if each.flow_log.resource == wanted.resource)
    return next((each for each in same if wanted.records_as(each.flow_log)), None)


def summary(flow_log: FlowLog) -> str:
    """What a flow log records and how, in a few words."""
    words = [describe_format(flow_log.log_format), f"{flow_log.traffic} traffic"]
    if flow_log.is_in_s3:
        form = _OUR_FORMATS.get(flow_log.file_format, flow_log.file_format)
        words.append(f"{form}, {layout_of(flow_log)}")
    minutes = flow_log.interval_seconds // 60
    return "; ".join((*words, "1 minute" if minutes == 1 else f"{minutes} minutes"))
