"""What the walk asks of a bucket or a folder."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Object:
    """One stored object: its key (relative to the storage) and its size in bytes."""

    key: str
    size_bytes: int


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
