"""The virtual table ``flow_logs``: canonical columns over a target's real table; pure.

The relation has only the columns that a query uses and turns ``-`` into NULL. It always filters
partitions and record times by the window, with literals, or with expressions of the current time
(``bounds``). ``flow_logs_before`` is the same over the equally long window just before.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from flowathena.logs.fields import BY_COLUMN
from flowathena.logs.layout import KEYS
from flowathena.query.bounds import day_column
from flowathena.query.derived import DERIVED, HIDDEN
from flowathena.query.predicates import is_read, window_predicates
from flowathena.query.span import Span
from flowathena.shape.key import ACCOUNT_DIGITS, Role
from flowathena.shape.shape import CLOCKS, PATH, FlowTable, Shape
from flowathena.shape.table import Table
from flowathena.sql.casts import is_text, read_field
from flowathena.sql.quoting import WHOLE_NUMBERS, aliased, identifier, literal

NAME = "flow_logs"
NAME_BEFORE = "flow_logs_before"
UNKNOWN = "unknown"
"""The account or Region of logs that no key and no setting tells; a join finds it, unlike NULL."""

KEY_ROLES = {"aws_account": Role.ACCOUNT, "aws_region": Role.REGION, "day": Role.DAY}
"""What the columns stand for that partitions have; each is a text."""
_SQL_NAMES = {
    "int": "integer",
    "bigint": "bigint",
    "string": "varchar",
    **{name: name for name in ("boolean", "date", "double", "smallint", "timestamp", "tinyint")},
}
NEXT = "\n  UNION ALL\n"
"""What joins the rows of several tables."""


def column_types(source: FlowTable) -> dict[str, str]:
    """Hive type of every column of ``flow_logs`` over a table and its further ones, in order.

    A field has the type it has in AWS's files, even if the table has another; a column that is not
    a field keeps the table's type, and is a string if the tables differ.
    """
    record: dict[str, str] = {}
    for each in source.tables:
        for column, kind in _record_types(each).items():
            record[column] = kind if record.get(column, kind) == kind else "string"
    sources = {*record, PATH}
    derived = {name: each.hive_type for name, each in DERIVED.items() if each.field in sources}
    return {**record, **derived, **dict.fromkeys(KEYS, "string")}


def _record_types(source: FlowTable) -> dict[str, str]:
    real = _types(source.table)
    return {
        field: BY_COLUMN[field].hive_type if field in BY_COLUMN else real[name]
        for field, name in source.shape.columns.items()
    }


def columns_of_star(columns: Iterable[str], mentioned: Collection[str] = ()) -> list[str]:
    """The columns that ``*`` gives: all but the hidden ones that the statement does not mention.

    Args:
        columns: every column of ``flow_logs``.
        mentioned: the columns that the statement names.
    """
    return [name for name in columns if name not in HIDDEN or name in mentioned]


def column_expressions(source: FlowTable) -> dict[str, str]:
    """Every column of one table's ``column_types`` as Athena SQL over the real columns, in order.

    Its further tables are left out.
    """
    return _expressions(source, column_types(replace(source, further=())))


def _expressions(source: FlowTable, columns: Iterable[str]) -> dict[str, str]:
    real = _types(source.table)
    return {column: _expression(column, source.shape, real) for column in columns}


def cte(name: str, source: FlowTable, used: Iterable[str], span: Span) -> str:
    """``name AS (SELECT …)``, the relation as a common table expression in Athena SQL.

    The rows of several tables are those of all of them; a column that one of them lacks is NULL in
    its rows.

    Args:
        name: ``flow_logs`` or ``flow_logs_before``.
        source: the real table, with its further ones.
        used: the columns to select, out of ``column_types(source)``.
        span: what it reads.
    """
    needed, types = set(used), column_types(source)
    columns = {column: kind for column, kind in types.items() if column in needed}
    branches = [
        branch(each, columns, window_predicates(each, span, _time(each)))
        for each in source.tables
        if is_read(each, span)
    ]
    return f"{name} AS (\n{NEXT.join(branches)}\n)"


def branch(source: FlowTable, columns: Mapping[str, str], predicates: Iterable[str]) -> str:
    """The SELECT of the rows of one table.

    Args:
        source: the table; its further ones are left out.
        columns: Hive type of each column to select, over all tables.
        predicates: the conditions that its rows meet.
    """
    own = column_types(replace(source, further=()))
    expressions = _expressions(source, own.keys() & columns.keys())
    items = [
        aliased(of_type(expressions.get(column), own.get(column), kind), column)
        for column, kind in columns.items()
    ]
    select = ",\n    ".join(items or ["1 AS one"])  # count(*) uses no column
    where = "\n    AND ".join(predicates)
    table = f"{identifier(source.table.database)}.{identifier(source.table.name)}"
    return f"  SELECT\n    {select}\n  FROM {table}\n  WHERE {where}"


def of_type(expression: str | None, own: str | None, kind: str) -> str:
    """A table's expression as the type that a column has over all tables: NULL if it has none.

    Args:
        expression: Athena SQL over the table's real columns; None if it lacks the column.
        own: the Hive type of the expression.
        kind: the Hive type over all tables.
    """
    if expression is not None and own == kind:
        return expression
    sql_type = _SQL_NAMES.get(kind)
    given = expression or "NULL"
    return f"CAST({given} AS {sql_type})" if sql_type else given


def key_column(shape: Shape, role: Role) -> str:
    """An Athena SQL expression for the account, the Region or the ISO day; always a varchar."""
    if role is Role.DAY:
        return day_column(shape)
    key, fixed = shape.key(role), shape.fixed(role)
    if key is None:
        return literal(fixed) if fixed else f"CAST({literal(UNKNOWN)} AS varchar)"
    if role is Role.ACCOUNT and key.type in WHOLE_NUMBERS:
        return f"lpad({key.text_sql}, {ACCOUNT_DIGITS}, '0')"
    return key.sql if key.type == "string" else f"CAST({key.sql} AS varchar)"


def _types(table: Table) -> dict[str, str]:
    return {column.name: column.type for column in table.columns}


def _expression(column: str, shape: Shape, real: Mapping[str, str]) -> str:
    if column in DERIVED:
        derived = DERIVED[column]
        return derived.expression(_field(derived.field, shape, real), shape)
    if column in KEY_ROLES:
        return key_column(shape, KEY_ROLES[column])
    text_field = column not in BY_COLUMN or BY_COLUMN[column].hive_type == "string"
    plain = _field(column, shape, real)
    return f"nullif({plain}, '-')" if text_field and _is_text(shape, column, real) else plain


def _field(column: str, shape: Shape, real: Mapping[str, str]) -> str:
    """The real column, cast to the field's type: in some guides, every column is a string."""
    if column == PATH:
        return identifier(shape.path)
    name, field = shape.columns[column], BY_COLUMN.get(column)
    if field is None:
        return identifier(name)
    unsigned = column in shape.unsigned
    return read_field(field, identifier(name), real[name], unsigned=unsigned)


def _is_text(shape: Shape, column: str, real: Mapping[str, str]) -> bool:
    """Whether a column may have ``-`` for what is not known: an archive has NULL."""
    return shape.path == PATH and is_text(real[shape.columns[column]])


def _time(source: FlowTable) -> str:
    """The second that puts a record into a window; empty if records have no time."""
    shape, real = source.shape, _types(source.table)
    if not shape.clock:
        return ""
    if not shape.mixes_clocks:
        return _field(shape.clock, shape, real)
    return f"coalesce({', '.join(_field(clock, shape, real) for clock in CLOCKS)})"
