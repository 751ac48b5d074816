"""What of a target is fed to QuickSight and CloudWatch: values of the configuration."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from flowathena.errors import UsageError

LOG_GROUP = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")
"""The name of a log group."""


@dataclass(frozen=True)
class QuickSightFeed:
    """What QuickSight has of a target: ``[targets.NAME.quicksight]``.

    Attributes:
        owners: users and groups who may change what is published: ``user/default/alice``, or ARNs.
        readers: users and groups who may see it.
        queries: saved queries of which a data set each is made, besides the daily volumes.
        mode: ``spice``, QuickSight's own store, or ``direct``: Athena is asked whenever one looks.
        window: how far back a data set reaches.
        lookback: how much of it an incremental refresh reads again.
        refresh: how often SPICE is refreshed: ``hourly``, ``daily``, ``weekly`` or ``never``.
        refresh_at: at what time of day, HH:MM.
        timezone: of ``refresh_at``.
        role_arn: the role that QuickSight assumes for Athena and S3; None for its own.
        identity_region: the Region of QuickSight's users; None looks for it.
        dashboard: whether analysis and dashboard are published, too.
    """

    owners: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    mode: str = "spice"
    window: timedelta = timedelta(days=90)
    lookback: timedelta = timedelta(days=3)
    refresh: str = "daily"
    refresh_at: str = "03:00"
    timezone: str = "UTC"
    role_arn: str | None = None
    identity_region: str | None = None
    dashboard: bool = True


@dataclass(frozen=True)
class AlarmFeed:
    """One alarm on a metric: ``[[targets.NAME.metrics.alarms]]``.

    Attributes:
        query: the query whose metric is watched.
        value: which of its metrics; empty if it has one.
        comparison: ``>=``, ``>``, ``<=`` or ``<``.
        threshold: what it is compared with, in the metric's unit.
        periods: of how many periods of the metric.
        breaching: how many of them must cross the threshold; None for all.
        missing: what a period without a value is: ``ok`` (notBreaching), ``bad`` (breaching),
            ``ignore`` or ``missing``.
        dimensions: the values of the metric's dimensions, by name.
        notify: topics to tell, besides those of all alarms.
    """

    query: str
    threshold: float
    value: str = ""
    comparison: str = ">="
    periods: int = 1
    breaching: int | None = None
    missing: str = "ok"
    dimensions: Mapping[str, str] = field(default_factory=dict)
    notify: tuple[str, ...] = ()


@dataclass(frozen=True)
class MetricsFeed:
    """What CloudWatch has of a target: ``[targets.NAME.metrics]``.

    Attributes:
        namespace: the namespace of the metrics.
        queries: the queries whose numbers are published; empty for the built-in ones.
        delay: how long after its end a bucket may still get records, unless the query says so.
        ledger: where it is remembered what has been published, ``s3://bucket/prefix/``; None for
            a folder beside Athena's results.
        notify: SNS topics that alarms tell.
        alarms: the alarms; None for the one of rejected SSH.
        log_group: the log group with flow logs for metric filters, if there is one.
        dashboard: whether there is to be a dashboard.
    """

    namespace: str = "FlowLogs"
    queries: tuple[str, ...] = ()
    delay: timedelta = timedelta(minutes=30)
    ledger: str | None = None
    notify: tuple[str, ...] = ()
    alarms: tuple[AlarmFeed, ...] | None = None
    log_group: str | None = None
    dashboard: bool = True


@dataclass(frozen=True)
class Feed:
    """What of a target is fed to other services; each is None if the file has no such section."""

    quicksight: QuickSightFeed | None = None
    metrics: MetricsFeed | None = None


def choose_log_group(given: str | None, metrics: MetricsFeed | None, target: str) -> str:
    """The log group that an option names, or that of a target's metrics.

    Args:
        given: what the option says; None if it is not given.
        metrics: the target's metrics; None if it has none.
        target: the target's name.

    Raises:
        UsageError: there is none, or the option is not the name of one.
    """
    if given is None and metrics and metrics.log_group:
        return metrics.log_group
    if given is None:
        raise UsageError(
            "which log group? give --log-group NAME, or set log_group in "
            f"[targets.{target}.metrics]"
        )
    if LOG_GROUP.fullmatch(given) is None:
        expected = "give its name, not its ARN" if given.startswith("arn:") else "such as /vpc/logs"
        raise UsageError(f"--log-group: {given!r} is not the name of a log group; {expected}")
    return given
