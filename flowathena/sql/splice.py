"""The tokens of a text in which literals replace some of its tokens, without reading it again.

Reading takes sqlglot as long as it takes to parse. Only the literals are read; the other tokens
keep what they are and move.
"""

from collections.abc import Mapping

from flowathena.sql import dialect
from flowathena.sql.dialect import Token, TokenType

_BEGINNINGS = frozenset({TokenType.SELECT, TokenType.WITH})


def splice(tokens: list[Token], literals: Mapping[int, str]) -> list[Token] | None:
    """Move tokens in place to where they are once literals have replaced some of them.

    Args:
        tokens: the tokens of the text that remains; what is before the first one is dropped.
        literals: what replaces a token, by the offset where that starts; it touches no other token
            that it could become one with.

    Returns:
        What ``dialect.tokens`` gives for the new text. None if only that can tell, as lines or
        comments may be elsewhere; the tokens are as they were.
    """
    if not _can_move(tokens, literals):
        return None
    first, moved = tokens[0], list[Token]()
    line, lines = first.line, first.line - 1
    offset, column = -first.start, len(first.text) - first.col
    for token in tokens:
        if token.line != line:
            line, column = token.line, 0
        literal = literals.get(token.start)
        if literal is None:
            _move(token, offset, column, -lines)
            moved.append(token)
            continue
        length = token.end + 1 - token.start
        pieces = dialect.tokens(literal)
        for piece in pieces:
            _move(piece, token.start + offset, token.col - length + column, line - lines - 1)
        moved += pieces
        offset += len(literal) - length
        column += len(literal) - length
    return moved


def _can_move(tokens: list[Token], literals: Mapping[int, str]) -> bool:
    # Comments before the first token are its own, too, and those before a semicolon the last one's.
    if tokens[0].token_type not in _BEGINNINGS or tokens[0].comments or tokens[-1].comments:
        return False
    if any("\n" in literal or "\r" in literal for literal in literals.values()):
        return False
    # Of the tokens of a literal, the first has a comment before it and the last one after it.
    return not any(token.comments and token.start in literals for token in tokens)


def _move(token: Token, offset: int, column: int, lines: int) -> None:
    token.start += offset
    token.end += offset
    token.col += column
    token.line += lines
