"""A statement with the table of every column and the type of every node, or a refusal; pure."""

from collections.abc import Mapping

from sqlglot import exp
from sqlglot.optimizer.annotate_types import TypeAnnotator
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.resolver import Resolver
from sqlglot.optimizer.scope import traverse_scope
from sqlglot.schema import MappingSchema

from flowathena.engine.local import names
from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.base import shown
from flowathena.engine.local.semantics.known import ARGUMENTS, RULES, STRUCTURE
from flowathena.engine.local.semantics.types import is_a, missing, of, spelled, wrong
from flowathena.sql import dialect

Schema = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Hive types by database, table and column."""

_HIVE = {"string": "varchar"}
_CASTS = types.NUMBERS | types.TEXTS | types.BOOLEAN | types.DATE | types.TIMESTAMP | types.ADDRESS
_TRUE_OR_FALSE = (exp.Where, exp.Having)


class _Annotator(TypeAnnotator):
    """Sqlglot's walk over scopes and columns, with Trino's rules."""

    def __init__(self, schema: MappingSchema) -> None:
        metadata = {
            kind: {"annotator": lambda self, e, rule=rule: self._set_type(e, rule(e))}
            for kind, rule in RULES.items()
        }
        super().__init__(schema, expression_metadata=metadata)
        self._supports_null_type = True

    def _maybe_coerce(
        self, type1: exp.DataType | exp.DType, type2: exp.DataType | exp.DType
    ) -> exp.DataType:
        one, other = (
            kind if isinstance(kind, exp.DataType) else kind.into_expr() for kind in (type1, type2)
        )
        wide = types.common(one, other)
        if wide is None:
            told = f"{spelled(one)} and {spelled(other)} in one column of a UNION or VALUES"
            raise wrong("TYPE_MISMATCH", told)
        return wide


def typed(tree: exp.Expr, schema: Schema) -> exp.Expr:
    """Every column with its table, every node with its type, every output with its name.

    Raises:
        EngineError: it uses what Athena, or the local engine, does not have.
    """
    names.prepare(tree)
    _quiet_casts(tree)
    nested: dict[str, object] = {
        database: {
            name: {column: _HIVE.get(kind, kind) for column, kind in columns.items()}
            for name, columns in tables.items()
        }
        for database, tables in schema.items()
    }
    _refuse(tree)
    _refuse_qualified_keys(tree)
    tree = qualify(tree, schema=nested, dialect=dialect.NAME, expand_alias_refs=False)
    known = MappingSchema(nested, dialect=dialect.NAME)
    _qualify_having(tree, known)
    _Annotator(known).annotate(tree)
    names.name_outputs(tree)
    _refuse_open(tree)
    return tree


def _qualify_having(tree: exp.Expr, schema: MappingSchema) -> None:
    """Give the columns of HAVING their tables: sqlglot leaves them open, they may be aliases.

    In Trino they are never aliases; a column of no table is refused later.
    """
    for scope in traverse_scope(tree):
        having = scope.expression.args.get("having")
        resolver = Resolver(scope, schema)
        for column in having.find_all(exp.Column) if having else ():
            own = column.find_ancestor(exp.Select) is scope.expression
            if own and not column.table and (table := resolver.get_table(column)):
                column.set("table", table.copy())


def _quiet_casts(tree: exp.Expr) -> None:
    """``try(CAST(…))`` is ``TRY_CAST``; DuckDB's ``TRY`` takes no error that we raise ourselves."""
    for quiet in tree.find_all(exp.Try):
        inner = quiet.this.unnest()
        if type(inner) is not exp.Cast:
            continue
        cast = exp.TryCast(this=inner.this.copy(), to=inner.to.copy())
        plain = isinstance(inner.this, exp.Column | exp.Literal)
        (quiet if plain else inner).replace(cast)


def _refuse(tree: exp.Expr) -> None:
    for node in tree.walk():
        kind = type(node)
        if kind not in RULES and kind not in STRUCTURE:
            raise missing(_called(node))
        given = {name for name, value in node.args.items() if value not in (None, [], False)}
        if not given <= ARGUMENTS.get(kind, given):
            raise missing(f"{_called(node)} with these arguments")
    for cast in tree.find_all(exp.Cast):
        _refuse_cast(cast)


def _refuse_qualified_keys(tree: exp.Expr) -> None:
    """A column of USING belongs to neither table any more."""
    for select in tree.find_all(exp.Select):
        keys = {
            key.name
            for join in select.args.get("joins") or ()
            for key in join.args.get("using") or ()
        }
        for column in select.find_all(exp.Column) if keys else ():
            if column.table and column.name in keys and column.parent_select is select:
                name = f"'{column.table}.{column.name}'"
                told = f"Column {name} cannot be resolved (write {column.name})"
                raise wrong("COLUMN_NOT_FOUND", told)


def _called(node: exp.Expr) -> str:
    if isinstance(node, exp.AtTimeZone):
        return "AT TIME ZONE"
    if isinstance(node, exp.Anonymous):
        return f"function {str(node.this).lower()}"
    text = shown(node)
    if isinstance(node, exp.Func):
        return f"function {text.partition('(')[0].lower()}"
    return text if len(text) < 60 else type(node).__name__  # noqa: PLR2004 - as much as can be read


def _refuse_cast(cast: exp.Cast) -> None:
    to = cast.to
    if to.this is exp.DType.IPADDRESS and not _is_looked_for(cast):
        raise missing("type ipaddress outside of contains('10.0.0.0/8', CAST(… AS ipaddress))")
    if to.this is exp.DType.TEXT:
        raise wrong("TYPE_MISMATCH", "Athena has no type string (write varchar)")
    if to.this not in _CASTS:
        raise missing(f"type {spelled(to)}")
    if to.this is exp.DType.DECIMAL and not to.expressions:
        raise missing("decimal without precision and scale (write decimal(18, 2))")
    odd = to.this is exp.DType.TIMESTAMP and types.precision_of(to) not in {0, 3, 6}
    if odd and not cast.this.is_string:
        raise missing(f"type {spelled(to)}")


def _is_looked_for(cast: exp.Cast) -> bool:
    parent = cast.parent
    while isinstance(parent, exp.Paren):
        parent = parent.parent
    network = parent.this.unnest() if isinstance(parent, exp.ArrayContains) else None
    return isinstance(network, exp.Literal)


def _refuse_open(tree: exp.Expr) -> None:
    """An expression of unknown type could be mended wrongly."""
    for node in tree.walk():
        if type(node) not in RULES and not isinstance(node, exp.Column):
            continue
        if isinstance(node, exp.Column) and not node.table and node.find_ancestor(exp.Having):
            raise wrong("COLUMN_NOT_FOUND", f"Column {node.name!r} cannot be resolved")
        if is_a(node, {exp.DType.UNKNOWN}) and not _is_untyped(node):
            raise missing(f"expression of unknown type ({shown(node)}: cast it)")
    for select in tree.find_all(exp.Select):
        if any(is_a(output, types.INTERVAL) for output in select.expressions):
            raise missing("interval as a column")
        _refuse_strange_order(select)
    for clause in tree.find_all(*_TRUE_OR_FALSE):
        if not is_a(clause.this, types.BOOLEAN | types.OPEN):
            told = f"{shown(clause)} is {spelled(of(clause.this))}, not boolean"
            raise wrong("TYPE_MISMATCH", told)


def _refuse_strange_order(select: exp.Select) -> None:
    """Rows made distinct are ordered by what they show."""
    order = select.args.get("order")
    if not select.args.get("distinct") or order is None:
        return
    shown_names = {output.alias_or_name for output in select.expressions}
    values = [output.unalias() for output in select.expressions]
    for ordered in order.expressions:
        by = ordered.this
        plain = isinstance(by, exp.Literal) or (
            isinstance(by, exp.Column) and not by.table and by.name in shown_names
        )
        if not plain and by not in values:
            told = "For SELECT DISTINCT, ORDER BY expressions must appear in select list"
            raise wrong("EXPRESSION_NOT_IN_DISTINCT", told)


def _is_untyped(node: exp.Expr) -> bool:
    """A table in brackets, a named window, or the column of ``count(*)``, has no type."""
    if isinstance(node, exp.Window):
        return isinstance(node.this, exp.Identifier)
    return isinstance(node, exp.Subquery | exp.Column) and (
        not isinstance(node, exp.Column) or isinstance(node.this, exp.Star)
    )
