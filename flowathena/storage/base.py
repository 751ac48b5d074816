"""What the walk asks of a bucket or a folder."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Object:
    """One stored object.

    Attributes:
        key: relative to the storage.
        size_bytes: its size.
        modified: when it was written, UTC.
    """

    key: str
    size_bytes: int
    modified: datetime


class Storage(Protocol):
    """Read access to stored logs. Keys and prefixes are relative and use ``/``."""

    @property
    def calls(self) -> Counter[str]:
        """Calls made so far, by name."""
        ...

    def folders(self, prefix: str) -> list[str]:
        """Names (no slash) of the folders directly under a prefix that hold something; sorted.

        A prefix under which there is nothing has no folders.

        Raises:
            StorageError: the storage cannot be listed.
        """
        ...

    def log_folders(self, prefix: str, after: str = "") -> Iterator[str]:
        """The folders under a prefix, at any depth, that hold an object Athena reads.

        Each relative to the prefix, ending in ``/``, in key order, perhaps more than once. Athena
        leaves out what begins with ``_`` or ``.``; a mark of an empty folder is no object.

        Args:
            prefix: a folder, ending in ``/``.
            after: the text, relative to the prefix, after which to begin.

        Raises:
            StorageError: the storage cannot be listed.
        """
        ...

    def is_empty(self, location: str) -> bool:
        """Whether no object that Athena reads lies under an absolute location.

        Raises:
            StorageError: it cannot be listed, or is none of this storage's kind.
        """
        ...

    def objects(self, prefix: str) -> Iterator[Object]:
        """Every object under a prefix, at any depth, in key order.

        Raises:
            StorageError: the storage cannot be listed.
        """
        ...

    def first_bytes(self, key: str, size_bytes: int) -> bytes:
        """The first bytes of an object, fewer where it is shorter.

        Raises:
            StorageError: the object cannot be read.
        """
        ...

    def last_bytes(self, key: str, size_bytes: int) -> bytes:
        """The last bytes of an object that is not empty, fewer where it is shorter.

        Raises:
            StorageError: the object cannot be read.
        """
        ...

    def location(self, prefix: str) -> str:
        """The absolute location of a prefix, as the catalog registers it."""
        ...


def is_visible(key: str) -> bool:
    """Whether Athena reads an object: no mark of a folder, and no name of it is hidden.

    Source: https://docs.aws.amazon.com/athena/latest/ug/tables-location-format.html
    """
    return not (key.endswith("/") or key.startswith(("_", ".")) or "/_" in key or "/." in key)
