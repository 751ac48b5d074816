"""Values to check a saved query with: its defaults, then what its other branches need; pure."""

import re
from collections.abc import Iterator, Mapping

from flowathena.inputs.params import Param, Value
from flowathena.query.query import Query

_TEXTS: Mapping[str, str] = {
    "account": "111122223333",
    "cidr": "10.0.0.0/8",
    "date": "2026-11-01",
    "duration": "1h",
    "ip": "10.0.0.1",
    "region": "eu-west-1",
    "text": "x' OR 1=1 --",
    "timestamp": "2026-11-01T00:00:00Z",
    "timezone": "Europe/Berlin",
}
"""A value of each type; others are numbers. A text is hostile."""


def defaults(query: Query) -> dict[str, Value]:
    """The default of every parameter; for one that is required, a value of its type."""
    return {
        param.name: sample(param) if param.required else param.default for param in query.params
    }


def variants(query: Query) -> Iterator[dict[str, Value]]:
    """The defaults, then sets of values that reach the branches of a template.

    One parameter differs in each: another choice, or a value where there is none by default.
    """
    usual = defaults(query)
    yield usual
    for param in query.params:
        # Of what no block of the template asks about, only NULL is more than another literal.
        for value in _others(param) if _is_asked(query, param) or param.default is None else ():
            if value != usual[param.name]:
                yield {**usual, param.name: value}


def fuller(query: Query, values: Mapping[str, Value]) -> Iterator[tuple[Param, dict[str, Value]]]:
    """The values with one more, for each parameter without one that a block asks about."""
    for param in query.params:
        if not values[param.name] and _is_omissible(param) and _is_asked(query, param):
            yield param, {**values, param.name: sample(param)}


def sample(param: Param) -> Value:
    """A value of a parameter, within its bounds."""
    if param.choices:
        return param.parse(param.choices[0])
    number = param.minimum if param.minimum is not None else 1
    if param.item_type == "duration" and param.minimum is not None:
        return (param.minimum,) if param.is_list else param.minimum
    return param.parse(_TEXTS.get(param.item_type, number))


def _others(param: Param) -> Iterator[Value]:
    yield from map(param.parse, param.choices)
    if _is_omissible(param):
        yield sample(param)


def _is_omissible(param: Param) -> bool:
    """Whether it may have no value at all."""
    return not param.required and param.default in (None, ())


def _is_asked(query: Query, param: Param) -> bool:
    """Whether a block of the template asks about it."""
    return bool(re.search(rf"{{%[^%]*\b{param.name}\b", query.sql))
