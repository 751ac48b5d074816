"""One target, opened: its configuration, clients, library, and its queries as statements."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Self

from flowathena.aws.session import Aws
from flowathena.client import arguments
from flowathena.client.runs import Runs, RunSettings
from flowathena.concurrency import CONCURRENCY
from flowathena.engine import Listener
from flowathena.errors import ConfigError, UsageError
from flowathena.inputs.moving import resolve_moving
from flowathena.inputs.selection import Names, Selection, select
from flowathena.inputs.window import When
from flowathena.partitions.sync import Partitions
from flowathena.query import header, library
from flowathena.query.library import Library
from flowathena.query.query import Query
from flowathena.query.render import Rendered
from flowathena.result.result import Result
from flowathena.target import config
from flowathena.target.target import Target

_LASTING = frozenset({"library", "partitions"})
"""What a client keeps once it has made it; the rest is made anew of a target with more sources."""

_WRITING = threading.Lock()
"""Held while a configuration file is changed: targets of one file may be synced at once."""


class OpenedTarget:
    """One target, and what its queries are as statements; arguments and errors as of ``Client``."""

    def __init__(
        self,
        target: str | Target | None = None,
        *,
        config_path: str | Path | None = None,
        query_paths: Sequence[str | Path] = (),
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        concurrency: int = CONCURRENCY,
        ask_code: Callable[[str], str] | None = None,
    ) -> None:
        path = arguments.path_of("config_path", config_path) if config_path else None
        if type(concurrency) is not int or concurrency < 1:
            raise UsageError(f"concurrency: {concurrency!r} is not a number of calls, 1 or more")
        if isinstance(target, Target):
            configured = config.load(path) if path else config.Config(None, None, {})
            self.target = arguments.check_made(target)
        elif not isinstance(target, str | None):
            raise ConfigError(f"a target is a name or a Target, not {type(target).__name__}")
        else:
            configured = config.load(path)
            self.target = configured.target(target)
        self._query_paths = (*configured.query_paths, *arguments.query_folders(query_paths))
        self._begin(configured, clock, concurrency, ask_code)

    def _begin(
        self,
        configured: config.Config,
        clock: Callable[[], datetime],
        concurrency: int,
        ask_code: Callable[[str], str] | None,
    ) -> None:
        self._configured = configured
        self._clock = clock
        self._aws = Aws(self.target, concurrency, ask_code)

    @classmethod
    def _of(
        cls,
        configured: config.Config,
        name: str,
        clock: Callable[[], datetime],
        concurrency: int,
        ask_code: Callable[[str], str] | None,
    ) -> Self:
        """The client of a target of a configuration that has been read."""
        made = cls.__new__(cls)
        made.target = configured.target(name)
        made._query_paths = configured.query_paths  # noqa: SLF001 - it is one of ours
        made._begin(configured, clock, concurrency, ask_code)  # noqa: SLF001 - same
        return made

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of target {self.target.name!r}: {self.target.location}>"

    @cached_property
    def _runs(self) -> Runs:
        return Runs(self.target, self._aws, self._clock)

    @cached_property
    def library(self) -> Library:
        """The packaged queries and those of the ``query_paths``."""
        return library.load(self._query_paths)

    def _query(self, name: str) -> Query:
        """The query of a name; if the library is not read yet, its file alone is."""
        if "library" in self.__dict__:
            return self.library.get(name)
        return library.find(name, self._query_paths)

    def queries(self) -> list[Query]:
        """Every saved query, by name."""
        return list(self.library.queries.values())

    def render(  # noqa: PLR0913 - keyword options of one call
        self,
        name: str,
        *,
        since: When = None,
        until: When = None,
        account: Names = None,
        region: Names = None,
        flow_log: Names = None,
        relative: bool = False,
        **values: object,
    ) -> Rendered:
        """The statement that ``run`` would run; runs nothing.

        On AWS it asks Glue for the table, whose columns the statement depends on; if there is no
        table, it uses the target's record format.
        With ``relative`` the statement computes its window from the time at which it runs, so that
        it can be kept; since and until are durations or words (``yesterday``) then.
        """
        query = self._query(name)
        selection = self._select(query, since, until, account, region, flow_log)
        moving = resolve_moving(since, until, default=query.since) if relative else None
        return self._runs.render(
            query, values, selection, self._runs.source(required=False), moving
        )

    def render_sql(
        self,
        statement: str | Path,
        *,
        since: When = None,
        until: When = None,
        account: Names = None,
        region: Names = None,
        flow_log: Names = None,
    ) -> Rendered:
        """The statement that ``sql`` would run; runs nothing, as ``render``."""
        query = header.statement(statement)
        selection = self._select(query, since, until, account, region, flow_log)
        return self._runs.render(query, {}, selection, self._runs.source(required=False))

    def _run(
        self,
        query: Query,
        values: Mapping[str, object],
        selection: Selection,
        settings: RunSettings,
        listener: Listener | None,
    ) -> Result:
        self._runs.engines.open(settings.engine, skip=settings.skip_bad_files)  # refused at once
        source = self._runs.source(required=True)
        rendered = self._runs.render(query, values, selection, source)
        return self._runs.run(rendered, source, settings, listener)

    def _select(
        self,
        query: Query,
        since: When,
        until: When,
        account: Names,
        region: Names,
        flow_log: Names,
    ) -> Selection:
        return select(
            self._clock(),
            query.since,
            since=since,
            until=until,
            account=account,
            region=region,
            flow_log=flow_log,
        )

    @cached_property
    def partitions(self) -> Partitions:
        """The partitions of the target."""
        return self._partitions(self.target)

    def _partitions(self, target: Target) -> Partitions:
        return Partitions(target, self._aws, self._clock, self._add_sources)

    def _add_sources(self, sources: Sequence[Target]) -> None:
        """Write further sources into the configuration; the target has them from then on."""
        from flowathena.target.file import add_sources  # noqa: PLC0415 - for few runs

        with _WRITING:
            # Read anew: another target may have been given sources meanwhile.
            before = self._configured
            now = config.load(before.path, lenient=True) if before.path else before
            path = add_sources(now, self.target, sources)
            self._configured = config.load(path, lenient=True)
        self.target = replace(self.target, sources=(*self.target.sources, *sources))
        for name in [*vars(self)]:
            member = getattr(type(self), name, None)
            if isinstance(member, cached_property) and name not in _LASTING:
                self.__dict__.pop(name, None)  # it was made of the target as it was
