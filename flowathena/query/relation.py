"""The virtual table ``flow_logs``: canonical columns over a target's real table; pure.

The relation has only the columns that a query uses and turns ``-`` into NULL. It always filters
partitions and record times by the window, with literals, or with expressions of the current time
(``bounds``). ``flow_logs_before`` is the same over the equally long window just before.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from flowathena.errors import UsageError
from flowathena.inputs.selection import Selection
from flowathena.logs.fields import BY_COLUMN
from flowathena.logs.layout import KEYS, SERVICE, Scope
from flowathena.query.bounds import Bounds, between_days, day_column
from flowathena.query.derived import DERIVED, HIDDEN, PATH, flow_log
from flowathena.query.span import Span
from flowathena.shape.key import ACCOUNT_DIGITS, Role
from flowathena.shape.shape import FlowTable, Shape
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
_NEXT = "\n  UNION ALL\n"
_MOST_MIXED = 200
"""How many ranges of paths a statement leaves out; Trino's compiler fails from 500 on."""


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
    branches = [_branch(each, columns, span) for each in source.tables]
    return f"{name} AS (\n{_NEXT.join(branches)}\n)"


def _branch(source: FlowTable, columns: Mapping[str, str], span: Span) -> str:
    """The rows of one table."""
    own = column_types(replace(source, further=()))
    expressions = _expressions(source, own.keys() & columns.keys())
    items = [
        aliased(of_type(expressions.get(column), own.get(column), kind), column)
        for column, kind in columns.items()
    ]
    select = ",\n    ".join(items or ["1 AS one"])  # count(*) uses no column
    where = "\n    AND ".join(_predicates(source, span))
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


def partition_predicates(
    shape: Shape, scope: Scope, order: Sequence[str] = (), bounds: Bounds | None = None
) -> Iterator[str]:
    """The conditions in Athena SQL that keep the partitions of a bounded scope.

    Every value has its key's type and is known before the query runs, so that Athena prunes
    partitions by it.

    Args:
        shape: what the table's keys stand for.
        scope: the scope, with a first and a last day.
        order: the order of accounts and Regions; others follow alphabetically.
        bounds: the scope's days in SQL; None for literals.

    Raises:
        TableMismatchError: the scope has accounts (Regions), but the table's are unknown.
        UsageError: the scope has none, but the table's projection requires them.
    """
    assert scope.first is not None and scope.last is not None  # noqa: S101, PT018 - bounded
    yield bounds.days(shape) if bounds else between_days(shape, scope.first, scope.last)
    if service := shape.key(Role.SERVICE):
        yield f"{service.sql} = {service.literal(SERVICE)}"
    yield from _name_predicates(shape, Role.ACCOUNT, scope.accounts, order)
    yield from _name_predicates(shape, Role.REGION, scope.regions, order)


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
        return identifier(PATH)
    name, field = shape.columns[column], BY_COLUMN.get(column)
    if field is None:
        return identifier(name)
    unsigned = column in shape.unsigned
    return read_field(field, identifier(name), real[name], unsigned=unsigned)


def _is_text(shape: Shape, column: str, real: Mapping[str, str]) -> bool:
    return is_text(real[shape.columns[column]])


def _predicates(source: FlowTable, span: Span) -> list[str]:
    shape = source.shape
    selection, bounds = span.selection(shape), span.bounds(shape)
    order = (*selection.accounts, *selection.regions)
    partitions = partition_predicates(shape, selection.delivery_scope, order, bounds)
    flow_logs = _flow_log_predicates(source, selection)
    if shape.clock:
        time = _field(shape.clock, shape, _types(source.table))
        seconds = (f"{time} >= {bounds.start_second}", f"{time} < {bounds.end_second}")
        return [*partitions, *seconds, *flow_logs]
    hours = bounds.hours(shape) if shape.is_hourly else ""
    return [*partitions, *filter(None, (hours,)), *flow_logs]


def _flow_log_predicates(source: FlowTable, selection: Selection) -> Iterator[str]:
    """Records of some flow logs alone: tables may share folders, and interfaces flow logs.

    Raises:
        UsageError: there are more text files to leave out than Athena compiles.
    """
    yield from _owner_predicates(source, selection.flow_logs)
    scope = selection.delivery_scope
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
    own, written = source.flow_logs, flow_log(identifier(PATH))
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
