"""What statements read of a target in S3: the partitions that they keep of each of its tables."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from flowathena.aws.session import Aws
from flowathena.catalog import open_catalog, read_partitions
from flowathena.cost.estimate import Reading
from flowathena.logs.layout import Scope
from flowathena.query import relation
from flowathena.query.readings import columns_read, count_scans
from flowathena.query.render import Rendered
from flowathena.query.span import Span
from flowathena.shape.shape import FlowTable, Values
from flowathena.storage import open_storage
from flowathena.storage.walk import walk
from flowathena.target.target import Target


class Readings:
    """Looks at what statements read; partitions that several of them read are looked up once.

    Args:
        target: the target.
        aws: its clients.
        clock: returns the current time, aware.
    """

    def __init__(self, target: Target, aws: Aws, clock: Callable[[], datetime]) -> None:
        self._target = target
        self._aws = aws
        self._clock = clock
        self._partitions: dict[tuple[str, Scope], Mapping[Values, str]] = {}

    def of(self, rendered: Rendered) -> list[Reading]:
        """What a statement reads, table by table.

        Raises:
            CatalogError: the registered partitions cannot be read.
            StorageError: a folder cannot be listed.
        """
        return [
            reading
            for target, source in zip(self._target.read_tables, rendered.sources, strict=True)
            for reading in self._scanned(rendered, target, source)
        ]

    def _scanned(self, rendered: Rendered, target: Target, source: FlowTable) -> Iterator[Reading]:
        own, chosen = source.flow_logs, rendered.selection.flow_logs
        if own is not None and chosen and not set(own) & set(chosen):
            return  # the statement reads none of its files
        for span, condition in zip(rendered.relations, rendered.conditions, strict=True):
            name = relation.NAME_BEFORE if span.is_before else relation.NAME
            yield Reading(
                source,
                self._locations(target, source, span, condition),
                count_scans(rendered.statement, name),
                columns_read(rendered.statement, name, source),
            )

    def _locations(
        self, target: Target, source: FlowTable, span: Span, condition: str
    ) -> Mapping[Values, str]:
        scope = source.shape.restrict(span.selection(source.shape).delivery_scope)
        kept: dict[Values, str] = {}
        for part in source.parts(scope) if scope else ():
            key = (target.table_name, part)
            if key not in self._partitions:
                self._partitions[key] = self._look_up(target, source, part)
            kept |= self._partitions[key]
        if not condition:
            return kept
        from flowathena.engine.local.pruning import prune  # noqa: PLC0415 - 90 ms, for few

        return prune(kept, source, condition, self._clock())

    def _look_up(self, target: Target, source: FlowTable, scope: Scope) -> Mapping[Values, str]:
        if source.shape.projected:
            return self._stored(target, source, scope)
        return read_partitions(open_catalog(target, self._aws), scope, source.shape)

    def _stored(self, target: Target, source: FlowTable, scope: Scope) -> Mapping[Values, str]:
        """The folders of a table whose partitions Athena computes: those that have objects."""
        layout = replace(target.folders, hourly=source.shape.is_hourly)
        storage = open_storage(target, self._aws)
        found = walk(storage, layout, scope, source.shape.values, workers=self._aws.concurrency)
        if found.unlisted:
            raise found.unlisted[0].error
        return found.locations
