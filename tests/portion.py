"""The part of many cases that 'make test' tries; 'make test-slow' tries the others."""

import os
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar

import pytest

T = TypeVar("T")
Test = TypeVar("Test", bound=Callable[..., Any])
IN_FULL = os.environ.get("RIG_ENGINE") == "trino"
"""Whether nothing is left to 'make test-slow': it does not ask Trino."""
REST = () if IN_FULL else (pytest.mark.slow,)
"""The marks of cases beyond the first ones."""
EXAMPLES = int(os.environ.get("TEST_EXAMPLES", "12"))
"""How many values a property is tried on; 'make test-slow' asks for more."""
FEW_EXAMPLES = max(4, EXAMPLES // 3)
"""The same of a property that runs several queries on each."""


def left_to_slow(test: Test) -> Test:
    """A test of what others try too, but the whole of it: it is ``slow``, except on Trino."""
    for mark in REST:
        test = mark(test)
    return test


def first_of_each(
    cases: Iterable[T],
    kind: Callable[[T], Hashable],
    name: Callable[[T], str] | None = None,
) -> list[Any]:
    """The cases as parameters of a test; all are ``slow`` but the first of its kind."""
    seen: set[Hashable] = set()
    made = []
    for case in cases:
        marks = REST if kind(case) in seen else ()
        seen.add(kind(case))
        made.append(pytest.param(case, id=name(case) if name else None, marks=marks))
    return made


def with_slow(names: Iterable[str], slow: Iterable[str]) -> list[Any]:
    """The names as parameters of a test, some of which are ``slow``."""
    names, left = list(names), {*slow}
    assert left <= {*names}
    return [pytest.param(name, marks=REST if name in left else ()) for name in names]


def mark_others_slow(items: Sequence[pytest.Item]) -> None:
    """Of a test marked ``few(number)`` so many cases, evenly spread, stay; others are ``slow``.

    On Trino all of them stay, unless the engine makes no difference to them: ``on_trino`` then says
    how many do.
    """
    tests: dict[tuple[str, str], list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("few"):
            tests.setdefault((str(item.path), item.name.partition("[")[0]), []).append(item)
    for cases in tests.values():
        marker = cases[0].get_closest_marker("few")
        assert marker
        number = marker.kwargs.get("on_trino", len(cases)) if IN_FULL else marker.args[0]
        for case in others(cases, number):
            case.add_marker("slow")


def others(cases: Sequence[T], number: int) -> list[T]:
    """All but so many cases, which are evenly spread and begin with the first."""
    chosen = {place * len(cases) // number for place in range(number)}
    return [case for place, case in enumerate(cases) if place not in chosen]
