"""Why a query would not read all that is stored, for what cannot be corrected later; pure."""

from collections.abc import Iterable

from flowathena.partitions.coverage import Coverage
from flowathena.partitions.plan import PlanReport
from flowathena.shape.reach import describe_obstacles
from flowathena.storage.origins import Unlisted
from flowathena.target.target import Target
from flowathena.text import counted


def describe_unregistered(report: PlanReport, target: Target) -> str:
    """Why, of tables whose partitions are registered; empty if a query reads everything.

    Args:
        report: the plan of the window.
        target: the target.
    """
    reports = (report, *report.further)
    missing = sum(len(each.plan.add) for each in reports) + len(report.withheld)
    if missing:
        sync = target.command("partitions sync")
        return f"{counted(missing, 'partition')} with logs not registered: run '{sync}' first"
    return _describe_unlisted(each for one in reports for each in one.unlisted)


def describe_unreached(coverage: Coverage, target: Target) -> str:
    """Why, of a target with a table whose partitions Athena computes: it may not reach all.

    Args:
        coverage: the coverage of the window.
        target: the target.
    """
    missing = sum(len(place.missing) for place in coverage.places)
    if not missing:
        return _describe_unlisted(coverage.unlisted)
    doctor = target.command("doctor")
    obstacles = (describe_obstacles(each.unreached, doctor) for each in coverage.tables)
    reasons = [reason for table in obstacles for reason in table]
    status = f"'{target.command('partitions status')}' shows them"
    return f"{counted(missing, 'day')} with logs that Athena does not read: " + "; ".join(
        reasons or [status]
    )


def _describe_unlisted(unlisted: Iterable[Unlisted]) -> str:
    places = dict.fromkeys(f"{each.name}: {each.error}" for each in unlisted)
    return f"not all logs can be listed: {'; '.join(places)}" if places else ""
