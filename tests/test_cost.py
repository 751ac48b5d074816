"""Prices, sizes, scans and estimates, worked out by hand."""

import sqlite3
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena import Client, CostError, SpendingLimits, UsageError
from flowathena.catalog import wanted
from flowathena.cost import price
from flowathena.cost.estimate import Estimate, Footer, Reading, SourceEstimate, estimate
from flowathena.cost.price import LOCAL, Price, billed_bytes, price_in, usd
from flowathena.cost.sizes import SMALL_BYTES, FolderSize, SizeCache, measure, size_of
from flowathena.inputs.size import parse_size
from flowathena.query.readings import columns_read, count_scans
from flowathena.sample import generate
from flowathena.shape.shape import FlowTable
from flowathena.sql.statement import Statement
from flowathena.storage import Object
from flowathena.storage.parquet_schema import Chunk
from flowathena.target.config import cache_folder
from flowathena.target.target import Target
from tests.shell import Shell

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
PRICE = Price(5.0, "eu-west-1")


@pytest.mark.parametrize(
    ("scanned", "billed"),
    [
        (0, 10_000_000),
        (1, 10_000_000),
        (10_000_000, 10_000_000),
        (10_000_001, 11_000_000),
        (12_000_000, 12_000_000),
        (10**12 - 1, 10**12),
    ],
)
def test_a_query_is_billed_by_the_megabyte_and_for_ten_at_least(scanned: int, billed: int) -> None:
    assert billed_bytes(scanned) == billed


def test_prices() -> None:
    assert PRICE.cost_usd(3 * 10**12) == 15.0
    assert price_in("us-east-1").usd_per_tb == 5.0
    assert price_in("us-east-1").checked == date(2026, 11, 20)
    assert price_in("xx-north-9").cost_usd(10**12) is None
    assert price_in("xx-north-9", 7.5).cost_usd(2 * 10**12) == 15.0
    assert LOCAL.cost_usd(10**15) == 0.0


def test_amounts_for_people() -> None:
    assert [usd(each) for each in (None, 0.0, 0.00005, 0.0012, 0.157, 1234.5)] == [
        *("price unknown", "0.00 USD", "0.000050 USD", "0.0012 USD", "0.16 USD", "1234.50 USD")
    ]


def test_every_entry_of_the_table_of_prices_is_a_price() -> None:
    prices, checked = price._prices()  # noqa: SLF001 - the whole table
    assert len(prices) >= 6
    assert all(0 < each < 50 for each in prices.values())
    assert checked <= date(2026, 12, 31)


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("20GB", 20 * 10**9),
        ("500 mb", 500 * 10**6),
        ("1.5TB", 1_500_000_000_000),
        ("1KiB", 1024),
        ("2GiB", 2 * 2**30),
        ("7", 7),
        ("7b", 7),
        ("10k", 10_000),
    ],
)
def test_sizes(text: str, size_bytes: int) -> None:
    assert parse_size(text) == size_bytes


@pytest.mark.parametrize(
    "text", ["", "GB", "-1GB", "1e3", "1 PB", "1iB", "0", "0.4B", "1GB/s", "\u0661GB"]
)
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a size|less than a byte"):
        parse_size(text)


@given(st.integers(1, 10**15))
def test_a_number_of_bytes_is_a_size(number: int) -> None:
    assert parse_size(f"{number}B") == number


FLOW = "flow_logs AS (SELECT srcaddr FROM d.t)"
_TWICE = (
    "WITH a AS (SELECT * FROM flow_logs), b AS (SELECT * FROM a UNION ALL SELECT * FROM a) "
    "SELECT 1 AS n FROM b, b AS c, flow_logs"
)
_INNER = (
    "WITH a AS (SELECT * FROM flow_logs) SELECT 1 AS n FROM a WHERE EXISTS "
    "(WITH a AS (SELECT 1) SELECT * FROM a)"
)
# A name means the expression before it, not itself.
_SAME_NAME = (
    "WITH a AS (SELECT * FROM flow_logs), b AS (WITH a AS (SELECT * FROM a) SELECT * FROM a) "
    "SELECT 1 AS n FROM b"
)
_RECURSIVE = (
    "WITH RECURSIVE a(n) AS (SELECT n FROM flow_logs UNION ALL SELECT n FROM a) SELECT n FROM a"
)


@pytest.mark.parametrize(
    ("sql", "scans"),
    [
        ("SELECT 1 AS n", 0),
        ("SELECT count(*) AS n FROM flow_logs", 1),
        ("SELECT 1 AS n FROM flow_logs AS a JOIN FLOW_LOGS AS b ON a.x = b.x", 2),
        ("SELECT 1 AS n FROM flow_logs WHERE x IN (SELECT x FROM flow_logs)", 2),
        ("WITH a AS (SELECT * FROM flow_logs) SELECT 1 AS n FROM a", 1),
        ("WITH a AS (SELECT * FROM flow_logs) SELECT 1 AS n FROM a JOIN a AS b ON true", 2),
        # Nobody reads it: it is not run.
        ("WITH a AS (SELECT * FROM flow_logs) SELECT 1 AS n", 0),
        (_TWICE, 5),
        # Another table of the same name hides it.
        ("SELECT 1 AS n FROM (WITH flow_logs AS (SELECT 1) SELECT * FROM flow_logs) AS x", 0),
        (_INNER, 1),
        (_SAME_NAME, 1),
        (_RECURSIVE, 1),
    ],
)
def test_how_often_a_statement_scans_its_table(sql: str, scans: int) -> None:
    statement = Statement(sql)
    with_relation = statement.with_ctes([FLOW])
    assert count_scans(with_relation, "flow_logs") == scans
    # The same from the text alone, which is parsed anew.
    assert count_scans(Statement(with_relation.sql), "flow_logs") == scans


def _source(name: str = "t", file_format: str = "text") -> FlowTable:
    return wanted.expected_source(Target("t", "s3://b/", table=name, file_format=file_format))


def test_the_columns_that_are_read_are_those_of_the_files() -> None:
    source = _source()
    sql = (
        'WITH flow_logs AS (SELECT "srcaddr" AS a, nullif("dstaddr", \'-\') AS b, "day" FROM '
        '"flowathena"."t" WHERE "day" = \'x\' AND "start" >= 5 AND "$path" <> \'\'), '
        'flow_logs_before AS (SELECT "bytes" FROM "flowathena"."t") '
        "SELECT srcport FROM flow_logs"
    )
    statement = Statement(sql)
    assert columns_read(statement, "flow_logs", source) == {"srcaddr", "dstaddr", "start"}
    assert columns_read(statement, "flow_logs_before", source) == {"bytes"}
    assert columns_read(statement, "flow_logs", _source("other")) == frozenset()


def _object(key: str, size_bytes: int, storage_class: str = "") -> Object:
    return Object(key, size_bytes, NOW, storage_class)


def test_the_size_of_a_folder_is_that_of_what_athena_reads() -> None:
    large = SMALL_BYTES + 1
    objects = [
        _object("a/_b/2026/x.log.gz", 5),
        _object("a/_b/2026/", 0),
        _object("a/_b/2026/_hidden/y.log.gz", 7),
        _object("a/_b/2026/.z", 11),
        _object("a/_b/2026/cold.log.gz", 13, "DEEP_ARCHIVE"),
        _object("a/_b/2026/12/w.log.gz", large, "STANDARD_IA"),
    ]
    # What the folder itself is called hides nothing.
    assert size_of(objects, "a/_b/2026/") == FolderSize(
        2, 5 + large, 5, "a/_b/2026/12/w.log.gz", large
    )
    assert size_of([], "a/") == FolderSize()


def test_sizes_of_days_that_are_over_are_kept_for_a_week(tmp_path: Path) -> None:
    days = {"s3://b/old/": date(2026, 11, 16), "s3://b/new/": date(2026, 11, 17), "s3://b/x/": None}
    asked: list[str] = []

    def list_size(location: str) -> FolderSize:
        asked.append(location)
        return FolderSize(1, len(location), len(location), location, len(location))

    def sizes(now: datetime, scope: str = "here") -> dict[str, FolderSize]:
        asked.clear()
        return measure(days, list_size, SizeCache(tmp_path, scope, now), 2)

    # 16 November ends on the 17th at midnight, and three days later it is over for good.
    midnight = datetime(2026, 11, 20, tzinfo=UTC)
    expected = sizes(midnight - timedelta(seconds=1))
    sizes(midnight)
    assert len(asked) == 3
    assert sizes(midnight + timedelta(hours=1)) == expected
    assert sorted(asked) == ["s3://b/new/", "s3://b/x/"]
    sizes(midnight + timedelta(hours=1), "elsewhere")
    assert len(asked) == 3
    sizes(midnight + timedelta(days=7, seconds=1))
    assert "s3://b/old/" in asked
    # A clock that was wrong: what was listed in the future is not believed.
    sizes(midnight - timedelta(days=1))
    assert len(asked) == 3


def test_a_cache_that_cannot_be_used_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    size = {"s3://b/": FolderSize(1, 2, 2, "k", 2)}
    for folder in (None, tmp_path / "file"):
        cache = SizeCache(folder, "", NOW)
        cache.write(size)
        assert cache.read(size) == {}
    locked = SizeCache(tmp_path, "", NOW)
    locked.write(size)
    assert locked.read(size) == size
    with sqlite3.connect(tmp_path / "sizes.sqlite") as database:
        database.execute("DROP TABLE sizes")
    assert locked.read(size) == {}
    assert (tmp_path / "sizes.sqlite").exists()


def test_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert cache_folder({"FLOWATHENA_CACHE": "mine"}) == tmp_path / "mine"
    assert cache_folder({"XDG_CACHE_HOME": "/caches"}) == Path("/caches/flowathena")
    assert cache_folder({"FLOWATHENA_CACHE": ""}) == Path.home() / ".cache" / "flowathena"


def _no_footer(location: str, _size: FolderSize) -> Footer:
    raise AssertionError(location)


def _chunks(*columns: tuple[str, int]) -> tuple[Chunk, ...]:
    """Chunks one after the other."""
    starts = accumulate((size for _, size in columns), initial=4)
    return tuple(Chunk(name, at, size) for (name, size), at in zip(columns, starts, strict=False))


def test_little_that_lies_between_two_columns_is_read_with_them() -> None:
    mega = 2**20
    near = Footer(0, _chunks(("a", 10), ("b", mega), ("c", 10), ("d", mega + 1), ("e", 10)))
    assert near.read_bytes(frozenset({"a"})) == 10
    assert near.read_bytes(frozenset({"a", "c"})) == 10 + mega + 10
    assert near.read_bytes(frozenset({"c", "e"})) == 20
    assert near.read_bytes(frozenset({"a", "c", "e"})) == 10 + mega + 10 + 10
    assert near.read_bytes(frozenset()) == 0
    # Not more than 8 MB at once; each piece is near the one before.
    long = Footer(0, _chunks(*[("a", 4 * mega), ("b", 1)] * 3))
    assert long.read_bytes(frozenset({"a"})) == 12 * mega


def _values(day: int) -> tuple[str, ...]:
    return ("111122223333", "eu-west-1", f"2026-11-{day:02d}")


def test_an_estimate_of_text_is_its_bytes_as_often_as_they_are_read() -> None:
    now, before = {_values(2): "s3://b/2/"}, {_values(1): "s3://b/1/", _values(2): "s3://b/2/"}
    sizes = {"s3://b/1/": FolderSize(3, 100, 100), "s3://b/2/": FolderSize(1, 10, 10)}
    source = _source()
    found = estimate(
        [Reading(source, now, 2), Reading(source, before, 1)], sizes, _no_footer, PRICE
    )
    (of_table,) = found.sources
    assert (of_table.partitions, of_table.objects, of_table.stored_bytes) == (2, 4, 110)
    assert found.scanned_bytes == 2 * 10 + 110
    assert of_table.days == {date(2026, 11, 1): 100, date(2026, 11, 2): 30}
    assert found.largest_days(1) == [(date(2026, 11, 1), 100)]


def test_an_estimate_of_parquet_is_the_share_of_its_columns() -> None:
    source = _source(file_format="parquet")
    large = 10 * SMALL_BYTES
    sizes = {
        "s3://b/1/": FolderSize(2, large + 1000, 1000, "1/large", large),
        "s3://b/2/": FolderSize(5, 5000, 5000, "2/small", 1500),
    }
    read: list[str] = []

    def footer(_location: str, size: FolderSize) -> Footer:
        read.append(size.largest_key)
        return Footer(large, _chunks(("srcaddr", large // 2), ("bytes", large // 4)))

    locations = {_values(1): "s3://b/1/", _values(2): "s3://b/2/"}
    reading = Reading(source, locations, 1, frozenset({"bytes", "unheard_of"}))
    found = estimate([reading], sizes, footer, PRICE)
    # A quarter of the large object and its footer; small objects are read whole.
    assert found.scanned_bytes == large // 4 + 48 * 1024 + 1000 + 5000
    assert read == ["1/large"]


def test_few_footers_are_read_of_many_folders() -> None:
    large = 2 * SMALL_BYTES
    locations = {_values(day): f"s3://b/{day:02d}/" for day in range(1, 31)}
    sizes = {at: FolderSize(1, large, 0, at, large) for at in locations.values()}
    read: list[str] = []

    def footer(location: str, _size: FolderSize) -> Footer:
        read.append(location)
        return Footer(large, _chunks(("bytes", large)))

    reading = Reading(_source(file_format="parquet"), locations, 1, frozenset({"bytes"}))
    found = estimate([reading], sizes, footer, PRICE)
    assert read == [f"s3://b/{day:02d}/" for day in range(1, 31, 4)]
    assert found.scanned_bytes == 30 * (large + 48 * 1024)


def _estimate(scanned: int, price: Price = PRICE, cutoff: int | None = None) -> Estimate:
    day = {date(2026, 11, 1): scanned}
    return Estimate((SourceEstimate("d.t", "text", 1, 1, scanned, scanned, day),), price, cutoff)


def test_limits_are_the_most_that_is_allowed() -> None:
    SpendingLimits(20_000_000, 0.0001).check(_estimate(20_000_000, cutoff=20_000_000))
    for limits, cutoff in (
        (SpendingLimits(max_scan_bytes=19_999_999), None),
        (SpendingLimits(max_cost_usd=0.0000999), None),
        (SpendingLimits(), 19_999_999),
    ):
        with pytest.raises(CostError) as caught:
            limits.check(_estimate(20_000_000, cutoff=cutoff), "wg")
        assert caught.value.exit_code == 5
        assert str(caught.value).startswith(
            "not run: it would scan 20.0 MB (0.0001 USD) in 1 partition, more than "
        )


def test_a_limit_of_money_needs_a_price() -> None:
    unknown = _estimate(1, price_in("xx-north-9"))
    SpendingLimits(max_scan_bytes=1).check(unknown)
    with pytest.raises(UsageError, match="the price of Athena in xx-north-9 is not known"):
        SpendingLimits(max_cost_usd=1000).check(unknown)


def test_limits_of_a_call_go_before_those_of_the_target() -> None:
    usual = SpendingLimits(5, 0.5)
    assert SpendingLimits(7).or_else(usual) == SpendingLimits(7, 0.5)
    assert SpendingLimits(max_cost_usd=0.0).or_else(usual) == SpendingLimits(5, 0.0)


@pytest.fixture
def laptop(tmp_path: Path) -> Shell:
    generate(tmp_path / "logs", until=date(2026, 11, 8), days=3, records=300)
    shell = Shell(tmp_path)
    shell.run("init", "logs")
    shell.run("partitions", "sync", "--all")
    return shell


@pytest.mark.parametrize(
    "words", [("run", "top_https_servers"), ("sql", "SELECT * FROM flow_logs")]
)
def test_on_this_machine_bytes_are_told_and_cost_nothing(
    laptop: Shell, words: tuple[str, ...]
) -> None:
    window = ("--since", "2026-11-05", "--until", "2026-11-07")
    files = [
        path for path in (laptop.folder / "logs").rglob("*.log.gz")
        if path.parent.name in {"05", "06", "07"}
    ]  # fmt: skip
    expected = sum(path.stat().st_size for path in files)
    found = laptop.run(*words, *window, "--estimate", "--format", "json").json
    assert (found["scanned_bytes"], found["objects"]) == (expected, len(files))
    assert (found["cost_usd"], found["region"]) == (0.0, "this machine")
    line = laptop.refused(*words, *window, "--max-scan", f"{expected - 1}B", code=5)
    assert "(0.00 USD)" in line
    done = laptop.run("-v", *words, *window, "--max-scan", f"{expected}B")
    assert f"({expected} bytes)" in done.err
    assert "USD" not in done.err
    with_nothing = laptop.run(*words, *window, "--max-cost", "0")
    assert "USD" not in with_nothing.err


def test_what_only_athena_has_is_refused_for_a_folder(laptop: Shell) -> None:
    for words in (("history",), ("results", "x"), ("run", "preview", "--no-wait")):
        assert "whose runs do not go to Athena" in laptop.refused(*words)
    done = laptop.run("run", "preview", "--since", "2026-11-05", "--reuse", "60m")
    assert "no earlier result is reused: the local engine keeps none" in done.err


def test_a_client_of_a_folder_counts_a_file_once(laptop: Shell) -> None:
    client = Client(config_path=laptop.folder / "flowathena.toml")
    sql = "SELECT count(*) AS n FROM flow_logs AS a CROSS JOIN (SELECT 1 FROM flow_logs) AS b"
    window = {"since": "2026-11-05", "until": "2026-11-06"}
    found = client.estimate_sql(sql, **window)  # type: ignore[arg-type] # texts
    result = client.sql(sql, since="2026-11-05", until="2026-11-06")
    assert found.scanned_bytes == result.stats.scanned_bytes
    assert result.stats.cost_usd == 0.0
