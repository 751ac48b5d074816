"""Every query answers alike before, while and after its days are archived: in a folder."""

from pathlib import Path

import pytest

from tests.conversion import EVERY_FIELD, FIRST, archived, compare, grow, of_files
from tests.equality import laptop_of, questions, selection_of, tree
from tests.portion import left_to_slow

# Of each tree one of so many queries; all of that with every field.
TREES = [(4, 12), (EVERY_FIELD, 1), *((seed, 8) for seed in (1, 2, 5, 7))]


@left_to_slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("seed", "part"), TREES)
def test_a_query_has_the_same_answer_at_every_stage(tmp_path: Path, seed: int, part: int) -> None:
    logs, root = tree(seed), tmp_path / "logs"
    logs.write(root, seed)
    client = laptop_of(tmp_path, root, logs)
    asked = [*questions(client, logs, seed, part), *of_files(logs, client)]
    made = archived(client, f"{tmp_path}/archive")

    def put(name: str, content: bytes) -> None:
        (root / name).write_bytes(content)

    assert compare(made, asked, selection_of(seed), lambda: grow(root, FIRST, put)) == {}
