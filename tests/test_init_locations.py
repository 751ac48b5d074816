"""``flowathena init`` with locations around ``AWSLogs/``: above it, it itself, below it."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.aws import BUCKET, RESULTS, create_bucket
from tests.cases import HEADER, LogFile, record
from tests.rig.client import Rig
from tests.shell import Shell

A, B = "111122223333", "444455556666"
ORGANIZATION = "o-abcdefghij"
WINDOW = ("--since", "2026-11-01", "--until", "2026-11-05")
BYTES = """/* ---
title = "Bytes"
--- */
SELECT aws_account, aws_region, sum(bytes) AS bytes FROM flow_logs GROUP BY 1, 2 ORDER BY 1, 2
"""
# A in Ireland on two days (1 + 2), A in Virginia (10), B in Ireland (100).
ALL = [[A, "eu-west-1", 3], [A, "us-east-1", 10], [B, "eu-west-1", 100]]


def write(root: Path) -> None:
    for day, account, region, size in (
        ("2026-11-02", A, "eu-west-1", 1),
        ("2026-11-03", A, "eu-west-1", 2),
        ("2026-11-02", A, "us-east-1", 10),
        ("2026-11-04", B, "eu-west-1", 100),
    ):
        line = record(f"{day}T10:00:00", bytes=size)
        LogFile(day, (line,), account=account, region=region).write(root)


def shell_in(folder: Path, env: dict[str, str] | None = None) -> Shell:
    (folder / "queries").mkdir()
    (folder / "queries" / "bytes.sql").write_text(BYTES)
    (folder / "flowathena.toml").write_text('query_paths = ["queries"]\n')
    return Shell(folder, env or {})


def settings_of(shell: Shell, name: str) -> dict[str, Any]:
    text = (shell.folder / "flowathena.toml").read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(text)["targets"][name]
    return found


def answer(shell: Shell) -> list[list[Any]]:
    shell.run("partitions", "sync", *WINDOW)
    rows = shell.run("run", "bytes", *WINDOW, "--format", "json").json
    return [list(row.values()) for row in rows]


DAILY = "{year}/{month}/{day}/"
CASES = [
    ("", None, {}, ALL),
    ("AWSLogs", None, {}, ALL),
    (f"AWSLogs/{A}", f"AWSLogs/{A}/vpcflowlogs/{{region}}/{DAILY}", {"account": A}, ALL[:2]),
    (
        f"AWSLogs/{A}/vpcflowlogs/eu-west-1/2026",
        f"AWSLogs/{A}/vpcflowlogs/eu-west-1/{DAILY}",
        {"account": A, "log_region": "eu-west-1"},
        ALL[:1],
    ),
]


@pytest.mark.parametrize(("below", "layout", "constants", "expected"), CASES)
def test_a_folder(
    tmp_path: Path,
    below: str,
    layout: str | None,
    constants: dict[str, str],
    expected: list[list[Any]],
) -> None:
    write(tmp_path / "some" / "logs")
    shell = shell_in(tmp_path)
    shell.run("init", f"some/logs/{below}")
    settings = settings_of(shell, "local")
    assert settings["location"].rstrip("/") == "./some/logs"
    assert settings.get("layout") == layout
    assert {key: settings[key] for key in ("account", "log_region") if key in settings} == constants
    assert answer(shell) == expected


@pytest.mark.few(2)
@pytest.mark.rig
@pytest.mark.parametrize(("below", "layout", "constants", "expected"), CASES)
def test_a_bucket(
    rig: Rig,
    tmp_path: Path,
    below: str,
    layout: str | None,
    constants: dict[str, str],
    expected: list[list[Any]],
) -> None:
    write(tmp_path / "tree" / "net")
    create_bucket(rig, BUCKET)
    create_bucket(rig, RESULTS)
    rig.load_tree(BUCKET, tmp_path / "tree")
    shell = shell_in(tmp_path, rig.env())
    options = ("--output-location", f"s3://{RESULTS}/x/")
    done = shell.run("init", f"arn:aws:s3:::{BUCKET}/net/{below}", *options)
    settings = settings_of(shell, "aws")
    assert settings["location"] == f"s3://{BUCKET}/net/"
    assert settings.get("layout") == layout
    assert {key: settings[key] for key in ("account", "log_region") if key in settings} == constants
    assert ("the target reads its logs alone" in done.err) == bool(constants)
    assert ("all days, not only those" in done.err) == below.endswith("2026")
    assert answer(shell) == expected


def test_the_current_folder_may_be_inside(tmp_path: Path) -> None:
    write(tmp_path)
    inside = tmp_path / "AWSLogs" / A
    shell = shell_in(inside)
    shell.run("init", ".")
    assert settings_of(shell, "local")["location"].rstrip("/") == str(tmp_path)
    assert answer(shell) == ALL[:2]


def test_an_organization_alone(tmp_path: Path) -> None:
    write(tmp_path / "logs")
    (tmp_path / "logs" / "AWSLogs" / ORGANIZATION).mkdir()
    (tmp_path / "logs" / "AWSLogs" / A).rename(tmp_path / "logs" / "AWSLogs" / ORGANIZATION / A)
    shell = shell_in(tmp_path)
    shell.run("init", f"logs/AWSLogs/{ORGANIZATION}/")
    settings = settings_of(shell, "local")
    assert settings["layout"] == (
        f"AWSLogs/{ORGANIZATION}/{{account}}/vpcflowlogs/{{region}}/{DAILY}"
    )
    assert answer(shell) == ALL[:2]


def test_logs_further_down_are_found_and_several_are_named(tmp_path: Path) -> None:
    write(tmp_path / "logs" / "deep" / "er")
    (tmp_path / "logs" / "deep" / "notes").mkdir(parents=True)
    (tmp_path / "logs" / "deep" / "notes" / "x.txt").write_text("no logs")
    shell = shell_in(tmp_path)
    shell.run("init", "logs")
    assert settings_of(shell, "local")["location"] == "./logs/deep/er"
    write(tmp_path / "logs" / "other")
    refused = shell.run("init", "logs", "-t", "more", code=1)
    assert "contains logs in 2 places" in refused.err
    assert "/logs/other/" in refused.err
    assert "/logs/deep/er/" in refused.err


def test_an_access_point_keeps_its_error(tmp_path: Path) -> None:
    arn = f"arn:aws:s3:eu-west-1:{A}:accesspoint/flows/logs/"
    refused = Shell(tmp_path).run("init", arn, code=2)
    assert "Athena reads an access point by its alias" in refused.err


@pytest.mark.rig
@pytest.mark.asks_no_query
def test_the_search_is_bounded(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    rig.put_keys(BUCKET, [f"a{n:03}/b{m:03}/c/d/x" for n in range(40) for m in range(40)])
    refused = Shell(tmp_path, rig.env()).run("init", f"s3://{BUCKET}/", code=1)
    assert "contains no AWSLogs/ folder" in refused.err
    calls = rig.journal(service="s3", op="ListObjectsV2")
    assert len(calls) <= 200 + 2
    assert {call["params"].get("Delimiter") for call in calls[2:]} == {"/"}


def test_flow_logs_are_told_from_the_logs_of_other_services(tmp_path: Path) -> None:
    lake = tmp_path / "lake" / "aws"
    below = f"2.0/region=eu-west-1/accountId={A}/eventDay=20261102"
    for source, content in (
        ("CLOUD_TRAIL_MGMT", '{"eventName": "RunInstances"}\n'),
        ("ROUTE53", "2026-11-02 example.com A\n"),
        ("VPC_FLOW", f"{HEADER}\n{record('2026-11-02T10:00:00', bytes=5)}\n"),
    ):
        (lake / source / below).mkdir(parents=True)
        (lake / source / below / "c9ef.log").write_text(content)
    shell = shell_in(tmp_path)
    shell.run("init", "lake")
    settings = settings_of(shell, "local")
    assert settings["location"] == "./lake/aws/VPC_FLOW/2.0"
    assert settings["layout"] == (
        "region={region}/accountId={account}/eventDay={year}{month}{day}/"
    )
    assert answer(shell) == [[A, "eu-west-1", 5]]
