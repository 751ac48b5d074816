"""Runs: a query is rendered, run by the engine of its target, and its rows are explained."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from flowathena.aws.session import Aws
from flowathena.catalog import Catalog, fitness, open_catalog, wanted
from flowathena.catalog.flow_logs import joined
from flowathena.client.spending import Spending
from flowathena.cost.limits import NO_LIMITS, SpendingLimits
from flowathena.engine import Engine, Listener
from flowathena.errors import TableMissingError, UsageError
from flowathena.inputs.moving import MovingWindow
from flowathena.inputs.selection import Selection
from flowathena.partitions.absence import Inquiry
from flowathena.query import check
from flowathena.query.condition import Condition
from flowathena.query.query import Query
from flowathena.query.render import Rendered, render
from flowathena.query.span import Span
from flowathena.result.result import Result
from flowathena.shape.shape import FlowTable
from flowathena.storage import S3Storage, open_storage
from flowathena.target.config import cache_folder
from flowathena.target.target import Target

if TYPE_CHECKING:
    from flowathena.aws.unload import Unload
    from flowathena.engine.athena import AthenaEngine

ENGINES = ("athena", "local")
"""What runs statements: Athena, or DuckDB on this machine, which fetches the objects it reads."""


class Runs:
    """Runs queries over one target.

    Args:
        target: the target.
        aws: its clients.
        clock: returns the current time, aware.
    """

    def __init__(self, target: Target, aws: Aws, clock: Callable[[], datetime]) -> None:
        self._target = target
        self._aws = aws
        self._clock = clock

    @cached_property
    def spending(self) -> Spending:
        """What the runs of the target's own engine cost."""
        return Spending(self._target, self._aws, self._clock)

    @cached_property
    def local_spending(self) -> Spending:
        """What runs on this machine read."""
        return Spending(self._target, self._aws, self._clock, is_local=True)

    def spending_of(self, engine: str | None) -> Spending:
        """What the runs of an engine cost: one of ``ENGINES``, None for the target's own."""
        return self.local_spending if engine == "local" else self.spending

    def execute(
        self,
        rendered: Rendered,
        source: FlowTable,
        engine: Engine,
        listener: Listener | None,
        limits: SpendingLimits = NO_LIMITS,
    ) -> Result:
        """Run a statement within its limits, and say what there is to know of its rows.

        Raises:
            CostError: it would scan or cost more than its limits allow.
        """
        spending = self.spending if engine.is_billed else self.local_spending
        expected = spending.admit(rendered, limits, listener)
        result = engine.run(rendered, spending.follow(listener))
        spending.account(result, expected)
        if narrow := tuple(fitness.warn_of_narrow(source, rendered.sql, self._target)):
            result.stats = replace(result.stats, warnings=(*narrow, *result.stats.warnings))
        if result.stats.has_read_nothing:
            reason = self._reason(rendered)
            warnings = (*((reason,) if reason else ()), *result.stats.warnings)
            result.stats = replace(result.stats, warnings=warnings)
        unseen = self._unseen(rendered)
        if rendered.notices or unseen:
            notices = (*result.stats.notices, *((unseen,) if unseen else ()), *rendered.notices)
            result.stats = replace(result.stats, notices=notices)
        notice = rendered.limit.notice(len(result)) if rendered.limit else None
        if rendered.limit and notice:
            result.stats = replace(
                result.stats,
                notices=(*result.stats.notices, notice),
                reached_limit=rendered.limit.rows,
            )
        return result

    def _unseen(self, rendered: Rendered) -> str:
        """Which of the chosen flow logs have no file in what was read; empty if all may have."""
        chosen = rendered.selection.flow_logs or any(each.flow_logs for each in rendered.sources)
        if not (chosen and rendered.relations):
            return ""
        from flowathena.partitions.chosen import Readable, describe_unseen  # noqa: PLC0415 - few

        tables = [
            Readable(source, open_catalog(target, self._aws), open_storage(target, self._aws))
            for target, source in zip(self._target.tables, rendered.sources, strict=True)
        ]
        return describe_unseen(tables, rendered.selection, self._aws.concurrency)

    def _reason(self, rendered: Rendered) -> str:
        """Why a statement read no logs; empty if it asks for none, or if the reason is unknown."""
        if not rendered.relations:
            return ""
        pairs = zip(self._target.tables, rendered.sources, strict=True)
        reasons = (self._reason_of(*pair, rendered.selection) for pair in pairs)
        return next(filter(None, reasons), "")

    def _reason_of(self, target: Target, source: FlowTable, selection: Selection) -> str:
        inquiry = Inquiry(
            target,
            open_storage(target, self._aws),
            replace(target.folders, hourly=source.shape.is_hourly),
            open_catalog(target, self._aws),
            self._clock().astimezone(UTC).date(),
        )
        return inquiry.reason(source, Span(selection).selection(source.shape))

    def render(
        self,
        query: Query,
        values: Mapping[str, object],
        selection: Selection,
        source: FlowTable,
        moving: MovingWindow | None = None,
        condition: Condition | None = None,
    ) -> Rendered:
        """The statement of a query.

        Args:
            query: the query.
            values: its parameters by name.
            selection: the window, accounts, Regions and flow logs.
            source: the tables.
            moving: the window that the statement computes when it runs, if it does.
            condition: what rows of the result must meet.

        Raises:
            QueryError: the query is invalid, or the tables lack one of its fields.
            ParameterError: a value is wrong or missing.
        """
        bound = check.bind(query, values)
        return render(query, bound, selection, source, moving, condition)

    def source(self, *, required: bool) -> FlowTable:
        """The target's table, with those of its sources.

        Raises:
            TableMissingError: one does not exist, and it is required.
        """
        tables = []
        for target in self._target.tables:
            table = open_catalog(target, self._aws).table()
            if table is None and required:
                raise TableMissingError.of(target.table_name, target.command("partitions sync"))
            tables.append(wanted.target_table(table or wanted.wanted_table(target), target))
        return joined(tables)

    def engine(
        self,
        name: str | None = None,
        *,
        skip: bool = False,
        sleep: Callable[[float], None] = time.sleep,
        unload: "Unload | None" = None,
    ) -> Engine:
        """What runs statements over the target.

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
        from flowathena.storage.mirror import Mirror  # noqa: PLC0415 - for few

        return ObjectEngine(
            self._target,
            self._catalogs(),
            lambda bucket: S3Storage(bucket, self._aws),
            Mirror(cache_folder() / "objects"),
            self._clock(),
            skip_bad_files=skip,
        )

    def _catalogs(self) -> list[Catalog]:
        return [open_catalog(each, self._aws) for each in self._target.tables]
