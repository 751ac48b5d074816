"""Runs: a query is rendered, run by the engine of its target, and its rows are explained."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from flowathena.aws.session import Aws
from flowathena.catalog import fitness, open_catalog, wanted
from flowathena.catalog.beside import read_archive
from flowathena.catalog.flow_logs import joined
from flowathena.client import arguments
from flowathena.client.engines import Engines
from flowathena.client.spending import Spending
from flowathena.cost.estimate import Estimate
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
from flowathena.storage import open_storage
from flowathena.target.target import Target

if TYPE_CHECKING:
    from flowathena.aws.unload import Unload


@dataclass(frozen=True)
class RunSettings:
    """How statements are run.

    Attributes:
        engine: one of ``ENGINES``; None for the target's own.
        skip_bad_files: omit damaged files on the local engine.
        spending_limits: what they may scan and cost; the target's hold where these say nothing.
        reuse: how old a result may be that Athena gives again; None to run every one.
        unload: where Athena writes the rows as Parquet; None for plain results.
    """

    engine: str | None = None
    skip_bad_files: bool = False
    spending_limits: SpendingLimits = NO_LIMITS
    reuse: timedelta | None = None
    unload: "Unload | None" = None

    def check(self) -> None:
        """Refuse what contradicts itself, before anything runs.

        Raises:
            UsageError: it does, or results are reused that are too young or too old for Athena.
        """
        if self.unload and (self.engine == "local" or self.skip_bad_files):
            raise UsageError("unload is for Athena, not for the local engine")
        if self.unload and self.reuse is not None:
            raise UsageError("unload writes files anew: no earlier result can be reused")
        if self.reuse is not None:
            arguments.reuse_minutes(self.reuse)


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
    def engines(self) -> Engines:
        """What runs statements over the target."""
        return Engines(self._target, self._aws, self._clock)

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
        return self.answer(rendered, source, engine, listener, expected)

    def answer(
        self,
        rendered: Rendered,
        source: FlowTable,
        engine: Engine,
        listener: Listener | None,
        expected: Estimate | None = None,
    ) -> Result:
        """Run a statement whose limits are looked at, and say what there is to know of its rows.

        Args:
            rendered: the statement.
            source: the tables.
            engine: what runs it.
            listener: called while it runs.
            expected: what it was expected to scan and cost; None if nobody looked.
        """
        spending = self.spending if engine.is_billed else self.local_spending
        result = engine.run(rendered, spending.follow(listener))
        result.usual_chart = rendered.chart
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
            for target, source in self._read(rendered)
        ]
        return describe_unseen(tables, rendered.selection, self._aws.concurrency)

    def _reason(self, rendered: Rendered) -> str:
        """Why a statement read no logs; empty if it asks for none, or if the reason is unknown."""
        if not rendered.relations:
            return ""
        pairs = self._read(rendered)
        reasons = (self._reason_of(*pair, rendered.selection) for pair in pairs)
        return next(filter(None, reasons), "")

    def _read(self, rendered: Rendered) -> Iterator[tuple[Target, FlowTable]]:
        """The tables of log files that a statement reads: an archive has none."""
        for target, source in zip(self._target.read_tables, rendered.sources, strict=True):
            if not source.is_archive:
                yield target, source

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
        """The target's table, with those of its sources and of its archive.

        Raises:
            TableMissingError: one does not exist, and it is required.
        """
        return read_archive(self._target, self._aws, self.logs(required=required))

    def logs(self, *, required: bool) -> FlowTable:
        """The target's table, with those of its sources, without its archive.

        Raises:
            TableMissingError: as of ``source``.
        """
        tables = []
        for target in self._target.tables:
            table = open_catalog(target, self._aws).table()
            if table is None and required:
                raise TableMissingError.of(target.table_name, target.command("partitions sync"))
            tables.append(wanted.target_table(table or wanted.wanted_table(target), target))
        return joined(tables)

    def run(
        self,
        rendered: Rendered,
        source: FlowTable,
        settings: RunSettings,
        listener: Listener | None = None,
    ) -> Result:
        """Run a statement with some settings.

        Raises:
            CostError: as of ``execute``.
            UsageError: the target cannot be run over so.
        """
        engine, notice = self.choose(rendered, settings)
        result = self.execute(rendered, source, engine, listener, settings.spending_limits)
        return noticed(result, notice)

    def start(self, rendered: Rendered, reuse: timedelta | None = None) -> str:
        """Start a statement in Athena, whose limits are looked at, and leave it there; its id.

        Raises:
            UsageError: the target is a folder.
        """
        minutes, _ = self._reuse_minutes(rendered, reuse)
        return self.engines.athena(minutes).start(rendered)

    def choose(
        self,
        rendered: Rendered,
        settings: RunSettings,
        sleep: Callable[[float], None] = time.sleep,
    ) -> tuple[Engine, str]:
        """The engine that runs a statement with some settings, and what to know of the choice.

        Args:
            rendered: the statement.
            settings: how it is run.
            sleep: pauses between two looks at a query of Athena, for a number of seconds.

        Raises:
            UsageError: the target cannot be run over so.
        """
        engine = self.engines.open(
            settings.engine, skip=settings.skip_bad_files, sleep=sleep, unload=settings.unload
        )
        minutes, notice = self._reuse_minutes(rendered, settings.reuse, is_billed=engine.is_billed)
        if minutes is None:
            return engine, notice
        return self.engines.athena(minutes, sleep=sleep), notice

    def _reuse_minutes(
        self, rendered: Rendered, reuse: timedelta | None, *, is_billed: bool = True
    ) -> tuple[int | None, str]:
        """How old a result may be that is given again, and why there is none to be.

        Raises:
            UsageError: it is too young or too old for Athena.
        """
        if reuse is None:
            return None, ""
        minutes = arguments.reuse_minutes(reuse)
        if not is_billed:
            return None, "no earlier result is reused: the local engine keeps none"
        if not self.spending.has_settled(rendered):
            return None, (
                "no earlier result is reused: logs of the window may still come; "
                "--until yesterday ends it before"
            )
        return minutes, ""


def noticed(result: Result, notice: str) -> Result:
    """A result with one more notice, if there is one."""
    if notice:
        result.stats = replace(result.stats, notices=(*result.stats.notices, notice))
    return result
