"""The list of Athena's functions is Trino's own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.rig.trino.client import Trino

pytestmark = pytest.mark.trino

ROOT = Path(__file__).resolve().parents[1]


def test_the_list_of_functions_is_fresh(trino: Trino) -> None:
    command = [sys.executable, "-m", "tests.rig.trino.registry", "--check", "--port"]
    done = subprocess.run(
        [*command, str(trino.port)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
