import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.portion import left_to_slow
from tests.rig.client import Rig
from tests.waiting import until

pytestmark = pytest.mark.rig

ROOT = Path(__file__).resolve().parents[1]
# A parent that starts a rig, says where it is and dies without a word.
PARENT = """
import os, sys
from tests.rig.client import Rig
rig = Rig.start("duckdb")
sys.stdout.write(rig.endpoint)
sys.stdout.flush()
os.kill(os.getpid(), 9)
"""


def gone(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def port_of(endpoint: str) -> int:
    return int(endpoint.rsplit(":", 1)[1])


def test_a_closed_rig_is_gone() -> None:
    with Rig.start("duckdb") as rig:
        port = port_of(rig.endpoint)
        with urllib.request.urlopen(f"{rig.endpoint}/_rig/health", timeout=60) as answer:  # noqa: S310
            assert answer.status == 200
    assert gone(port)


@left_to_slow
def test_a_rig_does_not_outlive_its_parent() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    assert ran.returncode == -signal.SIGKILL
    until(lambda: gone(port_of(ran.stdout)))


@pytest.mark.asks_no_query
def test_the_environment_of_a_process_is_fake_and_whole(rig: Rig) -> None:
    given = rig.env()
    assert given["AWS_ENDPOINT_URL"] == rig.endpoint
    assert given["AWS_EC2_METADATA_DISABLED"] == "true"
    assert {given["AWS_CONFIG_FILE"], given["AWS_SHARED_CREDENTIALS_FILE"]} == {os.devnull}
    who = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    ran = subprocess.run(
        [sys.executable, "-c", who], env=given, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "123456789012"


def test_the_test_process_reaches_the_loopback_only() -> None:
    with socket.socket() as probe, pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        probe.connect(("192.0.2.1", 80))
