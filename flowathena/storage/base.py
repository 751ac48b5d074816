"""Read access to stored logs: the protocol that the bucket and the folder implement."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

_FLOW_LOG = re.compile(r"_(fl-[0-9a-f]+)_[^/]*$")
_DELIVERY = re.compile(r"_([0-9]{8}T[0-9]{4}Z)_[^/]*$")
_ENDINGS = (".log", ".gz", ".parquet")
# Firehose (<stream>-<version>-<time>-<uuid>), Spark and Hive write names without an ending; those
# of README and LICENSE have no digit.
_BARE = re.compile(r"[\w=+-]*[0-9][\w=+-]*")
_FIREHOSE = re.compile(
    r".*-[0-9]+-[0-9]{4}(-[0-9]{2}){5}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
_ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE"})


@dataclass(frozen=True)
class Object:
    """One stored object.

    Attributes:
        key: its key, relative to the storage.
        size_bytes: its size.
        modified: when it was last written, UTC.
        storage_class: S3's storage class (``GLACIER``); empty of a file.
        etag: S3's name of this content; empty of a file.
    """

    key: str
    size_bytes: int
    modified: datetime
    storage_class: str = ""
    etag: str = ""

    @property
    def is_archived(self) -> bool:
        """Whether it must be restored before it can be read.

        Of an object in INTELLIGENT_TIERING, a listing does not say so.
        """
        return self.storage_class in _ARCHIVED


class Storage(Protocol):
    """Read access to stored logs. Keys and prefixes are relative and use ``/``."""

    @property
    def calls(self) -> Counter[str]:
        """Calls made so far, by name."""
        ...

    def folders(self, prefix: str, starting: str = "") -> list[str]:
        """Names (without slash) of the non-empty folders directly under a prefix, sorted.

        Empty if nothing is under the prefix. A folder that cannot be read counts as non-empty.

        Args:
            prefix: a folder, ending with ``/``.
            starting: what the names begin with; no others are listed.

        Raises:
            PlaceError: this folder cannot be listed; others may be.
            StorageError: the storage cannot be listed.
        """
        ...

    def has_folder(self, prefix: str) -> bool:
        """Whether there is a folder, empty or not; in a bucket, any key that begins with it.

        Raises:
            StorageError: the storage cannot be listed.
        """
        ...

    def log_folders(self, prefix: str, after: str = "") -> Iterator[str]:
        """The folders under a prefix, at any depth, that contain an object Athena reads.

        Each is relative to the prefix and ends with ``/``. They come in key order; one may come
        more than once. In a bucket every object counts that Athena reads (``is_visible``); in a
        folder, as for the local engine, only those with a log's name (``is_log``).

        Args:
            prefix: a folder, ending with ``/``.
            after: where to start: only keys that sort after prefix and this text.

        Raises:
            PlaceError: this folder cannot be listed; others may be.
            StorageError: the storage cannot be listed.
        """
        ...

    def is_empty(self, location: str) -> bool:
        """Whether an absolute location contains no object that Athena reads.

        Raises:
            StorageError: it cannot be listed, or is not a location of this kind of storage.
        """
        ...

    def objects(self, prefix: str) -> Iterator[Object]:
        """Every object under a prefix, at any depth, in key order.

        Args:
            prefix: what the keys begin with, which need not be a whole folder.

        Raises:
            PlaceError: this folder cannot be listed; others may be.
            StorageError: the storage cannot be listed.
        """
        ...

    def common_prefixes(self, prefix: str, delimiter: str) -> Iterator[str]:
        """What the keys under a prefix have in common: each up to and with a delimiter, once.

        Keys without the delimiter behind the prefix are given whole. In a bucket, a call lists
        1,000, however many objects there are.

        Args:
            prefix: what the keys begin with, which need not be a whole folder.
            delimiter: one character or more.

        Raises:
            PlaceError: this folder cannot be listed; others may be.
            StorageError: the storage cannot be listed.
        """
        ...

    def first_bytes(self, key: str, size_bytes: int) -> bytes:
        """The first bytes of an object; fewer if it is shorter.

        Raises:
            StorageError: the object cannot be read.
        """
        ...

    def last_bytes(self, key: str, size_bytes: int) -> bytes:
        """The last bytes of a non-empty object; fewer if it is shorter.

        Raises:
            StorageError: the object cannot be read.
        """
        ...

    def location(self, prefix: str) -> str:
        """The absolute location of a prefix, as registered in the catalog."""
        ...


def delivered(key: str) -> str:
    """The time of delivery in a log's name (``20261101T0005Z``); empty if there is none.

    Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html
    """
    found = _DELIVERY.search(key)
    return found[1] if found else ""


def flow_log_of(key: str) -> str:
    """The id of the flow log in a log's name (``fl-0a1b2c3d``); empty if there is none.

    Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html
    """
    found = _FLOW_LOG.search(key)
    return found[1] if found else ""


def is_visible(key: str) -> bool:
    """Whether Athena reads an object: not a folder marker, and no part of its key is hidden.

    Names that begin with ``_`` or ``.`` are hidden.
    Source: https://docs.aws.amazon.com/athena/latest/ug/tables-location-format.html
    """
    return not (key.endswith("/") or key.startswith(("_", ".")) or "/_" in key or "/." in key)


def is_log(key: str) -> bool:
    """Whether an object has a log's name: visible, and ending as the names of logs do.

    AWS's end with ``.log.gz`` or ``.log.parquet``; those of Firehose and Spark may have no ending
    at all. What is in a file its name does not tell. Other visible files are leftovers: an
    unfinished copy (``x.log.gz.a1B2c3D4``, ``.tmp``, ``.part``), notes. The local engine ignores
    them; in a bucket, Athena reads them as logs.
    """
    if not is_visible(key):
        return False
    name = key.rpartition("/")[2]
    return name.endswith(_ENDINGS) or bool(_BARE.fullmatch(name) or _FIREHOSE.fullmatch(name))
