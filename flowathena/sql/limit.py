"""How many rows a statement's own LIMIT lets through. Pure."""

from sqlglot import exp

from flowathena.sql import functions


def final_limit(tree: exp.Expr) -> int | None:
    """The rows of the last LIMIT or FETCH FIRST, which cuts the result.

    None if there is none, or if the statement cannot have more rows than one anyway. A LIMIT of an
    inner query cuts what is computed from, not the result.
    """
    while isinstance(tree, exp.Subquery) and tree.args.get("limit") is None:
        tree = tree.this
    limit = tree.args.get("limit")
    if limit is None or _has_one_row(tree):
        return None
    # FETCH FIRST ROW ONLY is one row.
    amount = limit.args.get("count" if isinstance(limit, exp.Fetch) else "expression")
    if amount is None:
        return 1 if isinstance(limit, exp.Fetch) else None
    is_number = isinstance(amount, exp.Literal) and amount.is_int  # not LIMIT ALL
    return int(amount.name) if is_number else None


def _has_one_row(tree: exp.Expr) -> bool:
    """Whether a statement has one row by its nature: aggregates without GROUP BY, or no table."""
    if not isinstance(tree, exp.Select) or tree.args.get("group"):
        return False
    if not tree.args.get("from_"):
        return True
    return any(_aggregates(output) for output in tree.expressions)


def _aggregates(node: exp.Expr) -> bool:
    """Whether an output aggregates the rows of its own SELECT."""
    if isinstance(node, exp.Window | exp.Query | exp.Subquery):
        return False
    named = isinstance(node, exp.Anonymous) and functions.is_aggregate(node.name)
    if named or isinstance(node, exp.GroupConcat):
        return True
    return any(_aggregates(part) for part in node.iter_expressions())
