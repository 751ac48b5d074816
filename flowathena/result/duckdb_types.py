"""Athena's names of DuckDB's types."""

from typing import cast

from duckdb.sqltypes import DuckDBPyType

from flowathena.sql.quoting import identifier

_NAMES = {
    "VARCHAR": "varchar",
    "HUGEINT": "bigint",  # sums of bigint; Athena's stay bigint
    "INTEGER": "integer",
    "FLOAT": "real",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "BLOB": "varbinary",
}


def athena_type(kind: DuckDBPyType) -> str:
    """Athena's name of a type of DuckDB's, as Trino writes it: ``array(bigint)``."""
    if kind.id not in {"list", "map", "struct"}:
        return _NAMES.get(str(kind), str(kind).lower())
    parts = [(name, athena_type(cast("DuckDBPyType", part))) for name, part in kind.children]
    if kind.id == "struct":
        return f"row({', '.join(f'{identifier(name)} {part}' for name, part in parts)})"
    return f"{'array' if kind.id == 'list' else 'map'}({', '.join(part for _, part in parts)})"
