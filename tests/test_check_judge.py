"""What rows mean: states, summaries, the output of a Nagios plugin."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from flowathena.check.criteria import CheckState, Criteria
from flowathena.check.result import CheckResult, judge, unknown
from flowathena.errors import EngineError, UsageError
from flowathena.query.render import Limit
from flowathena.result.result import Result, Stats

OK, WARNING, CRITICAL, UNKNOWN = CheckState


def of_rows(number: int, *, limit: int | None = None) -> Result:
    stats = Stats("duckdb", number, 0.1, reached_limit=limit)
    return Result([("n", "bigint")], [(n,) for n in range(number)], stats)


def of_values(*rows: Sequence[object], warnings: tuple[str, ...] = ()) -> Result:
    names = [("packets", "bigint"), ("odd 'name'", "double")]
    return Result(names, rows, Stats("duckdb", len(rows), 0.1, warnings=warnings))


def judged(result: Result, *, is_blind: bool = False, **criteria: Any) -> CheckResult:  # noqa: ANN401
    return judge("q", "prod", Criteria.of(**criteria), result, is_blind=is_blind)


@pytest.mark.parametrize(
    ("rows", "criteria", "state", "summary", "performance"),
    [
        (0, {"max_rows": 0}, OK, "0 rows", "rows=0;;0"),
        (1, {"max_rows": 0}, CRITICAL, "1 row, more than 0", "rows=1;;0"),
        (2, {"min_rows": 3}, CRITICAL, "2 rows, less than 3", "rows=2;;3:"),
        (3, {"min_rows": 3}, OK, "3 rows", "rows=3;;3:"),
        (3, {"min_rows": 1, "max_rows": 2}, CRITICAL, "3 rows, outside 1 to 2", "rows=3;;1:2"),
        (5, {"warn": "5", "critical": "9"}, OK, "5 rows", "rows=5;5;9"),
        (6, {"warn": "5", "critical": "9"}, WARNING, "6 rows, more than 5", "rows=6;5;9"),
        (10, {"warn": "5", "critical": "9"}, CRITICAL, "10 rows, more than 9", "rows=10;5;9"),
        (2, {"warn": "@1:3"}, WARNING, "2 rows, 1 to 3", "rows=2;@1:3"),
        (2, {"warn": "1", "max_rows": 4}, WARNING, "2 rows, more than 1", "rows=2;1;4"),
    ],
)  # fmt: skip
def test_counts(
    rows: int, criteria: dict[str, Any], state: CheckState, summary: str, performance: str
) -> None:
    result = judged(of_rows(rows), **criteria)
    assert result.state is state
    assert result.summary == f"{state}: q (prod): {summary}"
    assert result.nagios == f"FLOWATHENA {state} - q (prod): {summary} | {performance}"


@pytest.mark.parametrize(
    ("value", "state", "summary", "performance"),
    [
        (7, OK, "packets is 7", "packets=7;10;~:20"),
        (-1, WARNING, "packets is -1, outside 0 to 10", "packets=-1;10;~:20"),
        (Decimal("20.50"), CRITICAL, "packets is 20.5, more than 20", "packets=20.5;10;~:20"),
        (1e21, CRITICAL, "packets is 1000000000000000000000, more than 20",
         "packets=1000000000000000000000;10;~:20"),
    ],
)  # fmt: skip
def test_values(value: object, state: CheckState, summary: str, performance: str) -> None:
    result = judged(of_values((value, 0.5)), value="PACKETS", warn="10", critical="~:20")
    assert result.nagios == f"FLOWATHENA {state} - q (prod): {summary} | {performance}".replace(
        "packets", "PACKETS"
    )


def test_a_label_of_performance_data_is_quoted() -> None:
    result = judged(of_values((1, 0.5)), value="odd 'name'", warn="1")
    assert result.nagios.endswith(" | 'odd ''name'''=0.5;1")


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "--value needs one row; the query has 0 rows"),
        ([(1, 1.0), (2, 2.0)], "--value needs one row; the query has 2 rows"),
        ([(None, 1.0)], "packets is NULL, which is no number"),
        ([("7", 1.0)], "packets is '7', which is no number"),
        ([(True, 1.0)], "packets is True, which is no number"),
        ([(float("nan"), 1.0)], "packets is nan, which is no number"),
        ([(float("inf"), 1.0)], "packets is inf, which is no number"),
        ([(date(2026, 1, 1), 1.0)], "packets is datetime.date(2026, 1, 1), which is no number"),
    ],
)
def test_no_value_is_unknown(rows: list[tuple[object, object]], reason: str) -> None:
    result = judged(of_values(*rows), value="packets", critical="10")
    assert (result.state, result.reason) == (UNKNOWN, reason)
    assert result.nagios == f"FLOWATHENA UNKNOWN - q (prod): {reason}"


def test_a_column_that_the_result_does_not_have_is_a_wrong_request() -> None:
    with pytest.raises(UsageError, match="no column 'packet'; did you mean 'packets'"):
        judged(of_values((1, 1.0)), value="packet", critical="10")


def test_no_rows_of_no_logs_are_unknown_but_an_alert_stays_one() -> None:
    blind = of_values(warnings=("nothing is registered",))
    result = judged(blind, max_rows=0, is_blind=True)
    assert result.state is UNKNOWN
    assert result.reason == "0 rows, but no log file was read: nothing is registered"
    assert judged(blind, min_rows=1, is_blind=True).state is CRITICAL


def test_a_bar_in_the_text_does_not_begin_performance_data() -> None:
    result = judged(of_rows(1), max_rows=0, where="a || 'x' = 'bx'")
    assert result.summary == "CRITICAL: q (prod): 1 row where a || 'x' = 'bx', more than 0"
    assert result.nagios.count("|") == 1


def test_a_result_that_its_limit_cuts_has_that_many_rows_or_more() -> None:
    assert judged(of_rows(10, limit=10), max_rows=3).reason == "10 rows or more, more than 3"


def test_an_error_is_unknown_with_its_first_line() -> None:
    criteria = Criteria.of(max_rows=0)
    result = unknown("q", "prod", criteria, EngineError("it broke\nhere | and there"))
    assert result.summary == "UNKNOWN: q (prod): it broke"


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ({}, "say what is wrong"),
        ({"where": "a = 1"}, "say what is wrong"),
        ({"max_rows": -1}, "--max-rows: -1 is not a number of rows, 0 or more"),
        ({"min_rows": 0}, "--min-rows: 0 is not a number of rows, 1 or more"),
        ({"max_rows": True}, "--max-rows: True is not"),
        ({"max_rows": 1, "min_rows": 2}, "--min-rows 2 is more than --max-rows 1"),
        ({"max_rows": 1, "critical": "2"}, "say the same; give one"),
        ({"max_rows": 1, "value": "packets"}, "--value is judged by --warn and --critical"),
        ({"max_rows": 1, "where": "  "}, "--where is empty"),
        ({"max_rows": 1, "where": ""}, "--where is empty"),
        ({"warn": "x"}, "--warn: 'x' is not a range"),
    ],
)
def test_what_are_no_criteria(criteria: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Criteria.of(**criteria)


@pytest.mark.parametrize(
    ("criteria", "limit", "message"),
    [
        ({"max_rows": 10}, 10, "'more than 10' can never be said of the rows: the query has 10"),
        ({"max_rows": 9}, 10, ""),
        ({"max_rows": 10}, None, ""),
        ({"warn": "10", "critical": "5"}, 10, "'more than 10'"),
        ({"warn": "@11:20"}, 10, "'11 to 20'"),
        ({"warn": "0:"}, None, "the range 0: never alerts"),
        ({"warn": "~:"}, 10, "the range ~: never alerts"),
        ({"min_rows": 1}, 10, ""),
        ({"critical": "100", "value": "packets"}, 10, ""),
    ],
)
def test_a_check_that_could_never_alert_is_refused(
    criteria: dict[str, Any], limit: int | None, message: str
) -> None:
    made = Criteria.of(**criteria)
    given = Limit(limit, "limit") if limit else None
    if not message:
        made.refuse_unreachable(given)
        return
    with pytest.raises(UsageError, match=message) as refused:
        made.refuse_unreachable(given)
    assert "another range" in str(refused.value) or "raise limit (--limit)" in str(refused.value)
