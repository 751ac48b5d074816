"""The conditions by which the virtual table ``flow_logs`` reads a table, in Athena SQL; pure.

Partitions, records' times, whose files: every value is known before the query runs, so that Athena
prunes by it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain

from flowathena.errors import UsageError
from flowathena.inputs.selection import Selection
from flowathena.logs.layout import SERVICE, Scope
from flowathena.query.bounds import Bounds, between_days
from flowathena.query.derived import flow_log
from flowathena.query.span import Span
from flowathena.shape.key import Role
from flowathena.shape.shape import PATH, FlowTable, Shape
from flowathena.sql.quoting import identifier, literal

_MOST_MIXED = 200
"""How many ranges of paths a statement leaves out; Trino's compiler fails from 500 on."""


def partition_predicates(
    shape: Shape, scope: Scope, order: Sequence[str] = (), days: str = ""
) -> Iterator[str]:
    """The conditions in Athena SQL that keep the partitions of a bounded scope.

    Every value has its key's type and is known before the query runs, so that Athena prunes
    partitions by it.

    Args:
        shape: what the table's keys stand for.
        scope: the scope, with a first and a last day.
        order: the order of accounts and Regions; others follow alphabetically.
        days: the condition that keeps the scope's days; empty for one with literals.

    Raises:
        TableMismatchError: the scope has accounts (Regions), but the table's are unknown.
        UsageError: the scope has none, but the table's projection requires them.
    """
    assert scope.first is not None and scope.last is not None  # noqa: S101, PT018 - bounded
    yield days or between_days(shape, scope.first, scope.last)
    if service := shape.key(Role.SERVICE):
        yield f"{service.sql} = {service.literal(SERVICE)}"
    yield from _name_predicates(shape, Role.ACCOUNT, scope.accounts, order)
    yield from _name_predicates(shape, Role.REGION, scope.regions, order)


def window_predicates(source: FlowTable, span: Span, time: str) -> list[str]:
    """The conditions in Athena SQL that keep the records of a window, each of one table alone.

    Args:
        source: the table; it has a day of the window (``is_read``).
        span: what is read.
        time: the second that puts a record into a window, in Athena SQL; empty if records have no
            time.

    Raises:
        UsageError: there are more text files to leave out than Athena compiles.
    """
    shape = source.shape
    selection, bounds = span.selection(shape), span.bounds(shape)
    order = (*selection.accounts, *selection.regions)
    scope = selection.delivery_scope
    partitions = partition_predicates(shape, scope, order, _days(source, span, bounds, scope))
    flow_logs = file_predicates(source, selection, scope)
    if time:
        seconds = (f"{time} >= {bounds.start_second}", f"{time} < {bounds.end_second}")
        return [*partitions, *seconds, *flow_logs]
    hours = bounds.hours(shape) if shape.is_hourly else ""
    return [*partitions, *filter(None, (hours,)), *flow_logs]


def is_read(source: FlowTable, span: Span) -> bool:
    """Whether a table has any day of a window; one that moves may come to any."""
    if span.moving:
        return bool(source.archived) or not source.is_archive
    return bool(source.parts(span.selection(source.shape).delivery_scope))


def _days(source: FlowTable, span: Span, bounds: Bounds, scope: Scope) -> str:
    """The condition that keeps the days that a table is read for: each day is one table's."""
    shape = source.shape
    if not (source.archived or source.is_archive):
        return bounds.days(shape)
    if span.moving is None:
        spans = [(each.first, each.last) for each in source.parts(scope)]
        return among_days(shape, spans)
    return f"{bounds.days(shape)} AND {archive_predicate(source)}"


def archive_predicate(source: FlowTable) -> str:
    """The condition in Athena SQL that keeps the days that a table is read for, of all days.

    Empty if it is read for all.
    """
    if not source.archived:
        return "false" if source.is_archive else ""
    archived = among_days(source.shape, source.archived.spans)
    return archived if source.is_archive else f"NOT {archived}"


def among_days(shape: Shape, spans: Iterable[tuple[date | None, date | None]]) -> str:
    """The condition in Athena SQL, with literals, that keeps the days of some spans."""
    conditions = [between_days(shape, first, last) for first, last in spans if first and last]
    return conditions[0] if len(conditions) == 1 else f"({' OR '.join(conditions)})"


def file_predicates(source: FlowTable, selection: Selection, scope: Scope) -> Iterator[str]:
    """The conditions in Athena SQL that keep the files that a table is for, of some days.

    Tables may share folders, and interfaces flow logs.

    Args:
        source: the table.
        selection: which flow logs are asked for.
        scope: the days.

    Raises:
        UsageError: there are more text files to leave out than Athena compiles.
    """
    yield from _owner_predicates(source, selection.flow_logs)
    days = (each for day, each in source.mixed.items() if scope.includes_day(day))
    names = list(chain.from_iterable(days))
    if len(names) > _MOST_MIXED:
        raise UsageError(
            f"{len(names)} flow logs write text into the window's folders of the Parquet table "
            f"{source.table.full_name}, more than Athena can leave out ({_MOST_MIXED}): choose a "
            "shorter window"
        )
    yield from _mixed_predicates(names)


def path_predicates(source: FlowTable) -> Iterator[str]:
    """The conditions in Athena SQL that keep the files that a table is for, of all days.

    Raises:
        UsageError: there are more than Athena compiles.
    """
    yield from _owner_predicates(source)
    names = list(chain.from_iterable(day for _, day in sorted(source.mixed.items())))
    if len(names) > _MOST_MIXED:
        raise UsageError(
            f"{len(names)} flow logs write text into folders of the Parquet table "
            f"{source.table.full_name}, more than a view can leave out ({_MOST_MIXED}), as it "
            "reads all days: use saved queries, which have a window"
        )
    yield from _mixed_predicates(names)


def _owner_predicates(source: FlowTable, chosen: Sequence[str] = ()) -> Iterator[str]:
    own, written = source.flow_logs, flow_log(identifier(source.shape.path))
    if chosen or own is not None:
        names = [each for each in chosen or own or () if own is None or each in own]
        yield f"{written} IN ({_listed(names)})" if names else "false"
    if source.foreign:
        yield f"coalesce({written}, '') NOT IN ({_listed(source.foreign)})"


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(map(literal, texts))


def _mixed_predicates(names: Iterable[str]) -> Iterator[str]:
    """The text files in the folders of a Parquet table are not opened.

    Athena leaves files out before it opens them if the path itself is compared.
    """
    for name in names:
        after = name[:-1] + chr(ord(name[-1]) + 1)
        yield f"{identifier(PATH)} NOT BETWEEN {literal(name)} AND {literal(after)}"


def _name_predicates(
    shape: Shape, role: Role, names: frozenset[str], order: Sequence[str]
) -> Iterator[str]:
    key = shape.key(role)
    if key and key.injected and not names:
        raise UsageError(f"partition key {key.name} is injected and needs values: add --{role}")
    shape.require(role, names)
    if key is None and names and shape.fixed(role) not in names:
        yield "false"
    if key and names:
        ranks = {value: rank for rank, value in enumerate(order)}
        ordered = sorted(names, key=lambda value: (ranks.get(value, len(ranks)), value))
        yield f"{key.sql} IN ({', '.join(map(key.literal, ordered))})"
