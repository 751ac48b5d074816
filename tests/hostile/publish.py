"""Saved queries of Athena: published and pulled."""

from collections.abc import Callable
from pathlib import Path

from tests.hostile.case import AwsCase, Case
from tests.rig.client import Rig

_PUBLISH = "queries publish"


def _bucket(folder: Path) -> None:
    """A target that is a bucket; nothing of AWS is there."""
    (folder / "flowathena.toml").write_text('[targets.prod]\nlocation = "s3://flow-logs/"\n')


def _asked(name: str, command: str, line: str) -> Case:
    """Refused before AWS is asked anything."""
    return Case(name, command, 2, line, _bucket, registered=False)


def _denied(op: str) -> Callable[[Rig], object]:
    fault = {"service": "athena", "op": op, "kind": "access_denied"}
    return lambda rig: rig.faults([fault])


def _workgroup(folder: Path) -> None:
    settings = folder / "flowathena.toml"
    settings.write_text(settings.read_text().replace('"primary"', '"nowhere"'))


CASES = [
    Case(
        "publish from a folder",
        _PUBLISH,
        2,
        "saved queries live in Athena, and target 'local' is a folder: 'flowathena run' runs",
    ),
    Case("pull of a folder", "queries pull", 2, "saved queries live in Athena, and target 'local'"),
    _asked("a query that is none", f"{_PUBLISH} top_http_servers", "did you mean 'top_https_ser"),
    _asked("a day", f"{_PUBLISH} --since 2026-11-01", "'2026-11-01' does not move with the clock"),
    _asked("an end that is a time", f"{_PUBLISH} --until 2026-11-01T10:00Z", "until: '2026-11-01T"),
    _asked("a window of nothing", f"{_PUBLISH} --since now", "the window is empty"),
    _asked("a value for all", f"{_PUBLISH} --param port=22", "--param is about one query: name it"),
    _asked("a label for two", f"{_PUBLISH} preview ssh_rejects --as x", "--as is about one query"),
    _asked("a label with a slash", f"{_PUBLISH} preview --as a/b", "--as: 'a/b' is not a label"),
    _asked("a value of nothing", f"{_PUBLISH} preview --param =5", "is not of the form NAME=VALUE"),
    _asked(
        "a value given twice",
        f"{_PUBLISH} preview --param limit=5 --param limit=6",
        "limit: takes one value, not 2: 5, 6",
    ),
    _asked(
        "a file of values that is missing",
        f"{_PUBLISH} address_list_contacts --param addresses=@none.txt",
        "addresses: cannot read none.txt: No such file or directory",
    ),
    _asked(
        "a parameter of no query where another needs a value",
        f"{_PUBLISH} host_rejects --param host=10.0.0.5",
        "host: is not a parameter of this query; it has: ip, limit",
    ),
    _asked(
        "a parameter of no query",
        f"{_PUBLISH} preview --param port=22",
        "port: is not a parameter of this query; it has: limit",
    ),
    _asked("SQL in a value", f"{_PUBLISH} preview --param 'limit=1;--'", "is not a whole number"),
    _asked("an account too short", f"{_PUBLISH} --account 1234", "'1234' is not an account id"),
    _asked("a code for changes", f"{_PUBLISH} --exit-code", "--exit-code needs --dry-run"),
    Case(
        "render of a day, relative",
        "queries render preview --relative --since 2026-11-01",
        2,
        "since: '2026-11-01' does not move with the clock; write a duration (7d, 24h) or one of",
    ),
    AwsCase(
        "pull by who may not list",
        "queries pull",
        1,
        "saved queries of workgroup primary: ListNamedQueries: AccessDeniedException",
        registered=False,
        break_aws=_denied("ListNamedQueries"),
    ),
    AwsCase(
        "pull from a workgroup that is missing",
        "queries pull",
        1,
        "WorkGroup nowhere is not found; 'flowathena doctor' says what to set",
        _workgroup,
        registered=False,
    ),
    AwsCase(
        "publish for a table that is missing",
        f"{_PUBLISH} preview",
        1,
        "table network.vpc_flow_logs does not exist; 'flowathena partitions sync -t prod'",
        registered=False,
    ),
]
