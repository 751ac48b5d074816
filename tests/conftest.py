"""Fake credentials, no network but the loopback, and a rig for whoever asks for one."""

import tests.naps  # noqa: F401

# isort: split
import gc
import os
import re
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

from tests import models, packaged, portion
from tests.rig.client import Rig

if TYPE_CHECKING:
    from tests.rig.trino.client import Trino

_FAKE = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
_LOOPBACK = ("127.", "::1", "localhost")

# Nothing here outlasts the tests: where folders can be in memory, none of them waits for a disk.
_MEMORY = Path("/dev/shm")  # noqa: S108 - where Linux has it
_LEAST_BYTES = 2 << 30
if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _LEAST_BYTES:
    os.environ.setdefault("TMPDIR", str(_MEMORY))
    tempfile.tempdir = None  # is read anew
models.keep()
packaged.keep()
# Until the tests begin everything that is made stays: looking for garbage in it is a fifth of the
# time that collecting takes.
gc.disable()
# Started in the background by a script, or under nohup: what tests start, and interrupt, would
# ignore the signal too.
for _number, _usual in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)
# How long a machine takes decides nothing. 'make test-slow' asks for more examples.
settings.register_profile(
    "suite",
    settings(),
    max_examples=portion.EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """A module of tests that -m leaves out is not imported: those of Trino prepare much."""
    left_out = re.findall(r"\bnot (trino|hive|browser)\b", config.option.markexpr)
    if collection_path.suffix != ".py" or not left_out:
        return None
    marks = re.findall(r"(?m)^pytestmark = pytest\.mark\.(\w+)$", collection_path.read_text())
    return True if set(marks) & set(left_out) else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    portion.mark_others_slow(items)


@pytest.fixture(autouse=True)
def fake_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name, value in _FAKE.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:  # noqa: ANN401
        inet = self.family in (socket.AF_INET, socket.AF_INET6)
        if inet and not str(address[0]).startswith(_LOOPBACK):
            raise RuntimeError(f"a test tried to reach {address[0]}")
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def rig_server() -> Iterator[Rig]:
    with Rig.start() as rig:
        yield rig


@pytest.fixture(scope="session")
def trino(rig_server: Rig) -> "Trino":
    """The Trino behind the rig, asked directly."""
    from tests.rig.trino.client import Trino  # noqa: PLC0415 - needs an extra

    assert rig_server.trino_port is not None, "these tests need RIG_ENGINE=trino"
    return Trino(rig_server.trino_port)


@pytest.fixture
def rig(rig_server: Rig) -> Rig:
    rig_server.reset()
    return rig_server
