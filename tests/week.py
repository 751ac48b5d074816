"""A week of logs in the rig's S3, day n with 10 n records: what runs over it cost."""

import subprocess
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from tests.aws import BUCKET, Place, configured, create_bucket, log, record
from tests.rig.client import Rig
from tests.shell import Shell

DAYS = [date(2026, 10, n) for n in range(1, 8)]


@dataclass(frozen=True)
class Week:
    """A shell, and the bytes in S3 of each of its days."""

    shell: Shell
    rig: Rig
    sizes: dict[date, int]

    def bytes_of(self, *days: int) -> int:
        return sum(self.sizes[date(2026, 10, day)] for day in days)

    @property
    def config(self) -> Path:
        return self.shell.folder / "flowathena.toml"

    def set(self, line: str) -> None:
        """One more setting of the target."""
        self.config.write_text(f"{self.config.read_text()}{line}\n")

    def count(self, service: str, op: str) -> int:
        return len(self.rig.journal(service=service, op=op))

    def started(self) -> int:
        return self.count("athena", "StartQueryExecution")

    def state(self, query_id: str) -> str:
        answer = self.rig.client("athena").get_query_execution(QueryExecutionId=query_id)
        return str(answer["QueryExecution"]["Status"]["State"])

    def process(self, *words: str) -> subprocess.Popen[str]:
        return self.shell.start(*words)


def body(day: date, records: int) -> bytes:
    """A log of a day."""
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
    return log(*(record(noon, src=f"198.51.100.{n}") for n in range(records)))


def put_week(rig: Rig, folder: Path) -> Week:
    """The logs of one account, and a configuration; nothing is registered yet."""
    create_bucket(rig, BUCKET)
    sizes = {}
    for number, day in enumerate(DAYS, start=1):
        content = body(day, 10 * number)
        sizes[day] = len(content)
        rig.put_keys(BUCKET, [Place("111122223333", "eu-west-1", day).key], content)
    return Week(configured(folder, rig), rig, sizes)


def register(week: Week) -> None:
    """Register its days; what was asked of AWS until then does not count."""
    week.shell.run("partitions", "sync", "--all")
    week.rig.settings(queue_polls=0)
    week.rig.clear_journal()
