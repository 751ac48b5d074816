"""How a column of another type than its field's is read, in Athena SQL; pure.

AWS's own Parquet files have whole numbers of 32 and 64 bits, and texts. Firehose, Spark and exports
write counters as texts, floating numbers or decimals, and times as timestamps. What no cast can
make of a column is refused where tables are recognised and files are inspected.
"""

from flowathena.logs.fields import Field
from flowathena.sql.quoting import WHOLE_NUMBERS

TEXTS = frozenset({"string", "varchar", "char"})
"""Hive's types of text."""
FRACTIONS = frozenset({"float", "double", "decimal"})
"""Hive's types of numbers that need not be whole."""
UNSIGNED = "uint32"
"""Parquet's UINT_32, for which Hive has no type: its column is ``bigint``."""
TIMESTAMP = "timestamp"
_TIMES = frozenset({"start", "end"})
_SQL_TYPES = {"int": "integer", "bigint": "bigint"}
_RANGE_32 = 1 << 32
_ACCOUNT = "account_id"
_ACCOUNT_DIGITS = 12


def base_type(hive_type: str) -> str:
    """The type without its length: ``varchar`` of ``varchar(16)``."""
    return hive_type.partition("(")[0].strip().lower()


def is_text(hive_type: str) -> bool:
    """Whether a column of a Hive type contains text."""
    return base_type(hive_type) in TEXTS


def can_read(field: Field, hive_type: str, file_format: str = "parquet") -> bool:
    """Whether a field can be read from a column of a Hive type.

    In text files a time is a number, and the SerDe reads NULL for it where it expects a timestamp;
    so it does for a text where it expects a number, but accounts are numbers to a crawler.
    """
    base = base_type(hive_type)
    if base in TEXTS:
        return True
    if field.hive_type == "string" and file_format == "text":
        return field.column == _ACCOUNT and base in WHOLE_NUMBERS
    if base in WHOLE_NUMBERS or base == UNSIGNED:
        return True
    if field.hive_type == "string":
        return False
    return base in FRACTIONS or (
        base == TIMESTAMP and field.column in _TIMES and file_format == "parquet"
    )


def read_field(field: Field, column: str, hive_type: str, *, unsigned: bool = False) -> str:
    """A column as its field's type.

    Fractions round half up, as Trino's CAST does; what is not a number of the type is NULL. A
    timestamp gives the Unix second that it is in. The number of an account gets the leading zeros
    back that it had as a text.

    Args:
        field: the field.
        column: its column, a quoted identifier.
        hive_type: the column's type, one that ``can_read`` accepts.
        unsigned: whether the files have UINT_32, which Trino 470 reads as signed: 3,000,000,000
            comes as -1,294,967,296.
    """
    base = base_type(hive_type)
    if field.hive_type == "string":
        return column if base in TEXTS else _text(field, column)
    if base == TIMESTAMP:
        return f"CAST(floor(to_unixtime({column})) AS bigint)"
    if base in TEXTS | FRACTIONS:
        return f"TRY_CAST({column} AS {_SQL_TYPES[field.hive_type]})"
    if unsigned:
        return f"IF({column} < 0, {column} + {_RANGE_32}, {column})"
    return column


def _text(field: Field, column: str) -> str:
    number = f"CAST({column} AS varchar)"
    return f"lpad({number}, {_ACCOUNT_DIGITS}, '0')" if field.column == _ACCOUNT else number
