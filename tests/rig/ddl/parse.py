"""From a text to one of the Hive statements."""

from collections.abc import Callable

from tests.rig.ddl.create import create_table, name, properties
from tests.rig.ddl.model import (
    AddPartitions,
    CreateDatabase,
    Ddl,
    Describe,
    DropDatabase,
    DropPartitions,
    DropTable,
    Name,
    PartitionSpec,
    Repair,
    SetLocation,
    SetProperties,
    ShowDatabases,
    ShowPartitions,
    ShowTables,
)
from tests.rig.ddl.tokens import Reader


def _database_word(reader: Reader) -> bool:
    return reader.accept("DATABASE") or reader.accept("SCHEMA")


def _create(reader: Reader) -> Ddl:
    if _database_word(reader):
        return _create_database(reader)
    if reader.accept("EXTERNAL", "TABLE"):
        return create_table(reader)
    raise reader.wrong("'DATABASE', 'SCHEMA', 'EXTERNAL TABLE' (the rig creates nothing else)")


def _create_database(reader: Reader) -> CreateDatabase:
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    own = reader.name()
    comment = reader.text() if reader.accept("COMMENT") else None
    location = reader.text() if reader.accept("LOCATION") else None
    given = properties(reader) if reader.accept("WITH", "DBPROPERTIES") else {}
    return CreateDatabase(own, if_not_exists, comment, location, given)


def _drop(reader: Reader) -> Ddl:
    if _database_word(reader):
        if_exists = reader.accept("IF", "EXISTS")
        own = reader.name()
        cascade = reader.accept("CASCADE")
        if not cascade:
            reader.accept("RESTRICT")
        return DropDatabase(own, if_exists, cascade)
    reader.expect("TABLE")
    if_exists = reader.accept("IF", "EXISTS")
    return DropTable(name(reader), if_exists)


def _spec(reader: Reader) -> PartitionSpec:
    reader.expect("PARTITION", "(")
    values = {}
    while True:
        key = reader.name()
        reader.expect("=")
        values[key] = reader.value()
        if not reader.accept(","):
            break
    reader.expect(")")
    return PartitionSpec(values, reader.text() if reader.accept("LOCATION") else None)


def _add(reader: Reader, own: Name) -> AddPartitions:
    if_not_exists = reader.accept("IF", "NOT", "EXISTS")
    specs = [_spec(reader)]
    # ADD takes its clauses one after the other, without commas; DROP wants commas.
    while not reader.done():
        specs.append(_spec(reader))
    return AddPartitions(own, if_not_exists, tuple(specs))


def _drop_partitions(reader: Reader, own: Name) -> DropPartitions:
    if_exists = reader.accept("IF", "EXISTS")
    specs = [_spec(reader)]
    while reader.accept(","):
        specs.append(_spec(reader))
    return DropPartitions(own, if_exists, tuple(specs))


def _alter(reader: Reader) -> Ddl:
    reader.expect("TABLE")
    own = name(reader)
    if reader.accept("ADD"):
        return _add(reader, own)
    if reader.accept("DROP"):
        return _drop_partitions(reader, own)
    spec = _spec(reader) if reader.ahead("PARTITION") else None
    reader.expect("SET")
    if spec is None and reader.accept("TBLPROPERTIES"):
        return SetProperties(own, properties(reader))
    reader.expect("LOCATION")
    return SetLocation(own, spec, reader.text())


def _pattern(reader: Reader) -> str | None:
    return None if reader.done() else reader.text()


def _show(reader: Reader) -> Ddl:
    if reader.accept("PARTITIONS"):
        return ShowPartitions(name(reader))
    if reader.accept("DATABASES") or reader.accept("SCHEMAS"):
        reader.accept("LIKE")
        return ShowDatabases(_pattern(reader))
    if not reader.accept("TABLES"):
        raise reader.wrong("'PARTITIONS', 'TABLES', 'DATABASES' (the rig shows nothing else)")
    database = reader.name() if reader.accept("IN") or reader.accept("FROM") else None
    return ShowTables(database, _pattern(reader))


def _describe(reader: Reader) -> Describe:
    reader.accept("TABLE")
    return Describe(name(reader))


def _repair(reader: Reader) -> Repair:
    reader.expect("REPAIR", "TABLE")
    return Repair(name(reader))


_STATEMENTS: dict[str, Callable[[Reader], Ddl]] = {
    "CREATE": _create,
    "DROP": _drop,
    "ALTER": _alter,
    "SHOW": _show,
    "DESCRIBE": _describe,
    "DESC": _describe,
    "MSCK": _repair,
}


def parse(sql: str) -> Ddl:
    """Parse a Hive statement; what the grammar refuses raises StatementRefusedError."""
    reader = Reader(sql)
    for word, rule in _STATEMENTS.items():
        if reader.accept(word):
            found = rule(reader)
            reader.end()
            return found
    raise reader.wrong(", ".join(f"'{word}'" for word in _STATEMENTS))
