"""What there is of a table beside the logs, and a run over it: alike for archive and rollup."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flowathena.archive.allowance import Allowance, name_run
from flowathena.archive.content import ARCHIVE, Kind
from flowathena.archive.outcome import ArchiveRun
from flowathena.archive.place import Place
from flowathena.archive.plan import ArchivePlan, Leftover, LostTable, leftovers
from flowathena.archive.record import Manifest
from flowathena.archive.run import Execution
from flowathena.archive.staging import drop_table, lost_tables
from flowathena.archive.writer import Writer
from flowathena.aws.session import Aws
from flowathena.catalog import Repairable
from flowathena.errors import CatalogError
from flowathena.shape.shape import FlowTable, Values
from flowathena.shape.table import Table
from flowathena.target.target import Target


@dataclass(frozen=True)
class Look:
    """What there is, and what is to be done about it.

    Attributes:
        plan: what is to be done.
        owner: the target of the table beside the logs.
        table: that table, as it is or as it will be made.
        logs: the tables of the logs.
        catalog: that of the table.
        place: where its files are.
        registered: the location of every registered partition.
    """

    plan: ArchivePlan
    owner: Target
    table: Table
    logs: FlowTable
    catalog: Repairable
    place: Place
    registered: Mapping[Values, str]


def find_leftovers(
    owner: Target,
    place: Place,
    manifests: Iterable[Manifest],
    registered: Mapping[Values, str],
    aws: Aws,
    now: datetime,
) -> tuple[tuple[Leftover | LostTable, ...], tuple[str, ...]]:
    """What runs have left that nobody uses, and why there may be more of it.

    Args:
        owner: the target of the table beside the logs.
        place: where its files are.
        manifests: those of all runs.
        registered: the location of every registered partition.
        aws: the clients.
        now: the time, aware.

    Raises:
        FlowathenaError: the folders cannot be listed.
    """
    rest = leftovers(tuple(manifests), place.folders(), registered, place.location, now)
    try:
        return (*rest, *lost_tables(owner, aws, now)), ()
    except CatalogError as error:  # whoever archives need not be allowed to list tables
        return (*rest,), (f"tables of runs that were killed are not looked for: {error}",)


def carry_out(  # noqa: PLR0913 - what a run is given
    look: Look,
    writer: Writer,
    allowance: Allowance,
    aws: Aws,
    clock: Callable[[], datetime],
    *,
    confirm: Callable[[], bool],
    most_bytes: int | None,
    kind: Kind = ARCHIVE,
    done: ArchiveRun,
) -> bool:
    """Do what a plan says, if that is wanted; a failure is a part of what is done.

    Args:
        look: the plan, and what it is about.
        writer: what writes and adds up.
        allowance: what the run may scan and cost.
        aws: the clients.
        clock: returns the current time, aware.
        confirm: asked once the limits allow the first statement.
        most_bytes: how much one statement may read; None for any.
        kind: what is written.
        done: takes what becomes of it.

    Returns:
        Whether it was wanted.

    Raises:
        CostError: the limits do not even allow the first statement; nothing was changed.
        ArchiveInterruptedError: interrupted; carries what was done.
        FlowathenaError: the table or the folder cannot be made.
    """
    if look.plan.due:
        allowance.require(look.plan.due[0])
    if not confirm():
        return False
    if look.plan.due:
        look.place.make()
        look.catalog.create(look.table)
    try:
        Execution(
            look.plan,
            look.place,
            look.catalog,
            writer,
            look.registered,
            lambda: name_run(clock()),
            most_bytes=most_bytes,
            may_go_on=allowance.obstacle,
            drop_table=lambda name: drop_table(look.owner, aws, name),
            kind=kind,
            done=done,
        ).carry_out()
    finally:
        done.cost_usd = allowance.cost_usd
    return True
