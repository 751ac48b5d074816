"""The views of a target, once days are read elsewhere: written anew, if they are ours.

Their old text stays right as long as the logs are there; so a failure is a warning.
"""

from flowathena.archive.outcome import ArchiveInterruptedError, ArchiveRun
from flowathena.aws.session import Aws
from flowathena.errors import FlowathenaError, UsageError
from flowathena.shape.shape import FlowTable
from flowathena.table.rewriting import plan_days
from flowathena.target.target import Target


def rewrite_views(target: Target, aws: Aws, logs: FlowTable, done: ArchiveRun) -> ArchiveRun:
    """Write the views anew that name other days than those that are read elsewhere.

    Args:
        target: whose views; a folder has none.
        aws: its clients.
        logs: its tables, without its archive.
        done: what a run has done, which is told of them.

    Raises:
        ArchiveInterruptedError: interrupted; carries what was done.
    """
    if target.is_local:
        return done
    try:
        for result in plan_days(target, aws, logs).carry_out():
            name = result.operation.name
            if result.error:
                done.warnings.append(f"view {name} names the days of before: {result.error}")
            else:
                done.views.append(name)
    except UsageError:  # no view is possible over these tables, and so none is ours
        pass
    except FlowathenaError as error:
        done.warnings.append(f"the views name the days of before: {error}")
    except KeyboardInterrupt as interrupt:
        raise ArchiveInterruptedError(done, str(interrupt)) from interrupt
    return done
