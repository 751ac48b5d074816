"""What a statement must not contain on the local engine, or on Athena; pure.

Some is refused before anything has a type, the rest once everything has one.
"""

from sqlglot import exp

from flowathena.engine.local import semantics
from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.base import shown
from flowathena.engine.local.semantics.types import invalid, is_a, of, spelled, unsupported

_CASTS = (
    *(types.NUMBERS | types.TEXTS | types.BOOLEAN | types.ADDRESS),
    *(types.TIMES | types.TIME | types.NESTED | types.JSON | types.BINARY),
)


def refuse_other_meanings(tree: exp.Expr) -> None:
    """Refuse what qualifying would silently give another meaning."""
    for select in tree.find_all(exp.Select):
        _refuse_output_names_in_order(select)
    for fetch in tree.find_all(exp.Fetch):
        options = fetch.args.get("limit_options")
        if options is not None and options.args.get("with_ties"):
            raise unsupported("FETCH FIRST … WITH TIES")


def _refuse_output_names_in_order(select: exp.Select) -> None:
    """In ``ORDER BY a + 0`` Trino means the output ``a``, sqlglot the column below it."""
    order = select.args.get("order")
    names = {
        output.alias
        for output in select.expressions
        if isinstance(output, exp.Alias) and output.this.name != output.alias
    }
    for ordered in order.expressions if order else ():
        if isinstance(ordered.this, exp.Column):
            continue
        for column in ordered.find_all(exp.Column):
            if not column.table and column.name in names:
                raise unsupported(f"ORDER BY an expression over the output {column.name}")


def refuse_unknown(tree: exp.Expr) -> None:
    """Refuse nodes without a row, and arguments that DuckDB reads differently."""
    for node in tree.walk():
        if not semantics.is_known(node):
            raise unsupported(_description(node))
        if not semantics.takes_its_arguments(node):
            raise unsupported(f"{_description(node)} with these arguments")
    for cast in tree.find_all(exp.Cast):
        _refuse_cast(cast)


def refuse_qualified_keys(tree: exp.Expr) -> None:
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
                message = f"Column {name} cannot be resolved (write {column.name})"
                raise invalid("COLUMN_NOT_FOUND", message)


def _description(node: exp.Expr) -> str:
    if isinstance(node, exp.AtTimeZone):
        return "AT TIME ZONE"
    if isinstance(node, exp.Anonymous):
        return f"function {node.name.lower()}"
    text = shown(node)
    if isinstance(node, exp.Func):
        return f"function {text.partition('(')[0].lower()}"
    return text if len(text) < 60 else type(node).__name__  # noqa: PLR2004 - fits on a line


def _refuse_cast(cast: exp.Cast) -> None:
    for part in types.inside(cast.to):
        _refuse_type(cast, part)


def _refuse_type(cast: exp.Cast, to: exp.DataType) -> None:
    if to.this is exp.DType.TEXT:
        raise invalid("TYPE_MISMATCH", "Athena has no type string (write varchar)")
    if to.this not in _CASTS:
        raise unsupported(f"type {spelled(to)}")
    timed = types.TIMESTAMP | types.TIMESTAMP_TZ | types.TIME
    odd = to.this in timed and types.precision_of(to) not in {0, 3, 6}
    if odd and not cast.this.is_string:
        raise unsupported(f"type {spelled(to)}")


def refuse_untyped(tree: exp.Expr) -> None:
    """Refuse expressions of unknown type, whose DuckDB form could be the wrong one."""
    for node in tree.walk():
        if type(node) not in semantics.FUNCTIONS and not isinstance(node, exp.Column):
            continue
        if isinstance(node, exp.Column) and not node.table and node.find_ancestor(exp.Having):
            raise invalid("COLUMN_NOT_FOUND", f"Column {node.name!r} cannot be resolved")
        if is_a(node, {exp.DType.UNKNOWN}) and not _needs_no_type(node):
            raise unsupported(f"expression of unknown type ({shown(node)}: cast it)")
    _refuse_maps_as_keys(tree)
    _refuse_values_of_rows(tree)
    for select in tree.find_all(exp.Select):
        _refuse_hidden_order(select)
    for clause in tree.find_all(exp.Where, exp.Having):
        if not is_a(clause.this, types.BOOLEAN | types.OPEN):
            message = f"{shown(clause)} is {spelled(of(clause.this))}, not boolean"
            raise invalid("TYPE_MISMATCH", message)


def _refuse_values_of_rows(tree: exp.Expr) -> None:
    """Trino makes columns of their fields."""
    for values in tree.find_all(exp.Values):
        for row in values.expressions:
            if len(row.expressions) == 1 and is_a(row.expressions[0], types.ROW):
                raise unsupported("VALUES of rows (write their fields in brackets)")


def _refuse_maps_as_keys(tree: exp.Expr) -> None:
    """Equal maps may have their entries in another order, which is another value in DuckDB."""
    for group in tree.find_all(exp.Group):
        for key in group.expressions:
            _refuse_map(_key(group, key))
    for distinct in tree.find_all(exp.Distinct):
        select = distinct.parent
        for value in select.selects if isinstance(select, exp.Select) else distinct.expressions:
            _refuse_map(value)
    for operation in tree.find_all(exp.SetOperation):
        if operation.args.get("distinct"):
            for value in operation.selects:
                _refuse_map(value)


def _key(group: exp.Group, key: exp.Expr) -> exp.Expr:
    """What is grouped by: a number is the place of an output."""
    select = group.parent
    if isinstance(key, exp.Literal) and key.is_int and isinstance(select, exp.Select):
        return select.selects[int(key.name) - 1]
    return key


def _refuse_map(value: exp.Expr) -> None:
    if any(part.this in types.MAP | types.JSON for part in types.inside(of(value))):
        raise unsupported(f"distinct or grouped values of type {spelled(of(value))}")


def _refuse_hidden_order(select: exp.Select) -> None:
    """Distinct rows can only be ordered by what they show."""
    order = select.args.get("order")
    if not select.args.get("distinct") or order is None:
        return
    names = {output.alias_or_name for output in select.expressions}
    values = [output.unalias() for output in select.expressions]
    for ordered in order.expressions:
        by = ordered.this
        plain = isinstance(by, exp.Literal) or (
            isinstance(by, exp.Column) and not by.table and by.name in names
        )
        if not plain and by not in values:
            message = "For SELECT DISTINCT, ORDER BY expressions must appear in select list"
            raise invalid("EXPRESSION_NOT_IN_DISTINCT", message)


def _needs_no_type(node: exp.Expr) -> bool:
    """A table in brackets, a named window, or the column of ``count(*)``, has no type."""
    if isinstance(node, exp.Window):
        return isinstance(node.this, exp.Identifier)
    return isinstance(node, exp.Subquery | exp.Column) and (
        not isinstance(node, exp.Column) or isinstance(node.this, exp.Star)
    )
