"""When logs may be deleted that are archived: the lifecycle rules of their buckets."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from flowathena.archive.archive import TargetArchive
from flowathena.archive.plan import CLOSED_AFTER, Day, State
from flowathena.deploy.setup.plans import Plan
from flowathena.deploy.setup.setup import Setup
from flowathena.errors import FlowathenaError, UsageError
from flowathena.target.target import Target
from flowathena.text import counted

_LEAST = CLOSED_AFTER.days + 5
"""A day is archived the night after it is closed; a few nights may fail."""


def plan_expiry(
    target: Target, archive: TargetArchive, setup: Setup, days: int, now: datetime
) -> Plan:
    """The lifecycle rules that delete the logs of a target after so many days, all archived.

    S3 goes by the age of an object alone: a log that came late, or a day that is not archived in
    time, is deleted as well.

    Args:
        target: the target.
        archive: its archive.
        setup: what plans the rules.
        days: after how many days.
        now: the time, aware.

    Raises:
        UsageError: the logs are in a folder, or so few days would leave no time to archive them.
        FlowathenaError: days that the rules would delete at once are not archived.
    """
    if target.is_local:
        raise UsageError(
            f"the logs of target {target.name!r} are in a folder, and lifecycle rules are of "
            "buckets: delete what 'archive status' says is archived"
        )
    if days < _LEAST:
        raise UsageError(
            f"logs are kept {_LEAST} days at least: a day is closed {CLOSED_AFTER.days} days after "
            "its end, and a run may fail"
        )
    planned = archive.plan(everything=True)
    oldest_kept = (now - timedelta(days=days)).date()
    _refuse_unarchived(
        target, [each for each in planned.days if each.day < oldest_kept and each.log_bytes]
    )
    roots = dict.fromkeys((each.bucket, each.folders.root) for each in target.tables)
    return setup.expiry(list(roots), days)


def _refuse_unarchived(target: Target, deleted: Sequence[Day]) -> None:
    """Make sure that what would be deleted at once is in the archive."""
    missing = [each for each in deleted if each.state is not State.ARCHIVED]
    if missing:
        raise FlowathenaError(
            f"{counted(len(missing), 'day')} of logs would be deleted that the archive does not "
            f"have, or not all of (first: {missing[0].day}, {missing[0].state}): "
            f"'{target.command('archive run --all')}' archives them"
        )
