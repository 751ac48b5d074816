"""Three engines, one answer: DuckDB over local files, the rig's DuckDB, and Trino."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from flowathena import Client
from tests.aws import pointed_at
from tests.equality import (
    Tree,
    answers,
    aws_of,
    differences,
    laptop_of,
    questions,
    selection_of,
    tree,
)
from tests.rig.client import Rig

pytestmark = pytest.mark.trino

# One of so many queries for each seed: 1 asks all of them every time, which takes a while.
PART = int(os.environ.get("FLOWATHENA_TEST_PART", "5"))


@dataclass(frozen=True)
class Trio:
    """The same logs behind three engines."""

    laptop: Client
    duckdb: Client
    trino: Client


@pytest.fixture(scope="module")
def duckdb_rig() -> Iterator[Rig]:
    with Rig.start("duckdb") as rig:
        yield rig


@pytest.fixture
def trio(rig: Rig, duckdb_rig: Rig, tmp_path: Path) -> Callable[[Tree, int], Trio]:
    def made(tree: Tree, seed: int) -> Trio:
        logs = tmp_path / "logs"
        tree.write(logs, seed)
        laptop = laptop_of(tmp_path, logs, tree)
        return Trio(laptop, aws_of(laptop, logs, duckdb_rig), aws_of(laptop, logs, rig))

    return made


@pytest.mark.parametrize("seed", range(1, 21))
def test_rows_and_types_are_the_same(
    rig: Rig, duckdb_rig: Rig, trio: Callable[[Tree, int], Trio], seed: int
) -> None:
    logs, selection = tree(seed), selection_of(seed)
    engines = trio(logs, seed)
    asked = questions(engines.laptop, logs, seed, PART)
    laptop = answers(engines.laptop, asked, selection)
    with pointed_at(duckdb_rig):
        duckdb = answers(engines.duckdb, asked, selection)
    with pointed_at(rig):
        trino = answers(engines.trino, asked, selection)
    assert trino["every column"].rows, "the test compares nothing"
    assert differences(laptop, trino) == {}
    assert differences(duckdb, trino) == {}
