"""Athena's queries on DuckDB, over nothing but the registered partitions."""

import io
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlglot import exp

from tests.rig.catalog import Column, Partition, Table
from tests.rig.executor.analysis import Analysed, analyse, sql_type
from tests.rig.executor.base import (
    InterruptedQueryError,
    QueryFailedError,
    Rows,
    Statement,
    StatementRefusedError,
    Tables,
)
from tests.rig.executor.dialect import PATH, parse
from tests.rig.executor.failures import reworded
from tests.rig.executor.functions import teach
from tests.rig.executor.pruning import conditions, left_out
from tests.rig.executor.reading import read
from tests.rig.executor.texts import result_column, text
from tests.rig.executor.translate import to_duckdb
from tests.rig.projection import computed

_Fetch = Callable[[duckdb.DuckDBPyConnection, Analysed, int], Rows]

_INTEGERS = ("tinyint", "smallint", "int", "integer", "bigint")
_TEXTS = ("string", "varchar", "char")
_OTHERS = ("float", "double", "real", "boolean", "date", "timestamp", "decimal")


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _typed(column: Column) -> str:
    """Read a text as a Hive type; what is no value of the type is NULL, as in the SerDe."""
    name, base = _quoted(column.name), column.type.split("(")[0]
    if base in _TEXTS:
        return name
    if base in _INTEGERS:
        # A fraction is cut off, as LazySimpleSerDe does: Trino 470 reads 1.5 as 1, and .5 as 0.
        whole = f"regexp_extract({name}, '^([+-]?)([0-9]*)', ['s', 'n'])"
        number = f"regexp_full_match({name}, '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]*)')"
        digits = f"CASE WHEN {number} THEN {whole}.s || '0' || {whole}.n END"
        return f"TRY_CAST({digits} AS {sql_type(column)}) AS {name}"
    if base in _OTHERS:
        return f"TRY_CAST({name} AS {sql_type(column)}) AS {name}"
    raise QueryFailedError(f"NOT_SUPPORTED: the rig reads no columns of type {column.type}")


def _key(column: Column) -> str:
    name = _quoted(column.name)
    return f"CAST({name} AS {sql_type(column)}) AS {name}"


def _bound(tree: exp.Query, parameters: Sequence[str]) -> exp.Query:
    holes = sorted(tree.find_all(exp.Placeholder), key=lambda node: node.meta.get("start", 0))
    if len(holes) != len(parameters):
        raise StatementRefusedError(
            f"Incorrect number of parameters: expected {len(holes)} but found {len(parameters)}"
        )
    for hole, given in zip(holes, parameters, strict=True):
        value = parse(f"SELECT {given}").selects[0]
        hole.replace(value)
    return tree


@cache
def _database() -> duckdb.DuckDBPyConnection:
    """One database for all, which contains functions alone; making it takes as long as a query."""
    database = duckdb.connect(config={"threads": 2})
    teach(database)
    return database


_LOCK = threading.Lock()


def _connect() -> duckdb.DuckDBPyConnection:
    with _LOCK:
        connection = _database().cursor()
    connection.execute("SET TimeZone='UTC'")
    return connection


class DuckDbExecutor:
    """Runs one statement on a connection of its own, whose views nobody else sees."""

    writes: ClassVar[bool] = False

    def __init__(self) -> None:
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._lock = threading.Lock()
        self._stopped = False
        self._checked: dict[Statement, exp.Query] = {}

    def check(self, statement: Statement) -> None:
        """Refuse what does not parse, and parameters that do not fit."""
        self._checked[statement] = _bound(parse(statement.sql), statement.parameters)

    def interrupt(self) -> None:
        """Stop the running statement."""
        with self._lock:
            self._stopped = True
            if self._connection is not None:
                self._connection.interrupt()

    def end(self, write: Callable[[], object]) -> None:
        """Take the last step of a statement, unless it is stopped: that comes before or after."""
        with self._lock:
            if self._stopped:
                raise InterruptedQueryError
            write()

    def run(self, statement: Statement, tables: Tables) -> Rows:
        """Run a query to its end."""
        return self._run(statement, tables, _fetched)

    def parquet(
        self, statement: Statement, tables: Tables, by: Sequence[str] = ()
    ) -> tuple[list[tuple[str, bytes]], int]:
        """Run a query to its end; Parquet files of its rows, as workers write them, bytes read.

        Each file comes with the folder of its partition, by the columns ``by``, which are the last.
        """
        files: list[tuple[str, bytes]] = []

        def write(connection: duckdb.DuckDBPyConnection, analysed: Analysed, scanned: int) -> Rows:
            files.extend(_parquet(connection, analysed, by))
            return Rows((), (), scanned)

        done = self._run(statement, tables, write)
        return files, done.scanned_bytes

    def _run(self, statement: Statement, tables: Tables, fetch: _Fetch) -> Rows:
        tree = self._checked.pop(statement, None)
        if tree is None:
            tree = _bound(parse(statement.sql), statement.parameters)
        analysed = analyse(tree, statement, tables)
        connection = _connect()
        with self._lock:
            self._connection = connection
        try:
            return self._ran(connection, analysed, fetch)
        except duckdb.InterruptException:
            raise InterruptedQueryError from None
        except duckdb.Error as error:
            raise reworded(error) from None
        finally:
            with self._lock:
                self._connection = None
            connection.close()

    def _ran(
        self, connection: duckdb.DuckDBPyConnection, analysed: Analysed, fetch: _Fetch
    ) -> Rows:
        scanned = 0
        wanted = {node.name for node in analysed.tree.find_all(exp.Column)}
        wanted |= {node.name for node in analysed.tree.find_all(exp.Pseudocolumn)}
        for name, table in analysed.scans.items():
            chosen = _kept(connection, analysed.tree, name, table)
            scan = read(table, chosen, wanted, left_out(analysed.tree, name))
            _show(connection, name, table, scan.table())
            scanned += scan.scanned
            if self._stopped:
                raise InterruptedQueryError
        return fetch(connection, analysed, scanned)


def _fetched(connection: duckdb.DuckDBPyConnection, analysed: Analysed, scanned: int) -> Rows:
    connection.execute(to_duckdb(analysed.tree))
    kinds = [str(item[1]) for item in connection.description or ()]
    columns = [result_column(*pair) for pair in zip(analysed.names, kinds, strict=True)]
    rows = [tuple(text(value) for value in row) for row in connection.fetchall()]
    return Rows(tuple(columns), rows, scanned)


def _parquet(
    connection: duckdb.DuckDBPyConnection, analysed: Analysed, by: Sequence[str]
) -> Iterator[tuple[str, bytes]]:
    """Two files for each partition, each with a part of the rows; none without rows."""
    table = connection.sql(to_duckdb(analysed.tree)).to_arrow_table()
    names = [name.lower() for name in analysed.names]  # a column of Hive's has no capitals
    if len(set(names)) < len(names):
        raise QueryFailedError("SYNTAX_ERROR: Column name specified more than once")
    fields = [_unloaded(field) for field in table.schema]
    table = table.cast(pa.schema(fields)).rename_columns(names)
    if names[len(names) - len(by) :] != [*by]:
        raise QueryFailedError(f"INVALID_TABLE_PROPERTY: Partition keys {by} must be the last")
    for folder, rows in _partitions(table, by):
        half = -(-rows.num_rows // 2)
        for part in (rows.slice(half), rows.slice(0, half)):
            if part.num_rows:
                content = io.BytesIO()
                pq.write_table(
                    part, content, compression="zstd", use_deprecated_int96_timestamps=True
                )
                yield folder, content.getvalue()


def _partitions(table: pa.Table, by: Sequence[str]) -> Iterator[tuple[str, pa.Table]]:
    """The rows of each partition, without its columns, and its folder."""
    if not by:
        yield "", table
        return
    keys = table.select([*by])
    for values in keys.group_by([*by]).aggregate([]).to_pylist():
        kept = table
        for name, value in values.items():
            kept = kept.filter(pc.equal(kept[name], value))
        folder = "".join(f"{name}={value}/" for name, value in values.items())
        yield folder, kept.drop_columns([*by])


def _unloaded(field: Any) -> Any:  # noqa: ANN401 - pyarrow has no types
    """A column as Athena writes it: sums are bigint there; zoned times it refuses."""
    if pa.types.is_timestamp(field.type) and field.type.tz:
        raise QueryFailedError("NOT_SUPPORTED: Unsupported Hive type: timestamp(3) with time zone")
    wide = pa.types.is_decimal(field.type) and (field.type.precision, field.type.scale) == (38, 0)
    return field.with_type(pa.int64()) if wide else field


def _show(connection: duckdb.DuckDBPyConnection, name: str, table: Table, raw: pa.Table) -> None:
    held = set(raw.column_names)
    shown = [_typed(column) for column in table.columns if column.name in held]
    shown += [_key(column) for column in table.keys if column.name in held]
    shown += [_quoted(PATH)] if PATH in held else []
    connection.register(f"raw_{name}", raw)
    body = ", ".join(shown) or "1 AS nothing"
    connection.execute(f"CREATE TEMP VIEW {_quoted(name)} AS SELECT {body} FROM raw_{name}")


def _kept(
    connection: duckdb.DuckDBPyConnection, tree: exp.Expr, scan: str, table: Table
) -> Sequence[Partition]:
    if table.projected:
        table = replace(table, partitions=computed(table))
    if not table.keys:
        return [Partition((), table.location)]
    found = conditions(tree, scan, [key.name for key in table.keys])
    if not found or not table.partitions:
        return table.partitions
    values = zip(*(item.values for item in table.partitions), strict=True)
    arrays = {key.name: pa.array(held) for key, held in zip(table.keys, values, strict=True)}
    raw = pa.table({**arrays, " n": pa.array(range(len(table.partitions)))})
    connection.register(f"parts_{scan}", raw)
    keys = ", ".join(_key(key) for key in table.keys)
    test = " AND ".join(f"({to_duckdb(item)})" for item in found)
    query = f'SELECT " n" FROM (SELECT " n", {keys} FROM parts_{scan}) WHERE {test} ORDER BY 1'
    return [table.partitions[row[0]] for row in connection.execute(query).fetchall()]
