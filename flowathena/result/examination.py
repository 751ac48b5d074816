"""What DuckDB says of the parts of a file of Athena's when it reads each of their values once.

A value that is none of its column's type is an error. Of the others it is counted what tells
whether the bytes of a part can be written without their quotes: see ``flowathena.result.unquoted``.
"""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import duckdb

from flowathena.errors import EngineError
from flowathena.result import lines, relation, unquoted
from flowathena.result.result import Row
from flowathena.result.stored import cell
from flowathena.result.texts import FILE, Form, text_of

_TIME_CHARS = len("2026-11-01 12:00:00.000")


@dataclass(frozen=True)
class Part:
    """A part that was read.

    Attributes:
        file: the file.
        count: how many rows it has.
        outside: the columns, by their places, with dates that Python has not.
        filled: how many of its values are neither NULL nor the empty text.
        times: how many of its values are timestamps, each of which ends in ``.000``; None if one
            does not.
    """

    file: Path
    count: int = 0
    outside: frozenset[int] = frozenset()
    filled: int = 0
    times: int | None = 0

    def lines(self, columns: int) -> list[bytes] | None:
        """Its rows as lines of CSV; None if a value decides on them.

        Raises:
            EngineError: the file is gone.
        """
        if self.times is None:
            return None
        try:
            with self.file.open("rb") as file:
                return unquoted.lines(file, self.count, columns, self.filled, self.times)
        except OSError as error:
            raise gone(error) from error


class Examination:
    """Reads parts whose columns have a form."""

    def __init__(self, form: Form) -> None:
        self._form = form
        types = {n: each.type for n, each in enumerate(form.stored)}
        conditions = {n: lines.outside_calendar({n: kind}) for n, kind in types.items()}
        self._dates = {n: condition for n, condition in conditions.items() if condition}
        self._wanted = ", ".join(_wanted(types, self._dates.values(), form.times))

    def read(self, connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> list[Part]:
        """Read parts, from any thread; several at once are quicker than one by one.

        Raises:
            duckdb.Error: a value is none of its type, or the bytes are not those of a part.
        """
        source = self._form.table_with_texts(files)
        rows = _fetch(connection, f"SELECT {self._wanted} FROM {source} GROUP BY {FILE}")  # noqa: S608 - ours
        # By their names alone, which differ: DuckDB may spell the folder in another way.
        found = {Path(cast("str", name)).name: answer for name, *answer in rows}
        return [self._part(file, found.get(file.name)) for file in files]

    def _part(self, file: Path, answer: Sequence[object] | None) -> Part:
        if answer is None:
            if file.stat().st_size:
                raise duckdb.Error(f"no row of {file} was read")
            return Part(file)
        count, are_outside, are_plain, times, filled = cast("Any", answer)
        outside = frozenset(n for n, is_so in zip(self._dates, are_outside, strict=True) if is_so)
        return Part(file, count, outside, filled, None if are_plain is False else times)


def gone(error: OSError) -> EngineError:
    """The error of a part that cannot be read any more."""
    return EngineError(f"cannot read the result: {error.strerror}: {error.filename}")


def _wanted(
    types: dict[int, str], conditions: Iterable[str], times: Sequence[int]
) -> tuple[str, ...]:
    """What is selected of each part."""
    plain = [
        f"strlen({text}) = {_TIME_CHARS} AND contains({text}, ' ') AND suffix({text}, '.000')"
        for text in map(text_of, times)
    ]
    filled = [
        f"count(nullif({cell(n)}, ''))" if kind == "VARCHAR" else f"count({cell(n)})"
        for n, kind in types.items()
    ]
    return (
        FILE,
        "count(*)",
        f"[{', '.join(f'bool_or({each})' for each in conditions)}]",
        f"bool_and({' AND '.join(f'coalesce({each}, true)' for each in plain) or 'true'})",
        _sum(f"count({cell(n)})" for n in times),
        _sum(filled),
    )


def _sum(numbers: Iterable[str]) -> str:
    """The sum of some expressions; DuckDB nests no thousand additions."""
    return f"list_sum([{', '.join(['0', *numbers])}])"


def _fetch(connection: duckdb.DuckDBPyConnection, sql: str) -> list[Row]:
    with closing(connection.cursor()) as cursor:
        try:
            cursor.execute(sql)
        except duckdb.OutOfMemoryException:
            cursor.execute(relation.ROOM)
            cursor.execute(sql)
        return cursor.fetchall()
