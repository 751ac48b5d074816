"""Quotes names and values for Athena's two languages: queries (Trino) and DDL (Hive). Pure.

Source: https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html (double quotes in queries,
backquotes in DDL).
"""

WHOLE_NUMBERS = frozenset({"tinyint", "smallint", "int", "integer", "bigint"})
"""Hive's integer types."""


def identifier(name: str) -> str:
    """A name in double quotes, for queries."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as a literal, for queries."""
    return "'" + text.replace("'", "''") + "'"


def aliased(expression: str, column: str) -> str:
    """An expression as an item of a SELECT list, with a column name."""
    name = identifier(column)
    return name if expression == name else f"{expression} AS {name}"


def hive_identifier(name: str) -> str:
    """A name in backquotes, for DDL."""
    return "`" + name.replace("`", "``") + "`"


def hive_literal(text: str) -> str:
    """A text as a literal, for DDL, where a backslash escapes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def hive_value(value: str, hive_type: str) -> str:
    """A partition value of a Hive type, for DDL: numbers bare, everything else as a text."""
    return value if hive_type in WHOLE_NUMBERS else hive_literal(value)
