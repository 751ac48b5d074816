"""Regular expressions: Trino's are Java's, DuckDB's are RE2's.

Patterns that mean the same in both are accepted; what differs, or RE2 lacks, is refused by name.
"""

import re

from sqlglot import exp

from flowathena.engine.local.semantics.base import (
    LOCAL,
    Function,
    call,
    cast,
    duckdb,
    guarded,
    is_natural,
    named,
    shown,
    text,
)
from flowathena.engine.local.semantics.types import unsupported

_ALIKE = re.compile(
    r"""(?x)
    (?: [^\\\[\](){}|^$*+?.]                   # a character
      | \\[dDsSwWbB\\.\[\](){}|^$*+?/:-] | \\[tnr]  # an escape
      | \[\^?\]?(?:[^\[\]\\&]|\\[dDsSwW\\.\[\]^$/:-])+\]  # a class
      | \((?!\?) | \(\?: | \(\?<[A-Za-z][A-Za-z0-9]*> | \(\?i\) | \) | [.|^$]
      | [*+?][?]? | \{[0-9]{1,3}(?:,[0-9]{0,3})?\}[?]?
    )*"""
)
"""The patterns that both read alike."""
_PARTS = re.compile(r"(?P<set>\[\^?\]?(?:\\.|[^\]\\])*\])|\\.|\(\?<")
_IN_SETS = {r"\s": r"\t\n\x0b\f\r ", r"\S": r"\x00-\x08\x0e-\x1f!-\x{10ffff}"}


def _pattern(node: exp.Expr, function: str) -> str:
    if not isinstance(node, exp.Literal):
        raise unsupported(f"{function} by a computed pattern")
    if not _ALIKE.fullmatch(node.name) or "&&" in node.name:
        raise unsupported(
            f"pattern {node.name!r}: Athena's regular expressions read it differently"
        )
    written = _with_names(node.name)
    node.set("this", _for_duckdb(written))
    return written


def _with_names(pattern: str) -> str:
    """The pattern with its groups named as Python and DuckDB have it."""
    return _PARTS.sub(lambda found: "(?P<" if found[0] == "(?<" else found[0], pattern)


def _for_duckdb(pattern: str) -> str:
    r"""The pattern for DuckDB: ``\s`` is also a vertical tab in Trino."""
    return _PARTS.sub(_part, pattern)


def _part(found: re.Match[str]) -> str:
    part = found[0]
    if found["set"]:
        return re.sub(r"\\.", lambda escape: _IN_SETS.get(escape[0], escape[0]), part)
    return f"[{_IN_SETS[part]}]" if part in _IN_SETS else part


def _has_end(pattern: str) -> bool:
    """Whether it contains a ``$`` that means the end of the text."""
    return "$" in _bare(pattern)


def _may_leave_out(pattern: str) -> bool:
    """Whether a match may leave a group out, or repeat it with nothing."""
    return bool(re.search(r"\||\)[?*{]", _bare(pattern))) or _may_repeat_nothing(pattern)


def _may_repeat_nothing(pattern: str) -> bool:
    """Whether what is repeated may be empty: in Trino, but not in DuckDB, the last round counts."""
    bare = re.sub(r"\(\?(:|P<\w+>|i\))", "(", _bare(pattern))
    inside = re.sub(r"\)([+*]|\{[^}]*\})\??", ")", bare)
    return bare != inside and bool(re.search(r"[*?|]|\{0", inside))


def _bare(pattern: str) -> str:
    """The pattern without escapes and classes, in which signs mean themselves."""
    return re.sub(r"\\.|\[\^?\]?[^\]]*\]", "", pattern)


def _guard_end(node: exp.Expr, pattern: str, value: exp.Expr) -> exp.Expr:
    r"""In Trino ``$`` also matches before a last line break, in DuckDB only at the end."""
    if re.search(r"(?<!\\)(\\\\)*\\[wWbB]", pattern):
        message = "a pattern with \\w or \\b for letters beyond ASCII runs on Athena only"
        wide = exp.GT(this=call("strlen", node.this), expression=call("length", node.this))
        value = guarded(wide, LOCAL, message, value)
    if not _has_end(pattern):
        return value
    message = "$ in a pattern for a text that ends in a line break runs on Athena only"
    return guarded(call("ends_with", node.this, text("\n")), LOCAL, message, value)


def _like(node: exp.Expr) -> exp.Expr:
    """A match anywhere in the text counts, in both."""
    pattern = _pattern(node.expression, "regexp_like")
    return _guard_end(node, pattern, call("regexp_matches", node.this, node.expression))


def _extract(node: exp.Expr) -> exp.Expr:
    """No match is NULL in Trino, an empty text in DuckDB."""
    pattern, group = node.expression, node.args.get("group")
    written = _pattern(pattern, "regexp_extract")
    # Of a group that takes no part in a match, Trino gives NULL and DuckDB an empty text.
    if group is not None and group.name != "0" and _may_leave_out(written):
        raise unsupported("regexp_extract of a group that may be left out of the match")
    if group is not None and not isinstance(group, exp.Literal):
        raise unsupported("regexp_extract of a computed group")
    if group is not None and int(group.name) > re.compile(written).groups:
        raise unsupported(f"regexp_extract of group {group.name}, which the pattern does not have")
    matches = call("regexp_matches", node.this, pattern)
    return _guard_end(node, written, exp.paren(exp.Case().when(matches, node)))


def _replace(node: exp.Expr) -> exp.Expr:
    r"""A group is ``$1`` in Trino, ``\1`` in DuckDB."""
    replacement = node.args.get("replacement") or text("")
    written = _pattern(node.expression, "regexp_replace")
    if not isinstance(replacement, exp.Literal):
        raise unsupported("regexp_replace with a computed replacement")
    by_name = re.compile(written).groupindex
    given = re.sub(
        r"(?<!\\)\$\{([A-Za-z0-9]+)\}",
        lambda found: f"${by_name.get(found[1], found[0])}",
        replacement.name,
    )
    if not re.fullmatch(r"([^\\$]|\\\$|\$[0-9](?![0-9]))*", given):
        raise unsupported("regexp_replace with an escape or a two-digit group")
    if re.compile(written).search(""):
        raise unsupported(f"regexp_replace by {written!r}, which matches an empty text")
    groups = re.findall(r"(?<!\\)\$([0-9])", given)
    if any(n != "0" for n in groups) and _may_repeat_nothing(written):
        raise unsupported("regexp_replace with a group that may be repeated with nothing")
    if any(int(n) > re.compile(written).groups for n in groups):
        raise unsupported("regexp_replace with a group that the pattern does not have")
    made = re.sub(r"(?<!\\)\$", r"\\", given).replace("\\$", "$")
    node.set("replacement", text(made))
    return _guard_end(node, written, node)


def _all(node: exp.Expr) -> exp.Expr:
    """Every match; of a group that takes no part in one, DuckDB's NULL may be an empty text."""
    source, pattern, *group = node.expressions
    written = _nonempty(node)
    if group:
        if not isinstance(group[0], exp.Literal) or int(group[0].name) > re.compile(written).groups:
            raise unsupported(f"{shown(node)}: such a group")
        if group[0].name != "0" and _may_leave_out(written):
            raise unsupported("regexp_extract_all of a group that may be left out of the match")
    return _guard_end(_over(node), written, call("regexp_extract_all", source, pattern, *group))


def _nonempty(node: exp.Expr) -> str:
    """The pattern, which must not match an empty text: there the engines differ."""
    written = _pattern(node.expressions[1], _name(node))
    if re.compile(written).search(""):
        raise unsupported(f"{shown(node)} by a pattern that matches an empty text")
    return written


def _name(node: exp.Expr) -> str:
    return shown(node).partition("(")[0].lower()


def _over(node: exp.Expr) -> exp.Expr:
    """A node whose ``this`` is the searched text."""
    return exp.Paren(this=node.expressions[0].copy())


def _count(node: exp.Expr) -> exp.Expr:
    source, pattern = node.expressions
    written = _nonempty(node)
    found = cast(call("len", call("regexp_extract_all", source, pattern)), "bigint")
    return _guard_end(_over(node), written, found)


def _split(node: exp.Expr) -> exp.Expr:
    source, pattern = node.expressions
    written = _nonempty(node)
    made = call("string_split_regex", source, pattern)
    return _guard_end(_over(node), written, made)


def _position(node: exp.Expr) -> exp.Expr:
    """The place of a match from a place on; -1 if there is none."""
    source, pattern, *numbers = node.expressions
    written = _nonempty(node)
    if not all(map(is_natural, numbers)):
        raise unsupported(f"{shown(node)} with computed numbers, or ones below 1")
    if "^" in written and numbers:
        raise unsupported(f"{shown(node)}: ^ in the pattern of a search from a place on")
    start, occurrence = [int(number.name) for number in numbers] + [1, 1][len(numbers) :]
    made = duckdb(
        "list_extract(list_transform([string_split_regex(:s, :p)], lambda fa_s: "
        f"CASE WHEN fa_s IS NULL THEN NULL WHEN len(fa_s) <= {occurrence} THEN -1 ELSE "
        f"length(array_to_string(list_slice(fa_s, 1, {occurrence}), '')) + length(array_to_string("
        f"list_slice(regexp_extract_all(:s, :p), 1, {occurrence - 1}), '')) + {start} END), 1)",
        s=duckdb(f"substr(:s, {start})", s=source),
        p=pattern,
    )
    return _guard_end(_over(node), written, cast(made, "integer"))


ROWS = (
    Function(exp.RegexpLike, "regexp_like", "text -> boolean", _like),
    Function(exp.RegexpExtract, "regexp_extract", "text text int -> varchar", _extract),
    Function(exp.RegexpReplace, "regexp_replace", "text -> varchar", _replace),
    Function(named("regexp_count"), "regexp_count", "text -> bigint", _count),
    Function(
        named("regexp_extract_all"), "regexp_extract_all", "text text int -> array(varchar)", _all
    ),
    Function(named("regexp_split"), "regexp_split", "text -> array(varchar)", _split),
    Function(named("regexp_position"), "regexp_position", "text text int -> integer", _position),
)
