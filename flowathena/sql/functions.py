"""Which functions Athena has: those of Trino 470, with the numbers of arguments they take.

``functions.txt`` is written by ``tests/rig/trino/registry.py`` from Trino's own list. Athena's
engine version 3 follows Trino at some distance, so it may lack the newest of them.
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from flowathena.sql.dialect import Token, TokenType

FILE = "functions.txt"
"""The data, beside this module."""

_MANY = 255
# Written like functions, and part of the grammar: they are in no list. The least and the greatest
# number of arguments; None where the form has no plain list of them.
_FORMS: dict[str, tuple[int, int] | None] = {
    "coalesce": (2, _MANY),
    "current_timestamp": (0, 1),
    "format": (2, _MANY),
    "grouping": (1, _MANY),
    "if": (2, 3),
    "listagg": (1, 2),
    "localtime": (0, 1),
    "localtimestamp": (0, 1),
    "nullif": (2, 2),
    "try": (1, 1),
    "row": (1, _MANY),
    **dict.fromkeys(("cast", "try_cast", "extract", "position", "normalize", "trim", "substring")),
    **dict.fromkeys(("json_exists", "json_value", "json_query", "json_object", "json_array")),
    **dict.fromkeys(("json_table", "table", "exclude_columns", "match_number")),
    **dict.fromkeys(("classifier", "current_time", "current_date", "unnest")),
}
# Words that stand before a bracket without calling anything.
_WORDS = frozenset(
    {
        *("all", "and", "any", "array", "as", "between", "by"),
        *("case", "cross", "cube", "distinct", "else", "end", "escape"),
        *("except", "exists", "fetch", "filter", "first", "from", "full"),
        *("group", "grouping_sets", "having", "in", "inner", "intersect", "interval"),
        *("is", "join", "lateral", "left", "like", "limit", "natural"),
        *("next", "not", "offset", "on", "only", "or", "order"),
        *("outer", "over", "partition", "recursive", "right", "rollup", "row"),
        *("rows", "select", "sets", "some", "then", "union", "using"),
        *("values", "when", "where", "window", "with", "within", "varchar"),
        *("char", "decimal", "timestamp", "time", "map", "within_group", "ipaddress"),
        *("bernoulli", "system", "tablesample"),
    }
)
_OPENING = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET})
_CLOSING = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET})
_OPERANDS = frozenset(
    {
        *(TokenType.VAR, TokenType.IDENTIFIER, TokenType.R_PAREN, TokenType.R_BRACKET),
        *(TokenType.STRING, TokenType.NUMBER, TokenType.ALIAS, TokenType.WITH, TokenType.RECURSIVE),
    }
)


@dataclass(frozen=True)
class Call:
    """A call in a statement: the function's name, how many arguments, and the line."""

    name: str
    arguments: int
    line: int


@cache
def _registry() -> dict[str, tuple[frozenset[int], bool]]:
    """Numbers of arguments by name, and whether there may be more of them."""
    found: dict[str, tuple[frozenset[int], bool]] = {}
    text = Path(__file__).with_name(FILE).read_text(encoding="utf-8")
    for line in text.splitlines()[1:]:
        name, _, numbers = line.split(" ")
        before, more = found.get(name, (frozenset(), False))
        counts = frozenset(map(int, numbers.rstrip("+").split(",")))
        found[name] = (before | counts, more or numbers.endswith("+"))
    return found


def exists(name: str) -> bool:
    """Whether Athena has a function, or a form written like one, of this name."""
    return name.lower() in _registry() or name.lower() in _FORMS


def unknown(name: str) -> str:
    """What to tell of a name that is no function's."""
    close = difflib.get_close_matches(name.lower(), [*_registry(), *_FORMS], n=1)
    return f"Athena has no function {name.lower()}" + (
        f"; did you mean {close[0]}?" if close else ""
    )


def problem(call: Call) -> str | None:
    """What is wrong with a call: its name, or how many arguments it has."""
    name = call.name.lower()
    if not exists(name):
        return unknown(name)
    if _fits(name, call.arguments):
        return None
    return f"{name} takes {_spelled(name)}, not {call.arguments}"


def _fits(name: str, given: int) -> bool:
    if name in _FORMS:
        form = _FORMS[name]
        return form is None or form[0] <= given <= form[1]
    counts, more = _registry()[name]
    return given in counts or (more and given > min(counts))


def _spelled(name: str) -> str:
    form = _FORMS.get(name)
    known, more = (range(form[0], form[1] + 1), form[1] == _MANY) if form else _registry()[name]
    counts = [f"{min(known)} or more"] if more else list(map(str, sorted(known)))
    return f"{' or '.join(counts)} argument{'' if counts == ['1'] else 's'}"


def calls(tokens: list[Token]) -> Iterator[Call]:
    """Every call of a statement; the lists of columns after an alias are none."""
    for place, (token, following) in enumerate(pairwise(tokens)):
        if following.token_type is not TokenType.L_PAREN or not _is_name(tokens, place):
            continue
        given, end = arguments(tokens, place + 1)
        after = tuple(later.token_type for later in tokens[end + 1 : end + 3])
        if after == (TokenType.ALIAS, TokenType.L_PAREN):
            continue  # WITH a AS (…), b (x) AS (…)
        yield Call(token.text, given, token.line)


def _is_name(tokens: list[Token], place: int) -> bool:
    token = tokens[place]
    if not token.text.isidentifier() or token.text.lower() in _WORDS:
        return False
    before = tokens[place - 1] if place else None
    return before is None or before.token_type not in _OPERANDS


def arguments(tokens: list[Token], opening: int) -> tuple[int, int]:
    """How many arguments stand in a bracket, and where it closes; an ORDER BY in it ends them."""
    depth, count, ordered = 0, 0, False
    for place in range(opening, len(tokens)):
        kind = tokens[place].token_type
        depth += (kind in _OPENING) - (kind in _CLOSING)
        if depth == 0:
            empty = place == opening + 1
            star = place == opening + 2 and tokens[opening + 1].token_type is TokenType.STAR
            return (0 if empty or star else count + 1), place
        ordered = ordered or (depth == 1 and kind is TokenType.ORDER_BY)
        count += depth == 1 and kind is TokenType.COMMA and not ordered
    return count + 1, len(tokens)
