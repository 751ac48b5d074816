"""The real command line in a process of its own."""

import atexit
import json
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_TIMEOUT_SECONDS = 240
SAID_OF = {
    signal.SIGINT: "error: interrupted: ",
    signal.SIGTERM: "error: interrupted: terminated; ",
    signal.SIGHUP: "error: interrupted: hung up; ",
}
"""How the last line begins that says what became of several things, by the signal."""


@dataclass(frozen=True)
class Done:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the command printed
        """Standard output as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Shell:
    """Runs ``flowathena`` in a folder, with an environment of its own besides PATH, HOME, TMPDIR.

    ``cpu_seconds`` is what a command may use of a processor; the system kills it then.
    """

    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cpu_seconds: int | None = None

    def run(self, *args: str, code: int = 0) -> Done:
        """Run a command; fails unless it exits with the code."""
        done = self.try_run(*args)
        assert done.code == code, f"exit {done.code}, not {code}\n{done.out}\n{done.err}"
        return done

    def try_run(self, *args: str) -> Done:
        """Run a command, whatever its exit code."""
        # What an interpreter reads when it starts needs one of its own.
        plain = all(name.startswith(("AWS_", "FLOWATHENA_")) for name in self.env)
        done = FORKS.run(self, args) if plain else self._started(args)
        assert "Traceback" not in done.err, done.err
        assert "this is a bug of flowathena" not in done.err, done.err
        return done

    def start(self, *args: str) -> "Started":
        """Start a command, in a child of the warm process; for one that gets a signal, or waits."""
        return FORKS.start(self, args)

    def _started(self, args: Sequence[str]) -> Done:
        process = subprocess.run(
            self.command(*args),
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
            preexec_fn=self._limit,
        )
        return Done(process.returncode, process.stdout, process.stderr)

    def _limit(self) -> None:
        limit_cpu(self.cpu_seconds)

    def refused(self, *args: str, code: int = 2) -> str:
        """Run a command that must fail with one line and nothing on stdout; that line."""
        done = self.run(*args, code=code)
        assert not done.out
        assert "Traceback" not in done.err
        lines = done.err.splitlines()
        assert len(lines) == 1, done.err
        return lines[0]

    def command(self, *args: str) -> list[str]:
        """The command line of a process."""
        return [sys.executable, "-m", "flowathena", *args]

    def environment(self) -> dict[str, str]:
        """The environment of a process."""
        names = ("PATH", "HOME", "TMPDIR")
        inherited = {name: os.environ[name] for name in names if name in os.environ}
        return {**inherited, "PYTHONWARNINGS": "error", **self.env}


def limit_cpu(seconds: int | None) -> None:
    """Have the system kill this process once it has used a processor for so long."""
    if seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


class Started(subprocess.Popen[str]):
    """A command that runs: a process that is a grandchild, so that its end is read from a pipe."""

    def __init__(self, args: Sequence[str], pid: int, pipes: Mapping[str, int]) -> None:
        self.args = list(args)
        self.pid = pid
        self.returncode = None
        self.stdin = None
        self.stdout, self.stderr = (
            os.fdopen(pipes[name], encoding="utf-8") for name in ("out", "err")
        )
        self.text_mode = True
        self._ended = pipes["ended"]
        self._child_created = True
        self._communication_started = False
        self._input = None

    def poll(self) -> int | None:
        """Its exit code if it has ended."""
        return self._read(0)

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended."""
        code = self._read(_TIMEOUT_SECONDS if timeout is None else timeout)
        if code is None:
            raise subprocess.TimeoutExpired(self.args, timeout or _TIMEOUT_SECONDS)
        return code

    def _internal_poll(self, *_: object, **__: object) -> int | None:
        return self.poll()

    def _read(self, timeout: float) -> int | None:
        code: int | None = self.returncode
        if code is None and select.select([self._ended], [], [], timeout)[0]:
            with os.fdopen(self._ended) as ended:
                self.returncode = code = int(ended.readline())
        return code


class _Forks:
    """A process whose children run commands: see ``tests.forks``."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def run(self, shell: Shell, args: Sequence[str]) -> Done:
        """Run a command in a child."""
        with self._lock, tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            out.touch()
            err.touch()
            asked = {
                "args": args,
                "folder": str(shell.folder),
                "env": shell.environment(),
                "out": str(out),
                "err": str(err),
                "terminal": "",
                "cpu_seconds": shell.cpu_seconds,
                "ended": "",
            }
            return Done(self._asked(asked), out.read_text(), err.read_text())

    def run_on(
        self, terminal: str, shell: Shell, args: Sequence[str], env: Mapping[str, str]
    ) -> int:
        """Run a command in a child on a terminal; its exit code."""
        asked = {
            "args": args,
            "folder": str(shell.folder),
            "env": env,
            "terminal": terminal,
            "cpu_seconds": shell.cpu_seconds,
            "ended": "",
        }
        with self._lock:
            return self._asked(asked)

    def start(self, shell: Shell, args: Sequence[str]) -> Started:
        """Start a command in a child."""
        with self._lock, tempfile.TemporaryDirectory() as folder:
            paths = {name: f"{folder}/{name}" for name in ("out", "err", "ended")}
            pipes = {}
            for name, path in paths.items():
                os.mkfifo(path)
                pipes[name] = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
                os.set_blocking(pipes[name], True)
            asked = {
                "args": args,
                "folder": str(shell.folder),
                "env": shell.environment(),
                "terminal": "",
                "cpu_seconds": shell.cpu_seconds,
                **paths,
            }
            return Started(args, self._asked(asked), pipes)

    def close(self) -> None:
        """End the process."""
        if self._server:
            self._server.communicate()

    def _asked(self, asked: Mapping[str, object]) -> int:
        server = self._server or self._start()
        assert server.stdin
        assert server.stdout
        print(json.dumps(asked), file=server.stdin, flush=True)
        if not select.select([server.stdout], [], [], _TIMEOUT_SECONDS)[0]:
            self._server = None
            os.killpg(server.pid, signal.SIGKILL)
            raise subprocess.TimeoutExpired("flowathena", _TIMEOUT_SECONDS)
        return int(server.stdout.readline())

    def _start(self) -> "subprocess.Popen[str]":
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.forks"],
            cwd=Path(__file__).resolve().parents[1],
            env={**Shell(Path()).environment(), "PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        return self._server


FORKS = _Forks()
atexit.register(FORKS.close)
