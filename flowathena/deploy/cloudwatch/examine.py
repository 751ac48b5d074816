"""Examines what a target has in CloudWatch, for the doctor. Reads only."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, error_code, translate_errors
from flowathena.deploy.cloudwatch import findings
from flowathena.deploy.cloudwatch.alarms import Alarm
from flowathena.deploy.cloudwatch.findings import SIDE
from flowathena.deploy.cloudwatch.published import MetricStatus
from flowathena.deploy.cloudwatch.series import series
from flowathena.deploy.cloudwatch.setup import CloudWatchSetup
from flowathena.doctor.access import Looks
from flowathena.doctor.findings import Finding, Need
from flowathena.errors import CatalogError, FlowathenaError, UsageError
from flowathena.query.query import Query
from flowathena.reconcile import Operation, plan
from flowathena.target.feed import MetricsFeed
from flowathena.target.target import Target

_NO_TOPIC = frozenset({"NotFound", "NotFoundException"})
_NO_GROUP = frozenset({"ResourceNotFoundException"})
_NO_BUCKET = frozenset({"NoSuchBucket"})

ReadStatus = Callable[[tuple[str, ...]], tuple[MetricStatus, ...]]
"""Tells how far queries are published."""


class CloudWatchExamination:
    """Examines one target, once.

    Args:
        target: the target, with a section for metrics.
        aws: the clients.
        setup: what the target should have.
        queries: the saved queries.
        status: tells how far queries are published.
    """

    def __init__(
        self,
        target: Target,
        aws: Aws,
        setup: CloudWatchSetup,
        queries: tuple[Query, ...],
        status: ReadStatus,
    ) -> None:
        self._target = target
        self._aws = aws
        self._setup = setup
        self._queries = queries
        self._status = status
        self._feed = target.feed.metrics or MetricsFeed()
        self._looks = Looks(target)
        self._live: tuple[Operation[Alarm], ...] = ()

    def examine(self) -> tuple[Finding, ...]:
        """What is wrong."""
        found = [*self._check_group(), *self._check_alarms(), *self._check_dashboard()]
        return (*self._looks.failed, *found)

    def _check_alarms(self) -> Iterator[Finding]:
        try:
            alarms = self._setup.alarms()
        except UsageError as error:
            yield findings.refused(self._target, str(error))
            return
        planned: Sequence[Operation[Alarm]] = ()
        try:
            planned = plan(alarms)
        except FlowathenaError as error:
            self._looks.fail(SIDE, Need(f"cloudwatch:{_operation(error)}", "alarm:*"), error)
        self._live = tuple(each for each in planned if each.wanted and each.live)
        is_asked_for = bool(self._feed.alarms or self._feed.notify or self._live)
        yield from findings.check_plan(
            self._target, planned, "metrics alarms", is_asked_for=is_asked_for
        )
        yield from self._check_published(alarms.states)
        yield from self._check_topics([each.wanted for each in planned if each.wanted])

    def _check_published(self, states: Mapping[str, str]) -> Iterator[Finding]:
        names = {each.value.name: each.query.name for each in series(self._queries)}
        watching: dict[str, list[str]] = {}
        for each in self._live:
            if each.wanted:
                alarm = f"{each.name} is {states[each.name]}"
                watching.setdefault(names[each.wanted.metric], []).append(alarm)
        if watching:
            statuses = self._read_status(tuple(watching))
            yield from findings.check_published(self._target, statuses, watching)

    def _read_status(self, queries: tuple[str, ...]) -> tuple[MetricStatus, ...]:
        try:
            return self._status(queries)
        except (CatalogError, UsageError):
            return ()  # the table, or the place of the ledger: other sides tell
        except FlowathenaError as error:
            if _code(error) not in _NO_BUCKET:  # which the side of the workgroup tells
                self._looks.fail(SIDE, Need("s3:GetObject", "the ledger of the metrics"), error)
            return ()

    def _check_group(self) -> Iterator[Finding]:
        group = self._feed.log_group
        if group is None:
            return
        need = Need("logs:DescribeMetricFilters", f"log-group:{group}:*")
        try:
            planned = plan(self._setup.filters(group))
        except FlowathenaError as error:
            if _code(error) in _NO_GROUP:
                yield findings.missing_log_group(self._target, group)
            else:
                self._looks.fail(SIDE, need, error)
            return
        # A log group may be there for Insights alone: no filter at all is none that is missing.
        some_live = any(each.live for each in planned)
        yield from findings.check_plan(
            self._target, planned, "metrics filter", is_asked_for=some_live
        )

    def _check_topics(self, alarms: Sequence[Alarm]) -> Iterator[Finding]:
        told = (arn for each in alarms for arn in each.actions)
        for arn in dict.fromkeys((*self._feed.notify, *told)):
            need = Need("sns:GetTopicAttributes", arn)
            if self._looks.attempt(SIDE, need, partial(self._has_topic, arn)) is False:
                yield findings.missing_topic(self._target, arn)

    def _has_topic(self, arn: str) -> bool:
        with translate_errors(f"topic {arn}", FlowathenaError):
            try:
                self._aws.sns(arn.split(":")[3]).get_topic_attributes(TopicArn=arn)
            except ClientError as error:
                if error_code(error) in _NO_TOPIC:
                    return False
                raise
        return True

    def _check_dashboard(self) -> Iterator[Finding]:
        need = Need("cloudwatch:GetDashboard", "dashboard/*")
        planned = self._looks.attempt(SIDE, need, lambda: plan(self._setup.dashboard()))
        yield from findings.check_plan(
            self._target, planned or (), "metrics dashboard", is_asked_for=bool(self._live)
        )


def _operation(error: FlowathenaError) -> str:
    """What was asked of CloudWatch when it failed, which is what a policy allows."""
    cause = error.__cause__
    return cause.operation_name if isinstance(cause, ClientError) else "DescribeAlarms"


def _code(error: FlowathenaError) -> str:
    """What AWS calls the cause of an error; empty if AWS is not the cause."""
    cause = error.__cause__
    return error_code(cause) if isinstance(cause, ClientError) else ""
