"""What is wrong with what a target has in CloudWatch, for the doctor; pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from flowathena.deploy.cloudwatch.published import MetricStatus
from flowathena.doctor.findings import Finding, some
from flowathena.reconcile import Action, Operation
from flowathena.target.target import Target
from flowathena.text import counted, iso

SIDE = "cloudwatch"

_LATE = timedelta(days=1)
"""How far behind a publication is that nobody makes: schedules of a day are the slowest."""


def check_plan(
    target: Target, operations: Sequence[Operation[Any]], command: str, *, is_asked_for: bool
) -> Iterator[Finding]:
    """What a command would change.

    Args:
        target: the target.
        operations: the plan of one kind of resource.
        command: the command that carries it out.
        is_asked_for: whether what is missing is missed.
    """
    fix = f"{target.command(command)} --yes, after a look at its --dry-run"
    for action, what in (
        (Action.CREATE, "missing"),
        (Action.REPLACE, "not as the configuration says"),
        (Action.DELETE, "no longer in the configuration"),
    ):
        these = [each for each in operations if each.action is action]
        if these and (is_asked_for or action is not Action.CREATE):
            kinds = counted(len(these), these[0].kind)
            verb = "is" if len(these) == 1 else "are"
            yield Finding(SIDE, f"{kinds} {verb} {what}", some(map(_told, these)), fix)


def _told(operation: Operation[Any]) -> str:
    return f"{operation.name}: {operation.detail}" if operation.detail else operation.name


def check_published(
    target: Target, statuses: Iterable[MetricStatus], watching: Mapping[str, Sequence[str]]
) -> Iterator[Finding]:
    """Alarms on what nobody publishes: they tell of nothing, whatever their state.

    Args:
        target: the target.
        statuses: how far each query is published.
        watching: the alarms on each query, each with its state.
    """
    late = [each for each in statuses if each.until is None or each.closed - each.until > _LATE]
    if late:
        alarms = [alarm for each in late for alarm in watching[each.query]]
        until = "; ".join(f"{each.query} {_until(each)}" for each in late)
        verb = "watches" if len(alarms) == 1 else "watch"
        yield Finding(
            SIDE,
            f"{counted(len(alarms), 'alarm')} {verb} what nobody publishes",
            f"{until}: {some(alarms)}",
            f"{target.command('metrics publish')}, and have a scheduler run it",
        )


def _until(status: MetricStatus) -> str:
    if status.until is None:
        return "was never published"
    return f"is published until {iso(status.until)}, and due until {iso(status.closed)}"


def refused(target: Target, error: str) -> Finding:
    """Alarms of the configuration that cannot be."""
    return Finding(
        SIDE,
        "the alarms of the configuration cannot be made",
        error,
        f"correct [[targets.{target.name}.metrics.alarms]]",
    )


def missing_log_group(target: Target, group: str) -> Finding:
    """A log group that does not exist."""
    region = f" --region {target.region}" if target.region else ""
    return Finding(
        SIDE,
        "the log group with flow logs does not exist",
        f"{group}, log_group in [targets.{target.name}.metrics]",
        f"aws logs create-log-group --log-group-name {group}{region}, or name another log_group",
    )


def missing_topic(target: Target, arn: str) -> Finding:
    """A topic that does not exist."""
    *_, region, _, name = arn.split(":")
    return Finding(
        SIDE,
        "a topic that alarms tell does not exist, so nobody is told",
        arn,
        f"aws sns create-topic --name {name} --region {region}, or name another in notify of "
        f"[targets.{target.name}.metrics]",
    )
