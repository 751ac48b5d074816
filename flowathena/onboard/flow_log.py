"""A flow log as EC2 describes it: where it delivers, how it is laid out and what it records.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeFlowLogs.html
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, error_code, translate_errors
from flowathena.errors import StorageError, UsageError
from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.logs.formats import parse_log_format
from flowathena.logs.layout import Layout

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FlowLogTypeDef

_ID = re.compile(r"fl-[0-9a-f]{8,17}")
_BUCKET_ARN = re.compile(r"arn:[a-z-]+:s3:::([^/]+)/?(.*)")
_UNKNOWN = frozenset({"InvalidFlowLogId.NotFound", "InvalidFlowLogId.Malformed"})
_FILE_FORMATS = {"plain-text": "text", "parquet": "parquet"}


@dataclass(frozen=True)
class FlowLog:
    """What EC2 tells of a flow log that delivers to S3.

    Attributes:
        id: ``fl-…``.
        resource: the VPC, subnet or interface it watches.
        location: ``s3://bucket/prefix/``; what holds ``AWSLogs/``.
        layout: how its folders are laid out.
        file_format: ``text`` or ``parquet``.
        log_format: its fields in order.
        warnings: what a person should know.
    """

    id: str
    resource: str
    location: str
    layout: Layout
    file_format: str
    log_format: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def describe(aws: Aws, flow_log_id: str) -> FlowLog:
    """Ask EC2 for a flow log, in one call.

    Raises:
        UsageError: the id is none.
        StorageError: there is no such flow log, it delivers elsewhere, or EC2 refuses.
    """
    if not _ID.fullmatch(flow_log_id):
        raise UsageError(f"flow log {flow_log_id!r}: an id is fl- and hexadecimal digits")
    with translate_errors(f"flow log {flow_log_id}", StorageError):
        client = aws.ec2
        region = aws.session.region_name
        try:
            found = client.describe_flow_logs(FlowLogIds=[flow_log_id])["FlowLogs"]
        except ClientError as error:
            if error_code(error) not in _UNKNOWN:
                raise
            found = []
    if not found:
        raise StorageError(
            f"there is no flow log {flow_log_id} in {region}: correct the id, or name its Region "
            "with --region"
        )
    return _read(flow_log_id, found[0])


def _read(flow_log_id: str, told: "FlowLogTypeDef") -> FlowLog:
    kind = told.get("LogDestinationType", "cloud-watch-logs")
    destination = told.get("LogDestination") or told.get("LogGroupName", "")
    bucket = _BUCKET_ARN.fullmatch(destination)
    if kind != "s3" or not bucket:
        where = f" ({destination})" if destination else ""
        raise StorageError(f"flow log {flow_log_id} delivers to {kind}{where}, not to S3")
    options = told.get("DestinationOptions", {})
    layout = Layout(
        hive=options.get("HiveCompatiblePartitions", False),
        hourly=options.get("PerHourPartition", False),
    )
    prefix = bucket[2].strip("/")
    return FlowLog(
        flow_log_id,
        resource=told.get("ResourceId", ""),
        location=f"s3://{bucket[1]}/" + (f"{prefix}/" if prefix else ""),
        layout=layout,
        file_format=_FILE_FORMATS[options.get("FileFormat", "plain-text")],
        log_format=_log_format(flow_log_id, told.get("LogFormat")),
        warnings=tuple(_warnings(told)),
    )


def _log_format(flow_log_id: str, text: str | None) -> tuple[str, ...]:
    try:
        return parse_log_format(text) if text else DEFAULT_FORMAT
    except ValueError as error:
        raise StorageError(f"flow log {flow_log_id}: its format {text!r}: {error}") from error


def _warnings(told: "FlowLogTypeDef") -> Iterator[str]:
    if told.get("DeliverLogsStatus") == "FAILED":
        reason = told.get("DeliverLogsErrorMessage", "no reason told")
        yield f"the flow log cannot deliver: {reason}"
