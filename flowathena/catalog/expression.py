"""The filter of a listing of partitions, in Glue's expression language; pure.

https://docs.aws.amazon.com/glue/latest/webapi/API_GetPartitions.html
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from flowathena.logs.layout import Scope
from flowathena.shape.key import PARTS, Key, Role, months
from flowathena.shape.shape import Shape
from flowathena.sql.quoting import literal

_LIMIT = 2048  # characters of an expression
_MOST_ACCOUNTS = 50
_MOST_DAYS = 800  # whose months fit in
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")


def partition_expression(scope: Scope, shape: Shape) -> str:
    """The filter for a scope in Glue's language; empty to read everything.

    Only plain key names can be used: Glue's parser does not accept quotes. What the expression
    does not cover, whoever reads the partitions filters.
    """
    account = shape.key(Role.ACCOUNT)
    accounts = ""
    if account and _is_plain(account.name) and 0 < len(scope.accounts) <= _MOST_ACCOUNTS:
        listed = ", ".join(_literal(account, name) for name in sorted(scope.accounts))
        accounts = f"{account.name} IN ({listed})"
    candidates = (
        " AND ".join(filter(None, (days, accounts))) for days in (*_day_terms(scope, shape), "")
    )
    return next(text for text in candidates if len(text) <= _LIMIT)


def _day_terms(scope: Scope, shape: Shape) -> Iterator[str]:
    """The days of a scope, as narrowly as the keys allow; then less narrowly, but shorter."""
    day = shape.key(Role.DAY)
    if day is None:
        parts = [key for role in PARTS if (key := shape.key(role))]
        first, last = scope.first, scope.last
        is_short = first and last and (last - first).days <= _MOST_DAYS
        if first and last and is_short and all(map(_is_comparable, parts)):
            spans = [_month_term(parts, *span) for span in months(first, last)]
            yield spans[0] if len(spans) == 1 else f"({' OR '.join(spans)})"
    yield " AND ".join(_bounds(scope, day or shape.key(Role.YEAR)))


def _month_term(parts: Sequence[Key], first: date, last: date) -> str:
    """Some days of one month, for keys of year, month and day."""
    year, month, of_month = parts
    terms = [f"{key.name} = {_literal(key, key.day(first))}" for key in (year, month)]
    terms += [
        f"{of_month.name} {sign} {_literal(of_month, of_month.day(day))}"
        for sign, day in ((">=", first), ("<=", last))
    ]
    return f"({' AND '.join(terms)})"


def _bounds(scope: Scope, key: Key | None) -> Iterator[str]:
    """The bounds of a scope in days or years."""
    for sign, bound in ((">=", scope.first), ("<=", scope.last)):
        if bound and key and _is_comparable(key):
            value = key.last(bound) if sign == "<=" else key.day(bound)
            yield f"{key.name} {sign} {_literal(key, value)}"


def _literal(key: Key, value: str) -> str:
    """A value in Glue's language, which compares it as the key's type: numbers bare, dates quoted.

    Athena's own engine, Trino, writes dates so; ``DATE '…'`` is for queries.
    Source: https://docs.aws.amazon.com/glue/latest/webapi/API_GetPartitions.html
    """
    return literal(value) if key.type == "date" else key.literal(value)


def _is_comparable(key: Key) -> bool:
    """Whether its values can be compared: without leading zeros, texts do not sort as numbers."""
    return _is_plain(key.name) and key.is_padded


def _is_plain(name: str) -> bool:
    return _PLAIN.fullmatch(name) is not None
