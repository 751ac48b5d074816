"""Records, and what plain Python counts of them: what tests of metrics compare with."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.aws import BUCKET, RESULTS, Place, create_bucket, log, record
from tests.rig.client import Rig

NAMESPACE = "FlowLogs"
PERIOD = timedelta(minutes=15)
QUERIES = ("metric_rejected_packets", "metric_rejected_tcp", "metric_skipped", "metric_ssh_rejects")
"""Those that the default record format can answer."""
_KNOWN = {"TCP": 6, "UDP": 17, "ICMP": 1}
_TOML = """
[targets.prod]
location = "s3://{bucket}/"
database = "network"
table = "vpc_flow_logs"
region = "eu-west-1"
output_location = "s3://{results}/athena/"
"""

Key = tuple[str, str, int]
"""A value of a metric: its name, its one dimension's value or nothing, the second of its bucket."""


@dataclass(frozen=True)
class Flow:
    """One record, and when its file arrives."""

    start: datetime
    arrives: datetime
    packets: int = 1
    protocol: int = 6
    port: int = 443
    action: str = "REJECT"
    status: str = "OK"

    @property
    def line(self) -> str:
        """The record line."""
        start = int(self.start.timestamp())
        if self.status != "OK":
            return f"2 111122223333 eni-0a - - - - - - - {start} {start + 60} - {self.status}"
        return record(
            start,
            dstport=self.port,
            protocol=self.protocol,
            packets=self.packets,
            action=self.action,
        )


def configured(folder: Path, rig: Rig, more: str = "") -> Path:
    """A configuration file for the rig, with its buckets."""
    file = folder / "flowathena.toml"
    file.write_text(_TOML.format(bucket=BUCKET, results=RESULTS) + more)
    create_bucket(rig, BUCKET)
    create_bucket(rig, RESULTS)
    return file


def deliver(rig: Rig, flows: Iterable[Flow], name: str) -> None:
    """Put records into the files of the days of their ends, as AWS does."""
    days: dict[datetime, list[str]] = {}
    for flow in flows:
        end = flow.start + timedelta(seconds=60)
        days.setdefault(end.replace(hour=0, minute=0, second=0), []).append(flow.line)
    for day, lines in days.items():
        place = Place("111122223333", "eu-west-1", day.date())
        key = place.key.replace("c0ffee", name)
        rig.put_keys(BUCKET, [key], log(*lines))


def expected(flows: Iterable[Flow], since: datetime, until: datetime) -> dict[Key, float]:
    """The value of every bucket of every metric, counted by plain Python."""
    counts: Counter[Key] = Counter()
    bucket = since
    while bucket < until:
        second = int(bucket.timestamp())
        for name in ("RejectedTcpFlows", "RejectedTcpPackets", "SshRejects", "SkippedRecords"):
            counts[name, "", second] += 0
        for protocol in _KNOWN:
            counts["RejectedPackets", protocol, second] += 0
        bucket += PERIOD
    for flow in flows:
        if since <= flow.start < until:
            counts.update(_values(flow))
    return {key: float(value) for key, value in counts.items()}


def _values(flow: Flow) -> dict[Key, int]:
    second = int(flow.start.timestamp()) // 900 * 900
    if flow.status == "SKIPDATA":
        return {("SkippedRecords", "", second): 1}
    if flow.status != "OK" or flow.action != "REJECT":
        return {}
    names = {number: name for name, number in _KNOWN.items()}
    protocol = names.get(flow.protocol, str(flow.protocol))
    values = {("RejectedPackets", protocol, second): flow.packets}
    if flow.protocol == 6:
        values["RejectedTcpFlows", "", second] = 1
        values["RejectedTcpPackets", "", second] = flow.packets
        if flow.port == 22:
            values["SshRejects", "", second] = 1
    return values


def put(rig: Rig) -> dict[Key, list[float]]:
    """Every value that CloudWatch was given, of every bucket: more than one if it was doubled."""
    return {
        (
            each["name"],
            "".join(each["dimensions"].values()),
            int(datetime.fromtimestamp(each["timestamp"], UTC).timestamp()),
        ): each["values"]
        for each in rig.arrange("cloudwatch", datums=True)
        if each["namespace"] == NAMESPACE
    }
