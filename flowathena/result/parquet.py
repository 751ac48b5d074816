"""Results as Parquet files, compressed by zstd.

DuckDB writes the columns whose Athena type has one type of Arrow. Of the others, decimals and
nested values, the type follows from the values, as pyarrow infers it.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

from flowathena.result import texts
from flowathena.result.result import Batch, Held, Result, Stream, arrow_type, optional


def write(result: Result, stream: Stream) -> None:
    """Write a result; through a temporary file, for a Parquet file ends with its own index.

    Raises:
        FlowathenaError: pyarrow is needed and not installed.
    """
    with tempfile.TemporaryDirectory(prefix="flowathena-") as folder:
        path = Path(folder, "rows.parquet")
        if not _write_by_duckdb(result, path):
            _write_by_arrow(result, path)
        with path.open("rb") as file:
            shutil.copyfileobj(file, stream, 1 << 20)


def _write_by_duckdb(result: Result, path: Path) -> bool:
    if isinstance(result.store, Held):
        return texts.write_parquet(result.store.data, result.columns, path)
    return result.store.parquet(result.columns, path)


def _write_by_arrow(result: Result, path: Path) -> None:
    pa = optional("pyarrow", "arrow")
    writer_type = optional("pyarrow.parquet", "arrow").ParquetWriter
    schema = _schema(result, pa)
    with writer_type(path, schema, compression="zstd") as writer:
        for batch in result.batches():
            writer.write_table(_table(result, batch, pa, list(schema.types)))


def _schema(result: Result, pa: Any) -> Any:  # noqa: ANN401 - pyarrow has no types here
    """The schema that pyarrow infers of all rows, made of what it infers of each batch."""
    types = [arrow_type(pa, column.type) for column in result.columns]
    schemas = [_table(result, [], pa, types).schema]
    for batch in result.batches():
        found = _table(result, batch, pa, types).schema
        schemas = [pa.unify_schemas([*schemas, found], promote_options="permissive")]
    return schemas[0]


def _table(result: Result, batch: Batch, pa: Any, types: list[Any]) -> Any:  # noqa: ANN401 - same
    columns = list(zip(*batch, strict=True)) or [()] * len(types)
    arrays = [pa.array(list(c), type=kind) for c, kind in zip(columns, types, strict=True)]
    return pa.Table.from_arrays(arrays, names=[column.name for column in result.columns])
