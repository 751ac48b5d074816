"""Every query answers alike before, while and after its days are archived: in Athena."""

from pathlib import Path

import pytest

from tests.aws import BUCKET, create_bucket, pointed_at
from tests.conversion import EVERY_FIELD, FIRST, archived, compare, grow, of_files
from tests.equality import aws_of, laptop_of, questions, selection_of, tree
from tests.portion import left_to_slow
from tests.rig.client import Rig

pytestmark = [pytest.mark.rig, pytest.mark.compared_on_trino]

# Of each tree one of so many queries; all of that with every field.
TREES = [(3, 12), (EVERY_FIELD, 1), *((seed, 8) for seed in (1, 2, 5, 7))]


@left_to_slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("seed", "part"), TREES)
def test_a_query_has_the_same_answer_at_every_stage(
    rig: Rig, tmp_path: Path, seed: int, part: int
) -> None:
    logs, root = tree(seed), tmp_path / "logs"
    logs.write(root, seed)
    laptop = laptop_of(tmp_path, root, logs)
    asked = [*questions(laptop, logs, seed, part), *of_files(logs, laptop)]
    remote = aws_of(laptop, root, rig)
    create_bucket(rig, "archive-bucket")

    def put(name: str, content: bytes) -> None:
        rig.put_keys(BUCKET, [name], content)

    with pointed_at(rig):
        made = archived(remote, "s3://archive-bucket/flows/")
        assert compare(made, asked, selection_of(seed), lambda: grow(root, FIRST, put)) == {}
