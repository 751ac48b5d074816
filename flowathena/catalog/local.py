"""The embedded catalog: an SQLite file in ``.flowathena/`` next to local logs.

As in Glue, only registered partitions are read. Locations below the logs' folder are stored
relative to it, so that the folder can be moved together with its catalog.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from flowathena.catalog.base import Cause, Change, Outcome, Page, Status
from flowathena.errors import CatalogError, TableMissingError
from flowathena.logs.layout import Scope
from flowathena.shape.shape import Shape
from flowathena.shape.table import Column, Table

FOLDER = ".flowathena"
_FILE = "catalog.sqlite"
_WAIT_SECONDS = 30.0
_PAGE = 10_000
_ONE = "database = ? AND name = ? AND partition_values = ?"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS tables (
    database TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL,
    PRIMARY KEY (database, name)
);
CREATE TABLE IF NOT EXISTS partitions (
    database TEXT NOT NULL, name TEXT NOT NULL, partition_values TEXT NOT NULL,
    location TEXT NOT NULL,
    PRIMARY KEY (database, name, partition_values)
) WITHOUT ROWID;
"""


class LocalCatalog:
    """One table of the catalog file and its partitions."""

    add_size = drop_size = 10_000
    writers = 1

    def __init__(self, root: str, database: str, name: str) -> None:
        self._root = root.rstrip("/") + "/"
        self._key = (database, name)
        self._calls: Counter[str] = Counter()

    @property
    def calls(self) -> Counter[str]:
        """Statements run so far."""
        return self._calls

    @property
    def path(self) -> Path:
        """The catalog file."""
        return Path(self._root) / FOLDER / _FILE

    def table(self) -> Table | None:
        """The table; None if it or the catalog file does not exist."""
        if not self.path.exists() or not self.path.stat().st_size:
            return None
        with self._connect() as connection:
            row = connection.execute(
                "SELECT definition FROM tables WHERE database = ? AND name = ?", self._key
            ).fetchone()
        return _read(self._key, json.loads(row[0]), self._root) if row else None

    def create(self, table: Table) -> None:
        """Create catalog file and table; either may already exist."""
        definition = {
            "columns": [[column.name, column.type] for column in table.columns],
            "partition_keys": [[key.name, key.type] for key in table.partition_keys],
            "location": self._relative(table.location),
            "parameters": dict(table.parameters),
            "file_format": table.file_format,
        }
        with self._connect() as connection:
            connection.executescript(_SCHEMA)
            connection.execute(
                "INSERT OR IGNORE INTO tables VALUES (?, ?, ?)",
                (*self._key, json.dumps(definition)),
            )

    def drop(self) -> None:
        """Delete the table and its partitions in one transaction; files remain."""
        if self.table() is None:
            raise TableMissingError.of(".".join(self._key))
        with self._connect() as connection:
            for rows in ("partitions", "tables"):
                connection.execute(
                    f"DELETE FROM {rows} WHERE database = ? AND name = ?",  # noqa: S608 - ours
                    self._key,
                )

    def pages(self, scope: Scope, shape: Shape) -> Iterator[Page]:
        """Registered partitions in scope, in order of their values."""
        with self._connect() as connection:
            rows = connection.execute(
                "SELECT partition_values, location FROM partitions "
                "WHERE database = ? AND name = ? ORDER BY partition_values",
                self._key,
            )
            while page := rows.fetchmany(_PAGE):
                parsed = ((tuple(json.loads(values)), location) for values, location in page)
                yield [
                    (values, self._absolute(location))
                    for values, location in parsed
                    if shape.includes(scope, values)
                ]

    def add(self, batch: Sequence[Change]) -> list[Outcome]:
        """Register a batch in one transaction: on an error, nothing is registered."""
        rows = [(*self._row(change), self._relative(change.location)) for change in batch]
        return self._write(
            batch, "INSERT OR IGNORE INTO partitions VALUES (?, ?, ?, ?)", rows, Status.ADDED
        )

    def relocate(self, batch: Sequence[Change]) -> list[Outcome]:
        """Point a batch at other locations in one transaction."""
        rows = [(self._relative(change.location), *self._row(change)) for change in batch]
        statement = f"UPDATE partitions SET location = ? WHERE {_ONE}"  # noqa: S608 - ours
        return self._write(batch, statement, rows, Status.RELOCATED)

    def drop_partitions(self, batch: Sequence[Change]) -> list[Outcome]:
        """Drop a batch in one transaction."""
        rows = [self._row(change) for change in batch]
        statement = f"DELETE FROM partitions WHERE {_ONE}"  # noqa: S608 - ours
        return self._write(batch, statement, rows, Status.DROPPED)

    def _row(self, change: Change) -> tuple[str, ...]:
        return (*self._key, json.dumps(change.values))

    def _write(
        self, batch: Sequence[Change], statement: str, rows: list[tuple[str, ...]], done: Status
    ) -> list[Outcome]:
        try:
            with self._connect() as connection:
                counts = [connection.execute(statement, row).rowcount for row in rows]
        except CatalogError as error:
            return [Outcome(each.values, Status.FAILED, str(error), Cause.ALL) for each in batch]
        return [
            self._outcome(change, done, changed=bool(count))
            for change, count in zip(batch, counts, strict=True)
        ]

    def _outcome(self, change: Change, done: Status, *, changed: bool) -> Outcome:
        if changed or done is Status.DROPPED:
            return Outcome(change.values, done)
        if done is Status.ADDED:
            return Outcome(change.values, Status.EXISTED)
        return Outcome(change.values, Status.FAILED, "the partition is no longer registered")

    def _relative(self, location: str) -> str:
        return location.removeprefix(self._root)

    def _absolute(self, location: str) -> str:
        return location if location.startswith("/") else self._root + location

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        self._calls["CatalogTransaction"] += 1
        try:
            self.path.parent.mkdir(exist_ok=True)
            connection = sqlite3.connect(self.path, timeout=_WAIT_SECONDS)
            try:
                with connection:
                    yield connection
            finally:
                connection.close()
        except (sqlite3.Error, OSError) as error:
            raise CatalogError(f"catalog file {self.path}: {error}") from error


def _read(key: tuple[str, str], definition: dict[str, list[list[str]]], root: str) -> Table:
    location = str(definition["location"])
    return Table(
        *key,
        columns=tuple(Column(*pair) for pair in definition["columns"]),
        partition_keys=tuple(Column(*pair) for pair in definition["partition_keys"]),
        location=location if location.startswith("/") else root + location,
        parameters=dict(definition["parameters"]),
        file_format=str(definition.get("file_format", "text")),
    )
