"""The nodes of a tree by kind, and the parts of one: what it compares, what it calls; pure."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from sqlglot import exp

_Node = TypeVar("_Node", bound=exp.Expr)


def of_kind(nodes: Iterable[exp.Expr], *kinds: type[_Node]) -> list[_Node]:
    """The nodes of some kinds, in their order."""
    return [node for node in nodes if isinstance(node, kinds)]


def sides(node: exp.Expr) -> Iterator[exp.Expr]:
    """The operands of a comparison or of arithmetic, out of their parentheses."""
    for side in (node.this, node.expression, node.args.get("low"), node.args.get("high")):
        if isinstance(side, exp.Expr):
            yield side.unnest()
    for side in node.expressions:
        yield side.unnest()


def conjuncts(node: exp.Expr) -> list[exp.Expr]:
    """The conditions that all have to be met for one to be; without brackets around them."""
    node = node.unnest()
    return [*conjuncts(node.left), *conjuncts(node.right)] if isinstance(node, exp.And) else [node]


def line(node: exp.Expr) -> int | None:
    """The line of a node in its text, from 1: that of the first name in it, or around it."""
    place: exp.Expr | None = node
    while place is not None:
        for part in place.walk():
            if found := part.meta.get("line"):
                return int(found)
        place = place.parent
    return None


def call(node: exp.Expr) -> tuple[str, list[exp.Expr]]:
    """The name of a function that is called, in lower case, and its arguments; or an empty name."""
    if isinstance(node, exp.Anonymous):
        return node.name.lower(), [each.unnest() for each in node.expressions]
    return "", []
