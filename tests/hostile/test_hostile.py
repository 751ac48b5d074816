"""Every case of every topic."""

import importlib
import pkgutil
import shlex
from pathlib import Path

import pytest

import tests.hostile
from tests.hostile.case import AwsCase, Case
from tests.portion import first_of_each
from tests.rig.client import Rig

_HARNESS = {"case", "test_hostile"}
_TOPICS = sorted(
    module.name
    for module in pkgutil.iter_modules(tests.hostile.__path__)
    if module.name not in _HARNESS
)
_CASES: list[tuple[str, Case]] = [
    (topic, case)
    for topic in _TOPICS
    for case in importlib.import_module(f"tests.hostile.{topic}").CASES
]
_LOCAL = [(topic, case) for topic, case in _CASES if not isinstance(case, AwsCase)]
_AWS = [(topic, case) for topic, case in _CASES if isinstance(case, AwsCase)]
_ENOUGH = 150


def name_of(told: tuple[str, Case]) -> str:
    topic, case = told
    return f"{topic}: {case.name}"


def kind_of(told: tuple[str, Case]) -> tuple[object, ...]:
    """Of every topic each command, and each of its exit codes."""
    topic, case = told
    words = shlex.split(case.command)[:2]
    return topic, case.code, *(word for word in words if not word.startswith("-"))


@pytest.mark.parametrize("told", first_of_each(_LOCAL, kind_of, name_of))
def test_hostile_input_is_told_and_breaks_nothing(tmp_path: Path, told: tuple[str, Case]) -> None:
    told[1].check(tmp_path)


@pytest.mark.rig
@pytest.mark.asks_no_query
@pytest.mark.parametrize("told", first_of_each(_AWS, kind_of, name_of))
def test_a_hostile_service_is_told_and_breaks_nothing(
    rig: Rig, tmp_path: Path, told: tuple[str, AwsCase]
) -> None:
    told[1].check_on(rig, tmp_path)


def test_every_case_is_told_apart_and_states_a_line() -> None:
    names = [name_of(told) for told in _CASES]
    assert len(names) == len(set(names))
    assert len(names) >= _ENOUGH
    assert all(case.line for _, case in _CASES)
