"""A hostile case: how a project is spoilt, what is typed, which line a user sees."""

import atexit
import os
import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

from tests.aws import BUCKET, Place, configured, create_bucket, log
from tests.aws import record as aws_record
from tests.cases import LogFile, record, unix, write_project
from tests.rig.client import Rig
from tests.shell import Done, Shell

DAYS = ("2026-11-01", "2026-11-02")
"""The days of every project; one record each, accepted, TCP to port 443."""
WINDOW = "--since 2026-11-01 --until 2026-11-03"
"""Both of them."""
CPU_SECONDS = 10
"""What a command may use of a processor. A clock would measure how busy the machine is."""
_ONE_LINE = 1000


def nothing(_folder: Path) -> None:
    """Spoil nothing."""


def no_rig(_rig: Rig) -> None:
    """Spoil nothing."""


@dataclass(frozen=True)
class Case:
    """A command on a local project: ``flowathena.toml``, logs in ``logs/``, both days registered.

    Attributes:
        name: what is hostile.
        command: what is typed after ``flowathena``, split as a shell does.
        code: the exit code.
        line: what the line says that a user sees. An error (1, 2, 130) is one line on standard
            error and nothing on standard output; otherwise some line of either contains it.
        spoil: makes the project hostile.
        env: environment variables.
        writes: files that the command makes or changes, relative to the project; no other may
            change. A folder's name stands for everything in it.
        says_more: whether an error may have other lines beside the stated one.
        registered: whether both days are registered.
    """

    name: str
    command: str
    code: int
    line: str
    spoil: Callable[[Path], object] = nothing
    env: Mapping[str, str] = field(default_factory=dict)
    writes: tuple[str, ...] = ()
    says_more: bool = False
    registered: bool = True

    def check(self, folder: Path) -> None:
        """Run it in an empty folder."""
        shutil.copytree(_project(self.registered), folder, dirs_exist_ok=True)
        self.spoil(folder)
        self._try(Shell(folder, self.env, cpu_seconds=CPU_SECONDS))

    def _try(self, shell: Shell) -> None:
        before = dict(_contents(shell.folder))
        done = shell.try_run(*shlex.split(self.command))
        shown = f"exit {done.code}\n{done.out}\n{done.err}"
        assert done.code == self.code, shown
        assert "Traceback" not in done.err, shown
        lines = self._lines(done)
        found = [line for line in lines if self.line in line]
        assert found, shown
        assert max(map(len, found)) < _ONE_LINE, shown
        after = dict(_contents(shell.folder))
        changed = {
            name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
        }
        surplus = {name for name in changed if not name.startswith(self.writes or ("\0",))}
        assert not surplus, f"{sorted(surplus)}\n{shown}"
        assert not {name for name in self.writes if not (shell.folder / name).exists()}, shown

    def _lines(self, done: Done) -> list[str]:
        if self.code not in {1, 2, 130}:
            return [*done.out.splitlines(), *done.err.splitlines()]
        shown = f"{done.out}\n{done.err}"
        assert not done.out, shown
        lines = done.err.splitlines()
        assert self.says_more or len(lines) == 1, shown
        return lines


@dataclass(frozen=True)
class AwsCase(Case):
    """The same on AWS: target ``prod`` over a bucket of the rig, both days registered.

    Attributes:
        break_aws: makes the rig hostile, after the sync.
    """

    break_aws: Callable[[Rig], object] = no_rig

    def check_on(self, rig: Rig, folder: Path) -> None:
        """Run it in an empty folder."""
        create_bucket(rig, BUCKET)
        for day in DAYS:
            key = Place("111122223333", "eu-west-1", date.fromisoformat(day)).key
            rig.put_keys(BUCKET, [key], log(aws_record(unix(f"{day}T10:00:00"))))
        shell = configured(folder, rig)
        if self.registered:
            shell.run("partitions", "sync", "--all")
        self.spoil(folder)
        self.break_aws(rig)
        self._try(Shell(folder, {**shell.env, **self.env}, cpu_seconds=CPU_SECONDS))


@cache
def _project(registered: bool) -> Path:
    """The folder that every local case begins with; it is copied."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    files = [LogFile(day, (record(f"{day}T10:00:00"),)) for day in DAYS]
    write_project(folder, *files, registered=registered)
    return folder


def _contents(folder: Path) -> Iterator[tuple[str, object]]:
    """Every file below a folder with its content, every link with its target, and their modes."""
    for above, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(above, name)
            inside = str(path.relative_to(folder))
            if path.is_symlink():
                yield inside, os.readlink(path)  # noqa: PTH115 - as it is written
            elif path.is_file():
                readable = os.access(path, os.R_OK)
                yield inside, (path.stat().st_mode, path.read_bytes() if readable else None)
            elif name in folders:
                yield inside, path.stat().st_mode
