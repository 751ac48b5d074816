"""How a live view and the wanted one differ, by meaning; pure."""

from dataclasses import dataclass
from difflib import unified_diff
from functools import lru_cache, reduce

from sqlglot import exp
from sqlglot.errors import SqlglotError

from flowathena.sql import dialect
from flowathena.sql.statement import Statement
from flowathena.table.view_text import View

_OPERATORS = (exp.Binary, exp.Unary, exp.Between, exp.In)
_CALLS = (exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.Dot)
_CHAINED = (exp.And, exp.Or, exp.DPipe)


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


def _join(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    return exp.DPipe(this=left, expression=right)


def _needs_parentheses(node: exp.Expr) -> bool:
    """Whether a node is an operation within another; a chain of one operator needs none."""
    parent = node.parent
    if not isinstance(parent, _OPERATORS) or isinstance(node, _CALLS):
        return False
    return not (isinstance(node, _CHAINED) and type(node) is type(parent) and node is parent.this)
