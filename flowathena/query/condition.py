"""A condition over the columns of a query's result, written as SQL. Pure.

The query becomes a subselect, so that the engine itself evaluates the condition, with Athena's
meaning. It is one expression over the result's own columns and nothing else: no subquery, no
aggregate, no second statement, no comment that would swallow what follows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from sqlglot import exp
from sqlglot.errors import SqlglotError

from flowathena.errors import UsageError
from flowathena.query import relation
from flowathena.sql import dialect, functions, nodes
from flowathena.sql.dialect import TokenType
from flowathena.sql.statement import Statement
from flowathena.text import did_you_mean, shortened

_ALIAS = "checked"
_MOST_CHARACTERS = 10_000
_REFUSED = (
    (exp.Query, "has a subquery; it may only compare columns of the result"),
    (exp.Window, "has a window function; it is asked of one row at a time"),
    (exp.Star, "has a *; name the columns"),
    (exp.Placeholder, "has a placeholder; write the value"),
    (exp.Parameter, "has a placeholder; write the value"),
)


@dataclass(frozen=True)
class Condition:
    """One boolean expression over the columns of a result."""

    text: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """The condition that a text says.

        Raises:
            UsageError: it is more or less than one expression, or Athena would refuse it.
        """
        if len(text) > _MOST_CHARACTERS:
            raise UsageError(f"--where: a condition has {_MOST_CHARACTERS:,} characters at most")
        made = cls(text.strip())
        for problem in made._problems():
            raise UsageError(f"--where {shortened(text)!r}: {problem}")
        return made

    def narrow(self, statement: Statement, columns: Mapping[str, str]) -> Statement:
        """A statement that returns those rows of another that meet the condition.

        Args:
            statement: the other; one SELECT.
            columns: the columns of ``flow_logs``, of which a ``*`` gives some.

        Raises:
            UsageError: the condition names a column that the result does not have.
        """
        known = output_names(statement.tree, columns)
        for column in self._alone.find_all(exp.Column):
            name = column.name.lower()
            if known is None or name in known:
                continue
            hint = did_you_mean(name, known)
            raise UsageError(
                f"--where: the result has no column {name!r}; {hint}columns: {', '.join(known)}"
            )
        # Comments before and after the statement are gone, and the condition has none.
        inner = f"(\n{statement.sql}\n) AS {_ALIAS}"
        return Statement(f"SELECT * FROM {inner}\nWHERE ({self.text})")  # noqa: S608 - one expression

    @property
    def _alone(self) -> Statement:
        return Statement(f"SELECT 1 WHERE ({self.text})")

    def _problems(self) -> Iterator[str]:
        try:
            tokens = dialect.tokens(self.text)
        except SqlglotError:
            yield "a quote or comment is not closed"
            return
        if not tokens:
            yield "is empty; write a condition such as packets > 1000"
            return
        if _outside(self.text, tokens).strip():
            yield "has a comment; leave it out"
            return
        yield from _unbalanced(tokens)
        yield from self._problems_of_tree()

    def _problems_of_tree(self) -> Iterator[str]:
        alone = self._alone
        try:
            trees, tree = alone.trees, alone.tree
        except SqlglotError as error:
            yield f"cannot be read as SQL: {dialect.describe_error(error)}"
            return
        except RecursionError:
            yield "is nested too deeply"
            return
        where = tree.args.get("where")
        own = {name for name, value in tree.args.items() if value}
        if len(trees) != 1 or where is None or own - {"where", "expressions", "kind"}:
            yield "is not one condition; write one, such as packets > 1000 AND dstport = 22"
            return
        yield from _problems_of(where)
        yield from (reason for reason, _ in (*alone.refusals, *alone.tree_refusals))


def _problems_of(where: exp.Expr) -> Iterator[str]:
    found = list(where.walk())
    for kind, problem in _REFUSED:
        # count(*) is refused as an aggregate, which a * in a call does not explain.
        if any(not isinstance(each.parent, exp.Anonymous) for each in nodes.of_kind(found, kind)):
            yield problem
    for column in nodes.of_kind(found, exp.Column):
        if column.table:
            yield f"{dialect.written(column)} is of a table; write {column.name}"
    for name in nodes.of_kind(found, exp.Identifier):
        if not name.quoted and name.name.lower() == "end":
            yield 'end is reserved in Athena; write "end"'
    for call in nodes.of_kind(found, exp.Anonymous):
        if functions.is_aggregate(call.name):
            yield f"{call.name} makes one value of many rows; it is asked of one row at a time"


def _unbalanced(tokens: list[dialect.Token]) -> Iterator[str]:
    """Whether brackets close what is not open in the condition itself, or a statement ends."""
    depth = 0
    for token in tokens:
        depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
        if depth < 0:
            yield "closes a bracket that is not open"
            return
        if token.token_type is TokenType.SEMICOLON:
            yield "has a semicolon; write one condition"
            return
    if depth:
        yield "leaves a bracket open"


def _outside(text: str, tokens: list[dialect.Token]) -> str:
    """What of a text is in no token: blanks, and comments."""
    parts, at = [], 0
    for token in tokens:
        parts.append(text[at : token.start])
        at = token.end + 1
    return "".join((*parts, text[at:]))


def output_names(tree: exp.Expr, columns: Mapping[str, str]) -> list[str] | None:
    """The columns of a result, in lower case; None if a ``*`` gives some that are not known.

    Args:
        tree: the statement.
        columns: the columns of ``flow_logs``, of which a ``*`` gives some.
    """
    assert isinstance(tree, exp.Query)  # noqa: S101 - inspected
    known: list[str] = []
    for output in tree.selects:
        if not output.is_star:
            known.append(output.alias_or_name.lower())
        elif _reads_relation_alone(tree):
            known += relation.columns_of_star(columns)
        else:
            return None
    return [name for name in known if name]


def _reads_relation_alone(tree: exp.Expr) -> bool:
    tables = list(tree.find_all(exp.Table))
    return bool(tables) and all(table.name.lower() == relation.NAME for table in tables)
