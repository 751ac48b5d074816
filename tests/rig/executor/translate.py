"""From Athena's tree to DuckDB's SQL: what sqlglot leaves different is set right here."""

from collections.abc import Callable

from sqlglot import exp

from tests.rig.executor.base import QueryFailedError
from tests.rig.executor.functions import joda

_INTEGERS = exp.DataType.INTEGER_TYPES
_ONE = exp.Literal.number(1)
_ZONED = (exp.DType.TIMESTAMPTZ,)


def _is(node: exp.Expr, *kinds: exp.DType) -> bool:
    return node.type is not None and node.type.this in kinds


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    return exp.Anonymous(this=name, expressions=[item.copy() for item in arguments])


def _divide(node: exp.Div) -> exp.Expr:
    both = all(_is(side, *_INTEGERS) for side in (node.this, node.expression))
    if not both:
        return node
    return exp.Paren(this=exp.IntDiv(this=node.this.copy(), expression=node.expression.copy()))


def _keep_date(node: exp.Expr) -> exp.Expr:
    # DuckDB makes a timestamp of a date moved by an interval, and a text compared with it differs.
    return exp.cast(node.copy(), "DATE", copy=False) if _is(node, exp.DType.DATE) else node


def _cast(node: exp.Cast) -> exp.Expr:
    to, source = node.to.this, node.this
    if to == exp.DType.IPADDRESS:
        return _call("rig_try_ip" if isinstance(node, exp.TryCast) else "rig_ip", source)
    if to == exp.DType.DECIMAL and not node.to.expressions:
        raise QueryFailedError("NOT_SUPPORTED: the rig casts to decimal(p, s) only")
    if to in _INTEGERS and _is(source, exp.DType.DOUBLE):
        node.set("this", _call("round", source))  # half up; DuckDB's own rounds to the even
        return node
    text = to in (exp.DType.VARCHAR, exp.DType.TEXT)
    if text and _is(source, exp.DType.IPADDRESS):
        return _call("rig_ip_text", source)
    if text and _is(source, exp.DType.DOUBLE):
        return _call("rig_double_text", source)
    if text and _is(source, *_ZONED):
        return _call("rig_zoned_text", source)
    return node


def _contains(node: exp.ArrayContains) -> exp.Expr:
    if _is(node.expression, exp.DType.IPADDRESS) or isinstance(node.expression, exp.Anonymous):
        return _call("rig_in_network", node.this, node.expression)
    return node


def _date_diff(node: exp.DateDiff) -> exp.Expr:
    # Trino counts whole units gone by, DuckDB's date_diff the borders crossed.
    unit = exp.Literal.string(node.text("unit").lower() or "day")
    return _call("date_sub", unit, node.expression, node.this)


def _replace(node: exp.RegexpReplace) -> exp.Expr:
    found = node.args.get("replacement")
    if isinstance(found, exp.Literal):
        node.set("replacement", exp.Literal.string(found.name.replace("$", "\\")))
    elif found is None:
        node.set("replacement", exp.Literal.string(""))
    node.set("modifiers", exp.Literal.string("g"))
    return node


def _extract(node: exp.RegexpExtract) -> exp.Expr:
    group = node.args.get("group") or exp.Literal.number(0)
    return _call("rig_regexp_extract", node.this, node.expression, group)


def _split_part(node: exp.SplitPart) -> exp.Expr:
    return _call("rig_split_part", node.this, node.args["delimiter"], node.args["part_index"])


def _part(node: exp.Extract) -> exp.Expr:
    if node.name.upper() in ("DOW", "DAY_OF_WEEK"):
        return _call("isodow", node.expression)
    return node


def _slice(node: exp.ArraySlice) -> exp.Expr:
    # Trino's third argument is a length, DuckDB's the last position.
    start, length = node.args["start"], node.args["end"]
    last = exp.Sub(this=exp.Add(this=start.copy(), expression=length.copy()), expression=_ONE)
    return _call("list_slice", node.this, start, last)


def _percentile(node: exp.ApproxQuantile) -> exp.Expr:
    return _call("approx_quantile", node.this, exp.cast(node.args["quantile"].copy(), "FLOAT"))


def _distinct(node: exp.ApproxDistinct) -> exp.Expr:
    # The true number is an approximation too, and one a test can work out by hand.
    return exp.Count(this=exp.Distinct(expressions=[node.this.copy()]))


def _round(node: exp.Round) -> exp.Expr:
    """A double is rounded half away from zero after it is multiplied; DuckDB's own is not."""
    digits = node.args.get("decimals")
    if digits is None or not _is(node.this, exp.DType.DOUBLE):
        return node
    factor = _call("pow", exp.Literal.number(10), digits)
    whole = _call(
        "floor",
        exp.Add(
            this=exp.Mul(this=_call("abs", node.this), expression=factor.copy()),
            expression=exp.Literal.number("0.5"),
        ),
    )
    return exp.paren(
        exp.Mul(this=_call("sign", node.this), expression=exp.Div(this=whole, expression=factor))
    )


def _count_if(node: exp.CountIf) -> exp.Expr:
    """DuckDB's own gives NULL where no condition has a value."""
    counted = exp.Case().when(node.this.copy(), _ONE.copy())
    return exp.Count(this=counted)


def _unix_time(node: exp.UnixToTime) -> exp.Expr:
    """In a zone, the time on the wall there: its hour and its day are right, its text is not."""
    zone = node.args.get("zone")
    if zone is None:
        return node
    return _call("timezone", zone, _call("to_timestamp", node.this))


def _anonymous(node: exp.Anonymous) -> exp.Expr:
    name = node.name.lower()
    if name == "format_datetime":
        return _format_datetime(node)
    return _RENAMED[name](node) if name in _RENAMED else node


def _format_datetime(node: exp.Anonymous) -> exp.Expr:
    moment, pattern = node.expressions
    found = joda(pattern.name) if isinstance(pattern, exp.Literal) else None
    if found is None:
        raise QueryFailedError(f"NOT_SUPPORTED: the rig cannot format_datetime by {pattern.sql()}")
    return _call("strftime", moment, exp.Literal.string(found))


def _renamed(name: str) -> Callable[[exp.Anonymous], exp.Expr]:
    return lambda node: _call(name, *node.expressions)


_RENAMED: dict[str, Callable[[exp.Anonymous], exp.Expr]] = {
    "every": _renamed("bool_and"),
    "arbitrary": _renamed("any_value"),
    "url_decode": _renamed("rig_url_decode"),
    "url_encode": _renamed("rig_url_encode"),
    "yow": _renamed("isoyear"),
    "codepoint": _renamed("unicode"),
}
_RULES: dict[type[exp.Expr], Callable[..., exp.Expr]] = {
    exp.Div: _divide,
    exp.Add: _keep_date,
    exp.Sub: _keep_date,
    exp.DateAdd: _keep_date,
    exp.DateSub: _keep_date,
    exp.DateTrunc: _keep_date,
    exp.TimestampTrunc: _keep_date,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.ArrayContains: _contains,
    exp.DateDiff: _date_diff,
    exp.RegexpReplace: _replace,
    exp.RegexpExtract: _extract,
    exp.SplitPart: _split_part,
    exp.Extract: _part,
    exp.ApproxQuantile: _percentile,
    exp.Anonymous: _anonymous,
    exp.CountIf: _count_if,
    exp.Round: _round,
    exp.UnixToTime: _unix_time,
    exp.Format: lambda node: _call("printf", node.this, *node.expressions),
    exp.ArraySlice: _slice,
    exp.ApproxDistinct: _distinct,
}


def _rewritten(node: exp.Expr) -> exp.Expr:
    # Children first: a rule copies its operands, and they have to be set right by then.
    for name, value in list(node.args.items()):
        if isinstance(value, exp.Expr):
            node.set(name, _rewritten(value))
        elif isinstance(value, list):
            fresh = [_rewritten(item) if isinstance(item, exp.Expr) else item for item in value]
            node.set(name, fresh)
    rule = _RULES.get(type(node))
    if rule is None:
        return node
    kind, fresh_node = node.type, rule(node)
    fresh_node.type = kind
    return fresh_node


def _show_addresses(tree: exp.Query) -> None:
    for item in tree.selects:
        if _is(item, exp.DType.IPADDRESS):
            shown = _call("rig_ip_text", item.unalias())
            item.replace(exp.alias_(shown, item.alias_or_name, quoted=True))


def to_duckdb(tree: exp.Expr) -> str:
    """Write an analysed tree as a statement of DuckDB."""
    fresh = _rewritten(tree.copy())
    if isinstance(fresh, exp.Query):
        _show_addresses(fresh)
    return str(fresh.sql("duckdb"))
