"""What the role of a scheduled function may do: the tasks' permissions, and no others. Pure.

``statements`` is all that others use of this module. Account, Region and partition are
CloudFormation's own (``${AWS::Region}``) unless the target names them.
"""

from collections.abc import Iterator

from flowathena.deploy import permissions
from flowathena.deploy.permissions import Place, Statement, allow
from flowathena.deploy.schedule import heartbeat
from flowathena.deploy.schedule.tasks import (
    ARCHIVE,
    CHECK,
    METRICS,
    QUICKSIGHT,
    ROLLUP,
    SYNC,
    Tasks,
)
from flowathena.target.target import Target


def statements(target: Target, tasks: Tasks) -> list[Statement]:
    """The statements of the policy for some tasks on a target.

    Raises:
        UsageError: a task needs Athena's results, and the target does not say where they are.
    """
    own = [_heartbeat()] if tasks.heartbeat else []
    if target.role_arn:  # which may do the rest; the heartbeat is put in the function's own account
        return [allow("sts", ["AssumeRole"], [target.role_arn]), *own]
    return [*permissions.merged(_tasks(target, tasks)), *own]


def _tasks(target: Target, tasks: Tasks) -> Iterator[Statement]:
    place = Place("${AWS::Partition}", target.region or "${AWS::Region}", "${AWS::AccountId}")
    if SYNC in tasks.names:
        yield from permissions.registering(target, place)
    if ARCHIVE in tasks.names:
        yield from permissions.archiving(target, place)
    elif ROLLUP in tasks.names:  # else the archive has it all
        yield from permissions.rolling_up(target, place)
    if METRICS in tasks.names:
        yield from permissions.measuring(target, place)
    if CHECK in tasks.names:
        yield from permissions.querying(target, place)
    for check in tasks.checks:
        yield from permissions.telling(check.notify_sns, check.state or "", place)
    if QUICKSIGHT in tasks.names:
        yield from permissions.refreshing(target, place)


def _heartbeat() -> Statement:
    return allow(
        "cloudwatch", ["PutMetricData"], ["*"], {"cloudwatch:namespace": heartbeat.NAMESPACE}
    )
