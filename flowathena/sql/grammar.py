"""What sqlglot accepts and Athena refuses: sqlglot's grammar is that of many databases at once.

Each refusal is one of Trino 470's grammar (``SqlBase.g4``), found by giving both the same
statements; most of them are cases of ``tests/test_check.py`` and ``tests/semantics``.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from sqlglot import exp

from flowathena.sql import functions
from flowathena.sql.dialect import Token, TokenType
from flowathena.sql.nodes import of_kind

Refusal = tuple[str, int]
"""What Athena refuses, and its line."""

_OPERATORS = frozenset(
    {
        *("=", "<>", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "||", "("),
        *(")", "[", "]", ".", ",", "->", "=>", ";", "?"),
    }
)
_NOT_OPERATORS = {"ILIKE": "lower(…) LIKE", "RLIKE": "regexp_like", "REGEXP": "regexp_like"}
_TYPES = frozenset(
    {
        *("array", "bigint", "boolean", "char", "date", "decimal"),
        *("double", "geometry", "hyperloglog", "int", "integer", "interval"),
        *("ipaddress", "json", "map", "p4hyperloglog", "qdigest", "real"),
        *("row", "setdigest", "smallint", "sphericalgeography", "tdigest", "time"),
        *("timestamp", "tinyint", "uuid", "varbinary", "varchar"),
    }
)
_UNITS = frozenset({"SECOND", "MINUTE", "HOUR", "DAY", "MONTH", "YEAR"})
_ALL_UNITS = _UNITS | {"MILLISECOND", "WEEK", "QUARTER"}
_UNIT_FUNCTIONS = frozenset({"DATE_TRUNC", "DATE_DIFF", "DATE_ADD"})
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_ASCII = 127
# After these a bracket is a subscript, or belongs to ARRAY; after anything else sqlglot reads a
# list, as DuckDB writes it.
_BEFORE_SUBSCRIPT = frozenset(
    {TokenType.ARRAY, TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.VAR, TokenType.IDENTIFIER}
)
# sqlglot accepts a comma before these, with nothing between.
_AFTER_A_LIST = frozenset(
    {
        *(TokenType.COMMA, TokenType.FROM, TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING),
        *(TokenType.ORDER_BY, TokenType.LIMIT, TokenType.R_PAREN, TokenType.UNION),
    }
)
# sqlglot takes a text after these for an alias: SELECT 1 'one'.
_NO_ALIAS = frozenset({TokenType.STRING, TokenType.NUMBER, TokenType.R_PAREN, TokenType.ALIAS})
_ENDS_A_FROM = frozenset(
    {
        *(TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING, TokenType.ORDER_BY),
        *(TokenType.LIMIT, TokenType.OFFSET, TokenType.FETCH, TokenType.UNION, TokenType.SELECT),
        *(TokenType.EXCEPT, TokenType.INTERSECT, TokenType.R_PAREN, TokenType.WINDOW),
    }
)


def refusals(sql: str, tokens: list[Token]) -> list[Refusal]:
    """Everything in a text that Athena refuses to read, with lines from 1."""
    return [
        *_spaces(sql, tokens),
        *_units(tokens),
        *_commas(tokens),
        *_pairs(tokens),
        *_limits(tokens),
        *_triples(tokens),
        *_joins(tokens),
        *_casts(tokens),
    ]


def odd_numbers(tokens: list[Token]) -> list[str]:
    """Numbers that Athena reads and sqlglot takes for something else: ``1_000``, ``0b11``.

    sqlglot reads the rest of such a number as its alias.
    """
    return [
        one.text + other.text
        for one, other in pairwise(tokens)
        if one.token_type is TokenType.NUMBER
        and other.token_type is TokenType.VAR
        and one.end + 1 == other.start
    ]


def _spaces(sql: str, tokens: list[Token]) -> Iterator[Refusal]:
    """White space beyond ASCII, such as comes with text pasted from web pages."""
    if sql.isascii():
        return
    for before, token in pairwise([None, *tokens]):
        start = before.end + 1 if before else 0
        between = _COMMENT.sub("", sql[start : token.start if token else start])
        odd = next(
            (letter for letter in between if letter.isspace() and ord(letter) > _ASCII), None
        )
        if odd and token:
            yield f"replace the space U+{ord(odd):04X}, which Athena does not accept", token.line


def _units(tokens: list[Token]) -> Iterator[Refusal]:
    """``date_trunc(hour, …)``: a unit is a text."""
    for place, token in enumerate(tokens):
        word = token.text.upper()
        if word not in _UNIT_FUNCTIONS:
            continue
        following = tokens[place + 1 : place + 4]
        if [each.text for each in following[::2]] == ["(", ","]:
            unit = following[1]
            if unit.token_type is not TokenType.STRING and unit.text.upper() in _ALL_UNITS:
                yield f"write the unit in quotes: {word.lower()}('{unit.text}', …)", unit.line


def _commas(tokens: list[Token]) -> Iterator[Refusal]:
    for comma, following in pairwise(tokens):
        if comma.token_type is TokenType.COMMA and following.token_type in _AFTER_A_LIST:
            yield f"unexpected ',' before {following.text!r}", comma.line


def _pairs(tokens: list[Token]) -> Iterator[Refusal]:
    if tokens and tokens[0].token_type is TokenType.FROM:
        yield "begins with FROM; begin with SELECT or WITH", tokens[0].line
    colons = _colons_of_keys(tokens)
    for before, token in pairwise([None, *tokens]):
        reason = _single(token) if token and token.start not in colons else None
        reason = reason or (_pair(before, token) if before and token else None)
        if reason and token:
            yield reason, token.line


def _colons_of_keys(tokens: list[Token]) -> set[int]:
    """Where ``json_object('a' : 1)`` has a colon between a key and its value."""
    found, objects = set(), [False]
    for before, token in pairwise([None, *tokens]):
        if token is None:
            continue
        if token.token_type in _OPENING:
            objects.append(before is not None and before.text.upper() == "JSON_OBJECT")
        elif token.token_type in _CLOSING and len(objects) > 1:
            objects.pop()
        elif token.token_type is TokenType.COLON and objects[-1]:
            found.add(token.start)
    return found


def _single(token: Token) -> str | None:
    text, kind = token.text, token.token_type
    plain = kind in _PLAIN
    sign = not plain and bool(text) and not (text[0].isalnum() or text[0] == "_")
    if sign and text not in _OPERATORS and kind not in _QUOTED:
        return f"Athena has no operator {text}"
    if text.upper() in {"SIMILAR TO", "DIV"} and not plain:
        return f"Athena has no operator {text.upper()}"
    if kind is TokenType.QUALIFY:
        return "Athena has no QUALIFY; filter the window function in an outer query"
    if kind is TokenType.ISNULL or kind is TokenType.NOTNULL:
        return f"Athena has no {text.upper()}; write IS NULL or IS NOT NULL"
    return None


_PLAIN = frozenset({TokenType.STRING, TokenType.IDENTIFIER, TokenType.NUMBER})
_QUOTED = frozenset(
    {
        *(TokenType.HEX_STRING, TokenType.BIT_STRING, TokenType.NATIONAL_STRING),
        *(TokenType.RAW_STRING, TokenType.UNICODE_STRING, TokenType.BYTE_STRING),
    }
)


def _pair(before: Token, token: Token) -> str | None:  # noqa: PLR0911 - a list of rules
    one, two = before.text.upper(), token.text.upper()
    kinds = before.token_type, token.token_type
    if one == two and one in {"<", ">"}:
        return f"Athena has no operator {one}{two}"
    if kinds[1] is TokenType.L_BRACKET and kinds[0] not in _BEFORE_SUBSCRIPT:
        return "Athena writes an array as ARRAY[…]"
    if kinds[1] is TokenType.STRING and kinds[0] in _NO_ALIAS:
        return f'unexpected text after {before.text!r}; quote names with "'
    if kinds[1] is TokenType.STRING and one in _NOT_OPERATORS:
        return f"Athena has no {one}; write {_NOT_OPERATORS[one]}"
    if kinds[0] is TokenType.INTERVAL and kinds[1] is TokenType.NUMBER:
        return f"write the number of an interval in quotes: INTERVAL '{token.text}'"
    if one == "IS" and two in {"TRUE", "FALSE", "UNKNOWN"}:
        return f"Athena has no IS {two}; compare with = or IS NULL"
    if (one, two) in _NEIGHBOURS:
        return f"Athena has no {one} {two}"
    return None


def _triples(tokens: list[Token]) -> Iterator[Refusal]:
    every = [token.text.upper() for token in tokens]
    for place, token in enumerate(tokens):
        words = every[place : place + 3]
        if words[:2] == ["IS", "NOT"] and words[2:] and words[2] in {"TRUE", "FALSE", "UNKNOWN"}:
            yield f"Athena has no IS NOT {words[2]}; compare with <>", token.line
        if token.token_type is TokenType.IN and words[1:] == ["(", ")"]:
            yield "IN () is empty; write at least one value", token.line
        if token.token_type is TokenType.GROUP_BY and words[1:2] in (["ALL"], ["AUTO"]):
            following = tokens[place + 2] if place + 2 < len(tokens) else None
            if following is None or following.token_type in _ENDS_A_FROM:
                yield "Athena has no GROUP BY ALL; name the columns", token.line
        if words[:2] == ["POSITION", "("] and _has_comma(tokens, place + 1):
            yield "write position(a IN b), or strpos(b, a)", token.line


def _has_comma(tokens: list[Token], opening: int) -> bool:
    """Whether a comma separates the contents of a bracket, outside of the brackets inside it.

    Only the text shows it: sqlglot makes the same node of ``position(a IN b)``.
    """
    depth = 0
    for token in tokens[opening:]:
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        if depth == 0:
            return False
        if depth == 1 and token.token_type is TokenType.COMMA:
            return True
    return False


_OPENING = frozenset({TokenType.L_PAREN, TokenType.L_BRACKET})
_CLOSING = frozenset({TokenType.R_PAREN, TokenType.R_BRACKET})
_NEIGHBOURS = {
    *(("DISTINCT", "ON"), ("UNION", "BY"), ("BETWEEN", "SYMMETRIC"), ("BETWEEN", "ASYMMETRIC")),
    *(("SEMI", "JOIN"), ("ANTI", "JOIN"), ("ASOF", "JOIN"), ("NATURAL", "JOIN")),
    *(("LATERAL", "VIEW"), ("SIMILAR", "TO"), ("WITH", "ROLLUP"), ("WITH", "CUBE")),
    *(("FOR", "UPDATE"), ("FOR", "SHARE"), ("USING", "SAMPLE"), ("CHARACTER", "VARYING")),
}


def _limits(tokens: list[Token]) -> Iterator[Refusal]:
    for place, token in enumerate(tokens):
        if token.token_type is not TokenType.LIMIT:
            continue
        amount, after = ([*tokens[place + 1 :], None, None])[:2]
        number = amount and amount.token_type in {TokenType.NUMBER, TokenType.ALL}
        if not number and not (amount and amount.text == "?"):
            yield "LIMIT takes a number", token.line
        elif after and after.token_type is TokenType.OFFSET:
            yield "write OFFSET before LIMIT", after.line
        elif after and after.token_type not in _AFTER_A_LIMIT:
            limit = f"LIMIT {amount.text if amount else ''}"
            yield f"unexpected {after.text!r} after {limit}", after.line


_AFTER_A_LIMIT = frozenset(
    {
        *(TokenType.R_PAREN, TokenType.SEMICOLON, TokenType.UNION, TokenType.EXCEPT),
        *(TokenType.INTERSECT, TokenType.NUMBER, TokenType.LIMIT),
    }
)


def _joins(tokens: list[Token]) -> Iterator[Refusal]:
    """A JOIN needs ON or USING, unless it is a CROSS JOIN."""
    # The lines of the joins that wait for their condition, for each bracket that is open.
    open_joins: list[list[int]] = [[]]
    for before, token in pairwise([None, *tokens, None]):
        if token is None or token.token_type in _ENDS_A_FROM:
            for line in open_joins[-1]:
                yield "JOIN needs ON or USING (or write CROSS JOIN)", line
            open_joins[-1] = []
        if token is None:
            return
        kind = token.token_type
        if kind is TokenType.L_PAREN:
            open_joins.append([])
        elif kind is TokenType.R_PAREN and len(open_joins) > 1:
            open_joins.pop()
        elif kind is TokenType.JOIN and not (before and before.token_type is TokenType.CROSS):
            open_joins[-1].append(token.line)
        elif open_joins[-1] and (kind is TokenType.ON or kind is TokenType.USING):
            open_joins[-1].pop()


def _casts(tokens: list[Token]) -> Iterator[Refusal]:
    """A cast names one of Trino's types; an interval one of its units."""
    # For each bracket that is open, whether it is that of a cast: only there AS is before a type.
    casts: list[bool] = []
    for before, token in pairwise(tokens):
        if token.token_type is TokenType.L_PAREN:
            casts.append(before.text.upper() in {"CAST", "TRY_CAST"})
        elif token.token_type is TokenType.R_PAREN and casts:
            casts.pop()
        elif before.token_type is TokenType.ALIAS and casts[-1:] == [True]:
            if token.text.lower().split()[0] in _TYPES:
                continue
            yield f"Athena has no type {token.text.lower()}", token.line
    for place, token in enumerate(tokens):
        if token.token_type is TokenType.INTERVAL:
            rest = [t for t in tokens[place + 1 : place + 4] if t.text not in {"-", "+"}]
            text, unit = ([*rest, None, None])[:2]
            quoted = text is not None and text.token_type is TokenType.STRING
            if quoted and (unit is None or unit.text.upper() not in _UNITS):
                yield (
                    "the unit of an interval is SECOND, MINUTE, HOUR, DAY, MONTH or YEAR",
                    token.line,
                )


def tree_refusals(nodes: Sequence[exp.Expr]) -> list[Refusal]:
    """What Athena refuses and a tree's nodes show better than the text: calls, or else clauses."""
    return list(_calls(nodes)) or list(_clauses(nodes))


def _calls(nodes: Sequence[exp.Expr]) -> Iterator[Refusal]:
    for call in functions.calls(nodes):
        problem = functions.problem(call)
        if problem:
            yield problem, call.line
    for listagg in of_kind(nodes, exp.GroupConcat):
        # sqlglot's node has a third argument: what Athena writes as ON OVERFLOW.
        if isinstance(listagg.args.get("on_overflow"), exp.Condition):
            yield "listagg takes 1 or 2 arguments, not 3", _line(listagg)


def _clauses(nodes: Sequence[exp.Expr]) -> Iterator[Refusal]:
    for star in of_kind(nodes, exp.Star):
        if any(star.args.get(name) for name in ("except_", "replace", "rename", "ilike")):
            yield (
                "Athena has no * EXCLUDE, EXCEPT, REPLACE or RENAME; list the columns",
                _line(star),
            )
    for select in of_kind(nodes, exp.Select):
        if not select.expressions:
            yield "SELECT names no column", 1


def _line(node: exp.Expr) -> int:
    return int(node.meta.get("line", 1))
