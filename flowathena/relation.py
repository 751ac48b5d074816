"""The virtual table ``flow_logs``: canonical columns over a target's real table, pure.

The relation carries only the columns a query uses, turns ``-`` into NULL, and always carries, as
literals, the partition predicate and the record-time predicate of the window.
``flow_logs_before`` is the equally long window just before.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from flowathena.catalog import Table
from flowathena.fields import BY_COLUMN
from flowathena.layout import KEYS
from flowathena.storage.walk import Scope
from flowathena.window import Window

NAME = "flow_logs"
NAME_BEFORE = "flow_logs_before"

_PROTOCOLS = {1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP", 47: "GRE", 50: "ESP", 58: "IPv6-ICMP"}
_PROTOCOL_CASES = " ".join(f"WHEN {number} THEN '{name}'" for number, name in _PROTOCOLS.items())
# name: (needed columns, Hive type, expression)
_DERIVED = {
    "start_time": (("start",), "timestamp", 'CAST(from_unixtime("start") AS timestamp)'),
    "end_time": (("end",), "timestamp", 'CAST(from_unixtime("end") AS timestamp)'),
    "protocol_name": (
        ("protocol",),
        "string",
        f"CASE protocol {_PROTOCOL_CASES} ELSE CAST(protocol AS varchar) END",
    ),
}


@dataclass(frozen=True)
class Reach:
    """What of the table a query may see.

    Attributes:
        window: the records' window.
        accounts: account ids, empty for all.
        regions: Region names, empty for all.
    """

    window: Window
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    @property
    def scope(self) -> Scope:
        """The partitions that may hold records of it, with the pad for late delivery."""
        return Scope(
            self.window.first_day,
            self.window.last_folder_day,
            frozenset(self.accounts),
            frozenset(self.regions),
        )

    def before(self) -> "Reach":
        """The same over the equally long window just before."""
        return Reach(self.window.before(), self.accounts, self.regions)


def columns(table: Table) -> dict[str, str]:
    """Hive type of every column of ``flow_logs`` over a table, in order."""
    record = {column.name: column.type for column in table.columns if column.name in BY_COLUMN}
    derived = {
        name: kind
        for name, (needed, kind, _) in _DERIVED.items()
        if all(column in record for column in needed)
    }
    return {**record, **derived, **dict.fromkeys(KEYS, "string")}


def cte(name: str, table: Table, used: Iterable[str], reach: Reach) -> str:
    """``name AS (SELECT …)``, the relation as a common table expression in Athena SQL.

    Args:
        name: ``flow_logs`` or ``flow_logs_before``.
        table: the real table.
        used: the columns to carry, each one of ``columns(table)``.
        reach: what it may see.
    """
    types = columns(table)
    wanted = set(used)
    carried = [_expression(column, types[column]) for column in types if column in wanted]
    select = ",\n    ".join(carried or ["1 AS one"])
    where = "\n    AND ".join(_predicates(reach))
    real = f"{quoted(table.database)}.{quoted(table.name)}"
    return f"{name} AS (\n  SELECT\n    {select}\n  FROM {real}\n  WHERE {where}\n)"


def quoted(name: str) -> str:
    """A name as a quoted identifier of Athena SQL."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as a literal of Athena SQL."""
    return "'" + value.replace("'", "''") + "'"


def _expression(column: str, kind: str) -> str:
    name = quoted(column)
    if column in _DERIVED:
        return f"{_DERIVED[column][2]} AS {name}"
    if column in KEYS or kind != "string":
        return name
    return f"nullif({name}, '-') AS {name}"


def _predicates(reach: Reach) -> list[str]:
    scope, window = reach.scope, reach.window
    terms = [f'"day" BETWEEN {text(str(scope.first))} AND {text(str(scope.last))}']
    if reach.accounts:
        terms.append(f'"aws_account" IN ({", ".join(map(text, reach.accounts))})')
    if reach.regions:
        terms.append(f'"aws_region" IN ({", ".join(map(text, reach.regions))})')
    terms.append(f'"start" >= {window.start_second}')
    terms.append(f'"start" < {window.end_second}')
    return terms
