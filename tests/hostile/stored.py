"""Where logs are and are not: empty windows, other places, folders that cannot be listed."""

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.aws import BUCKET
from tests.hostile.case import DAYS, WINDOW, AwsCase, Case
from tests.rig.client import Rig

_ROOT = "logs/AWSLogs"
_REGION = f"{_ROOT}/111122223333/vpcflowlogs/eu-west-1"
_OLD = "--since 2026-12-05 --until 2026-12-09"
_NEW = "--since 2026-03-01 --until 2026-03-05"
_QUERY = "run top_https_servers"
_CATALOG = ("logs/.flowathena",)
_BEFORE = "newest logs 2026-11-02, before the window 2026-12-05..2026-12-08; use --all or --since"
_AFTER = "oldest logs 2026-11-01, after the window 2026-03-01..2026-03-04; use --all or --since"
_MINE = "--account 111122223333 --region eu-west-1"
_OTHERS = "there are those of 111122223333 eu-west-1"


def _without(day: str) -> Callable[[Path], object]:
    return lambda folder: shutil.rmtree(folder / _REGION / day.replace("-", "/"))


def _only_markers(folder: Path) -> None:
    """The folders of the days stay, with what Athena does not read."""
    for day in DAYS:
        path = folder / _REGION / day.replace("-", "/")
        shutil.rmtree(path)
        path.mkdir()
        (path / "_SUCCESS").touch()


def _no_folders(folder: Path) -> None:
    shutil.rmtree(folder / _ROOT)
    (folder / _ROOT).mkdir()


def _foreign(folder: Path) -> None:
    """Days that are none beside the others."""
    for name in ("2026/02/30", "2026/13/01", "0000/01/01", "2027/11/31", "20260/01/01", "9999/99"):
        (folder / _REGION / name).mkdir(parents=True)
        (folder / _REGION / name / "a_b.log.gz").touch()


def _hours(folder: Path) -> None:
    file = folder / "flowathena.toml"
    file.write_text(f'{file.read_text()}\nlayout = "plain-hourly"\ngranularity = "hour"\n')


def _deny(
    *texts: str, op: str = "ListObjectsV2", kind: str = "access_denied"
) -> Callable[[Rig], object]:
    faults = [{"service": "s3", "op": op, "kind": kind, "match": text} for text in texts]
    return lambda rig: rig.faults(faults)


def _allow(text: str) -> Callable[[Rig], object]:
    fault = {"service": "s3", "op": "ListObjectsV2", "kind": "access_denied", "unless": text}
    return lambda rig: rig.faults([fault])


def _second(*failing: str, kind: str = "access_denied") -> Callable[[Rig], object]:
    """Another account beside the first, and folders that fail."""

    def spoil(rig: Rig) -> None:
        key = "AWSLogs/444455556666/vpcflowlogs/us-east-1/2026/11/01/a_b.log.gz"
        rig.put_keys(BUCKET, [key])
        _deny(*failing, kind=kind)(rig)

    return spoil


_B = "AWSLogs/444455556666/vpcflowlogs/"
_A = "AWSLogs/111122223333/vpcflowlogs/"

CASES = [
    Case("a plan before all logs", f"partitions plan {_NEW}", 0, _AFTER),
    Case("a plan after all logs", f"partitions plan {_OLD}", 0, f"warning: {_BEFORE}"),
    Case("a sync after all logs", f"partitions sync {_OLD}", 0, _BEFORE, writes=_CATALOG),
    Case("a status after all logs", f"partitions status {_OLD} --exit-code", 3, _BEFORE),
    Case(
        "a list after all partitions",
        f"partitions list {_OLD}",
        0,
        "registered days are 2026-11-01..2026-11-02, none in 2026-12-05..2026-12-08; use --all",
    ),
    Case("a plan of another account", "partitions plan --all --account 999900001111", 0, _OTHERS),
    Case("a plan of another Region", "partitions plan --all --region us-east-1", 0, _OTHERS),
    Case(
        "a list of another account",
        "partitions list --all --account 999900001111",
        0,
        f"no partition of the selected accounts and Regions is registered; {_OTHERS}",
    ),
    Case(
        "a run after all logs",
        f"{_QUERY} {_OLD}",
        0,
        "newest logs 2026-11-02, before the window 2026-12-05..2026-12-08; use --since 2026-11-01",
    ),
    Case("a run of another account", f"{_QUERY} {WINDOW} --account 999900001111", 0, _OTHERS),
    Case(
        "a run before any sync",
        "run preview --since 2026-11-01 --until 2026-11-02",
        1,
        "does not exist; 'flowathena partitions sync -t local' creates it",
        registered=False,
    ),
    Case(
        "a run over logs that are gone",
        f"{_QUERY} --since 2026-11-02 --until 2026-11-03",
        0,
        "the registered partitions of the window contain no logs; newest logs 2026-11-01, before",
        spoil=_without(DAYS[1]),
    ),
    Case(
        "days of markers alone",
        "partitions plan --all",
        0,
        "AWSLogs/; correct the location, or wait for the first delivery",
        spoil=_only_markers,
    ),
    Case(
        "an empty AWSLogs folder",
        "partitions sync",
        1,
        "AWSLogs/ contains no account folder; wait for the first delivery of the flow log",
        spoil=_no_folders,
    ),
    Case(
        "init on an empty AWSLogs folder",
        "init ./logs -t other",
        1,
        "AWSLogs/ contains no account folder; wait for the first delivery of the flow log",
        spoil=_no_folders,
    ),
    Case("days that are none", f"partitions plan {_OLD}", 0, _BEFORE, spoil=_foreign),
    Case(
        "hours of day folders",
        f"partitions plan {WINDOW}",
        0,
        "logs of 2026-11-01 are in day folders, but a partition is an hour; set granularity",
        spoil=_hours,
        registered=False,
    ),
    AwsCase("a bucket's plan after all logs", f"partitions plan {_OLD}", 0, _BEFORE),
    AwsCase("a bucket's sync after all logs", f"partitions sync {_OLD}", 0, _BEFORE),
    AwsCase(
        "an account that may not be listed",
        f"partitions plan {WINDOW}",
        4,
        f"error: could not list 444455556666: s3://flow-logs/{_B}: access denied",
        break_aws=_second(_B),
    ),
    AwsCase(
        "a Region that may not be listed",
        f"partitions sync {WINDOW} --prune --force",
        4,
        "error: could not list 111122223333 eu-west-1: s3://flow-logs/",
        break_aws=_second(f"{_A}eu-west-1/"),
    ),
    AwsCase(
        "a Region that is throttled",
        f"partitions status {WINDOW}",
        4,
        "error: could not list 111122223333 eu-west-1: s3://flow-logs/",
        break_aws=_second(f"{_A}eu-west-1/", kind="slowdown"),
    ),
    AwsCase(
        "a newest folder that may not be listed",
        f"partitions status {WINDOW}",
        4,
        f"error: could not list 111122223333 eu-west-1: s3://flow-logs/{_A}eu-west-1/2026/11/02/",
        break_aws=_deny(f"{_A}eu-west-1/2026/11/02/"),
    ),
    AwsCase(
        "no place that may be listed",
        f"partitions sync {WINDOW}",
        1,
        f"error: s3://flow-logs/{_A}: access denied",
        break_aws=_second(_A, _B),
    ),
    AwsCase(
        "init without a right on one account",
        "init s3://flow-logs/ -t other",
        4,
        "error: could not list 444455556666: s3://flow-logs/",
        break_aws=_second(_B),
        writes=("flowathena.toml",),
    ),
    AwsCase(
        "a policy of one folder",
        f"partitions plan {WINDOW} {_MINE} --exit-code",
        0,
        "add 0, relocate 0, stale 0, keep 2",
        break_aws=_allow(f"{_A}eu-west-1/"),
    ),
    AwsCase(
        "a policy of another folder",
        f"partitions plan {WINDOW} {_MINE}",
        1,
        f"error: s3://flow-logs/{_A}eu-west-1/: access denied",
        break_aws=_allow(_B),
    ),
]
