"""What a submitted text is, and who runs it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from tests.rig import views
from tests.rig.ddl import model
from tests.rig.ddl.apply import apply
from tests.rig.ddl.parse import parse
from tests.rig.executor.base import Executor, Rows, Statement, StatementRefusedError, Tables
from tests.rig.executor.duckdb import DuckDbExecutor
from tests.rig.writing import create_table, parse_unload, put_unloaded, unload

_QUERIES = ("SELECT", "WITH", "(", "VALUES", "TABLE")
_HIVE = ("CREATE", "DROP", "ALTER", "SHOW", "DESCRIBE", "DESC", "MSCK")
_TRINO_DDL = re.compile(r"CREATE\s+(OR\s+REPLACE\s+)?(VIEW|TABLE)\b", re.IGNORECASE)
# What only an engine that writes can do: its type and name in Athena, by how it begins.
_WRITES = (
    (re.compile(r"CREATE\s+(OR\s+REPLACE\s+)?VIEW\b", re.IGNORECASE), "DDL", "CREATE_VIEW"),
    (re.compile(r"CREATE\s+TABLE\b", re.IGNORECASE), "DDL", "CREATE_TABLE_AS_SELECT"),
    (re.compile(r"INSERT\s+INTO\b", re.IGNORECASE), "DML", "INSERT"),
    (re.compile(r"EXPLAIN\b", re.IGNORECASE), "UTILITY", "EXPLAIN"),
    (re.compile(r"UNLOAD\b", re.IGNORECASE), "DML", "UNLOAD"),
)
_UTILITIES = (model.ShowPartitions, model.ShowTables, model.ShowDatabases, model.Describe)
_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


@dataclass(frozen=True)
class Plan:
    """A statement Athena has accepted: its kind, its name and how to run it."""

    kind: str
    name: str
    run: Callable[[str, Tables], Rows]


def _body(sql: str) -> str:
    rest = sql.lstrip()
    while rest.startswith(("--", "/*")):
        rest = rest.partition("\n" if rest.startswith("--") else "*/")[2].lstrip()
    return rest


def _first_word(body: str) -> str:
    if body.startswith("("):
        return "("
    return body.split(None, 1)[0].upper() if body else ""


def _hive(statement: Statement) -> Plan:
    if statement.parameters:
        raise StatementRefusedError("Execution parameters are not supported by this statement")
    parsed = parse(statement.sql)
    kind = "UTILITY" if isinstance(parsed, _UTILITIES) else "DDL"
    name = _CAPITAL.sub("_", type(parsed).__name__).upper()
    return Plan(kind, name, lambda region, _tables: apply(parsed, region, statement.database))


def _writing(statement: Statement, executor: Executor, folder: str) -> Plan | None:
    body = _body(statement.sql)
    for begins, kind, name in _WRITES:
        able = executor.writes or (name == "UNLOAD" and isinstance(executor, DuckDbExecutor))
        if able and begins.match(body):
            return _written(kind, name, replace(statement, sql=body), executor, folder)
    return None


def _written(kind: str, name: str, statement: Statement, executor: Executor, folder: str) -> Plan:
    if name == "UNLOAD":
        asked = parse_unload(statement.sql)
        executor.check(replace(statement, sql=asked.query))
        if isinstance(executor, DuckDbExecutor):
            put = partial(put_unloaded, asked, statement, executor)
            return Plan(kind, name, lambda _region, tables: put(tables))
        return Plan(kind, name, lambda region, _: unload(asked, statement, executor, region))
    if name == "CREATE_TABLE_AS_SELECT":
        statement = replace(statement, sql=create_table(statement.sql, folder))
    executor.check(statement)
    return Plan(kind, name, lambda _region, tables: executor.run(statement, tables))


def plan(statement: Statement, executor: Executor, folder: str) -> Plan:
    """Accept a statement; what Athena refuses when submitted raises StatementRefusedError.

    Args:
        statement: what was submitted.
        executor: who runs it.
        folder: where results go, and tables without a place of their own.
    """
    body = _body(statement.sql)
    word = _first_word(body)
    if word in _QUERIES:
        executor.check(statement)
        return Plan("DML", "SELECT", lambda _region, tables: executor.run(statement, tables))
    writing = _writing(statement, executor, folder)
    if writing:
        return writing
    if views.begins(body):
        return Plan(
            "DDL", "CREATE_VIEW", lambda region, _tables: views.create(body, statement, region)
        )
    if word in _HIVE and not _TRINO_DDL.match(body):
        return _hive(statement)
    shown = " ".join(body.split()[:2])
    raise StatementRefusedError(f"line 1:1: mismatched input '{word}' (the rig runs no {shown!r})")
