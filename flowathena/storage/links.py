"""Links below a folder that cannot be followed."""

import errno
import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

_ENTRIES = 100_000
"""How many files and folders are looked at."""


@dataclass(frozen=True)
class BrokenLink:
    """A link that leads nowhere, or to a folder that contains it.

    Attributes:
        path: the link.
        reason: why it cannot be followed.
    """

    path: Path
    reason: str


def find_broken_links(root: Path) -> Iterator[BrokenLink]:
    """The links below a folder that cannot be followed; looks at 100,000 entries at most.

    A folder that cannot be read has none, as far as this can tell.
    """
    for path in islice(_entries(root), _ENTRIES):
        if path.is_symlink() and (reason := _reason(path)):
            yield BrokenLink(path, reason)


def _entries(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in listed:
        yield Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _entries(Path(entry.path))


def _reason(path: Path) -> str:
    try:
        target = path.resolve(strict=True)
        path.stat()
    except OSError as error:
        loop = error.errno == errno.ELOOP
        return "it leads to itself" if loop else f"{path.readlink()} does not exist"
    except RuntimeError:  # Python 3.12 and older, of a loop
        return "it leads to itself"
    return (
        "it leads to a folder that contains it"
        if path.parent.resolve().is_relative_to(target)
        else ""
    )
