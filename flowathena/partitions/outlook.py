"""What is to be done for each table of a target: several plans over one look at the storage."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from flowathena.catalog.flow_logs import FlowLogRecord, recorded
from flowathena.errors import TableMismatchError, TableMissingError
from flowathena.inputs.selection import Selection
from flowathena.logs.layout import Layout
from flowathena.partitions.assignment import Assignment, assign
from flowathena.partitions.owners import Owners
from flowathena.partitions.place import Place, group_by_place
from flowathena.partitions.plan import Plan, PlanReport
from flowathena.partitions.survey import PhaseWatch, Survey
from flowathena.shape.table import Table
from flowathena.storage.walk import StoredPartitions


@dataclass(frozen=True)
class TableOutlook:
    """One table of a target.

    Attributes:
        survey: its storage and catalog.
        table: the live table; None if there is none.
        report: its plan.
        stored: what is stored.
        record: what is known of its flow logs once the plan is carried out.
        is_new: whether the target does not have it yet.
    """

    survey: Survey
    table: Table | None
    report: PlanReport
    stored: StoredPartitions
    record: FlowLogRecord
    is_new: bool = False

    @property
    def plan(self) -> Plan:
        """Its plan."""
        return self.report.plan

    @property
    def wanted(self) -> Table:
        """The table to create if there is none, with what is known of its flow logs."""
        made = self.survey.wanted
        properties = self.record.properties if self.record.flow_logs else {}
        return replace(made, parameters={**made.parameters, **properties})

    @property
    def missing(self) -> frozenset[str]:
        """The stored locations that it lacks."""
        stored = self.stored.locations
        return frozenset(c.location for c in self.plan.add if stored.get(c.values) == c.location)


@dataclass(frozen=True)
class Outlook:
    """All tables of a target.

    Attributes:
        tables: each, those of new sources last.
        assignment: which folders belong to which.
        calls_before: the calls before the look, by name.
    """

    tables: tuple[TableOutlook, ...]
    assignment: Assignment
    calls_before: Counter[str]

    @property
    def calls(self) -> Counter[str]:
        """Calls made since the look began, by name."""
        return self.tables[0].survey.calls - self.calls_before

    @property
    def report(self) -> PlanReport:
        """The plan of the first table, with those of the others as its further ones."""
        first, *further = (each.report for each in self.tables)
        warnings = (*first.warnings, *dict.fromkeys(self.assignment.warnings))
        return replace(
            first,
            calls=self.calls,
            warnings=warnings,
            withheld=self.withheld,
            new_sources=tuple(self.assignment.new),
            further=tuple(further),
        )

    @property
    def withheld(self) -> Mapping[str, str]:
        """Why folders are not registered though they contain logs, by location."""
        unlisted = {place: str(error) for place, error in self.assignment.unlisted.items()}
        return dict(sorted({**self.assignment.withheld, **unlisted}.items()))


def look(
    surveys: Sequence[Survey],
    selection: Selection,
    today: date,
    watch: PhaseWatch,
    *,
    via: str,
    create: bool,
) -> Outlook:
    """Plan every table of a target.

    Args:
        surveys: those of its tables.
        selection: what to look at.
        today: the current day, UTC.
        watch: called as listing proceeds.
        via: how to write the catalog, for new sources.
        create: whether tables that do not exist may be created.

    Raises:
        TableMissingError: a table does not exist, and may not be created.
        TableMismatchError: two tables have some folders in common, but not all.
        StorageError: the logs cannot be listed.
        CatalogError: a catalog cannot be read, or a table is not one of ours.
    """
    before = surveys[0].calls
    tables: list[TableOutlook] = []
    for survey in surveys:
        tables.append(_look_at(survey, selection, today, tables, create=create))
    targets = [survey.target for survey in surveys]
    assignment = Assignment()
    placed: dict[int, tuple[int, list[Place]]] = {}
    for own in _by_folders(tables):
        if len(own) == 1 and not _may_have_changed(tables[own[0]], today):
            continue
        places = _places(tables, own, today)
        new = [each for each in places if each.is_worth_a_look]
        owners = Owners(targets, own, _known(tables, own), _unnamed(tables))
        first = surveys[own[0]]
        assign(assignment, first.storage, owners, new, first.workers)
        placed |= dict.fromkeys(owners.places, (own[0], places))
    for source in assignment.new:
        survey = Survey(source.target, surveys[0].aws, via, watch)
        tables.append(replace(_look_at(survey, selection, today, tables, create=True), is_new=True))
    chosen = [
        _restrict(each, number, *placed[number], assignment) if number in placed else each
        for number, each in enumerate(tables)
    ]
    return Outlook(tuple(chosen), assignment, before)


def _look_at(
    survey: Survey,
    selection: Selection,
    today: date,
    before: Sequence[TableOutlook],
    *,
    create: bool,
) -> TableOutlook:
    """The plan of one table, over the look at another one's folders if they are the same."""
    calls = survey.calls
    table = survey.catalog.table()
    if table is None and not create:
        raise TableMissingError.of(survey.table_name, survey.target.command("table create"))
    shape = survey.shape(table)
    twin = next((each for each in before if survey.reads_as(shape, each.survey, each.table)), None)
    report, stored = survey.compare(table, selection, today, calls, twin.stored if twin else None)
    record = recorded(table) if table else FlowLogRecord()
    return TableOutlook(survey, table, report, stored, record)


def _may_have_changed(outlook: TableOutlook, today: date) -> bool:
    """Whether anything is new, or of today: of a million folders, none need be grouped."""
    return bool(outlook.missing) or any(day >= today for day in outlook.stored.newest_days.values())


@dataclass(frozen=True)
class _Folders:
    """Whose folders a table is over; account and Region are empty if it is over all of them."""

    location: str
    layout: Layout
    account: str
    region: str

    @classmethod
    def of(cls, outlook: TableOutlook) -> "_Folders":
        """Those of one table."""
        survey = outlook.survey
        shape = survey.shape(outlook.table)
        account, region = shape.account or "", shape.region or ""
        return cls(survey.target.location, survey.layout(shape), account, region)

    def is_shared_with(self, other: "_Folders") -> bool:
        """Whether some folders are, or lie in, those of another table."""
        one, two = (replace(each.layout, hourly=False) for each in (self, other))
        if (self.location, one) != (other.location, two):
            return False
        pairs = ((self.account, other.account), (self.region, other.region))
        return all(mine == theirs or not (mine and theirs) for mine, theirs in pairs)


def _by_folders(tables: Sequence[TableOutlook]) -> list[list[int]]:
    """The places of the tables over the same folders, of each.

    Raises:
        TableMismatchError: two tables have some folders in common, but not all.
    """
    places: dict[_Folders, list[int]] = {}
    for place, each in enumerate(tables):
        own = _Folders.of(each)
        shared = next((its for its in places if its != own and own.is_shared_with(its)), None)
        if shared:
            one, two = tables[places[shared][0]].survey, each.survey
            raise TableMismatchError(
                f"tables {one.table_name} and {two.table_name} are both over {own.location}, but "
                "one is of days and the other of hours, or of one account or Region alone: "
                "which files are whose cannot be told; take one of them out of "
                f"[targets.{two.target.name}]"
            )
        places.setdefault(own, []).append(place)
    return list(places.values())


def _places(tables: Sequence[TableOutlook], own: Sequence[int], today: date) -> list[Place]:
    """The accounts and Regions of tables over the same folders, by the first one's."""
    first = tables[own[0]]
    shape = first.survey.shape(first.table)
    return group_by_place(
        first.stored.locations,
        shape.account_and_region,
        {place: tables[place].missing for place in own},
        lambda values: (day := shape.day_of(values)) is not None and day >= today,
    )


def _known(tables: Sequence[TableOutlook], own: Sequence[int]) -> dict[str, int]:
    """The place of the table of each flow log whose format is known."""
    known: dict[str, int] = {}
    for place in own:
        each = tables[place]
        ids = each.survey.target.flow_logs or each.record.flow_logs
        known |= {flow_log: place for flow_log in ids if flow_log not in known}
    return known


def _unnamed(tables: Sequence[TableOutlook]) -> frozenset[int]:
    """The tables that are known to have files whose names have no id."""
    return frozenset(n for n, each in enumerate(tables) if "" in each.record.flow_logs)


def _restrict(
    outlook: TableOutlook,
    number: int,
    first: int,
    places: Sequence[Place],
    assignment: Assignment,
) -> TableOutlook:
    """A table's outlook with the folders alone that belong to it.

    The days ahead of an account and Region without a known table belong to the first one's.
    """
    shape = outlook.survey.shape(outlook.table)
    ahead = _tables_of_newest(outlook, places, assignment)
    stored = outlook.stored.locations
    add = tuple(
        change
        for change in outlook.plan.add
        if number
        in (
            assignment.tables.get(change.location, ())
            if change.values in stored
            else ahead.get(shape.account_and_region(change.values), (first,))
        )
    )
    # A folder that another table has already, and this one need not have, is no change.
    report = replace(outlook.report, plan=replace(outlook.plan, add=add))
    return replace(outlook, report=report, record=_record(outlook, number, assignment))


def _tables_of_newest(
    outlook: TableOutlook, places: Sequence[Place], assignment: Assignment
) -> dict[tuple[str, str], frozenset[int]]:
    """The tables of the newest folder of each account and Region: those of the days to come."""
    shape = outlook.survey.shape(outlook.table)
    by_location = {location: values for values, location in outlook.stored.locations.items()}
    newest = {}
    for place in places:
        last = place.folders[-1]
        tables = place.tables(last) | frozenset(assignment.tables.get(last, ()))
        newest[shape.account_and_region(by_location[last])] = tables
    return newest


def _record(outlook: TableOutlook, number: int, assignment: Assignment) -> FlowLogRecord:
    record = outlook.record
    shape = outlook.survey.shape(outlook.table)
    by_location = {location: values for values, location in outlook.stored.locations.items()}
    mixed = dict(record.mixed)
    for location, names in assignment.mixed.get(number, {}).items():
        day = shape.day_of(by_location[location])
        if day:
            mixed[day] = tuple(sorted({*mixed.get(day, ()), *names}))
    return replace(
        record,
        flow_logs=record.flow_logs | assignment.flow_logs.get(number, set()),
        foreign=record.foreign | assignment.foreign.get(number, set()),
        mixed=mixed,
    )
