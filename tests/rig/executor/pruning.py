"""Which registered partitions a query reads: the conjuncts on partition columns decide."""

from collections.abc import Iterator

from sqlglot import exp

from tests.rig.executor.dialect import PATH

_OPAQUE = ("group", "having", "limit", "offset", "distinct", "windows", "qualify")


def _conjuncts(select: exp.Select) -> list[exp.Expr]:
    where = select.args.get("where")
    parts = list(where.this.flatten()) if where and isinstance(where.this, exp.And) else []
    if where and not parts:
        parts = [where.this]
    inner = [
        join.args["on"]
        for join in select.args.get("joins") or []
        if join.args.get("on") and not join.side
    ]
    for condition in inner:
        parts += list(condition.flatten()) if isinstance(condition, exp.And) else [condition]
    return [item.unnest() for item in parts]


def _null_supplied(select: exp.Select, alias: str) -> bool:
    for join in select.args.get("joins") or []:
        if join.side in ("RIGHT", "FULL"):
            return True
        if join.side == "LEFT" and join.alias_or_name == alias:
            return True
    return False


def _columns_of(condition: exp.Expr, alias: str) -> list[exp.Column] | None:
    if condition.find(exp.Query, exp.Exists, exp.Rand, exp.AggFunc, exp.Window):
        return None
    columns = list(condition.find_all(exp.Column))
    mine = all(column.table == alias for column in columns)
    return columns if columns and mine else None


def _transparent(select: exp.Select) -> bool:
    if any(select.args.get(name) for name in _OPAQUE):
        return False
    return not any(item.find(exp.AggFunc, exp.Window) for item in select.selects)


def _consumer(select: exp.Select, tree: exp.Expr) -> tuple[exp.Select, str] | None:
    """Give the one query that reads a CTE or a derived table, and its alias there."""
    parent = select.parent
    if isinstance(parent, exp.Subquery) and isinstance(parent.parent, exp.From | exp.Join):
        outer = parent.find_ancestor(exp.Select)
        return (outer, parent.alias) if outer else None
    if not isinstance(parent, exp.CTE):
        return None
    name = parent.alias
    uses = [node for node in tree.find_all(exp.Table) if node.name == name and not node.db]
    if len(uses) != 1 or not isinstance(uses[0].parent, exp.From | exp.Join):
        return None
    outer = uses[0].find_ancestor(exp.Select)
    return (outer, uses[0].alias_or_name) if outer else None


def _usable(select: exp.Select, alias: str, names: dict[str, str]) -> Iterator[exp.Expr]:
    if _null_supplied(select, alias):
        return
    for condition in _conjuncts(select):
        columns = _columns_of(condition, alias)
        if columns and all(column.name in names for column in columns):
            yield _renamed(condition, names)


def _renamed(condition: exp.Expr, names: dict[str, str]) -> exp.Expr:
    def bare(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Column):
            return node
        fresh = exp.column(names[node.name], quoted=True)
        fresh.type = node.type
        return fresh

    return condition.copy().transform(bare)


def _passed_on(select: exp.Select, alias: str, names: dict[str, str]) -> dict[str, str]:
    """Name the partition columns as the query's own outputs show them."""
    shown = {}
    for item in select.selects:
        source = item.unalias()
        mine = isinstance(source, exp.Column) and source.table == alias
        if mine and source.name in names:
            shown[item.alias_or_name] = names[source.name]
    return shown


def conditions(tree: exp.Expr, scan: str, keys: list[str]) -> list[exp.Expr]:
    """Give the conditions on the partition keys that every row of a scan has to meet."""
    node = next(item for item in tree.find_all(exp.Table) if item.name == scan)
    select = node.find_ancestor(exp.Select)
    direct = isinstance(node.parent, exp.From | exp.Join)
    alias, names = node.alias_or_name, {key: key for key in keys}
    found: list[exp.Expr] = []
    while select is not None and direct and names:
        found += _usable(select, alias, names)
        outer = _consumer(select, tree) if _transparent(select) else None
        if outer is None or _null_supplied(select, alias):
            break
        names = _passed_on(select, alias, names)
        select, alias = outer
    return found


def left_out(tree: exp.Expr, scan: str) -> list[tuple[str, str]]:
    """Give the ranges of paths whose files are not opened, as Trino pushes such conditions down.

    A condition that computes something of the path is applied to rows: their files are opened.
    """
    node = next(item for item in tree.find_all(exp.Table) if item.name == scan)
    select = node.find_ancestor(exp.Select)
    ranges = [
        item.this.unnest()
        for item in (_conjuncts(select) if select else ())
        if isinstance(item, exp.Not) and isinstance(item.this.unnest(), exp.Between)
    ]
    return [
        (span.args["low"].name, span.args["high"].name)
        for span in ranges
        if span.this.name == PATH and span.args["low"].is_string and span.args["high"].is_string
    ]
