"""Places where ``sample`` cannot write."""

from pathlib import Path

from tests.hostile.case import Case

_FEW = "--days 1 --records 100 --until 2026-11-02"


def _file(folder: Path) -> None:
    (folder / "x").write_text("mine")


def _logs_of_others(folder: Path) -> None:
    (folder / "x/AWSLogs/111122223333").mkdir(parents=True)


def _nowhere(folder: Path) -> None:
    (folder / "x").symlink_to("/nowhere/x")


CASES = [
    Case("a sample into a folder without a name", "sample ''", 2, "PATH is empty; name a folder"),
    Case(
        "a bucket",
        f"sample s3://bucket/prefix/ {_FEW}",
        2,
        "a folder of this machine, not to s3://bucket/prefix; write it to a folder, then 'aws s3 "
        "sync FOLDER/AWSLogs s3://bucket/prefix/AWSLogs'",
    ),
    Case("a web address", f"sample https://host/x {_FEW}", 2, "not to an address (https:…)"),
    Case("an ARN", f"sample arn:aws:s3:::b/x {_FEW}", 2, "not to an address (arn:aws:s3:::b…)"),
    Case("a file", f"sample x {_FEW}", 2, "x is not a folder", _file),
    Case("a folder below a file", f"sample x/y {_FEW}", 2, "x/y: Not a directory", _file),
    Case("a version of another service", f"sample x {_FEW} --version 6", 2, "one of 2, 3, 4"),
    Case(
        "fields named twice",
        f"sample x {_FEW} --version 5 --log-format v5",
        2,
        "--log-format and --version both name the fields",
    ),
    Case("a device", f"sample /dev/null {_FEW}", 2, "/dev/null is not a folder"),
    Case("a folder that nobody may make", f"sample /proc/x {_FEW}", 2, "/proc/x: "),
    Case("a link to nowhere", f"sample x {_FEW}", 2, "x is not a folder", _nowhere),
    Case("other logs", f"sample x {_FEW}", 2, "use an empty folder", _logs_of_others),
    Case("more days than records", "sample x --days 9 --records 9", 2, "records must be at least"),
    Case("days before 1970", "sample x --days 9 --until 1970-01-03", 2, "before 1970-01-02"),
    Case("a name that is too long", f"sample {'x' * 300} {_FEW}", 1, "File name too long"),
]
