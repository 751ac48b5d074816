"""What the tables of a target have registered, and how that covers what is stored."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from flowathena.catalog import Change
from flowathena.catalog.placement import Fault, Misplacement, describe_misplaced
from flowathena.errors import TableMissingError
from flowathena.inputs.selection import Selection
from flowathena.partitions import coverage
from flowathena.partitions.coverage import Coverage, TableCoverage
from flowathena.partitions.plan import RegisteredPartitions
from flowathena.partitions.survey import Survey
from flowathena.shape.reach import Reach, describe_obstacles
from flowathena.shape.shape import Shape, Values
from flowathena.shape.table import Table
from flowathena.storage.walk import StoredPartitions

_SPELLINGS = (Fault.TWICE, Fault.SPELLING)


def list_registered(surveys: Sequence[Survey], selection: Selection) -> RegisteredPartitions:
    """Every registered partition of a target's tables, in order of the values.

    Args:
        surveys: those of its tables.
        selection: which partitions.

    Raises:
        TableMissingError: no table exists.
        CatalogError: a catalog cannot be read.
    """
    tables = [survey.catalog.table() for survey in surveys]
    if not any(tables):
        raise _missing(surveys[0])
    listed = [_list(*pair, selection) for pair in zip(surveys, tables, strict=True)]
    if not any(listed):
        triples = zip(surveys, tables, listed, strict=True)
        listed = [_explain(survey, table, selection, own) for survey, table, own in triples]
    first, *further = listed
    return replace(first, further=tuple(further))


def _missing(survey: Survey) -> TableMissingError:
    return TableMissingError.of(survey.table_name, survey.target.command("partitions sync"))


def _list(survey: Survey, table: Table | None, selection: Selection) -> RegisteredPartitions:
    if table is None:
        return RegisteredPartitions((), (), (str(_missing(survey)),), survey.table_name)
    shape = survey.registrable(table)
    with survey.registered(table, shape, selection.scope) as pages:
        pairs = sorted(chain.from_iterable(pages))
    return RegisteredPartitions(
        shape.names,
        tuple(Change(*pair) for pair in pairs),
        tuple(describe_misplaced(survey.misplaced(shape, pairs), survey.target)),
        survey.table_name,
    )


def _explain(
    survey: Survey, table: Table | None, selection: Selection, listed: RegisteredPartitions
) -> RegisteredPartitions:
    """The same with the reason why nothing is listed."""
    if table is None:
        return listed
    reason = survey.explain_registered(table, survey.registrable(table), selection)
    return replace(listed, warnings=(*reason, *listed.warnings))


@dataclass(frozen=True)
class _Seen:
    """What one table has registered, and what is stored in its folders."""

    survey: Survey
    table: Table | None
    shape: Shape
    stored: StoredPartitions
    registered: frozenset[Values]
    misplaced: tuple[Misplacement, ...]
    unreached: dict[Values, str]

    @property
    def locations(self) -> Iterator[str]:
        """The stored locations that it has."""
        stored = self.stored.locations
        return (stored[values] for values in self.registered if values in stored)

    def with_those(self, locations: frozenset[str]) -> frozenset[Values]:
        """What it, or another table, has registered."""
        stored = self.stored.locations.items()
        return self.registered | {values for values, place in stored if place in locations}

    @property
    def warnings(self) -> Iterator[str]:
        """What is wrong with its partitions."""
        target = self.survey.target
        yield from describe_misplaced(self.misplaced, target)
        yield from describe_obstacles(self.unreached, target.command("doctor"))


def measure(surveys: Sequence[Survey], selection: Selection, now: datetime) -> Coverage:
    """The coverage of a target: a day is registered if any of its tables has it.

    Args:
        surveys: those of its tables.
        selection: which partitions.
        now: the current time, aware.

    Raises:
        StorageError: the logs cannot be listed.
        CatalogError: a catalog cannot be read, or a table is not one of ours.
    """
    first, before = surveys[0], surveys[0].calls
    seen: list[_Seen] = []
    for survey in surveys:
        seen.append(_look(survey, selection, now, seen))
    several = len(seen) > 1
    unlisted = tuple(dict.fromkeys(chain.from_iterable(each.stored.unlisted for each in seen)))
    known = coverage.known(_merge(seen), unlisted)
    warnings = [seen[0].survey.explain(seen[0].shape, selection, seen[0].stored)]
    for each in seen:
        name = f"{each.survey.table_name}: " if several else ""
        warnings.append(tuple(f"{name}{warning}" for warning in each.warnings))
    own, *further = (
        TableCoverage(
            each.survey.table_name,
            each.table is not None,
            each.shape.names,
            each.misplaced,
            each.unreached,
        )
        for each in seen
    )
    return Coverage(
        target=first.target.name,
        table=own.table,
        window=selection.window,
        places=tuple(coverage.newest(known, [each.survey.storage for each in seen], first.workers)),
        now=now,
        calls=first.calls - before,
        table_exists=own.exists,
        unlisted=unlisted,
        warnings=tuple(chain.from_iterable(warnings)),
        keys=own.keys,
        misplaced=own.misplaced,
        unreached=own.unreached,
        further=tuple(further),
    )


def _look(survey: Survey, selection: Selection, now: datetime, before: Iterable[_Seen]) -> _Seen:
    """What one table has, over the look at another one's folders if they are the same."""
    table = survey.catalog.table()
    shape = survey.shape(table)
    twin = next((each for each in before if survey.reads_as(shape, each.survey, each.table)), None)
    listed = None if shape.projected else table
    with survey.registered(listed, shape, selection.scope) as pages:
        stored = twin.stored if twin else survey.stored(table, shape, selection.scope)
        pairs = list(chain.from_iterable(pages))
    misplaced = survey.misplaced(shape, pairs, stored.locations)
    if table and shape.projected:
        unreached = Reach(table, shape, now).obstacles(stored.locations)
        registered = frozenset(stored.locations.keys() - unreached.keys())
        return _Seen(survey, table, shape, stored, registered, misplaced, dict(unreached))
    misspelled = {each.values for each in misplaced if each.fault in _SPELLINGS}
    registered = frozenset(shape.normalize(v) for v, _ in pairs if v not in misspelled)
    return _Seen(survey, table, shape, stored, registered, misplaced, {})


def _merge(seen: Sequence[_Seen]) -> Iterator[coverage.PlaceCoverage]:
    """The coverage of every account and Region by all tables, in order."""
    locations = frozenset(chain.from_iterable(each.locations for each in seen))
    return coverage.joined(
        coverage.measure(
            each.shape, each.stored.locations, each.with_those(locations), each.misplaced
        )
        for each in seen
    )
