"""Random expressions give on the local engine what they give on Trino."""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import duckdb
import pytest

from flowathena.engine.local.translate import to_duckdb
from flowathena.errors import EngineError
from flowathena.sql.statement import Statement
from tests.semantics.cases import written
from tests.semantics.expressions import ROWS, expressions

if TYPE_CHECKING:
    from tests.rig.trino.client import Trino

pytestmark = pytest.mark.trino

NOW = datetime(2026, 11, 8, tzinfo=UTC)
SEED, COUNT, BATCH = 470, 80, 20
Rows = list[tuple[object, ...]]


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as made:
        made.execute("SET TimeZone = 'UTC'; SET disabled_optimizers = 'common_subexpressions'")
        yield made


def local(connection: duckdb.DuckDBPyConnection, expression: str) -> Rows | None:
    """The rows; None for a refusal or an error."""
    try:
        sql = to_duckdb(Statement(f"SELECT {expression} AS v FROM {ROWS}"), {}, NOW)
        return connection.execute(sql).fetchall()
    except (EngineError, duckdb.Error):
        return None


def same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12)
    return type(one) is type(other) and one == other


def compare(trino: "Trino", found: dict[str, Rows]) -> Iterator[str]:
    """The expressions that differ, with both values; an error of one fails the whole query."""
    columns = ", ".join(f"{expression} AS v{n}" for n, expression in enumerate(found))
    cursor = trino.cursor()
    cursor.execute(f"SELECT {columns} FROM {ROWS}")
    rows = cursor.fetchall()
    for place, (expression, ours) in enumerate(found.items()):
        kind = str(cursor.description[place][1])
        theirs = [row[place] for row in rows]
        here = [written(value, kind) for (value,) in ours]
        if not all(map(same, here, theirs)):
            yield f"{expression}: Trino {theirs}, here {here}"


@pytest.mark.parametrize("start", range(0, COUNT, BATCH))
def test_what_the_local_engine_answers_trino_answers_too(
    trino: "Trino", connection: duckdb.DuckDBPyConnection, start: int
) -> None:
    from trino.exceptions import TrinoQueryError  # noqa: PLC0415 - needs an extra

    batch = expressions(SEED, COUNT)[start : start + BATCH]
    answered = {text: local(connection, text) for text in batch}
    found = {text: rows for text, rows in answered.items() if rows is not None}
    try:
        assert list(compare(trino, found)) == []
    except TrinoQueryError:
        # One of them fails: an error on Trino and an answer here is a difference too.
        for text, rows in found.items():
            assert (text, list(compare(trino, {text: rows}))) == (text, [])
        raise


def test_most_of_them_are_answered(connection: duckdb.DuckDBPyConnection) -> None:
    answered = [local(connection, text) for text in expressions(SEED, COUNT)]
    assert sum(rows is not None for rows in answered) > COUNT // 2
