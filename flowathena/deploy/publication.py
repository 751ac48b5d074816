"""Saved queries of the library as named queries: what should be, whose a live one is; pure.

A published query is known by the mark at the end of its description, never by its name alone: a
name may be somebody else's, and in Athena several named queries may have it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff

from flowathena.deploy.named_queries import (
    DESCRIPTION_LIMIT,
    NAME_LIMIT,
    TEXT_LIMIT,
    NamedQuery,
)
from flowathena.query.query import Query
from flowathena.reconcile import Operation, OperationResult
from flowathena.text import one_line, shortened

_MARK = "[flowathena:"
_END = "]"


@dataclass(frozen=True)
class LeftOut:
    """A query that is not published, and why.

    Attributes:
        query: its name.
        reason: why, and what to do.
        lacks: the fields that it needs and the table lacks, in a few words; empty if that is not
            the reason.
    """

    query: str
    reason: str
    lacks: str = ""

    def to_json(self) -> dict[str, object]:
        """Its stable shape: ``{"query", "reason"}``."""
        return {"query": self.query, "reason": self.reason}


@dataclass(frozen=True)
class Live:
    """The named queries that exist in a workgroup, by whose they are.

    Attributes:
        ours: those published for the table, by name in the mark.
        doubles: further ones with a mark that one of ``ours`` has.
        others: all others.
    """

    ours: Mapping[str, NamedQuery]
    doubles: tuple[NamedQuery, ...]
    others: tuple[NamedQuery, ...]

    def taken(self, name: str) -> NamedQuery | None:
        """A named query of somebody else that has a name; None if the name is free."""
        if name in self.ours:
            return None
        return next((query for query in self.others if query.name == name), None)


@dataclass(frozen=True)
class Publication:
    """Saved queries compared with those published, and what became of each.

    Attributes:
        results: one per query that is published, as it was asked for.
        left_out: queries that cannot be published.
        live: what the workgroup had before.
        obsolete: names of published queries that the library no longer has; they stay.
    """

    results: tuple[OperationResult[NamedQuery], ...]
    left_out: tuple[LeftOut, ...]
    live: Live
    obsolete: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """The stable shape of ``queries publish --format json``."""
        return {
            "queries": [
                {**each.to_json(), "diff": difference(each.operation)} for each in self.results
            ],
            "left_out": [each.to_json() for each in self.left_out],
            "duplicates": [_described(each) for each in self.live.doubles],
            "obsolete": list(self.obsolete),
            "others": [_described(each) for each in self.live.others],
        }


def published_name(table: str, query: str, label: str = "") -> str:
    """The name of a published query.

    Args:
        table: ``database.table``, which the text reads: so that two tables' queries differ.
        query: the query's name in the library.
        label: distinguishes several of one query, with other values; empty for one.
    """
    return f"{table}/{query}{f':{label}' if label else ''}"


def base_query(table: str, name: str) -> str:
    """The query in the library that a published name was made of."""
    return name.removeprefix(f"{table}/").partition(":")[0]


def make(name: str, query: Query, sql: str, database: str) -> NamedQuery:
    """The named query that should be.

    Args:
        name: its name.
        query: the query in the library.
        sql: the rendered statement, with a window that moves.
        database: the table's database; only the console uses it, as the text names the table.
    """
    mark = f" {_MARK}{name}{_END}"
    description = " ".join(filter(None, (f"{one_line(query.title)}.", one_line(query.description))))
    # Without a version: an upgrade alone is no difference.
    head = (
        f"-- {one_line(query.title)}\n"
        f"-- Published by flowathena from its query {query.name}, whose next publication replaces\n"
        "-- what is changed here: save a changed text under another name.\n"
    )
    return NamedQuery(
        name,
        f"{head}{sql}\n",
        shortened(description, DESCRIPTION_LIMIT - len(mark)) + mark,
        database,
    )


def obstacle(query: NamedQuery) -> str:
    """Why Athena does not take a named query; empty if it does."""
    if len(query.name) > NAME_LIMIT:
        return (
            f"the name {query.name} has {len(query.name)} characters; Athena takes {NAME_LIMIT}: "
            "shorten the query's name or its label"
        )
    size_bytes = len(query.sql.encode())
    if size_bytes > TEXT_LIMIT:
        return (
            f"the text of {query.name} has {size_bytes:,} bytes; Athena takes {TEXT_LIMIT:,}: give "
            "its lists fewer values"
        )
    return ""


def mark_of(query: NamedQuery) -> str:
    """The name in the mark of a published query; empty of any other query."""
    description = query.description.rstrip()
    if not description.endswith(_END):
        return ""
    return description.rpartition(_MARK)[2][: -len(_END)] if _MARK in description else ""


def sort_out(found: Iterable[NamedQuery], table: str) -> Live:
    """Whose each named query of a workgroup is.

    Args:
        found: all of them, in an order that stays the same.
        table: ``database.table``.
    """
    ours: dict[str, NamedQuery] = {}
    doubles, others = [], []
    for query in found:
        mark = mark_of(query)
        if not mark.startswith(f"{table}/"):
            others.append(query)
        elif ours.setdefault(mark, query) is not query:
            doubles.append(query)
    return Live(ours, tuple(doubles), tuple(others))


def same(wanted: NamedQuery, live: NamedQuery) -> bool:
    """Whether a live query is as wanted; its database does not matter, the text names the table."""
    return not _differing(wanted, live)


def describe(wanted: NamedQuery, live: NamedQuery) -> str:
    """What differs: ``text, description``."""
    return ", ".join(_differing(wanted, live))


def difference(operation: Operation[NamedQuery]) -> str:
    """A unified diff from the live query to the wanted one; empty if there is none."""
    live, wanted = _lines(operation.live), _lines(operation.wanted)
    names = (f"{operation.name} (live)", f"{operation.name} (wanted)")
    return "\n".join(unified_diff(live, wanted, *names, lineterm=""))


def _differing(wanted: NamedQuery, live: NamedQuery) -> list[str]:
    parts: Sequence[tuple[str, object, object]] = (
        ("name", wanted.name, live.name),
        ("description", wanted.description, live.description),
        ("text", list(_text(wanted)), list(_text(live))),
    )
    return [part for part, one, other in parts if one != other]


def _lines(query: NamedQuery | None) -> list[str]:
    if query is None:
        return []
    return [f"name: {query.name}", f"description: {query.description}", "", *_text(query)]


def _text(query: NamedQuery) -> Iterator[str]:
    """The lines of a text; an editor may have changed what ends them."""
    return (line.rstrip() for line in query.sql.strip().splitlines())


def _described(query: NamedQuery) -> dict[str, object]:
    return {"name": query.name, "id": query.id}
