"""Log trees of several flow logs, each with a format and days of its own, and what they contain."""

import gzip
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

FIRST = date(2026, 10, 1)
V2 = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start "
    "end action log-status"
)
SWAPPED = (
    "start bytes dstaddr srcaddr dstport srcport action protocol packets end vpc-id log-status"
)
LONG = f"{V2} vpc-id subnet-id"
FORMATS = {"v2": V2, "swapped": SWAPPED, "long": LONG, "parquet": LONG}
NUMBERS = {"version", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end"}
Record = Mapping[str, object]


@dataclass(frozen=True)
class FlowLog:
    """A flow log of one account and Region: its id, format, and the days on which it writes.

    Days count from ``FIRST``; it writes on the first and until before the last.
    """

    id: str
    form: str
    first: int
    last: int
    account: str = "111122223333"
    region: str = "eu-west-1"

    def records(self, day: int) -> list[dict[str, object]]:
        """Three records of a day; every number tells which it is."""
        midnight = int(datetime.combine(FIRST, datetime.min.time(), UTC).timestamp()) + day * 86400
        port = 1_000 + int(self.id[3:], 16) % 500
        return [
            {
                "version": 2,
                "account-id": self.account,
                "interface-id": f"eni-{self.id[3:]}",
                "srcaddr": f"198.51.100.{n}",
                "dstaddr": f"10.0.0.{n}",
                "srcport": 50_000 + n,
                "dstport": port,
                "protocol": 6,
                "packets": n + 1,
                "bytes": (n + 1) * 1_000 + day,
                "start": midnight + 3_600 * n,
                "end": midnight + 3_600 * n + 60,
                "action": ("ACCEPT", "REJECT")[n % 2],
                "log-status": "OK",
                "vpc-id": f"vpc-{self.id[3:]}",
                "subnet-id": "subnet-0a",
            }
            for n in range(3)
        ]

    def file(self, day: int) -> tuple[str, bytes]:
        """The key and content of a day's file."""
        when = FIRST + timedelta(days=day)
        ending = "log.parquet" if self.form == "parquet" else "log.gz"
        key = (
            f"AWSLogs/{self.account}/vpcflowlogs/{self.region}/{when:%Y/%m/%d}/"
            f"{self.account}_vpcflowlogs_{self.region}_{self.id}_{when:%Y%m%d}T0000Z_c0ffee.{ending}"
        )
        fields = FORMATS[self.form].split()
        rows = [{field: record[field] for field in fields} for record in self.records(day)]
        return key, _parquet(rows) if self.form == "parquet" else _text(fields, rows)


def _text(fields: Sequence[str], rows: Sequence[Record]) -> bytes:
    lines = [" ".join(fields), *(" ".join(str(row[field]) for field in fields) for row in rows)]
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)


def _parquet(rows: Sequence[Record]) -> bytes:
    columns = {
        name.replace("-", "_"): pa.array([row[name] for row in rows], _type(name))
        for name in rows[0]
    }
    held = io.BytesIO()
    pq.write_table(pa.table(columns), held)
    return held.getvalue()


def _type(field: str) -> pa.DataType:
    if field not in NUMBERS:
        return pa.string()
    return pa.int64() if field in {"packets", "bytes", "start", "end"} else pa.int32()


def write(root: Path, flow_logs: Sequence[FlowLog], days: range) -> None:
    """Write the files of some days."""
    for key, content in files(flow_logs, days):
        path = root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def files(flow_logs: Sequence[FlowLog], days: range) -> Iterator[tuple[str, bytes]]:
    """The keys and contents of the files of some days."""
    for each in flow_logs:
        for day in days:
            if each.first <= day < each.last:
                yield each.file(day)


def sums(flow_logs: Sequence[FlowLog], days: range) -> Counter[tuple[object, ...]]:
    """The bytes of the records by account, day, port, action and VPC (None where not recorded)."""
    found: Counter[tuple[object, ...]] = Counter()
    for each in flow_logs:
        has_vpc = "vpc-id" in FORMATS[each.form].split()
        for day in (day for day in days if each.first <= day < each.last):
            for record in each.records(day):
                when = (FIRST + timedelta(days=day)).isoformat()
                vpc = record["vpc-id"] if has_vpc else None
                key = (each.account, when, record["dstport"], record["action"], vpc)
                found[key] += int(str(record["bytes"]))
    return found


QUERY = (
    "SELECT aws_account, day, dstport, action, vpc_id, sum(bytes) AS bytes FROM flow_logs "
    "GROUP BY 1, 2, 3, 4, 5"
)
"""What ``sums`` counts, of a target with a source that has VPCs."""
