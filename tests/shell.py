"""The real command line in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_TIMEOUT_SECONDS = 120


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
    """Runs ``flowathena`` in a folder, with an environment of its own besides PATH and HOME."""

    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)

    def run(self, *args: str, code: int = 0) -> Done:
        """Run a command; fails unless it exits with the code."""
        process = subprocess.run(
            self.command(*args),
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        done = Done(process.returncode, process.stdout, process.stderr)
        assert done.code == code, f"exit {done.code}, not {code}\n{done.out}\n{done.err}"
        return done

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
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return {**inherited, "PYTHONWARNINGS": "error", **self.env}
