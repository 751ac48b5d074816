"""How often Athena is asked about a query that runs."""

from itertools import accumulate

from pyathena.model import AthenaQueryExecution

from flowathena.aws.watch import StatementWatch


def test_the_end_of_a_query_is_seen_soon_and_long_ones_are_asked_about_rarely() -> None:
    slept: list[float] = []
    watch = StatementWatch(None, 0.0, slept.append)
    answer = {
        "QueryExecution": {
            "QueryExecutionId": "q",
            "Query": "SELECT 1",
            "Status": {"State": "RUNNING"},
        }
    }
    for _ in range(30):
        watch.polled(AthenaQueryExecution(answer))
    asked = list(accumulate(slept))
    assert slept[0] == 0.2
    assert all(pause <= 0.2 + 0.25 * at + 1e-9 for at, pause in zip(asked, slept[1:], strict=False))
    assert slept[-1] == 5.0
