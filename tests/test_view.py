"""Local logs of every layout and file format give the rows of the plain text tree."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flowathena import Client
from flowathena.catalog import Change, LocalCatalog, wanted
from flowathena.errors import BadFilesError, TableMismatchError
from flowathena.result.result import Result
from flowathena.sample import generate
from flowathena.shape.table import Column
from tests.cases import ACCOUNT, REGION, LogFile, record, write_project

UNTIL = date(2026, 11, 4)
NOW = datetime(2026, 11, 4, tzinfo=UTC)
WINDOW: dict[str, Any] = {"since": "2026-11-01", "until": "2026-11-03"}
SQL = (
    "SELECT day, aws_account, aws_region, srcaddr, dstport, protocol_name, bytes, start_time, "
    "log_status FROM flow_logs ORDER BY 1, 2, 3, start_time, 4, 5, 7, 6, 9"
)


def client(folder: Path, **settings: str) -> Client:
    """A client of the logs in ``logs/``, with settings of the target."""
    lines = "".join(f'{name} = "{value}"\n' for name, value in settings.items())
    config = folder / "flowathena.toml"
    config.write_text(f'[targets.local]\nlocation = "./logs"\n{lines}')
    return Client("local", config_path=config, clock=lambda: NOW)


def rows(answer: Result) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in answer]


def written(folder: Path, *, layout: str = "plain-daily", file_format: str = "text") -> Path:
    """A sample of three days in ``logs/``; every layout and format holds the same records."""
    root = folder / "logs"
    generate(root, until=UNTIL, days=3, records=900, layout=layout, file_format=file_format)
    return folder


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, ...]]:
    """The rows of the plain text tree."""
    plain = client(written(tmp_path_factory.mktemp("plain")))
    plain.partitions.sync(everything=True)
    return rows(plain.sql(SQL, **WINDOW))


SETTINGS = {
    "hive-daily": {"layout": "hive-daily"},
    "hive-daily, hive keys": {"layout": "hive-daily", "partition_keys": "hive"},
    "hive-hourly": {"layout": "hive-hourly", "partition_keys": "hive", "granularity": "hour"},
    "hive-hourly as days": {"layout": "hive-hourly"},
    "plain-hourly": {"layout": "plain-hourly", "granularity": "hour"},
    "plain-hourly as days": {"layout": "plain-hourly"},
    "parquet": {"file_format": "parquet"},
    "parquet in hive hours": {
        "file_format": "parquet",
        "layout": "hive-hourly",
        "partition_keys": "hive",
        "granularity": "hour",
    },
    "older names": {"column_names": "older"},
}


@pytest.mark.few(1)
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
def test_every_tree_gives_the_same_rows(
    tmp_path: Path, settings: dict[str, str], expected: list[tuple[object, ...]]
) -> None:
    tree = {name: text for name, text in settings.items() if name in {"layout", "file_format"}}
    made = client(written(tmp_path, **tree), **settings)
    planned = made.partitions.plan(everything=True)
    synced = made.partitions.sync(everything=True)
    listed = made.partitions.list(everything=True)
    assert len(planned.plan.add) == len(synced.outcomes) == len(listed) > 0
    assert made.partitions.plan(everything=True).plan.add == ()
    answer = made.sql(SQL, **WINDOW)
    assert rows(answer) == expected
    assert len(expected) > 100
    assert answer.stats.warnings == ()


def test_a_filter_on_the_day_inside_a_query_holds_in_hive_folders(
    tmp_path: Path, expected: list[tuple[object, ...]]
) -> None:
    made = client(written(tmp_path, layout="hive-daily"), **SETTINGS["hive-daily, hive keys"])
    made.partitions.sync(everything=True)
    one = made.sql(SQL.replace("ORDER", "WHERE day = '2026-11-02' ORDER"), **WINDOW)
    assert rows(one) == [row for row in expected if row[0] == "2026-11-02"]


def test_hours_are_listed_with_their_values(tmp_path: Path) -> None:
    file = LogFile("2026-11-01", (record("2026-11-01T13:00:00"),), below="13/")
    write_project(tmp_path, file)
    made = client(tmp_path, layout="plain-hourly", granularity="hour")
    made.partitions.sync(everything=True)
    listed = made.partitions.list(everything=True)
    assert listed.keys == ("aws_account", "aws_region", "day", "hour")
    assert [each.values for each in listed] == [(ACCOUNT, REGION, "2026-11-01", "13")]
    assert rows(made.sql("SELECT count(*) AS n FROM flow_logs", **WINDOW)) == [(1,)]


@pytest.fixture
def single(tmp_path: Path) -> Client:
    """A single-key table of one account and Region, beside the logs of another account."""
    files = [
        LogFile("2026-11-01", (record("2026-11-01T10:00:00", dstport=1),)),
        LogFile("2026-11-02", (record("2026-11-02T10:00:00", dstport=2),)),
        LogFile("2026-11-01", (record("2026-11-01T10:00:00", dstport=3),), account="444455556666"),
    ]
    write_project(tmp_path, *files)
    made = client(tmp_path, partition_keys="single", account=ACCOUNT, log_region=REGION)
    made.partitions.sync(everything=True)
    return made


def test_a_single_key_table_holds_its_account_and_region(single: Client) -> None:
    listed = single.partitions.list(everything=True)
    assert (listed.keys, [each.values for each in listed]) == (
        ("dt",),
        [("2026-11-01",), ("2026-11-02",)],
    )
    sql = "SELECT dstport, aws_account, aws_region, day FROM flow_logs ORDER BY 1"
    assert rows(single.sql(sql, **WINDOW)) == [
        (1, ACCOUNT, REGION, "2026-11-01"),
        (2, ACCOUNT, REGION, "2026-11-02"),
    ]


def test_another_account_than_the_single_one_has_no_rows(single: Client) -> None:
    sql = "SELECT count(*) AS n FROM flow_logs"
    assert rows(single.sql(sql, **WINDOW, account="444455556666")) == [(0,)]
    assert rows(single.sql(sql, **WINDOW, account=ACCOUNT)) == [(2,)]
    planned = single.partitions.plan(everything=True, account="444455556666")
    assert (planned.plan.add, planned.plan.stale, planned.plan.keep) == ((), (), 0)


def parquet(folder: Path, select: str, name: str = "a.log.parquet", day: str = "01") -> Path:
    """A Parquet file of one SELECT in a day folder of November 2026."""
    path = folder / f"logs/AWSLogs/{ACCOUNT}/vpcflowlogs/{REGION}/2026/11/{day}/{name}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(":memory:") as made:
        made.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    return path


ROW = (
    "SELECT 1793527200::BIGINT AS start, 1793527260::BIGINT AS \"end\", '10.0.0.1' AS srcaddr, "
    "6::INTEGER AS protocol, 99::BIGINT AS bytes, '-' AS action"
)


def synced(folder: Path) -> Client:
    made = client(folder, file_format="parquet")
    made.partitions.sync(everything=True)
    return made


def test_parquet_columns_are_found_by_name_and_missing_ones_are_null(tmp_path: Path) -> None:
    parquet(tmp_path, ROW)
    answer = synced(tmp_path).sql(
        "SELECT srcaddr, protocol_name, bytes, action, dstaddr, dstport FROM flow_logs", **WINDOW
    )
    assert rows(answer) == [("10.0.0.1", "TCP", 99, None, None, None)]
    types = [column.type for column in answer.columns]
    assert types == ["varchar", "varchar", "bigint", "varchar", "varchar", "integer"]


def test_parquet_files_may_differ_in_their_columns(tmp_path: Path) -> None:
    parquet(tmp_path, ROW)
    parquet(tmp_path, ROW + ", 443 AS dstport, 7 AS surplus", "b.log.parquet")
    answer = synced(tmp_path).sql("SELECT dstport FROM flow_logs ORDER BY 1", **WINDOW)
    assert rows(answer) == [(443,), (None,)]


def test_a_path_may_hold_the_letters_of_a_pattern(tmp_path: Path) -> None:
    parquet(tmp_path, ROW, "a[1]*?.log.parquet")
    assert rows(synced(tmp_path).sql("SELECT bytes FROM flow_logs", **WINDOW)) == [(99,)]


DAMAGED = {
    "truncated": (slice(-20), b"", "damaged Parquet file"),
    "magic only": (slice(4), b"", "damaged Parquet file"),
    "another file": (slice(0), b"<html>403</html>\n", "it is an HTML page, not a log"),
}


@pytest.mark.parametrize(("kept", "after", "told"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_parquet_file_is_named(
    tmp_path: Path, kept: slice, after: bytes, told: str
) -> None:
    good = parquet(tmp_path, ROW)
    bad = good.with_name("b.log.parquet")
    bad.write_bytes(good.read_bytes()[kept] + after)
    made = synced(tmp_path)
    with pytest.raises(BadFilesError) as caught:
        made.sql("SELECT bytes FROM flow_logs", **WINDOW)
    assert str(bad) in str(caught.value)
    assert told in str(caught.value)
    answer = made.sql("SELECT bytes FROM flow_logs", **WINDOW, skip_bad_files=True)
    assert rows(answer) == [(99,)]
    assert list(answer.stats.skipped_files) == [str(bad)]


def test_parquet_below_a_table_of_text_is_read_all_the_same(tmp_path: Path) -> None:
    parquet(tmp_path, ROW)
    made = client(tmp_path)
    made.partitions.sync(everything=True)
    assert rows(made.sql("SELECT bytes FROM flow_logs", **WINDOW)) == [(99,)]


def own_catalog(made: Client) -> LocalCatalog:
    target = made.target
    return LocalCatalog(target.location, target.database, target.table)


@pytest.mark.parametrize("call", ["plan", "sync", "list"])
def test_a_projected_table_has_no_partitions_to_register(tmp_path: Path, call: str) -> None:
    write_project(tmp_path, LogFile("2026-11-01", (record("2026-11-01T10:00:00"),)))
    made = client(tmp_path)
    projected = {"projection.enabled": "true"}
    own_catalog(made).create(replace(wanted.wanted_table(made.target), parameters=projected))
    with pytest.raises(TableMismatchError) as caught:
        getattr(made.partitions, call)(everything=True)
    assert str(caught.value) == (
        "table flowathena.vpc_flow_logs uses partition projection: Athena computes its "
        "partitions, there are none to register; 'flowathena partitions status -t local "
        f"--config {tmp_path}/flowathena.toml' shows what they do not reach"
    )


def test_int_keys_registered_with_zeros_are_kept_and_read(tmp_path: Path) -> None:
    file = LogFile("2026-11-01", (record("2026-11-01T10:00:00"),))
    root = write_project(tmp_path, file)
    made = client(tmp_path, account=ACCOUNT, log_region=REGION)
    keys = tuple(Column(name, "int") for name in ("year", "month", "day"))
    catalog = own_catalog(made)
    catalog.create(replace(wanted.wanted_table(made.target), partition_keys=keys))
    catalog.add([Change(("2026", "11", "01"), f"{root}/{file.folder}")])
    plan = made.partitions.plan(everything=True).plan
    assert (plan.add, plan.stale, plan.keep) == ((), (), 1)
    sql = "SELECT day, count(*) AS n FROM flow_logs GROUP BY day"
    assert rows(made.sql(sql, **WINDOW)) == [("2026-11-01", 1)]
