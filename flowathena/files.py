"""Files that appear whole or not at all."""

import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES
from pathlib import Path
from typing import BinaryIO

from flowathena.errors import FlowathenaError, UsageError

_DESCRIPTORS = re.compile(r"/proc/\d+(/task/\d+)?/fd")
_MOST_LINKS = 40  # as Linux follows


def check_destination(path: Path) -> None:
    """Make sure, before a query is paid for, that a file could be written there.

    Raises:
        UsageError: the path is a folder, its folder does not exist, or no file can be made there.
    """
    try:
        if path.is_dir():
            raise UsageError(f"cannot write {path}: it is a folder")
        if not path.absolute().parent.is_dir():
            raise UsageError(
                f"cannot write {path}: the folder {path.parent} does not exist; create it first"
            )
        _refuse_unwritable(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}") from error


def _refuse_unwritable(path: Path) -> None:
    """Raise an OSError if ``writing`` could not open its file; leaves nothing behind."""
    if _is_open_file(path) or (path.exists() and not path.is_file()):
        if not os.access(path, os.W_OK):  # a pipe is not opened: that would wait for its reader
            raise PermissionError(EACCES, os.strerror(EACCES))
        return
    real = Path(os.path.realpath(path))
    handle, trial = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
    os.close(handle)
    Path(trial).unlink()


def write(content: bytes, path: Path) -> None:
    """Write a file so that it appears whole or not at all.

    Raises:
        FlowathenaError: it cannot be written.
    """
    with writing(path) as file:
        file.write(content)


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A stream into a file that appears whole when the block ends, or not at all.

    An exception of the block (an interrupt too) leaves what was there. A symbolic link stays, and
    an existing file keeps its permissions. Pipes, devices and open files (/dev/stdout), which
    cannot be replaced, are written to directly.

    Raises:
        FlowathenaError: it cannot be written.
    """
    try:
        if _is_open_file(path) or (path.exists() and not path.is_file()):
            with path.open("ab") as device:  # what a shell has written to >> FILE stays
                yield device
            return
        with _replacing(Path(os.path.realpath(path))) as file:
            yield file
    except OSError as error:
        raise FlowathenaError(f"cannot write {path}: {error.strerror}") from error


@contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        Path(temporary).chmod(stat.S_IMODE(path.stat().st_mode) if path.exists() else _new_mode())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _is_open_file(path: Path) -> bool:
    """Whether a path names what a process has open, as /dev/stdout does on Linux.

    Such a name is a link, perhaps to a regular file; replacing it would only remove the link.
    """
    for _ in range(_MOST_LINKS):
        if not path.is_symlink():
            return False
        folder = os.path.realpath(path.parent)
        if _DESCRIPTORS.fullmatch(folder):
            return True
        path = Path(folder, path.readlink())
    return False


def _new_mode() -> int:
    """The permissions of a new file."""
    return 0o666 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
