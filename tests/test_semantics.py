"""Athena SQL run by DuckDB has Trino's values and types, or is refused by name."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import duckdb
import pytest
from duckdb.sqltypes import DuckDBPyType
from sqlglot import exp
from sqlglot.errors import SqlglotError

from flowathena.engine.local import semantics
from flowathena.engine.local.semantics.base import Function
from flowathena.engine.local.semantics.types import zone_of
from flowathena.engine.local.translate import translate
from flowathena.engine.local.typing import with_functions
from flowathena.errors import EngineError
from flowathena.sql import functions
from flowathena.sql.statement import Statement
from tests.semantics.cases import Case, broad, cases, close, in_order, written

NOW = datetime(2026, 11, 8, 12, 30, 45, 123_456, tzinfo=UTC)
CASES = cases()
REFUSAL = "it runs on Athena only", "runs on Athena only"
_TYPES = {
    **dict.fromkeys(("TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), "timestamp"),
    "FLOAT": "real",
    "BLOB": "varbinary",
}
# Analysis errors that need no name of their own: sqlglot's, DuckDB's or ours.
_ANALYSIS = {
    *("SYNTAX_ERROR", "COLUMN_NOT_FOUND", "EXPRESSION_NOT_AGGREGATE", "EXPRESSION_NOT_SCALAR"),
    *("NESTED_AGGREGATION", "INVALID_COLUMN_REFERENCE", "MISSING_OVER", "TYPE_NOT_FOUND"),
    *("INVALID_LITERAL", "NOT_SUPPORTED", "AMBIGUOUS_FUNCTION_CALL"),
}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as made:
        made.execute("SET TimeZone = 'UTC'")
        yield made


def local_type(kind: DuckDBPyType) -> str:
    """DuckDB's type by Trino's name, without the names of fields."""
    if kind.id in {"list", "map", "struct"}:
        parts = [local_type(cast("DuckDBPyType", part)) for _, part in kind.children]
        name = {"list": "array", "struct": "row"}.get(kind.id, kind.id)
        return f"{name}({', '.join(parts)})"
    text = str(kind)
    if text.startswith("DECIMAL"):
        return text.lower().replace(",", ", ")
    return _TYPES.get(text, text.lower())


def kind_of(error: Exception) -> str:
    """The name that Trino has for an error of the local engine."""
    told = str(error)
    ours = re.search(r"Could not convert string '([A-Z_]{6,}): ", told)
    if ours:
        return ours[1]
    if isinstance(error, EngineError):
        return "FUNCTION_NOT_FOUND" if "Athena has no function" in told else told.partition(":")[0]
    for part, name in {
        "INVALID_": "",
        "ivision by zero": "DIVISION_BY_ZERO",
        "verflow": "NUMERIC_VALUE_OUT_OF_RANGE",
        "out of range": "NUMERIC_VALUE_OUT_OF_RANGE",
        "Conversion Error": "INVALID_CAST_ARGUMENT",
        "Could not parse string": "INVALID_FUNCTION_ARGUMENT",
    }.items():
        if part in told:
            return name or told.partition("Error: ")[2].partition(":")[0]
    return type(error).__name__


@dataclass(frozen=True)
class Answer:
    """What the local engine gives for a statement."""

    rows: list[list[object]]
    types: list[str]
    zones: list[str]


def run(connection: duckdb.DuckDBPyConnection, sql: str) -> Answer:
    made = translate(Statement(sql), {}, NOW)
    rows = connection.execute(made.sql).fetchall()
    places = range(len(connection.description))
    decoders = [made.decoder(place) or (lambda value: value) for place in places]
    kinds = [kind for _, kind, *_ in connection.description]
    return Answer(
        [[decode(value) for decode, value in zip(decoders, row, strict=True)] for row in rows],
        [made.name(place) or local_type(kinds[place]) for place in places],
        [zone_of(kind) if kind else "UTC" for kind in made.types],
    )


VALUES = [case for case in CASES if not case.error and not case.refused]
_BATCH = 20


def of_topics(chosen: Iterable[Case]) -> pytest.MarkDecorator:
    """The cases by their topics: a test for each of two thousand would take longer than they do."""
    found: dict[str, list[Case]] = {}
    for case in chosen:
        found.setdefault(case.topic.name, []).append(case)
    return pytest.mark.parametrize("topic", found.values(), ids=found.keys())


def failures(topic: list[Case], check: Callable[[Case], None]) -> dict[str, str]:
    """What is wrong with those that fail a check, by their texts."""
    found = {}
    for case in topic:
        try:
            check(case)
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - the test shows it
            found[case.text] = f"{type(error).__name__}: {error}"
    return found


class Answers:
    """Answers of the cases that have values; expressions run many in one statement."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._known: dict[str, Answer] = {}
        alone = [case.text for case in VALUES if not case.whole]
        self._places = {text: place for place, text in enumerate(alone)}
        self._alone = alone

    def of(self, case: Case) -> Answer:
        """The answer of a case."""
        if not case.whole and case.text not in self._known:
            start = self._places[case.text] // _BATCH * _BATCH
            self._ask(self._alone[start : start + _BATCH])
        return self._known.get(case.text) or run(self._connection, case.statement)

    def _ask(self, texts: list[str]) -> None:
        """One of them may be an error: then each has to run on its own."""
        with suppress(EngineError, duckdb.Error):
            answer = run(self._connection, f"SELECT {', '.join(texts)}")
            (row,) = answer.rows
            for text, value, kind, here in zip(texts, row, answer.types, answer.zones, strict=True):
                self._known[text] = Answer([[value]], [kind], [here])


@pytest.fixture(scope="module")
def answers(connection: duckdb.DuckDBPyConnection) -> Answers:
    return Answers(connection)


def test_expressions_run_many_in_one_statement(
    answers: Answers, connection: duckdb.DuckDBPyConnection
) -> None:
    first = next(case for case in VALUES if not case.whole)
    assert answers.of(first) == run(connection, first.statement)
    assert len(answers._known) == _BATCH  # noqa: SLF001 - the others are not asked again


def zone(here: str, wanted: object) -> str:
    """The zone of a column, or of the wanted value where it differs by row."""
    return here or str(wanted).rpartition(" ")[2]


@of_topics(VALUES)
def test_the_local_engine_has_trinos_values(answers: Answers, topic: list[Case]) -> None:
    def check(case: Case) -> None:
        answer = answers.of(case)
        expected = case.local if case.differs else case.rows
        found = [
            [
                written(value, kind, zone(here, wanted))
                for value, kind, here, wanted in zip(
                    row, case.types, answer.zones, want, strict=True
                )
            ]
            for row, want in zip(answer.rows, expected, strict=True)
        ]
        if not case.tolerance or not close(found, expected, case.tolerance):
            assert repr(in_order(found)) == repr(in_order(expected))  # 1 is not 1.0, nor True
        for kind, wanted in zip(answer.types, case.types, strict=True):
            assert "unknown" in wanted or kind == broad(wanted)

    assert failures(topic, check) == {}


@of_topics(case for case in CASES if case.refused)
def test_the_local_engine_refuses_by_name(
    connection: duckdb.DuckDBPyConnection, topic: list[Case]
) -> None:
    def check(case: Case) -> None:
        with pytest.raises((EngineError, duckdb.Error)) as caught:
            run(connection, case.statement)
        assert case.refused in str(caught.value)
        assert str(caught.value).splitlines()[0].endswith(REFUSAL)

    assert failures(topic, check) == {}


@of_topics(case for case in CASES if case.error and not case.refused)
def test_the_local_engine_fails_as_trino_does(
    connection: duckdb.DuckDBPyConnection, topic: list[Case]
) -> None:
    def check(case: Case) -> None:
        with pytest.raises((EngineError, duckdb.Error)) as caught:
            run(connection, case.statement)
        assert "Athena only" not in str(caught.value)
        wanted = case.local_error or case.error
        same = {"TYPE_MISMATCH", "FUNCTION_NOT_FOUND"}  # Trino tells either of a wrong operand
        refused_by_grammar = str(caught.value).startswith("Athena refuses this: ")
        if wanted in _ANALYSIS or (refused_by_grammar and wanted in same):
            return
        found = kind_of(caught.value)
        assert found == wanted or {found, wanted} <= same

    assert failures(topic, check) == {}


def test_a_case_that_fails_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    def check(case: Case) -> None:
        assert run(connection, case.statement).rows != case.rows

    first, second, *_ = (case for case in VALUES if not case.whole)
    assert list(failures([first, second], check)) == [first.text, second.text]


@pytest.mark.parametrize(
    ("count", "bound"),
    [("-1", "greater than or equal to 0"), ("40000", "less than or equal to 10000")],
)
def test_repeat_says_which_bound_is_exceeded(
    connection: duckdb.DuckDBPyConnection, count: str, bound: str
) -> None:
    with pytest.raises(duckdb.Error, match=f"count argument of repeat function must be {bound}"):
        run(connection, f"SELECT repeat('x', {count})")


def test_there_are_enough_cases() -> None:
    assert len(CASES) > 250
    assert len({case.statement for case in CASES}) == len(CASES)


def nodes(sql: str) -> set[type[exp.Expr]]:
    """The kinds of nodes of a statement; none if it cannot be read."""
    try:
        return {type(node) for node in with_functions(Statement(sql).tree.copy()).walk()}
    except (SqlglotError, EngineError):
        return set()


def test_every_function_has_a_case() -> None:
    found = {node for case in CASES for node in nodes(case.statement)}
    assert [node.__name__ for node in semantics.FUNCTIONS if node not in found] == []


def test_every_functions_name_is_athenas() -> None:
    names = [name for name in sorted(semantics.NAMES) if name.isidentifier() and name.islower()]
    assert len(names) > 100
    assert [name for name in names if not functions.exists(name)] == []


def test_a_node_has_one_row() -> None:
    row = Function(exp.Abs, "abs", "num -> 1")
    with pytest.raises(ValueError, match="Abs has two rows"):
        semantics.table([row, row])


@pytest.mark.parametrize(
    ("call", "node"),
    [
        ("abs(1)", exp.Abs),
        ('"ABS"(1)', exp.Abs),
        ("arbitrary(1)", exp.AnyValue),
        ("date_trunc('day', CAST('x' AS date))", exp.DateTrunc),
        ("date_trunc('day', now())", exp.TimestampTrunc),
        ("element_at(ARRAY[1], 1)", exp.Bracket),
        ("rand()", exp.Anonymous),
        ("catalog.schema.abs(1)", exp.Dot),
    ],
)
def test_a_call_gets_the_node_of_its_row(call: str, node: type[exp.Expr]) -> None:
    tree = with_functions(Statement(f"SELECT {call}").tree.copy())
    assert isinstance(tree, exp.Select)
    assert type(tree.selects[0]) is node
