"""Tables of one target over folders of their own: another layout, another place."""

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowathena import Client
from flowathena.aws.session import Aws
from flowathena.catalog import ddl, open_catalog
from flowathena.engine.local import content, parts
from flowathena.engine.local.content import Head
from flowathena.errors import ConfigError, TableMismatchError
from tests.several import LONG, QUERY, FlowLog, files, sums
from tests.shell import Shell

_PLAIN = re.compile(r"AWSLogs/(\d+)/vpcflowlogs/([^/]+)/(\d{4})/(\d{2})/(\d{2})/")
_HIVE = r"AWSLogs/aws-account-id=\1/aws-service=vpcflowlogs/aws-region=\2/year=\3/month=\4/day=\5/"
_SOURCE = '[[targets.local.sources]]\ntable = "hive"\nlayout = "hive-daily"\n'
_FORMAT = f'log_format = "{" ".join(f"${{{name}}}" for name in LONG.split())}"\n'
_V2 = FlowLog("fl-0a", "v2", 0, 4)
_LONG = FlowLog("fl-0b", "long", 2, 4)
_PARQUET = FlowLog("fl-0c", "parquet", 3, 4)


def put(root: Path, flow_logs: list[FlowLog], days: range, *, hive: bool = False) -> None:
    for key, written in files(flow_logs, days):
        path = root / (_PLAIN.sub(_HIVE, key) if hive else key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written)


def opened(folder: Path, settings: str) -> Client:
    config = folder / "flowathena.toml"
    config.write_text(f'[targets.local]\nlocation = "./logs"\n{settings}')
    return again(folder)


def again(folder: Path) -> Client:
    now = datetime(2026, 10, 20, tzinfo=UTC)
    return Client(config_path=folder / "flowathena.toml", clock=lambda: now)


def answer(client: Client) -> Counter[tuple[object, ...]]:
    rows = client.sql(QUERY, since="2026-09-30", until="2026-10-30").data
    return Counter({tuple(row[:-1]): row[-1] for row in rows})


def added(client: Client) -> dict[str, int]:
    report = client.partitions.sync(everything=True)
    assert report.is_complete, report.to_json()
    return {each.table.partition(".")[2]: len(each.outcomes) for each in (report, *report.further)}


def test_plain_and_hive_folders_side_by_side_are_two_sources(tmp_path: Path) -> None:
    put(tmp_path / "logs", [_V2], range(4))
    put(tmp_path / "logs", [_LONG, _PARQUET], range(3), hive=True)
    client = opened(tmp_path, _SOURCE)
    # What is in the Hive folders has VPCs: a table of its own, over the same Hive folders.
    assert added(client) == {"vpc_flow_logs": 4, "hive": 0, "hive_v3": 1}
    assert again(tmp_path).target.sources[-1].layout == "hive-daily"
    assert answer(again(tmp_path)) == sums([_V2], range(4)) + sums([_LONG], range(3))
    put(tmp_path / "logs", [_LONG, _PARQUET], range(4), hive=True)
    assert added(again(tmp_path)) == {
        "vpc_flow_logs": 0, "hive": 0, "hive_v3": 1, "hive_parquet": 1,
    }  # fmt: skip
    expected = sums([_V2, _LONG, _PARQUET], range(4))
    assert answer(again(tmp_path)) == expected
    assert set(added(again(tmp_path)).values()) == {0}
    covered = again(tmp_path).partitions.status(everything=True)
    assert [(len(each.stored), each.missing) for each in covered.places] == [(4, ())]
    assert [str(each) for each in again(tmp_path).doctor() if each.side != "logs"] == []


def test_a_copy_elsewhere_hides_nothing(tmp_path: Path) -> None:
    """A flow log that one table knows is no stranger in folders that only another one has."""
    put(tmp_path / "logs", [_LONG], range(4))
    client = opened(tmp_path, _FORMAT)
    assert added(client) == {"vpc_flow_logs": 2}
    catalog = open_catalog(client.target, Aws(client.target))
    table = catalog.table()  # as tables are that an older sync made
    assert table is not None
    catalog.change_properties(table, {"EXTERNAL": "TRUE", "skip.header.line.count": "1"})
    put(tmp_path / "archive", [_LONG], range(3))
    source = f'[[targets.local.sources]]\ntable = "archive"\nlocation = "./archive"\n{_FORMAT}'
    client = opened(tmp_path, f"{_FORMAT}{source}")
    assert added(client) == {"vpc_flow_logs": 0, "archive": 1}
    assert answer(client) == sums([_LONG], range(4)) + sums([_LONG], range(3))


def test_tables_of_one_region_each_have_the_folders_of_theirs(tmp_path: Path) -> None:
    other = FlowLog("fl-0d", "v2", 0, 2, region="us-east-1")
    put(tmp_path / "logs", [_V2, other], range(2))
    single = 'partition_keys = "single"\naccount = "111122223333"\n'
    client = opened(
        tmp_path,
        f'{single}log_region = "eu-west-1"\n'
        '[[targets.local.sources]]\ntable = "east"\nlog_region = "us-east-1"\n',
    )
    assert added(client) == {"vpc_flow_logs": 2, "east": 2}
    rows = client.sql(
        "SELECT aws_region, sum(bytes) FROM flow_logs GROUP BY 1 ORDER BY 1", since="2026-09-30"
    ).data
    # Three records a day of 1000, 2000 and 3000 bytes, and the number of the day in each.
    assert [tuple(row) for row in rows] == [("eu-west-1", 12_003), ("us-east-1", 12_003)]


def test_tables_with_some_folders_in_common_are_refused(tmp_path: Path) -> None:
    put(tmp_path / "logs", [_V2], range(2))
    settings = 'partition_keys = "single"\naccount = "111122223333"\nlog_region = "eu-west-1"\n'
    client = opened(tmp_path, f'[[targets.local.sources]]\ntable = "other"\n{settings}')
    with pytest.raises(TableMismatchError, match="which files are whose cannot be told"):
        client.partitions.plan(everything=True)


@pytest.mark.parametrize(
    ("location", "settings", "message"),
    [
        ("./logs", 'layout = "plain-hourly"\ngranularity = "hour"\n', "partition for each of thei"),
        ("s3://my-logs", 'partitioning = "projection"\n', "a projection cannot tell whose a day"),
    ],
)
def test_settings_that_cannot_tell_tables_apart_are_refused(
    tmp_path: Path, location: str, settings: str, message: str
) -> None:
    config = tmp_path / "flowathena.toml"
    source = f'[[targets.a.sources]]\ntable = "other"\n{settings}'
    config.write_text(f'[targets.a]\nlocation = "{location}"\n{source}')
    with pytest.raises(ConfigError, match=message):
        Client(config_path=config)


def test_a_dry_run_has_the_statement_of_every_table(tmp_path: Path) -> None:
    put(tmp_path / "logs", [_V2, _LONG, _PARQUET], range(4))
    client = opened(tmp_path, "")
    said = Shell(tmp_path).run("partitions", "sync", "--all", "--dry-run").err
    names = [f"flowathena.vpc_flow_logs{ending}" for ending in ("", "_v3", "_parquet")]
    assert re.findall("would create the table (.*) with this statement", said) == names
    statements = {each.table: each.statement for each in client.partitions.preview(
        everything=True
    ).further}  # fmt: skip
    assert "ParquetHiveSerDe" in statements[names[2]]
    added(client)
    catalog = open_catalog(again(tmp_path).target.sources[-1], Aws(client.target))
    assert ddl.create_table(catalog.table()) == statements[names[2]]  # type: ignore[arg-type]
    assert client.partitions.preview(everything=True).statement == ""


def test_a_table_over_shared_folders_is_not_converted(tmp_path: Path) -> None:
    put(tmp_path / "logs", [_V2, _LONG], range(4))
    put(tmp_path / "logs", [_PARQUET], range(4), hive=True)
    client = opened(tmp_path, f'{_SOURCE}file_format = "parquet"\n{_FORMAT}')
    added(client)
    shell = Shell(tmp_path)
    one, two = "flowathena.vpc_flow_logs", "flowathena.vpc_flow_logs_v3"
    for names, own in (((), one), (("--source", two), two)):
        said = shell.refused("table", "convert", "registered", "--yes", *names, code=2)
        assert f"table {own} is over the same folders as {two if own == one else one}" in said
    said = shell.run("table", "convert", "registered", "--yes", "--source", "hive").err
    assert said == "nothing to change: table flowathena.hive has registered partitions\n"


def test_the_configuration_is_shown_with_its_sources(tmp_path: Path) -> None:
    opened(tmp_path, f'own_networks = ["192.0.2.0/24"]\ndatabase = "net"\n{_SOURCE}')
    shell = Shell(tmp_path)
    shown = shell.run("config", "show", "--format", "json").json
    (source,) = shown["targets"]["local"]["sources"]
    assert (source["table"], source["database"], source["layout"]) == ("hive", "net", "hive-daily")
    assert "workgroup" not in source
    (origin,) = shown["sources"]["targets"]["local"]["sources"]
    assert origin.keys() == source.keys()
    lines = {key: origin[key]["line"] for key in ("table", "layout", "database", "log_format")}
    assert lines == {"table": 6, "layout": 7, "database": 4, "log_format": None}
    rows = [line.split() for line in shell.run("config", "show").out.splitlines()]
    assert ["local:", "hive", "layout", "hive-daily", "flowathena.toml:7"] in rows
    assert ["local:", "hive", "database", "net", "flowathena.toml:4"] not in rows


def test_a_file_of_several_tables_is_examined_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [FlowLog("fl-0a", "v2", 0, 2), FlowLog("fl-0b", "parquet", 0, 2)]
    put(tmp_path / "logs", both, range(2))
    client = opened(tmp_path, "")
    added(client)
    examined: list[str] = []
    examine = content.examine_text

    def watched(path: str) -> Head:
        examined.append(path)
        return examine(path)

    monkeypatch.setattr(content, "examine_text", watched)
    monkeypatch.setattr(parts, "_reads", lambda *_: True)  # as if no flow log were known
    assert answer(again(tmp_path)) == sums(both, range(2))
    assert len(examined) == len(set(examined)) == 2


def test_init_makes_a_source_for_the_other_layout(tmp_path: Path) -> None:
    put(tmp_path / "logs", [_V2], range(3))
    put(tmp_path / "logs", [_LONG], range(4), hive=True)
    shell = Shell(tmp_path)
    done = shell.run("init", "./logs")
    assert "warning" not in done.err
    target = again(tmp_path).target
    tables = [(each.layout, len(each.log_format)) for each in target.tables]
    assert tables == [("hive-daily", 16), ("plain-daily", 14)]
    assert added(again(tmp_path)) == {"vpc_flow_logs": 2, "vpc_flow_logs_v2": 3}
    assert answer(again(tmp_path)) == sums([_V2], range(3)) + sums([_LONG], range(4))
    assert [each.what for each in again(tmp_path).doctor() if "layout" in each.what] == []
