"""How large the folders of partitions are: listed, and remembered of days that are over.

What a day's folder holds does not change any more a few days after the day. Its size is kept then,
in a file of the user's cache folder, for a week: within it, deletions (a lifecycle rule) and files
that are written anew are not seen. Whoever deletes the file has everything listed again.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from flowathena.concurrency import Watch, map_concurrently
from flowathena.storage.base import Object, is_visible

SMALL_BYTES = 3 * 2**20
"""A Parquet object up to this size is read whole, whatever its columns.

Source: https://github.com/trinodb/trino/blob/470/docs/src/main/sphinx/object-storage/file-formats.md
(``parquet.small-file-threshold``)
"""
_SETTLED = timedelta(days=3)
"""How long after its end a day may still get records: files are delivered late."""
_KEPT = timedelta(days=7)
_FILE = "sizes.sqlite"
_CHUNK = 500
_INSERT = "INSERT OR REPLACE INTO sizes VALUES (?, ?, ?, ?, ?, ?, ?)"
_TABLE = (
    "CREATE TABLE IF NOT EXISTS sizes (place TEXT PRIMARY KEY, listed REAL, objects INTEGER, "
    "size_bytes INTEGER, small_bytes INTEGER, largest_key TEXT, largest_bytes INTEGER)"
)


@dataclass(frozen=True)
class FolderSize:
    """What Athena reads of a folder.

    Attributes:
        objects: how many objects.
        size_bytes: their bytes as stored.
        small_bytes: the bytes of those up to ``SMALL_BYTES``.
        largest_key: the key of the largest one; empty if there is none.
        largest_bytes: its size.
    """

    objects: int = 0
    size_bytes: int = 0
    small_bytes: int = 0
    largest_key: str = ""
    largest_bytes: int = 0


def size_of(objects: Iterable[Object], folder: str) -> FolderSize:
    """The size of a folder from its listing.

    Hidden and archived objects are not counted: Athena does not read them.

    Args:
        objects: what is under the folder.
        folder: the beginning of their keys.
    """
    read = [
        each
        for each in objects
        if each.key != folder and is_visible(each.key.removeprefix(folder)) and not each.is_archived
    ]
    largest = max(read, key=lambda each: each.size_bytes, default=None)
    return FolderSize(
        len(read),
        sum(each.size_bytes for each in read),
        sum(each.size_bytes for each in read if each.size_bytes <= SMALL_BYTES),
        largest.key if largest else "",
        largest.size_bytes if largest else 0,
    )


class SizeCache:
    """The sizes of folders that were listed before; one that cannot be used is empty.

    Args:
        folder: the cache folder; None to keep nothing.
        scope: what distinguishes equal locations: the endpoint of the storage.
        now: the time, aware.
    """

    def __init__(self, folder: Path | None, scope: str, now: datetime) -> None:
        self._path = folder / _FILE if folder else None
        self._scope = scope
        self._now = now

    def is_settled(self, day: date | None) -> bool:
        """Whether the folder of a day does not change any more."""
        if day is None:
            return False
        end = datetime.combine(day + timedelta(days=1), time(), UTC)
        return end + _SETTLED <= self._now

    def read(self, locations: Iterable[str]) -> dict[str, FolderSize]:
        """The sizes that are known, by location."""
        places = {f"{self._scope} {location}": location for location in locations}
        if self._path is None or not self._path.exists():
            return {}
        try:
            with closing(sqlite3.connect(self._path)) as database:
                return {
                    places[place]: FolderSize(*size)
                    for some in _chunks(list(places))
                    for place, *size in self._select(database, some)
                }
        except sqlite3.Error:
            return {}

    def _select(self, database: sqlite3.Connection, places: Sequence[str]) -> list[tuple[Any, ...]]:
        marks = ", ".join("?" * len(places))
        now = self._now
        return database.execute(
            "SELECT place, objects, size_bytes, small_bytes, largest_key, largest_bytes "  # noqa: S608 - marks
            f"FROM sizes WHERE listed BETWEEN ? AND ? AND place IN ({marks})",
            [(now - _KEPT).timestamp(), now.timestamp(), *places],
        ).fetchall()

    def write(self, sizes: Mapping[str, FolderSize]) -> None:
        """Keep sizes that were listed now, by location."""
        if self._path is None or not sizes:
            return
        listed = self._now.timestamp()
        rows = [(f"{self._scope} {at}", listed, *astuple(size)) for at, size in sizes.items()]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path)) as database:
                database.execute(_TABLE)
                oldest = (self._now - _KEPT).timestamp()
                database.execute("DELETE FROM sizes WHERE listed < ?", [oldest])
                database.executemany(_INSERT, rows)
                database.commit()
        except (sqlite3.Error, OSError) as error:
            if type(error) is sqlite3.DatabaseError:  # damaged; the next one makes it anew
                self._path.unlink(missing_ok=True)


def _chunks(items: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(items), _CHUNK):
        yield items[start : start + _CHUNK]


def measure(
    days: Mapping[str, date | None],
    list_size: Callable[[str], FolderSize],
    cache: SizeCache,
    workers: int,
    watch: Watch = lambda _done, _total: None,
) -> dict[str, FolderSize]:
    """The sizes of folders by location.

    Args:
        days: the day of each location; None if it is of no day.
        list_size: lists one.
        cache: what is known, and gets what is listed of days that are over.
        workers: how many listings run at once.
        watch: called with how many of how many are known.

    Raises:
        StorageError: one cannot be listed.
    """
    sizes = cache.read(at for at, day in days.items() if cache.is_settled(day))
    missing = [at for at in days if at not in sizes]
    listed: dict[str, FolderSize] = {}
    for at, size in zip(missing, map_concurrently(list_size, missing, workers), strict=True):
        listed[at] = size
        watch(len(sizes) + len(listed), len(days))
    cache.write({at: size for at, size in listed.items() if cache.is_settled(days[at])})
    return {**sizes, **listed}
