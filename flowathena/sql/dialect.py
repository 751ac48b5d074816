"""Athena's SQL through sqlglot: tokens and trees of its query (Trino) dialect."""

import logging
import re
from collections.abc import Callable
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, SqlglotError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from flowathena.errors import FlowathenaError
from flowathena.text import one_line

__all__ = [
    "FORMS",
    "NAME",
    "Token",
    "TokenType",
    "describe_error",
    "parse",
    "syntax_errors",
    "tokens",
    "unclosed_line",
    "written",
]

# sqlglot warns on this logger when it keeps a statement as opaque text; we refuse those.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

NAME = "trino"
"""sqlglot's name for the dialect of Athena queries."""

FORMS = (
    *("CAST", "TRY_CAST", "EXTRACT", "POSITION", "NORMALIZE", "TRIM", "SUBSTRING", "LISTAGG"),
    *("JSON_VALUE", "JSON_QUERY", "JSON_OBJECT", "JSON_TABLE"),
)
"""Athena's functions with a grammar of their own, such as ``CAST(x AS bigint)``."""

_UNDERLINE = re.compile(r"\x1b\[[0-9;]*m")
_QUOTED_OR_COMMENT = re.compile(
    r"""'[^']*'|"[^"]*"|--[^\n]*|/\*.*?\*/|(?P<open>'|"|/\*)""", re.DOTALL
)
_TRINO = Trino()
_Parser = Trino.parser_class


_DECIMAL = re.compile(r"[+-]?0*([0-9]*)(?:\.([0-9]*))?")


def _decimal_literal(parser: Any, this: exp.Literal, kind: exp.DataType) -> exp.Expr:  # noqa: ANN401 - sqlglot's parser
    """``DECIMAL '1.50'`` has the digits that are written; sqlglot would make it decimal(38, 0)."""
    written = _DECIMAL.fullmatch(this.name)
    if written and not kind.expressions and any(map(str.isdigit, this.name)):
        whole, fraction = written.groups(default="")
        digits = max(1, len(whole + fraction))
        kind = exp.DataType.build(f"decimal({digits}, {len(fraction)})", dialect=NAME)
    made: exp.Expr = parser.expression(exp.Cast(this=this, to=kind))
    return made


class _CallParser(_Parser):  # type: ignore[valid-type, misc]
    """Reads every call as written: an ``Anonymous`` node with name, arguments and position.

    sqlglot's own parser turns the calls it knows from any database into nodes of their own, under
    other names, and refuses some for their number of arguments in words of its own.
    """

    FUNCTIONS: ClassVar[dict[str, Callable[..., Any]]] = {}
    FUNCTION_PARSERS: ClassVar[dict[str, Callable[..., Any]]] = {
        name: _Parser.FUNCTION_PARSERS[name] for name in FORMS
    }
    TYPE_LITERAL_PARSERS: ClassVar[dict[exp.DType, Callable[..., Any]]] = {
        **_Parser.TYPE_LITERAL_PARSERS,
        exp.DType.DECIMAL: _decimal_literal,
    }
    # Without IF, which is a call in Athena.
    NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Callable[..., Any]]] = {
        name: _Parser.NO_PAREN_FUNCTION_PARSERS[name] for name in ("ANY", "CASE")
    }


def tokens(sql: str) -> list[Token]:
    """The tokens of a text, each with ``start`` and ``end`` (included) offsets, without comments.

    Raises:
        sqlglot.errors.SqlglotError: a quote or comment is not closed.
    """
    return list(_TRINO.tokenize(sql))


def parse(tokens: list[Token], sql: str) -> list[exp.Expr]:
    """The trees of the statements of a text, from its tokens.

    Raises:
        sqlglot.errors.SqlglotError: the text is not SQL.
        FlowathenaError: a compiled sqlglot is installed.
    """
    try:
        parser = _CallParser(dialect=_TRINO)
    except TypeError as error:
        raise FlowathenaError(
            "sqlglotc is installed, whose compiled parser cannot be extended, as flowathena does: "
            "run 'pip uninstall sqlglotc' (sqlglot itself stays)"
        ) from error
    trees = parser.parse(tokens, sql)
    return [tree for tree in trees if tree is not None]


def written(node: exp.Expr) -> str:
    """A part of a tree as text for a message, functions in lower case."""
    return one_line(node.sql(dialect=_TRINO, normalize_functions=False))


def describe_error(error: SqlglotError) -> str:
    """What is wrong with a text that sqlglot cannot read, on one line."""
    if isinstance(error, TokenError):  # sqlglot says only where it began to read
        return "a quote or comment is not closed"
    if isinstance(error, ParseError) and error.errors:
        return syntax_errors(error)[0][0]
    return one_line(_UNDERLINE.sub("", str(error)))


def syntax_errors(error: ParseError) -> list[tuple[str, int]]:
    """Everything that is wrong, each on one line, with its line in the text from 1."""
    found = []
    for detail in error.errors:
        near = f" near {detail['highlight']!r}" if detail.get("highlight") else ""
        reason = str(detail["description"])
        if reason.startswith("Required keyword"):  # goes on with the name of a class of sqlglot
            reason = "an operand or clause is missing"
        found.append((one_line(reason + near), int(detail.get("line") or 1)))
    return found


def unclosed_line(sql: str) -> int | None:
    """The line, from 1, of the first quote or comment that is not closed; None if all are."""
    for match in _QUOTED_OR_COMMENT.finditer(sql):
        if match.lastgroup == "open":
            return sql.count("\n", 0, match.start()) + 1
    return None
