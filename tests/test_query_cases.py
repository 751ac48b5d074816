"""Every packaged query over records written as text, run locally, against rows worked by hand."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from flowathena import Client
from flowathena.cases.compare import difference, same_rows
from flowathena.query.library import load
from flowathena.result.result import Result
from tests.cases import Case, load_cases, write_tree
from tests.portion import first_of_each

CASES = load_cases()
# None of the cases depends on it: all of them say until.
NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def another_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs a query far from Greenwich gets the same rows."""
    monkeypatch.setenv("TZ", "America/Los_Angeles")


def client_of(case: Case, folder: Path) -> Client:
    config = folder / "flowathena.toml"
    config.write_text(
        f'[targets.local]\nlocation = "./logs"\nlog_format = {json.dumps(case.log_format)}\n'
    )
    return Client("local", config_path=config, clock=lambda: NOW)


TYPES: dict[type, set[str]] = {
    int: {"integer", "bigint"},
    str: {"varchar"},
    datetime: {"timestamp"},
    float: {"double"},
    bool: {"boolean"},
}


def is_of(kind: str, value: object) -> bool:
    """Whether Athena's type of a column fits a value as Python has it."""
    name = kind.partition("(")[0]
    if isinstance(value, Decimal):
        return name == "decimal"
    if isinstance(value, list | dict):
        return name in {"array", "map", "row"}
    return value is None or name in TYPES[type(value)]


def check(case: Case, result: Result) -> None:
    answered = (case.columns, case.rows, result.data, case.tolerance)
    assert same_rows(*answered), "\n".join(difference(*answered))


QUERIES = load().queries


def registered(case: Case, folder: Path) -> tuple[Client, Path]:
    """A target whose partitions are those of the case, and the folder of its logs."""
    client, root = client_of(case, folder), folder / "logs"
    write_tree(case, root, registered=True)
    client.partitions.sync(everything=True)
    return client, root


# The first of every query; the others vary its parameters.
@pytest.mark.parametrize("case", first_of_each(CASES, lambda case: case.query, str))
def test_rows_are_exactly_the_expected_ones_in_order(case: Case, tmp_path: Path) -> None:
    client, root = registered(case, tmp_path)
    write_tree(case, root, registered=False)
    result = client.run(case.query, **case.arguments)
    assert tuple(column.name for column in result.columns) == case.columns
    check(case, result)
    assert result.stats.warnings == ()
    assert result.stats.skipped_files == {}
    for column, values in zip(result.columns, zip(*result.data, strict=True), strict=False):
        assert all(is_of(column.type, value) for value in values), (column, values)


@pytest.mark.parametrize("case", first_of_each(CASES, lambda case: QUERIES[case.query].topic, str))
def test_without_the_records_that_must_not_count_the_rows_are_the_same(
    case: Case, tmp_path: Path
) -> None:
    client, root = registered(case, tmp_path)
    write_tree(case, root, forbidden=False)
    check(case, client.run(case.query, **case.arguments))


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_every_packaged_query_has_a_case_with_rows_that_appear_and_rows_that_do_not(
    name: str,
) -> None:
    cases = [case for case in CASES if case.query == name]
    assert any(case.rows for case in cases)
    reasons = {why for case in cases for file in case.files for why in file.must_not}
    assert len(reasons) >= 3


def test_every_case_is_of_a_packaged_query() -> None:
    assert {case.query for case in CASES} <= set(QUERIES)


WAYS: dict[str, Callable[[Case], bool]] = {
    "account filter": lambda case: bool(case.account),
    "region filter": lambda case: bool(case.region),
    "unregistered day": lambda case: any(not file.registered for file in case.files),
    "late delivery": lambda case: any(
        file.records and file.day == case.until[:10] for file in case.files
    ),
}


# The relation that all queries read is the same: these show it for every kind of window and filter.
_THROUGHOUT = frozenset(
    {
        *("preview", "rejected_by_protocol", "rejected_tcp", "ssh_rejects"),
        *("top_https_servers", "top_rejected_sources"),
    }
)


@pytest.mark.parametrize("way", WAYS)
def test_some_queries_meet(way: str) -> None:
    met = {case.query for case in CASES if WAYS[way](case)}
    assert met >= _THROUGHOUT
