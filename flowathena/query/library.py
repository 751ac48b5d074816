"""The library of saved queries: every ``.sql`` file of some folders, by name.

A file's name is the query's name, its folder the query's topic. Packaged queries and the user's
folders form one library. A user's query replaces a packaged one if its header says so
(``override = true``); otherwise a name that two files have is a problem, and names no query.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flowathena.errors import Problem, QueryError
from flowathena.package import folder
from flowathena.query.header import read
from flowathena.query.query import Query
from flowathena.text import did_you_mean


@dataclass(frozen=True)
class Library:
    """The queries of some folders by name, and the problems of invalid files.

    Attributes:
        queries: every query that may be run by name, in order.
        problems: what is wrong with files.
        own: the names of the user's queries.
    """

    queries: Mapping[str, Query]
    problems: tuple[Problem, ...] = ()
    own: frozenset[str] = frozenset()

    @property
    def aliases(self) -> dict[str, Query]:
        """The queries by their aliases, in order; the first query keeps an alias that two have."""
        known: dict[str, Query] = {}
        for query in self.queries.values():
            for alias in query.aliases:
                known.setdefault(alias, query)
        return dict(sorted(known.items()))

    def get(self, name: str) -> Query:
        """The query of a name.

        Raises:
            QueryError: there is none, or its file is invalid.
        """
        if not isinstance(name, str):
            raise QueryError(f"a query's name is a text, not {type(name).__name__}")
        if name in self.queries:
            return self.queries[name]
        aliases = self.aliases
        if name in aliases:
            return aliases[name]
        broken = [p for p in self.problems if p.file is not None and p.file.stem == name]
        if broken:
            raise QueryError(broken)
        hint = did_you_mean(name, [*self.queries, *aliases])
        raise QueryError(f"unknown query {name!r}; {hint}'flowathena queries list' lists them all")


def find(name: str, paths: Sequence[Path] = ()) -> Query:
    """The query of a name; of the folders only the files of that name are read, if there are any.

    Raises:
        QueryError: there is none, or its file is invalid.
    """
    some = load(paths, name)
    known = some.queries or some.problems
    return (some if known else load(paths)).get(name)


def by_topic(queries: Iterable[Query]) -> dict[str, list[Query]]:
    """Queries by their topics, both in order of their names."""
    topics: dict[str, list[Query]] = {}
    for query in sorted(queries, key=lambda query: (query.topic, query.name)):
        topics.setdefault(query.topic, []).append(query)
    return topics


def load(paths: Sequence[Path] = (), name: str | None = None) -> Library:
    """The packaged queries and those of the user's folders.

    Args:
        paths: the user's folders.
        name: the only query to read; None for all.
    """
    packaged, problems = _read([folder("queries")], name)
    own, own_problems = _read(paths, name)
    found = (_override_problem(query, packaged) for query in own.values())
    problems += [*own_problems, *filter(None, found)]
    # Of two files with one name, nobody knows which one is meant: it names no query.
    unclear = {problem.file.stem for problem in problems if problem.file}
    clear = {name: query for name, query in (packaged | own).items() if name not in unclear}
    problems += _alias_problems(clear)
    return Library(dict(sorted(clear.items())), tuple(problems), frozenset(own) - unclear)


def _read(paths: Iterable[Path], name: str | None = None) -> tuple[dict[str, Query], list[Problem]]:
    """The queries of some folders, and the problems of files that are invalid or have one name."""
    queries: dict[str, Query] = {}
    problems: list[Problem] = []
    for file, topic in _files(paths):
        if name is not None and file.stem != name:
            continue
        try:
            query = read(file, topic)
        except QueryError as error:
            problems.extend(error.problems)
            continue
        first = queries.setdefault(query.name, query)
        if first is not query:
            problems.append(Problem(f"query {query.name!r} already exists in {first.file}", file))
    return queries, problems


def _override_problem(query: Query, packaged: Mapping[str, Query]) -> Problem | None:
    """What is wrong with what a user's query replaces, or does not."""
    is_packaged = query.name in packaged
    if is_packaged and not query.override:
        message = (
            f"query {query.name!r} ships with flowathena; to replace it, write override = true "
            "into the header, else choose another file name"
        )
    elif query.override and not is_packaged:
        hint = did_you_mean(query.name, (file.stem for file, _ in _files([folder("queries")])))
        message = f"override: no query {query.name!r} ships with flowathena; {hint}remove override"
    else:
        return None
    return Problem(message, query.file, _override_line(query.file))


def _override_line(file: Path | None) -> int:
    """The line of a valid file that says override; the first, where the header begins, if none."""
    lines = file.read_text(encoding="utf-8-sig").splitlines() if file else []
    found = (n for n, line in enumerate(lines, 1) if re.match(r"\s*override\s*=", line))
    return next(found, 1)


def _alias_problems(queries: Mapping[str, Query]) -> Iterator[Problem]:
    """Aliases that are a query's name, or another one's alias: they would call one of the two."""
    owners: dict[str, Query] = {}
    for query in queries.values():
        for alias in query.aliases:
            owner = queries.get(alias) or owners.setdefault(alias, query)
            if owner is not query:
                what = "a query" if alias in queries else f"an alias of {owner.name!r}"
                message = f"alias {alias!r} is already {what} in {owner.file}"
                yield Problem(message, query.file, query.alias_line)


def _files(folders: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Every query file with its topic; once, if one folder is given twice or is within another."""
    seen: set[Path] = set()
    for root in folders:
        for file in sorted(root.rglob("*.sql")):
            is_broken = file.is_symlink() and not file.exists()  # it is told, not left out
            if (file.is_file() or is_broken) and file not in seen:  # not a folder, not a pipe
                seen.add(file)
                yield file, "/".join(file.relative_to(root).parts[:-1])
