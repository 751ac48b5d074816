"""Files that appear whole or not at all."""

import errno
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from flowathena.errors import FlowathenaError, UsageError

UNFINISHED = ".flowathena-"
"""What the name of a file begins with that is not whole yet; an interrupt may leave it."""
_DESCRIPTORS = re.compile(r"/proc/\d+(/task/\d+)?/fd")
_MOST_LINKS = 40  # as Linux follows


def check_destination(path: Path) -> None:
    """Make sure, before a query is paid for, that a file could be written there.

    Raises:
        UsageError: the path is a folder or a read-only file, its folder does not exist, or no file
            can be made there.
    """
    exists = _exists(path)
    if _is_open_file(path):
        return
    folder = Path(os.path.realpath(path)).parent
    if path.is_dir():
        raise UsageError(f"cannot write {path}: it is a folder")
    if not folder.is_dir():
        shown = folder if path.is_symlink() else path.parent
        raise UsageError(f"cannot write {path}: the folder {shown} does not exist; create it first")
    if exists and not _is_writable(path):
        raise UsageError(f"cannot write {path}: it is read-only")
    if path.is_file() or not exists:
        try:
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error.strerror}") from error


def _is_writable(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError as error:  # a loop of links, a name too long, a folder that is a file
        raise UsageError(f"cannot write {path}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"cannot write {path}: {error}") from error
    return True


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
    an existing file keeps its permissions, its owner and its other names (hard links). Pipes,
    devices and open files (/dev/stdout), which cannot be replaced, are written to directly.

    Raises:
        FlowathenaError: it cannot be written, or is read-only.
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
    if path.exists() and not _is_writable(path):  # a new file in its place would be one
        raise PermissionError(errno.EACCES, "it is read-only")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=UNFINISHED)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        old = path.stat() if path.exists() else None
        if old and (old.st_nlink > 1 or old.st_uid != os.geteuid()):
            _overwrite(path, temporary)
            return
        temporary.chmod(stat.S_IMODE(old.st_mode) if old else _new_mode())
        try:
            temporary.replace(path)
        except OSError as error:
            if error.errno != errno.EBUSY:  # a file that is mounted, as containers do
                raise
            _overwrite(path, temporary)
    finally:
        temporary.unlink(missing_ok=True)


def _overwrite(path: Path, content: Path) -> None:
    """Give a file that cannot be replaced another content; a full disk leaves the old one."""
    with content.open("rb") as new, path.open("r+b") as file:
        size, before = os.fstat(new.fileno()).st_size, os.fstat(file.fileno()).st_size
        try:
            if size > before:
                os.posix_fallocate(file.fileno(), before, size - before)
        except OSError:
            file.truncate(before)
            raise
        shutil.copyfileobj(new, file, 1 << 20)
        file.truncate(size)


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
