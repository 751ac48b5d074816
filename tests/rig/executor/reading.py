"""Files read as Hive's LazySimpleSerDe reads them: by position, and never failing on a line."""

import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.parquet as pq

from tests.rig.catalog import Partition, Table
from tests.rig.executor.base import QueryFailedError
from tests.rig.executor.dialect import PATH
from tests.rig.objects import S3Object, Shelf

_CURSOR_ERROR = 1200


@dataclass
class Scan:
    """The columns of one scan while they fill."""

    names: list[str]
    columns: dict[str, list[str | None]] = field(default_factory=dict)
    count: int = 0
    scanned: int = 0

    def __post_init__(self) -> None:
        self.columns = {name: [] for name in self.names}

    def table(self) -> pa.Table:
        """Give the columns as a table of texts; a query without columns still counts rows."""
        arrays = {name: pa.array(values, pa.string()) for name, values in self.columns.items()}
        if not arrays:
            arrays = {" ": pa.nulls(self.count)}
        return pa.table(arrays)


def _failed(item: S3Object, reason: object) -> QueryFailedError:
    return QueryFailedError(
        f"HIVE_CURSOR_ERROR: Failed to read file at {item.uri}: {reason}", kind=_CURSOR_ERROR
    )


def _text(item: S3Object) -> str:
    raw = item.content()
    if item.key.endswith(".gz"):
        try:
            raw = gzip.decompress(raw)
        except (EOFError, OSError, zlib.error) as error:
            raise _failed(item, error) from None
    text = raw.decode("utf-8", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _lines(item: S3Object, skip: int) -> list[str]:
    lines = _text(item).split("\n")
    if lines[-1] == "":
        lines.pop()
    return lines[skip:]


def _field(rows: list[list[str]], position: int, null: str) -> Iterator[str | None]:
    for row in rows:
        value = row[position] if position < len(row) else None
        yield None if value == null else value


def _read_text(scan: Scan, table: Table, partition: Partition, item: S3Object) -> None:
    rows = [line.split(table.delimiter) for line in _lines(item, table.header_lines)]
    for position, column in enumerate(table.columns):
        if column.name in scan.columns:
            values = _field(rows, position, table.null_text)
            scan.columns[column.name].extend(values)
    _constants(scan, table, partition, item, len(rows))


def _constants(scan: Scan, table: Table, partition: Partition, item: S3Object, count: int) -> None:
    values = dict(zip((key.name for key in table.keys), partition.values, strict=True))
    for name, value in {**values, PATH: item.uri}.items():
        if name in scan.columns:
            scan.columns[name].extend([value] * count)
    scan.count += count
    scan.scanned += item.size


def _as_text(column: pa.ChunkedArray) -> list[str | None]:
    values = column.to_pylist()
    if pa.types.is_uint32(column.type):  # Trino 470 reads them as signed
        values = [value and (value + (1 << 31)) % (1 << 32) - (1 << 31) for value in values]
    return [None if value is None else str(value) for value in values]


def _read_parquet(scan: Scan, table: Table, partition: Partition, item: S3Object) -> None:
    try:
        held = pq.read_table(io.BytesIO(item.content()))
    except (pa.ArrowInvalid, OSError) as error:
        raise _failed(item, error) from None
    by_name = {name.lower(): name for name in held.column_names}
    for column in table.columns:
        if column.name in scan.columns:
            own = by_name.get(column.name)
            values = _as_text(held.column(own)) if own else [None] * held.num_rows
            scan.columns[column.name].extend(values)
    _constants(scan, table, partition, item, held.num_rows)


def _objects(shelf: Shelf, location: str) -> list[S3Object]:
    try:
        return list(shelf.under(location))
    except (KeyError, ValueError):
        raise QueryFailedError(
            f"HIVE_FILESYSTEM_ERROR: Failed to list directory: {location}", kind=_CURSOR_ERROR
        ) from None


def _unreadable(table: Table) -> QueryFailedError:
    return QueryFailedError(
        f"HIVE_INVALID_METADATA: Unsupported storage format: {table.database}.{table.name}: "
        f"the rig reads no {table.serde!r} tables"
    )


def read(
    table: Table,
    partitions: Sequence[Partition],
    wanted: set[str],
    left_out: Sequence[tuple[str, str]] = (),
) -> Scan:
    """Read the wanted columns of some partitions; files with a path in a range are left out."""
    every = [item.name for item in (*table.columns, *table.keys)]
    scan = Scan([name for name in (*every, PATH) if name in wanted])
    if not (table.is_text or table.is_parquet):
        raise _unreadable(table)
    reader = _read_text if table.is_text else _read_parquet
    shelf = Shelf()
    for partition in partitions:
        for item in _objects(shelf, partition.location):
            if any(low <= item.uri <= high for low, high in left_out):
                continue
            reader(scan, table, partition, item)
    return scan
