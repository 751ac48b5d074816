"""A flow log as EC2 describes it: where it delivers, its layout and its record format.

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
    """A flow log that delivers to S3, as EC2 describes it.

    Attributes:
        id: ``fl-…``.
        resource: the VPC, subnet or interface it monitors.
        location: ``s3://bucket/prefix/``, which contains ``AWSLogs/``.
        layout: the layout of its folders.
        file_format: ``text`` or ``parquet``.
        log_format: its fields in order.
        warnings: what the user should know.
    """

    id: str
    resource: str
    location: str
    layout: Layout
    file_format: str
    log_format: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def describe(aws: Aws, flow_log_id: str) -> FlowLog:
    """Describe a flow log, in one call to EC2.

    Raises:
        UsageError: the id is invalid.
        StorageError: the flow log does not exist, it does not deliver to S3, or EC2 refuses.
    """
    if not _ID.fullmatch(flow_log_id):
        raise UsageError(f"invalid flow log id {flow_log_id!r}: use fl- and 8 to 17 hex digits")
    with translate_errors(f"flow log {flow_log_id}", StorageError):
        client = aws.ec2
        region = aws.session.region_name
        try:
            flow_logs = client.describe_flow_logs(FlowLogIds=[flow_log_id])["FlowLogs"]
        except ClientError as error:
            if error_code(error) not in _UNKNOWN:
                raise
            flow_logs = []
    if not flow_logs:
        raise StorageError(
            f"flow log {flow_log_id} not found in {region}: correct the id, or set its Region "
            "with --region"
        )
    return _read(flow_log_id, flow_logs[0])


def _read(flow_log_id: str, description: "FlowLogTypeDef") -> FlowLog:
    kind = description.get("LogDestinationType", "cloud-watch-logs")
    destination = description.get("LogDestination") or description.get("LogGroupName", "")
    bucket = _BUCKET_ARN.fullmatch(destination)
    if kind != "s3" or not bucket:
        where = f" ({destination})" if destination else ""
        raise StorageError(f"flow log {flow_log_id} delivers to {kind}{where}, not to S3")
    options = description.get("DestinationOptions", {})
    layout = Layout(
        hive=options.get("HiveCompatiblePartitions", False),
        hourly=options.get("PerHourPartition", False),
    )
    prefix = bucket[2].strip("/")
    return FlowLog(
        flow_log_id,
        resource=description.get("ResourceId", ""),
        location=f"s3://{bucket[1]}/" + (f"{prefix}/" if prefix else ""),
        layout=layout,
        file_format=_FILE_FORMATS[options.get("FileFormat", "plain-text")],
        log_format=_log_format(flow_log_id, description.get("LogFormat")),
        warnings=tuple(_warnings(description)),
    )


def _log_format(flow_log_id: str, text: str | None) -> tuple[str, ...]:
    try:
        return parse_log_format(text) if text else DEFAULT_FORMAT
    except ValueError as error:
        raise StorageError(f"flow log {flow_log_id}: its format {text!r}: {error}") from error


def _warnings(description: "FlowLogTypeDef") -> Iterator[str]:
    if description.get("DeliverLogsStatus") == "FAILED":
        reason = description.get("DeliverLogsErrorMessage", "no reason given")
        yield f"the flow log cannot deliver: {reason}"
