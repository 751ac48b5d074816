"""Every saved query's cases again, over S3, Glue and Athena on the wire."""

import re
from pathlib import Path

import pytest

from tests.aws import BUCKET, configured, create_bucket
from tests.cases import Case, load_cases, objects
from tests.rig.client import Rig

pytestmark = pytest.mark.rig


@pytest.mark.parametrize("case", load_cases(), ids=lambda case: f"{case.query}: {case.name}")
def test_rows_are_exactly_the_expected_ones_in_order(rig: Rig, tmp_path: Path, case: Case) -> None:
    create_bucket(rig, BUCKET)
    shell = configured(tmp_path, rig)
    config = shell.folder / "flowathena.toml"
    names = ", ".join(f'"{name}"' for name in case.log_format)
    config.write_text(re.sub(r"\Z", f"log_format = [{names}]\n", config.read_text()))
    for key, body in objects(case, registered=True):
        rig.put_keys(BUCKET, [key], body)
    shell.run("partitions", "sync", "--all")
    for key, body in objects(case, registered=False):
        rig.put_keys(BUCKET, [key], body)
    rows = shell.run("run", case.query, *case.options, "--format", "json").json
    assert rows == case.json_rows
