"""A live table that is not the target's is refused everywhere, on AWS and on a folder."""

import json
import sqlite3
from datetime import date
from pathlib import Path

import pytest

from flowathena import Client
from flowathena.errors import TableMismatchError
from flowathena.sample import generate
from tests.aws import BUCKET, RESULTS, Place, create_bucket, log, pointed_at, record, registered
from tests.cases import LogFile, write_project
from tests.cases import record as local_record
from tests.rig.client import Rig
from tests.shell import Shell

_A, _REGION = "111122223333", "eu-west-1"
_DAY = date(2026, 10, 1)
_WINDOW = ("--since", "2026-10-01", "--until", "2026-10-02")
_RANGE = "projection.day.range = 2020/01/01,2026/09/29"
_VALUES = f"projection.aws_account.values = {_A}"
_REFUSED = [
    ("partitions", "plan", *_WINDOW),
    ("partitions", "plan", *_WINDOW, "--via", "athena"),
    ("partitions", "sync", "--all"),
    ("partitions", "sync", "--all", "--dry-run"),
    ("partitions", "status", *_WINDOW),
    ("partitions", "list", "--all"),
    ("run", "preview", *_WINDOW),
    ("run", "preview", *_WINDOW, "--dry-run"),
    ("view", "ddl"),
]


def _refusals(shell: Shell, *reasons: str, skip: tuple[str, ...] = ()) -> None:
    for command in _REFUSED:
        if not set(skip) & set(command):
            line = shell.refused(*command, code=1)
            for reason in reasons:
                assert reason in line, (command, line)


@pytest.mark.rig
def test_two_buckets_one_text_and_one_parquet(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    rig.put_keys(BUCKET, [Place(_A, _REGION, _DAY).key], log(record(1_790_856_000)))
    create_bucket(rig, "parquet-logs")
    generate(tmp_path / "logs", until=date(2026, 10, 2), days=1, records=5, file_format="parquet")
    rig.load_tree("parquet-logs", tmp_path / "logs")
    create_bucket(rig, RESULTS)
    shell = Shell(tmp_path, rig.env())
    out = ("--output-location", f"s3://{RESULTS}/", "--database", "network")
    shell.run("init", f"s3://{BUCKET}", "-t", "text", *out)
    config = (tmp_path / "flowathena.toml").read_text()
    line = shell.refused("init", "s3://parquet-logs", "-t", "parquet", *out)
    assert "target 'text' has the table network.vpc_flow_logs already" in line
    assert "use -t text, or name a table of its own with --table" in line
    assert (tmp_path / "flowathena.toml").read_text() == config
    shell.run("partitions", "sync", "-t", "text", "--all")
    # Written by hand nevertheless: every command refuses the table, nothing is registered in it.
    (tmp_path / "flowathena.toml").write_text(
        f'[targets.parquet]\nlocation = "s3://parquet-logs/"\nfile_format = "parquet"\n'
        f'database = "network"\nregion = "eu-west-1"\noutput_location = "s3://{RESULTS}/"\n'
    )
    before = registered(rig)
    _refusals(
        shell,
        "table network.vpc_flow_logs is not the one of target 'parquet'",
        "it reads text files, and the target's file_format is parquet",
        f"its location is s3://{BUCKET}/AWSLogs/, and the target's s3://parquet-logs/",
        "set another table in [targets.parquet]",
    )
    assert registered(rig) == before
    assert "location" in shell.run("table", "diff", code=3).out
    assert "is not the one of target" in shell.refused("table", "drop", "--yes", code=1)
    with pointed_at(rig):
        client = Client("parquet", config_path=tmp_path / "flowathena.toml")
        for call in (
            client.partitions.plan,
            client.partitions.sync,
            client.partitions.status,
            client.partitions.list,
            lambda: client.run("preview"),
            lambda: client.sql("SELECT 1 AS one FROM flow_logs"),
            lambda: client.render("preview"),
            client.views.create,
        ):
            with pytest.raises(TableMismatchError, match="not the one of target 'parquet'"):
                call()
    # With a table of its own it works.
    config = (tmp_path / "flowathena.toml").read_text()
    (tmp_path / "flowathena.toml").write_text(config + 'table = "parquet_flow_logs"\n')
    shell.run("partitions", "sync", "--all")
    assert shell.run("run", "preview", *_WINDOW, "--format", "jsonl").out


@pytest.fixture
def local(tmp_path: Path) -> Shell:
    lines = tuple(local_record(f"2026-10-01T10:00:0{n}") for n in range(3))
    write_project(tmp_path, LogFile("2026-10-01", lines))
    shell = Shell(tmp_path)
    shell.run("partitions", "sync", "--all")
    return shell


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"file_format": "parquet"}, "it reads Parquet files, and the target's file_format"),
        ({"location": "/elsewhere/AWSLogs/"}, "its location is /elsewhere/AWSLogs/, and the"),
        (
            {"columns": [["start", "bigint"], ["end", "bigint"]]},
            "its column 1 is start, while the target's log_format has version there",
        ),
    ],
)
def test_the_table_of_a_local_catalog(
    local: Shell, changed: dict[str, object], reason: str
) -> None:
    path = local.folder / "logs/.flowathena/catalog.sqlite"
    with sqlite3.connect(path) as catalog:
        (text,) = catalog.execute("SELECT definition FROM tables").fetchone()
        definition = json.dumps({**json.loads(text), **changed})
        catalog.execute("UPDATE tables SET definition = ?", [definition])
    catalog.close()
    _refusals(local, "is not the one of target 'local'", reason, skip=("athena",))
    local.run("table", "diff", code=3)


@pytest.mark.rig
@pytest.mark.asks_no_query
def test_a_projection_that_has_ended_leaves_days_unreached(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    days = [date(2026, 9, 29), date(2026, 9, 30), _DAY]
    rig.put_keys(BUCKET, [Place(_A, _REGION, day).key for day in days])
    rig.put_keys(BUCKET, [Place("777788889999", _REGION, days[0]).key])
    create_bucket(rig, RESULTS)
    shell = Shell(tmp_path, rig.env())
    (tmp_path / "flowathena.toml").write_text(
        f'[targets.prod]\nlocation = "s3://{BUCKET}/"\ndatabase = "network"\n'
        'region = "eu-west-1"\npartitioning = "projection"\n'
    )
    status = ("partitions", "status", "--since", "2026-09-29", "--until", "2026-10-02")
    shell.run("table", "create")
    whole = shell.run(*status, "--format", "json").json
    assert [place["missing_in_catalog"] for place in whole["places"]] == [[], []]
    assert whole["warnings"] == []
    glue = rig.client("glue")
    table = glue.get_table(DatabaseName="network", Name="vpc_flow_logs")["Table"]
    changed = dict(text.split(" = ") for text in (_RANGE, _VALUES))
    given = {key: table[key] for key in ("Name", "TableType", "PartitionKeys", "StorageDescriptor")}
    given["Parameters"] = {**table["Parameters"], **changed}
    glue.update_table(DatabaseName="network", TableInput=given)
    done = shell.run(*status, "--exit-code", "--format", "json", code=3)
    places = {place["account"]: place for place in done.json["places"]}
    assert places[_A]["missing_in_catalog"] == ["2026-09-30", "2026-10-01"]
    assert places[_A]["registered_days"] == 1
    assert places["777788889999"]["missing_in_catalog"] == ["2026-09-29"]
    days_line, accounts_line = done.json["warnings"]
    assert f"2 stored partitions are outside of the table's projection, {_RANGE}" in days_line
    assert f"1 stored partition is outside of the table's projection, {_VALUES}" in accounts_line
    assert done.err.splitlines()[:2] == [f"warning: {days_line}", f"warning: {accounts_line}"]
    line = shell.refused("partitions", "plan", code=1)
    assert "flowathena partitions status" in line
