"""Runs command lines in one warm process, which has imported what they need, or in its children.

Reads one JSON object a line, ``{"args", "folder", "env", "out", "err", "terminal", "cpu_seconds",
"ended"}``, and answers each with its exit code (negative: the signal that ended a child). ``out``
and ``err`` are files; a terminal takes the place of both. A command with a terminal, or with a
limit of its time, gets a child of its own. A child costs more than most commands: it has to copy
each page of memory that it writes to. The others run in the process itself, one after the other,
and whatever a command leaves behind is put back.

With ``ended``, a pipe that its end is told by, a command gets a child that nobody waits for: its
answer is the number of the process.
"""

import tests.naps  # noqa: F401

# isort: split
import contextlib
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import sys
import termios
import threading
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

import duckdb

import flowathena
from flowathena.cli import app, terminal
from flowathena.engine.local.translate import to_duckdb
from flowathena.sql.statement import Statement
from tests import models, packaged
from tests.shell import limit_cpu

# Imported by others than us, and only when they are called.
_MORE = ("pyarrow.parquet", "pytz", "rich.traceback", "sqlglot.dialects.duckdb", "zoneinfo")
_LAST_SECONDS = 0.2
_FILES = 64  # more than the server has open
# What a command hears in its own way: as the interpreter does without it.
_SIGNALS: dict[int, Any] = {
    signal.SIGALRM: signal.SIG_DFL,
    signal.SIGHUP: signal.SIG_DFL,
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}
_SQL = """
SELECT a, count(*) AS n, sum(b) / 60, max(from_unixtime(b)), date_trunc('day', from_unixtime(b))
FROM (VALUES ('10.0.0.1', 1)) AS t(a, b)
WHERE CASE WHEN contains('10.0.0.0/8', TRY_CAST(a AS ipaddress)) THEN a IN ('x', 'y') END
GROUP BY a, b ORDER BY n DESC LIMIT 5
"""


def _run_alone(asked: dict[str, Any]) -> None:
    """Be the child of one command: never comes back."""
    code = 1
    try:
        if asked["terminal"]:
            os.setsid()
            for number in (0, 1, 2):
                _onto(asked["terminal"], number, os.O_RDWR)
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        limit_cpu(asked["cpu_seconds"])
        code = _run(asked)
    finally:
        os._exit(code)


def _start(asked: dict[str, Any]) -> int:
    """Run a command beside all others; the number of its process.

    Its parent is a process of its own, which writes how it ended into the pipe ``ended``, and waits
    until that is read: as long it is there, as an ended child of the test would be.
    """
    told, telling = os.pipe()
    if not os.fork():
        try:
            _keep(asked, telling)
        finally:
            os._exit(1)
    os.close(telling)
    with os.fdopen(told) as said:
        return int(said.readline())


def _keep(asked: dict[str, Any], telling: int) -> None:
    ended = os.open(asked["ended"], os.O_WRONLY)
    _onto(os.devnull, 0, os.O_RDONLY)
    _onto(asked["out"], 1, os.O_WRONLY)
    _onto(asked["err"], 2, os.O_WRONLY)
    for number in range(3, _FILES):  # those of the server would never end
        if number not in {ended, telling}:
            with contextlib.suppress(OSError):
                os.close(number)
    child = os.fork()
    if not child:
        os.close(ended)
        os.close(telling)
        _run_alone(asked)
    for number in (1, 2):
        _onto(os.devnull, number, os.O_WRONLY)
    os.write(telling, b"%d\n" % child)
    os.close(telling)
    end = os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert end
    code = end.si_status if end.si_code == os.CLD_EXITED else -end.si_status
    with contextlib.suppress(BrokenPipeError):
        os.write(ended, b"%d\n" % code)
    reader = select.poll()
    reader.register(ended, 0)
    reader.poll()  # until it is closed


def _run(asked: dict[str, Any]) -> int:
    """Run a command; its exit code."""
    code = 1
    try:
        os.chdir(asked["folder"])
        os.environ.clear()
        os.environ.update(asked["env"])
        sys.argv = ["flowathena", *asked["args"]]
        if not asked["terminal"] and not asked["ended"]:
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
    return code


def _serve(asking: TextIO, answering: TextIO) -> None:
    """Run one command after the other, until one leaves a thread behind: never comes back."""
    for line in asking:
        code = _run(json.loads(line))
        _put_back()
        goes_on = not any(map(_lives, threading.enumerate()))
        print(json.dumps([code, goes_on]), file=answering, flush=True)
        if not goes_on:
            break
    os._exit(0)


def _lives(thread: threading.Thread) -> bool:
    """Whether a thread of a command has not come to its end with it."""
    if thread is threading.main_thread():
        return False
    thread.join(_LAST_SECONDS)
    return thread.is_alive()


def _put_back() -> None:
    """Have the process be as before a command."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for signalled, usual in _SIGNALS.items():
        signal.signal(signalled, usual)
    sys.unraisablehook = sys.__unraisablehook__
    for number in (1, 2):
        _onto(os.devnull, number, os.O_WRONLY)
    gc.collect()  # now: in the middle of the next command, a warning would be among its own
    gc.freeze()  # what is left is kept for the next one
    sys.stdout, sys.stderr = (
        open(number, "w", encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
        for number, errors in ((1, "strict"), (2, "backslashreplace"))
    )
    terminal._state = terminal._State()  # noqa: SLF001
    os.chdir("/")


class _Worker:
    """A child that runs commands, and the next one when it has ended."""

    def __init__(self) -> None:
        self._pid = 0
        self._asking: TextIO
        self._answers: TextIO

    def run(self, line: str) -> int:
        """Run a command; its exit code, or that of the child that it has ended."""
        if not self._pid:
            self._start()
        self._asking.write(line)
        self._asking.flush()
        answer = self._answers.readline()
        if not answer:
            return self.end()
        code, goes_on = json.loads(answer)
        if not goes_on:
            self.end()
        return int(code)

    def _start(self) -> None:
        (asked, asking), (answers, answering) = os.pipe(), os.pipe()
        self._pid = os.fork()
        if not self._pid:
            os.close(asking)
            os.close(answers)
            _serve(os.fdopen(asked), os.fdopen(answering, "w"))
        os.close(asked)
        os.close(answering)
        self._asking, self._answers = os.fdopen(asking, "w"), os.fdopen(answers)

    def end(self) -> int:
        """End the child; its exit code."""
        if not self._pid:
            return 0
        with contextlib.suppress(BrokenPipeError):
            self._asking.close()
        self._answers.close()
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        return os.waitstatus_to_exitcode(status)


def _onto(path: str, number: int, flags: int) -> None:
    opened = os.open(path, flags)
    os.dup2(opened, number)
    os.close(opened)


def _warm() -> None:
    """Import what any command may, and read what botocore does: no child has to do it again."""
    ours = pkgutil.walk_packages(flowathena.__path__, "flowathena.")
    for name in (*_MORE, *(module.name for module in ours if module.name != "flowathena.__main__")):
        importlib.import_module(name)
    models.keep()
    models.warm()
    packaged.keep()
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):  # noqa: PTH123
        # What typer imports when it is called, and what is made at the first use.
        for words in (["--help"], ["queries", "list"], ["queries", "check", "preview"]):
            with contextlib.suppress(SystemExit), contextlib.redirect_stderr(nowhere):
                app.main(words)
    to_duckdb(Statement(_SQL), {}, datetime.now(UTC))
    # Its tables of functions are made by the first connection. No thread of it may be left.
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        connection.execute("SELECT 1").fetchall()
    gc.freeze()
    gc.set_threshold(10_000)  # a tenth of a short command's time would go into looking for garbage


def main() -> None:
    """Serve until the input ends."""
    _warm()
    worker = _Worker()
    with os.fdopen(os.dup(0)) as asking, os.fdopen(os.dup(1), "w") as answering:
        for line in asking:
            asked = json.loads(line)
            if asked["ended"]:
                answer = _start(asked)
            elif asked["terminal"] or asked["cpu_seconds"] is not None:
                answer = _in_child(asked)
            else:
                answer = worker.run(line)
            print(answer, file=answering, flush=True)
            with contextlib.suppress(ChildProcessError):  # parents of what was started, and ended
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
    worker.end()


def _in_child(asked: dict[str, Any]) -> int:
    child = os.fork()
    if child == 0:
        _run_alone(asked)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    main()
