"""Walks through folders of this machine: what is visible in them, and loops of links."""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flowathena.storage.base import is_visible

_Identity = tuple[int, int]  # the device, and the folder's number on it


@dataclass(frozen=True)
class Folder:
    """A visible folder below another.

    Attributes:
        path: its path below the other, ending with ``/``; empty for the other itself.
        files: the visible entries in it that are not folders, by name.
    """

    path: str
    files: tuple["os.DirEntry[str]", ...]


def _raise(error: OSError) -> None:
    raise error


def visible_folders(
    base: Path, after: str = "", report: Callable[[OSError], None] = _raise
) -> Iterator[Folder]:
    """A folder and the visible ones below it, in key order, links followed; none if it is missing.

    Args:
        base: the folder.
        after: folders whose keys all sort before this text are omitted.
        report: called for a folder that cannot be read, or is a link to one that contains it; the
            default raises its error.

    Raises:
        OSError: a folder cannot be read, and nobody else is told.
    """
    waiting: list[tuple[str, frozenset[_Identity]]] = []
    try:
        if is_folder(base):
            waiting = [("", frozenset(map(_identity, base.resolve().parents)))]
    except OSError as error:
        report(error)
    while waiting:  # a stack, for folders may be nested deeper than Python's calls
        path, above = waiting.pop()
        try:
            identity, entries = _read(base / path, above)
        except OSError as error:
            report(error)
            continue
        folders = {entry.name: None for entry in entries if leads_to_folder(entry)}
        yield Folder(path, tuple(entry for entry in entries if entry.name not in folders))
        # If the folder's name sorts before the same part of after, so do all keys in it.
        below = (f"{path}{name}/" for name in reversed(folders))
        inner = above | {identity}
        waiting += [(each, inner) for each in below if each >= after[: len(each)]]


def _read(folder: Path, above: frozenset[_Identity]) -> tuple[_Identity, list["os.DirEntry[str]"]]:
    """Who a folder is, and its visible entries by name.

    Raises:
        OSError: it cannot be read, or is one of those above it.
    """
    identity = _identity(folder)
    if identity in above:
        reason = f"it is a link to {folder.resolve()}, which contains it; remove the link"
        raise OSError(errno.ELOOP, reason, str(folder))
    with os.scandir(folder) as found:
        entries = (entry for entry in found if is_visible(entry.name))
        return identity, sorted(entries, key=lambda entry: entry.name)


def _identity(folder: Path) -> _Identity:
    status = folder.stat()
    return status.st_dev, status.st_ino


def leads_to_folder(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry is a folder, or a link to one."""
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def is_folder(path: Path) -> bool:
    """Whether it is a folder; unlike ``Path.is_dir`` of Python 3.14, one that is denied raises."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def is_file(entry: "os.DirEntry[str]") -> bool:
    """Whether an entry is a regular file, or a link to one; not a pipe, not a link to nowhere."""
    try:
        return entry.is_file()
    except OSError:  # a link to itself
        return False
