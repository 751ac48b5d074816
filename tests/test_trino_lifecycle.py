"""Trino's process: there when the rig is, gone with it however it ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rig.client import Rig
from tests.test_rig_process import gone, port_of
from tests.waiting import until

pytestmark = pytest.mark.trino

ROOT = Path(__file__).resolve().parents[1]
# A test run that is killed while its rig and Trino are up.
RUN = """
import os, sys
from tests.rig.client import Rig
rig = Rig.start("trino")
print(rig.endpoint, rig.trino_port, flush=True)
os.kill(os.getpid(), 9)
"""


def processes(endpoint: str) -> list[str]:
    """Command lines of the Java processes of a rig, by its endpoint."""
    listed = subprocess.run(["ps", "-ewwo", "args"], capture_output=True, text=True, check=True)
    return [line for line in listed.stdout.splitlines() if f"-Drig.endpoint={endpoint} " in line]


def test_a_closed_rig_leaves_no_java_and_no_port() -> None:
    with Rig.start("trino") as rig:
        port = rig.trino_port
        assert port is not None
        assert len(processes(rig.endpoint)) == 1
    assert processes(rig.endpoint) == []
    assert gone(port)


def test_a_killed_test_run_leaves_no_java_and_no_port() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", RUN], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    assert ran.returncode == -signal.SIGKILL
    endpoint, port = ran.stdout.split()
    until(lambda: gone(int(port)) and gone(port_of(endpoint)))
    until(lambda: processes(endpoint) == [])


def test_a_killed_rig_takes_java_with_it() -> None:
    with Rig.start("trino") as rig:
        assert rig.pid is not None
        assert rig.trino_port is not None
        os.kill(rig.pid, signal.SIGKILL)
        port = rig.trino_port
        until(lambda: processes(rig.endpoint) == [] and gone(port))
