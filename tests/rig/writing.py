"""Athena's statements that write, in Trino's words: CREATE TABLE AS and UNLOAD."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from uuid import uuid4

from sqlglot.dialects.trino import Trino
from sqlglot.tokenizer_core import Token, TokenType

from tests.rig import backends
from tests.rig.executor.base import (
    Executor,
    QueryFailedError,
    Rows,
    Statement,
    StatementRefusedError,
    Tables,
)
from tests.rig.executor.dialect import mismatched
from tests.rig.executor.duckdb import DuckDbExecutor
from tests.rig.objects import split_uri

# Properties of Athena's that Trino's Hive connector does not have.
_ATHENAS_OWN = (
    *("is_external", "table_type", "write_compression", "compression", "compression_level"),
    *("parquet_compression", "orc_compression"),
)
_MOST_PARTITIONS = 100
_NAMES = {"field_delimiter": "textfile_field_separator"}


@dataclass(frozen=True)
class Unload:
    """``UNLOAD (query) TO 'location' WITH (properties)``."""

    query: str
    location: str
    properties: Mapping[str, str]


def _closing(sql: str, tokens: list[Token], start: int) -> int:
    """The index of the parenthesis that closes the one at an index."""
    depth = 0
    for index in range(start, len(tokens)):
        depth += tokens[index].token_type is TokenType.L_PAREN
        depth -= tokens[index].token_type is TokenType.R_PAREN
        if depth == 0:
            return index
    raise mismatched(sql, tokens[-1])


def _text(sql: str, tokens: list[Token]) -> str:
    return sql[tokens[0].start : tokens[-1].end + 1]


def _properties(sql: str, tokens: list[Token]) -> Iterator[tuple[str, str]]:
    """Name and SQL text of each ``name = value`` of a list."""
    depth = 0
    parts: list[list[Token]] = [[]]
    for token in tokens:
        depth += token.token_type in (TokenType.L_PAREN, TokenType.L_BRACKET)
        depth -= token.token_type in (TokenType.R_PAREN, TokenType.R_BRACKET)
        if depth == 0 and token.token_type is TokenType.COMMA:
            parts.append([])
        else:
            parts[-1].append(token)
    for name, equals, *value in parts:
        if equals.token_type is not TokenType.EQ or not value:
            raise mismatched(sql, equals)
        yield name.text.lower(), _text(sql, value)


def _with(properties: Mapping[str, str]) -> str:
    kept = {k: v for k, v in properties.items() if k not in _ATHENAS_OWN}
    return ", ".join(f"{_NAMES.get(name, name)} = {value}" for name, value in kept.items())


def create_table(sql: str, folder: str) -> str:
    """A CREATE TABLE AS for Trino; without a place of its own the table goes below ``folder``."""
    tokens = Trino().tokenize(sql)
    at = next(i for i, t in enumerate(tokens) if t.text.upper() in ("WITH", "AS"))
    properties = {"external_location": f"'{folder.rstrip('/')}/tables/{uuid4()}/'"}
    head, rest = sql[: tokens[at].start], sql[tokens[at].start :]
    if tokens[at].text.upper() == "WITH":
        end = _closing(sql, tokens, at + 1)
        properties |= dict(_properties(sql, tokens[at + 2 : end]))
        rest = sql[tokens[end].end + 1 :]
    return f"{head}WITH ({_with(properties)}) {rest}"


def parse_unload(sql: str) -> Unload:
    """Read an UNLOAD."""
    tokens = Trino().tokenize(sql.rstrip().rstrip(";"))
    if len(tokens) < 2 or tokens[1].token_type is not TokenType.L_PAREN:
        raise StatementRefusedError("line 1:8: mismatched input. Expecting: '('")
    end = _closing(sql, tokens, 1)
    tail = tokens[end + 1 :]
    words = [token.text.upper() for token in tail]
    if len(tail) < 6 or words[0] != "TO" or words[2:4] != ["WITH", "("]:
        raise mismatched(sql, tail[0] if tail else tokens[-1])
    properties = dict(_properties(sql, tail[4:-1]))
    if "format" not in properties:
        raise StatementRefusedError("UNLOAD needs the property format")
    return Unload(sql[tokens[1].end + 1 : tokens[end].start], tail[1].text, properties)


def unload(asked: Unload, statement: Statement, executor: Executor, region: str) -> Rows:
    """Write the rows as a table's files, forget the table, name the files."""
    glue, name = backends.glue(region), f"unload_{uuid4().hex}"
    with backends.LOCK:
        glue.create_database(name, {"Name": name})
    place = {"external_location": f"'{asked.location.rstrip('/')}/'"}
    try:
        sql = (
            f'CREATE TABLE "awsdatacatalog"."{name}"."rows" '
            f"WITH ({_with({**place, **asked.properties})}) AS {asked.query}"
        )
        done = executor.run(Statement(sql, statement.database), _NoTables())
    finally:
        with backends.LOCK:
            if "rows" in glue.databases[name].tables:
                glue.delete_table(name, "rows")
            glue.delete_database(name)
    return Rows((), (), done.scanned_bytes, manifest=tuple(_written(asked.location)))


def put_unloaded(
    asked: Unload, statement: Statement, executor: DuckDbExecutor, tables: Tables
) -> Rows:
    """Write the rows as Parquet files into an empty folder; the engine makes nothing else."""
    form, location = asked.properties["format"], asked.location
    if form.upper() != "'PARQUET'":
        raise QueryFailedError(f"NOT_SUPPORTED: the rig unloads no {form}")
    if list(_written(location)):
        reason = f"HIVE_PATH_ALREADY_EXISTS: Target directory '{location}' already exists"
        raise QueryFailedError(reason)
    by = re.findall(r"'([^']+)'", asked.properties.get("partitioned_by", ""))
    files, scanned = executor.parquet(replace(statement, sql=asked.query), tables, by)
    if len({folder for folder, _ in files}) > _MOST_PARTITIONS:
        raise QueryFailedError(
            f"HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of {_MOST_PARTITIONS} open writers for "
            "partitions/buckets"
        )
    bucket, prefix = split_uri(location)
    keys = [f"{prefix.rstrip('/')}/{folder}{uuid4().hex}.parquet" for folder, _ in files]
    objects = zip(keys, (each for _, each in files), strict=True)
    executor.end(lambda: backends.put_objects(bucket, objects))
    return Rows((), (), scanned, manifest=tuple(f"s3://{bucket}/{key}" for key in keys))


def _written(location: str) -> Iterator[str]:
    bucket, prefix = split_uri(location)
    for key, _ in backends.listing(bucket):
        if key.startswith(f"{prefix.rstrip('/')}/"):
            yield f"s3://{bucket}/{key}"


class _NoTables:
    """Trino asks Glue itself."""

    def has_database(self, database: str) -> bool:
        raise NotImplementedError(database)

    def table(self, database: str, name: str) -> None:
        raise NotImplementedError(database, name)
