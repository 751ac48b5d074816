"""Saved queries: ``.sql`` files with a TOML header in a leading comment.

A file's name is the query's name, its folder the query's topic. Packaged queries and the user's
folders form one library. A user's query replaces a packaged one if its header says so
(``override = true``); otherwise a name that two files have is a problem, and names no query.
"""

import keyword
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from flowathena.errors import ParameterError, Problem, QueryError
from flowathena.inputs import toml
from flowathena.inputs.params import TYPES, Param, Value, known_type
from flowathena.inputs.window import parse_duration
from flowathena.resources import folder
from flowathena.text import did_you_mean

DEFAULT_SINCE = "7d"
RESERVED = frozenset(
    {
        *("account", "config", "dry_run", "form", "format", "help", "listener", "log_format"),
        *("name", "now", "output", "quiet", "region", "relative", "self", "since"),
        *("skip_bad_files", "target", "until", "verbose"),
        *("false", "loop", "none", "ordinals", "true"),
        *keyword.kwlist,
    }
)
"""Names that a parameter cannot have: options of every run, and words of Jinja and Python."""

HEADER = re.compile(r"\s*/\* ---[ \t]*\r?\n(.*?)^--- \*/", re.DOTALL | re.MULTILINE)
"""The header of a query file; its first group is TOML."""
NAME = re.compile(r"[a-z][a-z0-9_]*")
"""The form of a query's name, and of a parameter's."""
_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_BOUNDED = frozenset({"int", "number", "duration", "port"})  # types whose values are numbers
_QUERY_KEYS = ("title", "description", "aliases", "allow", "tags", "since", "override", "params")
_MOST_BYTES = 10_000_000
_PARAM_KEYS = ("type", "default", "help", "required", "choices", "min", "max")


@dataclass(frozen=True)
class Query:
    """A saved query.

    Attributes:
        name: file name without ``.sql``.
        title: one line.
        sql: the statement with its placeholders, without the header.
        description: what it answers and how.
        topic: its folder, relative to the query folder; empty at the top.
        tags: words to find it by.
        aliases: other names that it can be run by.
        allow: rules of ``lint`` that do not apply to it.
        since: the default start of its window.
        params: its parameters, in the order of the header.
        file: its file; None for a statement given as text.
        first_line: the line of the file on which ``sql`` begins.
        is_template: whether ``{{ … }}`` in ``sql`` is a placeholder.
        override: whether it replaces the packaged query of its name.
        alias_line: the line of the file on which the aliases are; None if it has none.
    """

    name: str
    title: str
    sql: str
    description: str = ""
    topic: str = ""
    tags: tuple[str, ...] = ()
    since: str = DEFAULT_SINCE
    params: tuple[Param, ...] = ()
    file: Path | None = None
    first_line: int = 1
    is_template: bool = True
    aliases: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    override: bool = False
    alias_line: int | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        names = ", ".join(param.name for param in self.params)
        return f"<Query {self.name}({names}): {self.title}>"

    def problem(self, message: str, line: int | None = None) -> Problem:
        """A problem of this query; ``line`` is counted from 1 within ``sql``."""
        if self.file:
            return Problem(message, self.file, line and self.first_line + line - 1)
        is_long = line is not None and "\n" in self.sql.strip()
        return Problem(f"line {line}: {message}" if is_long else message)


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


def statement(given: str | Path) -> Query:
    """A statement without a header, as its text or its file; it is no template.

    Raises:
        QueryError: the file cannot be read, or is a saved query.
    """
    if not isinstance(given, str | Path):
        raise QueryError(f"a statement is a text or a file, not {type(given).__name__}")
    file = given if isinstance(given, Path) else None
    query = Query("sql", "A statement", _text_of(given), file=file, is_template=False)
    if HEADER.match(query.sql) is None:
        return query
    hint = f"'flowathena run {file.stem}' runs it" if file else "'flowathena run NAME' runs one"
    message = f"is a saved query, which has a header: in a folder of query_paths, {hint}"
    raise QueryError([query.problem(message, 1)])


def read(file: Path, topic: str = "") -> Query:
    """Read one query file.

    Raises:
        QueryError: the file or its header is invalid; lists every problem with file and line.
    """
    text = _text_of(file)
    match = HEADER.match(text)
    if match is None:
        raise QueryError([Problem("has no header; begin with /* --- … --- */", file, 1)])
    reader = _Header(file, _parse(file, match[1], _line_at(text, match.start(1))))
    query = reader.query(topic, text[match.end() :], _line_at(text, match.end()))
    if reader.problems:
        raise QueryError(reader.problems)
    return query


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


def _text_of(given: str | Path) -> str:
    if isinstance(given, str):
        return given
    try:
        with given.open("rb") as file:  # bounded: it may be a device without an end
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise QueryError([Problem("is larger than 10 MB; it is no query", given)])
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise QueryError([Problem("is not UTF-8 text", given, line)]) from error
    except OSError as error:
        raise QueryError([Problem(f"cannot be read: {error.strerror}", given)]) from error


def _files(folders: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Every query file with its topic; once, if one folder is given twice or is within another."""
    seen: set[Path] = set()
    for root in folders:
        for file in sorted(root.rglob("*.sql")):
            if file.is_file() and file not in seen:  # not a folder, not a pipe
                seen.add(file)
                yield file, "/".join(file.relative_to(root).parts[:-1])


def _line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _parse(file: Path, header: str, first_line: int) -> toml.Document:
    try:
        return toml.parse(header, first_line)
    except toml.TomlError as error:
        raise QueryError([Problem(f"header: {error}", file, error.line)]) from error


def _utc(value: object) -> object:
    """A header's time without an offset is UTC, like every other that is written."""
    if isinstance(value, list):
        return [_utc(item) for item in value]
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return value


class _Header:
    """Turns a parsed header into a ``Query`` and collects its problems."""

    def __init__(self, file: Path, document: toml.Document) -> None:
        self.file = file
        self.document = document
        self.problems: list[Problem] = []

    def query(self, topic: str, sql: str, sql_line: int) -> Query:
        """The query of the header.

        Args:
            topic: its topic.
            sql: what follows the header.
            sql_line: the line of the file on which ``sql`` begins.
        """
        header = self.document.data
        self._refuse_unknown(header, _QUERY_KEYS)
        if not NAME.fullmatch(self.file.stem):
            self._add_problem("a query's file name has lower-case letters, digits and _ only")
        title = self._text(header, "title", "")
        if not title:
            self._add_problem("header has no title", "title")
        since = self._text(header, "since", DEFAULT_SINCE)
        if parse_duration(since) is None:
            self._add_problem(f"since {since!r} is not a duration; write 7d", "since")
        return Query(
            name=self.file.stem,
            title=title,
            sql=sql.strip("\n"),
            description=self._text(header, "description", ""),
            topic=topic,
            tags=self._texts(header, "tags"),
            since=since,
            params=tuple(self._params(header.get("params", {}))),
            file=self.file,
            first_line=sql_line + len(sql) - len(sql.lstrip("\n")),
            aliases=self._aliases(header),
            alias_line=self.document.line("aliases") if "aliases" in header else None,
            allow=self._texts(header, "allow"),
            override=self._flag(header, "override"),
        )

    def _aliases(self, header: dict[str, object]) -> tuple[str, ...]:
        aliases = self._texts(header, "aliases")
        for alias in aliases:
            if not _ALIAS.fullmatch(alias):
                message = f"alias {alias!r} has other characters than letters, digits, - and _"
                self._add_problem(message, "aliases")
            elif alias == self.file.stem or aliases.count(alias) > 1:
                self._add_problem(f"alias {alias!r} is there twice", "aliases")
        return aliases

    def _params(self, tables: object) -> Iterator[Param]:
        if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
            self._add_problem("params must be a table; write [params.NAME]", "params")
            return
        for name, table in tables.items():
            param = self._param(name, table)
            if param:
                yield param

    def _param(self, name: str, table: dict[str, object]) -> Param | None:
        before = len(self.problems)
        path = ("params", name)
        self._refuse_unknown(table, _PARAM_KEYS, *path)
        if not NAME.fullmatch(name) or name in RESERVED:
            message = f"params.{name}: choose another name, this one is reserved or malformed"
            self._add_problem(message, *path)
        type_name = self._text(table, "type", "text", *path)
        if not known_type(type_name):
            message = f"params.{name}: type {type_name!r} is not one of {', '.join(TYPES)}"
            self._add_problem(message, *path)
        bare = Param(
            name,
            type_name,
            help=self._text(table, "help", "", *path),
            choices=self._texts(table, "choices", *path),
            minimum=self._bound(table, "min", *path),
            maximum=self._bound(table, "max", *path),
        )
        if bare.item_type == "choice" and not bare.choices:
            self._add_problem(f"params.{name}: type 'choice' needs choices", *path)
        if len(self.problems) == before:
            self._check_limits(bare, table)
        if len(self.problems) > before:
            return None
        return self._with_default(bare, table)

    def _check_limits(self, bare: Param, table: dict[str, object]) -> None:
        """Report bounds and choices that no value, or every value, can meet."""
        path = ("params", bare.name)
        low, high = bare.minimum, bare.maximum
        for key, bound in (("min", low), ("max", high)):
            if bound is not None and bare.item_type not in _BOUNDED:
                message = f"params.{bare.name}: {key} has no meaning for type {bare.type!r}"
                self._add_problem(message, *path, key)
        if low is not None and high is not None and low > high:
            message = f"params.{bare.name}: min {low} is more than max {high}"
            self._add_problem(message, *path, "min")
        for choice in bare.choices:
            try:
                bare.parse(choice)
            except ParameterError as error:
                reason = str(error).removeprefix(bare.name)
                self._add_problem(f"params.{bare.name}: choice{reason}", *path, "choices")
        if not isinstance(table.get("required", False), bool):
            message = f"params.{bare.name}: required must be true or false"
            self._add_problem(message, *path, "required")

    def _with_default(self, bare: Param, table: dict[str, object]) -> Param | None:
        required = table.get("required", "default" not in table)
        try:
            default = self._default(bare, table)
        except ParameterError as error:
            reason = str(error).removeprefix(bare.name)
            message = f"params.{bare.name}: default{reason}"
            self._add_problem(message, "params", bare.name, "default")
            return None
        return replace(bare, required=bool(required) and default is None, default=default)

    @staticmethod
    def _default(bare: Param, table: dict[str, object]) -> Value:
        if "default" not in table:
            return None
        if bare.is_list and table["default"] == []:
            return ()
        return bare.parse(_utc(table["default"]))

    def _bound(self, table: dict[str, object], key: str, *path: str) -> int | Decimal | None:
        value = table.get(key)
        duration = parse_duration(value) if isinstance(value, str) else None
        if duration is not None and table.get("type") in {"duration", "list[duration]"}:
            return int(duration.total_seconds())
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        if isinstance(value, float):
            return Decimal(str(value))
        self._add_problem(f"{key} must be a number, not {toml.describe(value)}", *path, key)
        return None

    def _text(self, table: dict[str, object], key: str, default: str, *path: str) -> str:
        value = table.get(key, default)
        if isinstance(value, str):
            return value
        self._add_problem(toml.not_a_string(key, value), *path, key)
        return default

    def _texts(self, table: dict[str, object], key: str, *path: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        given = "one with other values" if isinstance(value, list) else toml.describe(value)
        self._add_problem(f"{key} must be a list of strings, not {given}", *path, key)
        return ()

    def _flag(self, table: dict[str, object], key: str) -> bool:
        value = table.get(key, False)
        if isinstance(value, bool):
            return value
        self._add_problem(f"{key} must be true or false, not {toml.describe(value)}", key)
        return False

    def _refuse_unknown(
        self, table: Mapping[str, object], known: Sequence[str], *path: str
    ) -> None:
        for key in table:
            if key not in known:
                message = f"unknown key {key!r} in the header; known: {', '.join(known)}"
                self._add_problem(message, *path, key)

    def _add_problem(self, message: str, *path: str) -> None:
        # What is missing from the header is reported where the header begins.
        line = self.document.line(*path) or self.document.first_line
        self.problems.append(Problem(message, self.file, line))
