"""Log files as the table that Athena would read: one DuckDB view over all of them.

A value of a text column stays as written (``-`` too); in a number column, what is not a number is
NULL; a short line ends in NULLs, and surplus values are dropped (LazySimpleSerDe). In one respect
this is better than Athena: a text file is read by the names in its header line, not by position.
Parquet is read by name in both. Text and Parquet may lie side by side, whatever the table is.
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from flowathena.engine.local.content import Head
from flowathena.engine.local.copies import Copy
from flowathena.engine.local.files import LogFile
from flowathena.engine.local.paths import field_in_path, is_readable, split_location
from flowathena.logs.fields import column_name
from flowathena.logs.layout import SERVICE, Layout
from flowathena.logs.template import TIME_FIELDS
from flowathena.shape.key import Key, Role
from flowathena.shape.shape import PATH, FlowTable, Shape
from flowathena.shape.table import Table
from flowathena.sql.quoting import identifier, literal

_TYPES = {
    **dict.fromkeys(("string", "varchar", "char"), "VARCHAR"),
    **dict.fromkeys(("int", "integer"), "INTEGER"),
    **{kind: kind.upper() for kind in ("tinyint", "smallint", "bigint", "double", "date")},
}
_WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT"})
# As the SerDe reads an integer: decimals are cut off, and what is not a plain number is NULL.
# The first branch handles nearly every value, faster than TRY_CAST rejects a "-". There are no
# regular expressions, because DuckDB would compile them again for every file.
_UNSIGNED = "CASE WHEN left({x}, 1) IN ('-', '+') THEN substr({x}, 2) ELSE {x} END"
_INTEGER = (
    "CASE WHEN {x} NOT GLOB '*[!0-9]*' THEN TRY_CAST({x} AS {type}) "
    "WHEN {d} NOT GLOB '*[!.0-9]*' AND {d} NOT GLOB '*.*.*' AND {d} <> '' "
    "THEN TRY_CAST(CASE left({x}, 1) WHEN '-' THEN '-0' ELSE '0' END "
    "|| split_part({d}, '.', 1) AS {type}) END"
).replace("{d}", f"({_UNSIGNED})")
_READ_TEXT = (
    "read_csv(getvariable({files}), delim = ' ', header = {header}, quote = '', escape = '', "
    "auto_detect = false, null_padding = true, strict_mode = false, nullstr = '\\N', "
    "filename = true, hive_partitioning = false, compression = {compression}, "
    "columns = {{{columns}}})"
)
_READ_PARQUET = "read_parquet(getvariable({files}), filename = true, hive_partitioning = false)"
_NO_LAYOUT = Layout()
_LETTERS = dict(zip("yMdH", TIME_FIELDS, strict=True))
"""The field of a path for each letter of a day's form."""


@dataclass(frozen=True)
class _Group:
    """Files that one reader can read: the same header, and partition values found the same way.

    Attributes:
        head: the head of each.
        first_part: which part of the path is the layout's first folder below its root; 0 if the
            partition values are constants.
        layout: how the folders are laid out.
        values: the constants.
        moved: whether DuckDB reads them under other paths than their own.
        cut: whether they are copies, without a header line.
    """

    head: Head
    first_part: int = 0
    layout: Layout = _NO_LAYOUT
    values: tuple[str, ...] = ()
    moved: bool = False
    cut: bool = False


@dataclass(frozen=True)
class Files:
    """The files of a table.

    Attributes:
        paths: the files, each with the path under which DuckDB reads it; one that is registered
            twice is read twice, as in Athena.
        heads: their heads, by their own paths.
        copies: copies that are read in the place of further files.
        mirror: the folder of a mirror, if they are copies of objects: then the objects' paths are
            told.
        names: the columns that a statement reads, in lower case, and maybe others; None for all.
            DuckDB checks each column of a view before every query.
    """

    paths: Sequence[tuple[str, LogFile]]
    heads: Mapping[str, Head]
    copies: Sequence[Copy] = ()
    mirror: Path | None = None
    names: frozenset[str] | None = None

    def shows(self, column: str) -> bool:
        """Whether a column is read."""
        return self.names is None or column.lower() in self.names


def create(
    connection: duckdb.DuckDBPyConnection, source: FlowTable, files: Files, place: int = 0
) -> None:
    """Create the view of a table, in place of a former one.

    Args:
        connection: the database to create it in.
        source: the table.
        files: what it reads.
        place: the table's place among those of the database, which keeps them apart.
    """
    table, shape = source.table, source.shape
    layouts = _layouts(source)
    groups: dict[_Group, dict[str, str]] = defaultdict(dict)
    for path, file in files.paths:
        head, moved = files.heads[file.path], path != file.path
        groups[_group(file, head, shape, layouts, moved=moved)][path] = file.path
    for copy in files.copies:
        file = LogFile(copy.path, copy.size_bytes, copy.use.values, copy.location)
        group = _group(file, replace(copy.head, gzip=False), shape, layouts, moved=False)
        groups[replace(group, cut=True)][copy.path] = copy.path
    selects = []
    for number, (group, members) in enumerate(groups.items()):
        variable = f"files_{place}_{number}"
        connection.execute(f"SET VARIABLE {variable} = ?", [list(members)])
        if group.moved:
            # A path that is not UTF-8 has a stand-in for each odd byte: DuckDB takes none.
            own = [os.fsencode(path).decode(errors="replace") for path in members.values()]
            connection.execute(f"SET VARIABLE own_{variable} = ?", [own])
        selects.append(_select(table, shape, group, variable, files))
    body = "\nUNION ALL\n".join(selects or [_empty(table, files)])
    database, name = identifier(table.database), identifier(table.name)
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {database}")
    connection.execute(f"CREATE OR REPLACE VIEW {database}.{name} AS\n{body}")


def skips_line(table: Table, head: Head) -> bool:
    """Whether the first line of a text file is no record: a header, or skipped as in Athena."""
    return head.fields is not None or bool(table.skipped_lines)


def schema(table: Table) -> dict[str, str]:
    """Hive types by name, of columns and partition keys."""
    return {column.name: column.type for column in (*table.columns, *table.partition_keys)}


def _layouts(source: FlowTable) -> tuple[Layout, ...]:
    """The layouts that a partition's folder may have: AWS's, or that of a template."""
    if source.layout.template:
        return (source.layout,) if is_readable(source.layout) else ()
    return tuple(Layout(hive=hive, hourly=source.shape.is_hourly) for hive in (False, True))


def _group(
    file: LogFile, head: Head, shape: Shape, layouts: tuple[Layout, ...], *, moved: bool
) -> _Group:
    """Take partition values from the path if it contains them, which lets DuckDB prune.

    A partition may be registered anywhere; otherwise its values are constants of its own group.
    """
    for layout in layouts:
        first = 0 if moved else _first_part(file, shape, layout)
        if first:
            return _Group(head, first, layout)
    return _Group(head, values=file.values, moved=moved)


def _first_part(file: LogFile, shape: Shape, layout: Layout) -> int:
    """Which part of a file's path is the layout's first folder; 0 if the values are others."""
    location = file.location.rstrip("/") + "/"
    base, key = split_location(location, layout)
    partition = layout.parse(key)
    if partition is None or shape.values(partition) != file.values:
        return 0
    organization = bool(partition.organization) and not layout.template
    return f"{base}{layout.root}".count("/") + 1 + organization


def parquet_types(source: FlowTable) -> dict[str, str]:
    """A table's Hive types by the columns that Parquet files have.

    A Parquet table's columns are the files'. Beside a text table, whose columns may have names of
    their own, Parquet files have those of the fields.
    """
    types = schema(source.table)
    if source.table.file_format == "parquet":
        return types
    columns = source.shape.columns.items()
    return types | {field: types[name] for field, name in columns if name in types}


def _select(table: Table, shape: Shape, group: _Group, variable: str, files: Files) -> str:
    if group.head.parquet:
        names = _parquet_names(table, shape, group.head)
        reader = _READ_PARQUET.format(files=literal(variable))
    else:
        columns = _column_names(table, shape, group.head)
        names = {name: name for name in columns}
        reader = _READ_TEXT.format(
            files=literal(variable),
            header=str(not group.cut and skips_line(table, group.head)).lower(),
            compression="'gzip'" if group.head.gzip else "'none'",
            columns=", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns),
        )
    parquet = group.head.parquet
    record = [
        _column(column.name, column.type, names.get(column.name), parquet=parquet)
        for column in table.columns
        if files.shows(column.name)
    ]
    values = zip(shape.keys, _values(shape, group), strict=True)
    keys = [f"{value} AS {key.sql}" for key, value in values if files.shows(key.name)]
    path = f"{_object(_path(group, variable), files.mirror)} AS {identifier(PATH)}"
    return f"SELECT {', '.join([*record, *keys, path])} FROM {reader}"  # noqa: S608 - names are quoted


def _object(path: str, mirror: Path | None) -> str:
    """The path that Athena would tell."""
    return f"'s3://' || substr({path}, {len(str(mirror)) + 2})" if mirror else path


def _path(group: _Group, variable: str) -> str:
    """The file's own path; DuckDB leaves it away where it is not asked for."""
    if not group.moved:
        return "filename"
    place = f"list_position(getvariable({literal(variable)}), filename)"
    return f"list_extract(getvariable({literal(f'own_{variable}')}), {place})"


def _parquet_names(table: Table, shape: Shape, head: Head) -> dict[str, str]:
    """The file's columns by those of the table: of the same name, or of the same field."""
    fields = {} if table.file_format == "parquet" else {v: k for k, v in shape.columns.items()}
    present = {name.lower() for name in head.fields or ()}  # Athena ignores case
    names = {c.name: c.name if c.name in present else fields.get(c.name) for c in table.columns}
    return {name: own for name, own in names.items() if own in present}


def _column_names(table: Table, shape: Shape, head: Head) -> list[str]:
    """The columns of a file by position, every name once; unknown fields keep a name of theirs."""
    if head.fields is None:
        return [column.name for column in table.columns]
    names: list[str] = []
    for position, field in enumerate(head.fields):
        name = shape.columns.get(column_name(field), "")
        names.append(name if name and name not in names else f"unknown field {position}")
    return names


def _column(name: str, kind: str, own: str | None, *, parquet: bool) -> str:
    """A column of the table, from the file's own column; NULL without one."""
    sql_type, column = sql_types(kind), identifier(name)
    if own is None:
        return f"CAST(NULL AS {sql_type}) AS {column}"
    if sql_type == "VARCHAR" and not parquet:
        return column
    if sql_type in _WHOLE and not parquet:
        return f"{_INTEGER.format(x=column, type=sql_type)} AS {column}"
    return f"TRY_CAST({identifier(own)} AS {sql_type}) AS {column}"


def sql_types(kind: str) -> str:
    """DuckDB's name of a Hive type."""
    return _TYPES.get(kind.partition("(")[0], kind.upper())


def _values(shape: Shape, group: _Group) -> Iterator[str]:
    for position, key in enumerate(shape.keys):
        value = literal(group.values[position]) if group.values else _from_path(key, group)
        sql_type = sql_types(key.type)
        yield value if sql_type == "VARCHAR" else f"TRY_CAST({value} AS {sql_type})"


def _from_path(key: Key, group: _Group) -> str:
    if key.role is Role.SERVICE:
        return literal(SERVICE)
    if key.role is not Role.DAY:
        name = "day" if key.role is Role.DAY_OF_MONTH else key.role.value
        part = field_in_path(group.layout, name, group.first_part)
        return part if key.is_padded else _without_zeros(part)
    return " || ".join(_piece(piece, group) for piece in key.pieces)


def _piece(piece: str, group: _Group) -> str:
    """A part of a day as the folders have it, or what is between two."""
    name = _LETTERS.get(piece[0])
    if name is None:
        return literal(piece)
    part = field_in_path(group.layout, name, group.first_part)
    return part if len(piece) > 1 else _without_zeros(part)


def _without_zeros(part: str) -> str:
    return f"CAST(CAST({part} AS INTEGER) AS VARCHAR)"


def _empty(table: Table, files: Files) -> str:
    columns = {name: kind for name, kind in schema(table).items() if files.shows(name)}
    columns[PATH] = "string"
    nulls = (
        f"CAST(NULL AS {sql_types(kind)}) AS {identifier(name)}" for name, kind in columns.items()
    )
    return f"SELECT {', '.join(nulls)} WHERE false"
