"""Rows as the texts that Athena writes: a CSV file in which NULL is not the empty text.

Every value is quoted, a quote is doubled, NULL is nothing between two commas, and the first line
has the names. https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flowathena.result import parts
from flowathena.result.result import ResultColumn, Row, Stream
from flowathena.result.stored import Stored, cell
from flowathena.sql.quoting import literal

_LINE_BYTES = 8_000_000  # of a line that is read in little memory
_LONGEST_LINE_BYTES = 40_000_000  # a row of Athena's has at most 32 MB, without the quotes

FILE = "part"
"""The name of the column with the name of a row's file."""

_ZONED = (
    "CAST(CASE WHEN {0} LIKE '% UTC' THEN substr({0}[:-5], 1, 26) ELSE {0} || '?' END AS TIMESTAMP)"
)
_WIDEST = 38
_READ_AS = {
    "boolean": "BOOLEAN",
    "tinyint": "BIGINT",
    "smallint": "BIGINT",
    "integer": "BIGINT",
    "bigint": "BIGINT",
    "float": "DOUBLE",
    "real": "DOUBLE",
    "double": "DOUBLE",
    "date": "DATE",
    # To the microsecond, as Python's datetime; Athena writes up to twelve digits.
    "timestamp": "TIMESTAMP",
}
"""Types that DuckDB reads as it takes a file apart, which is quicker than from texts."""
_CONVERSIONS = {
    # Of another zone it is no timestamp, and Python reads it.
    "timestamp with time zone": ("TIMESTAMP", _ZONED),
    "varbinary": ("BLOB", "unhex(replace({0}, ' ', ''))"),
}


@dataclass(frozen=True)
class TextColumn:
    """A column of texts.

    Attributes:
        type: Athena's name of the type, without parameters.
        read: makes the value of a text, as Athena's client does.
        precision: digits of a decimal.
        scale: digits of a decimal after the point.
        nested: whether values have no form in a column of DuckDB, only as text.
    """

    type: str
    read: Callable[[object], object]
    precision: int = 0
    scale: int = 0
    nested: bool = False


def write_texts(rows: Iterable[Iterable[str | None]], stream: Stream) -> None:
    """Write rows without a header."""
    for row in rows:
        line = ",".join(map(_quoted, row))
        stream.write(f"{line}\n".encode())


def write_values(columns: Sequence[ResultColumn], data: Iterable[Row], stream: Stream) -> None:
    """Write rows of values below a header."""
    write_texts([[column.name for column in columns]], stream)
    write_texts((map(_text, row) for row in data), stream)


def text_column(column: ResultColumn) -> TextColumn:
    """How a column is read again that ``write_values`` wrote."""
    precision, scale = (*column.kind.numbers, 0, 0)[:2]
    return TextColumn(column.type.split("(")[0].split(" ")[0], str, precision, scale)


@dataclass(frozen=True)
class Form:
    """How DuckDB reads columns of texts, each in its type.

    Reading raises ``duckdb.ConversionException`` or ``duckdb.InvalidInputException`` where a text
    is not what DuckDB takes for a value of its type, or a line is very long.

    Attributes:
        kinds: the type each is read as while a file is taken apart.
        conversions: the expression of each column's values.
        stored: what those are.
    """

    kinds: tuple[str, ...]
    conversions: tuple[str, ...]
    stored: tuple[Stored, ...]

    def table(self, files: Sequence[Path]) -> str:
        """The rows of parts, as what comes after FROM."""
        return _table(_source(files, self.kinds, _LINE_BYTES), self._made)

    def table_with_texts(self, files: Sequence[Path]) -> str:
        """The same, and further columns: ``FILE``, the texts of timestamps (see ``text_of``)."""
        made = {FILE: FILE, **self._made}
        kinds = list(self.kinds)
        for n in self.times:
            made[text_of(n)] = cell(n)
            if kinds[n] != "VARCHAR":
                made[cell(n)] = f"CAST({cell(n)} AS {kinds[n]})"
                kinds[n] = "VARCHAR"
        return _table(_source(files, kinds, _LINE_BYTES, f"filename = '{FILE}'"), made)

    @property
    def times(self) -> list[int]:
        """The places of timestamps."""
        return [n for n in self._places if self.stored[n].type == "TIMESTAMP"]

    @property
    def _made(self) -> dict[str, str]:
        """The expressions of the columns by their names."""
        return dict(zip(map(cell, self._places), self.conversions, strict=True))

    @property
    def _places(self) -> range:
        return range(len(self.stored))


def text_of(number: int) -> str:
    """The name of the column with the texts of another one."""
    return f"t{number}"


def form(columns: Sequence[TextColumn]) -> Form:
    """How DuckDB reads columns."""
    stored, conversions = zip(*map(_conversion, range(len(columns)), columns), strict=True)
    return Form(tuple(map(_read_as, columns)), conversions, stored)


def untyped_table(files: Sequence[Path], columns: Sequence[TextColumn]) -> str:
    """The rows of parts whatever the texts are and however long, as what comes after FROM."""
    return _source(files, ["VARCHAR"] * len(columns), _LONGEST_LINE_BYTES)


def _table(source: str, made: Mapping[str, str]) -> str:
    """The rows of parts with columns made of theirs."""
    columns = ", ".join(f"{value} AS {name}" for name, value in made.items())
    return f"(SELECT {columns} FROM {source})"  # noqa: S608 - ours


def _source(files: Sequence[Path], kinds: Sequence[str], line_bytes: int, *options: str) -> str:
    """The rows of parts, each column of a type; read with further options.

    A part that is not short is read by one thread: several would have to guess where a row begins.
    One part is, so that its rows keep their order whatever becomes of them.
    """
    short = all(file.stat().st_size <= parts.SHORT_BYTES for file in files)
    line, buffer = (parts.SHORT_BYTES,) * 2 if short else (line_bytes, 2 * line_bytes)
    parallel = short and len(files) > 1
    types = ", ".join(f"'{cell(n)}': '{kind}'" for n, kind in enumerate(kinds))
    further = "".join(f", {option}" for option in options)
    return (
        f"read_csv([{', '.join(literal(str(file)) for file in files)}], columns = {{{types}}}, "
        "delim = ',', quote = '\"', escape = '\"', "
        "header = false, auto_detect = false, nullstr = '', allow_quoted_nulls = false, "
        "hive_partitioning = false, "
        f"new_line = '\\n', max_line_size = {line}, buffer_size = {buffer}, parallel = {parallel}"
        f"{further})"
    )


def _read_as(column: TextColumn) -> str:
    return "VARCHAR" if column.nested else _READ_AS.get(column.type, "VARCHAR")


def _conversion(number: int, column: TextColumn) -> tuple[Stored, str]:
    """How a column is kept, and the expression that makes it so of what is read."""
    name = cell(number)
    if column.nested:
        return Stored("VARCHAR", column.read), name
    if column.type == "decimal":
        return _decimal(name, column)
    kind, conversion = _CONVERSIONS.get(column.type, (_read_as(column), "{0}"))
    return Stored(kind), conversion.format(name)


def _decimal(name: str, column: TextColumn) -> tuple[Stored, str]:
    """The same, of a decimal: its digits are its own, so none may be rounded away."""
    if not 0 <= column.scale < _WIDEST or not column.scale <= column.precision <= _WIDEST:
        return Stored("VARCHAR", column.read), name
    # One digit more: DECIMAL(2,2) has no place for the 0 of 0.25.
    kind = f"DECIMAL({min(column.precision + 1, _WIDEST)},{column.scale})"
    value = f"CAST({name} AS {kind})"
    same = f"{name} IS NULL OR CAST({value} AS VARCHAR) = {name}"
    return Stored(kind), f"CASE WHEN {same} THEN {value} ELSE error('other digits') END"


def _quoted(text: str | None) -> str:
    return "" if text is None else '"' + text.replace('"', '""') + '"'


def _text(value: object) -> str | None:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    return None if value is None else str(value)
