"""Saved queries: ``.sql`` files with a TOML header in a leading comment.

A file's name is the query's name, the folder it stands in its topic. Packaged queries and the
user's folders form one library; the same name twice is a problem, not a replacement.
"""

import difflib
import keyword
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from flowathena.errors import ParameterError, Problem, QueryError
from flowathena.inputs.params import TYPES, Param, Value, known_type
from flowathena.inputs.window import parse_duration
from flowathena.resources import folder

DEFAULT_SINCE = "7d"
RESERVED = frozenset(
    {
        *("account", "config", "dry_run", "form", "format", "help", "listener", "name", "now"),
        *("output", "region", "self", "since", "skip_bad_files", "target", "until"),
        *("false", "loop", "none", "ordinals", "true"),
        *keyword.kwlist,
    }
)
"""Names that a parameter cannot have: options of every run, and words of Jinja and Python."""

_HEADER = re.compile(r"\s*/\* ---[ \t]*\r?\n(.*?)^--- \*/", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_QUERY_KEYS = ("title", "description", "tags", "since", "params")
_PARAM_KEYS = ("type", "default", "help", "required", "choices", "min", "max")


@dataclass(frozen=True)
class Query:
    """A saved query.

    Attributes:
        name: file name without ``.sql``.
        title: one line.
        sql: the statement with its placeholders, without the header.
        description: what it answers and how.
        topic: the folder it stands in; empty at the top.
        tags: words to find it by.
        since: the default start of its window.
        params: its parameters, in the order of the header.
        file: where it stands; None for a statement given as text.
        first_line: the line of the file on which ``sql`` begins.
        is_template: whether ``{{ … }}`` in ``sql`` is a placeholder.
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

    def problem(self, message: str, line: int | None = None) -> Problem:
        """A problem of this query; ``line`` counts from 1 within ``sql``."""
        where = None if line is None else self.first_line + line - 1
        return Problem(message, self.file, where if self.file else None)


@dataclass(frozen=True)
class Library:
    """The queries of some folders, and what is wrong with the files that are none."""

    queries: Mapping[str, Query]
    problems: tuple[Problem, ...] = ()

    def get(self, name: str) -> Query:
        """The query of a name.

        Raises:
            QueryError: there is none; tells what is wrong with its file, or names a similar one.
        """
        if name in self.queries:
            return self.queries[name]
        broken = [p for p in self.problems if p.file is not None and p.file.stem == name]
        if broken:
            raise QueryError(broken)
        close = difflib.get_close_matches(name, self.queries, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise QueryError(f"unknown query {name!r}; {hint}'flowathena queries list' names them all")


def load(paths: Sequence[Path] = ()) -> Library:
    """The packaged queries and those of the user's folders."""
    queries: dict[str, Query] = {}
    problems: list[Problem] = []
    for file, topic in _files([folder("queries"), *paths]):
        try:
            query = read(file, topic)
        except QueryError as error:
            problems.extend(error.problems)
            continue
        first = queries.setdefault(query.name, query)
        if first is not query:
            problems.append(Problem(f"query {query.name!r} stands in {first.file} already", file))
    return Library(dict(sorted(queries.items())), tuple(problems))


def read(file: Path, topic: str = "") -> Query:
    """Read one query file.

    Raises:
        QueryError: the header or the file is wrong; tells every problem with file and line.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise QueryError([Problem(f"cannot be read: {error}", file)]) from error
    match = _HEADER.match(text)
    if match is None:
        raise QueryError([Problem("has no header; begin with /* --- … --- */", file, 1)])
    header_line = text.count("\n", 0, match.start(1)) + 1
    header = _toml(file, match[1], header_line)
    reader = _Header(file, match[1], header_line)
    query = reader.query(header, topic, text[match.end() :], text.count("\n", 0, match.end()) + 1)
    if reader.problems:
        raise QueryError(reader.problems)
    return query


def _files(folders: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    for root in folders:
        for file in sorted(root.rglob("*.sql")):
            if file.is_file():  # no folder, no pipe
                yield file, "/".join(file.relative_to(root).parts[:-1])


def _toml(file: Path, text: str, header_line: int) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        within = re.search(r"at line (\d+)", str(error))
        line = header_line + int(within[1]) - 1 if within else header_line
        message = re.sub(r" \(at .*\)$", "", str(error))
        raise QueryError([Problem(f"header: {message}", file, line)]) from error


class _Header:
    """Turns a parsed header into a ``Query``, gathering what is wrong on the way."""

    def __init__(self, file: Path, text: str, first_line: int) -> None:
        self.file = file
        self.lines = text.splitlines()
        self.first_line = first_line
        self.problems: list[Problem] = []

    def query(self, header: dict[str, object], topic: str, sql: str, sql_line: int) -> Query:
        self._refuse_unknown(header, _QUERY_KEYS)
        if not _NAME.fullmatch(self.file.stem):
            self._wrong("a query's file name is lower-case letters, digits and _", None)
        title = self._text(header, "title", "")
        if not title:
            self._wrong("header has no title", None)
        since = self._text(header, "since", DEFAULT_SINCE)
        if parse_duration(since) is None:
            self._wrong(f"since {since!r} is no duration; write 7d", "since")
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
        )

    def _params(self, tables: object) -> Iterator[Param]:
        if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
            self._wrong("params is no table; write [params.NAME]", "params")
            return
        for name, table in tables.items():
            param = self._param(name, table)
            if param:
                yield param

    def _param(self, name: str, table: dict[str, object]) -> Param | None:
        before = len(self.problems)
        self._refuse_unknown(table, _PARAM_KEYS)
        if not _NAME.fullmatch(name) or name in RESERVED:
            self._wrong(f"params.{name}: choose another name, this one is taken or malformed", name)
        kind = self._text(table, "type", "text")
        if not known_type(kind):
            self._wrong(f"params.{name}: type {kind!r} is none of {', '.join(TYPES)}", name)
        bare = Param(
            name,
            kind,
            help=self._text(table, "help", ""),
            choices=self._texts(table, "choices"),
            minimum=self._bound(table, "min"),
            maximum=self._bound(table, "max"),
        )
        if bare.item_type == "choice" and not bare.choices:
            self._wrong(f"params.{name}: a choice needs choices", name)
        if len(self.problems) > before:
            return None
        return self._with_default(bare, table)

    def _with_default(self, bare: Param, table: dict[str, object]) -> Param | None:
        required = table.get("required", "default" not in table)
        try:
            default: Value = bare.parse(table["default"]) if "default" in table else None
        except ParameterError as error:
            self._wrong(f"params.{bare.name}: default: {error}", bare.name)
            return None
        return Param(
            bare.name,
            bare.type,
            bare.help,
            required=bool(required) and default is None,
            default=default,
            choices=bare.choices,
            minimum=bare.minimum,
            maximum=bare.maximum,
        )

    def _bound(self, table: dict[str, object], key: str) -> int | Decimal | None:
        value = table.get(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        if isinstance(value, float):
            return Decimal(str(value))
        self._wrong(f"{key} is no number: {value!r}", key)
        return None

    def _text(self, table: dict[str, object], key: str, default: str) -> str:
        value = table.get(key, default)
        if isinstance(value, str):
            return value
        self._wrong(f"{key} is no text: {value!r}", key)
        return default

    def _texts(self, table: dict[str, object], key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        self._wrong(f"{key} is no list of texts: {value!r}", key)
        return ()

    def _refuse_unknown(self, table: Mapping[str, object], known: Sequence[str]) -> None:
        for key in table:
            if key not in known:
                self._wrong(f"unknown key {key!r} in the header; known: {', '.join(known)}", key)

    def _wrong(self, message: str, key: str | None) -> None:
        written = re.compile(rf"\s*(?:\[params\.)?{re.escape(key or '')}\s*[\]=.]")
        found = (n for n, line in enumerate(self.lines) if key and written.match(line))
        self.problems.append(Problem(message, self.file, self.first_line + next(found, 0)))
