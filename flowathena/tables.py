"""The table a target wants, its DDL, and whether a live table is such a table."""

from collections.abc import Iterable

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flowathena.catalog import Column, Table
from flowathena.errors import TableMismatchError
from flowathena.fields import BY_COLUMN, BY_NAME, FIELDS
from flowathena.layout import KEYS, LOG_ROOT
from flowathena.resources import folder
from flowathena.target import Target

_PARAMETERS = {
    "EXTERNAL": "TRUE",
    "skip.header.line.count": "1",  # the first line of every text log names the fields
}
_PARTITION_KEYS = tuple(Column(key, "string") for key in KEYS)
_NUMBERS = frozenset({"int", "bigint"})


def wanted(target: Target) -> Table:
    """The table that holds the target's record format, with our partition keys."""
    ending = "" if target.location.endswith("/") else "/"
    return Table(
        target.database,
        target.table,
        columns=tuple(_column(name) for name in target.log_format),
        partition_keys=_PARTITION_KEYS,
        location=f"{target.location}{ending}{LOG_ROOT}/",
        parameters=_PARAMETERS,
    )


def every_field() -> Table:
    """A table that has every field of every version, to check queries against."""
    columns = tuple(Column(field.column, field.hive_type) for field in FIELDS)
    return Table("", "", columns, _PARTITION_KEYS, "")


def ddl(table: Table) -> str:
    """The ``CREATE EXTERNAL TABLE`` statement of a table, in Athena's Hive dialect."""
    environment = Environment(  # noqa: S701 - renders SQL, not HTML; both filters quote
        loader=FileSystemLoader(folder("ddl")), undefined=StrictUndefined
    )
    environment.filters["name"] = _back_quoted
    environment.filters["text"] = _quoted
    return environment.get_template("create_table.sql").render(table=table)


def verify(table: Table) -> None:
    """Make sure that a live table is a flow-log table that we can read and register days in.

    Raises:
        TableMismatchError: its partition keys are not ours, or it has columns that are no
            flow-log fields or hold another type; names them.
    """
    if table.partition_keys != _PARTITION_KEYS:
        raise TableMismatchError(
            f"table {table.full_name} is partitioned by ({_told(table.partition_keys)}), not by "
            f"({_told(_PARTITION_KEYS)}); choose another table name, flowathena creates it"
        )
    strangers = [column for column in table.columns if not _is_field(column)]
    if strangers:
        raise TableMismatchError(
            f"table {table.full_name} has columns that are no flow-log fields of their type: "
            f"{_told(strangers)}; choose another table name, flowathena creates it"
        )
    if all(column.name != "start" for column in table.columns):
        raise TableMismatchError(
            f"table {table.full_name} has no column start; a record without it has no time"
        )


def _column(name: str) -> Column:
    field = BY_NAME[name]
    return Column(field.column, field.hive_type)


def _is_field(column: Column) -> bool:
    field = BY_COLUMN.get(column.name)
    if field is None:
        return False
    # AWS's own statement has protocol as bigint: numbers are numbers.
    return field.hive_type == column.type or {field.hive_type, column.type} <= _NUMBERS


def _back_quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _told(columns: Iterable[Column]) -> str:
    return ", ".join(f"{column.name} {column.type}" for column in columns) or "nothing"
