"""Results as Parquet files, compressed by zstd.

DuckDB writes results of plain types and decimals; pyarrow writes arrays, maps and rows. Where the
name of a type does not say what is inside, it follows from the values.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from flowathena.errors import FlowathenaError
from flowathena.result import loading, types
from flowathena.result.extras import optional
from flowathena.result.result import Batch, Held, Result, Stream
from flowathena.text import one_line


def write(result: Result, stream: Stream) -> None:
    """Write a result; through a temporary file, for a Parquet file ends with its own index.

    Raises:
        FlowathenaError: pyarrow is needed and not installed, or a value does not fit its type.
    """
    with tempfile.TemporaryDirectory(prefix="flowathena-") as folder:
        path = Path(folder, "rows.parquet")
        if not _write_by_duckdb(result, path):
            _write_by_arrow(result, path)
        with path.open("rb") as file:
            shutil.copyfileobj(file, stream, 1 << 20)


def _write_by_duckdb(result: Result, path: Path) -> bool:
    if isinstance(result.store, Held):
        return loading.write_parquet(result.store.data, result.columns, path)
    return result.store.parquet(result.columns, path)


def _write_by_arrow(result: Result, path: Path) -> None:
    pa = optional("pyarrow", "arrow")
    writer_type = optional("pyarrow.parquet", "arrow").ParquetWriter
    schema = _schema(result, pa)
    with writer_type(path, schema, compression="zstd") as writer:
        for batch in result.batches():
            writer.write_table(_table(result, batch, pa, list(schema.types)))


def _schema(result: Result, pa: Any) -> Any:  # noqa: ANN401 - pyarrow has no types here
    """The schema: of types whose names do not say all, what all rows together show."""
    known = [types.arrow_type(pa, column.kind) for column in result.columns]
    schemas = [_table(result, [], pa, known).schema]
    if None in known:
        for batch in result.batches():
            found = _table(result, batch, pa, known).schema
            schemas = [_merged(pa, schemas[0], found)]
    return schemas[0]


def _merged(pa: Any, one: Any, other: Any) -> Any:  # noqa: ANN401 - same
    try:
        return pa.unify_schemas([one, other], promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # numbers in one batch, texts in another
        pairs = zip(one, other, strict=True)
        return pa.schema(
            [a if a.type == b.type else pa.field(a.name, pa.string()) for a, b in pairs]
        )


def _table(result: Result, batch: Batch, pa: Any, known: list[Any]) -> Any:  # noqa: ANN401 - same
    values = list(zip(*batch, strict=True)) or [()] * len(known)
    arrays = []
    for column, items, kind in zip(result.columns, values, known, strict=True):
        try:
            arrays.append(types.arrow_array(pa, items, column.kind, kind))
        except (ValueError, TypeError, OverflowError) as error:
            raise FlowathenaError(f"column {column.name!r}: {one_line(error)}") from error
    return pa.Table.from_arrays(arrays, names=[column.name for column in result.columns])
