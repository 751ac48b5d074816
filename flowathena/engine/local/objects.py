"""DuckDB over the objects of registered partitions: what Athena would read, fetched from S3.

A look at the last hours costs no Athena query. The rows are those of Athena; the fetched objects
stay on this machine for the next run.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from flowathena.catalog import Registry, read_partitions
from flowathena.concurrency import CONCURRENCY, map_concurrently
from flowathena.engine.local.engine import DuckDbEngine
from flowathena.engine.local.pruning import prune
from flowathena.errors import BadFilesError, UsageError
from flowathena.logs.layout import Scope
from flowathena.query.render import Rendered
from flowathena.result.result import Listener, Progress, Result
from flowathena.shape.shape import FlowTable, Shape, Values
from flowathena.storage import Object, S3Storage
from flowathena.storage.base import is_log
from flowathena.storage.mirror import Fetched, Mirror
from flowathena.target.location import split_location
from flowathena.target.target import Target
from flowathena.text import counted, human_bytes


class ObjectEngine:
    """Runs statements over objects in S3, on this machine.

    Args:
        target: the target.
        catalogs: those of its tables, in their order.
        storage: the storage of a bucket.
        mirror: where the objects are kept.
        now: the statements' ``current_timestamp``, aware.
        skip_bad_files: whether damaged objects are omitted.
    """

    is_billed = False

    def __init__(
        self,
        target: Target,
        catalogs: Sequence[Registry],
        storage: Callable[[str], S3Storage],
        mirror: Mirror,
        now: datetime,
        *,
        skip_bad_files: bool = False,
    ) -> None:
        self._target = target
        self._catalogs = catalogs
        self._storage = storage
        self._mirror = mirror
        self._now = now
        self._skip = skip_bad_files

    def run(self, rendered: Rendered, listener: Listener | None = None) -> Result:
        """Fetch what a statement reads, and run it.

        Raises:
            UsageError: a table is projected: it has no registered partitions.
            EngineError: the statement failed.
            StorageError: an object cannot be read.
        """
        registered = [
            _Registered(source, catalog, self._mirror)
            for source, catalog in zip(rendered.sources, self._catalogs, strict=True)
        ]
        locations = [at for each in registered for at in each.read(rendered, self._now)]
        fetched = self._fetch(list(dict.fromkeys(locations)), listener)
        engine = DuckDbEngine(
            _mirrored(self._target, self._mirror),
            registered,
            self._now,
            skip_bad_files=self._skip,
            mirror=self._mirror.folder,
        )
        try:
            result = engine.run(rendered, listener)
        except BadFilesError as error:
            raise BadFilesError(self._named(error.files)) from error
        finally:
            self._mirror.trim()
        name = self._mirror.name_of
        result.stats = replace(
            result.stats,
            skipped_files=self._named(result.stats.skipped_files),
            warnings=tuple(map(name, result.stats.warnings)),
            notices=(*result.stats.notices, _describe(fetched)),
        )
        return result

    def _named(self, reasons: dict[str, str]) -> dict[str, str]:
        return {self._mirror.name_of(path): reason for path, reason in reasons.items()}

    def _fetch(self, locations: Sequence[str], listener: Listener | None) -> list[Fetched]:
        """Make the mirror have what is stored at some locations."""
        began = time.monotonic()
        listed = dict(zip(locations, self._list(locations), strict=True))
        total = sum(found.size_bytes for objects in listed.values() for found in objects)
        done = 0

        def watch(size_bytes: int) -> None:
            nonlocal done
            done += size_bytes
            if listener:
                seconds = time.monotonic() - began
                listener(Progress("FETCHING", seconds, done, done / total if total else 1.0))

        return [
            self._mirror.update(self._storage(split_location(at)[0]), at, objects, watch)
            for at, objects in listed.items()
        ]

    def _list(self, locations: Sequence[str]) -> Iterator[list[Object]]:
        return map_concurrently(self._objects, locations, CONCURRENCY)

    def _objects(self, location: str) -> list[Object]:
        bucket, prefix = split_location(location)
        folder = f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""
        return [
            found
            for found in self._storage(bucket).objects(folder)
            if is_log(found.key[len(folder) :]) and found.size_bytes
        ]


class _Registered:
    """A table's catalog whose partitions are where their objects are kept."""

    def __init__(self, source: FlowTable, catalog: Registry, mirror: Mirror) -> None:
        if source.table.projected:
            raise UsageError(
                f"the partitions of {source.table.full_name} are projected, not registered: "
                "only Athena reads them (--engine athena)"
            )
        self._source = source
        self._catalog = catalog
        self._mirror = mirror
        self._pages: dict[Scope, dict[Values, str]] = {}

    def read(self, rendered: Rendered, now: datetime) -> Iterator[str]:
        """The locations that a statement reads."""
        for scope, condition in rendered.readings(self._source):
            registered = read_partitions(self._catalog, scope, self._source.shape)
            self._pages[scope] = prune(registered, self._source, condition, now)
            yield from self._pages[scope].values()

    def pages(self, scope: Scope, shape: Shape) -> Iterator[list[tuple[Values, str]]]:  # noqa: ARG002 - as every catalog
        """The partitions that are read, by a scope that ``read`` has met."""
        yield [(values, self._mirror.location(at)) for values, at in self._pages[scope].items()]


def _mirrored(target: Target, mirror: Mirror) -> Target:
    """The target with the places in which its objects are kept."""
    sources = tuple(_mirrored(each, mirror) for each in target.sources)
    return replace(target, location=mirror.location(target.location), sources=sources)


def _describe(fetched: Sequence[Fetched]) -> str:
    objects = counted(sum(each.objects for each in fetched), "object")
    size = human_bytes(sum(each.size_bytes for each in fetched))
    kept = sum(each.kept for each in fetched)
    return f"fetched {objects} ({size}) from S3, {kept:,} were there"
