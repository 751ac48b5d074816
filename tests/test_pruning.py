"""Which partitions a statement reads: by what its text asks of their keys, on this machine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowathena import Client
from flowathena.query.pruning import key_conditions
from flowathena.sql.statement import Statement
from tests.cases import LogFile, record, write_project
from tests.portion import FEW_EXAMPLES, left_to_slow

DAYS = ("2026-11-01", "2026-11-02", "2026-11-03")
ACCOUNTS = ("111122223333", "444455556666")
REGIONS = ("eu-west-1", "us-east-1")
WINDOW: dict[str, Any] = {"since": "2026-11-01", "until": "2026-11-04"}


def conditions(sql: str) -> dict[str, str]:
    return key_conditions(Statement(sql))


ASKED = {
    "SELECT 1 FROM flow_logs WHERE day = '2026-11-02'": "((day = '2026-11-02'))",
    "SELECT 1 FROM flow_logs f WHERE bytes > 1 AND (F.day > 'a' AND f.aws_region = 'b')": (
        "((day > 'a') AND (aws_region = 'b'))"
    ),
    "SELECT 1 FROM flow_logs WHERE day = 'a' OR aws_account = 'b'": (
        "((day = 'a' OR aws_account = 'b'))"
    ),
    # Two readings: what either keeps.
    "SELECT 1 FROM flow_logs a JOIN flow_logs b ON a.bytes = b.bytes "
    "WHERE a.day = 'a' AND b.day = 'b' AND a.day = b.day": "((day = 'a')) OR ((day = 'b'))",
    "SELECT 1 FROM flow_logs WHERE day = 'a' UNION ALL SELECT 2 FROM flow_logs WHERE day = 'a'": (
        "((day = 'a'))"
    ),
    "WITH own AS (SELECT * FROM flow_logs WHERE day = 'a') SELECT * FROM own WHERE day = 'b'": (
        "((day = 'a'))"
    ),
}
NOT_ASKED = [
    "SELECT 1 FROM flow_logs",
    "SELECT 1 FROM flow_logs WHERE bytes > 1",
    "SELECT 1 FROM flow_logs WHERE day = 'a' OR bytes > 1",
    "SELECT 1 FROM flow_logs WHERE day = srcaddr",
    "SELECT day = 'a' FROM flow_logs",
    "SELECT day FROM flow_logs GROUP BY day HAVING day = 'a'",
    "SELECT 1 FROM flow_logs WHERE day IN (SELECT max(day) FROM flow_logs)",
    "SELECT 1 FROM flow_logs WHERE day = 'a' UNION ALL SELECT 2 FROM flow_logs",
    # Of a row that found no partner, WHERE says nothing about the other side's partitions.
    (
        "SELECT 1 FROM flow_logs a LEFT JOIN flow_logs b ON a.bytes = b.bytes "
        "WHERE a.day = 'a' AND coalesce(b.day, 'x') = 'x'"
    ),
    "SELECT 1 FROM flow_logs a JOIN flow_logs b ON a.bytes = b.bytes WHERE day = 'a'",
    "SELECT 1 FROM flow_logs TABLESAMPLE BERNOULLI (50) WHERE day = 'a'",
    "SELECT 1 FROM flow_logs WHERE day > cast(random() AS varchar)",
]


@pytest.mark.parametrize(("sql", "expected"), ASKED.items(), ids=range(len(ASKED)))
def test_conditions_on_keys_alone_are_taken(sql: str, expected: str) -> None:
    assert conditions(sql) == {"flow_logs": expected}


@pytest.mark.parametrize("sql", NOT_ASKED)
def test_of_other_statements_every_partition_is_kept(sql: str) -> None:
    assert conditions(sql) == {}


def test_each_relation_has_its_own() -> None:
    sql = (
        "SELECT 1 FROM flow_logs WHERE day = 'a' "
        "UNION ALL SELECT 2 FROM flow_logs_before WHERE day = 'b'"
    )
    assert conditions(sql) == {
        "flow_logs": "((day = 'a'))",
        "flow_logs_before": "((day = 'b'))",
    }


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A file a day, account and Region."""
    folder = tmp_path_factory.mktemp("pruning")
    logs = [
        LogFile(day, (record(f"{day}T12:00:00", account_id=account),), account, region)
        for day in DAYS
        for account in ACCOUNTS
        for region in REGIONS
    ]
    write_project(folder, *logs, registered=True)
    return Client("local", config_path=folder / "flowathena.toml")


def files(client: Client, where: str) -> int | None:
    return client.sql(f"SELECT count(*) AS n FROM flow_logs WHERE {where}", **WINDOW).stats.files


COUNTS = {
    "true": 12,
    "day = '2026-11-02'": 4,
    "day = '2026-11-02' AND aws_region = 'eu-west-1' AND bytes > 5": 2,
    "day > '2026-11-01' AND aws_account IN ('444455556666', '999999999999')": 4,
    "day_of_week(cast(day AS date)) = 7": 4,  # 1 November 2026 was a Sunday
    "day = '2027-01-01'": 0,
    "cast(aws_region AS integer) = 1 OR true": 12,
    "day LIKE '%-02' OR bytes > 5": 12,
}


@pytest.mark.parametrize(("where", "expected"), COUNTS.items())
def test_no_file_of_another_partition_is_read(client: Client, where: str, expected: int) -> None:
    assert files(client, where) == expected


def test_damage_in_a_partition_that_is_not_read_costs_nothing(tmp_path: Path) -> None:
    logs = [LogFile(day, (record(f"{day}T12:00:00"),)) for day in DAYS]
    root = write_project(tmp_path, *logs, registered=True)
    (root / logs[0].key).write_bytes(b"\x1f\x8b broken")
    client = Client("local", config_path=tmp_path / "flowathena.toml")
    assert files(client, "day > '2026-11-01'") == 2


def _comparison(column: str, values: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda operator, value: f"{column} {operator} '{value}'",
        st.sampled_from(["=", "<>", "<", ">=", "LIKE"]),
        st.sampled_from(values),
    )


leaves = st.one_of(
    _comparison("day", DAYS),
    _comparison("aws_account", ACCOUNTS),
    _comparison("aws_region", REGIONS),
    st.sampled_from(["bytes > 5", "bytes < 5", "day IS NULL", "srcaddr = day"]),
)
_joined: Callable[[str, str, str], str] = "({} {} {})".format
wheres = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(_joined, inner, st.sampled_from(["AND", "OR"]), inner),
        inner.map("NOT ({})".format),
    ),
    max_leaves=5,
)


@left_to_slow
@settings(max_examples=FEW_EXAMPLES)
@given(wheres)
def test_the_rows_are_those_of_all_partitions(client: Client, where: str) -> None:
    """The other way asks each row of a statement that reads every partition."""
    whole = "SELECT day, aws_account, aws_region, {} AS kept FROM flow_logs"
    rows = client.sql(whole.format(f"({where})"), **WINDOW).rows()
    expected = sorted(tuple(row.values())[:3] for row in rows if row["kept"])
    kept = client.sql(
        f"SELECT day, aws_account, aws_region FROM flow_logs WHERE {where}", **WINDOW
    ).rows()
    assert sorted(tuple(row.values()) for row in kept) == expected
