"""What is made of the rows of queries: a judgement, a report, an object in S3."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from flowathena.client.running import Running
from flowathena.cost.limits import NO_LIMITS, SpendingLimits
from flowathena.deploy.quicksight import manifest as manifests
from flowathena.engine import Listener
from flowathena.errors import UsageError
from flowathena.inputs.selection import Names
from flowathena.inputs.window import When
from flowathena.query.condition import Condition
from flowathena.result import formats
from flowathena.result.formats import Format
from flowathena.result.result import Result, Stream
from flowathena.storage.objects import write_object

if TYPE_CHECKING:
    from flowathena.check.notifier import Notifier
    from flowathena.check.result import CheckResult
    from flowathena.client.outcome import BatchProgress
    from flowathena.client.reporting import PlannedReport, ReportOptions
    from flowathena.report.report import Report


class Telling(Running):
    """Hands on what queries find: judged, on a page, in an object of S3."""

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
