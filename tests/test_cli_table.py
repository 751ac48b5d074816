"""``flowathena table`` on a folder: ddl, create, diff, drop, by the real command."""

import json
import os
import pty
import select
import sqlite3
import subprocess
from pathlib import Path

import pytest

from flowathena import Client
from flowathena.errors import TableMissingError, UsageError
from tests.cases import LogFile, record, write_project
from tests.shell import Shell

DAYS = ("2026-11-01", "2026-11-02")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    write_project(tmp_path, *(LogFile(day, (record(f"{day}T10:00:00"),)) for day in DAYS))
    return Shell(tmp_path)


def shaped(shell: Shell, **settings: str) -> Shell:
    given = {f"FLOWATHENA_{name}": value for name, value in settings.items()}
    return Shell(shell.folder, {**shell.env, **given})


def rows(shell: Shell) -> tuple[int, int]:
    """Tables and partitions in the catalog file."""
    with sqlite3.connect(shell.folder / "logs/.flowathena/catalog.sqlite") as catalog:
        (tables,) = catalog.execute("SELECT count(*) FROM tables").fetchone()
        (partitions,) = catalog.execute("SELECT count(*) FROM partitions").fetchone()
    catalog.close()
    return tables, partitions


def test_ddl_prints_the_statement_alone(shell: Shell) -> None:
    done = shell.run("table", "ddl")
    assert done.err == ""
    assert done.out.startswith("CREATE EXTERNAL TABLE IF NOT EXISTS `flowathena`.`vpc_flow_logs`")
    assert f"LOCATION '{shell.folder}/logs/AWSLogs/'" in done.out
    assert not (shell.folder / "logs/.flowathena").exists()


def test_options_replace_the_settings_for_a_look(shell: Shell) -> None:
    out = shell.run(
        *("table", "ddl", "--file-format", "parquet", "--layout", "hive-hourly"),
        *(
            "--partition-keys",
            "hive",
            "--granularity",
            "hour",
            "--log-format",
            "start,end,region,later",
        ),
    ).out
    assert "`start` bigint,\n  `end` bigint,\n  `region` string,\n  `later` string\n)" in out
    assert "`aws-account-id` string" in out
    assert "`hour` string\n)" in out
    assert "ParquetHiveSerDe" in out
    assert "skip.header" not in out
    older = shell.run(
        *("table", "ddl", "--column-names", "older", "--partition-keys", "single"),
        *("--account", "111122223333", "--region", "eu-west-1"),
        *("--log-format", "${srcaddr} ${start}"),
    ).out
    assert "(\n  `sourceaddress` string,\n  `starttime` bigint\n)" in older
    assert "(\n  `dt` string\n)" in older
    assert f"'{shell.folder}/logs/AWSLogs/111122223333/vpcflowlogs/eu-west-1/'" in older


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--file-format", "avro"), "file_format: 'avro' is not one of text, parquet"),
        (
            ("--partition-keys", "hive"),
            "partition_keys 'hive' needs a hive layout, not 'plain-daily'",
        ),
        (("--granularity", "hour"), "granularity 'hour' needs hour folders"),
        (("--partition-keys", "single"), "needs account and log_region"),
        (
            ("--partition-keys", "single", "--account", "1", "--region", "eu-west-1"),
            "account: ",
        ),
        (("--log-format", "start,end,start"), "log_format: has a field twice"),
        (("--log-format", "${srcadr}"), "log_format: lacks start and has unknown fields: srcadr"),
        (("--partitioning", "projection"), "partition projection is a feature of Athena"),
        (
            ("--account", "111122223333"),
            "account: for tables of partition projection only; the partitions of target 'local'",
        ),
        (("--since", "2026-01-01", "--injected-accounts"), "injected, since: for tables of par"),
    ],
)
def test_settings_that_cannot_be_are_one_line(
    shell: Shell, options: tuple[str, ...], told: str
) -> None:
    assert told in shell.refused("table", "ddl", *options)


def test_create_diff_drop(shell: Shell) -> None:
    assert shell.refused("table", "diff", code=3) == (
        "table flowathena.vpc_flow_logs does not exist; "
        "'flowathena table create -t local' creates it"
    )
    assert shell.run("table", "create", "--dry-run").out.endswith(");\n")
    assert not (shell.folder / "logs/.flowathena").exists()

    assert shell.run("table", "create").err == "created table flowathena.vpc_flow_logs\n"
    assert shell.run("table", "diff").err == "table flowathena.vpc_flow_logs is as wanted\n"
    again = shell.run("table", "create", "--format", "json")
    assert again.err == "nothing to change: table flowathena.vpc_flow_logs is as wanted\n"
    statements = again.json.pop("statements")
    assert again.json == {
        "table": "flowathena.vpc_flow_logs",
        "created": False,
        "existed": True,
        "differences": [],
        "statements": statements,
    }
    shell.run("partitions", "sync", "--all")
    assert rows(shell) == (1, 2)

    assert shell.refused("table", "drop") == (
        "error: table drop asks on a terminal; without one it needs --yes"
    )
    goes = (
        "table flowathena.vpc_flow_logs and its 2 registered partitions will be dropped; "
        f"the logs in {shell.folder}/logs/AWSLogs/ stay\n"
    )
    assert shell.run("table", "drop", "--dry-run").err == goes
    assert rows(shell) == (1, 2)
    done = shell.run("table", "drop", "--yes")
    assert done.err == f"{goes}dropped table flowathena.vpc_flow_logs\n"
    assert rows(shell) == (0, 0)
    assert len(list((shell.folder / "logs/AWSLogs").rglob("*.log.gz"))) == 2
    assert shell.refused("table", "drop", "--yes", code=1) == (
        "error: table flowathena.vpc_flow_logs does not exist"
    )


def test_drop_takes_one_table_of_several(shell: Shell) -> None:
    other = shaped(shell, TABLE="another")
    for each in (shell, other):
        each.run("partitions", "sync", "--all")
    assert rows(shell) == (2, 4)
    shell.run("table", "drop", "-y")
    assert rows(shell) == (1, 2)
    assert len(other.run("partitions", "list", "--all", "--format", "json").json) == 2


def test_a_table_that_is_not_as_wanted(shell: Shell) -> None:
    shell.run("table", "create")
    other = shaped(shell, FILE_FORMAT="parquet")
    told = [
        "part         name  difference  wanted   live",
        "file format        other       parquet  text",
    ]
    for command in ("diff", "create"):
        done = other.run("table", command, code=3)
        assert [done.out.splitlines()[n] for n in (0, 2)] == told
    assert "nothing is changed (see 'flowathena table diff -t local')" in done.err
    assert json.loads(other.run("table", "diff", "--format", "json", code=3).out) == {
        "table": "flowathena.vpc_flow_logs",
        "exists": True,
        "equal": False,
        "differences": [
            {
                "part": "file format",
                "name": None,
                "kind": "other",
                "wanted": "parquet",
                "live": "text",
            }
        ],
    }


def test_athena_has_no_local_tables(shell: Shell) -> None:
    assert shell.refused("table", "create", "--via", "athena") == (
        "error: via athena: the table of a local target is not in Athena"
    )


@pytest.mark.few(1)
@pytest.mark.parametrize(("answer", "left"), [(b"y\n", 0), (b"n\n", 1), (b"\n", 1)])
def test_drop_asks_on_a_terminal(shell: Shell, answer: bytes, left: int) -> None:
    shell.run("table", "create")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        shell.command("table", "drop"),
        cwd=shell.folder,
        env=shell.environment(),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
    )
    os.close(theirs)
    said = b""
    while b"drop it? [y/N]" not in said:
        assert select.select([ours], [], [], 60)[0], said
        said += os.read(ours, 1024)
    assert b"its 0 registered partitions will be dropped" in said
    os.write(ours, answer)
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    assert (process.returncode, out) == (0 if left == 0 else 1, b"")
    assert rows(shell)[0] == left


def test_the_library_does_the_same(shell: Shell) -> None:
    client = Client(config_path=shell.folder / "flowathena.toml")
    assert client.table.ddl() == shell.run("table", "ddl").out.removesuffix("\n")
    assert not client.table.create(dry_run=True).created
    assert not client.table.diff().exists
    assert client.table.create().created
    assert client.table.diff().equal
    kept = client.table.drop(confirmed=lambda doomed: doomed.partitions > 0)
    assert not kept.dropped
    assert client.table.drop().dropped
    with pytest.raises(TableMissingError):
        client.table.drop()
    with pytest.raises(UsageError, match="via: 'magic' is not one of glue, athena"):
        client.table.create(via="magic")
    with pytest.raises(UsageError, match="location is not a setting of a table's shape"):
        client.table.ddl({"location": "x"})
