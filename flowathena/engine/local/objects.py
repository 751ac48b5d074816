"""DuckDB over the objects of registered partitions: what Athena would read, fetched from S3.

A look at the last hours costs no Athena query. The rows are those of Athena; the fetched objects
stay on this machine for the next run.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from flowathena.catalog import Registry
from flowathena.concurrency import Watch
from flowathena.engine.local.engine import DuckDbEngine
from flowathena.engine.local.listing import ObjectListing
from flowathena.engine.local.parts import Part
from flowathena.errors import BadFilesError
from flowathena.query.render import Rendered
from flowathena.result.result import Listener, Progress, Result
from flowathena.storage import S3Storage
from flowathena.storage.mirror import Fetched, Mirror
from flowathena.target.target import Target
from flowathena.text import counted, human_bytes, printable


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
        began = time.monotonic()
        listing = ObjectListing(self._storage, self._mirror)
        parts = listing.parts(rendered, self._catalogs, self._now)
        files = (file for part in parts for file in part.listing.logs)
        fetched = self._mirror.fetch(list(listing.objects(files)), _follow(listener, began))
        engine = DuckDbEngine(
            self._target,
            self._catalogs,
            self._now,
            skip_bad_files=self._skip,
            mirror=self._mirror.folder,
        )
        try:
            result = engine.read(rendered, parts, listener)
        except BadFilesError as error:
            raise BadFilesError(self._named(error.files)) from error
        finally:
            self._mirror.trim()
        name = self._mirror.name_of
        result.stats = replace(
            result.stats,
            seconds=time.monotonic() - began,
            skipped_files=self._named(result.stats.skipped_files),
            warnings=tuple(map(name, result.stats.warnings)),
            notices=(*result.stats.notices, *self._archived(parts), _describe(fetched)),
        )
        return result

    def _named(self, reasons: dict[str, str]) -> dict[str, str]:
        return {self._mirror.name_of(path): reason for path, reason in reasons.items()}

    def _archived(self, parts: Iterable[Part]) -> Iterator[str]:
        """Which objects are not read, as in Athena."""
        paths = sorted({file.path for part in parts for file in part.listing.archived})
        if paths:
            first = printable(self._mirror.name_of(paths[0]))
            yield (
                f"left out {counted(len(paths), 'archived object')} (first: {first}), "
                "as Athena does; restore and copy them to read them"
            )


def _follow(listener: Listener | None, began: float) -> Watch:
    """What tells a listener how much is fetched."""

    def watch(done: int, total: int) -> None:
        if listener:
            listener(Progress("FETCHING", time.monotonic() - began, done, done / total))

    return watch


def _describe(fetched: Fetched) -> str:
    objects, size = counted(fetched.objects, "object"), human_bytes(fetched.size_bytes)
    return f"fetched {objects} ({size}) from S3, {fetched.kept:,} were there"
