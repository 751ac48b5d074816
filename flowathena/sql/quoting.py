"""Names and values as Athena's two languages write them: queries (Trino) and DDL (Hive). Pure."""

NUMBERS = frozenset({"tinyint", "smallint", "int", "integer", "bigint"})
"""Hive's types of whole numbers."""


def quoted(name: str) -> str:
    """A name as a quoted identifier of Athena SQL."""
    return '"' + name.replace('"', '""') + '"'


def text(value: str) -> str:
    """A text as a literal of Athena SQL."""
    return "'" + value.replace("'", "''") + "'"


def named(expression: str, column: str) -> str:
    """An expression as an item of a SELECT list, under the name of a column."""
    name = quoted(column)
    return name if expression == name else f"{expression} AS {name}"


def _back_quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _literal(value: str, kind: str) -> str:
    """A partition value in a clause: a number as it stands, anything else as a text."""
    return value if kind in NUMBERS else _quoted(value)
