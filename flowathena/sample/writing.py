"""Writes records to files, a batch of files at a time; each file appears whole or not at all."""

import zlib
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from flowathena.logs.fields import BY_NAME
from flowathena.sample.columns import parquet_rows, text_lines
from flowathena.sample.files import CURVE, SITES, File, FileNames
from flowathena.sample.traffic import HOSTS, POOLS

_BATCH = 100_000  # records rendered at once: limits memory, however large the tree
_LEVEL = 6  # gzip's default
_WBITS = 31  # with a gzip header; zlib writes no time and no file name into it
# Of the files of one VPC, some may be without records: these are not written.
_FOUND = "SELECT file, count(*) FROM batch GROUP BY file ORDER BY file"


def write_files(names: FileNames, files: Iterable[File]) -> list[int]:
    """Write the files; returns their sizes in bytes."""
    write = _write_text if names.variant.file_format == "text" else _write_parquet
    with connect() as connection:
        return write(connection, names, _batches(files))


def connect() -> duckdb.DuckDBPyConnection:
    """A new database in memory, with the tables that records are made from."""
    connection = duckdb.connect()
    connection.execute(POOLS)
    sites = [{"site": i, "account": a, "region": r} for i, (a, r) in enumerate(SITES)]
    connection.execute(HOSTS, {"sites": sites})
    return connection


@contextmanager
def appears_whole(path: Path) -> Iterator[Path]:
    """A temporary path to write to; readers of flow logs skip names with a leading dot."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _write_text(
    connection: duckdb.DuckDBPyConnection, names: FileNames, batches: Iterator[list[File]]
) -> list[int]:
    """Compress one batch while DuckDB renders the next."""
    header = " ".join(names.variant.log_format)
    sizes: list[int] = []

    def compress(file: File, text: str) -> int:
        content = zlib.compress(f"{header}\n{text}\n".encode("ascii"), _LEVEL, _WBITS)
        with appears_whole(names.path(file)) as temporary:
            return temporary.write_bytes(content)

    with ThreadPoolExecutor(max_workers=2) as pool:
        pending: Iterator[int] = iter(())
        for batch in batches:
            texts = render(connection, names, batch)
            sizes.extend(pending)
            pending = pool.map(compress, (batch[i] for i in texts), texts.values())
        sizes.extend(pending)
    return sizes


def render(
    connection: duckdb.DuckDBPyConnection, names: FileNames, batch: list[File]
) -> dict[int, str]:
    """The lines of every file, by its index in the batch."""
    query = text_lines(names.variant.log_format)
    return dict(_fetch(connection, query, _values(names, batch)))


def _write_parquet(
    connection: duckdb.DuckDBPyConnection, names: FileNames, batches: Iterator[list[File]]
) -> list[int]:
    """Make a table of a batch, then the files from parts of it, two at a time.

    Without statistics, every column of every file is nullable. With them, a column is ``required``
    in the files of a batch that happens to contain no NULL.
    """
    connection.execute("SET disabled_optimizers = 'statistics_propagation'")
    rows = f"CREATE OR REPLACE TABLE batch AS {parquet_rows(names.variant.log_format)}"
    columns = ", ".join(f'"{BY_NAME[name].column}"' for name in names.variant.log_format)
    part = f"SELECT {columns} FROM batch WHERE file = $file"  # noqa: S608 - known names
    sizes: list[int] = []

    def copy(i: int, file: File) -> int:
        with connection.cursor() as cursor, appears_whole(names.path(file)) as temporary:
            relation = cursor.sql(part, params={"file": i})
            relation.write_parquet(str(temporary.absolute()), compression="gzip")
            return temporary.stat().st_size

    with ThreadPoolExecutor(max_workers=2) as pool:
        for batch in batches:
            _fetch(connection, rows, _values(names, batch))
            found = [i for i, _ in _fetch(connection, _FOUND, {})]
            sizes.extend(pool.map(copy, found, (batch[i] for i in found)))
    return sizes


def _fetch(
    connection: duckdb.DuckDBPyConnection, query: str, values: dict[str, object]
) -> list[tuple[int, Any]]:
    """All rows. DuckDB turns a signal into a RuntimeError of its own; this turns it back."""
    try:
        return connection.execute(query, values).fetchall()
    except RuntimeError as error:
        if str(error) != "Query interrupted":
            raise
        raise KeyboardInterrupt from error


def _values(names: FileNames, batch: list[File]) -> dict[str, object]:
    files = [asdict(file) | {"file": i} for i, file in enumerate(batch)]
    return {"files": files, "curve": list(CURVE), "key": names.key}


def _batches(files: Iterable[File]) -> Iterator[list[File]]:
    """Groups of files, each closed as soon as it contains enough records."""
    batch: list[File] = []
    lines = 0
    for file in files:
        batch.append(file)
        lines += file.lines
        if lines >= _BATCH:
            yield batch
            batch, lines = [], 0
    if batch:
        yield batch
