"""CREATE EXTERNAL TABLE, clause by clause, in the order Hive's grammar wants."""

from tests.rig.ddl.model import ColumnDef, CreateTable, Name, Storage
from tests.rig.ddl.tokens import Reader
from tests.rig.descriptors import (
    LAZY_SIMPLE,
    PARQUET_INPUT,
    PARQUET_OUTPUT,
    PARQUET_SERDE,
    TEXT_INPUT,
    TEXT_OUTPUT,
)

_ORC = "org.apache.hadoop.hive.ql.io.orc"
_FORMATS = {
    "TEXTFILE": (LAZY_SIMPLE, TEXT_INPUT, TEXT_OUTPUT),
    "PARQUET": (PARQUET_SERDE, PARQUET_INPUT, PARQUET_OUTPUT),
    "ORC": (f"{_ORC}.OrcSerde", f"{_ORC}.OrcInputFormat", f"{_ORC}.OrcOutputFormat"),
}
_TYPES = frozenset(
    [
        "TINYINT",
        "SMALLINT",
        "INT",
        "INTEGER",
        "BIGINT",
        "BOOLEAN",
        "FLOAT",
        "DOUBLE",
        "STRING",
        "BINARY",
        "TIMESTAMP",
        "DATE",
        "CHAR",
        "VARCHAR",
        "DECIMAL",
        "ARRAY",
        "MAP",
        "STRUCT",
    ]
)


def name(reader: Reader) -> Name:
    """Read a table name."""
    first = reader.name()
    return Name(reader.name(), first) if reader.accept(".") else Name(first)


def properties(reader: Reader) -> dict[str, str]:
    """Read a list of 'key'='value' in parentheses."""
    reader.expect("(")
    found = {}
    while True:
        key = reader.text()
        reader.expect("=")
        found[key] = reader.text()
        if not reader.accept(","):
            break
    reader.expect(")")
    return found


def _numbers(reader: Reader) -> str:
    if not reader.accept("("):
        return ""
    first = reader.number()
    second = f",{reader.number()}" if reader.accept(",") else ""
    reader.expect(")")
    return f"({first}{second})"


def _struct_field(reader: Reader) -> str:
    own = reader.name()
    reader.expect(":")
    return f"{own}:{_type(reader)}"


def _nested(reader: Reader, word: str) -> str:
    reader.expect("<")
    part = _struct_field if word == "STRUCT" else _type
    parts = [part(reader)]
    while reader.accept(","):
        parts.append(part(reader))
    reader.expect(">")
    return f"{word.lower()}<{','.join(parts)}>"


def _type(reader: Reader) -> str:
    word = reader.one_of(_TYPES, "a Hive type")
    if word in ("ARRAY", "MAP", "STRUCT"):
        return _nested(reader, word)
    plain = "int" if word == "INTEGER" else word.lower()
    return f"{plain}{_numbers(reader)}"


def _column(reader: Reader) -> ColumnDef:
    own, kind = reader.name(), _type(reader)
    return ColumnDef(own, kind, reader.text() if reader.accept("COMMENT") else None)


def columns(reader: Reader) -> tuple[ColumnDef, ...]:
    """Read column definitions in parentheses."""
    reader.expect("(")
    found = [_column(reader)]
    while reader.accept(","):
        found.append(_column(reader))
    reader.expect(")")
    return tuple(found)


def _delimited(reader: Reader) -> dict[str, str]:
    found = {}
    if reader.accept("FIELDS", "TERMINATED", "BY"):
        found["field.delim"] = reader.text()
        found["serialization.format"] = found["field.delim"]
        if reader.accept("ESCAPED", "BY"):
            found["escape.delim"] = reader.text()
    for words, key in (
        (("COLLECTION", "ITEMS", "TERMINATED", "BY"), "collection.delim"),
        (("MAP", "KEYS", "TERMINATED", "BY"), "mapkey.delim"),
        (("LINES", "TERMINATED", "BY"), "line.delim"),
        (("NULL", "DEFINED", "AS"), "serialization.null.format"),
    ):
        if reader.accept(*words):
            found[key] = reader.text()
    return found


def _row_format(reader: Reader) -> tuple[str | None, dict[str, str]]:
    if not reader.accept("ROW", "FORMAT"):
        return None, {}
    if reader.accept("DELIMITED"):
        return None, _delimited(reader)
    reader.expect("SERDE")
    serde = reader.text()
    return serde, properties(reader) if reader.accept("WITH", "SERDEPROPERTIES") else {}


def _storage(reader: Reader) -> Storage:
    serde, parameters = _row_format(reader)
    parameters = parameters or {"serialization.format": "1"}
    own, input_format, output_format = _FORMATS["TEXTFILE"]
    if reader.accept("STORED", "AS", "INPUTFORMAT"):
        input_format = reader.text()
        reader.expect("OUTPUTFORMAT")
        output_format = reader.text()
    elif reader.accept("STORED", "AS"):
        word = reader.one_of(_FORMATS, "a format the rig knows")
        own, input_format, output_format = _FORMATS[word]
    return Storage(serde or own, input_format, output_format, parameters)


def create_table(reader: Reader) -> CreateTable:
    """Read what follows CREATE EXTERNAL TABLE."""
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    own = name(reader)
    data = columns(reader)
    comment = reader.text() if reader.accept("COMMENT") else None
    keys = columns(reader) if reader.accept("PARTITIONED", "BY") else ()
    storage = _storage(reader)
    reader.expect("LOCATION")
    location = reader.text()
    table = reader.accept("TBLPROPERTIES")
    given = properties(reader) if table else {}
    reader.end()
    return CreateTable(own, if_not_exists, data, keys, comment, storage, location, given)
