"""Rows that an UNLOAD wrote as Parquet files, as the rows of a result."""

import shutil
from collections.abc import Sequence
from contextlib import closing
from itertools import chain
from pathlib import Path

import duckdb

from flowathena.errors import EngineError
from flowathena.result import spool
from flowathena.result.duckdb_types import athena_type
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
        folder: a folder for the rows.
        files: Parquet files of one statement; without one there are no rows.
        names: the names of the columns where no file tells them.

    Raises:
        EngineError: the files cannot be read.
    """
    if not files:
        shutil.rmtree(folder, ignore_errors=True)
        return [(name, "varchar") for name in names], Held([])
    source = f"read_parquet([{', '.join(literal(str(file)) for file in files)}])"
    try:
        columns, stored = _columns(folder, source)
        kept = [_kept(n, each) for n, each in enumerate(stored)]
        aliases = ", ".join(cell(n) for n in range(len(stored)))
        made = spool.fill(folder, f"SELECT {', '.join(kept)} FROM {source} AS t({aliases})", stored)  # noqa: S608 - ours
    except duckdb.Error as error:
        reason = str(error).partition("\n")[0]
        raise EngineError(f"cannot read what was unloaded: {reason}") from error
    if len(made) > BATCH_ROWS:
        return columns, made
    return columns, Held(list(chain.from_iterable(made.batches())))


def _columns(folder: Path, source: str) -> tuple[list[tuple[str, str]], list[Stored]]:
    with closing(spool.connect(folder)) as connection:
        found = connection.sql(f"FROM {source} LIMIT 0")
        names, kinds = found.columns, found.types
    # Athena unloads no zoned times; a file may say of a plain one that it is UTC.
    texts = [str(kind) for kind in kinds]
    types = [
        "timestamp" if text == _ZONED else athena_type(kind)
        for text, kind in zip(texts, kinds, strict=True)
    ]
    stored = [Stored("TIMESTAMP" if text in _TIMES else text) for text in texts]
    return list(zip(names, types, strict=True)), stored


def _kept(number: int, stored: Stored) -> str:
    """A column as it is kept: times to the microsecond, as Python's datetime."""
    name = cell(number)
    return f"CAST({name} AS TIMESTAMP)" if stored.type == "TIMESTAMP" else name
