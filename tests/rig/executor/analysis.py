"""What Trino's analyser does before it runs anything: names, types and functions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.resolver import Resolver
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

from tests.rig.catalog import Column, Table
from tests.rig.executor.base import QueryFailedError, Statement, Tables
from tests.rig.executor.dialect import NAME_KEY, PATH, RigAthena
from tests.rig.executor.failures import failed
from tests.rig.executor.functions import NAMES
from tests.rig.executor.operators import check_types

UNNAMED = "_unnamed_"
_QUOTED = re.compile(r"(?:Column|column:?) '?([^'.\s]+(?:\.[^'.\s]+)?)'?")
_SPELLED = {"string": "varchar", "integer": "int", "float": "real"}


@dataclass(frozen=True)
class Analysed:
    """A query with every name resolved and typed, and the scans it makes."""

    tree: exp.Query
    scans: dict[str, Table]
    names: tuple[str, ...]


def _cte_names(node: exp.Table) -> set[str]:
    names: set[str] = set()
    parent = node.parent
    while parent is not None:
        clause = parent.args.get("with_")
        names |= {cte.alias.lower() for cte in clause.expressions} if clause else set()
        parent = parent.parent
    return names


def _scans(tree: exp.Expr) -> Iterator[exp.Table]:
    for node in list(tree.find_all(exp.Table)):
        bare = not node.args.get("db")
        if not (bare and node.name.lower() in _cte_names(node)) and node.name:
            yield node


def _resolved(node: exp.Table, statement: Statement, tables: Tables) -> Table:
    database = (node.db or statement.database or "").lower()
    catalog = node.catalog.lower()
    if catalog not in ("", "awsdatacatalog"):
        text = f"Catalog '{catalog}' not found"
        raise failed("CATALOG_NOT_FOUND", statement.sql, node, text)
    if not database:
        text = "Schema must be specified when session schema is not set"
        raise failed("MISSING_SCHEMA_NAME", statement.sql, node, text)
    if not tables.has_database(database):
        text = f"Schema '{database}' does not exist"
        raise failed("SCHEMA_NOT_FOUND", statement.sql, node, text)
    table = tables.table(database, node.name)
    if table is None:
        text = f"Table 'awsdatacatalog.{database}.{node.name.lower()}' does not exist"
        raise failed("TABLE_NOT_FOUND", statement.sql, node, text)
    return table


def sql_type(column: Column) -> str:
    """Give the SQL type of a Hive type."""
    base = column.type.split("(")[0]
    return column.type.replace(base, _SPELLED.get(base, base), 1)


def _bind(tree: exp.Expr, statement: Statement, tables: Tables) -> dict[str, Table]:
    scans = {}
    for number, node in enumerate(_scans(tree)):
        name = f"scan_{number}"
        scans[name] = _resolved(node, statement, tables)
        if not node.alias:
            node.set("alias", exp.TableAlias(this=exp.to_identifier(node.name.lower())))
        node.set("this", exp.to_identifier(name))
        node.set("db", None)
        node.set("catalog", None)
    return scans


def _check_functions(tree: exp.Expr, sql: str) -> None:
    for node in tree.find_all(exp.Func):
        name = node.name if isinstance(node, exp.Anonymous) else node.meta.get(NAME_KEY)
        if name is not None and str(name).lower() not in NAMES:
            text = f"Function '{str(name).lower()}' not registered"
            raise failed("FUNCTION_NOT_FOUND", sql, node, text)


def _name_outputs(tree: exp.Expr) -> None:
    for select in tree.find_all(exp.Select):
        for number, item in enumerate(select.selects):
            if not isinstance(item, exp.Alias | exp.Column | exp.Star | exp.Dot):
                alias = exp.alias_(item.copy(), f"{UNNAMED}{number}")
                item.replace(alias)


def _schema(scans: dict[str, Table]) -> MappingSchema:
    columns: dict[str, object] = {
        name: {
            **{item.name: sql_type(item) for item in (*table.columns, *table.keys)},
            PATH: "varchar",
        }
        for name, table in scans.items()
    }
    return MappingSchema(columns, dialect=RigAthena)


def _missing(tree: exp.Expr, sql: str, error: OptimizeError) -> QueryFailedError:
    text = str(error)
    found = _QUOTED.search(text)
    name = found[1] if found else text
    last = name.rsplit(".", 1)[-1]
    node = next((c for c in tree.find_all(exp.Column) if c.name == last), None)
    shown = f"{node.table}.{last}" if node is not None and node.table else last
    if text.startswith("Ambiguous"):
        return failed("AMBIGUOUS_NAME", sql, node, f"Column '{shown}' is ambiguous")
    return failed("COLUMN_NOT_FOUND", sql, node, f"Column '{shown}' cannot be resolved")


def _qualify_having(tree: exp.Query, schema: MappingSchema) -> None:
    # The optimiser leaves the columns of HAVING open, for they might be aliases; in Trino they are
    # columns of the tables.
    for scope in traverse_scope(tree):
        having = scope.expression.args.get("having")
        resolver = Resolver(scope, schema)
        for column in having.find_all(exp.Column) if having else ():
            own = column.find_ancestor(exp.Select) is scope.expression
            if own and not column.table and (table := resolver.get_table(column)):
                column.set("table", table.copy())


def _check_having(tree: exp.Query, sql: str) -> None:
    # What is left is an alias or unknown.
    for clause in tree.find_all(exp.Having):
        for node in clause.find_all(exp.Column):
            if not node.table:
                text = f"Column '{node.name}' cannot be resolved"
                raise failed("COLUMN_NOT_FOUND", sql, node, text)


def analyse(tree: exp.Query, statement: Statement, tables: Tables) -> Analysed:
    """Resolve and type a query; what Trino's analyser refuses fails as it does there."""
    _check_functions(tree, statement.sql)
    tree = tree.copy()
    scans = _bind(tree, statement, tables)
    _name_outputs(tree)
    schema = _schema(scans)
    try:
        # Trino knows no aliases in WHERE, GROUP BY and HAVING: they are not expanded.
        whole = qualify(tree.copy(), schema=schema, dialect=RigAthena, expand_alias_refs=False)
    except OptimizeError as error:
        raise _missing(tree, statement.sql, error) from None
    _qualify_having(whole, schema)
    _check_having(whole, statement.sql)
    whole = annotate_types(whole, schema=schema, dialect=RigAthena)
    check_types(whole, statement.sql)
    outputs = [item.alias_or_name for item in whole.selects]
    names = [f"_col{n}" if name.startswith(UNNAMED) else name for n, name in enumerate(outputs)]
    return Analysed(whole, scans, tuple(names))
