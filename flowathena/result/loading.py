"""Athena's CSV file as the rows of a result, read where it lies, without a copy of any other form.

The file arrives in parts of whole rows. A thread has DuckDB read each once, those together that
have arrived since the last time: so the rows are counted, and every value is known to be one of its
type, about when the last byte has arrived. Whoever then wants the rows has DuckDB read the parts
again; a table of them would take twice as long to make as to do without. CSV needs not even that
where no value needs quotes: see ``flowathena.result.unquoted``.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from pathlib import Path
from shutil import rmtree
from types import TracebackType
from typing import Self

import duckdb

from flowathena.errors import EngineError
from flowathena.result import parts, relation, spool, texts, unquoted
from flowathena.result.examination import Examination, Part, gone
from flowathena.result.parts import Parts
from flowathena.result.relation import Relation, Source
from flowathena.result.result import ResultColumn, Row
from flowathena.result.stored import Stored
from flowathena.result.texts import TextColumn

_MOST_TOGETHER = 8  # parts; one by one may take twice as long, more than these gain nothing


class Loading:
    """Takes the bytes of a file in the form of Athena's, and reads them as they come.

    Args:
        folder: where the parts go, and where a result may be kept; those of another file are
            removed.
        columns: the columns of the file.
    """

    def __init__(self, folder: Path, columns: Sequence[TextColumn]) -> None:
        self._folder = folder
        self._columns = columns
        self._form = texts.form(columns)
        self._connection = relation.connect_over(folder)
        self._examination = Examination(self._form)
        self._pool = ThreadPoolExecutor(1)  # of Python's threads: DuckDB has its own
        self._arrived: deque[Path] = deque()
        self._examined: list[Future[list[Part]]] = []
        self._parts = Parts(folder, self._begin)

    def __enter__(self) -> Self:
        self._parts.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End; what is under way is waited for: a few parts are read in a moment."""
        try:
            self._parts.__exit__(kind, error, trace)
        except BaseException:
            self._end()
            raise
        if kind is None:
            self._pool.shutdown()
        else:
            self._end()

    def _end(self) -> None:
        """Examine nothing more, and read nothing."""
        self._pool.shutdown(cancel_futures=True)
        self._connection.close()

    def tell(self) -> int:
        """How many bytes were taken."""
        return self._parts.tell()

    def write(self, content: bytes) -> None:
        """Take the next bytes."""
        self._parts.write(content)

    def rows(self) -> Relation:
        """The rows, after the last byte; they remove the folder in the end.

        Where a text is not what DuckDB takes for a value of its type, or a line is very long, every
        text is kept as it is and ``TextColumn.read`` decides.

        Raises:
            duckdb.Error: the bytes were not those of such a file.
        """
        try:
            found = self._found()
        except (duckdb.ConversionException, duckdb.InvalidInputException):
            self._connection.close()
            return _load_texts(self._folder, self._columns)
        except BaseException:
            self._connection.close()
            raise
        return TextRows(self._folder, self._connection, self._form, found)

    def _found(self) -> list[Part]:
        if self._parts.ends_in_value:  # DuckDB would leave the row out
            raise duckdb.Error("its last value has no end")
        return list(chain.from_iterable(future.result() for future in self._examined))

    def _begin(self, file: Path) -> None:
        self._arrived.append(file)
        self._examined.append(self._pool.submit(self._examine))

    def _examine(self) -> list[Part]:
        """Read the parts that have arrived; none if others have been read with them."""
        some = [self._arrived.popleft() for _ in range(min(len(self._arrived), _MOST_TOGETHER))]
        return self._examination.read(self._connection, some) if some else []


class TextRows(Relation):
    """Rows in parts of a file of Athena's."""

    def __init__(
        self,
        folder: Path,
        connection: duckdb.DuckDBPyConnection,
        form: texts.Form,
        found: Sequence[Part],
    ) -> None:
        source = _source(form, found)
        super().__init__(folder, connection, source, form.stored)
        self._form = form
        self._parts = tuple(found)
        self._outside = frozenset[int]().union(*(part.outside for part in found))

    def csv(self) -> Iterator[bytes] | None:
        """The rows as CSV, whole lines at a time; None if a type's text is Python's alone."""
        if not (self._writable and unquoted.possible(self._types)):
            return super().csv()
        return self._lines()

    def _lines(self) -> Iterator[bytes]:
        """The lines of the parts; of those with values to be looked at, several at once."""
        waiting: list[Part] = []
        for part in self._parts:
            made = part.lines(len(self._stored))
            if made is None:
                waiting.append(part)
                continue
            yield from self._read(waiting)
            waiting.clear()
            yield from made
        yield from self._read(waiting)

    def _read(self, some: Sequence[Part]) -> Iterator[bytes]:
        if not some:
            return iter(())
        try:
            return self._csv(_source(self._form, some))
        except OSError as error:
            raise gone(error) from error

    def _in_calendar(self, places: Iterable[int]) -> bool:
        return self._outside.isdisjoint(places)


def _source(form: texts.Form, some: Sequence[Part]) -> Source:
    return Source(form.table([part.file for part in some]), sum(part.count for part in some))


def _load_texts(folder: Path, columns: Sequence[TextColumn]) -> Relation:
    """The rows of a folder's parts, every text as it is; removes the parts."""
    source = texts.untyped_table(parts.files(folder), columns)
    stored = [Stored("VARCHAR", column.read) for column in columns]
    made = spool.fill(folder, f"FROM {source}", stored)
    for _ in made.batches():  # what cannot be read fails here, not while a file is written
        pass
    parts.remove(folder)
    return made


def write_parquet(data: Sequence[Row], columns: Sequence[ResultColumn], path: Path) -> bool:
    """Write a Parquet file of rows in memory; False if a type or name is not a plain one."""
    if not relation.parquet_types(columns):
        return False
    folder = spool.new_folder()
    try:
        with Loading(folder, list(map(texts.text_column, columns))) as file:
            texts.write_values(columns, data, file)
        return file.rows().parquet(columns, path)
    except (duckdb.Error, EngineError):
        return False  # values of other types than their columns': Arrow says which
    finally:
        rmtree(folder, ignore_errors=True)
