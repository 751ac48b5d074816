"""The embedded catalog: an SQLite file in ``.flowathena/`` next to local logs.

As in Glue, only registered partitions are read. Locations below the logs' folder are stored
relative to it, so that the folder can be moved together with its catalog.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from flowathena.catalog.base import Cause, Change, Outcome, Page, Status
from flowathena.errors import CatalogError, TableMissingError
from flowathena.logs.layout import Scope
from flowathena.shape.shape import Shape
from flowathena.shape.table import Column, Table

FOLDER = ".flowathena"
_FILE = "catalog.sqlite"
_WAIT_SECONDS = 8.0  # a sync writes 10,000 partitions in a tenth of a second
_VERSION = 1
"""Of the tables below. A file of an earlier release says 0."""
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

    def __init__(
        self, root: str, database: str, name: str, rebuild: str = "flowathena partitions sync --all"
    ) -> None:
        """Open nothing yet.

        Args:
            root: the folder of the logs.
            database: the table's database.
            name: the table's name.
            rebuild: the command that writes its file anew, for messages.
        """
        self._root = root.rstrip("/") + "/"
        self._key = (database, name)
        self._rebuild = rebuild
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
        with self._connect(reading=True) as connection:
            return self._read_table(connection)

    def _read_table(self, connection: sqlite3.Connection) -> Table | None:
        row = connection.execute(
            "SELECT definition FROM tables WHERE database = ? AND name = ?", self._key
        ).fetchone()
        try:
            return _read(self._key, json.loads(row[0]), self._root) if row else None
        except (ValueError, TypeError, KeyError) as error:
            raise self._damage("the table's definition is not readable") from error

    def create(self, table: Table) -> None:
        """Create catalog file and table; either may already exist."""
        with self._connect() as connection:
            connection.executescript(f"{_SCHEMA}PRAGMA user_version = {_VERSION}")
            connection.execute(
                "INSERT OR IGNORE INTO tables VALUES (?, ?, ?)",
                (*self._key, json.dumps(self._definition(table))),
            )

    def _definition(self, table: Table) -> dict[str, object]:
        return {
            "columns": [[column.name, column.type] for column in table.columns],
            "partition_keys": [[key.name, key.type] for key in table.partition_keys],
            "location": self._relative(table.location),
            "parameters": dict(table.parameters),
            "file_format": table.file_format,
        }

    def change_properties(self, table: Table, properties: Mapping[str, str]) -> None:
        """Give the table other properties; everything else of it stays.

        Raises:
            CatalogError: the table has changed since it was read, or cannot be written.
        """
        definition = json.dumps(self._definition(replace(table, parameters=dict(properties))))
        with self._connect() as connection:
            connection.execute("BEGIN IMMEDIATE")
            live = self._read_table(connection)
            if live is None or dict(live.parameters) != dict(table.parameters):
                raise CatalogError(
                    f"table {'.'.join(self._key)} was changed by somebody else at the same time, "
                    "and is left as it is; run the command again"
                )
            connection.execute(
                "UPDATE tables SET definition = ? WHERE database = ? AND name = ?",
                (definition, *self._key),
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
        with self._connect(reading=True) as connection:
            rows = connection.execute(
                "SELECT partition_values, location FROM partitions "
                "WHERE database = ? AND name = ? ORDER BY partition_values",
                self._key,
            )
            while page := rows.fetchmany(_PAGE):
                yield [
                    (values, location)
                    for values, location in self._parsed(page, len(shape.keys))
                    if shape.includes(scope, values)
                ]

    def _parsed(
        self, page: list[tuple[object, object]], keys: int
    ) -> Iterator[tuple[tuple[str, ...], str]]:
        for text, location in page:
            try:
                values = json.loads(str(text))
            except ValueError:
                values = None
            fits = isinstance(values, list) and len(values) == keys
            if not (fits and all(isinstance(each, str) for each in (*values, location))):
                raise self._damage("a partition's values are not readable")
            yield tuple(values), self._absolute(str(location))

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
    def _connect(self, *, reading: bool = False) -> Iterator[sqlite3.Connection]:
        """A transaction; to read from a file that is missing, over no table and no partition.

        Raises:
            CatalogError: the file cannot be read or written, or is damaged.
        """
        try:
            with closing(self._open(reading=reading)) as connection, connection:
                (version,) = connection.execute("PRAGMA user_version").fetchone()
                if version > _VERSION:
                    raise self._error(
                        "was written by a newer release of flowathena; upgrade flowathena"
                    )
                yield connection
        except (sqlite3.Error, OSError) as error:
            raise self._translate(error) from error

    def _open(self, *, reading: bool) -> sqlite3.Connection:
        missing = not self.path.exists() or not self.path.stat().st_size
        if reading and missing:
            connection = sqlite3.connect(":memory:")
            connection.executescript(_SCHEMA)
            return connection
        self._calls["CatalogTransaction"] += 1
        if not reading:
            self.path.parent.mkdir(exist_ok=True)
        return sqlite3.connect(self.path, timeout=_WAIT_SECONDS)

    def _translate(self, error: sqlite3.Error | OSError) -> CatalogError:
        """The error with what to do about it."""
        if isinstance(error, OSError):
            where = "" if error.filename == str(self.path) else f"{error.filename}: "
            return self._error(f"cannot be read or written: {where}{error.strerror}")
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
        if code in _REASONS:
            return self._error(_REASONS[code].format(error))
        if code == sqlite3.SQLITE_CANTOPEN and not self.path.is_dir():
            link = self.path.is_symlink() and not self.path.exists()
            reason = f"it is a link to {self.path.readlink()}" if link else str(error)
            return self._error(f"cannot be opened: {reason}")
        return self._damage("it is a folder" if self.path.is_dir() else str(error))

    def _damage(self, reason: str) -> CatalogError:
        return self._error(
            f"is damaged ({reason}); remove it, then '{self._rebuild}' writes it anew"
        )

    def _error(self, what: str) -> CatalogError:
        return CatalogError(f"catalog file {self.path} {what}")


_LOCKED = "is locked by another process; try again when that has ended"
_READ_ONLY = "cannot be written: it, or its folder, is read-only"
_REASONS = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_FULL: "cannot be written: {}",
    sqlite3.SQLITE_IOERR: "cannot be read or written: {}",
}
"""What is wrong with a sound file. Source: https://www.sqlite.org/rescode.html"""
_PRIMARY = 0xFF
"""The bits of an error code that say its kind; the others are details."""


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
