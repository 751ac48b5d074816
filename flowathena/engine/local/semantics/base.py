"""The rows of the function tables, and the parts of their type rules and DuckDB forms.

A type rule takes a node whose operands have their types and returns the node's type, or raises
Trino's error by its name. A DuckDB form takes a node that has its type and whose parts have their
forms already, and returns what DuckDB must run instead. Source of both: Trino's documentation of
functions and operators, checked on Trino 470 (``tests/semantics``).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB

from flowathena.engine.local.semantics import types
from flowathena.engine.local.semantics.types import common, invalid, is_a, of, spelled, unsupported
from flowathena.sql import dialect

Rule = Callable[[exp.Expr], exp.DataType]
"""The type of a node whose operands have their types."""

Parameters = tuple[exp.Lambda, list[exp.DataType]]
"""A lambda and the types of its parameters."""

Form = Callable[[exp.Expr], exp.Expr]
"""What DuckDB runs in place of a typed node, which the form may change or take apart."""

LOCAL = "the local engine"
"""The name of an error that is not Trino's."""

_IT = "flowathena_it"

_KINDS: dict[str, frozenset[exp.DType]] = {
    "text": types.TEXTS,
    "int": types.INTEGERS,
    "num": types.NUMBERS,
    "bool": types.BOOLEAN,
    "time": types.TIMES,
    "zoned": types.TIMES - types.DATE,
    "double": types.DOUBLE,
    "interval": types.INTERVAL,
    "array": types.ARRAY,
    "map": types.MAP,
    "row": types.ROW,
    "json": types.JSON,
    "bytes": types.BINARY,
    "address": types.ADDRESS,
}
"""The words of a signature."""


@dataclass(frozen=True)
class Function:
    """What one function or operator of Trino means, and how DuckDB computes it.

    Attributes:
        node: sqlglot's kind of node.
        names: Trino's names of it, separated by spaces: of functions, or of an operator.
        type: the rule of its type, or a signature (see ``signature``).
        form: its DuckDB form; None if DuckDB means the same by it.
        arguments: sqlglot's names of the arguments it may have, separated by spaces, if any other
            means something else in DuckDB; None if it may have all.
        lambdas: gives the lambdas among its arguments, with the types of their parameters. The
            types of the operands before a lambda are known when it is asked for.
    """

    node: type[exp.Expr]
    names: str
    type: Rule | str
    form: Form | None = None
    arguments: str | None = None
    lambdas: Callable[[exp.Expr], Iterator[Parameters]] | None = None

    @property
    def rule(self) -> Rule:
        """The rule of its type."""
        return signature(self.type) if isinstance(self.type, str) else self.type


_NO_VALUES = (exp.Var, exp.DataType, exp.Lambda)


class Named(exp.Expression, exp.Func):
    """A call of a function for which sqlglot has no node; its arguments are ``expressions``."""

    arg_types: ClassVar[dict[str, bool]] = {"expressions": False}
    is_var_len_args = True


def named(name: str) -> type[Named]:
    """A kind of node of our own, for the row of a function that sqlglot does not know.

    Where sqlglot knows the name too, and makes more than one kind of node of it, ours is taken.
    """
    return type(name, (Named,), {"_sql_names": [name.upper()]})


# Type rules


def unknown() -> exp.DataType:
    """The type of what cannot be typed."""
    return exp.DType.UNKNOWN.into_expr()


def operands(node: exp.Expr) -> Iterator[exp.Expr]:
    """The values a node works on, in the order in which sqlglot keeps them."""
    for name in node.arg_types:
        if name == "unit":  # 'day' in date_add: a word, not a value
            continue
        value = node.args.get(name)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, exp.Distinct):
                yield from item.expressions
            elif isinstance(item, exp.Order) and item.this:
                yield item.this
            elif isinstance(item, exp.Expr) and not isinstance(item, _NO_VALUES):
                yield item


def signature(text: str) -> Rule:
    """The rule of ``"text int -> bigint"``; the last operand may be repeated.

    A result of ``1`` is the type of the first operand.
    """
    words, _, result = text.partition(" -> ")
    kinds = words.split()

    def rule(node: exp.Expr) -> exp.DataType:
        values = list(operands(node))
        for place, value in enumerate(values):
            require(node, value, kinds[min(place, len(kinds) - 1)])
        if result != "1":
            return exp.DataType.build(result, dialect=dialect.NAME)
        if is_a(values[0], {exp.DType.NULL}):
            raise unsupported(f"{shown(node)} of a bare NULL (cast it to a type)")
        return of(values[0])

    return rule


def require(node: exp.Expr, operand: exp.Expr, kind: str) -> None:
    """Raise unless an operand of the node is of a kind that signatures name, or still open."""
    actual = of(operand)
    if kind == "any" or actual.this in types.OPEN or actual.this in _KINDS[kind]:
        return
    if kind == "text" and actual.this in types.BINARY:  # many functions of texts take bytes
        raise unsupported(f"{shown(node)} of {spelled(actual)}")
    raise invalid("TYPE_MISMATCH", f"{shown(node)} does not take {spelled(actual)}")


def shown(node: exp.Expr) -> str:
    """The node nearly as it was written, for messages."""
    return node.sql(dialect.NAME)


def supertype(node: exp.Expr, values: list[exp.Expr]) -> exp.DataType:
    """The one type to which all the values are brought."""
    result = exp.DType.NULL.into_expr()
    for value in values:
        wider = common(result, of(value))
        if wider is None:
            mixed = f"{spelled(result)} and {spelled(of(value))}"
            raise invalid("TYPE_MISMATCH", f"{shown(node)} mixes {mixed}")
        result = wider
    return result


def same(node: exp.Expr) -> exp.DataType:
    """All operands have one type, which is the node's."""
    return supertype(node, list(operands(node)))


def inner(node: exp.Expr) -> exp.DataType:
    """The type of what is inside."""
    return of(node.this)


def first(node: exp.Expr) -> exp.DataType:
    """The type of the first operand."""
    return of(next(operands(node)))


# DuckDB forms


def call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A call of a DuckDB function, which sqlglot prints as it is given."""
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


def text(value: str) -> exp.Literal:
    """A literal text."""
    return exp.Literal.string(value)


def number(value: int) -> exp.Expr:
    """A literal integer."""
    return exp.Literal.number(value)


def function(node: exp.Expr, place: int, parameters: int) -> exp.Lambda:
    """The argument at a place, a lambda with so many parameters.

    Raises:
        EngineError: it is none.
    """
    given = node.expressions[place]
    if not isinstance(given, exp.Lambda) or len(given.expressions) != parameters:
        raise invalid("TYPE_MISMATCH", f"{shown(node)}: {shown(given)} is no such function")
    return given


def applied(function: exp.Lambda, *values: exp.Expr) -> exp.Expr:
    """A lambda's body in which its parameters stand for values."""
    body: exp.Expr = function.this.copy()
    for parameter, value in reversed(list(zip(function.expressions, values, strict=True))):
        body = let(parameter.name, value, body)
    return body


def let(name: str, value: exp.Expr, body: exp.Expr) -> exp.Expr:
    """The body, in which a name stands for a value: DuckDB computes a lambda's argument once."""
    given = exp.Array(expressions=[value.copy()])
    named = exp.Lambda(this=body.copy(), expressions=[exp.to_identifier(name, quoted=True)])
    return call("list_extract", call("list_transform", given, named), number(1))


def duckdb(sql: str, **parts: exp.Expr) -> exp.Expr:
    """A piece of DuckDB's SQL in which ``:name`` stands for a part.

    ``fa_json_extract`` is ``json_extract`` itself: sqlglot would make an arrow of it, which DuckDB
    reads as a lambda's.
    """
    return exp.replace_placeholders(
        _parsed(sql), **{name: exp.paren(part) for name, part in parts.items()}
    )


@cache
def _parsed(sql: str) -> exp.Expr:
    """The tree of a piece; nobody changes it."""
    tree: exp.Expr = exp.maybe_parse(sql, dialect=DuckDB, copy=False)
    for called in tree.find_all(exp.Anonymous):
        called.set("this", called.name.removeprefix("fa_"))
    # Where a node stood in the text takes longer to copy than the node itself.
    for node in tree.walk():
        for place in ("line", "col", "start", "end"):
            node.meta.pop(place, None)
    return tree


def cast(node: exp.Expr, to: str | exp.DataType) -> exp.Cast:
    """A cast, also to the type that sqlglot believes the node to have (``exp.cast`` skips it)."""
    return exp.Cast(this=node.copy(), to=exp.DataType.build(to, dialect=DuckDB).copy())


def is_null(*nodes: exp.Expr) -> exp.Expr:
    """Whether any of them is NULL."""
    return exp.or_(*(exp.Is(this=exp.paren(n), expression=exp.Null()) for n in nodes))


def once(sql: str, constants: Mapping[str, exp.Expr] | None = None, **parts: exp.Expr) -> exp.Expr:
    """As ``duckdb``, with each part computed once, however often the piece names it.

    Constants are not computed: they stand where the piece names them.
    """
    fields = ", ".join(f"'{name}': :{name}" for name in parts)
    body = re.sub(rf"(?<!:):({'|'.join(parts)})\b", rf"{_IT}.\1", sql)
    function = f"list_transform([{{{fields}}}], lambda {_IT}: {body})"
    return duckdb(f"list_extract({function}, 1)", **{**parts, **(constants or {})})


def fail(name: str, what: str) -> exp.Expr:
    """An error of that name, raised when it is evaluated for a row.

    Trino's errors are those that ``try`` catches; DuckDB's ``TRY`` accepts no ``error``. What only
    Athena can answer must not become NULL.
    """
    if name == LOCAL:
        return call("error", text(f"{name}: {what}"))
    null = exp.Array(expressions=[exp.Null()])
    return call("list_extract", null, cast(text(f"{name}: {what}"), "int"))


def athena_only(what: str) -> exp.Expr:
    """The error for a row that Athena can answer and the local engine cannot."""
    return fail(LOCAL, f"{what} runs on Athena only")


def guarded(bad: exp.Expr, name: str, what: str, value: exp.Expr) -> exp.Expr:
    """The value, or an error for the rows where ``bad`` is true."""
    return exp.paren(exp.Case().when(bad, fail(name, what)).else_(value))


def without_nan(value: exp.Expr) -> exp.Expr:
    """The value, or NULL if it is NaN."""
    return duckdb("CASE WHEN NOT isnan(:v) THEN :v END", v=value)


def has_null(values: exp.Expr) -> exp.Expr:
    """Whether an array has a NULL among its elements."""
    return exp.LT(this=call("list_count", values), expression=call("len", values))


def is_natural(node: exp.Expr) -> bool:
    """Whether it is written as a whole number above 0 that any function takes as an integer."""
    return isinstance(node, exp.Literal) and node.is_int and 0 < int(node.name) < 2**31
