"""A query's file: a TOML header in a leading comment, then the statement."""

import keyword
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from flowathena.errors import ParameterError, Problem, QueryError
from flowathena.inputs import textfile, toml
from flowathena.inputs.params import Param, Value
from flowathena.inputs.toml_reader import TomlReader
from flowathena.inputs.types import TYPES, known_type
from flowathena.inputs.window import parse_duration
from flowathena.query import chart, metric
from flowathena.query.query import DEFAULT_SINCE, Query

RESERVED = frozenset(
    {
        *(
            "account",
            "chart",
            "config",
            "dry_run",
            "engine",
            "flow_log",
            "form",
            "format",
            "help",
            "listener",
            "log_format",
        ),
        *("name", "now", "output", "quiet", "region", "relative", "self", "since"),
        *("quicksight_manifest", "skip_bad_files", "target", "until", "verbose"),
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
_QUERY_KEYS = (
    *("title", "description", "aliases", "allow", "tags", "since", "override", "params"),
    *("metric", "chart"),
)
_IN_HEADER = " in the header"
_MOST_BYTES = 10_000_000
_PARAM_KEYS = ("type", "default", "help", "required", "choices", "min", "max")


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


def _text_of(given: str | Path) -> str:
    if isinstance(given, str):
        return given
    try:
        text = textfile.read(given, _MOST_BYTES)
    except textfile.TextFileError as error:
        raise QueryError([Problem(str(error), given, error.line)]) from error
    except OSError as error:
        raise QueryError([Problem(f"cannot be read: {error.strerror}", given)]) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


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


class _Header(TomlReader):
    """Turns a parsed header into a ``Query`` and collects its problems."""

    def query(self, topic: str, sql: str, sql_line: int) -> Query:
        """The query of the header.

        Args:
            topic: its topic.
            sql: what follows the header.
            sql_line: the line of the file on which ``sql`` begins.
        """
        header = self.document.data
        self.refuse_unknown(header, _QUERY_KEYS, where=_IN_HEADER)
        if not NAME.fullmatch(self.file.stem):
            self.add_problem("a query's file name has lower-case letters, digits and _ only")
        title = self.text(header, "title", "")
        if not title:
            self.add_problem("header has no title", "title")
        description = self.text(header, "description", "")
        since = self.text(header, "since", DEFAULT_SINCE)
        if parse_duration(since) is None:
            self.add_problem(f"since {since!r} is not a duration; write 7d", "since")
        return Query(
            name=self.file.stem,
            title=title,
            sql=sql.strip("\n"),
            description=description,
            topic=topic,
            tags=self.texts(header, "tags"),
            since=since,
            params=tuple(self._params(header.get("params", {}))),
            file=self.file,
            first_line=sql_line + len(sql) - len(sql.lstrip("\n")),
            aliases=self._aliases(header),
            alias_line=self.document.line("aliases") if "aliases" in header else None,
            allow=self.texts(header, "allow"),
            override=self.flag(header, "override"),
            metric=metric.read(self, header, _IN_HEADER),
            chart=chart.read(self, header, _IN_HEADER, title, description),
        )

    def _aliases(self, header: dict[str, object]) -> tuple[str, ...]:
        aliases = self.texts(header, "aliases")
        for alias in aliases:
            if not _ALIAS.fullmatch(alias):
                message = f"alias {alias!r} has other characters than letters, digits, - and _"
                self.add_problem(message, "aliases")
            elif alias == self.file.stem or aliases.count(alias) > 1:
                self.add_problem(f"alias {alias!r} is there twice", "aliases")
        return aliases

    def _params(self, tables: object) -> Iterator[Param]:
        if not isinstance(tables, dict) or not all(isinstance(t, dict) for t in tables.values()):
            self.add_problem("params must be a table; write [params.NAME]", "params")
            return
        for name, table in tables.items():
            param = self._param(name, table)
            if param:
                yield param

    def _param(self, name: str, table: dict[str, object]) -> Param | None:
        before = len(self.problems)
        path = ("params", name)
        self.refuse_unknown(table, _PARAM_KEYS, *path, where=_IN_HEADER)
        if not NAME.fullmatch(name) or name in RESERVED:
            message = f"params.{name}: choose another name, this one is reserved or malformed"
            self.add_problem(message, *path)
        type_name = self.text(table, "type", "text", *path)
        if not known_type(type_name):
            message = f"params.{name}: type {type_name!r} is not one of {', '.join(TYPES)}"
            self.add_problem(message, *path)
        bare = Param(
            name,
            type_name,
            help=self.text(table, "help", "", *path),
            choices=self.texts(table, "choices", *path),
            minimum=self._bound(table, "min", *path),
            maximum=self._bound(table, "max", *path),
        )
        if bare.item_type == "choice" and not bare.choices:
            self.add_problem(f"params.{name}: type 'choice' needs choices", *path)
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
                self.add_problem(message, *path, key)
        if low is not None and high is not None and low > high:
            message = f"params.{bare.name}: min {low} is more than max {high}"
            self.add_problem(message, *path, "min")
        for choice in bare.choices:
            try:
                bare.parse(choice)
            except ParameterError as error:
                reason = str(error).removeprefix(bare.name)
                self.add_problem(f"params.{bare.name}: choice{reason}", *path, "choices")
        if not isinstance(table.get("required", False), bool):
            message = f"params.{bare.name}: required must be true or false"
            self.add_problem(message, *path, "required")

    def _with_default(self, bare: Param, table: dict[str, object]) -> Param | None:
        required = table.get("required", "default" not in table)
        try:
            default = self._default(bare, table)
        except ParameterError as error:
            reason = str(error).removeprefix(bare.name)
            message = f"params.{bare.name}: default{reason}"
            self.add_problem(message, "params", bare.name, "default")
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
        self.add_problem(f"{key} must be a number, not {toml.describe(value)}", *path, key)
        return None
