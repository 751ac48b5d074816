"""One node of a tree in the place of another, however long the list it stands in. Pure."""

from sqlglot import exp


def swap(node: exp.Expr, other: exp.Expr) -> exp.Expr:
    """Put another node in the place of one, and return it; a node without a parent has no place.

    sqlglot's own ``replace`` numbers every neighbour of the node anew, so that replacing each item
    of a list takes a time that grows with the square of its length: 6 s for 6,000 literals.
    """
    parent, key, index = node.parent, node.arg_key, node.index
    if parent is None or not key or other is node:
        return other
    if index is None:
        return node.replace(other)
    # Appending and taking back makes ``other`` a child and forgets the hashes of those above.
    parent.append(key, other)
    siblings = parent.args[key]
    siblings.pop()
    siblings[index] = other
    other.index = index
    node.parent = node.arg_key = node.index = None
    return other
