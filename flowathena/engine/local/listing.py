"""The objects at registered locations in S3, as the files that they are on this machine."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from flowathena.catalog import Registry
from flowathena.concurrency import CONCURRENCY, Watch, map_concurrently
from flowathena.engine.local.files import Listing, LogFile
from flowathena.engine.local.parts import Part, list_parts
from flowathena.errors import UsageError
from flowathena.query.render import Rendered
from flowathena.storage import Object, S3Storage
from flowathena.storage.base import is_log, is_visible
from flowathena.storage.mirror import Mirror
from flowathena.target.location import split_location


class ObjectListing:
    """Lists the objects of locations, each location once.

    Args:
        storage: the storage of a bucket.
        mirror: where the objects are kept, or would be.
        watch: called with how many of how many locations are listed.
    """

    def __init__(
        self,
        storage: Callable[[str], S3Storage],
        mirror: Mirror,
        watch: Watch = lambda _done, _total: None,
    ) -> None:
        self._storage = storage
        self._mirror = mirror
        self._watch = watch
        self._listed: dict[str, list[Object]] = {}
        self._objects: dict[str, tuple[S3Storage, Object]] = {}

    def parts(self, rendered: Rendered, catalogs: Iterable[Registry], now: datetime) -> list[Part]:
        """What a statement reads, as of ``list_parts``.

        Raises:
            UsageError: a table is projected: it has no registered partitions.
            ObjectError: a location or a key can be no path.
            StorageError: a location cannot be listed.
        """
        for table in (source.table for source in rendered.sources):
            if table.projected:
                raise UsageError(
                    f"the partitions of {table.full_name} are projected, not registered: "
                    "only Athena reads them (--engine athena)"
                )
        return list_parts(rendered, list(catalogs), now, self.find)

    def find(self, locations: Mapping[tuple[str, ...], str]) -> Listing:
        """The objects at locations, by partition values.

        Those whose names are not a log's are ignored, as those of a folder. Archived objects are
        told apart: Athena does not read them either.

        Source: https://docs.aws.amazon.com/athena/latest/ug/querying-glacier.html
        """
        self._list([at for at in dict.fromkeys(locations.values()) if at not in self._listed])
        listing = Listing()
        for values, location in sorted(locations.items()):
            storage, folder = self._place(location)
            if not self._listed[location]:
                listing.missing.append(location)
            for found in self._listed[location]:
                name = found.key[len(folder) :]
                if not is_log(name):
                    if name and is_visible(name):
                        listing.ignored.append(storage.location(found.key))
                elif found.size_bytes:
                    logs = listing.archived if found.is_archived else listing.logs
                    logs.append(self._file(storage, found, values, location))
        return listing

    def objects(self, files: Iterable[LogFile]) -> Iterator[tuple[S3Storage, Object]]:
        """The objects of some files that were found, each once."""
        for path in dict.fromkeys(file.path for file in files):
            yield self._objects[path]

    def _file(
        self, storage: S3Storage, found: Object, values: tuple[str, ...], location: str
    ) -> LogFile:
        path = str(self._mirror.path(storage.bucket, found.key))
        self._objects[path] = storage, found
        return LogFile(path, found.size_bytes, values, self._mirror.location(location))

    def _list(self, locations: list[str]) -> None:
        found = map_concurrently(self._list_one, locations, CONCURRENCY)
        for done, (location, objects) in enumerate(zip(locations, found, strict=True), 1):
            self._listed[location] = objects
            self._watch(done, len(locations))

    def _list_one(self, location: str) -> list[Object]:
        storage, folder = self._place(location)
        return list(storage.objects(folder))

    def _place(self, location: str) -> tuple[S3Storage, str]:
        bucket, prefix = split_location(location)
        return self._storage(bucket), f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""
