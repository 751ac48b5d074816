"""No value of a parameter changes the shape of a statement.

A packaged query, or one of a single type, is filled with made-up values. Its tree must be that of
the same query filled with tame values, but for the literals. ``make test-values`` tries 10,000.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from ipaddress import ip_network
from zoneinfo import available_timezones

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import exp, parse_one

from flowathena.catalog import wanted
from flowathena.inputs.params import Param, Value, bind
from flowathena.inputs.types import TYPES, Scalar
from flowathena.query import relation
from flowathena.query.library import load
from flowathena.query.query import Query
from flowathena.query.template import fill

EXAMPLES = int(os.environ.get("TEST_VALUES", "60"))
WIDTH = len(relation.columns_of_star(relation.column_types(wanted.every_field())))
ZONES = sorted(available_timezones() - {"Factory", "localtime"})
PIECES = (
    *(
        "'",
        "''",
        '"',
        "`",
        "\\",
        "\\'",
        "--",
        "/*",
        "*/",
        ";",
        "\n",
        "\r",
        "\t",
        "(",
        ")",
        ",",
        "%",
    ),
    *(" OR 1=1 ", " UNION SELECT 1 ", "DROP TABLE flow_logs", "{{ 7 }}", "{% raw %}", "{# x #}"),
    *("flowathena_hole_0_", "$$", "U&'", "x'", "@", "\u2019", "\uff07", "\u02bc", "\u2028", "é"),
)
hostile = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
texts = hostile | st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=40)


CHOICES = tuple(piece for piece in PIECES if piece.strip() and piece != ",")
TYPE_QUERY = "one of type "


def type_query(kind: str) -> Query:
    """A query that puts a value of a type, and a list of it, where values can stand."""
    choices = CHOICES if kind == "choice" else ()
    sql = (
        "SELECT {{ one }} AS a, -{{ one }} AS b, 1-{{ one }} AS c, coalesce({{ one }},{{ one }})\n"
        "FROM flow_logs WHERE srcaddr IN {{ some }} AND {{ one }}>= {{ one }} AND action = 'ACCEPT'"
    )
    params = (Param("one", kind, choices=choices), Param("some", f"list[{kind}]", choices=choices))
    return Query(f"{TYPE_QUERY}{kind}", "One", sql, params=params)


QUERIES = (*map(type_query, TYPES), *(query for query in load().queries.values() if query.params))


def whole(param: Param) -> st.SearchStrategy[object]:
    low, high = (bound if bound is None else int(bound) for bound in (param.minimum, param.maximum))
    return st.integers(-(2**63) if low is None else low, 2**63 - 1 if high is None else high)


def number(param: Param) -> st.SearchStrategy[object]:
    low = -(10**12) if param.minimum is None else param.minimum
    high = 10**12 if param.maximum is None else param.maximum
    return st.decimals(low, high, allow_nan=False, allow_infinity=False, places=6)


def networks() -> st.SearchStrategy[object]:
    addresses = st.ip_addresses(v=4).flatmap(
        lambda ip: st.integers(0, 32).map(lambda bits: ip_network(f"{ip}/{bits}", strict=False))
    )
    return addresses | st.ip_addresses(v=6).flatmap(
        lambda ip: st.integers(0, 128).map(lambda bits: ip_network(f"{ip}/{bits}", strict=False))
    )


def durations(param: Param) -> st.SearchStrategy[object]:
    low, high = int(param.minimum or 0), int(param.maximum or 10**9)
    return st.integers(low, high).map(lambda seconds: timedelta(seconds=seconds))


def ports(param: Param) -> st.SearchStrategy[object]:
    high = 65_535 if param.maximum is None else int(param.maximum)
    return st.integers(int(param.minimum or 0), high)


MADE: dict[str, Callable[[Param], st.SearchStrategy[object]]] = {
    "int": whole,
    "number": number,
    "text": lambda _: texts,
    "date": lambda _: st.dates(),
    "timestamp": lambda _: st.datetimes(timezones=st.just(UTC)),
    "duration": durations,
    "ip": lambda _: st.ip_addresses(),
    "cidr": lambda _: networks(),
    "port": ports,
    "account": lambda _: st.from_regex(r"[0-9]{12}", fullmatch=True),
    "region": lambda _: st.sampled_from(["eu-west-1", "us-gov-east-1", "ap-southeast-4"]),
    "timezone": lambda _: st.sampled_from(ZONES),
    "choice": lambda _: st.nothing(),
}


@cache
def given_to(param: Param) -> st.SearchStrategy[object]:
    """Whatever may be given for a parameter, None and an empty list where they are allowed."""
    one = st.sampled_from(param.choices) if param.choices else MADE[param.item_type](param)
    some = st.lists(one, min_size=param.default != (), max_size=4) if param.is_list else one
    return some if param.required else st.none() | some


def tame(param: Param, value: Value) -> Value:
    """A harmless value that leads into the same branches: as many items, nothing where there is."""
    if isinstance(value, tuple):
        return tuple(tame_one(param, item) for item in value)
    return None if value is None else tame_one(param, value)


def tame_one(param: Param, value: Scalar) -> Scalar:
    if param.choices:
        return value
    return "tame" if isinstance(value, str) else TAME[type(value)]


TAME: dict[type, Scalar] = {
    int: 7,
    Decimal: Decimal("7.5"),
    date: date(2026, 11, 1),
    datetime: datetime(2026, 11, 1, tzinfo=UTC),
}


def shape(node: exp.Expr) -> object:
    """A tree without its literals."""
    if isinstance(node, exp.Literal):
        return "a text" if node.is_string else "a number"
    if isinstance(node, exp.Neg) and shape(node.this) == "a number":
        return "a number"
    return type(node).__name__, [
        (key, [shape(each) if isinstance(each, exp.Expr) else each for each in whole_list(part)])
        for key, part in node.args.items()
        if part is not None
    ]


def whole_list(part: object) -> list[object]:
    return part if isinstance(part, list) else [part]


def tree(query: Query, values: Mapping[str, Value]) -> exp.Expr:
    (statement,) = fill(query, values, WIDTH).statement.trees
    return statement


TAME_SHAPES: dict[tuple[object, ...], object] = {}


def tame_shape(query: Query, values: Mapping[str, Value]) -> object:
    """The shape with tame values; of those that lead into the same branches, worked out once."""
    tamed = {param.name: tame(param, values[param.name]) for param in query.params}
    key = (query.name, *tamed.items())
    if key not in TAME_SHAPES:
        TAME_SHAPES[key] = shape(tree(query, tamed))
    return TAME_SHAPES[key]


@st.composite
def fillings(draw: st.DrawFn) -> tuple[Query, dict[str, Value]]:
    query = draw(st.sampled_from(QUERIES))
    return query, bind(query.params, {p.name: draw(given_to(p)) for p in query.params})


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(fillings())
def test_no_value_changes_the_shape_of_a_statement(filling: tuple[Query, dict[str, Value]]) -> None:
    query, values = filling
    made = tree(query, values)
    assert shape(made) == tame_shape(query, values)
    if query.name.startswith(TYPE_QUERY):
        given_texts = {value for value in items(values) if isinstance(value, str)}
        found = {literal.this for literal in made.find_all(exp.Literal) if literal.is_string}
        assert given_texts <= found


def items(values: Mapping[str, Value]) -> Iterator[object]:
    for value in values.values():
        yield from value if isinstance(value, tuple) else (value,)


def test_a_value_that_changed_a_shape_would_be_found() -> None:
    query = type_query("text")
    for one in ("SELECT 'a', 'b'", "SELECT 'a' OR 1 = 1", "SELECT a", "SELECT 1", "SELECT -'a'"):
        assert shape(parse_one(one)) != shape(parse_one("SELECT 'x'"))
    assert shape(parse_one("SELECT 'a', -2, - -3")) == shape(parse_one("SELECT 'x', 4, 5"))
    values: dict[str, Value] = {"one": "x", "some": ("a", "b")}
    assert tame_shape(query, values) != tame_shape(query, {**values, "some": ("a",)})
