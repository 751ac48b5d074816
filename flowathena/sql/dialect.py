"""Athena's SQL through sqlglot: tokens and trees of its query (Trino) dialect."""

import logging

from sqlglot import exp
from sqlglot.dialects.trino import Trino
from sqlglot.tokenizer_core import Token, TokenType

__all__ = ["NAME", "Token", "TokenType", "parse", "tokens"]

# sqlglot warns on this logger when it keeps a statement as opaque text; we refuse those.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

NAME = "trino"
"""What sqlglot calls the dialect of Athena queries."""

_TRINO = Trino()


def tokens(sql: str) -> list[Token]:
    """The tokens of a text, each with ``start`` and ``end`` (included) offsets; comments are none.

    Raises:
        sqlglot.errors.SqlglotError: a quote or comment is not closed.
    """
    return list(_TRINO.tokenize(sql))


def parse(tokens: list[Token], sql: str) -> list[exp.Expr]:
    """The trees of the statements of a text, from its tokens.

    Raises:
        sqlglot.errors.SqlglotError: the text is not SQL.
    """
    return [tree for tree in _TRINO.parser().parse(tokens, sql) if tree is not None]
