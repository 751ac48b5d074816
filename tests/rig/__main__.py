"""Run the rig: one JSON line with the endpoint on stdout, then serve until told to stop."""

import argparse
import gc
import json
import os
import signal
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.rig.server import Front
from tests.rig.trino.java import TrinoMissingError
from tests.rig.wire import Server


def _parent_gone(parent: int) -> bool:
    return os.getppid() != parent


def _watch(stop: threading.Event) -> None:
    # A pipe on stdin closes when its writer dies, however it dies.
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        while os.read(0, 4096):
            pass
    else:
        parent = os.getppid()
        while not _parent_gone(parent):
            time.sleep(0.5)
    stop.set()


@contextmanager
def _trino(front: Front, endpoint: str) -> Iterator[int]:
    from tests.rig.trino.engine import trino_behind  # noqa: PLC0415 - needs an extra

    try:
        with trino_behind(front, endpoint) as port:
            yield port
    except TrinoMissingError as error:
        sys.exit(f"error: {error}")


def main() -> None:
    """Serve until SIGTERM, until stdin closes or until the parent dies."""
    parser = argparse.ArgumentParser(prog="python -m tests.rig", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--engine", choices=["duckdb", "trino"], default="duckdb")
    given = parser.parse_args()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    front = Front()
    gc.freeze()  # what moto and botocore have made stays
    gc.set_threshold(10_000)
    server = Server(given.port, front.reply)
    server.start()
    threading.Thread(target=_watch, args=(stop,), daemon=True).start()
    said: dict[str, object] = {"endpoint": f"http://127.0.0.1:{server.port}"}
    with ExitStack() as stack:
        if given.engine == "trino":
            said["trino_port"] = stack.enter_context(_trino(front, str(said["endpoint"])))
        sys.stdout.write(json.dumps(said) + "\n")
        sys.stdout.flush()
        stop.wait()
    # Query threads and half-open connections are of no use to anyone now.
    os._exit(0)


if __name__ == "__main__":
    main()
