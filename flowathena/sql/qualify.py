"""Gives every column of a tree its table, by sqlglot's rules; pure."""

from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.normalize_identifiers import normalize_identifiers
from sqlglot.optimizer.qualify_columns import qualify_columns, validate_qualify_columns
from sqlglot.optimizer.qualify_tables import qualify_tables
from sqlglot.optimizer.scope import Scope, traverse_scope
from sqlglot.schema import MappingSchema

from flowathena.sql import dialect
from flowathena.sql.having import open_columns, qualify_having


def qualify(
    tree: exp.Expr, schema: MappingSchema, *, is_lower: bool = False, has_having: bool = True
) -> list[Scope]:
    """The scopes of a tree, once every column in it has its table.

    It takes the steps of ``sqlglot.optimizer.qualify``, without those that would change nothing,
    as each walks the whole tree.

    Args:
        tree: the statement; it is changed.
        schema: the tables that it may read.
        is_lower: whether every name in it is in lower case.
        has_having: whether there may be a HAVING in it.

    Raises:
        sqlglot.errors.OptimizeError: a column is unknown, ambiguous or of no table.
    """
    if not is_lower:
        tree = normalize_identifiers(
            tree, dialect=dialect.NAME, store_original_column_identifiers=True
        )
    tree = qualify_tables(tree, dialect=dialect.NAME)
    tree = qualify_columns(tree, schema, expand_alias_refs=False)
    scopes = traverse_scope(tree)
    if any(map(_has_doubts, scopes)):
        validate_qualify_columns(tree)
    if has_having:
        qualify_having(tree, schema)
        _refuse_open(tree)
        for scope in scopes:
            scope.clear_column_cache()
    return scopes


def _has_doubts(scope: Scope) -> bool:
    """Whether a column has no table, or one that is not of this scope, as few statements have."""
    is_select = isinstance(scope.expression, exp.Select)
    return is_select and bool(scope.unqualified_columns or scope.external_columns)


def _refuse_open(tree: exp.Expr) -> None:
    """Refuse a column of HAVING that is of no table, as sqlglot does elsewhere."""
    for column in open_columns(tree):
        line = column.this.meta.get("line")
        raise OptimizeError(f"Unknown column: {column.name} Line: {line}")
