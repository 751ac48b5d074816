"""What runs statements over one target: Athena, or DuckDB on this machine."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from flowathena.aws.session import Aws
from flowathena.catalog import Catalog, open_catalog
from flowathena.engine import Engine
from flowathena.errors import UsageError
from flowathena.storage import S3Storage
from flowathena.target.config import cache_folder
from flowathena.target.target import Target

if TYPE_CHECKING:
    from flowathena.aws.unload import Unload
    from flowathena.engine.athena import AthenaEngine
    from flowathena.storage.mirror import Mirror

ENGINES = ("athena", "local")
"""What runs statements: Athena, or DuckDB on this machine, which fetches the objects it reads."""


class Engines:
    """Opens the engines of one target.

    Args:
        target: the target.
        aws: its clients.
        clock: returns the current time, aware.
    """

    def __init__(self, target: Target, aws: Aws, clock: Callable[[], datetime]) -> None:
        self._target = target
        self._aws = aws
        self._clock = clock

    def open(
        self,
        name: str | None = None,
        *,
        skip: bool = False,
        sleep: Callable[[float], None] = time.sleep,
        unload: "Unload | None" = None,
    ) -> Engine:
        """An engine over the target.

        Args:
            name: one of ``ENGINES``; None for the local one if the logs are on this machine, else
                Athena.
            skip: omit damaged files, which Athena cannot.
            sleep: pauses between two looks at a query of Athena, for a number of seconds.
            unload: where Athena writes the rows as Parquet; None for a plain result.

        Raises:
            UsageError: the target has no such engine.
        """
        if name not in {None, *ENGINES}:
            raise UsageError(f"engine: {name!r} is not one of {', '.join(ENGINES)}")
        if self._target.is_local:
            return self._local(skip=skip, name=name)
        if name == "local":
            return self._objects(skip=skip)
        if skip:
            raise UsageError(
                "skip_bad_files is for the local engine; Athena fails on a damaged file"
            )
        return self.athena(sleep=sleep, unload=unload)

    def athena(
        self,
        reuse_minutes: int | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        unload: "Unload | None" = None,
    ) -> "AthenaEngine":
        """Athena, for a target in AWS.

        Args:
            reuse_minutes: how old a result may be that Athena gives again; None to run every one.
            sleep: pauses between two looks at a query, for a number of seconds.
            unload: where Athena writes the rows as Parquet; None for a plain result.

        Raises:
            UsageError: the target is a folder.
        """
        if self._target.is_local:
            raise UsageError(
                f"target {self._target.name} is a folder, whose runs do not go to Athena"
            )
        from flowathena.engine.athena import AthenaEngine  # noqa: PLC0415 - 60 ms

        return AthenaEngine(self._target, self._aws, reuse_minutes, sleep=sleep, unload=unload)

    def _local(self, *, skip: bool, name: str | None) -> Engine:
        if name == "athena":
            raise UsageError("engine: the logs of this target are on this machine, not in Athena")
        from flowathena.engine.local.engine import DuckDbEngine  # noqa: PLC0415 - 90 ms

        return DuckDbEngine(self._target, self._catalogs(), self._clock(), skip_bad_files=skip)

    def _objects(self, *, skip: bool) -> Engine:
        from flowathena.engine.local.objects import ObjectEngine  # noqa: PLC0415 - 90 ms

        return ObjectEngine(
            self._target,
            self._catalogs(),
            lambda bucket: S3Storage(bucket, self._aws),
            open_mirror(self._target),
            self._clock(),
            skip_bad_files=skip,
        )

    def _catalogs(self) -> list[Catalog]:
        return [open_catalog(each, self._aws) for each in self._target.read_tables]


def open_mirror(target: Target) -> "Mirror":
    """Where objects that are read on this machine are kept."""
    from flowathena.storage.mirror import Mirror  # noqa: PLC0415 - for few

    return Mirror(cache_folder() / "objects", target.cache_size)
