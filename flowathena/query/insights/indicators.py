"""Conditions as numbers, 1 where one is true and 0 elsewhere, in CloudWatch Logs Insights; pure.

Insights has no CASE, and does not document what number a comparison is. But ``strcontains`` is 1 or
0, and of whole numbers ``least(1, greatest(0, a - b))`` is 1 exactly if a is more than b.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
"""

from collections.abc import Callable

from sqlglot import exp

from flowathena.query.insights.fields import NO_FORM, RefusalError, Scope, Term, key_of, quoted
from flowathena.query.insights.terms import NUMERIC, not_absent, value
from flowathena.sql.dialect import written

_FENCE = "|"
_WHOLE = frozenset({"integer", "bigint"})


def indicator(node: exp.Expr, scope: Scope, *, positive: bool = True) -> str:
    """An expression that is 1 if a condition is true (or false, if not ``positive``), else 0.

    NULL is neither.

    Raises:
        RefusalError: no such expression is exact.
    """
    node = node.unnest()
    if isinstance(node, exp.Not):
        return indicator(node.this, scope, positive=not positive)
    if isinstance(node, exp.And | exp.Or):
        function = "least" if isinstance(node, exp.And) is positive else "greatest"
        sides = (indicator(each, scope, positive=positive) for each in (node.this, node.expression))
        return f"{function}({', '.join(sides)})"
    for kinds, write in _FORMS:
        if isinstance(node, kinds):
            return write(node, scope, positive)
    raise RefusalError(f"the condition {written(node)} {NO_FORM} as a number")


def computed(node: exp.Expr, scope: Scope) -> Term:
    """A value of a row, as ``value`` has it; a CASE between numbers is a sum of products.

    Raises:
        RefusalError: it has no form, chooses a text or NULL, or a condition has no number.
    """
    node = node.unnest()
    is_known = key_of(node) in scope
    return _case(node, scope) if isinstance(node, exp.Case) and not is_known else value(node, scope)


def _case(node: exp.Case, scope: Scope) -> Term:
    default = node.args.get("default")
    if default is None or isinstance(default, exp.Null):
        raise RefusalError(f"CASE without ELSE, which is NULL, {NO_FORM}")
    chosen = _chosen(default, scope)
    for branch in reversed(node.args["ifs"]):
        test = branch.this
        if node.this is not None:
            test = exp.EQ(this=node.this.copy(), expression=test.copy())
        chosen = _either(indicator(test, scope), _chosen(branch.args["true"], scope), chosen)
    return chosen


def _chosen(node: exp.Expr, scope: Scope) -> Term:
    term = computed(node, scope)
    if term.type not in NUMERIC:
        raise RefusalError(f"CASE between others than numbers {NO_FORM}")
    return not_absent(node, term)


def _either(test: str, one: Term, other: Term) -> Term:
    kind = "double" if "double" in (one.type, other.type) else "bigint"
    signed = one.is_signed or other.is_signed
    parts = []
    if one.text != "0":
        parts.append(test if one.text == "1" else f"{one.operand} * {test}")
    if other.text != "0":
        rest = f"(1 - {test})"
        parts.append(rest if other.text == "1" else f"{other.operand} * {rest}")
    return Term(" + ".join(parts) or "0", kind, is_operation=True, is_signed=signed)


def _equal(node: exp.Expr, scope: Scope, positive: bool) -> str:  # noqa: FBT001
    positive = positive is isinstance(node, exp.EQ)
    left, right = node.this, node.expression
    if isinstance(left, exp.Literal):
        left, right = right, left
    term = value(left, scope)
    if isinstance(right, exp.Literal) and _is_comparable(term, value(right, scope)):
        return _is_one_of(term, [right.name], positive)
    difference = f"{_whole(left, scope)} - {_whole(right, scope)}"
    unequal = f"least(1, abs({difference}))"
    return f"(1 - {unequal})" if positive else unequal


def _is_comparable(term: Term, literal: Term) -> bool:
    """Whether a field has a value exactly if it has its text."""
    is_text = term.type == "varchar"
    return term.is_field and not term.names and is_text is (literal.type == "varchar") and (
        is_text or (literal.type == "bigint" and str(int(literal.text)) == literal.text)
    )  # fmt: skip


def _in(node: exp.In, scope: Scope, positive: bool) -> str:  # noqa: FBT001
    term, items = value(node.this, scope), node.expressions
    if not items or not all(
        isinstance(each, exp.Literal) and _is_comparable(term, value(each, scope)) for each in items
    ):
        raise RefusalError(f"the condition {written(node)} {NO_FORM} as a number")
    return _is_one_of(term, [each.name for each in items], positive)


def _is_null(node: exp.Is, scope: Scope, positive: bool) -> str:  # noqa: FBT001
    term = value(node.this, scope)
    if not isinstance(node.expression, exp.Null) or term.names:
        raise RefusalError(f"the condition {written(node)} {NO_FORM} as a number")
    if not term.nullable:
        return "0" if positive else "1"
    return _contained(term, "-") if positive else f"(1 - {_contained(term, '-')})"


def _is_one_of(term: Term, texts: list[str], positive: bool) -> str:  # noqa: FBT001
    absent = ["-"] if term.nullable and not positive else []
    tests = [_contained(term, text) for text in dict.fromkeys([*texts, *absent])]
    found = tests[0] if len(tests) == 1 else f"greatest({', '.join(tests)})"
    return found if positive else f"(1 - {found})"


def _contained(term: Term, text: str) -> str:
    """Whether a field is a text: the fence keeps it from being a part of another."""
    if _FENCE in text:
        raise RefusalError(f"{text!r} in a condition {NO_FORM} as a number")
    fence = quoted(_FENCE)
    fenced = f"concat({fence}, {term.text}, {fence})"
    return f"strcontains({fenced}, {quoted(f'{_FENCE}{text}{_FENCE}')})"


def _ordered(node: exp.Expr, scope: Scope, positive: bool) -> str:  # noqa: FBT001
    left, right = _whole(node.this, scope), _whole(node.expression, scope)
    is_more = isinstance(node, exp.GT | exp.GTE) is positive
    is_strict = isinstance(node, exp.GT | exp.LT) is positive
    more, less = (left, right) if is_more else (right, left)
    return f"least(1, greatest(0, {more} - {less}{'' if is_strict else ' + 1'}))"


def _between(node: exp.Between, scope: Scope, positive: bool) -> str:  # noqa: FBT001
    low = exp.GTE(this=node.this.copy(), expression=node.args["low"].copy())
    high = exp.LTE(this=node.this.copy(), expression=node.args["high"].copy())
    return indicator(exp.And(this=low, expression=high), scope, positive=positive)


def _whole(node: exp.Expr, scope: Scope) -> str:
    term = not_absent(node, value(node, scope))
    if term.type not in _WHOLE:
        raise RefusalError(f"{written(node)} is not a whole number")
    return term.operand


_FORMS: tuple[tuple[type[exp.Expr] | tuple[type[exp.Expr], ...], Callable[..., str]], ...] = (
    ((exp.EQ, exp.NEQ), _equal),
    ((exp.GT, exp.GTE, exp.LT, exp.LTE), _ordered),
    (exp.In, _in),
    (exp.Between, _between),
    (exp.Is, _is_null),
)
