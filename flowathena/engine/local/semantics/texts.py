"""Texts: parts, case, white space, patterns of ``LIKE``."""

import re

from sqlglot import exp

from flowathena.engine.local.semantics import arrays, characters, types
from flowathena.engine.local.semantics.base import (
    Function,
    call,
    cast,
    duckdb,
    guarded,
    inner,
    is_natural,
    is_null,
    number,
    operands,
    require,
    signature,
    text,
)
from flowathena.engine.local.semantics.types import invalid, is_a, of, unsupported

_LONGEST = 2**31 - 1
"""Longer than any text: DuckDB's ``substr`` fails for positions of more than 32 bits."""
_WHITE_SPACE = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a"
    "\u2028\u2029\u205f\u3000"
)
"""What Trino's ``trim`` removes: Java's white space, without the no-break spaces."""
_ESCAPE = r"\\(?:\\|[0-9A-Fa-f]{4}|\+[0-9A-Fa-f]{6})"


# Type rules


def _joined_type(node: exp.Expr) -> exp.DataType:
    """``concat_ws`` of texts, or of an array of them."""
    separator, *values = operands(node)
    if len(values) == 1 and is_a(values[0], types.ARRAY):
        require(node, separator, "text")
        if types.element(of(values[0])).this in types.TEXTS:
            return exp.DType.VARCHAR.into_expr()
    return signature("text -> varchar")(node)


def _concat_type(node: exp.Expr) -> exp.DataType:
    """Of texts, of bytes, or of arrays and their elements."""
    values = list(operands(node))
    if any(is_a(value, types.ARRAY) for value in values):
        return arrays.joined_type(node, values)
    if any(is_a(value, types.BINARY) for value in values):
        return signature("bytes -> varbinary")(node)
    return signature("text -> varchar")(node)


def _length_type(node: exp.Expr) -> exp.DataType:
    bytes_ = is_a(node.this, types.BINARY)
    return signature("bytes -> bigint" if bytes_ else "text -> bigint")(node)


def _split_type(node: exp.Expr) -> exp.DataType:
    for value in (node.this, node.expression):
        require(node, value, "text")
    return signature("any -> array(varchar)")(node)


def _position_type(node: exp.Expr) -> exp.DataType:
    for value in (node.this, node.args["substr"]):
        require(node, value, "text")
    return exp.DType.BIGINT.into_expr()


def _reverse_type(node: exp.Expr) -> exp.DataType:
    if is_a(node.this, types.BINARY):
        return of(node.this)
    return signature("array -> 1" if is_a(node.this, types.ARRAY) else "text -> varchar")(node)


def _substring_type(node: exp.Expr) -> exp.DataType:
    bytes_ = is_a(node.this, types.BINARY)
    return signature("bytes int -> varbinary" if bytes_ else "text int -> varchar")(node)


def _unicode_type(node: exp.Expr) -> exp.DataType:
    _unescaped(node)
    return exp.DType.VARCHAR.into_expr()


# DuckDB forms


def _length(node: exp.Expr) -> exp.Expr:
    return call("octet_length", node.this) if is_a(node.this, types.BINARY) else node


def _concat(node: exp.Expr) -> exp.Expr:
    """Arrays have a function of their own in DuckDB."""
    if not is_a(node, types.ARRAY):
        return node
    return arrays.joined(node, list(operands(node)))


def _joined(node: exp.Expr) -> exp.Expr:
    """An array's NULLs are left out, as they are among texts."""
    separator, *values = operands(node)
    if not is_a(values[0], types.ARRAY):
        return node
    return call("array_to_string", values[0], separator)


def _case(node: exp.Expr) -> exp.Expr:
    """``ß`` has no capital in Trino, ``ẞ`` in DuckDB, so it is set aside."""
    name = "upper" if isinstance(node, exp.Upper) else "lower"
    plain = call(name, node.this)
    if name == "lower" or (isinstance(node.this, exp.Literal) and "ß" not in node.this.name):
        return plain
    return duckdb(
        "CASE WHEN contains(:x, 'ß') THEN array_to_string("
        "string_split(upper(replace(:x, 'ß', chr(1))), chr(1)), 'ß') ELSE :u END",
        x=node.this,
        u=plain,
    )


def _split_part(node: exp.Expr) -> exp.Expr:
    """A part beyond the last is NULL in Trino, an empty text in DuckDB."""
    index, delimiter = node.args["part_index"], node.args["delimiter"]
    if isinstance(index.unnest(), exp.Neg) or index.unnest().name == "0":
        raise invalid("INVALID_FUNCTION_ARGUMENT", "Index must be greater than zero")
    _refuse_empty(delimiter, "split_part")
    # list_extract gives the NULL, but counts from the end for an index below 0.
    part = call("list_extract", call("string_split", node.this, delimiter), index)
    if is_natural(index):
        return part
    bad = exp.LT(this=exp.paren(index.copy()), expression=number(1))
    return guarded(bad, "INVALID_FUNCTION_ARGUMENT", "Index must be greater than zero", part)


def _split(node: exp.Expr) -> exp.Expr:
    """An empty delimiter is an error in Trino."""
    _refuse_empty(node.expression, "split")
    return characters.limited(node) if node.args.get("limit") is not None else node


def _refuse_empty(node: exp.Expr, function: str) -> None:
    if not isinstance(node, exp.Literal) or not node.name:
        raise unsupported(f"{function} by an empty or computed text")


def _substring(node: exp.Expr) -> exp.Expr:
    """A start of 0 or before the text, or a negative length, give an empty text in Trino."""
    start, length = node.args["start"], node.args.get("length")
    if is_a(node.this, types.BINARY):
        return _bytes(node.this, start, length)
    arguments = [node.this, start, *([length] if length is not None else [])]
    limited = (call("least", value, number(_LONGEST)) for value in arguments[1:])
    whole = call("substr", node.this, *limited)
    if is_natural(start) and (length is None or is_natural(length)):
        return call("substr", *arguments)
    inside = exp.or_(  # after the first letter, or at most the whole length before the end
        exp.GT(this=exp.paren(start.copy()), expression=number(0)),
        exp.and_(
            exp.LT(this=exp.paren(start.copy()), expression=number(0)),
            exp.LTE(this=exp.Neg(this=exp.paren(start)), expression=call("length", node.this)),
        ),
    )
    if length is not None:
        inside = exp.and_(inside, exp.GTE(this=exp.paren(length.copy()), expression=number(0)))
    cases = exp.Case().when(is_null(*arguments), exp.Null()).when(inside, whole)
    return exp.paren(cases.else_(text("")))


def _bytes(value: exp.Expr, start: exp.Expr, length: exp.Expr | None) -> exp.Expr:
    """A part of bytes: of their digits, two for each."""
    size = f"{_LONGEST}" if length is None else ":n"
    return duckdb(
        "CASE WHEN :x IS NULL OR :s IS NULL OR :n IS NULL THEN NULL "
        "WHEN :s = 0 OR -:s > octet_length(:x) OR :n < 0 THEN unhex('') "
        "ELSE unhex(substr(hex(:x), CASE WHEN :s > 0 THEN 2 * least(:s, octet_length(:x) + 1) - 1 "
        f"ELSE 2 * :s END, 2 * least({size}, octet_length(:x)))) END",
        x=value,
        s=cast(start, "bigint"),
        n=number(0) if length is None else cast(length, "bigint"),
    )


def _unescaped(node: exp.Expr) -> str:
    r"""The letters of ``U&'\00e9'``."""
    if node.args.get("escape"):
        raise unsupported("U&'…' with UESCAPE")
    if not re.fullmatch(rf"([^\\]|{_ESCAPE})*", node.name, re.DOTALL):
        raise invalid("SYNTAX_ERROR", f"Invalid escape in U&'{node.name}'")
    return re.sub(
        _ESCAPE,
        lambda found: "\\" if found[0] == "\\\\" else chr(int(found[0].lstrip("\\+"), 16)),
        node.name,
    )


def _trim(node: exp.Expr) -> exp.Expr:
    """Trino trims all white space, DuckDB only spaces."""
    if node.args.get("expression") is None:
        node.set("expression", text(_WHITE_SPACE))
    return node


def _replace(node: exp.Expr) -> exp.Expr:
    """Trino finds an empty text between all characters, DuckDB nowhere."""
    _refuse_empty(node.expression, "replace")
    return node


def _pad(node: exp.Expr) -> exp.Expr:
    """A negative length or an empty filling is an error in Trino."""
    size, filling = node.expression, node.args["fill_pattern"]
    _refuse_empty(filling, "padding")
    padded = call("lpad" if node.args.get("is_left") else "rpad", node.this, size, filling)
    if isinstance(size, exp.Literal):
        return padded
    bad = exp.LT(this=exp.paren(size.copy()), expression=number(0))
    return guarded(bad, "INVALID_FUNCTION_ARGUMENT", "Target length must not be negative", padded)


def _reverse(node: exp.Expr) -> exp.Expr:
    """Trino reverses code points; DuckDB keeps a letter and its accents together."""
    if is_a(node.this, types.ARRAY):
        return call("list_reverse", node.this)
    if is_a(node.this, types.BINARY):
        pairs = "regexp_extract_all(hex(:x), '..')"
        return duckdb(f"unhex(array_to_string(list_reverse({pairs}), ''))", x=node.this)
    return duckdb(
        "CASE WHEN length_grapheme(:x) = length(:x) THEN reverse(:x) "
        "WHEN :x IS NOT NULL THEN error(:e) END",
        x=node.this,
        e=text("the local engine cannot reverse combining characters; it runs on Athena only"),
    )


def _escape(node: exp.Expr) -> exp.Expr:
    """Trino accepts an escape only before ``%``, ``_`` or itself."""
    like, escape = node.this, node.expression
    if not (isinstance(escape, exp.Literal) and isinstance(like.expression, exp.Literal)):
        raise unsupported("LIKE with a computed pattern and an ESCAPE")
    if len(escape.name) != 1:
        raise invalid("INVALID_FUNCTION_ARGUMENT", "Escape string must be a single character")
    sign = re.escape(escape.name)
    if not re.fullmatch(f"([^{sign}]|{sign}[%_{sign}])*", like.expression.name, re.DOTALL):
        message = "Escape character must be followed by '%', '_' or the escape character itself"
        raise invalid("INVALID_FUNCTION_ARGUMENT", message)
    return node


def _chr(node: exp.Expr) -> exp.Expr:
    """Half of a surrogate pair, or a number beyond Unicode, is an error in Trino."""
    bad = duckdb(
        "NOT (:n BETWEEN 0 AND 55295 OR :n BETWEEN 57344 AND 1114111)", n=node.expressions[0]
    )
    value = call("chr", cast(node.expressions[0].copy(), "int"))
    return guarded(bad, "INVALID_FUNCTION_ARGUMENT", "Not a valid Unicode code point", value)


ROWS = (
    Function(exp.Like, "LIKE", "text -> boolean"),
    Function(exp.Escape, "ESCAPE", inner, _escape),
    Function(exp.DPipe, "||", _concat_type, _concat),
    Function(exp.Concat, "concat", _concat_type, _concat),
    Function(exp.ConcatWs, "concat_ws", _joined_type, _joined),
    Function(exp.Upper, "upper", "text -> varchar", _case),
    Function(exp.Lower, "lower", "text -> varchar", _case),
    Function(exp.Reverse, "reverse", _reverse_type, _reverse),
    Function(exp.Trim, "trim ltrim rtrim", "text -> varchar", _trim),
    Function(exp.Pad, "lpad rpad", "text int text -> varchar", _pad),
    Function(exp.Replace, "replace", "text -> varchar", _replace),
    Function(exp.Substring, "substr substring", _substring_type, _substring),
    Function(exp.UnicodeString, "U&", _unicode_type, lambda node: text(_unescaped(node))),
    Function(exp.Length, "length", _length_type, _length),
    Function(exp.StrPosition, "strpos position", _position_type, characters.position),
    Function(exp.StartsWith, "starts_with", "text -> boolean"),
    Function(exp.Split, "split", _split_type, _split),
    Function(exp.SplitPart, "split_part", "text text int -> varchar", _split_part),
    Function(exp.Chr, "chr", "int -> varchar", _chr),
)
