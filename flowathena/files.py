"""Files that appear whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from flowathena.errors import FlowathenaError, UsageError


def check_destination(path: Path) -> None:
    """Make sure, before a query is paid for, that a file could be written there.

    Raises:
        UsageError: the path is a folder, or its folder does not exist.
    """
    if path.is_dir():
        raise UsageError(f"cannot write {path}: it is a folder")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"cannot write {path}: there is no folder {path.parent}; create it first")


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

    An exception of the block (an interrupt too) leaves what was there. Pipes and devices, which
    cannot be replaced, are written to directly.

    Raises:
        FlowathenaError: it cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as device:
                yield device
            return
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
            Path(temporary).chmod(0o666 & ~_umask())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FlowathenaError(f"cannot write {path}: {error.strerror}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
