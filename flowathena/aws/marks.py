"""The comment by which a statement of ours is known in Athena's history; pure."""

import re

_MARK = re.compile(r"\n-- flowathena: ([A-Za-z0-9_-]+)\s*\Z")
_NAME = re.compile(r"[A-Za-z0-9_-]+")


def mark(sql: str, name: str) -> str:
    """A statement with a comment at its end that names its query.

    The comment is the same every time: Athena gives an earlier result again only to the same text.
    """
    return f"{sql}\n-- flowathena: {name}" if _NAME.fullmatch(name) else sql


def marked_name(sql: str) -> str:
    """The name of the query that a statement is marked with; empty if it is not ours."""
    return unmark(sql)[1]


def unmark(sql: str) -> tuple[str, str]:
    """A statement without the comment, and the name in it; empty if there is none."""
    found = _MARK.search(sql)
    return (sql[: found.start()], found[1]) if found else (sql, "")
