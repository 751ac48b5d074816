"""The Python API on a folder."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import flowathena
from flowathena import Client, FlowathenaError, errors
from flowathena.errors import (
    BadFilesError,
    ConfigError,
    EngineError,
    ParameterError,
    QueryError,
    StorageError,
    TableMissingError,
    UsageError,
    WindowError,
)
from flowathena.target.target import Target
from tests.cases import LogFile, record, write_project
from tests.portion import left_to_slow

NOW = datetime(2026, 11, 3, 12, tzinfo=UTC)
DAYS = ("2026-10-03", "2026-10-04", "2026-11-01", "2026-11-02")
WINDOW: dict[str, Any] = {"since": "2026-11-01", "until": "2026-11-03"}


def project(folder: Path) -> Client:
    files = [LogFile(day, (record(f"{day}T12:00:00", bytes=0),)) for day in DAYS]
    nodata = "2 111122223333 eni-0a - - - - - - - 1793534400 1793534460 - NODATA"
    late = LogFile(DAYS[2], (nodata,), account="444455556666")
    write_project(folder, *files, late)
    return Client("local", config_path=folder / "flowathena.toml", clock=lambda: NOW)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Client:
    made = project(tmp_path_factory.mktemp("client"))
    made.partitions.sync(everything=True)
    return made


def test_run_gives_rows_columns_and_stats(client: Client) -> None:
    result = client.run("top_https_servers", port=443, **WINDOW)
    wanted = {"dstaddr": "10.0.2.9", "packets": 20, "bytes": 0, "flows": 2, "clients": 1}
    assert result.rows() == [wanted]
    assert [list(row) for row in result.rows()] == [list(wanted)]
    assert list(result) == result.rows()
    assert len(result) == 1
    stats = result.stats
    assert (stats.engine, stats.rows, stats.files, stats.query_id) == ("duckdb", 1, 3, "")
    assert stats.scanned_bytes == sum(
        path.stat().st_size for path in Path(client.target.location).rglob("*_2026110*.log.gz")
    )
    assert stats.seconds > 0
    assert stats.skipped_files == {}


def test_windows_follow_the_clock(client: Client) -> None:
    def days(**window: str) -> list[object]:
        extent: dict[str, Any] = {"limit": 100, **window}
        rows = client.run("preview", **extent).rows()
        return [row["day"] for row in rows if row["log_status"] == "OK"]

    # It is noon, and every record starts at noon: a day back lets the last one just in.
    assert days() == days(since="1d") == days(since="24h") == ["2026-11-02"]
    assert days(since="1439m") == []
    assert days(since="1d", until="1d") == ["2026-11-01"]
    assert days(since="2d") == ["2026-11-01", "2026-11-02"]


def test_partitions_follow_the_clock(client: Client, tmp_path: Path) -> None:
    # 30 days before 2026-11-03T12:00 is 2026-10-04T12:00; that day is touched.
    mine = project(tmp_path)
    planned = mine.partitions.plan()
    assert sorted({change.values[2] for change in planned.plan.add}) == list(DAYS[1:])
    assert len(planned.plan.add) == 4
    synced = mine.partitions.sync()
    assert len(synced.outcomes) == 4
    assert synced.created
    assert not synced.failed
    assert not mine.partitions.sync().outcomes
    assert len(mine.partitions.list(everything=True)) == 4
    assert len(client.partitions.list(everything=True, account="111122223333")) == 4
    assert (
        len(client.partitions.list(everything=True, account=["111122223333", "444455556666"])) == 5
    )


def test_render_and_queries(client: Client) -> None:
    rendered = client.render("ssh_rejects", port=2222, **WINDOW)
    assert "dstport = 2222" in rendered.sql
    assert rendered.values["min_flows"] == 1
    names = [query.name for query in client.queries()]
    assert names == sorted(names)
    assert "ssh_rejects" in names
    [query] = [query for query in client.queries() if query.name == "ssh_rejects"]
    assert [param.name for param in query.params] == ["port", "min_flows", "limit"]


def test_results_become_frames(client: Client) -> None:
    result = client.run("preview", limit=10, **WINDOW)
    names = [column.name for column in result.columns]
    arrow = result.to_arrow()
    assert arrow.column_names == names
    assert arrow.to_pylist() == result.rows()
    frame = result.to_pandas()
    assert list(frame.columns) == names
    assert frame["bytes"].dtype == "Int64"
    assert frame["bytes"].isna().tolist() == [row["bytes"] is None for row in result.rows()]
    polars = result.to_polars()
    assert polars.rows() == [tuple(row.values()) for row in result.rows()]
    empty = client.run("top_https_servers", port=1, **WINDOW)
    assert empty.to_arrow().schema.names == ["dstaddr", "packets", "bytes", "flows", "clients"]
    assert empty.to_pandas().shape == (0, 5)


def test_sql_is_a_select_over_flow_logs(client: Client) -> None:
    result = client.sql(
        "SELECT action, count(*) FROM flow_logs GROUP BY action ORDER BY action;", **WINDOW
    )
    assert result.data == [("ACCEPT", 2), (None, 1)]
    text = client.sql("SELECT '{{ 7*7 }}' AS t FROM flow_logs LIMIT 1", **WINDOW)
    assert text.data == [("{{ 7*7 }}",)]
    ctes = client.sql("WITH a AS (SELECT * FROM flow_logs) SELECT count(*) FROM a", **WINDOW)
    assert ctes.data == [(3,)]
    before = client.sql(
        "SELECT count(*) FROM flow_logs_before", since="2026-11-03", until="2026-11-04"
    )
    assert before.data == [(1,)]


def test_times_of_a_zone_and_intervals_are_values(client: Client) -> None:
    result = client.sql(
        "SELECT from_unixtime(max(start)) AT TIME ZONE 'Europe/Berlin' AS berlin, "
        "hour(from_unixtime(max(start)) AT TIME ZONE 'Europe/Berlin') AS hour, "
        "TIMESTAMP '2026-11-03 00:00:00' - TIMESTAMP '2026-11-01 12:00:00' AS gap, "
        "INTERVAL '14' MONTH AS months, 100.0 * count(*) / 7 AS share "
        "FROM flow_logs WHERE action = 'ACCEPT'",
        **WINDOW,
    )
    # Berlin's clocks are an hour ahead of UTC in November.
    noon = datetime(2026, 11, 2, 12, tzinfo=UTC)
    assert result.data == [(noon, 13, "1 12:00:00.000", "1-2", Decimal("28.6"))]
    assert [column.type for column in result.columns] == [
        *("timestamp with time zone", "bigint", "interval day to second"),
        *("interval year to month", "decimal(23,1)"),
    ]


REFUSED = [
    "",
    "-- nothing",
    "SELECT",
    "SELEC srcaddr FROM flow_logs",
    "SELECT srcaddr FROM flow_logs; SELECT 1",
    "SELECT srcaddr FROM flow_logs; DROP TABLE flow_logs",
    "DELETE FROM flow_logs",
    "UPDATE flow_logs SET bytes = 0",
    "INSERT INTO flow_logs SELECT * FROM flow_logs",
    "MERGE INTO flow_logs USING flow_logs ON true WHEN MATCHED THEN DELETE",
    "CREATE TABLE x AS SELECT * FROM flow_logs",
    "CREATE VIEW x AS SELECT * FROM flow_logs",
    "DROP TABLE flow_logs",
    "ALTER TABLE flow_logs DROP COLUMN bytes",
    "TRUNCATE TABLE flow_logs",
    "SELECT * INTO x FROM flow_logs",
    "UNLOAD (SELECT * FROM flow_logs) TO 's3://x/' WITH (format = 'PARQUET')",
    "COPY flow_logs TO '{folder}/out.csv'",
    "COPY (SELECT 1) TO '{folder}/out.csv'",
    "EXPORT DATABASE '{folder}/out.csv'",
    "ATTACH '{folder}/out.csv' AS x",
    "PRAGMA database_list",
    "SET enable_external_access = true",
    "INSTALL httpfs",
    "LOAD httpfs",
    "EXPLAIN SELECT * FROM flow_logs",
    "SHOW TABLES",
    "DESCRIBE flow_logs",
    "CALL x()",
    "EXECUTE x",
    "SELECT * FROM other",
    "SELECT * FROM flowathena.vpc_flow_logs",
    "SELECT * FROM vpc_flow_logs",
    "SELECT * FROM x.flow_logs",
    "SELECT * FROM flow_logs JOIN other ON true",
    "SELECT * FROM flow_logs WHERE srcaddr IN (SELECT srcaddr FROM other)",
    "SELECT (SELECT max(a) FROM other) FROM flow_logs",
    "WITH a AS (SELECT * FROM other) SELECT * FROM flow_logs, a",
    "WITH flow_logs AS (SELECT 1 AS a) SELECT a FROM flow_logs",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    'SELECT * FROM "/etc/passwd"',
    "SELECT * FROM flow_logs, glob('/etc/*')",
    "SELECT * FROM flow_logs WHERE EXISTS (SELECT 1 FROM read_csv('/etc/passwd'))",
    "SELECT count(*) FROM flow_logs UNION ALL SELECT count(*) FROM read_csv('/etc/passwd')",
    "SELECT * FROM TABLE(system.query(query => 'SELECT 1'))",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM sqlite_master",
    "SELECT read_text('/etc/passwd') FROM flow_logs",
    "SELECT getenv('HOME') FROM flow_logs",
    "SELECT getvariable('files_0') FROM flow_logs",
    "SELECT current_setting('threads') FROM flow_logs",
    "SELECT nothing FROM flow_logs",
    "SELECT tcp_flags FROM flow_logs",
    "SELECT end FROM flow_logs",
    "SELECT 'open FROM flow_logs",
    "SELECT srcaddr FROM flow_logs WHERE dstport = {{ port }}",
    "SELECT 1/0 FROM flow_logs",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_sql_refuses_whatever_else(client: Client, tmp_path: Path, statement: str) -> None:
    with pytest.raises((QueryError, EngineError)) as raised:
        client.sql(statement.replace("{folder}", str(tmp_path)), **WINDOW)
    assert isinstance(raised.value, FlowathenaError)
    assert str(raised.value).strip()
    assert not list(tmp_path.iterdir())


HOSTILE = [
    "",
    "'' OR ''=''; DROP TABLE flow_logs; --",
    "*/ OR 1=1 /*",
    "\\' OR 1=1 --",
    '" OR 1=1 --',
    "flowathena_hole_0_ {0} %s $1 ? :a @b",
    "\\u0027 \\x27 &#39; %27",
    "tab\t bell\a escape\x1b line\u2028",
    "x' OR 1=1 -- \u2019 “ \n; DROP TABLE flow_logs; {{ 7*7 }} \\' /* */" * 16_000,
]


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """Has a query that answers with what it was given, and how many records hold it."""
    folder = tmp_path_factory.mktemp("echo")
    (folder / "mine").mkdir()
    (folder / "mine" / "echo.sql").write_text(
        '/* ---\ntitle = "Echo"\n[params.value]\n--- */\n'
        "SELECT {{ value }} AS given, count(*) AS n FROM flow_logs WHERE srcaddr = {{ value }}\n"
    )
    project(folder).partitions.sync(everything=True)
    config = folder / "flowathena.toml"
    config.write_text('query_paths = ["mine"]\n' + config.read_text())
    return Client(config_path=config, clock=lambda: NOW)


@pytest.mark.few(4)
@pytest.mark.parametrize("value", HOSTILE, ids=map(str, range(len(HOSTILE))))
def test_hostile_texts_stay_one_literal(echo: Client, value: str) -> None:
    assert echo.run("echo", value=value, **WINDOW).data == [(value, 0)]


def test_one_of_the_texts_is_a_megabyte(echo: Client) -> None:
    assert max(len(value.encode()) for value in HOSTILE) > 1_000_000
    assert echo.run("echo", value="10.0.1.5", **WINDOW).data == [("10.0.1.5", 2)]


Call = Callable[[Any], Any]


def test_a_division_by_zero_proposes_nothing_that_cannot_be_typed(client: Client) -> None:
    with pytest.raises(EngineError) as raised:
        client.sql('SELECT 1 / ("end" - "end") AS x FROM flow_logs', since="2026-11-01")
    assert "ivision by zero" in str(raised.value)
    assert "SET" not in str(raised.value)


def test_a_problem_is_told_once(client: Client) -> None:
    with pytest.raises(QueryError) as raised:
        client.sql("SELECT {{ port }}")
    assert str(raised.value) == (
        "{{ … }} is a placeholder of saved queries ('flowathena queries new NAME' writes one); "
        "here write the value"
    )


def _target() -> Target:
    return Target("t", "/x")


WRONG: list[tuple[Call, type[FlowathenaError], str]] = [
    (lambda c: c.run("ssh_reject"), QueryError, "did you mean 'ssh_rejects'?"),
    (lambda c: c.run("ssh_rejects", port="ssh"), ParameterError, "port: 'ssh' is not a port"),
    (lambda c: c.run("ssh_rejects", port=True), ParameterError, "port: True is a boolean"),
    (lambda c: c.run("ssh_rejects", port=22.5), ParameterError, "port: '22.5' is not a port"),
    (lambda c: c.run("ssh_rejects", prt=22), ParameterError, "prt: is not a parameter"),
    (lambda c: c.run("ssh_rejects", since="x"), WindowError, "since: 'x' is not a time"),
    (lambda c: c.run("preview", since="1d", until="0"), WindowError, "until: '0'"),
    (lambda c: c.run("preview", account="1"), ParameterError, "account: '1'"),
    (lambda c: c.render("preview", region=["eu-west-1", "x"]), ParameterError, "region: 'x'"),
    (lambda c: c.partitions.plan(everything=True, since="1d"), UsageError, "--all"),
    (lambda c: c.partitions.list(since="2d", until="3000-01-01", region="x"), ParameterError, "x"),
    (lambda c: c.run(5), QueryError, "a query's name is a text, not int"),
    (lambda c: c.sql(None), QueryError, "a statement is a text or a file, not NoneType"),
    (lambda c: c.run("preview", since=7), WindowError, "since: 7 is not a time or duration"),
    (
        lambda c: c.run("preview", since=NOW.replace(tzinfo=None)),
        WindowError,
        "2026-11-03 12:00:00 has no time zone",
    ),
    (lambda c: c.render("preview", until=["x"]), WindowError, "until: ['x'] is not a time"),
    (lambda c: c.run("preview", account=1234), ParameterError, "account: '1234' is not an"),
    (lambda c: c.run("preview", account=0), ParameterError, "account: '0' is not an account"),
    (lambda c: c.run("preview", account=[]), ParameterError, "account: needs at least one value"),
    (
        lambda c: c.run("preview", account=[None]),
        ParameterError,
        "account: None is a NoneType",
    ),
    (lambda c: c.run("preview", region=b"eu-west-1"), ParameterError, "is a bytes"),
    (lambda c: c.sql("SELECT 1", region=5), ParameterError, "region: '5' is not a Region"),
    (
        lambda c: c.partitions.plan(regions="eu-west-1"),
        UsageError,
        "unknown option 'regions'; did you mean 'region'?",
    ),
    (lambda c: c.partitions.plan(ahead="7"), UsageError, "'7' is not a number of days"),
    (lambda c: c.partitions.plan(since=1.5), WindowError, "since: 1.5 is not a time"),
    (lambda c: c.partitions.status(account=5), ParameterError, "account: '5'"),
    (lambda _: Client(5), ConfigError, "a target is a name or a Target, not int"),  # type: ignore[arg-type]
    (lambda _: Client(Target("t", "s3://")), ConfigError, "is not s3://bucket/prefix/"),
    (lambda _: Client(Target("t", None)), ConfigError, "target 't': "),  # type: ignore[arg-type]
    (
        lambda _: Client(Target("t", "/x", file_format="csv")),
        ConfigError,
        "unknown file_format 'csv'",
    ),
    (lambda _: Client(Target("t", 3)), ConfigError, "location must be a string, not the integer 3"),  # type: ignore[arg-type]
    (lambda _: Client(Target(3, "/x")), ConfigError, "a target's name is a text, not int"),  # type: ignore[arg-type]
    (lambda _: Client(Target("t", "/x", database="a;b")), ConfigError, "database 'a;b' is not a"),
    (
        lambda _: Client(Target("t", "/x", log_format=("nope",))),
        ConfigError,
        "target 't': log_format: lacks start and has unknown fields: nope",
    ),
    (
        lambda _: Client(Target("t", "s3://bucket/", request_payer="yes")),  # type: ignore[arg-type]
        ConfigError,
        "target 't': request_payer must be true or false",
    ),
    (lambda _: Client(Target("t", "/x", keys={"a": "b"})), ConfigError, "keys: unknown part 'b'"),
    (lambda _: Client("local", config_path=3), ConfigError, "config_path: a path is a text"),  # type: ignore[arg-type]
    (
        lambda _: Client("local", config_path="a\0b"),
        ConfigError,
        "config_path: 'a\\x00b' is no",
    ),
    (lambda _: Client(_target(), query_paths=3), ConfigError, "query_paths are folders, not int"),  # type: ignore[arg-type]
    (lambda _: Client(_target(), query_paths=[3]), ConfigError, "query_paths: a path is a text"),  # type: ignore[list-item]
    (lambda _: Client(_target(), query_paths="nope"), ConfigError, "query_paths: 'nope' is not a"),
    (lambda _: Client(_target(), concurrency=0), UsageError, "concurrency: 0 is not a number"),
    (lambda _: Client(_target(), concurrency="4"), UsageError, "concurrency: '4' is not a number"),  # type: ignore[arg-type]
    (lambda _: Client("nowhere", config_path="/nowhere.toml"), ConfigError, "/nowhere.toml"),
]


@pytest.mark.parametrize(("call", "kind", "told"), WRONG, ids=[told for *_, told in WRONG])
def test_what_is_wrong_raises_its_error(
    client: Client, call: Call, kind: type[FlowathenaError], told: str
) -> None:
    with pytest.raises(kind) as raised:
        call(client)
    assert isinstance(raised.value, FlowathenaError)
    assert told in str(raised.value)
    assert raised.value.exit_code == 2


@left_to_slow
def test_values_may_be_those_that_a_person_passes(client: Client) -> None:
    day = datetime(2026, 11, 2, tzinfo=UTC)
    expected = client.run("preview", since="2026-11-02", until="2026-11-03").data
    assert len(expected) == 1
    for since, until in [
        (day, day + timedelta(days=1)),
        (day.date(), "today"),
        ("yesterday", date(2026, 11, 3)),
        (timedelta(days=1), date(2026, 11, 3)),
    ]:
        window: dict[str, Any] = {"since": since, "until": until}
        assert client.run("preview", account=111122223333, **window).data == expected
        assert client.run("preview", account=[111122223333], region="eu-west-1", **window)
        planned = client.partitions.plan(**window)
        assert planned == client.partitions.plan(since="2026-11-02", until="2026-11-03")


def test_a_location_that_a_caller_wrote_is_made_like_that_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    written = Client(Target("t", f"{tmp_path}/logs/../logs/"))
    assert written.target.location == str(tmp_path / "logs")
    assert Client(Target("t", "s3://bucket/a")).target.location == "s3://bucket/a/"


def test_what_is_looked_at_says_what_it_is(client: Client) -> None:
    result = client.run("preview", **WINDOW)
    assert repr(result).startswith("<Result 3 rows of 20 columns: version integer, ")
    assert repr(client) == f"<Client of target 'local': {client.target.location}>"
    query = client.library.get("top_https_servers")
    assert repr(query) == (
        "<Query top_https_servers(port, limit): Servers that receive the most HTTPS traffic>"
    )
    rendered = client.render("ssh_rejects", **WINDOW)
    assert repr(rendered).startswith("<Rendered ssh_rejects(port=22, min_flows=1, limit=10): ")


def test_reports_say_what_they_are(tmp_path: Path) -> None:
    client = project(tmp_path)
    window: dict[str, Any] = {"since": "2026-11-01", "until": "2026-11-03"}
    planned = client.partitions.plan(**window)
    assert repr(planned).endswith(": add 3, relocate 0, stale 0, keep 0>")
    assert repr(client.partitions.sync(**window)) == "<SyncReport: added 3>"
    assert repr(client.partitions.sync(**window)) == "<SyncReport: nothing to do>"
    listed = client.partitions.list(**window)
    assert repr(listed) == "<RegisteredPartitions: 3 by aws_account, aws_region, day>"
    covered = client.partitions.status(**window)
    assert repr(covered).endswith(": 2 accounts and Regions, 0 days missing in the catalog>")


def test_the_front_door_has_what_callers_catch_and_make() -> None:
    assert flowathena.Target is Target
    kinds = [getattr(flowathena, name) for name in flowathena.__all__ if name.endswith("Error")]
    public = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, FlowathenaError) and kind.__name__[0] != "_"
    ]
    assert set(kinds) == set(public)
    assert all(getattr(flowathena, name) for name in flowathena.__all__)
    assert Path(flowathena.__file__).with_name("py.typed").exists()


def test_what_is_missing_or_damaged_raises_its_error(tmp_path: Path) -> None:
    client = project(tmp_path)
    with pytest.raises(TableMissingError):
        client.run("preview", **WINDOW)
    with pytest.raises(TableMissingError):
        client.partitions.list(everything=True)
    with pytest.raises(TableMissingError):
        client.partitions.sync(everything=True, create=False)
    client.partitions.sync(everything=True)
    bad = LogFile(DAYS[3], (), time="0010").write(tmp_path / "logs")
    bad.write_bytes(b"\x1f\x8b")
    with pytest.raises(BadFilesError) as raised:
        client.run("preview", **WINDOW)
    assert list(raised.value.files) == [str(bad)]
    result = client.run("preview", skip_bad_files=True, **WINDOW)
    assert list(result.stats.skipped_files) == [str(bad)]
    assert len(result) == 3
    shutil.rmtree(tmp_path / "logs" / "AWSLogs")
    with pytest.raises(StorageError):
        Client(config_path=tmp_path / "flowathena.toml", clock=lambda: NOW).partitions.plan()


BROKEN = "[targets.local]\nlocation = 7\n"


def test_a_target_needs_no_configuration_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "flowathena.toml").write_text(BROKEN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLOWATHENA_CONFIG", "nowhere.toml")
    target = Target("mine", str(tmp_path))
    client = Client(target)
    assert client.target is target
    assert "preview" in [query.name for query in client.queries()]


def test_a_target_and_a_file_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "own.sql").write_text(OWN)
    config = tmp_path / "flowathena.toml"
    config.write_text('query_paths = ["mine"]')
    client = Client(Target("mine", str(tmp_path)), config_path=config)
    assert client.library.get("own").title == "Own"
    config.write_text(BROKEN)
    with pytest.raises(ConfigError, match="location must be a string"):
        Client(Target("mine", str(tmp_path)), config_path=config)


OWN = '/* ---\ntitle = "Own"\n--- */\nSELECT srcaddr FROM flow_logs\n'


def test_query_paths_join_those_of_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("first", "second", "third"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"{name}.sql").write_text(OWN)
    (tmp_path / "flowathena.toml").write_text(
        'query_paths = ["first"]\n[targets.a]\nlocation = "./logs"\n'
    )
    monkeypatch.chdir(tmp_path)
    own = {"first", "second", "third"}

    def named(client: Client) -> set[str]:
        return own & set(client.library.queries)

    paths: list[str | Path] = ["second", tmp_path / "third"]
    assert named(Client(query_paths=paths)) == own
    assert named(Client(Target("a", str(tmp_path)), query_paths=paths)) == {"second", "third"}
    with pytest.raises(ConfigError, match="query_paths: 'nowhere' is not a folder"):
        Client(Target("a", str(tmp_path)), query_paths=["second", "nowhere"])


def test_the_package_offers_what_it_names() -> None:
    assert flowathena.__all__ == sorted(flowathena.__all__)
    assert all(hasattr(flowathena, name) for name in flowathena.__all__)
    assert dir(flowathena) == flowathena.__all__
