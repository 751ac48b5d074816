"""Locations in S3 and the objects under them."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.rig import backends


@dataclass(frozen=True)
class S3Object:
    """One object and its size."""

    bucket: str
    key: str
    size: int

    @property
    def uri(self) -> str:
        """The object as Athena's "$path" shows it."""
        return f"s3://{self.bucket}/{self.key}"

    def content(self) -> bytes:
        """Read the object."""
        return backends.read_object(self.bucket, self.key)


def split_uri(uri: str) -> tuple[str, str]:
    """Split s3://bucket/key; anything else is a ValueError."""
    scheme, _, rest = uri.partition("://")
    if scheme != "s3":
        raise ValueError(f"not an s3:// location: {uri}")
    bucket, _, key = rest.partition("/")
    return bucket, key


def visible(key: str) -> bool:
    """Whether Athena reads a key: not a folder mark, not hidden by its first character."""
    last = key.rsplit("/", 1)[-1]
    return bool(last) and last[0] not in "_." and not last.endswith("_$folder$")


class Shelf:
    """The objects as they are now, each bucket listed once however many places are asked for."""

    def __init__(self) -> None:
        self._listings: dict[str, list[tuple[str, int]]] = {}

    def _listing(self, bucket: str) -> list[tuple[str, int]]:
        if bucket not in self._listings:
            self._listings[bucket] = backends.listing(bucket)
        return self._listings[bucket]

    def under(self, location: str) -> Iterator[S3Object]:
        """Give the objects Athena reads under a location, in key order."""
        bucket, prefix = split_uri(location)
        # A location is a folder: "…/2026/01/1" must not take in "…/2026/01/10/".
        folder = f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""
        listing = self._listing(bucket)
        for at in range(bisect_left(listing, (folder, 0)), len(listing)):
            key, size = listing[at]
            if not key.startswith(folder):
                break
            if visible(key):
                yield S3Object(bucket, key, size)


def tree(root: Path, prefix: str) -> Iterator[tuple[str, bytes]]:
    """Give (key, content) of every file below a folder."""
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield f"{prefix}{path.relative_to(root).as_posix()}", path.read_bytes()
