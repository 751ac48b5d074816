"""Where DuckDB means something else than Athena: one mend a kind of node; pure.

A mend takes a typed node of sqlglot's tree whose children are mended already, and gives what DuckDB
must run instead, or refuses by name what it cannot express. Each docstring says what differs.
"""

from sqlglot import exp

from flowathena.engine.local.semantics import (
    addresses,
    aggregates,
    arrays,
    casts,
    numbers,
    patterns,
    texts,
    times,
)
from flowathena.engine.local.semantics.sql import Mend, cast
from flowathena.engine.local.semantics.types import DECIMAL, is_a, of


def _plus(node: exp.Expr) -> exp.Expr:
    return cast(exp.paren(node), of(node).copy()) if is_a(node, DECIMAL) else times.MOVED(node)


_MENDS: dict[type[exp.Expr], Mend] = {
    **numbers.MENDS,
    **texts.MENDS,
    **patterns.MENDS,
    **times.MENDS,
    **arrays.MENDS,
    **casts.MENDS,
    **aggregates.MENDS,
    **addresses.MENDS,
    exp.Add: _plus,
    exp.Sub: _plus,
}


def mend(node: exp.Expr) -> exp.Expr:
    """Put what DuckDB must run in a node's place; it is the same one where both engines agree."""
    change = _MENDS.get(type(node))
    if change is None or aggregates.is_inside(node):
        return node
    # Out of the tree while it is mended: the new node may hold the old one.
    place = exp.Placeholder()
    if node.parent is not None:
        node.replace(place)
    fresh = change(node)
    if place.parent is not None:
        place.replace(fresh)
    return fresh
