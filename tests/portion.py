"""The part of many cases that 'make test' tries; 'make test-slow' tries the others."""

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


def first_of_each(
    cases: Iterable[T],
    kind: Callable[[T], Hashable],
    name: Callable[[T], str] | None = None,
) -> list[Any]:
    """The cases as parameters of a test; all are ``slow`` but the first of its kind."""
    seen: set[Hashable] = set()
    return [
        pytest.param(case, id=name(case) if name else None, marks=_slow_if(_has(seen, kind(case))))
        for case in cases
    ]


def some_of(cases: Iterable[T], chosen: Callable[[T], bool]) -> list[Any]:
    """The cases as parameters of a test; those that are not chosen are ``slow``.

    A tuple stands for the values of several arguments.
    """
    return [pytest.param(*_values(case), marks=_slow_if(not chosen(case))) for case in cases]


def _values(case: object) -> Sequence[object]:
    return case if isinstance(case, tuple) else (case,)


def _slow_if(is_slow: bool) -> Collection[pytest.MarkDecorator]:
    return (pytest.mark.slow,) if is_slow else ()


def _has(seen: set[Hashable], kind: Hashable) -> bool:
    """Whether a kind was there before; it is now."""
    known = kind in seen
    seen.add(kind)
    return known
