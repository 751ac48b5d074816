"""Every case of every topic."""

import importlib
import pkgutil
from pathlib import Path

import pytest

import tests.hostile
from tests.hostile.case import AwsCase, Case
from tests.rig.client import Rig
from tests.sampling import some

_HARNESS = {"case", "test_hostile"}
_TOPICS = sorted(
    module.name
    for module in pkgutil.iter_modules(tests.hostile.__path__)
    if module.name not in _HARNESS
)
_CASES: list[tuple[str, Case]] = [
    (f"{topic}: {case.name}", case)
    for topic in _TOPICS
    for case in importlib.import_module(f"tests.hostile.{topic}").CASES
]
_LOCAL = [(name, case) for name, case in _CASES if not isinstance(case, AwsCase)]
_AWS = [(name, case) for name, case in _CASES if isinstance(case, AwsCase)]
_ENOUGH = 150


@pytest.mark.parametrize(
    "case", some([case for _, case in _LOCAL], one_in=3), ids=[name for name, _ in _LOCAL]
)
def test_hostile_input_is_told_and_breaks_nothing(tmp_path: Path, case: Case) -> None:
    case.check(tmp_path)


@pytest.mark.rig
@pytest.mark.asks_no_query
@pytest.mark.parametrize(
    "case", some([case for _, case in _AWS], one_in=3), ids=[name for name, _ in _AWS]
)
def test_a_hostile_service_is_told_and_breaks_nothing(
    rig: Rig, tmp_path: Path, case: AwsCase
) -> None:
    case.check_on(rig, tmp_path)


def test_every_case_is_told_apart_and_states_a_line() -> None:
    names = [name for name, _ in _CASES]
    assert len(names) == len(set(names))
    assert len(names) >= _ENOUGH
    assert all(case.line for _, case in _CASES)
