"""Files of query cases, the comparison of answers, and what a failed case names."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena.cases.case import Case
from flowathena.cases.compare import difference, same, same_rows
from flowathena.cases.reading import parse, read
from flowathena.cases.starter import case_file
from flowathena.cases.trial import try_case
from flowathena.errors import QueryError
from flowathena.query import library
from flowathena.query.query import Query

RECORD = (
    "2 111122223333 eni-0a 10.0.1.5 10.0.2.9 50001 443 6 10 1000 1793500000 1793500060 ACCEPT OK"
)
WHOLE = f'''columns = ["srcaddr", "flows"]

[[case]]
name = "one"
since = "2026-11-01"
until = 2026-11-02
account = "111122223333"
region = ["eu-west-1", "us-east-1"]
params = {{ port = 443, hosts = ["a", "b"] }}
tolerance = {{ flows = 0.02 }}
rows = [["10.0.1.5", 1], ["NULL", 2]]

[[case.file]]
day = 2026-11-01
time = "1305"
registered = false
records = """
{RECORD}

{RECORD}
"""
[case.file.must_not]
"refused" = "{RECORD}"
'''


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_case_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE)
    (case,) = read(path)
    assert (case.query, case.name, str(case)) == ("mine", "one", "mine: one")
    assert (case.since, case.until) == ("2026-11-01", "2026-11-02")
    assert case.rows == (("10.0.1.5", 1), (None, 2))
    assert case.tolerance == {"flows": 0.02}
    assert (case.path, case.line, case.reason_lines) == (path, 3, {(0, "refused"): 23})
    (file,) = case.files
    assert (file.day, file.time, file.registered) == ("2026-11-01", "1305", False)
    assert file.records == (RECORD, RECORD)
    assert file.lines(without=["refused"]) == [file.header, RECORD, RECORD]
    assert case.options == [
        *("--since", "2026-11-01", "--until", "2026-11-02", "--account", "111122223333"),
        *("--region", "eu-west-1", "--region", "us-east-1"),
        *("--port", "443", "--hosts", "a", "--hosts", "b"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("[[case]]", "[[cases]]", 3, "unknown key 'cases'; did you mean 'case'? known: columns, "),
        ('name = "one"', 'nam = "one"', 4, "unknown key 'nam'; did you mean 'name'? known: name"),
        ('name = "one"\n', "", 3, "a case needs name"),
        ("until = 2026-11-02\n", "", 3, "a case needs until"),
        ("until = 2026-11-02", 'until = "now"', 6, "until 'now' is not a day or time: no case dep"),
        ("until = 2026-11-02", "until = 7", 6, "until must be a string, not the integer 7"),
        ('["srcaddr", "flows"]', '["srcaddr"]', 11, "row 1 has 2 values for 1 columns"),
        ('columns = ["srcaddr", "flows"]', "", 3, "a case needs the columns of its answer"),
        ('["srcaddr", "flows"]', "[1]", 1, "columns must be a list of strings, not one with oth"),
        ('["NULL", 2]', '"NULL"', 11, "row 2 must be a list of values, not the string 'NULL'"),
        ('["NULL", 2]', '["NULL"]', 11, "row 2 has 1 values for 2 columns"),
        ('["NULL", 2]', '["NULL", 10:00:00]', 11, "row 2 has a time without a day"),
        ('[["10.0.1.5", 1], ["NULL", 2]]', "7", 11, "rows must be a list of rows, not the integer"),
        ("{ flows = 0.02 }", "{ flow = 0.02 }", 10, "tolerance: 'flow' is not a column; did"),
        ("{ flows = 0.02 }", "{ flows = 2 }", 10, "tolerance.flows must be above 0 and below 1"),
        ("{ flows = 0.02 }", '{ flows = "2%" }', 10, "tolerance.flows must be a number, not the"),
        ("{ flows = 0.02 }", "0.02", 10, "tolerance must be a table, not the number 0.02"),
        ("[[case.file]]", "[[case.fil]]", 13, "unknown key 'fil'; did you mean 'file'?"),
        ("day = 2026-11-01\n", "", 13, "a file needs day"),
        ("day = 2026-11-01", 'day = "../.."', 14, "day '../..' is not a day; write 2026-11-01"),
        ('time = "1305"', 'time = "9:00"', 15, "time '9:00' is not a time such as 0005"),
        ('time = "1305"', 'account = "../../x"', 15, "account '../../x' is not an account id"),
        ('time = "1305"', 'region = "x/y"', 15, "region 'x/y' is not a Region such as eu-west-1"),
        ("registered = false", "registered = 0", 16, "registered must be true or false, not the i"),
        (f"\n\n{RECORD}\n", f"\n\n{RECORD} 9\n", 20, "a record has 15 fields, its header has 14"),
        (f'"{RECORD}"', '"2 1"', 23, "a record has 2 fields, its header has 14"),
        (f'"{RECORD}"', "2", 23, "refused must be a string, not the integer 2; put it in quotes"),
        ("until = 2026-11-02", 'header = "a b"', 6, "header: lacks start and has unknown fields"),
        ('name = "one"', "name = one", 4, "there is no valid value here; a text needs quotes"),
        ("[[case]]", "[case]", 3, "case must be tables, not a table; write [[case]]"),
    ],
)
def test_a_problem_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, told: str
) -> None:
    assert old in WHOLE
    path = written(tmp_path, WHOLE.replace(old, new, 1))
    with pytest.raises(QueryError) as raised:
        read(path)
    found = list(map(str, raised.value.problems))
    assert any(each.startswith(f"{path}:{line}: {told}") for each in found), found


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "has no case"), (b"\n\xff", ":2: is not UTF-8 text"), (None, "cannot be read: No such")],
)
def test_a_file_without_cases_is_told(tmp_path: Path, content: bytes | None, told: str) -> None:
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(QueryError, match=re.escape(told)):
        read(path)


def test_a_name_twice_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, WHOLE + WHOLE.partition("\n\n")[2])
    with pytest.raises(QueryError, match=r"mine\.toml:25: case 'one' is there twice"):
        read(path)


MOMENT = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (0.1, Decimal("0.10"), True),
        (0.1, Decimal("0.1000001"), False),
        (2, Decimal("2.00"), True),
        (2, 2.0, True),
        (9007199254740993, 9007199254740992, False),
        (9007199254740993, 9007199254740992.0, False),
        (1, True, False),
        (1, "1", False),
        (None, "", False),
        (None, None, True),
        (float("nan"), float("nan"), True),
        (float("inf"), float("inf"), True),
        (float("inf"), 1.0, False),
        (MOMENT, datetime(2026, 11, 1), False),  # noqa: DTZ001 - one without a zone is another
        (MOMENT, date(2026, 11, 1), False),
        ([1, [2]], (1, (2,)), True),
        ([1, 2], [1], False),
        ({"1": [2]}, {1: [2]}, True),
        ({"1": 2}, {1: 3}, False),
    ],
)
def test_values_are_equal_exactly(one: object, other: object, equal: bool) -> None:
    assert same(one, other) is equal


@pytest.mark.parametrize(
    ("expected", "value", "equal"),
    [(100, 102, True), (100, 98.0, True), (100, 102.01, False), (-100, -98, True), (0, 1, False)],
)
def test_a_tolerance_is_a_share_of_the_expected_value(
    expected: float, value: float, equal: bool
) -> None:
    assert same(expected, value, 0.02) is equal
    assert same_rows(["n", "m"], [[expected, 1]], [[value, 1]], {"n": 0.02}) is equal
    assert not same_rows(["n", "m"], [[1, expected]], [[1, value + 9]], {"n": 0.02})


def test_a_difference_shows_what_is_missing_and_what_is_too_much() -> None:
    columns, expected = ["host", "flows"], [["a", 1], ["b", 100], ["d", 4]]
    answer = [["a", Decimal("1.0")], ["c", 30], ["b", 101], ["d", 5]]
    assert difference(columns, expected, answer, {"flows": 0.02}) == [
        "  host  flows",
        "  ----  -----",
        "  a         1",
        "+ c        30",
        "  b       100",
        "- d         4",
        "+ d         5",
    ]
    alike = difference(["x"], [[1]], [["1"]])
    assert alike[2:4] == ["- 1", "+ 1"]
    assert "values of other types" in alike[4]
    assert difference(["x"], [], [[None]])[2:] == ["+"]


VALUES = st.none() | st.integers(-3, 3) | st.sampled_from(["", "1", "a b"]) | st.booleans()
ROWS = st.lists(st.tuples(VALUES, VALUES), max_size=4)


@given(ROWS, ROWS)
def test_a_difference_has_marks_exactly_if_the_rows_differ(
    expected: list[tuple[object, object]], answer: list[tuple[object, object]]
) -> None:
    lines = difference(["one", "two"], expected, answer)[2:]
    marks = [line[:1] for line in lines]
    equal = same_rows(["one", "two"], expected, answer)
    assert ("-" not in marks and "+" not in marks) is equal
    kept = [mark for mark in marks if mark != "-"][: len(answer)]
    assert len(kept) == len(answer)


@given(st.lists(st.tuples(st.text("ab\"\\'\n\t€", max_size=9), st.integers(-(2**63), 2**63))))
def test_rows_survive_the_file(rows: list[tuple[str, int]]) -> None:
    text = WHOLE.replace('[["10.0.1.5", 1], ["NULL", 2]]', json.dumps(rows))
    (case,) = parse(text, Path("mine.toml"))
    assert case.rows == tuple(rows)


def asked(sql: str) -> Query:
    return Query("mine", "Mine", sql)


def a_case(folder: Path, **changed: str) -> Case:
    text = WHOLE.replace('account = "111122223333"\nregion = ["eu-west-1", "us-east-1"]\n', "")
    text = text.replace('params = { port = 443, hosts = ["a", "b"] }\n', "")
    text = text.replace("registered = false\n", "").replace('["10.0.1.5", 1], ["NULL", 2]', "ROWS")
    text = text.replace("ROWS", changed.pop("rows"))
    for old, new in changed.items():
        text = text.replace(old, new)
    return read(written(folder, text))[0]


def test_a_wrong_answer_names_the_records_that_count(tmp_path: Path) -> None:
    sql = "SELECT srcaddr, count(*) AS flows FROM flow_logs GROUP BY 1 ORDER BY 1"
    outcome = try_case(asked(sql), a_case(tmp_path, rows='["10.0.1.5", 2]'))
    assert (outcome.passed, outcome.error) == (False, "")
    assert outcome.answer
    assert outcome.answer.rows == (("10.0.1.5", 3),)
    assert outcome.guilty == ((0, "refused"),)
    assert outcome.difference[2:] == ["- 10.0.1.5      2", "+ 10.0.1.5      3"]
    told = outcome.to_json()
    assert (told["outcome"], told["must_not"]) == (
        "failed",
        [{"reason": "refused", "line": outcome.case.reason_lines[0, "refused"]}],
    )


def test_a_right_answer_passes_within_its_tolerance(tmp_path: Path) -> None:
    sql = "SELECT srcaddr, 1.01 * count(*) AS flows FROM flow_logs GROUP BY 1 ORDER BY 1"
    outcome = try_case(asked(sql), a_case(tmp_path, rows='["10.0.1.5", 3]'))
    assert (outcome.passed, outcome.difference, outcome.guilty) == (True, [], ())
    assert outcome.to_json()["outcome"] == "passed"


def test_what_a_query_refuses_is_the_outcome(tmp_path: Path) -> None:
    outcome = try_case(asked("SELECT nosuch\nFROM flow_logs"), a_case(tmp_path, rows=""))
    assert (outcome.passed, outcome.answer) == (False, None)
    assert "unknown field 'nosuch'" in outcome.error
    assert outcome.to_json()["outcome"] == "error"


def test_columns_count(tmp_path: Path) -> None:
    sql = "SELECT srcaddr, count(*) AS n FROM flow_logs GROUP BY 1 ORDER BY 1"
    outcome = try_case(asked(sql), a_case(tmp_path, rows='["10.0.1.5", 3]'))
    assert not outcome.passed
    assert outcome.difference == []


def test_packaged_queries_have_their_cases_where_the_tests_have_them() -> None:
    folder = Path(__file__).with_name("cases")
    for query in library.load().queries.values():
        assert case_file(query) == folder / f"{query.name}.toml"
