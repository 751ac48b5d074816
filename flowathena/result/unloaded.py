"""Parquet files that an UNLOAD wrote as the rows of a result, read where they lie."""

import shutil
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import duckdb

from flowathena.errors import EngineError
from flowathena.result import relation
from flowathena.result.duckdb_types import athena_type
from flowathena.result.interruptible import call
from flowathena.result.relation import Relation, Source
from flowathena.result.result import BATCH_ROWS, Held, Rows
from flowathena.result.stored import Stored, cell
from flowathena.sql.quoting import literal

_TIMES = frozenset({"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"})
_ZONED = "TIMESTAMP WITH TIME ZONE"


def load(
    folder: Path, files: Sequence[Path], names: Sequence[str]
) -> tuple[list[tuple[str, str]], Rows]:
    """Names and types of the columns, and the rows; removes the folder, if not now, with the rows.

    Args:
        folder: the folder of the files.
        files: Parquet files of one statement; without one there are no rows.
        names: the names of the columns where no file tells them.

    Raises:
        EngineError: the files cannot be read.
    """
    if not files:
        shutil.rmtree(folder, ignore_errors=True)
        return [(name, "varchar") for name in names], Held([])
    connection = relation.connect_over(folder)
    try:
        columns, made = _opened(folder, connection, files)
        if len(made) > BATCH_ROWS:
            return columns, made
        return columns, Held(list(chain.from_iterable(made.batches())))
    except BaseException as error:
        connection.close()
        if not isinstance(error, duckdb.Error):
            raise
        reason = str(error).partition("\n")[0]
        raise EngineError(f"cannot read what was unloaded: {reason}") from error


def _opened(
    folder: Path, connection: duckdb.DuckDBPyConnection, files: Sequence[Path]
) -> tuple[list[tuple[str, str]], Relation]:
    """Names and types, and the rows, where they are."""
    listed = ", ".join(literal(str(file)) for file in files)
    source = f"read_parquet([{listed}], hive_partitioning = false)"
    found = connection.sql(f"FROM {source} LIMIT 0")
    texts = [str(kind) for kind in found.types]
    # Athena unloads no zoned times; a file may say of a plain one that it is UTC.
    types = [
        "timestamp" if text == _ZONED else athena_type(kind)
        for text, kind in zip(texts, found.types, strict=True)
    ]
    stored = [Stored("TIMESTAMP" if text in _TIMES else text) for text in texts]
    aliases = ", ".join(cell(n) for n in range(len(stored)))
    kept = ", ".join(f"{_kept(n, each)} AS {cell(n)}" for n, each in enumerate(stored))
    table = f"(SELECT {kept} FROM {source} AS t({aliases}))"  # noqa: S608 - ours
    # Every value is read once: what is damaged is known before a row is written anywhere, and while
    # the objects are still there.
    read = ", ".join(["count(*)", *(f"count({cell(n)})" for n in range(len(stored)))])
    sql = f"SELECT {read} FROM {table}"  # noqa: S608 - ours
    count, *_ = call(connection, lambda: connection.execute(sql).fetchone()) or (0,)
    rows = Relation(folder, connection, Source(table, count), stored)
    return list(zip(found.columns, types, strict=True)), rows


def _kept(number: int, stored: Stored) -> str:
    """A column as it is kept: times to the microsecond, as Python's datetime."""
    name = cell(number)
    return f"CAST({name} AS TIMESTAMP)" if stored.type == "TIMESTAMP" else name
