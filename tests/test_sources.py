"""Several tables behind one flow_logs: the configuration, the SQL, and answers of local logs."""

import gzip
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowathena import Client
from flowathena.catalog import wanted
from flowathena.catalog.flow_logs import joined
from flowathena.errors import ConfigError
from flowathena.inputs.selection import Selection
from flowathena.inputs.window import Window
from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.query.query import Query
from flowathena.query.render import render
from flowathena.shape.shape import FlowTable
from flowathena.target import config
from flowathena.target.file import add_sources, section
from flowathena.target.target import Target
from tests import mix
from tests.portion import EXAMPLES
from tests.several import FORMATS, QUERY, FlowLog, sums, write
from tests.shell import Shell

WINDOW = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
_TOML = """
[targets.prod]
location = "s3://my-flow-logs/"
database = "network"
workgroup = "analysts"
column_names = "older"

[[targets.prod.sources]]
table = "vpc_flow_logs_v5"
log_format = "${version} ${vpc-id} ${srcaddr} ${start}"

[[targets.prod.sources]]  # a comment
table = "vpc_flow_logs_parquet"
file_format = "parquet"
layout = "hive-daily"
"""


def loaded(folder: Path, text: str) -> Target:
    file = folder / "flowathena.toml"
    file.write_text(text)
    return config.load(file, {}).targets["prod"]


def test_a_source_is_the_target_with_settings_of_its_own(tmp_path: Path) -> None:
    target = loaded(tmp_path, _TOML)
    first, text, parquet = target.tables
    assert first.table == "vpc_flow_logs"
    assert first.sources == ()
    assert (text.table, text.database, text.workgroup) == (
        "vpc_flow_logs_v5", "network", "analysts",
    )  # fmt: skip
    assert text.log_format == ("version", "vpc-id", "srcaddr", "start")
    # What says what a table contains is not the target's.
    assert (first.column_names, text.column_names, parquet.column_names) == ("older", "aws", "aws")
    assert (parquet.file_format, parquet.layout, parquet.log_format) == (
        "parquet", "hive-daily", DEFAULT_FORMAT,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ('table = "x"\nworkgroup = "w"', 6, "workgroup is the target's, and its sources have none"),
        ('log_format = "default"', 4, "a source has no table"),
        ('table = "vpc_flow_logs"', 5, "table 'network.vpc_flow_logs' is another source's already"),
        ('table = "x"\nlocation = "./logs"', 6, "the sources of a target are all in S3, or all in"),
        ('table = "x"\nfile_format = "csv"', 6, "unknown file_format 'csv'"),
        ('table = "x"\nflow_logs = ["eni-1"]', 6, "flow_logs: 'eni-1' is not the id of a flow log"),
        ('table = "x"\ntabel = "y"', 6, "unknown key 'tabel'; did you mean 'table'?"),
    ],
)
def test_what_is_wrong_with_a_source_is_told_with_its_line(
    tmp_path: Path, source: str, line: int, message: str
) -> None:
    head = '[targets.prod]\nlocation = "s3://my-flow-logs/"\ndatabase = "network"\n'
    with pytest.raises(ConfigError) as caught:
        loaded(tmp_path, f"{head}[[targets.prod.sources]]\n{source}\n")
    (problem,) = caught.value.problems
    assert problem.line == line
    assert message in problem.message


def test_sources_are_written_as_they_are_read(tmp_path: Path) -> None:
    target = loaded(tmp_path, _TOML)
    again = loaded(tmp_path, section(target, "s3://my-flow-logs/"))
    assert again == target


def test_a_source_is_added_and_every_other_byte_stays(tmp_path: Path) -> None:
    file = tmp_path / "flowathena.toml"
    target = loaded(tmp_path, _TOML)
    more = Target("prod", "s3://my-flow-logs/", "network", "third", workgroup="analysts")
    add_sources(config.load(file, {}), target, [more])
    text = file.read_text()
    assert text == f'{_TOML}\n[[targets.prod.sources]]\ntable = "third"\n'
    assert [each.table for each in config.load(file, {}).targets["prod"].sources][-1] == "third"


def test_a_file_that_takes_no_table_is_left_and_says_what_to_add(tmp_path: Path) -> None:
    file = tmp_path / "flowathena.toml"
    text = 'targets = { prod = { location = "s3://my-flow-logs/" } }\n'
    target = loaded(tmp_path, text)
    with pytest.raises(ConfigError, match=r"add by hand:\n\[\[targets\.prod\.sources\]\]"):
        add_sources(config.load(file, {}), target, [Target("prod", "s3://my-flow-logs/")])
    assert file.read_text() == text


def two_tables(*properties: dict[str, str]) -> FlowTable:
    """Two tables, with properties of a sync: default text, and Parquet with one field more."""
    text = Target("t", "s3://my-flow-logs/", "network", "logs")
    parquet = Target(
        "t", "s3://my-flow-logs/", "network", "logs_parquet", file_format="parquet",
        log_format=(*DEFAULT_FORMAT, "vpc-id"),
    )  # fmt: skip
    sources = []
    for target, own in zip((text, parquet), properties or ({}, {}), strict=True):
        table = wanted.wanted_table(target)
        parameters = {**table.parameters, **own}
        source = wanted.flow_table(replace(table, parameters=parameters), target)
        sources.append(source)
    return joined(sources)


def sql(text: str, source: FlowTable, selection: Selection | None = None) -> str:
    return render(Query("q", "Q", text), {}, selection or Selection(WINDOW), source).sql


def test_flow_logs_is_the_union_of_the_tables() -> None:
    assert sql("SELECT vpc_id, bytes FROM flow_logs", two_tables()) == (
        "WITH flow_logs AS (\n"
        "  SELECT\n"
        '    "bytes",\n'
        '    CAST(NULL AS varchar) AS "vpc_id"\n'
        '  FROM "network"."logs"\n'
        "  WHERE \"day\" BETWEEN '2026-11-01' AND '2026-11-02'\n"
        '    AND "start" >= 1793491200\n'
        '    AND "start" < 1793577600\n'
        "  UNION ALL\n"
        "  SELECT\n"
        '    "bytes",\n'
        '    nullif("vpc_id", \'-\') AS "vpc_id"\n'
        '  FROM "network"."logs_parquet"\n'
        "  WHERE \"day\" BETWEEN '2026-11-01' AND '2026-11-02'\n"
        '    AND "start" >= 1793491200\n'
        '    AND "start" < 1793577600\n'
        ")\n"
        "SELECT vpc_id, bytes FROM flow_logs"
    )


def test_a_branch_leaves_out_what_another_table_reads() -> None:
    folder = "s3://my-flow-logs/AWSLogs/1/vpcflowlogs/eu-west-1/2026/11/02/1_vpcflowlogs_eu-west-1_"
    source = two_tables(
        {"flowathena.flow_logs": '["fl-0a", "fl-0b"]'},
        {
            "flowathena.flow_logs": '["", "fl-0c"]',
            "flowathena.mixed": f'{{"2026-11-02": ["{folder}fl-0a_"], "2026-11-03": ["x_"]}}',
        },
    )
    text = sql("SELECT count(*) AS n FROM flow_logs", source)
    ids = "coalesce(regexp_extract(\"$path\", '_(fl-[0-9a-f]+)_[^/]*$', 1), '')"
    one, two = text.split("UNION ALL")
    assert f"AND {ids} NOT IN ('', 'fl-0c')" in one
    assert "BETWEEN 's3" not in one
    assert f"AND {ids} NOT IN ('fl-0a', 'fl-0b')" in two
    assert f"AND \"$path\" NOT BETWEEN '{folder}fl-0a_' AND '{folder}fl-0a`'" in two
    assert "x_" not in two  # of a day that is not in the window


def test_flow_logs_are_chosen_in_every_branch() -> None:
    text = sql("SELECT bytes FROM flow_logs", two_tables(), Selection(WINDOW, flow_logs=("fl-0a",)))
    chosen = "regexp_extract(\"$path\", '_(fl-[0-9a-f]+)_[^/]*$', 1) IN ('fl-0a')"
    assert text.count(f"AND {chosen}") == 2


def test_a_notice_names_the_columns_that_are_null(tmp_path: Path) -> None:
    write(tmp_path, [FlowLog("fl-0a", "v2", 0, 1), FlowLog("fl-0b", "long", 1, 2)], range(2))
    client = synced(tmp_path)
    result = client.sql("SELECT vpc_id, bytes FROM flow_logs", since="2026-10-01")
    assert result.stats.notices == ("vpc_flow_logs has no vpc_id: NULL in its rows",)
    assert client.sql("SELECT bytes FROM flow_logs", since="2026-10-01").stats.notices == ()


def synced(folder: Path, *settings: str) -> Client:
    """A target of the first flow log's format, synced; sources follow by themselves."""
    file = folder / "flowathena.toml"
    lines = "\n".join(settings)
    file.write_text(f'[targets.local]\nlocation = "."\n{lines}\n')
    client = Client(config_path=file, clock=lambda: datetime(2026, 10, 20, tzinfo=UTC))
    report = client.partitions.sync(everything=True)
    assert report.is_complete, report.to_json()
    return client


def answer(client: Client) -> Counter[tuple[object, ...]]:
    rows = client.sql(QUERY, since="2026-09-30", until="2026-10-30").data
    return Counter({tuple(row[:-1]): row[-1] for row in rows})


ids = st.integers(1, 499).map(lambda n: f"fl-{n:x}")
flow_logs = st.builds(
    lambda flow_log, form, span, account: FlowLog(
        flow_log, form, min(span), max(span) + 1, account
    ),
    ids,
    st.sampled_from(sorted(FORMATS)),
    st.tuples(st.integers(0, 7), st.integers(0, 7)),
    st.sampled_from(("111122223333", "444455556666")),
)
sets = st.lists(flow_logs, min_size=1, max_size=5, unique_by=lambda each: each.id)


@settings(
    max_examples=max(1, EXAMPLES // 8),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(chosen=sets, cut=st.integers(1, 8))
def test_any_flow_logs_are_read_rightly_whenever_a_sync_runs(
    chosen: list[FlowLog], cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The first days are synced before the others are delivered; then once more."""
    folder = tmp_path_factory.mktemp("sources")
    chosen = [*chosen, FlowLog("fl-fff", "long", 0, 8, "777788889999")]
    write(folder, chosen, range(cut))
    client = synced(folder)
    assert answer(client) == sums(chosen, range(cut))
    write(folder, chosen, range(cut, 8))
    assert client.partitions.sync(everything=True).is_complete
    client = Client(config_path=folder / "flowathena.toml")
    assert answer(client) == sums(chosen, range(8))
    again = client.partitions.sync(everything=True)
    assert [each.outcomes for each in (again, *again.further)] == [()] * (1 + len(again.further))


def test_a_wrongly_ordered_source_gives_other_sums() -> None:
    """The sums of this module tell formats apart: a swapped order is another file."""
    swapped, right = FlowLog("fl-0a", "swapped", 0, 1), FlowLog("fl-0a", "long", 0, 1)
    assert sums([swapped], range(1)) == sums([right], range(1))
    assert swapped.file(0)[0] == right.file(0)[0]
    assert swapped.file(0)[1] != right.file(0)[1]


def test_a_mixed_bucket_is_read_as_plain_python_reads_it(tmp_path: Path) -> None:
    shell = Shell(tmp_path, {})
    shell.run("sample", "logs", "--mix", "--days", "6", "--records", "3000")
    shell.run("init", "./logs")
    shell.run("partitions", "sync")
    records = mix.read_tree(tmp_path / "logs")
    expected = mix.counted(records, "aws_account", "dstport", "action")
    result = shell.run(
        "sql", "SELECT aws_account, dstport, action, count(*) AS n FROM flow_logs GROUP BY 1, 2, 3",
        "--since", "60d", "--format", "json",
    ).json  # fmt: skip
    assert {(r["aws_account"], r["dstport"], r["action"]): r["n"] for r in result} == expected
    tables = {record["kind"] for record in records}
    assert tables == {"text", "parquet"}


def test_no_create_withholds_the_days_of_a_new_format_and_says_so(tmp_path: Path) -> None:
    shell = Shell(tmp_path, {})
    write(tmp_path / "logs", [FlowLog("fl-0a", "v2", 0, 2)], range(2))
    shell.run("init", "./logs")
    shell.run("partitions", "sync", "--all")
    write(tmp_path / "logs", [FlowLog("fl-0b", "swapped", 2, 4)], range(2, 4))
    before = (tmp_path / "flowathena.toml").read_bytes()
    plan = shell.run("partitions", "plan", "--all", "--format", "json").json
    assert [each["table"] for each in plan["new_sources"]] == ["flowathena.vpc_flow_logs_v3"]
    assert [len(each["add"]) for each in (plan, *plan["further"])] == [0, 2]
    done = shell.run("partitions", "sync", "--all", "--no-create", code=4)
    assert "2026/10/03/ and 1 more folder not registered: --no-create" in done.err
    assert (tmp_path / "flowathena.toml").read_bytes() == before
    shell.run("partitions", "sync", "--all")
    shell.run("partitions", "plan", "--all", "--exit-code")


def test_a_folder_that_lacks_one_of_its_tables_is_not_read_by_half(tmp_path: Path) -> None:
    shell = Shell(tmp_path, {})
    write(tmp_path / "logs", [FlowLog("fl-0a", "v2", 0, 2)], range(2))
    shell.run("init", "./logs")
    shell.run("partitions", "sync", "--all")
    both = [FlowLog("fl-0a", "v2", 2, 4), FlowLog("fl-0b", "swapped", 2, 4)]
    write(tmp_path / "logs", both, range(2, 4))
    done = shell.run("partitions", "sync", "--all", "--no-create", "--format", "json", code=4).json
    assert (done["added"], len(done["undecided"])) == (0, 2)
    done = shell.run("partitions", "sync", "--all", "--format", "json").json
    assert (done["added"], [each["added"] for each in done["further"]]) == (2, [2])


def test_records_without_a_header_are_withheld_by_name(tmp_path: Path) -> None:
    shell = Shell(tmp_path, {})
    write(tmp_path / "logs", [FlowLog("fl-0a", "v2", 0, 2)], range(2))
    shell.run("init", "./logs")
    shell.run("partitions", "sync", "--all")
    key, _ = FlowLog("fl-0b", "v2", 2, 3).file(2)
    path = tmp_path / "logs" / key
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(b"1 2 3\n"))
    done = shell.run("partitions", "sync", "--all", code=4)
    assert "no header line: its fields are unknown" in done.err
    rows = shell.run("sql", "SELECT count(*) AS n FROM flow_logs", "--since", "2026-10-01",
                     "--until", "2026-10-10", "--format", "json").json  # fmt: skip
    assert rows == [{"n": 6}]
