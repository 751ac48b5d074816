"""One text of Athena SQL with its tokens and trees, so that it is parsed only once. Pure."""

from collections.abc import Sequence
from functools import cached_property
from typing import TypeVar

from sqlglot import exp
from sqlglot.errors import ParseError

from flowathena.sql import dialect, grammar, nodes
from flowathena.sql.dialect import Token, TokenType

_Node = TypeVar("_Node", bound=exp.Expr)


class Statement:
    """A text of Athena SQL. Tokens and trees are made on first use and kept.

    Trees are shared: copy one before you change it.

    Args:
        sql: the text.
        tokens: its tokens, if they are known.
    """

    def __init__(self, sql: str, tokens: list[Token] | None = None) -> None:
        self.sql = sql
        if tokens is not None:
            self.tokens = tokens

    @cached_property
    def tokens(self) -> list[Token]:
        """The tokens of the text.

        Raises:
            sqlglot.errors.SqlglotError: a quote or comment is not closed.
        """
        return dialect.tokens(self.sql)

    @cached_property
    def trees(self) -> list[exp.Expr]:
        """The tree of every statement in the text; semicolons separate statements.

        Raises:
            sqlglot.errors.SqlglotError: the text is not SQL.
        """
        return dialect.parse(self.tokens, self.sql)

    @property
    def tree(self) -> exp.Expr:
        """The tree of the first statement.

        Raises:
            sqlglot.errors.SqlglotError: the text is not SQL, or contains no statement.
        """
        if not self.trees:
            raise ParseError("there is no statement")
        return self.trees[0]

    @cached_property
    def nodes(self) -> list[exp.Expr]:
        """Every node of the first tree, level by level.

        Raises:
            sqlglot.errors.SqlglotError: the text is not SQL, or contains no statement.
        """
        return list(self.tree.walk())

    def find_all(self, *kinds: type[_Node]) -> list[_Node]:
        """The nodes of some kinds, as ``tree.find_all``, which walks the tree each time.

        Raises:
            sqlglot.errors.SqlglotError: the text is not SQL, or contains no statement.
        """
        return nodes.of_kind(self.nodes, *kinds)

    @cached_property
    def refusals(self) -> list[grammar.Refusal]:
        """What sqlglot accepts in the text but Athena's grammar refuses, with lines from 1.

        Raises:
            sqlglot.errors.SqlglotError: a quote or comment is not closed.
        """
        return grammar.refusals(self.sql, self.tokens)

    @cached_property
    def tree_refusals(self) -> list[grammar.Refusal]:
        """The same, as far as it needs the trees.

        Raises:
            sqlglot.errors.SqlglotError: the text is not SQL.
        """
        if not self.trees:
            return []
        others = (list(tree.walk()) for tree in self.trees[1:])
        return [
            refusal for each in (self.nodes, *others) for refusal in grammar.tree_refusals(each)
        ]

    @cached_property
    def odd_numbers(self) -> list[str]:
        """Numbers that Athena reads and sqlglot takes for something else: ``1_000``, ``0b11``."""
        return grammar.odd_numbers(self.tokens)

    def with_ctes(self, ctes: Sequence[str]) -> "Statement":
        """This statement with common table expressions (``name AS (…)``) before its own."""
        return _Extended(self, ctes) if ctes else self


class _Extended(Statement):
    """A statement with additional common table expressions; only these are parsed."""

    def __init__(self, inner: Statement, ctes: Sequence[str]) -> None:
        super().__init__(_splice(inner, ctes))
        self._inner = inner
        self._ctes = ctes

    @cached_property
    def trees(self) -> list[exp.Expr]:
        tree = self._inner.tree.copy()
        while isinstance(tree, exp.Subquery) and tree.is_wrapper:
            tree = tree.this.pop()  # as sqlglot reads a WITH before brackets
        if "with_" not in tree.arg_types:
            return super().trees
        front = Statement(f"WITH {', '.join(self._ctes)} SELECT 1").tree.args["with_"]
        own = tree.args.get("with_")
        if own is None:
            tree.set("with_", front)
        else:
            own.set("expressions", [*front.expressions, *own.expressions])
        return [tree]

    @property
    def refusals(self) -> list[grammar.Refusal]:
        return self._inner.refusals

    @property
    def odd_numbers(self) -> list[str]:
        return self._inner.odd_numbers

    @property
    def tree_refusals(self) -> list[grammar.Refusal]:
        return self._inner.tree_refusals


def _splice(inner: Statement, ctes: Sequence[str]) -> str:
    text, tokens = inner.sql, inner.tokens
    if tokens[0].token_type is not TokenType.WITH:
        return f"WITH {', '.join(ctes)}\n{text}"
    recursive = tokens[1].token_type is TokenType.RECURSIVE
    at = tokens[1 if recursive else 0].end + 1
    return f"{text[:at]} {', '.join(ctes)},{text[at:]}"
