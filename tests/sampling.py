"""Many cases of one kind: some run always, the others in 'make test-slow'."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

import pytest


def some(cases: Iterable[Any], one_in: int) -> list[Any]:
    """The parameters of a test: of every ``one_in`` cases the first runs always, the rest if slow.

    Args:
        cases: the cases, those of a kind side by side.
        one_in: how many are represented by one.
    """
    return [
        case if number % one_in == 0 else pytest.param(case, marks=pytest.mark.slow)
        for number, case in enumerate(cases)
    ]


def groups(cases: Iterable[Any], size: int) -> list[list[Any]]:
    """The cases in groups: a test of one value costs more in pytest than in the engine."""
    rest = iter(cases)
    return list(iter(lambda: list(islice(rest, size)), []))
