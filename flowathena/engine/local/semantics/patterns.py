"""Regular expressions: Trino's are Java's, DuckDB's are RE2's.

What both read alike passes; what they read differently, or what RE2 lacks, is refused by name.
"""

import re

from sqlglot import exp

from flowathena.engine.local.semantics.sql import Mend, call, guarded, text
from flowathena.engine.local.semantics.types import missing

_ALIKE = re.compile(
    r"""(?x)
    (?: [^\\\[\](){}|^$*+?.]                   # a character
      | \\[dDsS\\.\[\](){}|^$*+?/:-] | \\[tnr]  # an escape
      | \[\^?\]?(?:[^\[\]\\&]|\\[dDsS\\.\[\]^$/:-])+\]  # a class
      | \((?!\?) | \(\?: | \(\?i\) | \) | [.|^$]
      | [*+?][?]? | \{[0-9]{1,3}(?:,[0-9]{0,3})?\}[?]?
    )*"""
)


def _pattern(node: exp.Expr, function: str) -> str:
    if not isinstance(node, exp.Literal):
        raise missing(f"{function} by a computed pattern")
    if not _ALIKE.fullmatch(node.name) or "&&" in node.name:
        raise missing(f"pattern {node.name!r}: Athena's regular expressions read it differently")
    return node.name


def _ends(pattern: str) -> bool:
    """Whether ``$`` is in it as the end of the text."""
    bare = re.sub(r"\\.|\[\^?\]?[^\]]*\]", "", pattern)
    return "$" in bare


def _checked(node: exp.Expr, pattern: str, value: exp.Expr) -> exp.Expr:
    r"""In Trino ``$`` is also before a last line break."""
    if not _ends(pattern):
        return value
    told = "$ in a pattern for a text that ends in a line break runs on Athena only"
    return guarded(call("ends_with", node.this, text("\n")), "the local engine", told, value)


def _like(node: exp.Expr) -> exp.Expr:
    """Found anywhere."""
    pattern = _pattern(node.expression, "regexp_like")
    return _checked(node, pattern, call("regexp_matches", node.this, node.expression))


def _extract(node: exp.Expr) -> exp.Expr:
    """No match is NULL in Trino, an empty text in DuckDB."""
    pattern, group = node.expression, node.args.get("group")
    read = _pattern(pattern, "regexp_extract")
    if group is not None and group.name != "0" and re.search(r"[?*|{]", read):
        raise missing("regexp_extract of a group that may be left out of the match")
    if group is not None and not isinstance(group, exp.Literal):
        raise missing("regexp_extract of a computed group")
    if group is not None and int(group.name) > re.compile(read).groups:
        raise missing(f"regexp_extract of group {group.name}: there is none")
    matches = call("regexp_matches", node.this, pattern)
    return _checked(node, read, exp.paren(exp.Case().when(matches, node)))


def _replace(node: exp.Expr) -> exp.Expr:
    r"""A group is ``$1`` in Trino, ``\1`` in DuckDB."""
    replacement = node.args.get("replacement") or text("")
    read = _pattern(node.expression, "regexp_replace")
    if not isinstance(replacement, exp.Literal):
        raise missing("regexp_replace with a computed replacement")
    if re.search(r"\\|\$\{|\$[0-9][0-9]|\$[^0-9]|\$$", replacement.name):
        raise missing("regexp_replace with an escape, a named or a two-digit group")
    if re.compile(read).search(""):
        raise missing(f"regexp_replace by {read!r}, which matches an empty text")
    if any(int(n) > re.compile(read).groups for n in re.findall(r"\$([0-9])", replacement.name)):
        raise missing("regexp_replace with a group that the pattern does not have")
    node.set("replacement", text(replacement.name.replace("$", "\\")))
    return _checked(node, read, node)


MENDS: dict[type[exp.Expr], Mend] = {
    exp.RegexpLike: _like,
    exp.RegexpExtract: _extract,
    exp.RegexpReplace: _replace,
}
