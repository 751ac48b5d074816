"""Values of a row in the language of CloudWatch Logs Insights; pure.

What maps to what is in the tables below; everything else is refused by name.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sqlglot import exp

from flowathena.query.insights.fields import NO_FORM, RefusalError, Scope, Term, key_of, quoted
from flowathena.sql.dialect import written

FUNCTIONS: Mapping[str, str] = {
    "abs": "abs",
    "ceil": "ceil",
    "ceiling": "ceil",
    "floor": "floor",
    "greatest": "greatest",
    "least": "least",
    "length": "strlen",
    "lower": "tolower",
    "upper": "toupper",
    "trim": "trim",
}
"""Insights' name of each function that is the same in both."""
NUMERIC = frozenset({"integer", "bigint", "double"})

_RESULT_TYPES = {"length": "bigint", "lower": "varchar", "upper": "varchar", "trim": "varchar"}
_OPERATORS: Mapping[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Mod: "%",
    exp.Div: "/",
}
_UNITS = {"minute": 60, "hour": 3_600, "day": 86_400}
_CASTS = {"BIGINT": "bigint", "INT": "integer", "DOUBLE": "double"}


def value(node: exp.Expr, scope: Scope) -> Term:
    """A value of a row.

    Raises:
        RefusalError: it has no form in Insights.
    """
    known = scope.get(key_of(node))
    if isinstance(known, RefusalError):
        raise known
    if known is not None:
        return known
    for kinds, write in _VALUES:
        if isinstance(node, kinds):
            return write(node, scope)
    raise RefusalError(without_form(node))


def number(node: exp.Expr, scope: Scope) -> Term:
    """A value to compute with: a number that is never ``-``.

    Raises:
        RefusalError: it is none.
    """
    term = value(node, scope)
    if term.type not in NUMERIC:
        raise RefusalError(f"{written(node)} is not a number")
    return not_absent(node, term)


def not_absent(node: exp.Expr, term: Term) -> Term:
    """The term of a part of a statement, if that is never ``-``."""
    if term.nullable:
        raise RefusalError(
            f"{written(node)} may be -, which Logs Insights does not take for NULL; leave such "
            f"records out ({written(node)} IS NOT NULL)"
        )
    return term


def _missing(node: exp.Column, _: Scope) -> Term:
    raise RefusalError(f"{node.name} is not a field of the log format")


def _negative(node: exp.Neg, scope: Scope) -> Term:
    if not isinstance(node.this, exp.Literal):
        raise RefusalError(without_form(node))
    term = _literal(node.this, scope)
    return replace(term, text=f"-{term.text}", is_signed=True)


def _literal(node: exp.Literal, _: Scope) -> Term:
    if node.is_string:
        return Term(quoted(node.name), "varchar")
    kind = "bigint" if node.name.isdigit() else "double"
    if "e" in node.name.lower():
        return Term(format(float(node.name), "f").rstrip("0").rstrip("."), kind)
    return Term(node.name, kind)


def _arithmetic(node: exp.Expr, scope: Scope) -> Term:
    left, right = number(node.this, scope), number(node.expression, scope)
    text = f"{left.operand} {_OPERATORS[type(node)]} {right.operand}"
    signed = left.is_signed or right.is_signed
    if "double" in (left.type, right.type):
        kind, signed = "double", signed or isinstance(node, exp.Sub)
        return Term(text, kind, is_operation=True, is_signed=signed)
    if signed and isinstance(node, exp.Div | exp.Mod):
        # SQL cuts off the fraction, floor() goes down; the sign of a remainder is not documented.
        raise RefusalError(f"{written(node)}, of what may be negative, {NO_FORM}")
    if isinstance(node, exp.Div):  # Insights divides with a fraction, SQL whole numbers without
        return Term(f"floor({text})", "bigint")
    signed = signed or (isinstance(node, exp.Sub) and not _is_start(left, right))
    return Term(text, "bigint", is_operation=True, is_signed=signed)


def _is_start(left: Term, right: Term) -> bool:
    """Whether ``left - right`` is the start of a step: a number less its remainder."""
    return right.text.startswith(f"{left.operand} % ")


def _cast(node: exp.Cast, scope: Scope) -> Term:
    if (seconds := seconds_of(node)) is not None:
        return replace(number(seconds, scope), type="timestamp")
    inner, kind = node.this, node.to.this.name
    if kind in _CASTS and not isinstance(node, exp.TryCast):
        term = number(inner, scope)
        if term.type != "double" or kind == "DOUBLE":  # a fraction would be rounded
            return replace(term, type=_CASTS[kind])
    raise RefusalError(without_form(node))


def seconds_of(node: exp.Cast) -> exp.Expr | None:
    """What ``CAST(from_unixtime(…) AS timestamp)`` is made of; None of any other cast."""
    inner = node.this
    is_time = node.to.this.name == "TIMESTAMP" and isinstance(inner, exp.Anonymous)
    if is_time and name_of(inner) == "from_unixtime" and len(inner.expressions) == 1:
        seconds: exp.Expr = inner.expressions[0]
        return seconds
    return None


def _call(node: exp.Anonymous, scope: Scope) -> Term:
    name, arguments = name_of(node), node.expressions
    if name == "date_trunc" and len(arguments) == 2:  # noqa: PLR2004 - unit and time
        return _truncated(node, scope)
    if name not in FUNCTIONS:
        raise RefusalError(without_form(node))
    terms = [not_absent(each, value(each, scope)) for each in arguments]
    texts = ", ".join(term.text for term in terms)
    kind = _RESULT_TYPES.get(name, terms[0].type)
    signed = name != "abs" and any(term.is_signed for term in terms)
    return Term(f"{FUNCTIONS[name]}({texts})", kind, is_signed=signed)


def _truncated(node: exp.Anonymous, scope: Scope) -> Term:
    unit, moment = node.expressions
    seconds = _UNITS.get(unit.name.lower()) if isinstance(unit, exp.Literal) else None
    term = value(moment, scope)
    if seconds is None or term.type != "timestamp":
        raise RefusalError(without_form(node))
    text = f"{term.operand} - {term.operand} % {seconds}"
    return Term(text, "timestamp", is_operation=True)


def name_of(node: exp.Anonymous) -> str:
    """The name of a function, in lower case."""
    return str(node.this).lower()


def without_form(node: exp.Expr) -> str:
    """The message about a part of a statement that Insights has nothing for."""
    if isinstance(node, exp.Anonymous):
        return f"{name_of(node)}() {NO_FORM}"
    kinds = (each for kind, each in _WORDS if isinstance(node, kind))
    return f"{next(kinds, written(node))} {NO_FORM}"


_WORDS: tuple[tuple[type[exp.Expr], str], ...] = (
    (exp.Window, "a window function (OVER)"),
    (exp.Filter, "an aggregate with FILTER"),
    (exp.Case, "CASE"),
    (exp.Subquery, "a subquery"),
)
_Writer = Callable[[Any, Scope], Term]
_VALUES: tuple[tuple[type[exp.Expr] | tuple[type[exp.Expr], ...], _Writer], ...] = (
    (exp.Paren, lambda node, scope: value(node.this, scope)),
    (exp.Column, _missing),
    (exp.Literal, _literal),
    (exp.Neg, _negative),
    (tuple(_OPERATORS), _arithmetic),
    (exp.Cast, _cast),
    (exp.Anonymous, _call),
)
