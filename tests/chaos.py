"""Runs syncs in children of one warm process, some of which kill themselves.

``python -m tests.chaos SOCKET`` listens on a Unix socket. A connection sends one line of JSON,
``{"config": …, "patient": …, "kill": [calls, seconds] or null}``, and gets ``{"ended": "done" |
"failed" | "error", "told": …}``, or nothing: the child is killed so many seconds after it has begun
that many calls. Who is not patient waits for an answer half a second, not sixty.
"""

from tests.naps import real_sleep

# isort: split
import gc
import json
import os
import signal
import socketserver
import sys
import threading
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from botocore.config import Config

from flowathena.aws.session import Aws
from flowathena.errors import FlowathenaError
from flowathena.partitions.repair import Repairs
from flowathena.partitions.sync import Partitions
from flowathena.target import config as configs
from flowathena.target.target import Target

_NOW = datetime(2026, 10, 21, tzinfo=UTC)
_EVERYTHING = Repairs(relocate=True, prune=True, force=True)


class _Impatient(Aws):
    def config(self) -> Config:
        return super().config().merge(Config(read_timeout=0.5))


class _Fate:
    """Counts the calls of this process, and ends it."""

    def __init__(self) -> None:
        self._calls = count(1)
        self._last: int | None = None
        self._seconds = 0.0

    def decide(self, calls: int, seconds: float) -> None:
        """Have the process killed so many seconds after it has begun so many calls."""
        self._last, self._seconds = calls, seconds

    def call(self, **_: object) -> None:
        """One more call begins: a handler of botocore's ``before-send``."""
        if next(self._calls) != self._last:
            return
        if not self._seconds:
            os.kill(os.getpid(), signal.SIGKILL)
        threading.Thread(target=self._later, daemon=True).start()

    def _later(self) -> None:
        real_sleep(self._seconds)
        os.kill(os.getpid(), signal.SIGKILL)


_FATE = _Fate()


def _warm(aws: Aws) -> Aws:
    """Make the clients once, not in every child."""
    aws.session.events.register("before-send", _FATE.call)
    _clients = aws.s3, aws.glue, aws.glue_listing
    return aws


def _sync(config: str, aws: Aws) -> dict[str, str]:
    target = configs.load(Path(config), {}, Path.cwd()).target("prod")
    try:
        synced = Partitions(target, aws, lambda: _NOW).sync(repairs=_EVERYTHING, since="20d")
    except FlowathenaError as error:
        return {"ended": "error", "told": str(error)}
    told = "; ".join(sorted({outcome.error for outcome in synced.failed}))
    return {"ended": "failed" if synced.failed else "done", "told": told}


class _Child(socketserver.StreamRequestHandler):
    server: "_Server"

    def handle(self) -> None:
        asked = json.loads(self.rfile.readline())
        if asked["kill"]:
            _FATE.decide(*asked["kill"])
        told = _sync(asked["config"], self.server.aws[asked["patient"]])
        self.wfile.write(json.dumps(told).encode())


class _Server(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    def __init__(self, path: str) -> None:
        super().__init__(path, _Child)
        target = Target("prod", "s3://logs/", region="eu-west-1")
        self.aws = {True: _warm(Aws(target)), False: _warm(_Impatient(target))}
        self._parent = os.getppid()

    def service_actions(self) -> None:
        super().service_actions()
        if os.getppid() != self._parent:
            os._exit(0)


def main() -> None:
    """Serve until the parent is gone."""
    with _Server(sys.argv[1]) as server:
        gc.freeze()
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
