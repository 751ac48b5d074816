"""What is wrong with the tables of a target that has several; each finding names its table."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain

from flowathena.catalog import fitness, wanted
from flowathena.catalog.flow_logs import joined
from flowathena.doctor import findings, format_findings, partition_findings, table_findings
from flowathena.doctor.findings import Finding, Need, of_table, some
from flowathena.doctor.log_findings import check_logs, reads_other_layout
from flowathena.doctor.look import Look
from flowathena.logs.fields import column_name
from flowathena.shape.shape import FlowTable
from flowathena.shape.table import Table
from flowathena.storage.samples import FileHead
from flowathena.target.sources import reads_some, table_for
from flowathena.target.target import Target


@dataclass(frozen=True)
class _Examined:
    """One table: its settings, what was seen, and what it reads; no source if it is not there."""

    target: Target
    look: Look
    source: FlowTable | None = None

    def reads(self, head: FileHead) -> bool:
        """Whether the table reads a file of the folders that it has."""
        source = self.source
        if source is None or head.flow_log in source.foreign:
            return False
        chosen = source.flow_logs is None or head.flow_log in source.flow_logs
        storage = self.look.storage
        path = storage.location(head.key) if storage else head.key
        return chosen and not path.startswith(tuple(chain.from_iterable(source.mixed.values())))

    @property
    def locations(self) -> Iterator[str]:
        """The folders of the days that are registered, wherever their partitions lead."""
        seen, shape = self.look.registered, self.look.shape
        if seen and shape:
            for values, location in seen.pairs:
                yield seen.stored.get(shape.normalize(values), location)

    @property
    def heads(self) -> list[FileHead]:
        """The files that it reads and that can be read."""
        return [head for head in self.look.read_heads if not head.error and self.reads(head)]


def check_several(target: Target, first: Look, today: date) -> Iterator[Finding]:
    """Problems with the tables of a target that has sources.

    Args:
        target: the target, with its sources.
        first: the look at its first table.
        today: the current day, UTC.
    """
    looks = [first, *map(first.of_source, target.sources)]
    tables = _examine(target.tables, looks)
    yield from _check_strays(target, tables)
    for each in _leaders(tables):
        yield from _check_missing(each, tables, today)
        if each.look is not first and each.look.sampled:
            others = each.look.sampled.others and not reads_other_layout(target, each.target)
            logs = replace(each.look.sampled, others=others)
            found = list(check_logs(each.target, logs, today))
            yield from (of_table(finding, target, each.target) for finding in found)
    for each in tables:
        found = list(dict.fromkeys(_check_table(target, each, today)))
        yield from (of_table(finding, target, each.target) for finding in found)


def _examine(targets: Sequence[Target], looks: Sequence[Look]) -> list[_Examined]:
    """Each table, with what it leaves out because another one has it."""
    there = [place for place, look in enumerate(looks) if look.table and look.shape]
    first = looks[0]
    sources = first.looks.attempt(
        "table", Need("glue:GetTable", targets[0].table_name), lambda: _join(targets, looks, there)
    )
    known = dict(zip(there, sources or (), strict=False))
    return [
        _Examined(target, look, known.get(place))
        for place, (target, look) in enumerate(zip(targets, looks, strict=True))
    ]


def _join(
    targets: Sequence[Target], looks: Sequence[Look], there: Iterable[int]
) -> tuple[FlowTable, ...]:
    tables = [
        wanted.flow_table(table, targets[place]) for place in there if (table := looks[place].table)
    ]
    return joined(tables).tables if tables else ()


def _check_strays(target: Target, tables: Sequence[_Examined]) -> Iterator[Finding]:
    """Flow logs of formats that no table is for."""
    first = tables[0].look
    if first.sampled:
        heads = chain.from_iterable(each.heads for each in tables)
        seen = dict.fromkeys((*first.sampled.newest, *heads))
        logs = replace(first.sampled, newest=tuple(seen))
        yield from format_findings.check_flow_logs(target, first.table, logs)


def _leaders(tables: Sequence[_Examined]) -> list[_Examined]:
    """The first table over each location and layout; others are over the same folders."""
    leaders: dict[tuple[str, object], _Examined] = {}
    for each in tables:
        leaders.setdefault((each.target.location, each.target.folders), each)
    return list(leaders.values())


def _check_missing(
    leader: _Examined, tables: Sequence[_Examined], today: date
) -> Iterator[Finding]:
    """The stored days of a leader's folders that no table has."""
    seen, shape = leader.look.registered, leader.look.shape
    if seen is None or shape is None:
        return
    registered = frozenset(chain.from_iterable(each.locations for each in tables))
    pairs = {values: place for values, place in seen.stored.items() if place in registered}
    whole = replace(seen, pairs=[*{**dict(seen.pairs), **pairs}.items()])
    yield from partition_findings.check_missing(leader.target, shape, whole, today)


def _check_table(target: Target, each: _Examined, today: date) -> Iterator[Finding]:
    """Everything that is wrong with one table."""
    look, own = each.look, each.target
    if look.table_failed or (look.table and look.shape is None):
        return
    if look.table is None or look.shape is None:
        yield from table_findings.check_table(own, None, None)
        return
    found = list(_check_definition(target, each, look.table))
    yield from found
    if look.read_heads or (look.sampled and look.sampled.extent.places):
        yield from format_findings.check_chosen(own, look.read_heads)
    reasons = fitness.mismatches(FlowTable(look.table, look.shape), own)
    if reasons and not found:
        yield findings.refused_table(own, reasons)
    if fitness.foreign(FlowTable(look.table, look.shape), own):
        return  # what is registered in a table of other logs is none of ours
    if seen := look.registered:
        yield from partition_findings.check_registered(own, look.table, look.shape, seen, today)


def _check_definition(target: Target, each: _Examined, table: Table) -> Iterator[Finding]:
    """Whether the table's definition fits the files that it reads."""
    look, own = each.look, each.target
    logs, shape = look.logs, look.shape
    if logs is None or shape is None:
        return
    fitting = [head for head in each.heads if _fits(own, head)]
    yield from table_findings.check_table(own, table, replace(logs, newest=fitting))
    if look.reach:
        registered = "" if own.partitioning == "projection" else look.count_registered()
        newest = look.newest(shape)
        yield from table_findings.check_projection(
            own, table, shape, look.reach, newest, registered
        )
    for sample in _samples(table, list(shape.columns), fitting):
        yield from table_findings.check_columns(own, table, shape, replace(logs, newest=[sample]))
    yield from _check_others(target, each)


def _fits(table: Target, head: FileHead) -> bool:
    """Whether a table is for a file, though it may lack fields at their end."""
    if head.fields is None:
        return head.file_format == table.file_format
    return reads_some(table, head.file_format, head.fields)


def _samples(table: Table, columns: Sequence[str], heads: Sequence[FileHead]) -> Iterator[FileHead]:
    """The files to compare columns with: of text, one of each flow log that has more or others.

    Parquet is read by name, so that all files together have the columns.
    """
    if table.file_format == "parquet":
        if heads:
            fields = dict.fromkeys(chain.from_iterable(head.fields or () for head in heads))
            columns_of_all = dict.fromkeys(chain.from_iterable(head.columns for head in heads))
            yield replace(heads[0], fields=tuple(fields), columns=tuple(columns_of_all))
        return
    newest = {head.flow_log: head for head in reversed(heads)}
    for head in newest.values():
        names_of_text = list(map(column_name, head.fields or ()))
        if names_of_text != columns[: len(names_of_text)]:
            yield head


def _check_others(target: Target, each: _Examined) -> Iterator[Finding]:
    """Files that the table reads, though another one is for them."""
    heads = [
        head
        for head in each.heads
        if head.fields
        and not _fits(each.target, head)
        and table_for(target, head.file_format, head.fields)
    ]
    if heads:
        yield Finding(
            "flow logs",
            "the table reads files that another table of the target is for",
            some(f"{head.flow_log or 'no flow log'}: {head.key}" for head in heads),
            _apart(target, each.target, heads),
        )


def _apart(target: Target, own: Target, heads: Iterable[FileHead]) -> str:
    """How to have a table leave out the files of others."""
    named = [head.flow_log for head in heads if head.flow_log in own.flow_logs]
    if named:
        return f"take {', '.join(dict.fromkeys(named))} out of the flow_logs of {own.table}"
    return f"{target.command('partitions sync --all')}, which tells them apart"
