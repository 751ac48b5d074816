"""Athena's SQL as the rig parses it."""

import sqlglot
from sqlglot import exp
from sqlglot.dialects.athena import Athena
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from tests.rig.executor.base import StatementRefusedError

NAME_KEY = "athena_name"
PATH = "$path"
_LONG = (exp.Extract, exp.Hour, exp.Minute, exp.Second, exp.Year, exp.Month, exp.Day, exp.Quarter)
_ZONED = (exp.UnixToTime, exp.CurrentTimestamp, exp.FromISO8601Timestamp)
_LONG_FUNCTIONS = (exp.DayOfWeekIso, exp.DayOfWeek, exp.DayOfYear, exp.DateDiff, exp.StrPosition)


class RigAthena(Athena):
    """sqlglot's Athena, told what it does not know by itself."""

    ORIGINAL_NAME_META_KEY = NAME_KEY
    PSEUDOCOLUMNS = {PATH.upper()}  # noqa: RUF012 - sqlglot declares it so
    EXCLUDES_PSEUDOCOLUMNS_FROM_STAR = True
    EXPRESSION_METADATA = {  # noqa: RUF012 - sqlglot declares it so
        **Athena.EXPRESSION_METADATA,
        **{kind: {"returns": exp.DType.BIGINT} for kind in (*_LONG, *_LONG_FUNCTIONS)},
        **{kind: {"returns": exp.DType.TIMESTAMPTZ} for kind in _ZONED},
        exp.Pseudocolumn: {"returns": exp.DType.VARCHAR},
    }


# Pairs of neighbouring tokens that sqlglot lets pass and Athena's grammar does not.
_BAD_PAIRS = {
    (TokenType.COMMA, TokenType.COMMA),
    (TokenType.COMMA, TokenType.FROM),
    (TokenType.SELECT, TokenType.COMMA),
    (TokenType.SELECT, TokenType.FROM),
    (TokenType.COMMA, TokenType.R_PAREN),
    (TokenType.COMMA, TokenType.WHERE),
    (TokenType.COMMA, TokenType.GROUP_BY),
}
_BAD_TOKENS = {TokenType.DCOLON, TokenType.ILIKE, TokenType.QUALIFY, TokenType.DIV}


def place(sql: str, offset: int) -> str:
    """Give the place of an offset as Athena writes it."""
    before = sql[:offset]
    return f"line {before.count(chr(10)) + 1}:{offset - before.rfind(chr(10))}"


def mismatched(sql: str, token: Token) -> StatementRefusedError:
    """Make the refusal of a token that the grammar does not expect."""
    return StatementRefusedError(f"{place(sql, token.start)}: mismatched input '{token.text}'")


def _strict(sql: str, tokens: list[Token]) -> None:
    for token, following in zip(tokens, [*tokens[1:], None], strict=True):
        if sql[token.start] == "`":
            raise StatementRefusedError(
                f"{place(sql, token.start)}: backquoted identifiers are not supported; "
                "use double quotes to quote identifiers"
            )
        if token.token_type in _BAD_TOKENS or token.text == "==":
            raise mismatched(sql, token)
        if following and (token.token_type, following.token_type) in _BAD_PAIRS:
            raise mismatched(sql, following)
    _limit_before_offset(sql, tokens)


def _limit_before_offset(sql: str, tokens: list[Token]) -> None:
    for token, number, following in zip(tokens, tokens[1:], tokens[2:], strict=False):
        plain = token.token_type == TokenType.LIMIT and number.token_type == TokenType.NUMBER
        if plain and following.token_type in (TokenType.OFFSET, TokenType.COMMA):
            raise mismatched(sql, following)


def _first_error(error: ParseError) -> str:
    detail = error.errors[0] if error.errors else {}
    line, end, found = detail.get("line"), detail.get("col"), detail.get("highlight") or ""
    start = max(1, (end or 1) - len(found) + 1)
    return f"line {line or 1}:{start}: mismatched input '{found}'. {detail.get('description')}"


def parse(sql: str) -> exp.Query:
    """Parse one query; what Athena's grammar refuses raises StatementRefusedError."""
    try:
        tokens = RigAthena().tokenize(sql)
        _strict(sql, tokens)
        trees = sqlglot.parse(sql, read=RigAthena)
    except TokenError as error:
        raise StatementRefusedError(f"line 1:1: {error}") from None
    except ParseError as error:
        raise StatementRefusedError(_first_error(error)) from None
    if len(trees) != 1 or trees[0] is None:
        raise StatementRefusedError("Only one sql statement is allowed.")
    if not isinstance(trees[0], exp.Query):
        raise StatementRefusedError(f"the rig runs no {trees[0].key.upper()} statement")
    return trees[0]
