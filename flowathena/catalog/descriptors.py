"""Glue's descriptions of text and Parquet tables."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from flowathena.shape.table import Column, Table

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        ColumnOutputTypeDef,
        ColumnTypeDef,
        StorageDescriptorTypeDef,
        TableInputTypeDef,
    )

_TEXT_SERDE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
_PARQUET_SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
_CTRL_A = "\x01"
_LAST_BYTE = 127
_FORMATS = {_TEXT_SERDE: "text", _PARQUET_SERDE: "parquet"}
_TEXT: "StorageDescriptorTypeDef" = {
    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": _TEXT_SERDE,
        "Parameters": {"field.delim": " ", "serialization.format": " "},
    },
}
_PARQUET: "StorageDescriptorTypeDef" = {
    "InputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "OutputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
    "SerdeInfo": {
        "SerializationLibrary": _PARQUET_SERDE,
        "Parameters": {"serialization.format": "1"},
    },
}


def file_format(serde: str, settings: Mapping[str, str]) -> str:
    """``text`` or ``parquet`` for the SerDes of flow logs; the name of any other SerDe."""
    if serde == _TEXT_SERDE and (delimiter := _delimiter(settings)) != " ":
        return f"{serde} with the delimiter {delimiter!r}"
    return _FORMATS.get(serde, serde)


def _delimiter(settings: Mapping[str, str]) -> str:
    """What the text SerDe of Hive splits lines at: a character, or its number, else Ctrl-A.

    Source: ``LazySerDeParameters`` and ``LazyUtils.getByte`` of Hive, which Trino follows.
    """
    given = settings.get("field.delim", settings.get("serialization.format", _CTRL_A))
    is_number = re.fullmatch(r"[0-9]{1,3}", given) and int(given) <= _LAST_BYTE
    return chr(int(given)) if is_number else given[:1] or _CTRL_A


def table_input(table: Table) -> "TableInputTypeDef":
    """The table as an argument of ``CreateTable``: space-separated text, or Parquet.

    Source: the tables that Athena creates for the statements in
    https://docs.aws.amazon.com/athena/latest/ug/vpc-flow-logs-create-table-statement.html and
    https://docs.aws.amazon.com/athena/latest/ug/vpc-flow-logs-parquet.html
    """
    return {
        "Name": table.name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": dict(table.parameters),
        "PartitionKeys": _column_inputs(table.partition_keys),
        "StorageDescriptor": {
            "Columns": _column_inputs(table.columns),
            "Location": table.location,
            **(_PARQUET if table.file_format == "parquet" else _TEXT),
        },
    }


def read_columns(entries: Sequence["ColumnOutputTypeDef"]) -> tuple[Column, ...]:
    """The columns of Glue's entries."""
    return tuple(Column(entry["Name"], entry.get("Type", "")) for entry in entries)


def _column_inputs(columns: Sequence[Column]) -> "list[ColumnTypeDef]":
    return [{"Name": column.name, "Type": column.type} for column in columns]
