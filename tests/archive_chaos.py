"""Archives in children of one warm process, at some point of which something goes wrong.

``python -m tests.archive_chaos SOCKET`` listens on a Unix socket. A connection sends one line of
JSON, ``{"config": …, "archive": …, "fate": [how, point] or null}``, and gets ``{"ended": …}``, or
nothing if the child was killed. A point is the number of something done to a file below the folder
of the archive: opened, renamed, removed, made; there the child is killed, interrupted (as by
Ctrl-C), or the disk is full.
"""

import errno
import gc
import json
import os
import signal
import socketserver
import sys
from pathlib import Path

import duckdb

from flowathena import Client
from flowathena.archive import local_writer
from flowathena.errors import FlowathenaError

_EVENTS = frozenset(
    {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "sqlite3.connect", "os.scandir"}
)
_LOADED = (duckdb, local_writer)
"""What takes long to import."""


class _Fate:
    """Counts what is done to files below a folder, and lets something go wrong."""

    def __init__(self, how: str, point: int, folder: str) -> None:
        self._how = how
        self._left = point
        self._folder = folder

    def strike(self, event: str, args: tuple[object, ...]) -> None:
        """A hook of the interpreter's."""
        if event not in _EVENTS or not args or not str(args[0]).startswith(self._folder):
            return
        self._left -= 1
        if self._left:
            return
        if self._how == "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.kill(os.getpid(), signal.SIGKILL if self._how == "kill" else signal.SIGINT)


def _archive(config: str) -> str:
    try:
        done = Client(config_path=config).archive.run(everything=True)
    except KeyboardInterrupt:
        return "interrupted"
    except FlowathenaError as error:
        return f"error: {error}"
    return "done" if done.is_complete else f"failed: {done.stop or done.failures}"


class _Child(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        asked = json.loads(self.rfile.readline())
        if asked["fate"]:
            how, point = asked["fate"]
            sys.addaudithook(_Fate(how, point, asked["archive"]).strike)
        self.wfile.write(json.dumps({"ended": _archive(asked["config"])}).encode())


class _Server(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    def __init__(self, path: str) -> None:
        super().__init__(path, _Child)
        self._parent = os.getppid()

    def service_actions(self) -> None:
        super().service_actions()
        if os.getppid() != self._parent:
            os._exit(0)


def main() -> None:
    """Serve until the parent is gone."""
    with _Server(str(Path(sys.argv[1]))) as server:
        gc.freeze()
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
