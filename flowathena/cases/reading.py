"""Reads files of query cases: TOML, every problem with its line.

::

    columns = ["dstaddr", "flows"]      # of every case that names none of its own

    [[case]]
    name = "…"
    since = "2026-11-01"                # until is needed, since may be the query's default
    until = "2026-11-02"
    rows = [["10.0.2.9", 2]]            # the whole answer, in order; "NULL" is NULL
    # header, account, region, params, columns, tolerance: where needed

    [[case.file]]                       # a log file of a day's folder
    day = "2026-11-01"
    records = '''…'''                   # a record a line
    # account, region, time, registered: where needed
    [case.file.must_not]
    "why these do not count" = "…"
"""

import re
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from pathlib import Path

from flowathena.cases.case import ACCOUNT, HEADER, REGION, Case, LogFile, Reason
from flowathena.errors import Problem, QueryError
from flowathena.inputs import textfile, toml
from flowathena.inputs.toml_reader import TomlReader
from flowathena.inputs.window import parse_moment
from flowathena.logs.formats import parse_log_format
from flowathena.logs.layout import is_account, is_region
from flowathena.text import did_you_mean, iso

FOLDER = "cases"
"""Beside the queries, the folder of their cases: ``cases/NAME.toml``."""

_TOP_KEYS = ("columns", "case")
_CASE_KEYS = (
    *("name", "since", "until", "account", "region", "params", "header"),
    *("columns", "rows", "tolerance", "file"),
)
_FILE_KEYS = ("day", "records", "must_not", "account", "region", "time", "registered")
_NULL = "NULL"
_TIME = re.compile(r"[0-9]{4}")
_MOST_BYTES = 10_000_000


def read(path: Path) -> tuple[Case, ...]:
    """The cases of a file; its name is the query's.

    Raises:
        QueryError: the file is invalid; lists every problem with file and line.
    """
    try:
        return parse(textfile.read(path, _MOST_BYTES), path)
    except OSError as error:
        raise QueryError([Problem(f"cannot be read: {error.strerror}", path)]) from error
    except textfile.TextFileError as error:
        raise QueryError([Problem(str(error), path, error.line)]) from error


def parse(text: str, path: Path) -> tuple[Case, ...]:
    """The cases of a file's text.

    Raises:
        QueryError: the text is invalid; lists every problem with file and line.
    """
    try:
        document = toml.parse(text)
    except toml.TomlError as error:
        raise QueryError([Problem(str(error), path, error.line)]) from error
    reader = _Reader(path, document)
    cases = tuple(reader.cases())
    if reader.problems:
        raise QueryError(reader.problems)
    return cases


class _Reader(TomlReader):
    """Turns a parsed file into cases and collects its problems."""

    def cases(self) -> Iterator[Case]:
        """The cases."""
        data = self.document.data
        self.refuse_unknown(data, _TOP_KEYS)
        shared = self.texts(data, "columns")
        tables = self.tables(data, "case")
        if not tables and not self.problems:
            self.add_problem("has no case; write [[case]]")
        names: set[str] = set()
        for position, table in enumerate(tables):
            case = self._case(table, shared, "case", position)
            if case.name in names:
                self.add_problem(f"case {case.name!r} is there twice", "case", position, "name")
            names.add(case.name)
            yield case

    def _case(self, table: dict[str, object], shared: tuple[str, ...], *at: str | int) -> Case:
        self.refuse_unknown(table, _CASE_KEYS, *at)
        self._require(table, ("name", "until", "rows"), *at)
        header = self._header(table, *at)
        columns = self.texts(table, "columns", *at) or shared
        if not columns:
            self.add_problem("a case needs the columns of its answer: columns = […]", *at)
        files = self.tables(table, "file", *at)
        if not files:
            self.add_problem("a case needs records; write [[case.file]]", *at)
        lines: dict[Reason, int] = {}
        for place, file in enumerate(files):
            for reason in self.table(file, "must_not", *at, "file", place):
                lines[place, reason] = self.line(*at, "file", place, "must_not", reason)
        return Case(
            query=self.file.stem,
            name=self.text(table, "name", "", *at),
            files=tuple(
                self._file(file, header, *at, "file", place) for place, file in enumerate(files)
            ),
            since=self._moment(table, "since", *at) or None,
            until=self._until(table, *at),
            account=self._names(table, "account", *at),
            region=self._names(table, "region", *at),
            params=self.table(table, "params", *at),
            columns=columns,
            rows=tuple(self._rows(table, columns, *at)),
            header=header,
            tolerance=dict(self._tolerance(table, columns, *at)),
            path=self.file,
            line=self.line(*at),
            reason_lines=lines,
        )

    def _header(self, table: dict[str, object], *at: str | int) -> str:
        header = self.text(table, "header", HEADER, *at)
        try:
            parse_log_format(header.split())
        except ValueError as error:
            self.add_problem(f"header: {error}", *at, "header")
        return header

    def _file(self, table: dict[str, object], header: str, *at: str | int) -> LogFile:
        self.refuse_unknown(table, _FILE_KEYS, *at)
        self._require(table, ("day",), *at)
        width = len(header.split())
        reasons = self.table(table, "must_not", *at)
        must_not = {
            reason: self._records(reasons, reason, width, *at, "must_not") for reason in reasons
        }
        records = self._records(table, "records", width, *at) if "records" in table else ()
        return LogFile(
            day=self._day(table, *at),
            records=records,
            account=self._formed(table, "account", ACCOUNT, *at),
            region=self._formed(table, "region", REGION, *at),
            header=header,
            time=self._formed(table, "time", "0005", *at),
            must_not=must_not,
            registered=self.flag(table, "registered", *at, default=True),
        )

    def _day(self, table: dict[str, object], *at: str | int) -> str:
        day = self._moment(table, "day", *at)
        try:
            return date.fromisoformat(day).isoformat()
        except ValueError:
            if day:
                self.add_problem(f"day {day!r} is not a day; write 2026-11-01", *at, "day")
            return "1970-01-01"

    def _records(
        self, table: dict[str, object], key: str, width: int, *at: str | int
    ) -> tuple[str, ...]:
        """The records of a text, each with as many fields as the header."""
        text = self.text(table, key, "", *at)
        first = self.line(*at, key)
        opening = self._source(first).rstrip()
        # The newline after three opening quotes is not part of the text.
        first += opening.endswith(('"""', "'''")) and opening.count(opening[-3:]) == 1
        is_long = '"""' in opening or "'''" in opening
        lines = []
        for offset, line in enumerate(text.splitlines()):
            if not line.strip():
                continue
            lines.append(line)
            fields = len(line.split())
            if fields != width:
                where = first + offset if is_long else first
                message = f"a record has {fields} fields, its header has {width}"
                self.problems.append(Problem(message, self.file, where))
        return tuple(lines)

    def _rows(
        self, table: dict[str, object], columns: tuple[str, ...], *at: str | int
    ) -> Iterator[tuple[object, ...]]:
        rows = table.get("rows", [])
        if not isinstance(rows, list):
            message = f"rows must be a list of rows, not {toml.describe(rows)}; write [[…], […]]"
            self.add_problem(message, *at, "rows")
            return
        for number, row in enumerate(rows, 1):
            if not isinstance(row, list):
                message = f"row {number} must be a list of values, not {toml.describe(row)}"
                self.add_problem(message, *at, "rows")
            elif len(row) != len(columns):
                message = f"row {number} has {len(row)} values for {len(columns)} columns"
                self.add_problem(message, *at, "rows")
            elif any(isinstance(value, time) for value in row):
                message = f"row {number} has a time without a day; write a text, or a whole time"
                self.add_problem(message, *at, "rows")
            else:
                try:
                    yield tuple(map(_value, row))
                except InvalidOperation:
                    message = f"row {number} has a decimal that is no number"
                    self.add_problem(message, *at, "rows")

    def _tolerance(
        self, table: dict[str, object], columns: Collection[str], *at: str | int
    ) -> Iterator[tuple[str, float]]:
        for column, share in self.table(table, "tolerance", *at).items():
            where = (*at, "tolerance", column)
            if column not in columns:
                hint = did_you_mean(column, columns)
                message = f"tolerance: {column!r} is not a column; {hint}columns: "
                self.add_problem(message + ", ".join(columns), *where)
            elif isinstance(share, bool) or not isinstance(share, int | float):
                message = f"tolerance.{column} must be a number, not {toml.describe(share)}"
                self.add_problem(f"{message}; 0.02 is 2 %", *where)
            elif not 0 < share < 1:
                self.add_problem(f"tolerance.{column} must be above 0 and below 1", *where)
            else:
                yield column, share

    def _formed(self, table: dict[str, object], key: str, default: str, *at: str | int) -> str:
        """A text that becomes part of a path, and so must have the form that AWS gives it."""
        text = self.text(table, key, default, *at)
        is_formed, form = _FORMS[key]
        if not is_formed(text):
            self.add_problem(f"{key} {text!r} is not {form}", *at, key)
            return default
        return text

    def _names(self, table: dict[str, object], key: str, *at: str | int) -> tuple[str, ...]:
        """Accounts or Regions of a case: one, or several."""
        if isinstance(table.get(key), str):
            return (self.text(table, key, "", *at),)
        return self.texts(table, key, *at)

    def _moment(self, table: dict[str, object], key: str, *at: str | int) -> str:
        """A day or time as text; TOML has both without quotes too."""
        value = table.get(key)
        if isinstance(value, datetime):
            return iso(value if value.tzinfo else value.replace(tzinfo=UTC))
        if isinstance(value, date):
            return value.isoformat()
        return self.text(table, key, "", *at)

    def _until(self, table: dict[str, object], *at: str | int) -> str:
        until = self._moment(table, "until", *at)
        if until and parse_moment(until) is None:
            message = f"until {until!r} is not a day or time: no case depends on the clock"
            self.add_problem(f"{message}; write 2026-11-02", *at, "until")
        return until

    def _require(self, table: dict[str, object], keys: Collection[str], *at: str | int) -> None:
        for key in keys:
            if table.get(key) in (None, ""):
                kind = "file" if "file" in at else "case"
                self.add_problem(f"a {kind} needs {key}", *at)

    def _source(self, line: int) -> str:
        return self.document.text.replace("\r\n", "\n").split("\n")[line - 1]


_FORMS: dict[str, tuple[Callable[[str], object], str]] = {
    "account": (is_account, "an account id of 12 digits"),
    "region": (is_region, "a Region such as eu-west-1"),
    "time": (_TIME.fullmatch, "a time such as 0005"),
}


def _value(value: object) -> object:
    """A value of a row: exact, its times aware."""
    if isinstance(value, list):
        return [_value(item) for item in value]
    if isinstance(value, dict) and value.keys() == {"decimal"}:
        return Decimal(str(value["decimal"]))  # TOML has none: { decimal = "0.0450" }
    if isinstance(value, dict):
        return {key: _value(item) for key, item in value.items()}
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=UTC)
    return None if value == _NULL else value
