"""Two engines' ways, one answer: random logs in a folder, and the same behind the rig."""

import os
from pathlib import Path

import pytest

from tests.aws import pointed_at
from tests.equality import (
    answers,
    aws_of,
    differences,
    laptop_of,
    questions,
    selection_of,
    tree,
)
from tests.rig.client import Rig

pytestmark = [pytest.mark.rig, pytest.mark.compared_on_trino]

# One set and one of twelve queries, unless more is asked for: see 'make test-equality'.
SETS = int(os.environ.get("FLOWATHENA_TEST_SETS", "1"))
PART = int(os.environ.get("FLOWATHENA_TEST_PART", "12"))


@pytest.mark.parametrize("seed", range(100, 100 + SETS))
def test_a_query_has_the_same_answer_on_both(rig: Rig, tmp_path: Path, seed: int) -> None:
    logs, selection = tree(seed), selection_of(seed % 50)
    logs.write(tmp_path / "logs", seed)
    laptop = laptop_of(tmp_path, tmp_path / "logs", logs)
    asked = questions(laptop, logs, seed, PART)
    local = answers(laptop, asked, selection)
    remote = aws_of(laptop, tmp_path / "logs", rig)
    with pointed_at(rig):
        assert differences(local, answers(remote, asked, selection)) == {}
    assert local["every column"].rows, "the test compares nothing"
