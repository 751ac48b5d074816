"""What is wrong with a target in QuickSight, for the doctor."""

from collections.abc import Iterator

from flowathena.deploy.quicksight.ingestions import Ingestion
from flowathena.deploy.quicksight.preconditions import Account
from flowathena.deploy.quicksight.status import Status
from flowathena.doctor.findings import Finding
from flowathena.target.target import Target

SIDE = "quicksight"


def check_account(target: Target, account: Account) -> Iterator[Finding]:
    """What keeps the account from what the configuration asks for."""
    for each in account.preconditions:
        if not each.is_met:
            yield Finding(
                SIDE,
                f"nothing can be published: the {each.name} is not as it must be",
                each.text,
                f"do what it says, then '{target.command('quicksight publish')}'",
            )


def check_status(target: Target, status: Status) -> Iterator[Finding]:
    """What is published and does not work, or is not published at all."""
    publish = f"'{target.command('quicksight publish')}'"
    if status.source is None or not status.sets:
        yield Finding(
            SIDE,
            "the target has a section for QuickSight, and nothing is published",
            f"[targets.{target.name}.quicksight]",
            f"{publish} makes data source and data sets",
        )
        return
    if status.source.fault:
        yield Finding(SIDE, "the data source does not work", status.source.fault, publish)
    for each in status.sets:
        if each.last.error:
            yield _failed(target, each.last)
    sheets = [*(("dashboard", each) for each, _ in status.dashboards)]
    sheets += [("analysis", each) for each in status.analyses]
    for kind, made in sheets:
        if made.fault:
            yield Finding(SIDE, f"the {kind} could not be made", made.fault, publish)


def _failed(target: Target, last: Ingestion) -> Finding:
    command = target.command(f"quicksight refresh {last.data_set}")
    return Finding(
        SIDE,
        f"the last refresh of the data set {last.data_set} failed: people see older rows",
        last.error,
        f"remove this cause, then '{command}'",
    )


def unreadable(target: Target, error: str) -> Finding:
    """QuickSight cannot be looked at."""
    return Finding(
        SIDE,
        "QuickSight cannot be looked at",
        error,
        f"allow what docs/quicksight.md lists, then run {target.command('doctor')} again",
    )
