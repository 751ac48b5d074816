"""Hive's words, one after the other."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from tests.rig.executor.base import StatementRefusedError
from tests.rig.executor.dialect import place

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)
      | (?P<name>`(?:[^`]|``)+`)
      | (?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*")
      | (?P<number>\d+(?:\.\d+)?(?!\w))
      | (?P<word>\w+)
      | (?P<sign>[(),=.<>:;])
    """,
    re.VERBOSE | re.DOTALL,
)
# Athena's documented list of words that DDL takes as names only in backticks.
_RESERVED_WORDS = """
    ALL ALTER AND ARRAY AS AUTHORIZATION BETWEEN BIGINT BINARY BOOLEAN BOTH BY CASE CASHE CAST CHAR
    COLUMN CONF CONSTRAINT COMMIT CREATE CROSS CUBE CURRENT CURRENT_DATE CURRENT_TIMESTAMP CURSOR
    DATABASE DATE DAYOFWEEK DECIMAL DELETE DESCRIBE DISTINCT DIV DOUBLE DROP ELSE END EXCHANGE
    EXISTS EXTENDED EXTERNAL EXTRACT FALSE FETCH FLOAT FLOOR FOLLOWING FOR FOREIGN FROM FULL
    FUNCTION GRANT GROUP GROUPING HAVING IF IMPORT IN INNER INSERT INT INTEGER INTERSECT INTERVAL
    INTO IS JOIN LATERAL LEFT LESS LIKE LOCAL MACRO MAP MORE NONE NOT NULL NUMERIC OF ON ONLY OR
    ORDER OUT OUTER OVER PARTIALSCAN PARTITION PERCENT PRECEDING PRECISION PRESERVE PRIMARY
    PROCEDURE RANGE READS REDUCE REGEXP REFERENCES REVOKE RIGHT RLIKE ROLLBACK ROLLUP ROW ROWS
    SELECT SET SMALLINT START TABLE TABLESAMPLE THEN TIME TIMESTAMP TO TRANSFORM TRIGGER TRUE
    TRUNCATE UNBOUNDED UNION UNIQUEJOIN UPDATE USER USING UTC_TIMESTAMP VALUES VARCHAR VIEWS WHEN
    WHERE WINDOW WITH
"""
_RESERVED = frozenset(_RESERVED_WORDS.split())
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


@dataclass(frozen=True)
class Token:
    """One word of a statement."""

    kind: str
    text: str
    start: int


def _tokens(sql: str) -> list[Token]:
    found, offset = [], 0
    while offset < len(sql):
        match = _TOKEN.match(sql, offset)
        if match is None or match.lastgroup is None:
            raise StatementRefusedError(
                f"{place(sql, offset)}: cannot recognize input near '{sql[offset : offset + 10]}'"
            )
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup, match[0], offset))
        offset = match.end()
    return found


def _unquoted(text: str) -> str:
    quote, body = text[0], text[1:-1]
    plain = body.replace("''", "'") if quote == "'" else body
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), plain)


class Reader:
    """A statement read from left to right; a surprise raises StatementRefusedError."""

    def __init__(self, sql: str) -> None:
        self._sql = sql
        self._tokens = _tokens(sql)
        self._at = 0
        if self._tokens and self._tokens[-1].text == ";":
            self._tokens.pop()

    def _here(self) -> Token:
        if self._at < len(self._tokens):
            return self._tokens[self._at]
        return Token("end", "<EOF>", len(self._sql))

    def done(self) -> bool:
        """Whether everything is read."""
        return self._at >= len(self._tokens)

    def wrong(self, expected: str) -> StatementRefusedError:
        """Make the refusal of the next token."""
        token = self._here()
        return StatementRefusedError(
            f"{place(self._sql, token.start)}: mismatched input '{token.text}'."
            f" Expecting: {expected}"
        )

    def ahead(self, *words: str) -> bool:
        """Whether the next words are these."""
        following = self._tokens[self._at : self._at + len(words)]
        kinds = all(token.kind in ("word", "sign") for token in following)
        return kinds and [token.text.upper() for token in following] == list(words)

    def accept(self, *words: str) -> bool:
        """Read these words if they come next."""
        if not self.ahead(*words):
            return False
        self._at += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Read these words."""
        for word in words:
            if not self.accept(word):
                raise self.wrong(f"'{word}'")

    def end(self) -> None:
        """Make sure that nothing follows."""
        if not self.done():
            raise self.wrong("<EOF>")

    def _take(self) -> Token:
        token = self._here()
        self._at += 1
        return token

    def name(self) -> str:
        """Read a name; Glue keeps names in lower case."""
        token = self._here()
        bare = token.kind == "word" and token.text.upper() not in _RESERVED
        if token.kind != "name" and not bare:
            raise self.wrong("identifier")
        self._at += 1
        text = token.text[1:-1].replace("``", "`") if token.kind == "name" else token.text
        return text.lower()

    def text(self) -> str:
        """Read a string literal."""
        if self._here().kind != "text":
            raise self.wrong("string literal")
        return _unquoted(self._take().text)

    def value(self) -> str:
        """Read a constant: a string, a number or DATE with a string."""
        if self.accept("DATE"):
            return self.text()
        if self._here().kind == "number":
            return self._take().text
        return self.text()

    def one_of(self, words: Collection[str], expected: str) -> str:
        """Read one of some bare words, in capitals."""
        token = self._here()
        if token.kind != "word" or token.text.upper() not in words:
            raise self.wrong(expected)
        return self._take().text.upper()

    def number(self) -> str:
        """Read a number."""
        if self._here().kind != "number":
            raise self.wrong("number")
        return self._take().text
