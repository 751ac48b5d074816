"""Every saved query's cases again, over S3, Glue and Athena on the wire."""

import json
import os
import re
from pathlib import Path

import pytest

from flowathena import Client
from flowathena.cases.compare import difference, same_rows
from flowathena.cli.app import app
from tests.aws import BUCKET, configured, create_bucket, pointed_at
from tests.cases import Case, load_cases, objects
from tests.rig.client import Rig

pytestmark = pytest.mark.rig


# The local engine runs every case on the same DuckDB; the first of every sixteenth query shows here
# that the way to AWS makes no difference. On Trino ('make test-trino'), every case takes that way.
_FIRST = list({case.query: case for case in reversed(load_cases())}.values())
_ON_TRINO = os.environ.get("RIG_ENGINE") == "trino"
CASES = list(load_cases()) if _ON_TRINO else _FIRST[::16]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.query}: {case.name}")
def test_rows_are_exactly_the_expected_ones_in_order(
    rig: Rig, tmp_path: Path, capfd: pytest.CaptureFixture[str], case: Case
) -> None:
    create_bucket(rig, BUCKET)
    rig.settings(queue_polls=0)
    configured(tmp_path, rig)
    config = tmp_path / "flowathena.toml"
    names = ", ".join(f'"{name}"' for name in case.log_format)
    config.write_text(re.sub(r"\Z", f"log_format = [{names}]\n", config.read_text()))
    for key, body in objects(case, registered=True):
        rig.put_keys(BUCKET, [key], body)
    with pointed_at(rig):
        Client(config_path=config).partitions.sync(everything=True)
        for key, body in objects(case, registered=False):
            rig.put_keys(BUCKET, [key], body)
        # The command line in this process: starting another costs more than the query.
        options = [*case.options, "--config", str(config), "--format", "json"]
        app(["run", case.query, *options], standalone_mode=False)
    answered = json.loads(capfd.readouterr().out)
    assert all(tuple(row) == case.columns for row in answered)
    expected, rows = ([list(row.values()) for row in each] for each in (case.json_rows, answered))
    told = (case.columns, expected, rows, case.tolerance)
    assert same_rows(*told), "\n".join(difference(*told))
