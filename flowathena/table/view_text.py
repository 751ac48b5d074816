"""The views over a target's table: names, statements, and how two of them differ.

Pure. A view reads the real table, whatever its shape, under the column names of the virtual table
``flow_logs`` (``relation``), with names for what records contain as numbers.
Source: https://docs.aws.amazon.com/athena/latest/ug/create-view.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import unified_diff
from functools import cached_property, lru_cache, reduce
from typing import Self

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlglot import exp
from sqlglot.errors import SqlglotError

from flowathena.errors import UsageError
from flowathena.logs import values
from flowathena.logs.fields import BY_COLUMN
from flowathena.logs.layout import SERVICE
from flowathena.package import folder
from flowathena.query import relation
from flowathena.shape.key import Key, Role
from flowathena.shape.shape import FlowTable, Shape
from flowathena.shape.table import Table
from flowathena.sql import dialect
from flowathena.sql.quoting import aliased, identifier, literal
from flowathena.sql.statement import Statement

VIEWS = ("readable", "daily")
"""Records with names for their numbers; flows summed up by day and by who talked to whom."""

# In the order of the columns. Source ports are left out: they are many and mean little.
_GRAIN = (
    *("day", "aws_account", "aws_region"),
    *("vpc_id", "subnet_id", "interface_id", "srcaddr", "dstaddr", "dstport", "protocol"),
    *("action", "flow_direction", "traffic_path", "pkt_src_aws_service", "pkt_dst_aws_service"),
)
# What readable adds, and the column that it is computed from.
_NAMES = {
    "protocol_name": "protocol",
    "tcp_flag_names": "tcp_flags",
    "traffic_path_name": "traffic_path",
}
_MEASURES = ("packets", "bytes", "start_time", "log_status")
# Hive's integer types by the names that Athena's queries have for them.
_SIZES = {
    "tinyint": "tinyint",
    "smallint": "smallint",
    "int": "integer",
    "integer": "integer",
    "bigint": "bigint",
}
_OPERATORS = (exp.Binary, exp.Unary, exp.Between, exp.In)
_CALLS = (exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.Dot)
_CHAINED = (exp.And, exp.Or, exp.DPipe)


@dataclass(frozen=True)
class Branch:
    """What a view reads of one table.

    Attributes:
        table: the real table.
        columns: Athena SQL over the real columns, by the name of the view's column.
        condition: what every row must meet; empty for all rows.
    """

    table: Table
    columns: Mapping[str, str]
    condition: str = ""


@dataclass(frozen=True)
class View:
    """A view that flowathena makes.

    Attributes:
        kind: one of ``VIEWS``.
        table: the real table that it reads; the first of several.
        columns: Athena SQL over the real columns, by the name of the view's column.
        condition: what every row must meet; empty for all rows.
        grain: the columns that identify a row of ``daily``.
        further: what it reads of other tables.
        types: the Hive type of each of the columns that it reads.
    """

    kind: str
    table: Table
    columns: Mapping[str, str]
    condition: str = ""
    grain: tuple[str, ...] = ()
    further: tuple[Branch, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)

    @property
    def branches(self) -> tuple[Branch, ...]:
        """What it reads of every table."""
        return (Branch(self.table, self.columns, self.condition), *self.further)

    @property
    def name(self) -> str:
        """Its name, that of its table with the kind: ``vpc_flow_logs_daily``."""
        return f"{self.table.name}_{self.kind}"

    @property
    def full_name(self) -> str:
        """``database.view``, for display."""
        return f"{self.table.database}.{self.name}"

    @cached_property
    def statement(self) -> str:
        """The ``CREATE OR REPLACE VIEW`` statement, in Athena SQL."""
        environment = Environment(  # noqa: S701 - renders SQL, not HTML; the filters quote
            loader=FileSystemLoader(folder("ddl")), undefined=StrictUndefined
        )
        environment.filters |= {
            "name": identifier,
            "named": aliased,
            "text": literal,
        }
        return environment.get_template(f"view_{self.kind}.sql").render(
            view=self,
            protocols=values.protocol_names(),
            tcp_flags=values.tcp_flag_names(),
            traffic_paths=values.traffic_path_names(),
        )


@dataclass(frozen=True)
class ViewDrift:
    """A live view compared with the wanted one.

    Attributes:
        view: ``database.view``.
        exists: whether there is a live view.
        diff: a unified diff from the live query to the wanted one, both in normal form; empty if
            they mean the same.
        taken: why there cannot be a view of this name (a table has it); empty if there can.
    """

    view: str
    exists: bool
    diff: str
    taken: str = ""

    @property
    def equal(self) -> bool:
        """Whether the live view exists and is as wanted."""
        return self.exists and not self.diff

    def to_json(self) -> dict[str, object]:
        """The stable shape of one of the ``views`` of ``view diff --format json``."""
        return {
            "view": self.view,
            "exists": self.exists,
            "equal": self.equal,
            "diff": self.diff,
            "error": self.taken or None,
        }


def select_views(name: str | None) -> tuple[str, ...]:
    """The kinds of view to work on: the one of that name, or all.

    Raises:
        UsageError: there is no such view.
    """
    if name is None:
        return VIEWS
    if name not in VIEWS:
        raise UsageError(f"unknown view {name!r}; there are {' and '.join(VIEWS)}")
    return (name,)


def wanted_view(kind: str, source: FlowTable) -> View:
    """The view of a kind over a table, and its further ones.

    Args:
        kind: one of ``VIEWS``.
        source: the real table.

    Raises:
        UsageError: more files are to be left out than Athena compiles.
    """
    read = (each for each in source.tables if each.archived or not each.is_archive)
    tables = [_Columns.of(each) for each in read]
    types = relation.column_types(source)
    names = {name: types[name] for name in relation.columns_of_star(types)}
    raw = _types_of_keys(tables)
    if kind == "readable":
        computed = {name for name, needed in _NAMES.items() if needed in names}
        chosen = {name: kind for name, kind in names.items() if name not in computed} | raw
        grain: tuple[str, ...] = ()
    else:
        hours = {n for each in tables for n, key in each.raw.items() if key.role is Role.HOUR}
        days = {name: kind for name, kind in raw.items() if name not in hours}
        grain = (*(name for name in _GRAIN if name in names), *days)
        measures = (name for name in _MEASURES if name in names)
        chosen = {name: (names | days)[name] for name in (*grain, *measures)}
    first, *further = (each.branch(chosen) for each in tables)
    return View(kind, first.table, first.columns, first.condition, grain, tuple(further), chosen)


@dataclass(frozen=True)
class _Columns:
    """What a view may read of one table: expressions, and their Hive types, by column."""

    source: FlowTable
    expressions: Mapping[str, str]
    types: Mapping[str, str]
    raw: Mapping[str, Key]

    @classmethod
    def of(cls, source: FlowTable) -> Self:
        """Those of a table."""
        expressions = relation.column_expressions(source)
        expressions |= dict(_resize(source.table, source.shape))
        raw = dict(_raw_keys(source.shape))
        types = {**relation.column_types(source), **{name: key.type for name, key in raw.items()}}
        return cls(source, expressions | {n: key.sql for n, key in raw.items()}, types, raw)

    def branch(self, columns: Mapping[str, str]) -> Branch:
        """Its part of a view with columns of some types."""
        own = {
            name: relation.of_type(self.expressions.get(name), self.types.get(name), kind)
            for name, kind in columns.items()
        }
        service = self.source.shape.key(Role.SERVICE)
        conditions = [f"{service.sql} = {service.literal(SERVICE)}"] if service else []
        conditions += relation.path_predicates(self.source)
        conditions += filter(None, [relation.archive_predicate(self.source)])
        return Branch(self.source.table, own, "\n    AND ".join(conditions))


def _types_of_keys(tables: Iterable[_Columns]) -> dict[str, str]:
    """The types of the raw partition keys; varchar where those of two tables differ."""
    types: dict[str, str] = {}
    for each in tables:
        for name, key in each.raw.items():
            types[name] = key.type if types.get(name, key.type) == key.type else "string"
    return types


def same(wanted: str, live: str) -> bool:
    """Whether two queries mean the same."""
    return normal(wanted).splitlines() == normal(live).splitlines()


def compare(view: View, live: str | None, taken: str = "") -> ViewDrift:
    """Compare the query of a live view, or None, with the wanted one by meaning.

    Athena stores a view's query rewritten: with other white space, quotes and parentheses.
    """
    lines = [] if live is None else normal(live).splitlines()
    diff = unified_diff(
        lines,
        normal(view.statement).splitlines(),
        f"{view.full_name} (live)",
        f"{view.full_name} (wanted)",
        lineterm="",
    )
    return ViewDrift(view.full_name, live is not None, "\n".join(diff), taken)


# A view is compared to plan, and again to show the difference: parsed once, 20 ms each.
@lru_cache(maxsize=8)
def normal(sql: str) -> str:
    """A query, or that of a ``CREATE VIEW``, in normal form; of two that differ it differs too.

    Every nested operation gets parentheses, every name quotes. What is not Athena SQL is returned
    unchanged.
    """
    try:
        trees = Statement(sql).trees
    except SqlglotError:
        return sql
    if len(trees) != 1:
        return sql
    tree = trees[0].expression if isinstance(trees[0], exp.Create) else trees[0]
    for paren in list(tree.find_all(exp.Paren)):
        paren.replace(paren.this)
    for call in list(tree.find_all(exp.Anonymous)):
        if call.name.lower() == "concat":  # Athena rewrites || so
            call.replace(reduce(_join, call.expressions))
    for node in list(tree.find_all(*_OPERATORS)):
        if _needs_parentheses(node):
            paren = exp.Paren()
            node.replace(paren)
            paren.set("this", node)
    for name in tree.find_all(exp.Identifier):
        # Athena ignores case in names, in quotes or without.
        name.replace(exp.to_identifier(name.name.lower(), quoted=True))
    return tree.sql(dialect.NAME, pretty=True, comments=False)


def _resize(table: Table, shape: Shape) -> Iterator[tuple[str, str]]:
    """Numbers of another size than their field's, cast to its size.

    A view keeps the types it was created with, and fails once its query returns wider ones. With
    the types in the text, a change of the table is a difference.
    """
    types = {column.name: column.type.lower() for column in table.columns}
    for column, name in shape.columns.items():
        size = _SIZES.get(BY_COLUMN[column].hive_type) if column in BY_COLUMN else None
        if size and _SIZES.get(types[name], size) != size:
            yield column, f"TRY_CAST({identifier(name)} AS {size})"


def _join(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.DPipe(this=left, expression=right)


def _needs_parentheses(node: exp.Expr) -> bool:
    """Whether a node is an operation within another; a chain of one operator needs none."""
    parent = node.parent
    if not isinstance(parent, _OPERATORS) or isinstance(node, _CALLS):
        return False
    return not (isinstance(node, _CHAINED) and type(node) is type(parent) and node is parent.this)


def _raw_keys(shape: Shape) -> Iterator[tuple[str, Key]]:
    """Partition keys that the relation does not contain unchanged; a filter on them prunes."""
    roles = (Role.ACCOUNT, Role.REGION, Role.DAY)
    plain = {relation.key_column(shape, role) for role in roles}
    for key in shape.keys:
        if key.role is not Role.SERVICE and key.sql not in plain:
            yield f"partition_{key.name.lower().replace('-', '_')}", key
