"""What every mend is written with: calls, conditions and errors in DuckDB's SQL."""

from collections.abc import Callable

from sqlglot import exp

Mend = Callable[[exp.Expr], exp.Expr]


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A call of a DuckDB function, out of reach of sqlglot's own ideas of it."""
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


def text(value: str) -> exp.Literal:
    """A literal text."""
    return exp.Literal.string(value)


def number(value: int) -> exp.Expr:
    """A literal integer."""
    return exp.Literal.number(value)


def duckdb(sql: str, **parts: exp.Expr) -> exp.Expr:
    """A piece of DuckDB's SQL in which ``:name`` stands for a part."""
    return exp.replace_placeholders(
        exp.maybe_parse(sql, dialect="duckdb", copy=False),
        **{name: exp.paren(part.copy()) for name, part in parts.items()},
    )


def cast(node: exp.Expr, to: str | exp.DataType) -> exp.Cast:
    """A cast that stands there whatever sqlglot thinks of the node's type."""
    return exp.Cast(this=node.copy(), to=exp.DataType.build(to, dialect="duckdb").copy())


def is_null(*nodes: exp.Expr) -> exp.Expr:
    """Whether any of them is NULL."""
    return exp.or_(*(exp.Is(this=exp.paren(n.copy()), expression=exp.Null()) for n in nodes))


def refuse_row(name: str, what: str) -> exp.Expr:
    """An error of that name when a row gets there."""
    return call("error", text(f"{name}: {what}"))


def guarded(bad: exp.Expr, name: str, what: str, value: exp.Expr) -> exp.Expr:
    """The value, or an error for the rows where ``bad`` is true."""
    return exp.paren(exp.Case().when(bad, refuse_row(name, what)).else_(value))


def is_natural(node: exp.Expr) -> bool:
    """Whether it is written as a whole number above 0, not too large for any function."""
    return isinstance(node, exp.Literal) and node.is_int and 0 < int(node.name) < 2**31
