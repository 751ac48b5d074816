"""Conditions of a SELECT in the language of CloudWatch Logs Insights; pure.

SQL keeps a row if its condition is true, and NULL is not; Insights knows no NULL but compares the
text ``-``. So what is written keeps a row exactly if the condition is true: NOT is carried down to
the comparisons, and one that ``-`` could pass says so itself.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from sqlglot import exp

from flowathena.query.derived import DERIVED
from flowathena.query.insights.fields import (
    OF_FLOWS,
    RefusalError,
    Scope,
    Term,
    key_of,
    present,
    quoted,
)
from flowathena.query.insights.public import PublicColumnError, within
from flowathena.query.insights.terms import NUMERIC, value
from flowathena.sql import nodes
from flowathena.sql.dialect import written

ABSENT = quoted("-")

_SIGNS: Mapping[type[exp.Expr], tuple[str, str]] = {
    exp.EQ: ("=", "!="),
    exp.NEQ: ("!=", "="),
    exp.LT: ("<", ">="),
    exp.LTE: ("<=", ">"),
    exp.GT: (">", "<="),
    exp.GTE: (">=", "<"),
}
"""Insights' sign of each comparison, and that of its opposite."""
_WILDCARDS = {"%": ".*", "_": "."}


class _Condition:
    """A condition as it is written; ``holds`` is set of one that is always true, or never."""

    def __init__(self, text: str, joined_by: str = "", *, holds: bool | None = None) -> None:
        self.text = text
        self.holds = holds
        self._joined_by = joined_by

    def within(self, word: str) -> str:
        """The text as an operand of ``and`` or ``or``."""
        return f"({self.text})" if self._joined_by not in ("", word) else self.text


_TRUE, _FALSE = _Condition("", holds=True), _Condition("", holds=False)


def condition(node: exp.Expr, scope: Scope) -> str:
    """A condition; empty if every row meets it.

    Raises:
        RefusalError: a part of it has no form in Insights, or no row can meet it.
    """
    made = _condition(node, scope, positive=True)
    if made.holds is False:
        raise RefusalError(f"{written(node)} is never true in a log group")
    return made.text


def where(node: exp.Expr, scope: Scope) -> tuple[str, Scope]:
    """A WHERE, empty if every row meets it; and what the columns are in the rows that it keeps.

    Raises:
        RefusalError: a part of it has no form in Insights, or no row can meet it.
    """
    parts = nodes.conjuncts(node)
    kept = present(scope, frozenset[str]().union(*map(present_in, parts)))
    telling = (each for each in parts if not says_present(each))
    told = present(scope, frozenset[str]().union(*map(present_in, telling)))
    # What says that a column is there has to be written, unless another condition implies it.
    texts = [condition(each, told if says_present(each) else kept) for each in parts]
    written_parts = [
        f"({text})" if " or " in text and len(parts) > 1 else text for text in texts if text
    ]
    return " and ".join(written_parts), kept


def present_in(node: exp.Expr) -> frozenset[str]:
    """The columns that are not ``-`` in any record that meets a condition, as it is written here.

    A comparison with a value is met by none of them, and one of a column of flows by flows alone.
    """
    node = node.unnest()
    if isinstance(node, exp.Or):
        return present_in(node.this) & present_in(node.expression)
    if isinstance(node, exp.And):
        return present_in(node.this) | present_in(node.expression)
    column = _compared(node)
    if column in OF_FLOWS or (column == "log_status" and node.expression.name == "OK"):
        return frozenset({column, *OF_FLOWS})
    return frozenset({column} if column else ())


def says_present(node: exp.Expr) -> bool:
    """Whether a condition says of a column that it is not NULL, and no more."""
    return isinstance(node, exp.Not) and isinstance(node.this.unnest(), exp.Is)


def _compared(node: exp.Expr) -> str:
    """The column that a condition compares with a value, or says to be there; else empty."""
    if address := _judged(node):
        return address
    if isinstance(node, exp.EQ) and isinstance(node.expression, exp.Literal):
        return _column(node.this)
    if isinstance(node, exp.In):
        return _column(node.this)
    if says_present(node):
        return _column(node.this.unnest().this)
    if isinstance(node, exp.Anonymous) and str(node.this).lower() == "contains":
        address = node.expressions[-1]
        return _column(address.this) if isinstance(address, exp.Cast) else ""
    return ""


def _judged(node: exp.Expr) -> str:
    """The column with the address that a condition says to be public, or not; else empty."""
    node = node.this.unnest() if isinstance(node, exp.Not) else node
    node = node.this if isinstance(node, exp.EQ | exp.NEQ) else node
    name = _column(node)
    return DERIVED[name].field if name.endswith("_public") and name in DERIVED else ""


def _column(node: exp.Expr) -> str:
    return node.name.lower() if isinstance(node, exp.Column) else ""


def _condition(node: exp.Expr, scope: Scope, *, positive: bool) -> _Condition:
    if isinstance(node, exp.Paren):
        return _condition(node.this, scope, positive=positive)
    if isinstance(node, exp.Not):
        return _condition(node.this, scope, positive=not positive)
    if isinstance(node, exp.And | exp.Or):
        word = "and" if isinstance(node, exp.And) is positive else "or"
        parts = (
            _condition(each, scope, positive=positive) for each in (node.this, node.expression)
        )
        return _joined(word, parts)
    if (made := _of_public(node, scope, positive=positive)) is not None:
        return made
    for kinds, write in _FORMS:
        if isinstance(node, kinds):
            return write(node, scope, positive)
    raise RefusalError(f"the condition {written(node)} has no counterpart in Logs Insights")


def _of_public(node: exp.Expr, scope: Scope, *, positive: bool) -> _Condition | None:
    """A condition of columns such as ``src_public``; None of any other."""
    if isinstance(node, exp.Column):
        found = scope.get(key_of(node))
        if isinstance(found, PublicColumnError):
            text = found.condition(positive=positive)
            return _Condition(text, "or" if text.startswith("(") else "and")
        return None
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        found = scope.get(key_of(node.this))
        if isinstance(found, PublicColumnError):
            return _Condition(f"{found.address.text} {'=' if positive else '!='} {ABSENT}")
    if isinstance(node, exp.EQ | exp.NEQ) and _publics(node, scope):
        is_equal = isinstance(node, exp.EQ) is positive
        left, right = node.this, node.expression
        unequal = exp.Not(this=right.copy())
        pairs = [
            exp.And(this=left.copy(), expression=(right if is_equal else unequal).copy()),
            exp.And(
                this=exp.Not(this=left.copy()), expression=(unequal if is_equal else right).copy()
            ),
        ]
        return _condition(exp.Or(this=pairs[0], expression=pairs[1]), scope, positive=True)
    return None


def _publics(node: exp.Expr, scope: Scope) -> bool:
    sides = (node.this, node.expression)
    return all(
        isinstance(each, exp.Column) and isinstance(scope.get(key_of(each)), PublicColumnError)
        for each in sides
    )


def _joined(word: str, parts: Iterable[_Condition]) -> _Condition:
    kept = []
    for part in parts:
        if part.holds is (word == "or"):
            return part
        if part.holds is None:
            kept.append(part)
    if not kept:
        return _TRUE if word == "and" else _FALSE
    if len(kept) == 1:
        return kept[0]
    return _Condition(f" {word} ".join(part.within(word) for part in kept), word)


def _guarded(text: str, terms: Iterable[Term]) -> _Condition:
    """A condition that ``-`` could meet, for rows without it."""
    absent = [f"{term.text} != {ABSENT}" for term in terms if term.nullable]
    return _Condition(" and ".join([*absent, text]), "and" if absent else "")


def _comparison(node: exp.Expr, scope: Scope, positive: bool) -> _Condition:  # noqa: FBT001
    left, right = value(node.this, scope), value(node.expression, scope)
    _refuse_uncomparable(node, left, right)
    sign = _SIGNS[type(node)][0 if positive else 1]
    text = f"{left.operand} {sign} {right.operand}"
    literal = isinstance(node.this, exp.Literal) or isinstance(node.expression, exp.Literal)
    if sign == "=" and literal:
        return _Condition(text)
    return _guarded(text, (left, right))


def _refuse_uncomparable(node: exp.Expr, left: Term, right: Term) -> None:
    for term in (left, right):
        if term.names or term.constant is not None:
            raise RefusalError(
                f"{written(node)}: Logs Insights has no {term.names or 'such field'}"
            )
    texts = [term.type not in NUMERIC for term in (left, right)]
    if any(texts) and not (all(texts) and isinstance(node, exp.EQ | exp.NEQ)):
        # It would compare texts as numbers where they look like such.
        raise RefusalError(f"{written(node)}: Logs Insights does not order texts as SQL does")


def _in(node: exp.In, scope: Scope, positive: bool) -> _Condition:  # noqa: FBT001
    items = node.expressions
    if not items or not all(isinstance(each, exp.Literal) for each in items):
        raise RefusalError("IN (SELECT …) has no counterpart in Logs Insights")
    term = value(node.this, scope)
    for each in items:
        _refuse_uncomparable(
            exp.EQ(this=node.this.copy(), expression=each.copy()), term, value(each, scope)
        )
    if len(items) == 1:
        equal = exp.EQ(this=node.this.copy(), expression=items[0].copy())
        return _comparison(equal, scope, positive)
    listed = ", ".join(value(each, scope).text for each in items)
    text = f"{term.operand} {'in' if positive else 'not in'} [{listed}]"
    return _Condition(text) if positive else _guarded(text, [term])


def _between(node: exp.Between, scope: Scope, positive: bool) -> _Condition:  # noqa: FBT001
    low = exp.GTE(this=node.this.copy(), expression=node.args["low"].copy())
    high = exp.LTE(this=node.this.copy(), expression=node.args["high"].copy())
    both = exp.And(this=low, expression=high)
    return _condition(both, scope, positive=positive)


def _is_null(node: exp.Is, scope: Scope, positive: bool) -> _Condition:  # noqa: FBT001
    if not isinstance(node.expression, exp.Null):
        raise RefusalError(f"{written(node)} has no counterpart in Logs Insights")
    term = value(node.this, scope)
    if not term.nullable:
        return _FALSE if positive else _TRUE
    return _Condition(f"{term.text} {'=' if positive else '!='} {ABSENT}")


def _like(node: exp.Like, scope: Scope, positive: bool) -> _Condition:  # noqa: FBT001
    pattern = node.expression
    if not isinstance(pattern, exp.Literal):
        raise RefusalError(f"{written(node)} has no counterpart in Logs Insights")
    regex = "".join(_WILDCARDS.get(char, re.escape(char)) for char in pattern.name)
    is_positive = positive is not bool(node.args.get("negate"))  # sqlglot's NOT LIKE
    return _matching(node.this, f"^{regex}$", scope, is_positive)


def _matching(node: exp.Expr, regex: str, scope: Scope, positive: bool) -> _Condition:  # noqa: FBT001
    term = value(node, scope)
    if not term.is_field or term.type != "varchar" or term.names:
        raise RefusalError(f"a pattern of {written(node)} has no counterpart in Logs Insights")
    escaped = re.sub(r"(?<!\\)/", r"\\/", regex)
    text = f"{term.text} {'like' if positive else 'not like'} /{escaped}/"
    return _guarded(text, [term])


def _call(node: exp.Anonymous, scope: Scope, positive: bool) -> _Condition:  # noqa: FBT001
    name = str(node.this).lower()
    if len(node.expressions) == 2:  # noqa: PLR2004 - what is looked in, and for what
        first, second = node.expressions
        if name == "contains" and isinstance(first, exp.Literal):
            return _within(first.name, second, scope, positive)
        if name == "regexp_like" and isinstance(second, exp.Literal):
            return _matching(first, second.name, scope, positive)
    raise RefusalError(f"{name}() has no counterpart in Logs Insights")


def _within(cidr: str, node: exp.Expr, scope: Scope, positive: bool) -> _Condition:  # noqa: FBT001
    address = node.this if isinstance(node, exp.Cast) else node
    term = value(address, scope)
    try:
        text = within(term.text, cidr)
    except ValueError:
        raise RefusalError(f"{cidr!r} is not a network") from None
    return _Condition(text) if positive else _guarded(f"not {text}", [term])


_Writer = Callable[..., _Condition]
_FORMS: tuple[tuple[type[exp.Expr] | tuple[type[exp.Expr], ...], _Writer], ...] = (
    (tuple(_SIGNS), _comparison),
    (exp.In, _in),
    (exp.Between, _between),
    (exp.Is, _is_null),
    (exp.Like, _like),
    (exp.Anonymous, _call),
)
