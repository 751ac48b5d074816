"""Fills in a saved query: its Jinja placeholders become SQL literals; pure.

Values never enter the text that is parsed. Jinja replaces each ``{{ value }}`` with a marker, the
marked text is split into tokens, and every marker must be a token of its own: inside quotes, a
comment or a name it is refused. Only then do literals replace the markers. So no value, however
hostile, can change the structure of the statement.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from jinja2 import Undefined
from sqlglot.errors import SqlglotError

from flowathena.errors import QueryError
from flowathena.inputs.params import Value
from flowathena.query import sandbox
from flowathena.query.query import Query
from flowathena.query.sandbox import TemplateProblemError
from flowathena.sql import dialect
from flowathena.sql.dialect import Token, TokenType
from flowathena.sql.splice import splice
from flowathena.sql.statement import Statement

_MARKER = "flowathena_hole_{}_"
_MARKED = re.compile(r"flowathena_hole_([0-9]+)_")
_QUOTE = "'"
_LONG = 1000  # values of a list
_JOINED = re.compile(r"[\w'\"`$.@:&]")


@dataclass(frozen=True)
class FilledQuery:
    """A statement without placeholders, and its first line in the query's text (from 1)."""

    statement: Statement
    first_line: int


def fill(query: Query, values: Mapping[str, Value], width: int = 0) -> FilledQuery:
    """Replace the placeholders; comments before and after, and a final ``;``, are dropped.

    Args:
        query: the query.
        values: a typed value for every parameter.
        width: the number of columns of ``flow_logs``, which ``ordinals`` counts from 1.

    Raises:
        QueryError: the template is invalid, or a placeholder is not a token of its own.
    """
    literals: list[str] = []
    marked = _render(query, literals, {**values, "ordinals": range(1, width + 1)})
    whole = Statement(marked)
    tokens = list(_tokens(query, whole))
    if tokens and tokens[-1].token_type is TokenType.SEMICOLON:
        tokens.pop()
    if not tokens:
        raise QueryError([query.problem("contains no statement", 1)])
    markers = [token for token in tokens if _is_marker(token, marked)]
    _refuse_other_markers(query, marked, markers)
    start, end = tokens[0].start, tokens[-1].end + 1
    replacing = {token.start: _literal(token, literals) for token in markers}
    sql = "".join(_pieces(marked, start, end, markers, replacing))
    # Keep the tokens that exist already.
    statement = whole if sql == marked else Statement(sql, splice(tokens, replacing))
    return FilledQuery(statement, marked.count("\n", 0, start) + 1)


def placeholders(query: Query) -> frozenset[str]:
    """The names of the parameters that a query's text uses.

    Raises:
        QueryError: the template is invalid, or uses what a saved query may not.
    """
    if not query.is_template:
        return frozenset()
    try:
        return sandbox.names(query.sql) - {"loop", "ordinals"}
    except TemplateProblemError as error:
        raise QueryError([query.problem(*each) for each in error.problems]) from error


def to_literal(value: object) -> str:
    """A value as a literal in Athena SQL.

    Raises:
        TypeError: values of this type have no literal.
        ValueError: it is an empty list: Athena has no ``IN ()``.
    """
    if value is None:
        return "NULL"
    if isinstance(value, list | tuple):
        if not value:
            raise ValueError("an empty list has no literal; write {% if NAME %} around it")
        return f"({', '.join(map(to_literal, value))})"
    for kind, write in _LITERALS.items():  # bool before int, datetime before date: they inherit
        if isinstance(value, kind):
            return write(value)
    raise TypeError(f"a value of type {type(value).__name__} has no literal")


def _timestamp(value: datetime) -> str:
    moment = value.astimezone(UTC)
    text = moment.replace(tzinfo=None).isoformat(" ", timespec="milliseconds")
    return f"TIMESTAMP '{text}'"


_LITERALS: dict[type, Callable[[Any], str]] = {
    bool: lambda value: "TRUE" if value else "FALSE",
    int: str,
    Decimal: lambda value: format(value, "f"),
    # str's own method: a filter may return Jinja's Markup, whose replace escapes HTML.
    str: lambda value: f"'{str.replace(value, _QUOTE, _QUOTE * 2)}'",
    datetime: _timestamp,
    date: lambda value: f"DATE '{value.isoformat()}'",
}


def _render(query: Query, literals: list[str], values: Mapping[str, object]) -> str:
    if _MARKED.search(query.sql):
        raise QueryError([query.problem("uses a name reserved for placeholders")])
    if not query.is_template:
        return query.sql

    def put_marker(value: object) -> str:
        """Collect the literal of a value; the marker's number is its place in the list."""
        if isinstance(value, Undefined):
            str(value)  # StrictUndefined raises an error that names the variable
        literals.append(to_literal(value))
        return _MARKER.format(len(literals) - 1)

    try:
        return sandbox.render(query.sql, values, put_marker)
    except TemplateProblemError as error:
        long = _longest(values)
        problems = [
            query.problem(f"{what}{long}" if " more than " in what else what, line)
            for what, line in error.problems
        ]
        raise QueryError(problems) from error


def _longest(values: Mapping[str, object]) -> str:
    """The longest list given, which has probably made the template too large; or nothing."""
    lists = {name: len(each) for name, each in values.items() if isinstance(each, list | tuple)}
    name = max(lists, key=lists.__getitem__, default="")
    if not name or lists[name] < _LONG:
        return ""
    return f"; {name} has {lists[name]:,} values: give fewer at a time"


def _tokens(query: Query, marked: Statement) -> list[Token]:
    try:
        return marked.tokens
    except SqlglotError as error:
        reason = dialect.describe_error(error)
        line = dialect.unclosed_line(marked.sql)
        raise QueryError([query.problem(f"cannot be read as SQL: {reason}", line)]) from error


def _is_marker(token: Token, marked: str) -> bool:
    # The text in the statement counts and not the token's: that of a quoted name is the same. A
    # literal must not touch what is next to it, either: 'a''b' is one text, not two.
    marker = _MARKED.match(marked, token.start)
    if marker is None or marker.end() != token.end + 1:
        return False
    before = marked[token.start - 1 : token.start]
    return not _JOINED.match(before) and not _JOINED.match(marked, token.end + 1)


def _refuse_other_markers(query: Query, marked: str, markers: list[Token]) -> None:
    """Refuse markers that are not tokens of their own: inside quotes, a comment or a name."""
    starts = {token.start for token in markers}
    problems = [
        query.problem(
            "a placeholder is inside quotes, a comment or a name; write it bare, "
            "its value gets quotes",
            marked.count("\n", 0, match.start()) + 1,
        )
        for match in _MARKED.finditer(marked)
        if match.start() not in starts
    ]
    if problems:
        raise QueryError(problems)


def _literal(marker: Token, literals: list[str]) -> str:
    """What replaces a marker."""
    match = _MARKED.fullmatch(marker.text)
    literal = literals[int(match[1])] if match else ""
    # In ``a-{{ b }}`` a negative value would make ``--``, which begins a comment.
    return f" {literal}" if literal.startswith("-") else literal


def _pieces(
    marked: str, start: int, end: int, markers: list[Token], literals: Mapping[int, str]
) -> Iterator[str]:
    """The text between the markers, and the literal that replaces each of them."""
    at = start
    for token in markers:
        yield marked[at : token.start]
        yield literals[token.start]
        at = token.end + 1
    yield marked[at:end]
