"""Trino itself gives what the cases say: they are Trino's, not ours."""

from typing import TYPE_CHECKING

import pytest

from tests.semantics.cases import Case, cases, close, in_order

if TYPE_CHECKING:
    from tests.rig.trino.client import Trino

pytestmark = pytest.mark.trino

BATCH = 40
CASES = cases()
# One SELECT holds one expression of each of many cases; windows and the like go alone.
VALUES = [case for case in CASES if not case.error and not case.whole]
ALONE = [case for case in CASES if not case.error and case.whole]
ERRORS = [case for case in CASES if case.error]


BATCHES = [tuple(VALUES[at : at + BATCH]) for at in range(0, len(VALUES), BATCH)]


def answer(trino: "Trino", sql: str) -> tuple[list[list[object]], list[str]]:
    cursor = trino.cursor()
    cursor.execute(sql)
    return cursor.fetchall(), [str(column[1]) for column in cursor.description]


def check(trino: "Trino", case: Case) -> None:
    rows, types = answer(trino, case.statement)
    assert types == list(case.types)
    agree(case, rows, case.rows)


def agree(case: Case, found: object, wanted: object) -> None:
    """Raise unless the values are equal, or within the case's tolerance."""
    if not case.tolerance or not close(found, wanted, case.tolerance):
        assert (case.text, repr(in_order(found))) == (case.text, repr(in_order(wanted)))


@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: batch[0].text)
def test_trino_has_the_values(trino: "Trino", batch: tuple[Case, ...]) -> None:
    from trino.exceptions import TrinoQueryError  # noqa: PLC0415 - needs an extra

    sql = "SELECT " + ",\n".join(f"{case.text} AS v{n}" for n, case in enumerate(batch))
    try:
        ((values,), types) = answer(trino, sql)
    except TrinoQueryError:
        for case in batch:
            check(trino, case)
        raise
    for case, value, kind in zip(batch, values, types, strict=True):
        assert (case.text, kind) == (case.text, *case.types)
        agree(case, value, case.gives)


@pytest.mark.parametrize("case", ALONE, ids=lambda case: case.text)
def test_trino_has_the_rows(trino: "Trino", case: Case) -> None:
    check(trino, case)


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: case.text)
def test_trino_has_the_error(trino: "Trino", case: Case) -> None:
    from trino.exceptions import TrinoQueryError  # noqa: PLC0415 - needs an extra

    with pytest.raises(TrinoQueryError) as caught:
        trino.rows(case.statement)
    assert caught.value.error_name == case.error
