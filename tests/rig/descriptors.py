"""Storage descriptors: how a Glue answer looks when real Glue gives it."""

from collections.abc import Mapping
from typing import Any

TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
LAZY_SIMPLE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
PARQUET_INPUT = f"{_PARQUET}.MapredParquetInputFormat"
PARQUET_OUTPUT = f"{_PARQUET}.MapredParquetOutputFormat"
PARQUET_SERDE = f"{_PARQUET}.serde.ParquetHiveSerDe"

# Real Glue always fills these three; moto gives back what was stored.
_FILLED: dict[str, Any] = {
    "Compressed": False,
    "NumberOfBuckets": 0,
    "StoredAsSubDirectories": False,
}


def filled(owner: Mapping[str, Any], *, columns: bool = True) -> dict[str, Any]:
    """Give a table or partition with its descriptor filled, perhaps without its columns."""
    descriptor = owner.get("StorageDescriptor")
    shown = {name: value for name, value in owner.items() if value is not None}
    if descriptor is None:
        return shown
    whole = {**_FILLED, **descriptor}
    if not columns:
        whole.pop("Columns", None)
    return {**shown, "StorageDescriptor": whole}
