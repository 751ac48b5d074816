"""The library's front door: one target and everything it can do."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING

from flowathena.client.telling import Telling
from flowathena.concurrency import Watch
from flowathena.partitions.plan import Steps
from flowathena.partitions.sync import Partitions
from flowathena.shape.table import Table
from flowathena.table.manage import TargetTable
from flowathena.table.partitioning import Registration
from flowathena.target.sources import neighbours
from flowathena.target.target import Target

if TYPE_CHECKING:
    from flowathena.archive.archive import TargetArchive
    from flowathena.client.scheduled import TargetSchedule
    from flowathena.cost.assumptions import Assumptions
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
    from flowathena.table.views import TargetViews


class Client(Telling):
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


def _register(partitions: Partitions, table: Table, *, dry_run: bool) -> Registration:
    planned, outcomes = partitions.prepare(table, dry_run=dry_run)
    steps = planned.steps or Steps()
    return Registration(
        add=len(steps.add) + len(steps.relocate),
        drop=len(steps.drop),
        outcomes=outcomes,
        unlisted=tuple(str(each.error) for each in planned.unlisted),
    )
