"""Status, list, tables, views and the doctor of a target with several tables, on this machine.

The buckets: from 2026-11-01 to 2026-11-03 a flow log of the default format; on 2026-11-03 and
2026-11-04 another one of fields in another order.
"""

import gzip
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flowathena import Client
from flowathena.aws.session import Aws
from flowathena.catalog import open_catalog
from flowathena.errors import UsageError
from flowathena.shape.table import Column
from flowathena.table.view_text import View
from tests.cases import ACCOUNT, HEADER, REGION, LogFile, record, unix
from tests.shell import Shell

OLD, NEW = "fl-0a", "fl-0b"
DAYS = ("2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04")
NEW_HEADER = "srcaddr dstaddr bytes start end interface-id flow-direction log-status"
WINDOW = ("--since", DAYS[0], "--until", "2026-11-05")
ALL: dict[str, Any] = {"everything": True}
FIRST, SECOND = "flowathena.vpc_flow_logs", "flowathena.vpc_flow_logs_v5"


def put(root: Path, day: str, flow_log: str, header: str, *lines: str) -> None:
    folder = root / LogFile(day, ()).folder
    folder.mkdir(parents=True, exist_ok=True)
    stamp = f"{day.replace('-', '')}T1200Z"
    name = f"{ACCOUNT}_vpcflowlogs_{REGION}_{flow_log}_{stamp}_c0ffee00.log.gz"
    text = "".join(f"{line}\n" for line in (header, *lines))
    (folder / name).write_bytes(gzip.compress(text.encode()))


def write(folder: Path) -> Path:
    """Five records: of 1, 10 and 100 bytes from port 50001, and of 1000 and 10,000 of the new."""
    root = folder / "logs"
    for number, day in enumerate(DAYS[:3]):
        put(root, day, OLD, HEADER, record(unix(f"{day}T12:00:00"), bytes=10**number))
    for number, day in enumerate(DAYS[2:], 3):
        start = unix(f"{day}T12:00:00")
        line = f"10.0.1.5 10.0.2.9 {10**number} {start} {start + 60} eni-1 ingress OK"
        put(root, day, NEW, NEW_HEADER, line)
    config = folder / "flowathena.toml"
    config.write_text('[targets.local]\nlocation = "./logs"\n')
    return config


@pytest.fixture
def client(tmp_path: Path) -> Client:
    made = Client("local", config_path=write(tmp_path))
    made.partitions.sync(**ALL)
    return made


def test_a_day_is_registered_if_any_table_has_it(client: Client, tmp_path: Path) -> None:
    (place,) = client.partitions.status(**ALL).places
    assert [str(day) for day in place.registered] == list(DAYS)
    assert (place.missing, place.misplaced, place.twice) == ((), (), ())
    shell = Shell(tmp_path)
    shell.run("partitions", "status", *WINDOW, "--exit-code")
    told = shell.run("partitions", "status", *WINDOW, "--format", "json").json
    assert told["tables"] == [
        {"table": FIRST, "table_exists": True},
        {"table": SECOND, "table_exists": True},
    ]
    assert (told["warnings"], told["misplaced"]) == ([], [])


def test_a_day_that_no_table_has_is_missing(client: Client, tmp_path: Path) -> None:
    put(tmp_path / "logs", "2026-11-05", NEW, NEW_HEADER)
    (place,) = client.partitions.status(**ALL).places
    assert [str(day) for day in place.missing] == ["2026-11-05"]
    said = Shell(tmp_path).run("partitions", "status", "--all").err.splitlines()[-1]
    assert (
        said
        == (
            f"{FIRST} and 1 further table: 1 account and Region, 5 days stored, 1 missing in the "
            "catalog, "
        )
        + said.rpartition("catalog, ")[2]
    )


def test_the_list_names_the_table_of_each_partition(client: Client, tmp_path: Path) -> None:
    listed = client.partitions.list(**ALL)
    assert [len(each) for each in listed.tables] == [3, 2]
    shell = Shell(tmp_path)
    told = shell.run("partitions", "list", "--all", "--format", "json").json
    assert [(each["table"], each["values"]["day"]) for each in told] == [
        *((FIRST, day) for day in DAYS[:3]),
        *((SECOND, day) for day in DAYS[2:]),
    ]
    shown = shell.run("partitions", "list", "--all")
    assert shown.out.splitlines()[0].split()[:2] == ["table", "aws_account"]
    assert shown.err == f"{FIRST}: 3 partitions\n{SECOND}: 2 partitions\n"
    # A window of the other table's days is not empty.
    late = shell.run("partitions", "list", "--since", DAYS[3], "--until", "2026-11-05")
    assert late.err == f"{FIRST}: 0 partitions\n{SECOND}: 1 partition\n"


@pytest.mark.usefixtures("client")
def test_the_list_of_one_table_has_no_table(tmp_path: Path) -> None:
    config = tmp_path / "one.toml"
    config.write_text('[targets.local]\nlocation = "./logs"\n')
    shell = Shell(tmp_path)
    one = shell.run("partitions", "list", "--all", "--format", "json", "--config", str(config))
    assert [each.keys() for each in one.json] == [{"values", "location"}] * 3
    status = shell.run("partitions", "status", "--all", "--format", "json", "--config", str(config))
    assert "tables" not in status.json


def run_view(client: Client, view: View, question: str) -> list[tuple[Any, ...]]:
    """What a view answers, by DuckDB over every line of the folders that each table has."""
    connection = duckdb.connect()
    connection.execute("CREATE MACRO from_unixtime(x) AS to_timestamp(x)")
    connection.execute("CREATE SCHEMA flowathena")
    for listed, branch in zip(client.partitions.list(**ALL).tables, view.branches, strict=True):
        columns = branch.table.columns
        named = ", ".join(f'"{each.name}" {_TYPES.get(each.type)}' for each in columns)
        connection.execute(
            f"CREATE TABLE flowathena.{branch.table.name} "
            f'({named}, "$path" TEXT, aws_account TEXT, aws_region TEXT, day TEXT)'
        )
        for change in listed:
            for path in Path(change.location).iterdir():
                for line in gzip.decompress(path.read_bytes()).decode().splitlines()[1:]:
                    words = [*line.split(), *[None] * len(columns)][: len(columns)]
                    values = [*map(_number, words, columns), str(path), *change.values]
                    marks = ", ".join("?" * len(values))
                    connection.execute(
                        f"INSERT INTO flowathena.{branch.table.name} VALUES ({marks})", values
                    )
    query = view.statement.partition(" AS\n")[2]
    return connection.execute(f"WITH v AS (\n{query}\n) {question}").fetchall()


_TYPES = {"int": "INTEGER", "bigint": "BIGINT", "string": "TEXT"}


def _number(word: str | None, column: Column) -> str | None:
    """A value as Athena reads it: NULL where a number is none."""
    return word if column.type == "string" or (word and word.isdigit()) else None


def test_the_views_read_every_table(client: Client) -> None:
    readable, daily = client.views.ddl()
    assert readable.name == "vpc_flow_logs_readable"
    assert readable.statement.count("UNION ALL") == daily.statement.count("UNION ALL") == 1
    first, second = readable.branches
    assert first.columns.keys() == second.columns.keys()
    assert first.columns["flow_direction"] == "CAST(NULL AS varchar)"
    assert second.columns["srcport"] == "CAST(NULL AS integer)"
    assert f"NOT IN ('{NEW}')" in first.condition
    assert f"NOT IN ('{OLD}')" in second.condition
    # 1 + 10 + 100 of the old flow log, 1000 + 10,000 of the new one.
    question = "SELECT count(*), sum(bytes), count(srcport), count(flow_direction) FROM v"
    assert run_view(client, readable, question) == [(5, 11111, 3, 2)]
    question = "SELECT sum(flows), sum(bytes), count(dstport) FROM v"
    assert run_view(client, daily, question) == [(5, 11111, 3)]  # a row a day of the old one


def test_a_view_of_one_table_reads_its_flow_logs(tmp_path: Path) -> None:
    config = write(tmp_path)
    config.write_text(f'[targets.local]\nlocation = "./logs"\nflow_logs = ["{OLD}"]\n')
    (view,) = Client("local", config_path=config).views.ddl("readable")
    assert view.branches[0].condition == (
        f"""regexp_extract("$path", '_(fl-[0-9a-f]+)_[^/]*$', 1) IN ('{OLD}')"""
    )


def parquet_config(folder: Path, mixed: dict[str, list[str]]) -> Client:
    """A target of text and Parquet whose Parquet table knows of text files in its folders."""
    config = folder / "flowathena.toml"
    source = '[[targets.local.sources]]\ntable = "p"\nfile_format = "parquet"\n'
    config.write_text(f'[targets.local]\nlocation = "./logs"\n{source}')
    (folder / "logs/AWSLogs").mkdir(parents=True)
    client = Client("local", config_path=config)
    for each in client.tables.values():
        each.create()
    second = client.target.tables[1]
    catalog = open_catalog(second, Aws(second))
    table = catalog.table()
    assert table is not None
    kept = {"flowathena.flow_logs": json.dumps([NEW]), "flowathena.mixed": json.dumps(mixed)}
    catalog.change_properties(table, {**table.parameters, **kept})
    return client


def test_a_view_leaves_out_the_text_of_all_days(tmp_path: Path) -> None:
    mixed = {"2026-11-01": ["/a_fl-01_"], "2026-11-02": ["/b_fl-01_", "/b_fl-02_"]}
    (view,) = parquet_config(tmp_path, mixed).views.ddl("daily")
    condition = view.branches[1].condition
    for name, after in (("/a_fl-01_", "/a_fl-01`"), ("/b_fl-01_", "/b_fl-01`")):
        assert f"\"$path\" NOT BETWEEN '{name}' AND '{after}'" in condition
    assert condition.count("NOT BETWEEN") == 3


def test_a_view_with_too_much_text_to_leave_out_is_refused(tmp_path: Path) -> None:
    mixed = {"2026-11-01": [f"/a_fl-{number:03x}_" for number in range(201)]}
    with pytest.raises(UsageError, match=r"201 flow logs write text .* use saved queries"):
        parquet_config(tmp_path, mixed).views.ddl("daily")


@pytest.mark.usefixtures("client")
def test_every_table_is_printed_compared_and_created(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    both = shell.run("table", "ddl").out
    assert both.count("CREATE EXTERNAL TABLE") == 2
    one = shell.run("table", "ddl", "--source", "vpc_flow_logs_v5").out
    assert one.count("CREATE EXTERNAL TABLE") == 1
    assert "`flow_direction` string" in one
    assert one.removesuffix("\n") in both
    done = shell.run("table", "diff")
    assert done.err == f"table {FIRST} is as wanted\ntable {SECOND} is as wanted\n"
    assert [each["equal"] for each in shell.run("table", "diff", "--format", "json").json["tables"]]
    shell.run("table", "drop", "--yes", "--source", SECOND)
    done = shell.run("table", "diff", code=3)
    assert done.err.splitlines() == [
        f"table {FIRST} is as wanted",
        f"table {SECOND} does not exist; 'flowathena table create -t local' creates it",
    ]
    made = shell.run("table", "create").err.splitlines()
    assert made == [
        f"nothing to change: table {FIRST} is as wanted",
        f"created table {SECOND}",
    ]
    assert shell.run("table", "diff", "--source", FIRST, "--format", "json").json["equal"]


def test_a_table_is_dropped_by_its_name_alone(client: Client, tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    assert shell.refused("table", "drop", "--yes") == (
        "error: target 'local' has 2 tables; name one with --source: vpc_flow_logs, "
        "vpc_flow_logs_v5"
    )
    said = shell.refused("table", "drop", "--yes", "--source", "vpc_flow_logs_v6")
    assert "unknown table 'vpc_flow_logs_v6'" in said
    assert [each.diff().exists for each in client.tables.values()] == [True, True]
    shell.run("table", "drop", "--yes", "--source", "vpc_flow_logs")
    assert [each.diff().exists for each in client.tables.values()] == [False, True]
    # What is registered in the table that is left is listed; the other one is told.
    listed = shell.run("partitions", "list", "--all")
    assert f"table {FIRST} does not exist" in listed.err
    assert len(listed.out.splitlines()) == 2 + 2
