"""Athena's queries on a real Trino, which reads the rig's Glue and S3 itself."""

import re
import threading
from collections.abc import Sequence
from typing import ClassVar

from sqlglot.tokenizer_core import TokenType
from trino.dbapi import Cursor
from trino.exceptions import TrinoQueryError

from tests.rig.executor.base import (
    SYSTEM_ERROR,
    USER_ERROR,
    InterruptedQueryError,
    QueryFailedError,
    Rows,
    Statement,
    StatementRefusedError,
    Tables,
)
from tests.rig.executor.dialect import RigAthena
from tests.rig.executor.values import result_column, texts
from tests.rig.trino.client import Trino

_LINE = re.compile(r"^line (\d+):")
_KINDS = {
    "DIVISION_BY_ZERO": 1003,
    "INVALID_CAST_ARGUMENT": 1002,
    "NUMERIC_VALUE_OUT_OF_RANGE": 1002,
}
_ANALYSIS = 1006
_CANCELLED = "USER_CANCELED"


class TrinoExecutor:
    """Runs one statement."""

    writes: ClassVar[bool] = True

    def __init__(self, trino: Trino) -> None:
        self._trino = trino
        self._cursor: Cursor | None = None
        self._lock = threading.Lock()
        self._stopped = False

    def check(self, statement: Statement) -> None:
        """Let Trino parse the statement; count its parameters."""
        sql, holes = _single(statement.sql)
        if holes != len(statement.parameters):
            raise StatementRefusedError(
                f"Incorrect number of parameters: expected {holes} but found "
                f"{len(statement.parameters)}"
            )
        try:
            self._trino.rows(f"PREPARE accepted FROM\n{sql}")
        except TrinoQueryError as error:
            raise StatementRefusedError(_moved(error.message)) from None

    def run(self, statement: Statement, tables: Tables) -> Rows:  # noqa: ARG002 - Trino asks Glue
        """Run a statement to its end."""
        sql, _ = _single(statement.sql)
        if statement.parameters:
            given = ", ".join(statement.parameters)
            sql = f"EXECUTE IMMEDIATE '{sql.replace(chr(39), chr(39) * 2)}' USING {given}"
        with self._lock:
            if self._stopped:
                raise InterruptedQueryError
            self._cursor = cursor = self._trino.cursor(statement.database)
        try:
            cursor.execute(sql)
            rows = cursor.fetchall()
        except TrinoQueryError as error:
            raise self._reworded(error) from None
        if self._stopped:
            raise InterruptedQueryError
        return _rows(cursor, rows)

    def interrupt(self) -> None:
        """Cancel the running query on the server."""
        with self._lock:
            self._stopped = True
            if self._cursor is not None:
                self._cursor.cancel()

    def _reworded(self, error: TrinoQueryError) -> Exception:
        if self._stopped or error.error_name == _CANCELLED:
            return InterruptedQueryError()
        category = USER_ERROR if error.error_type in ("USER_ERROR", "EXTERNAL") else SYSTEM_ERROR
        kind = _KINDS.get(str(error.error_name), _ANALYSIS)
        return QueryFailedError(f"{error.error_name}: {error.message}", category, kind)


def _rows(cursor: Cursor, rows: Sequence[Sequence[object]]) -> Rows:
    types = [str(column[1]) for column in cursor.description or ()]
    names = [str(column[0]) for column in cursor.description or ()]
    columns = tuple(result_column(*pair) for pair in zip(names, types, strict=True))
    scanned = int((cursor.stats or {}).get("physicalInputBytes", 0))
    return Rows(columns, [texts(row, types) for row in rows], scanned)


def _single(sql: str) -> tuple[str, int]:
    """The statement without a semicolon at its end, and how many ``?`` it has."""
    try:
        tokens = RigAthena().tokenize(sql)
    except Exception:  # noqa: BLE001 - Trino words it better
        return sql, 0
    ends = [token for token in tokens if token.token_type is TokenType.SEMICOLON]
    if ends and (len(ends) > 1 or ends[0] is not tokens[-1]):
        raise StatementRefusedError("Only one sql statement is allowed.")
    holes = sum(token.token_type is TokenType.PLACEHOLDER for token in tokens)
    return sql[: ends[0].start] if ends else sql, holes


def _moved(message: str) -> str:
    """The message with the line as the statement alone has it."""
    return _LINE.sub(lambda found: f"line {int(found[1]) - 1}:", message)
