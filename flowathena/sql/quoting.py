"""Quotes names and values for Athena's two languages: queries (Trino) and DDL (Hive). Pure.

Source: https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html (double quotes in queries,
backquotes in DDL).
"""

WHOLE_NUMBERS = frozenset({"tinyint", "smallint", "int", "integer", "bigint"})
"""Hive's integer types."""
# Source: https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html (SELECT) and
# https://trino.io/docs/current/language/reserved.html.
RESERVED = frozenset(
    {
        *("alter", "and", "as", "between", "by", "case", "cast", "constraint", "create", "cross"),
        *("cube", "current_catalog", "current_date", "current_path", "current_schema"),
        *("current_time", "current_timestamp", "current_user", "deallocate", "delete", "describe"),
        *("distinct", "drop", "else", "escape", "except", "execute", "exists", "extract", "false"),
        *("for", "from", "full", "group", "grouping", "having", "in", "inner", "insert"),
        *("intersect", "into", "is", "join", "json_array", "json_exists", "json_object"),
        *("json_query", "json_table", "json_value", "left", "like", "listagg", "localtime"),
        *("localtimestamp", "natural", "normalize", "not", "null", "on", "or", "order", "outer"),
        *("prepare", "recursive", "right", "rollup", "select", "skip", "table", "then", "trim"),
        *("true", "uescape", "union", "unnest", "using", "values", "when", "where", "with"),
    }
)
"""What may not be a name in a query without quotes, in lower case; ``end`` aside."""


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
