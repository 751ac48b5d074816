"""Runs syncs in children of one warm process, some of which it kills.

Reads one JSON object a line, ``{"config": …, "kill_after": seconds or null}``, and answers each
with ``{"ended": "done" | "failed" | "error" | "killed", "told": …}``. Pauses of retries are
fifty times as short as they are, and answers are waited for one second, not sixty.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

_real_sleep = time.sleep


def _nap(seconds: float) -> None:
    _real_sleep(seconds / 50)


time.sleep = _nap  # type: ignore[assignment] # before botocore takes it for a default

from botocore.config import Config  # noqa: E402

from flowathena.aws.session import Aws  # noqa: E402
from flowathena.errors import FlowathenaError  # noqa: E402
from flowathena.partitions.repair import Repairs  # noqa: E402
from flowathena.partitions.sync import Partitions  # noqa: E402
from flowathena.target import config as configs  # noqa: E402
from flowathena.target.target import Target  # noqa: E402

_NOW = datetime(2026, 10, 21, tzinfo=UTC)
_EVERYTHING = Repairs(relocate=True, prune=True, force=True)
_told = Aws.config


def _impatient(self: Aws) -> Config:
    return _told(self).merge(Config(read_timeout=1))


def _sync(config: str, aws: Aws) -> dict[str, str]:
    target = configs.load(Path(config), {}, Path.cwd()).target("prod")
    try:
        synced = Partitions(target, aws, lambda: _NOW).sync(repairs=_EVERYTHING, since="20d")
    except FlowathenaError as error:
        return {"ended": "error", "told": str(error)}
    told = "; ".join(sorted({outcome.error for outcome in synced.failed}))
    return {"ended": "failed" if synced.failed else "done", "told": told}


def _in_a_child(config: str, kill_after: float | None, aws: Aws) -> dict[str, str]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        os.write(writing, json.dumps(_sync(config, aws)).encode())
        os._exit(0)
    os.close(writing)
    if kill_after is not None:
        threading.Thread(target=_kill, args=(child, kill_after), daemon=True).start()
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return json.loads(told) if told else {"ended": "killed", "told": ""}


def _kill(child: int, after: float) -> None:
    _real_sleep(after)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)


def main() -> None:
    """Serve until the input ends."""
    Aws.config = _impatient  # type: ignore[method-assign]
    aws = Aws(Target("prod", "s3://logs/", region="eu-west-1"))
    _warm = aws.s3, aws.glue  # made once, not in every child
    for line in sys.stdin:
        asked = json.loads(line)
        answer = _in_a_child(asked["config"], asked["kill_after"], aws)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
