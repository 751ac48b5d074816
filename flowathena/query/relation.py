"""The virtual table ``flow_logs``: canonical columns over a target's real table, pure.

The relation carries only the columns a query uses, turns ``-`` into NULL, and always carries, as
literals, the partition predicate and the record-time predicate of the window.
``flow_logs_before`` is the equally long window just before.
"""

from collections.abc import Iterable, Mapping

from flowathena.inputs.selection import Reach
from flowathena.logs.fields import BY_COLUMN
from flowathena.logs.layout import KEYS
from flowathena.shape.key import Role
from flowathena.shape.shape import Shape
from flowathena.shape.table import Table
from flowathena.sql.quoting import named, quoted

NAME = "flow_logs"
NAME_BEFORE = "flow_logs_before"

_PROTOCOLS = {1: "ICMP", 2: "IGMP", 6: "TCP", 17: "UDP", 47: "GRE", 50: "ESP", 58: "IPv6-ICMP"}
_PROTOCOL_CASES = " ".join(f"WHEN {number} THEN '{name}'" for number, name in _PROTOCOLS.items())
# name: (needed field, Hive type, expression over the real column)
_DERIVED = {
    "start_time": ("start", "timestamp", "CAST(from_unixtime({}) AS timestamp)"),
    "end_time": ("end", "timestamp", "CAST(from_unixtime({}) AS timestamp)"),
    "protocol_name": (
        "protocol",
        "string",
        f"CASE {{0}} {_PROTOCOL_CASES} ELSE CAST({{0}} AS varchar) END",
    ),
}
_ROLES = {"aws_account": Role.ACCOUNT, "aws_region": Role.REGION, "day": Role.DAY}
_SQL_TYPES = {"int": "integer", "bigint": "bigint"}


def columns(table: Table, shape: Shape) -> dict[str, str]:
    """Hive type of every column of ``flow_logs`` over a table, in order.

    A field has the type it has in AWS's files, whatever the table says; a column that is no field
    keeps the table's.
    """
    real = _types(table)
    record = {
        field: BY_COLUMN[field].hive_type if field in BY_COLUMN else real[name]
        for field, name in shape.columns.items()
    }
    derived = {name: kind for name, (needed, kind, _) in _DERIVED.items() if needed in record}
    return {**record, **derived, **dict.fromkeys(KEYS, "string")}


def expressions(table: Table, shape: Shape) -> dict[str, str]:
    """Athena SQL, over the real columns, of every column of ``columns(table, shape)``, in order."""
    real = _types(table)
    return {column: _expression(column, shape, real) for column in columns(table, shape)}


def cte(name: str, table: Table, shape: Shape, used: Iterable[str], reach: Reach) -> str:
    """``name AS (SELECT …)``, the relation as a common table expression in Athena SQL.

    Args:
        name: ``flow_logs`` or ``flow_logs_before``.
        table: the real table.
        shape: what its keys and columns stand for.
        used: the columns to carry, each one of ``columns(table, shape)``.
        reach: what it may see.
    """
    wanted, found = set(used), expressions(table, shape)
    carried = [named(found[column], column) for column in found if column in wanted]
    select = ",\n    ".join(carried or ["1 AS one"])
    where = "\n    AND ".join(_predicates(reach, shape, _types(table)))
    source = f"{quoted(table.database)}.{quoted(table.name)}"
    return f"{name} AS (\n  SELECT\n    {select}\n  FROM {source}\n  WHERE {where}\n)"


def _types(table: Table) -> dict[str, str]:
    return {column.name: column.type for column in table.columns}


def _expression(column: str, shape: Shape, real: Mapping[str, str]) -> str:
    if column in _DERIVED:
        needed, _, expression = _DERIVED[column]
        field = _field(needed, shape, real)
        return expression.format("protocol" if field == '"protocol"' else field)
    if column in _ROLES:
        return shape.column(_ROLES[column])
    text_field = column not in BY_COLUMN or BY_COLUMN[column].hive_type == "string"
    plain = _field(column, shape, real)
    return f"nullif({plain}, '-')" if text_field and _is_text(shape, column, real) else plain


def _field(column: str, shape: Shape, real: Mapping[str, str]) -> str:
    """The real column with the field's type: some guides make every column a string."""
    name = quoted(shape.columns[column])
    wanted = BY_COLUMN[column].hive_type if column in BY_COLUMN else "string"
    if wanted in _SQL_TYPES and _is_text(shape, column, real):
        return f"TRY_CAST({name} AS {_SQL_TYPES[wanted]})"
    return name


def _is_text(shape: Shape, column: str, real: Mapping[str, str]) -> bool:
    return real[shape.columns[column]].partition("(")[0] in {"string", "varchar", "char"}


def _predicates(reach: Reach, shape: Shape, real: Mapping[str, str]) -> list[str]:
    start = _field("start", shape, real)
    return [
        *shape.predicates(reach.scope, (*reach.accounts, *reach.regions)),
        f"{start} >= {reach.window.start_second}",
        f"{start} < {reach.window.end_second}",
    ]
