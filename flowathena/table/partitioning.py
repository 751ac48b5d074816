"""What a table of registered partitions and one of partition projection have of each other; pure.

One ``UpdateTable`` switches between the two, and everything that the table needs afterwards is
there before: so it answers at every moment, and a conversion that ends half way leaves a table
that works as before.

* To ``projection``: the views are written so that they are right for both; then the properties are
  set. The registered partitions stay, ignored.
* To ``registered``: every partition is registered, ignored until projection is switched off; then
  the views are written anew.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Protocol

from flowathena.catalog import wanted
from flowathena.catalog.base import Outcome
from flowathena.catalog.wanted import Projection
from flowathena.errors import TableMismatchError, UsageError
from flowathena.logs.layout import Partition
from flowathena.shape.key import Key, Role
from flowathena.shape.reach import Reach
from flowathena.shape.shape import FlowTable, Shape, Values
from flowathena.shape.table import Table
from flowathena.target.contradictions import contradictions
from flowathena.target.target import CHOICES, Target
from flowathena.text import counted

KINDS = CHOICES["partitioning"]
_TEXTS = ("string", "varchar", "char")


@dataclass(frozen=True)
class Registration:
    """What registering all partitions of a table takes, or took.

    Attributes:
        add: how many are to be registered, or registered elsewhere than now.
        drop: how many registered ones would read other logs, or logs twice.
        outcomes: what happened to each; empty in a dry run.
        unlisted: why some places could not be listed.
    """

    add: int
    drop: int = 0
    outcomes: tuple[Outcome, ...] = ()
    unlisted: tuple[str, ...] = ()


class Registrar(Protocol):
    """Registers every stored partition for a table that is not the live one yet."""

    def __call__(self, table: Table, *, dry_run: bool) -> Registration:
        """Register, or only say what there is to register."""
        ...


@dataclass(frozen=True)
class Conversion:
    """The conversion of a table: to do, or done.

    Attributes:
        table: ``database.table``.
        partitioning: what it is converted to.
        before: what it was.
        changed: whether the table was changed.
        properties: the table properties that are set.
        registration: of all partitions, to convert to ``registered``; else None.
        unread: why registered partitions will not be read any more; one line for each reason.
        days: how the table writes days before and after; empty if alike.
        views: the views of its database that read it, by full name, without those of flowathena
            that are right for it already.
        rewritten: those of flowathena that are written anew.
        errors: why what comes after the switch failed; the table is converted nevertheless.
    """

    table: str
    partitioning: str
    before: str
    changed: bool = False
    properties: Mapping[str, str] | None = None
    registration: Registration | None = None
    unread: tuple[str, ...] = ()
    days: tuple[str, str] | None = None
    views: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def needed(self) -> bool:
        """Whether the table is not yet what it is converted to."""
        return self.partitioning != self.before

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """The partitions that could not be registered: projection stays on."""
        outcomes = self.registration.outcomes if self.registration else ()
        return tuple(outcome for outcome in outcomes if outcome.error)

    def to_json(self) -> dict[str, object]:
        """The stable shape of ``table convert --format json``."""
        registration = self.registration
        return {
            "table": self.table,
            "partitioning": self.partitioning,
            "before": self.before,
            "changed": self.changed,
            "properties": dict(self.properties or {}),
            "register": registration.add if registration else 0,
            "drop": registration.drop if registration else 0,
            "failed": [{"values": list(each.values), "error": each.error} for each in self.failed],
            "unread": list(self.unread),
            "days": {"before": self.days[0], "after": self.days[1]} if self.days else None,
            "views": list(self.views),
            "rewritten": list(self.rewritten),
            "errors": list(self.errors),
        }


def kind_of(table: Table) -> str:
    """``registered`` or ``projection``."""
    return "projection" if table.projected else "registered"


def check_kind(kind: str, target: Target) -> Target:
    """The target as it will be.

    Raises:
        UsageError: there is no such partitioning, or the target cannot have it.
    """
    if kind not in KINDS:
        raise UsageError(f"partitioning {kind!r} is not one of {', '.join(KINDS)}")
    changed = replace(target, partitioning=kind)
    problems = [message for key, message in contradictions(changed) if key == "partitioning"]
    if problems:
        raise UsageError("\n".join(problems))
    return changed


def registered_table(live: Table) -> Table:
    """The table with projection switched off; its other properties stay, and mean nothing."""
    return replace(live, parameters={**live.parameters, "projection.enabled": "false"})


def projected_table(source: FlowTable, target: Target, projection: Projection) -> Table:
    """The table with the properties of a projection.

    Raises:
        TableMismatchError: its keys or folders cannot be projected; says why.
    """
    live, shape = source.table, source.shape
    require_projectable(source, target)
    properties = wanted.projection_properties(
        shape.keys, target, projection, shape.account, shape.region
    )
    kept = {
        name: value for name, value in live.parameters.items() if not name.startswith("projection.")
    }
    return replace(live, parameters={**kept, **properties})


def extend(
    projection: Projection, registered: Iterable[tuple[Values, str]], shape: Shape
) -> Projection:
    """The projection with the accounts, Regions and days of the registered partitions."""
    accounts, regions = set(projection.accounts), set(projection.regions)
    first = projection.first_day
    for values, _ in registered:
        account, region = shape.account_and_region(shape.canonical(values))
        accounts |= {account} - {""}
        regions |= {region} - {""}
        day = shape.day_of(values)
        first = min(first, day) if day else first
    return replace(
        projection,
        accounts=tuple(sorted(accounts)),
        regions=tuple(sorted(regions)),
        first_day=first,
    )


def unread(
    registered: Mapping[Values, str], before: Shape, after: FlowTable, now: datetime
) -> Iterator[tuple[Values, str]]:
    """The registered partitions that a projected table does not read, each with the reason.

    Days to come are none of them: their logs will be read when they are there.

    Args:
        registered: locations by values.
        before: the shape of the table as it is.
        after: the projected table.
        now: the current time.
    """
    reach = Reach(after.table, after.shape, now)
    for values, location in registered.items():
        partition = partition_of(before, values)
        if partition is None:
            yield values, "its values are not those of a day"
        elif partition.day <= now.date():
            obstacle = reach.obstacle(after.shape.values(partition), location)
            if obstacle:
                yield values, obstacle


def partition_of(shape: Shape, values: Values) -> Partition | None:
    """What registered values stand for; None if it is no day."""
    day: date | None = shape.day_of(values)
    if day is None:
        return None
    account, region = shape.account_and_region(values)
    hour = shape.key(Role.HOUR)
    number = values[shape.keys.index(hour)] if hour else ""
    return Partition(account, region, day, int(number) if number.isdecimal() else None)


def describe_unread(found: Sequence[tuple[Values, str]]) -> tuple[str, ...]:
    """A line for each reason: how many partitions it concerns, and the first of them."""
    reasons: dict[str, list[Values]] = {}
    for values, reason in found:
        reasons.setdefault(reason, []).append(values)
    return tuple(
        f"{counted(len(these), 'registered partition')} ({'/'.join(these[0])}) would not be read: "
        f"{reason}"
        for reason, these in reasons.items()
    )


def day_forms(before: Shape, after: Shape) -> tuple[str, str] | None:
    """How a table writes days before and after; None if alike."""
    keys = [shape.key(Role.DAY) for shape in (before, after)]
    forms = [key.form for key in keys if key]
    return (forms[0], forms[1]) if len(forms) == len(keys) and forms[0] != forms[1] else None


def require_projectable(source: FlowTable, target: Target) -> None:
    """Make sure that the keys and folders of a table can be projected.

    Raises:
        TableMismatchError: they cannot; says why.
    """
    live, shape = source.table, source.shape
    about = f"table {live.full_name} cannot be projected: "
    layout = target.folders
    has_parts = layout.hive or bool(layout.template and not layout.folders.day_form)
    for key in shape.keys:
        base = key.type.partition("(")[0].lower()
        is_number = key.role in (Role.YEAR, Role.MONTH, Role.DAY_OF_MONTH, Role.HOUR)
        if base not in _TEXTS and not is_number:
            raise TableMismatchError(
                f"{about}its key {key.name} is of type {key.type}, and only string keys are "
                "documented for enum and date projections"
            )
        if key.role is Role.DAY and has_parts:
            raise TableMismatchError(
                f"{about}its key {key.name} is a whole day, and the folders have year, month and "
                "day each"
            )
        _refuse_other_form(about, key, target)
    for role, name in ((Role.ACCOUNT, "account"), (Role.REGION, "log_region")):
        if shape.key(role) is None and not shape.fixed(role):
            raise TableMismatchError(
                f"{about}the {role} of its logs is unknown; set {name} in the target"
            )


def _refuse_other_form(about: str, key: Key, target: Target) -> None:
    """The target's own form of a day would go before that of the projection."""
    given = target.keys.get(key.name, "").partition(" ")[2]
    form = target.folders.folders.day_form
    if key.role is Role.DAY and given and given != form:
        raise TableMismatchError(
            f"{about}the target's keys say that {key.name} is written {given}, and the folders "
            f"are {form}"
        )
    if not key.is_padded:
        raise TableMismatchError(
            f"{about}its key {key.name} has numbers without leading zeros, and the folders have "
            "them with"
        )
