"""The tokens of a filled text are those that reading it gives."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flowathena.inputs.params import Value
from flowathena.query.query import Query
from flowathena.query.template import fill
from flowathena.sql import dialect
from flowathena.sql.dialect import Token
from flowathena.sql.splice import splice

# What may stand around a placeholder: lines, comments, quotes, words of more than one word, and
# what a literal could join.
PIECES = (
    *("{{ value }}", "{{ value }}", "{{ other }}", "\n", "\r\n", "\r", "\t", "  ", " "),
    *("-- c\n", "/* c */", "/* c\n */", "'a'", "'a\nb'", '"a"', '"a\nb"', "U&'\\0061'", "X'00'"),
    *(
        "srcaddr",
        "GROUP BY",
        "ORDER  BY",
        "GROUP\nBY",
        "FOR",
        "CURRENT",
        "NOT",
        "INTERVAL",
        "é",
        "😀",
    ),
    *("(", ")", ",", "+", "-", "*", "/", "=", "<", "||", ".", "1", "1.5", "1e5", "[", "]", ";"),
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.text(st.sampled_from("'\"\\-/*;\n\r é😀\u2028{}x%")),
)


def parts(tokens: list[Token]) -> list[tuple[object, ...]]:
    return [
        (each.token_type, each.text, each.line, each.col, each.start, each.end, each.comments)
        for each in tokens
    ]


def assert_tokens_are_those_of_the_text(sql: str, value: Value, other: Value) -> None:
    statement = fill(Query("q", "Q", sql), {"value": value, "other": other}).statement
    assert parts(statement.tokens) == parts(dialect.tokens(statement.sql))


@given(
    st.sampled_from(["", " ", "\n", "\r\n", "-- c\n", "/* c */ ", "/* c\n */\n  "]),
    st.sampled_from(["SELECT ", "SELECT\n", "SELECT /* c */ ", "WITH ", "(", "VALUES "]),
    st.lists(st.sampled_from(PIECES), max_size=12),
    VALUES,
    VALUES | st.lists(VALUES, min_size=1, max_size=3).map(tuple),
)
@example("\n", "SELECT ", ["{{ value }}", "-- c\n", "{{ other }}"], "a", -1)
@example("\n\n  ", "SELECT ", ["1", "-", "{{ value }}", "\n", "'a\nb'", "{{ other }}"], -5, (1, 2))
@example("", "SELECT ", ["FOR", "{{ value }}"], datetime(2026, 11, 1, tzinfo=UTC), date(2026, 1, 1))
@example("", "SELECT ", ["{{ value }}", "/* c */", ";", "-- c\n"], Decimal("1.5"), None)
def test_tokens_are_those_of_the_text(
    before: str, beginning: str, pieces: list[str], value: Value, other: Value
) -> None:
    text = before + beginning + " ".join(pieces)
    if dialect.unclosed_line(text) is None:
        assert_tokens_are_those_of_the_text(text, value, other)


@pytest.mark.parametrize(
    ("text", "literal"),
    [
        ("SELECT x", "'a\nb'"),
        ("SELECT x", "'a\rb'"),
        ("SELECT x, /* c */\n1", "'a\nb'"),
        ("SELECT x /* c */, 1", "(1, 2)"),
        ("/* c */ SELECT x, 1", "2"),
        ("SELECT 1, x -- c", "2"),
        ('"a\nb" x', "2"),
    ],
)
def test_lines_and_comments_are_read_again(text: str, literal: str) -> None:
    tokens = dialect.tokens(text)
    given_tokens = parts(tokens)
    place = next(each.start for each in tokens if each.text == "x")
    assert splice(tokens, {place: literal}) is None
    assert parts(tokens) == given_tokens


def test_a_literal_moves_what_follows_on_its_line_alone() -> None:
    tokens = dialect.tokens("\n SELECT x, a,\n  x, b")
    moved = splice(tokens, {9: "DATE '2026-11-01'", 17: "-1"})
    text = "SELECT DATE '2026-11-01', a,\n  -1, b"
    assert moved is not None
    assert parts(moved) == parts(dialect.tokens(text))
    assert [(each.text, each.line, each.start) for each in moved if each.text in "ab"] == [
        ("a", 1, 26),
        ("b", 2, 35),
    ]
