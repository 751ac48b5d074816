"""A few closed days of logs in a folder, of a target with an archive; day n has 10 n records."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from flowathena.target.target import Target
from tests.aws import Place, log, record
from tests.shell import Shell

DAYS = [date(2026, 10, n) for n in range(1, 4)]
ACCOUNTS = ("111122223333", "444455556666")
COUNT = (
    "SELECT day, count(*) AS flows, sum(bytes) AS bytes, max(srcaddr) AS srcaddr "
    "FROM flow_logs GROUP BY day ORDER BY 1"
)
WINDOW = ("--since", "2026-10-01", "--until", "2026-10-08")
_TOML = """
[targets.local]
location = "logs"
archive_location = "archive"
"""


@dataclass(frozen=True)
class Laptop:
    """A folder with logs, a configuration and a shell."""

    shell: Shell

    @property
    def folder(self) -> Path:
        """Where everything is."""
        return self.shell.folder

    @property
    def archive(self) -> Path:
        """The folder of the archive."""
        return self.folder / "archive"

    def log(self, account: str, day: date, name: str = "") -> Path:
        """A log file of an account and day."""
        key = Place(account, "eu-west-1", day).key
        return self.folder / "logs" / (key.replace("c0ffee", name) if name else key)

    def put(self, account: str, day: date, records: int, name: str = "") -> Path:
        """Write a log file; it need not be registered."""
        path = self.log(account, day, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body(account, day, records))
        return path

    def set(self, line: str) -> None:
        """One more setting of the target."""
        config = self.folder / "flowathena.toml"
        config.write_text(f"{config.read_text()}{line}\n")

    def rows(self, *words: str, code: int = 0) -> object:
        """What a query says of each day."""
        done = self.shell.run("sql", COUNT, *WINDOW, "--format", "json", *words, code=code)
        return done.json

    def run(self, *words: str, code: int = 0) -> dict[str, object]:
        """Archive all days; what became of it."""
        words = ("archive", "run", "--all", "--yes", "--format", "json", *words)
        return dict(self.shell.run(*words, code=code).json)

    def states(self) -> dict[str, str]:
        """How every day is."""
        planned = self.shell.run("archive", "status", "--all", "--format", "json").json
        return {each["day"]: each["state"] for each in planned["days"]}

    def files(self) -> list[str]:
        """Every file of the archive but its catalog, relative to its folder."""
        found = (each for each in self.archive.rglob("*") if each.is_file())
        names = sorted(each.relative_to(self.archive).as_posix() for each in found)
        return [name for name in names if not name.startswith(".flowathena/")]


def body(account: str, day: date, records: int) -> bytes:
    """A log of an account and day."""
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
    lines = (record(noon + n, account=account, src=f"198.51.100.{n}") for n in range(records))
    return log(*lines)


def rows(*flows: int) -> list[dict[str, object]]:
    """What ``COUNT`` says if the days have so many records in each account."""
    return [
        {"day": str(day), "flows": 2 * n, "bytes": 2 * n * 180, "srcaddr": _largest(n)}
        for day, n in zip(DAYS, flows, strict=True)
    ]


def _largest(records: int) -> str:
    return max(f"198.51.100.{n}" for n in range(records))


def new(folder: Path, *lines: str) -> Laptop:
    """A configuration without logs, with more settings."""
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    (folder / "flowathena.toml").write_text(_TOML + "".join(f"{line}\n" for line in lines))
    return Laptop(Shell(folder))


def make(folder: Path, *lines: str) -> Laptop:
    """Logs of two accounts and three days, registered."""
    laptop = new(folder, *lines)
    for number, day in enumerate(DAYS, start=1):
        for account in ACCOUNTS:
            laptop.put(account, day, 10 * number)
    laptop.shell.run("partitions", "sync", "--all")
    return laptop


def with_archive(target: Target, location: str) -> Target:
    """The same target with an archive; of several tables, each knows of it."""
    sources = tuple(replace(each, archive_location=location) for each in target.sources)
    return replace(target, archive_location=location, sources=sources)
