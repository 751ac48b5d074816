"""Which flow logs the tables of a target fit, as a sync keeps it in their properties; pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from flowathena.errors import TableMismatchError
from flowathena.logs.layout import Layout
from flowathena.shape.shape import FlowTable
from flowathena.shape.table import Table

_FLOW_LOGS = "flowathena.flow_logs"
_FOREIGN = "flowathena.foreign_flow_logs"
_MIXED = "flowathena.mixed"


def joined(sources: Sequence[FlowTable]) -> FlowTable:
    """Several tables as one: the first, with the others as its further ones.

    Each leaves out the flow logs that are known to write the records of another one over the same
    folders. Tables over other folders have files of their own, perhaps copies.
    """
    if len(sources) == 1:
        return sources[0]
    apart = [
        replace(source, foreign=_foreign(source, sources), mixed=recorded(source.table).mixed)
        for source in sources
    ]
    unread = frozenset[str]().union(*(each.unread for each in sources))
    read = {column for each in sources for column in each.shape.columns}
    return replace(apart[0], unread=unread - read, further=tuple(apart[1:]))


def _foreign(source: FlowTable, sources: Sequence[FlowTable]) -> tuple[str, ...]:
    record = recorded(source.table)
    neighbours = (recorded(each.table) for each in sources if _folders(each) == _folders(source))
    known = frozenset[str]().union(*(each.flow_logs for each in neighbours))
    return tuple(sorted((known | record.foreign) - record.flow_logs))


def _folders(source: FlowTable) -> tuple[str, Layout]:
    return source.location, replace(source.layout, hourly=False)


@dataclass(frozen=True)
class FlowLogRecord:
    """What a sync has found out about a table, in its properties.

    Attributes:
        flow_logs: the ids of the flow logs whose records it fits; an empty text stands for files
            whose names have no id.
        foreign: those of others that write into its folders.
        mixed: what the paths of text files begin with in the folders of a Parquet table, by day.
        is_kept: whether the table has such properties.
    """

    flow_logs: frozenset[str] = frozenset()
    foreign: frozenset[str] = frozenset()
    mixed: Mapping[date, tuple[str, ...]] = field(default_factory=dict)
    is_kept: bool = False

    @property
    def properties(self) -> dict[str, str]:
        """The properties that keep it."""
        days = {str(day): list(each) for day, each in sorted(self.mixed.items())}
        return {
            _FLOW_LOGS: json.dumps(sorted(self.flow_logs)),
            **({_FOREIGN: json.dumps(sorted(self.foreign))} if self.foreign else {}),
            **({_MIXED: json.dumps(days)} if days else {}),
        }


def recorded(table: Table) -> FlowLogRecord:
    """What a sync has kept in a table's properties.

    Raises:
        TableMismatchError: they are not as a sync writes them.
    """
    properties = table.parameters
    try:
        own, foreign = (
            frozenset(map(str, json.loads(properties.get(key, "[]"))))
            for key in (_FLOW_LOGS, _FOREIGN)
        )
        days = json.loads(properties.get(_MIXED, "{}"))
        mixed = {date.fromisoformat(day): tuple(map(str, each)) for day, each in days.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise TableMismatchError(
            f"table {table.full_name}: its properties flowathena.… are not as 'partitions sync' "
            "writes them; remove them, and sync again"
        ) from error
    return FlowLogRecord(own, foreign, mixed, _FLOW_LOGS in properties)
