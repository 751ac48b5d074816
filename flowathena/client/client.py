"""The library's front door: one target, its partitions and its queries."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from flowathena.aws.session import Aws
from flowathena.client import arguments
from flowathena.client.runs import Manner, Runs
from flowathena.concurrency import CONCURRENCY, Watch
from flowathena.cost.estimate import Estimate
from flowathena.cost.limits import NO_LIMITS, SpendingLimits
from flowathena.deploy.quicksight import manifest as manifests
from flowathena.engine import Listener
from flowathena.errors import ConfigError, UsageError
from flowathena.inputs.moving import resolve_moving
from flowathena.inputs.selection import Names, Selection, select
from flowathena.inputs.window import When
from flowathena.partitions.plan import Steps
from flowathena.partitions.sync import Partitions
from flowathena.query import header, library
from flowathena.query.condition import Condition
from flowathena.query.library import Library
from flowathena.query.query import Query
from flowathena.query.render import Rendered
from flowathena.result import formats
from flowathena.result.formats import Format
from flowathena.result.result import Result, Stream
from flowathena.shape.table import Table
from flowathena.storage.objects import write_object
from flowathena.table.manage import TargetTable
from flowathena.table.partitioning import Registration
from flowathena.target import config
from flowathena.target.sources import neighbours
from flowathena.target.target import Target

if TYPE_CHECKING:
    from flowathena.archive.archive import TargetArchive
    from flowathena.aws.unload import Unload
    from flowathena.check.notifier import Notifier
    from flowathena.check.result import CheckResult
    from flowathena.client.batch import Batch
    from flowathena.client.outcome import BatchProgress
    from flowathena.client.reporting import PlannedReport, ReportOptions
    from flowathena.client.scheduled import TargetSchedule
    from flowathena.cost.assumptions import Assumptions
    from flowathena.cost.history import PastRun
    from flowathena.cost.month import MonthlyCost
    from flowathena.deploy.cloudwatch.metrics import TargetMetrics
    from flowathena.deploy.cloudwatch.setup import CloudWatchSetup
    from flowathena.deploy.quicksight.target import TargetQuickSight
    from flowathena.deploy.saved_queries import SavedQueries
    from flowathena.deploy.setup.plans import Plan
    from flowathena.deploy.setup.setup import Setup
    from flowathena.doctor.examine import Examination
    from flowathena.doctor.findings import Finding
    from flowathena.engine.insights import Insights
    from flowathena.report.report import Report
    from flowathena.table.views import TargetViews

_LASTING = frozenset({"library", "partitions"})
"""What a client keeps once it has made it; the rest is made anew of a target with more sources."""

_WRITING = threading.Lock()
"""Held while a configuration file is changed: targets of one file may be synced at once."""


class Client:
    """Works on one target.

    Args:
        target: a target's name, None for the default one; or a target, for which no configuration
            file is read unless ``config_path`` names one.
        config_path: the configuration file; None searches as the command line does.
        query_paths: folders of saved queries, besides those of the configuration.
        clock: returns the current time, aware.
        concurrency: how many calls to AWS may be under way at once.
        ask_code: asks a person for the MFA code that an AWS profile needs (``getpass.getpass``, for
            instance): takes the prompt, returns the code; None if nobody can be asked.

    Raises:
        ConfigError: the configuration or the target is invalid, there is no such target, or a query
            path is not a folder.
    """

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
    ) -> "Client":
        """The client of a target of a configuration that has been read."""
        made = cls.__new__(cls)
        made.target = configured.target(name)
        made._query_paths = configured.query_paths  # noqa: SLF001 - it is one of ours
        made._begin(configured, clock, concurrency, ask_code)  # noqa: SLF001 - same
        return made

    def __repr__(self) -> str:
        return f"<Client of target {self.target.name!r}: {self.target.location}>"

    @cached_property
    def _runs(self) -> Runs:
        return Runs(self.target, self._aws, self._clock)

    @cached_property
    def partitions(self) -> Partitions:
        """The partitions of the target."""
        return self._partitions(self.target)

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
        for name, member in vars(Client).items():
            if isinstance(member, cached_property) and name not in _LASTING:
                self.__dict__.pop(name, None)  # it was made of the target as it was

    @cached_property
    def table(self) -> TargetTable:
        """The table of the target: print its statement, create, compare, convert and drop it.

        The first of several; ``tables`` has all of them.
        """
        return self._table(self.target)

    @property
    def tables(self) -> dict[str, TargetTable]:
        """Every table of the target by ``database.table``, in their order."""
        first, *further = self.target.tables
        tables = {each.table_name: self._table(each) for each in further}
        return {first.table_name: self.table, **tables}

    def _table(self, target: Target) -> TargetTable:
        partitions = self.partitions if target is self.target else self._partitions(target)
        register = partial(_register, partitions)
        beside = [each.table_name for each in neighbours(self.target, target)]
        return TargetTable(target, self._aws, register, self._clock, beside)

    def _partitions(self, target: Target) -> Partitions:
        return Partitions(target, self._aws, self._clock, self._add_sources)

    @cached_property
    def views(self) -> "TargetViews":
        """The views over the table: print their statements, compare and create them."""
        from flowathena.table.views import TargetViews  # noqa: PLC0415 - for few commands

        return TargetViews(self.target, self._aws)

    @cached_property
    def saved_queries(self) -> "SavedQueries":
        """The saved queries of Athena: the library's are published there, others are pulled."""
        from flowathena.deploy.saved_queries import SavedQueries  # noqa: PLC0415 - for few commands

        return SavedQueries(
            self.target,
            self._aws,
            library=lambda: self.library,
            source=lambda: self._runs.source(required=True),
            clock=self._clock,
            query_paths=self._query_paths,
        )

    @cached_property
    def cloudwatch(self) -> "CloudWatchSetup":
        """Alarms on the metrics, their dashboard, and metric filters of a log group.

        Raises:
            UsageError: the target's logs are on this machine.
        """
        from flowathena.deploy.cloudwatch.setup import CloudWatchSetup  # noqa: PLC0415 - for few

        return CloudWatchSetup(self.target, self._aws, lambda: self.library)

    @cached_property
    def insights(self) -> "Insights":
        """The saved queries over flow logs in a log group, by CloudWatch Logs Insights."""
        from flowathena.engine.insights import Insights  # noqa: PLC0415 - for few commands

        return Insights(self.target, self._aws, self._query, self._clock)

    @cached_property
    def metrics(self) -> "TargetMetrics":
        """The metrics of CloudWatch: what is due of the queries that have some is published."""
        from flowathena.deploy.cloudwatch.metrics import TargetMetrics  # noqa: PLC0415 - same

        return TargetMetrics(
            self.target,
            self._aws,
            library=lambda: self.library,
            source=lambda: self._runs.source(required=True),
            run=lambda name, since, until, limits: self.run(
                name, since=since, until=until, spending_limits=limits
            ),
            unread=self._describe_unread,
            clock=self._clock,
        )

    def _describe_unread(self, since: datetime) -> str:
        """Why a query from a moment on would not read all that is stored; empty if it would."""
        from flowathena.partitions import unread  # noqa: PLC0415 - for few runs

        source = self._runs.source(required=True)
        if any(each.shape.projected for each in (source, *source.further)):
            return unread.describe_unreached(self.partitions.status(since=since), self.target)
        return unread.describe_unregistered(self.partitions.plan(since=since), self.target)

    @cached_property
    def quicksight(self) -> "TargetQuickSight":
        """What QuickSight has of the target: publish, refresh, look at and remove it."""
        from flowathena.deploy.quicksight.target import TargetQuickSight  # noqa: PLC0415 - few

        return TargetQuickSight(
            self.target,
            self._aws,
            library=lambda: self.library,
            source=lambda: self._runs.source(required=True),
            clock=self._clock,
        )

    @cached_property
    def schedule(self) -> "TargetSchedule":
        """What of the target runs on a schedule: run it now, or render it for a scheduler."""
        from flowathena.client.scheduled import TargetSchedule  # noqa: PLC0415 - for few commands

        return TargetSchedule(self, self._aws, self._configured)

    @cached_property
    def setup(self) -> "Setup":
        """What flow logs need before there are any: the flow logs, a bucket, a workgroup."""
        from flowathena.deploy.setup.setup import Setup  # noqa: PLC0415 - for few commands

        return Setup(self.target, self._aws, lambda: self.library, self._clock)

    @cached_property
    def archive(self) -> "TargetArchive":
        """Closed days as Parquet: what is due is written, verified and read from there."""
        from flowathena.archive.archive import TargetArchive  # noqa: PLC0415 - for few commands

        logs = partial(self._runs.logs, required=True)
        return TargetArchive(self.target, self._aws, logs, self._clock)

    def plan_expiry(self, days: int) -> "Plan":
        """The lifecycle rules that delete logs after so many days, which are archived then.

        Args:
            days: after how many.

        Raises:
            FlowathenaError: days that would be deleted at once are not archived.
            UsageError: as of ``archive.plan``, or the target is a folder, or the days are too few.
        """
        from flowathena.client.expiry import plan_expiry  # noqa: PLC0415 - for few commands

        return plan_expiry(self.target, self.archive, self.setup, days, self._clock())

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

    def run(  # noqa: PLR0913 - keyword options of one call
        self,
        name: str,
        *,
        since: When = None,
        until: When = None,
        account: Names = None,
        region: Names = None,
        flow_log: Names = None,
        engine: str | None = None,
        skip_bad_files: bool = False,
        spending_limits: SpendingLimits = NO_LIMITS,
        reuse: timedelta | None = None,
        listener: Listener | None = None,
        **values: object,
    ) -> Result:
        """Run a saved query.

        Args:
            name: the query's name.
            since: start of the window (default: the query's): a text as on the command line
                (``7d``, ``2026-11-01``, ``yesterday``), an aware datetime, a date (its midnight,
                UTC), or a timedelta before until.
            until: end of the window, exclusive, in the same forms (default: now).
            account: account ids to look at, one or several; texts or whole numbers.
            region: Regions to look at, one or several.
            flow_log: the ids of the flow logs whose records are read, one or several.
            engine: ``local`` for DuckDB on this machine, which fetches the objects that Athena
                would read; ``athena``; None for the target's own.
            skip_bad_files: omit damaged files on the local engine; ``stats.skipped_files`` names
                them.
            spending_limits: what it may scan and cost; the target's hold where these say nothing.
            reuse: how old an earlier result of the same statement may be that Athena gives again,
                which costs nothing; only of a window whose days are over, as far as logs may come.
            listener: called while the run is under way.
            values: the query's parameters.

        Raises:
            CostError: it would scan or cost more than its limits allow, and has not been run.
            QueryError: there is no such query, or its text is invalid.
            ParameterError: a value has the wrong type, is unknown or is missing.
            WindowError: since and until do not make a window, or a datetime has no time zone.
            TableMissingError: the table does not exist.
            EngineError: the engine refused the statement or failed.
        """
        query = self._query(name)
        selection = self._select(query, since, until, account, region, flow_log)
        manner = Manner(engine, skip_bad_files, spending_limits, reuse)
        return self._run(query, values, selection, manner, listener)

    def run_all(  # noqa: PLR0913 - keyword options of one call
        self,
        names: Iterable[str],
        *,
        since: When = None,
        until: When = None,
        account: Names = None,
        region: Names = None,
        flow_log: Names = None,
        engine: str | None = None,
        skip_bad_files: bool = False,
        spending_limits: SpendingLimits = NO_LIMITS,
        reuse: timedelta | None = None,
        unload: str | None = None,
        keep_unloaded: bool = False,
        concurrency: int | None = None,
        listener: "Callable[[BatchProgress], None] | None" = None,
        **values: object,
    ) -> "Batch":
        """Run several saved queries, a few at a time; iterate over what becomes of each.

        One that fails does not stop the others. One is skipped if a parameter has no value, or if
        the target lacks a field. Nothing runs before the first is asked for; ``with`` stops, at its
        end, what still runs. ``estimate`` of the batch looks what they would scan and cost;
        ``start`` starts them in Athena and leaves them there.

        Args:
            names: the queries' names.
            since: start of every window, as of ``run`` (default: each query's own).
            until: end of every window, exclusive.
            account: account ids to look at.
            region: Regions to look at.
            flow_log: the ids of the flow logs whose records are read.
            engine: as of ``run``.
            skip_bad_files: omit damaged files on the local engine.
            spending_limits: what they may scan and cost together; the target's hold where these say
                nothing. If they exceed it, a ``CostError`` is raised before the first runs.
            reuse: as of ``run``, for each.
            unload: ``s3://bucket/prefix/`` below which Athena writes the rows of each as Parquet,
                in a folder of its name, as ``unload`` does.
            keep_unloaded: leave these files.
            concurrency: how many run at once (default: 5 on Athena, 1 on the local engine).
            listener: called while queries run, in the thread that iterates.
            values: parameters; each goes to the queries that have it.

        Raises:
            QueryError: there is no query of a name.
            ParameterError: a value is invalid, or no query has such a parameter.
            WindowError: as of ``run``.
            TableMissingError: the table does not exist.
            UsageError: the target cannot be run over so, or what is given contradicts itself.
        """
        from flowathena.client import batch, jobs  # noqa: PLC0415 - for few commands
        from flowathena.client.several import Several  # noqa: PLC0415 - same

        place = self.unloading(unload, keep=keep_unloaded) if unload is not None else None
        manner = Manner(engine, skip_bad_files, spending_limits, reuse, place)
        manner.check()
        self._runs.engines.open(engine, skip=skip_bad_files)  # refused before anything runs

        is_local = self.target.is_local or engine == "local"
        usual = batch.ON_LOCAL if is_local else batch.ON_ATHENA
        at_once = usual if concurrency is None else concurrency
        if type(at_once) is not int or at_once < 1:
            raise UsageError(f"concurrency: {at_once!r} is not a number of queries, 1 or more")
        chosen = [self._query(name) for name in ((names,) if isinstance(names, str) else names)]
        source = self._runs.source(required=True)

        def render(query: Query, own: Mapping[str, object]) -> Rendered:
            selection = self._select(query, since, until, account, region, flow_log)
            return jobs.as_one_of_several(self._runs.render(query, own, selection, source))

        runner = Several(self._runs, source, manner)
        return batch.Batch(jobs.plan(chosen, values, render), runner, at_once, listener)

    def plan_report(self, **options: "Unpack[ReportOptions]") -> "PlannedReport":
        """The report that ``report`` would make: its scans, and what they would cost; runs nothing.

        Raises:
            UsageError: there is no such panel or engine.
            QueryError: there is no query of a name.
            WindowError: as of ``run``.
            TableMissingError: the table does not exist.
        """
        from flowathena.client.reporting import (  # noqa: PLC0415 - for few
            PlannedReport,
            request_report,
        )

        request = request_report(options, self._clock(), self._query)
        selection, window = request.selection, request.window
        return PlannedReport(
            request,
            self.target,
            self._runs,
            self._query,
            lambda watch: self.partitions.status(
                watch=watch,
                since=window.since,
                until=window.until,
                account=selection.accounts or None,
                region=selection.regions or None,
            ),
            self._clock,
        )

    def report(
        self,
        *,
        spending_limits: SpendingLimits = NO_LIMITS,
        listener: "Callable[[BatchProgress], None] | None" = None,
        **options: "Unpack[ReportOptions]",
    ) -> "Report":
        """The state of a network: volume, talkers, refusals, exposure, scans, cost and coverage.

        Most panels share one scan. One that fails, or whose fields the logs lack, leaves the
        others alone.

        Args:
            spending_limits: what all of its scans may scan and cost together; the target's hold
                where these say nothing.
            listener: called while its scans run.
            options: what it is to have: ``panels``, ``queries``, ``rows`` of a ranking, ``since``,
                ``until``, ``account``, ``region``, ``flow_log``, ``engine``, ``skip_bad_files``.

        Returns:
            The report: ``save("report.html")`` writes it, ``report["talkers"].result`` has the rows
            of a panel.

        Raises:
            CostError: it would scan or cost more than the limits allow, and has not been run.
            FlowathenaError: as of ``plan_report``.
        """
        planned = self.plan_report(**options)
        planned.admit(spending_limits)
        return planned.run(listener)

    def sql(  # noqa: PLR0913 - keyword options of one call
        self,
        statement: str | Path,
        *,
        since: When = None,
        until: When = None,
        account: Names = None,
        region: Names = None,
        flow_log: Names = None,
        engine: str | None = None,
        skip_bad_files: bool = False,
        spending_limits: SpendingLimits = NO_LIMITS,
        reuse: timedelta | None = None,
        listener: Listener | None = None,
    ) -> Result:
        """Run a SELECT over ``flow_logs``, given as text or as its file; else the same as ``run``.

        It has no placeholders: two braces in it are two braces. The default window is 7 days.
        """
        query = header.statement(statement)
        selection = self._select(query, since, until, account, region, flow_log)
        manner = Manner(engine, skip_bad_files, spending_limits, reuse)
        return self._run(query, {}, selection, manner, listener)

    def estimate(  # noqa: PLR0913 - keyword options of one call
        self,
        name: str,
        *,
        since: When = None,
        until: When = None,
        account: Names = None,
        region: Names = None,
        flow_log: Names = None,
        engine: str | None = None,
        listener: Listener | None = None,
        **values: object,
    ) -> Estimate:
        """What ``run`` would scan and cost; runs nothing. Arguments as of ``run``.

        Lists the objects of the partitions that the statement keeps.

        Raises:
            StorageError: a folder cannot be listed.
            FlowathenaError: as of ``run``.
        """
        self._runs.engines.open(engine)
        query = self._query(name)
        selection = self._select(query, since, until, account, region, flow_log)
        source = self._runs.source(required=True)
        rendered = self._runs.render(query, values, selection, source)
        return self._runs.spending_of(engine).estimate(rendered, listener)

    def estimate_sql(  # noqa: PLR0913 - keyword options of one call
        self,
        statement: str | Path,
        *,
        since: When = None,
        until: When = None,
        account: Names = None,
        region: Names = None,
        flow_log: Names = None,
        engine: str | None = None,
        listener: Listener | None = None,
    ) -> Estimate:
        """What ``sql`` would scan and cost; runs nothing, as ``estimate``."""
        query = header.statement(statement)
        selection = self._select(query, since, until, account, region, flow_log)
        self._runs.engines.open(engine)
        rendered = self._runs.render(query, {}, selection, self._runs.source(required=True))
        return self._runs.spending_of(engine).estimate(rendered, listener)

    def start(
        self,
        rendered: Rendered,
        *,
        spending_limits: SpendingLimits = NO_LIMITS,
        reuse: timedelta | None = None,
        listener: Listener | None = None,
    ) -> str:
        """Start a statement in Athena and leave it there; its id, for ``results``.

        Args:
            rendered: the statement, from ``render`` or ``render_sql``.
            spending_limits: as of ``run``.
            reuse: as of ``run``.
            listener: called while its limits are checked.

        Raises:
            CostError: as of ``run``.
            EngineError: Athena refuses it.
            UsageError: the target is a folder.
        """
        self._runs.engines.athena()  # a folder has none
        if reuse is not None:
            arguments.reuse_minutes(reuse)
        self._runs.spending.admit(rendered, spending_limits, listener)
        return self._runs.start(rendered, reuse)

    def results(self, query_id: str, *, listener: Listener | None = None) -> Result:
        """The rows of an Athena query that was started before, waiting for its end.

        Args:
            query_id: its id: of ``start``, or of any query of Athena.
            listener: called with every state seen.

        Raises:
            EngineError: there is no such query, it has failed, or it was cancelled.
            UsageError: the target is a folder.
        """
        self._runs.engines.athena()
        from flowathena.aws.athena import Athena  # noqa: PLC0415 - 60 ms

        spending = self._runs.spending
        result = Athena(self._aws, self.target).fetch(query_id, spending.follow(listener))
        spending.account(result, None)
        return result

    def history(self, limit: int = 20) -> list["PastRun"]:
        """The last queries of the target's workgroup, the newest first, whoever ran them.

        Args:
            limit: how many at most.

        Raises:
            EngineError: Athena does not list them.
            UsageError: the target is a folder.
        """
        self._runs.engines.athena()
        from flowathena.cost.history import read_history  # noqa: PLC0415 - for few commands

        return read_history(self._aws, self.target.workgroup, self._runs.spending.price, limit)

    def monthly_cost(
        self, assumptions: "Assumptions | None" = None, watch: Watch = lambda _done, _all: None
    ) -> "MonthlyCost":
        """What the target costs a month, worked out from what was delivered lately.

        Args:
            assumptions: what cannot be seen: how long logs are kept, how many queries run.
            watch: called while folders are listed.

        Raises:
            UsageError: the target is a folder, or an assumption cannot be.
            StorageError: no logs were delivered lately, or they cannot be listed.
            EngineError: Athena does not list its queries.
        """
        from flowathena.client.monthly import MonthlyBill  # noqa: PLC0415 - for few commands
        from flowathena.cost.assumptions import Assumptions  # noqa: PLC0415 - same

        bill = MonthlyBill(self, self._aws, self._clock, self._runs.spending.list_size)
        return bill.work_out(assumptions or Assumptions(), watch)

    def unload(  # noqa: PLR0913 - keyword options of one call
        self,
        query: str | Rendered,
        location: str,
        *,
        keep: bool = False,
        since: When = None,
        until: When = None,
        account: Names = None,
        region: Names = None,
        flow_log: Names = None,
        spending_limits: SpendingLimits = NO_LIMITS,
        listener: Listener | None = None,
        **values: object,
    ) -> Result:
        """Run a saved query on Athena by UNLOAD: for large results, whose order does not matter.

        Athena writes the rows as Parquet, several files at once, into a folder of this run below
        the location; they are read from there, and removed unless ``keep`` says otherwise. What a
        query that fails has written is removed; what Athena has completed but cannot be read here
        stays, and the error names the folder.

        Args:
            query: the query's name; or a statement from ``render`` or ``render_sql``.
            location: ``s3://bucket/prefix/``.
            keep: leave the files; ``stats.unloaded`` says where, ``remove_unloaded`` removes them.
            since: as of ``run``, and so are the others.
            until: the end of the window.
            account: account ids.
            region: Regions.
            flow_log: the ids of flow logs.
            spending_limits: what it may scan and cost, as of ``run``.
            listener: called while the run is under way.
            values: the query's parameters.

        Raises:
            UsageError: the target is a folder, or the location is not in S3.
            FlowathenaError: as of ``run``.
        """
        manner = Manner(spending_limits=spending_limits, unload=self.unloading(location, keep=keep))
        source = self._runs.source(required=True)
        if isinstance(query, Rendered):
            rendered = query
        else:
            saved = self._query(query)
            selection = self._select(saved, since, until, account, region, flow_log)
            rendered = self._runs.render(saved, values, selection, source)
        return self._runs.run(rendered, source, manner, listener)

    def remove_unloaded(self, result: Result) -> None:
        """Remove the Parquet files that are left of a result.

        Raises:
            EngineError: S3 refuses it.
        """
        from flowathena.aws.unload import remove  # noqa: PLC0415 - for few commands

        if result.stats.unloaded:
            remove(self._aws.s3, result.stats.unloaded)
            result.stats = replace(result.stats, unloaded="")

    def unloading(self, location: str, run_id: str = "", *, keep: bool = False) -> "Unload":
        """Where ``unload`` has rows written: ``wrap`` shows the statement that it sends.

        Args:
            location: ``s3://bucket/prefix/``.
            run_id: the name of the folder below it; empty for a new one.
            keep: leave the files.

        Raises:
            UsageError: the target is a folder, or the location is not in S3.
        """
        from flowathena.aws.unload import Unload  # noqa: PLC0415 - for few commands

        if self.target.is_local:
            raise UsageError("unload is for targets in AWS: a local run writes files at once")
        place = Unload(arguments.s3_folder(location), keep)
        return replace(place, run_id=run_id) if run_id else place

    def check(  # noqa: PLR0913 - keyword options of one call
        self,
        name: str,
        *,
        max_rows: int | None = None,
        min_rows: int | None = None,
        where: str | None = None,
        warn: str | None = None,
        critical: str | None = None,
        value: str = "",
        since: When = None,
        until: When = None,
        account: Names = None,
        region: Names = None,
        flow_log: Names = None,
        engine: str | None = None,
        skip_bad_files: bool = False,
        spending_limits: SpendingLimits = NO_LIMITS,
        listener: Listener | None = None,
        **values: object,
    ) -> "CheckResult":
        """Run a saved query and judge its rows.

        Args:
            name: the query's name.
            max_rows: more rows are critical.
            min_rows: fewer rows are critical.
            where: an SQL condition over the result's columns; only rows that meet it are counted.
            warn: the range of what is no warning, as Nagios writes it: ``10``, ``10:``, ``~:10``,
                ``10:20``, ``@10:20``; of the number of rows, or of ``value``.
            critical: the range of what is not critical.
            value: the column whose value is judged, in a result of one row.
            since: as of ``run``, and so are the others.
            until: the end of the window.
            account: account ids.
            region: Regions.
            flow_log: the ids of flow logs.
            engine: as for ``run``.
            skip_bad_files: omit damaged files on the local engine.
            spending_limits: what it may scan and cost.
            listener: called while the run is under way.
            values: the query's parameters.

        Returns:
            The state with its reason. It is UNKNOWN if a result has no number to judge, or if no
            log file was read and there is nothing else to alert of.

        Raises:
            UsageError: there is nothing to judge by, it is malformed, or it could never alert.
            FlowathenaError: as of ``run``.
        """
        from flowathena.check.criteria import Criteria  # noqa: PLC0415 - for few commands
        from flowathena.check.result import judge  # noqa: PLC0415 - same

        criteria = Criteria.of(
            max_rows=max_rows,
            min_rows=min_rows,
            where=where,
            warn=warn,
            critical=critical,
            value=value,
        )
        condition = Condition.parse(criteria.where) if criteria.where else None
        query = self._query(name)
        selection = self._select(query, since, until, account, region, flow_log)
        runner = self._runs.engines.open(engine, skip=skip_bad_files)
        source = self._runs.source(required=True)
        rendered = self._runs.render(query, values, selection, source, condition=condition)
        criteria.refuse_unreachable(rendered.limit)
        result = self._runs.execute(rendered, source, runner, listener, spending_limits)
        return judge(
            query.name,
            self.target.name,
            criteria,
            result,
            window=selection.window,
            is_blind=bool(rendered.relations) and result.stats.has_read_nothing,
        )

    def notifier(
        self,
        *,
        sns: str | Sequence[str] = (),
        slack_webhook_file: str | Path | None = None,
        state: str | Path | None = None,
    ) -> "Notifier":
        """What tells people of a check, with the target's credentials.

        Args:
            sns: ARNs of SNS topics, one or several.
            slack_webhook_file: a file with the URL of a Slack webhook.
            state: the file or ``s3://`` object that remembers what was told; None to tell of every
                run that is not OK.

        Raises:
            UsageError: one of them is malformed or cannot be read, or there is nobody to tell.
        """
        from flowathena.check.notifier import open_notifier  # noqa: PLC0415 - for few commands

        topics = (sns,) if isinstance(sns, str) else tuple(sns)
        webhook = Path(slack_webhook_file) if slack_webhook_file is not None else None
        place = str(state) if state is not None else None
        return open_notifier(topics, webhook, place, self._aws, self._clock)

    def write(
        self,
        result: Result,
        location: str,
        form: Format = Format.CSV,
        *,
        gzip: bool = False,
        quicksight_manifest: bool = False,
    ) -> tuple[str, ...]:
        """Write a result into an object of S3, with the target's credentials.

        Args:
            result: the rows.
            location: ``s3://bucket/key``.
            form: the format.
            gzip: compress it.
            quicksight_manifest: write the manifest beside it by which QuickSight imports it; of a
                CSV object alone.

        Returns:
            The locations that were written.

        Raises:
            UsageError: it is not the location of an object, or has no manifest.
            FlowathenaError: S3 refuses it.
        """
        write = formats.write_gzip if gzip else formats.write
        beside = manifests.manifest_location(location) if quicksight_manifest else ""
        if beside and (gzip or form is not Format.CSV):
            raise UsageError(f"a QuickSight manifest is about plain CSV: write {location} as such")
        self.write_object(location, lambda stream: write(result, form, stream))
        if not beside:
            return (location,)
        self.write_object(beside, lambda stream: stream.write(manifests.manifest(location)))
        return location, beside

    def write_report(self, report: "Report", location: str) -> None:
        """Write a report into an object of S3, with the target's credentials.

        Args:
            report: the report.
            location: ``s3://bucket/key.html`` or ``.json``.

        Raises:
            UsageError: it is not the location of such an object.
            FlowathenaError: vl-convert is not installed, or S3 refuses it.
        """
        content = report.encoded(Path(location).suffix.lower().removeprefix("."))
        self.write_object(location, lambda stream: stream.write(content))

    def write_object(self, location: str, write: Callable[[Stream], object]) -> None:
        """Write an object of S3 with the target's credentials; it appears whole or not at all.

        Args:
            location: ``s3://bucket/key``.
            write: writes the content into a stream.

        Raises:
            UsageError: it is not the location of an object.
            FlowathenaError: S3 refuses it.
        """
        write_object(self._aws, location, write)

    def doctor(self) -> "Examination":
        """What is wrong with the target, in the order in which to fix it; reads only."""
        from flowathena.doctor.examine import Doctor  # noqa: PLC0415 - for few commands

        found = Doctor(self.target, self._aws, self._clock()).examine()
        if self.target.is_local:
            return found
        before = Counter(self._aws.calls)
        further = self._examine_fed()
        calls = Counter(found.calls) + Counter(self._aws.calls) - before
        return replace(found, findings=(*found.findings, *further), calls=calls)

    def _examine_fed(self) -> tuple["Finding", ...]:
        """What is wrong in the services that the configuration has sections for."""
        from flowathena.deploy.cloudwatch.examine import (  # noqa: PLC0415 - for few commands
            CloudWatchExamination,
        )

        feed = self.target.feed
        found = self.quicksight.examine() if feed.quicksight else ()
        if feed.metrics is None:
            return found
        queries = tuple(self.library.queries.values())
        examination = CloudWatchExamination(
            self.target, self._aws, self.cloudwatch, queries, self.metrics.status
        )
        return (*found, *examination.examine())

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
        manner: Manner,
        listener: Listener | None,
    ) -> Result:
        self._runs.engines.open(manner.engine, skip=manner.skip_bad_files)  # refused at once
        source = self._runs.source(required=True)
        rendered = self._runs.render(query, values, selection, source)
        return self._runs.run(rendered, source, manner, listener)

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


def _register(partitions: Partitions, table: Table, *, dry_run: bool) -> Registration:
    planned, outcomes = partitions.prepare(table, dry_run=dry_run)
    steps = planned.steps or Steps()
    return Registration(
        add=len(steps.add) + len(steps.relocate),
        drop=len(steps.drop),
        outcomes=outcomes,
        unlisted=tuple(str(each.error) for each in planned.unlisted),
    )
