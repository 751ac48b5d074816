"""Runs command lines in children of one warm process, which has imported what they need.

Reads one JSON object a line, ``{"args", "folder", "env", "out", "err"}``, and answers each with the
child's exit code (negative: the signal that ended it). ``out`` and ``err`` are files.
"""

import json
import os
import sys
import traceback
from typing import Any

from flowathena.cli import app


def _run(asked: dict[str, Any]) -> None:
    """Be the child: never comes back."""
    code = 1
    try:
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["env"])
        sys.argv = ["flowathena", *asked["args"]]
        _onto(os.devnull, 0, os.O_RDONLY)
        _onto(asked["out"], 1, os.O_WRONLY)
        _onto(asked["err"], 2, os.O_WRONLY)
        app.main(asked["args"])
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter would
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def _onto(path: str, number: int, flags: int) -> None:
    opened = os.open(path, flags)
    os.dup2(opened, number)
    os.close(opened)


def main() -> None:
    """Serve until the input ends."""
    asking, answering = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    for line in asking:
        child = os.fork()
        if child == 0:
            _run(json.loads(line))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answering, flush=True)


if __name__ == "__main__":
    main()
