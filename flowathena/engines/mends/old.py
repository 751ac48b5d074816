"""Where DuckDB means something else than Athena: one mend a node; pure.

A mend takes a typed node of sqlglot's tree whose children are mended already, and gives what DuckDB
must run instead, or refuses by name what it cannot express. Each docstring says what differs.
"""

import re
from collections.abc import Callable, Collection

from sqlglot import exp

from flowathena import dialect
from flowathena.errors import EngineError

INTEGERS = frozenset(exp.DataType.INTEGER_TYPES)
TEXTS = frozenset({exp.DType.VARCHAR, exp.DType.TEXT})
_FLOATS = frozenset({exp.DType.DOUBLE, exp.DType.FLOAT})
_DATE = frozenset({exp.DType.DATE})
_DECIMAL = frozenset({exp.DType.DECIMAL})
_TIMESTAMP = frozenset({exp.DType.TIMESTAMP})
_TIMESTAMP_TZ = frozenset({exp.DType.TIMESTAMPTZ})
_WHITE_SPACE = " \t\n\r\x0b\x0c"
_DAYS_AND_LONGER = frozenset({"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"})
# Of sqlglot's translation of Trino's date formats, what DuckDB spells otherwise, and what it,
# or Trino, does not have.
_FORMATS = {"%v": "%V", "%x": "%G"}
_FORMATS_REFUSED = re.compile(r"%[DUuVwWXn]")


def missing(what: str) -> EngineError:
    """A refusal by name."""
    return EngineError(f"the local engine has no {what}; it runs on Athena only")


def is_a(node: exp.Expr, kinds: Collection[exp.DType]) -> bool:
    """Whether the node is known to be of one of the types."""
    kind = node.type
    return isinstance(kind, exp.DataType) and kind.this in kinds


def _call(name: str, *arguments: exp.Expr) -> exp.Anonymous:
    """A call of a DuckDB function, out of reach of sqlglot's own ideas of it."""
    return exp.Anonymous(this=name, expressions=[argument.copy() for argument in arguments])


def _text(value: str) -> exp.Literal:
    return exp.Literal.string(value)


def _division(node: exp.Expr) -> exp.Expr:
    """Trino divides integers to an integer, towards zero; so does DuckDB's ``//``."""
    if is_a(node.this, INTEGERS) and is_a(node.expression, INTEGERS):
        return exp.Paren(this=exp.IntDiv(this=node.this, expression=node.expression))
    operands = (node.this, node.expression)
    if any(_is_decimal(operand) for operand in operands):
        # Trino keeps the operands' few decimals, DuckDB goes on in double precision.
        raise missing("division of decimals (write 100e0, or cast to double)")
    if not any(is_a(operand, _FLOATS) for operand in operands):
        raise missing(f"division of operands of unknown type ({node.sql(dialect.NAME)}: cast them)")
    return node


def _is_decimal(node: exp.Expr) -> bool:
    bare = node.unnest()
    if isinstance(bare, exp.Literal):
        return bare.is_number and "." in bare.name and "e" not in bare.name.lower()
    if isinstance(bare, exp.Binary | exp.Neg) and not is_a(bare, _DECIMAL):
        return any(_is_decimal(child) for child in bare.iter_expressions())
    return is_a(bare, _DECIMAL)


def _plus(node: exp.Expr) -> exp.Expr:
    """A date plus days is a date in Trino, a timestamp in DuckDB."""
    operands = (node.this, node.expression)
    intervals = [interval for operand in operands for interval in operand.find_all(exp.Interval)]
    dates = [operand for operand in operands if is_a(operand, _DATE)]
    if len(dates) > 1:
        raise missing("difference of dates (use date_diff)")
    if not dates or not intervals:
        return node
    units = {interval.text("unit").upper() for interval in intervals}
    if not units <= _DAYS_AND_LONGER:
        raise EngineError("Athena adds only whole days to a date; cast it to timestamp")
    return exp.cast(exp.Paren(this=node), "date")


def _date_add(node: exp.Expr) -> exp.Expr:
    """As for ``+``."""
    if not is_a(node.this, _DATE):
        return node
    if node.text("unit").upper() not in _DAYS_AND_LONGER:
        raise EngineError("Athena adds only whole days to a date; cast it to timestamp")
    return exp.cast(node, "date")


def _date_diff(node: exp.Expr) -> exp.Expr:
    """Trino counts whole units, DuckDB's ``date_diff`` the boundaries between."""
    return _call("date_sub", _text(node.text("unit").lower()), node.expression, node.this)


def _date_trunc(node: exp.Expr) -> exp.Expr:
    """A truncated date stays a date in Trino."""
    truncated = _call("date_trunc", _text(node.text("unit").lower()), node.this)
    return exp.cast(truncated, "date") if is_a(node.this, _DATE) else truncated


def _extract(node: exp.Expr) -> exp.Expr:
    """Sunday is 7 in Trino, 0 in DuckDB."""
    if node.this.name.upper() in {"DOW", "DAYOFWEEK", "DAY_OF_WEEK"}:
        return _call("isodow", node.expression)
    return node


def _format(node: exp.Expr) -> exp.Expr:
    """Some letters differ; a format must be a literal to be translated."""
    pattern = node.args.get("format")
    if not isinstance(pattern, exp.Literal):
        raise missing("date format that is no literal")
    refused = _FORMATS_REFUSED.search(pattern.name.replace("%%", ""))
    if refused:
        raise missing(f"date format {refused[0]}")
    text = re.sub(r"%.", lambda match: _FORMATS.get(match[0], match[0]), pattern.name)
    pattern.replace(_text(text))
    return node


def _from_unixtime(node: exp.Expr) -> exp.Expr:
    """UTC without a zone on the value, so that no session setting can shift it."""
    return _call("timezone", _text("UTC"), _call("to_timestamp", node.this))


def _split_part(node: exp.Expr) -> exp.Expr:
    """A part that is not there is NULL in Trino, an empty text in DuckDB."""
    index = node.args["part_index"]
    if isinstance(index, exp.Neg) or index.name == "0":
        raise EngineError("Athena counts the parts of split_part from 1")
    parts = _call("string_split", node.this, node.args["delimiter"])
    return _call("list_extract", parts, index)


def _regexp_extract(node: exp.Expr) -> exp.Expr:
    """No match is NULL in Trino, an empty text in DuckDB."""
    pattern, group = node.expression, node.args.get("group")
    if group is not None and group.name != "0":
        literal = isinstance(pattern, exp.Literal)
        if not literal or re.search(r"[?*|{]", pattern.name):
            raise missing("regexp_extract of a group that may be left out of the match")
    matches = _call("regexp_matches", node.this, pattern)
    return exp.Case().when(matches, node)


def _regexp_replace(node: exp.Expr) -> exp.Expr:
    r"""A group is ``$1`` in Trino, ``\1`` in DuckDB."""
    replacement = node.args.get("replacement") or _text("")
    if not isinstance(replacement, exp.Literal):
        raise missing("regexp_replace with a computed replacement")
    if re.search(r"\\|\$\{|\$[0-9][0-9]", replacement.name):
        raise missing("regexp_replace with an escape, a named or a two-digit group")
    node.set("replacement", _text(replacement.name.replace("$", "\\")))
    return node


def _substring(node: exp.Expr) -> exp.Expr:
    """A start of 0, one before the text, or a negative length give an empty text in Trino."""
    start, length = node.args["start"], node.args.get("length")
    arguments = [node.this, start, *([length] if length is not None else [])]
    whole = _call("substr", *arguments)
    if _is_natural(start) and (length is None or _is_natural(length)):
        return whole
    inside = exp.or_(
        exp.GT(this=start.copy(), expression=exp.Literal.number(0)),
        exp.and_(
            exp.LT(this=start.copy(), expression=exp.Literal.number(0)),
            exp.LTE(this=exp.Neg(this=exp.paren(start)), expression=_call("length", node.this)),
        ),
    )
    if length is not None:
        inside = exp.and_(inside, exp.GTE(this=length.copy(), expression=exp.Literal.number(0)))
    nulls = exp.or_(*(exp.Is(this=a.copy(), expression=exp.Null()) for a in arguments))
    return exp.Case().when(nulls, exp.Null()).when(inside, whole).else_(_text(""))


def _is_natural(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_int and int(node.name) > 0


def _trim(node: exp.Expr) -> exp.Expr:
    """Trino trims all white space, DuckDB spaces."""
    if node.args.get("expression") is None:
        node.set("expression", _text(_WHITE_SPACE))
    return node


def _replace(node: exp.Expr) -> exp.Expr:
    """Trino finds an empty text between any two characters, DuckDB nowhere."""
    if not isinstance(node.expression, exp.Literal) or not node.expression.name:
        raise missing("replace of an empty or computed text")
    return node


def _whole_number(node: exp.Expr) -> exp.Expr:
    """An integer rounded is that integer in Trino, a double in DuckDB."""
    if not is_a(node.this, INTEGERS) or node.args.get("decimals") is not None:
        return node
    integer: exp.Expr = node.this
    return integer


def _joined(node: exp.Expr) -> exp.Expr:
    """DuckDB turns a number beside ``||`` into text, Trino refuses."""
    for operand in node.flatten():
        if is_a(operand, INTEGERS | _FLOATS | _DECIMAL):
            raise EngineError(f"Athena does not join texts with numbers: {node.sql(dialect.NAME)}")
    return node


def _arg_max(node: exp.Expr) -> exp.Expr:
    """The row of the greatest value counts although the wanted one is NULL in it."""
    name = "arg_max_null" if isinstance(node, exp.ArgMax) else "arg_min_null"
    return _call(name, node.this, node.expression)


def _contains(node: exp.Expr) -> exp.Expr:
    """With a NULL in the array, what is not found is unknown in Trino, false in DuckDB."""
    array, value = node.this, node.expression
    found = _call("list_contains", array, value)
    unknown = exp.or_(
        exp.Is(this=array.copy(), expression=exp.Null()),
        exp.Is(this=value.copy(), expression=exp.Null()),
        exp.LT(this=_call("list_count", array), expression=_call("len", array)),
    )
    return exp.Case().when(found, exp.true()).when(unknown, exp.Null()).else_(exp.false())


def _extreme(node: exp.Expr) -> exp.Expr:
    """With a NULL in the array its greatest and least are NULL in Trino."""
    array = node.this
    nulls = exp.LT(this=_call("list_count", array), expression=_call("len", array))
    return exp.Case().when(nulls, exp.Null()).else_(node)


def _sequence(node: exp.Expr) -> exp.Expr:
    """Without a step a sequence counts down where it must; of dates it stays one of dates."""
    start, stop, step = (node.args.get(name) for name in ("start", "end", "step"))
    given = [value for value in (start, stop, step) if isinstance(value, exp.Expr)]
    if not all(is_a(value, INTEGERS) for value in given):
        raise missing("sequence of anything but integers")
    if step is None:
        upward = exp.LTE(this=given[0].copy(), expression=given[1].copy())
        one = exp.Literal.number(1)
        given.append(exp.Case().when(upward, one).else_(exp.Neg(this=one.copy())))
    return _call("generate_series", *given)


def _subscript(node: exp.Expr) -> exp.Expr:
    """A place outside the array is an error in Trino (not with ``element_at``), NULL in DuckDB."""
    if node.args.get("safe") or len(node.expressions) != 1:
        return node
    if not isinstance(node.expressions[0], exp.Literal):
        raise missing("computed array subscript (use element_at)")
    # sqlglot counts subscripts from 0 inside its tree.
    index = exp.Literal.number(int(node.expressions[0].name) + 1)
    inside = exp.LTE(this=index, expression=_call("len", node.this))
    value = _call("list_extract", node.this, index)
    error = _call("error", _text("Array subscript must be less than or equal to array length"))
    null = exp.Is(this=node.this.copy(), expression=exp.Null())
    return exp.Case().when(null, exp.Null()).when(inside, value).else_(error)


def _cast(node: exp.Expr) -> exp.Expr:
    """Texts of times and numbers have their own forms in Trino, and so have their readings."""
    assert isinstance(node, exp.Cast)  # noqa: S101 - narrows the type, see MENDS
    source, wanted = node.this, node.to.this
    if wanted in TEXTS:
        return _cast_to_text(node)
    if wanted in INTEGERS and is_a(source, _FLOATS):
        node.set("this", _call("round", source))  # half away from zero; DuckDB: half to even
    if wanted in INTEGERS and is_a(source, TEXTS) and not isinstance(source, exp.Literal):
        return _cast_to_integer(node)
    if wanted in INTEGERS and isinstance(source, exp.Literal):
        return _cast_to_integer(node) if source.is_string else node
    if wanted is exp.DType.BOOLEAN and is_a(source, TEXTS):
        raise missing("cast of varchar to boolean")
    return node


def _cast_to_integer(node: exp.Cast) -> exp.Expr:
    """DuckDB reads ``1.5``, ``1e3``, ``0x10`` and spaces as integers, Trino does not."""
    digits = _call("regexp_full_match", node.this, _text("[+-]?[0-9]+"))
    if isinstance(node, exp.TryCast):
        return exp.Case().when(digits, node)
    null = exp.Is(this=node.this.copy(), expression=exp.Null())
    error = _call("error", _text(f"Cannot cast to {node.to.sql(dialect.NAME)}"))
    return exp.Case().when(exp.or_(null, digits), node).else_(error)


def _cast_to_text(node: exp.Cast) -> exp.Expr:
    if node.to.expressions:
        raise missing("cast to a varchar of some length (use substr)")
    source = node.this
    if is_a(source, _TIMESTAMP_TZ):
        return _call("strftime", source, _text("%Y-%m-%d %H:%M:%S.%g UTC"))
    if is_a(source, _TIMESTAMP):
        return _call("strftime", source, _text(_timestamp_form(source)))
    if is_a(source, _FLOATS):
        raise missing("cast of a double to varchar (round and cast to decimal first)")
    return node


def _timestamp_form(node: exp.Expr) -> str:
    """Milliseconds, as most functions give; none where a literal or cast says so."""
    kind = node.type
    sizes = kind.expressions if isinstance(kind, exp.DataType) else []
    size = sizes[0].name if sizes else "3"
    if size not in {"0", "3"}:
        raise missing(f"text of a timestamp({size})")
    return "%Y-%m-%d %H:%M:%S" + (".%g" if size == "3" else "")


MENDS: dict[type[exp.Expr], Callable[[exp.Expr], exp.Expr]] = {
    exp.Div: _division,
    exp.Add: _plus,
    exp.Sub: _plus,
    exp.DateAdd: _date_add,
    exp.DateDiff: _date_diff,
    exp.TimestampTrunc: _date_trunc,
    exp.DateTrunc: _date_trunc,
    exp.Extract: _extract,
    exp.TimeToStr: _format,
    exp.StrToTime: _format,
    exp.UnixToTime: _from_unixtime,
    exp.SplitPart: _split_part,
    exp.RegexpExtract: _regexp_extract,
    exp.RegexpReplace: _regexp_replace,
    exp.Substring: _substring,
    exp.Trim: _trim,
    exp.Replace: _replace,
    exp.Round: _whole_number,
    exp.Floor: _whole_number,
    exp.Ceil: _whole_number,
    exp.DPipe: _joined,
    exp.Concat: _joined,
    exp.ArgMax: _arg_max,
    exp.ArgMin: _arg_max,
    exp.ArrayContains: _contains,
    exp.ArrayMax: _extreme,
    exp.ArrayMin: _extreme,
    exp.GenerateSeries: _sequence,
    exp.Bracket: _subscript,
    exp.Cast: _cast,
    exp.TryCast: _cast,
}
"""The mend of each kind of node."""
