"""Athena's SQL through sqlglot: tokens and trees of its query (Trino) dialect."""

import logging
from collections.abc import Callable
from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import SqlglotError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from flowathena.text import one_line

__all__ = ["FORMS", "NAME", "Token", "TokenType", "describe_error", "parse", "tokens"]

# sqlglot warns on this logger when it keeps a statement as opaque text; we refuse those.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

NAME = "trino"
"""sqlglot's name for the dialect of Athena queries."""

FORMS = (
    *("CAST", "TRY_CAST", "EXTRACT", "POSITION", "NORMALIZE", "TRIM", "SUBSTRING", "LISTAGG"),
    *("JSON_VALUE", "JSON_QUERY", "JSON_OBJECT", "JSON_TABLE"),
)
"""Athena's functions with a grammar of their own, such as ``CAST(x AS bigint)``."""

_TRINO = Trino()
_Parser = Trino.parser_class


class _CallParser(_Parser):  # type: ignore[valid-type, misc]
    """Reads every call as written: an ``Anonymous`` node with name, arguments and position.

    sqlglot's own parser turns the calls it knows from any database into nodes of their own, under
    other names, and refuses some for their number of arguments in words of its own.
    """

    FUNCTIONS: ClassVar[dict[str, Callable[..., Any]]] = {}
    FUNCTION_PARSERS: ClassVar[dict[str, Callable[..., Any]]] = {
        name: _Parser.FUNCTION_PARSERS[name] for name in FORMS
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
    """
    trees = _CallParser(dialect=_TRINO).parse(tokens, sql)
    return [tree for tree in trees if tree is not None]


def describe_error(error: SqlglotError) -> str:
    """What is wrong with a text that sqlglot cannot read, on one line."""
    unclosed = isinstance(error, TokenError)  # sqlglot says only where it began to read
    return "a quote or comment is not closed" if unclosed else one_line(error)
