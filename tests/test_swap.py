"""A node in the place of another, in a time that does not depend on its neighbours."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp, parse_one

from flowathena.engine.local.translate import to_duckdb
from flowathena.sql.statement import Statement
from flowathena.sql.swap import swap


def numbers(tree: exp.Expr) -> list[exp.Literal]:
    return list(tree.find_all(exp.Literal))


@given(st.integers(1, 9), st.data())
def test_a_swap_is_what_replace_does(length: int, data: st.DataObject) -> None:
    sql = f"SELECT a FROM t WHERE a IN ({', '.join(map(str, range(length)))}) AND b = 9"
    one, other = parse_one(sql), parse_one(sql)
    place = data.draw(st.integers(0, length))
    hash(one), hash(other)
    swap(numbers(one)[place], exp.Literal.string("x"))
    numbers(other)[place].replace(exp.Literal.string("x"))
    assert one == other
    assert hash(one) == hash(other)
    for node in one.walk():
        for key, value in node.args.items():
            for index, child in enumerate(value if isinstance(value, list) else []):
                assert (child.parent, child.arg_key, child.index) == (node, key, index)


def test_a_root_has_no_place() -> None:
    root, other = exp.Literal.number(1), exp.Literal.number(2)
    assert swap(root, other) is other
    assert other.parent is None


def test_a_long_list_takes_steps_in_proportion_to_its_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps = 0
    plain = exp.Expression._set_parent  # noqa: SLF001 - where sqlglot does the work

    def counted(self: exp.Expression, key: str, value: object, index: int | None = None) -> None:
        nonlocal steps
        steps += len(value) if isinstance(value, list) else 1
        plain(self, key, value, index)

    monkeypatch.setattr(exp.Expression, "_set_parent", counted)

    def count(length: int) -> int:
        nonlocal steps
        listed = ", ".join(map(str, range(length)))
        calls = ", ".join(f"abs({n})" for n in range(length))
        sql = f"SELECT a FROM t WHERE a IN ({listed}) OR a IN ({calls})"
        steps = 0
        to_duckdb(Statement(sql), {"": {"t": {"a": "int"}}}, datetime(2026, 11, 1, tzinfo=UTC))
        return steps

    few, many = count(50), count(500)
    assert many < 11 * few
