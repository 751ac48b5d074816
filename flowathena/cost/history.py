"""The last queries of a workgroup: which, by whom, how they ended and what they cost."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from flowathena.aws.marks import marked_name
from flowathena.aws.session import Aws, translate_errors
from flowathena.cost.price import Price
from flowathena.errors import EngineError
from flowathena.text import iso

_BATCH = 50  # the most ids that one call lists, or describes


@dataclass(frozen=True)
class PastRun:
    """One query of a workgroup.

    Attributes:
        query_id: Athena's id.
        query: the name of the saved query, ``sql`` for a statement of one's own; empty if
            flowathena did not run it.
        kind: Athena's kind of statement: ``SELECT``, ``CREATE_VIEW``, …; empty if unknown.
        state: ``QUEUED``, ``RUNNING``, ``SUCCEEDED``, ``FAILED`` or ``CANCELLED``.
        submitted: when it was started, UTC.
        seconds: how long it took, or has taken so far.
        scanned_bytes: what it has scanned.
        cost_usd: what that costs; 0 for what Athena does not bill (DDL, failures, results that were
            given again), None if the price is not known.
        reason: why it failed; empty if it did not.
    """

    query_id: str
    query: str
    kind: str
    state: str
    submitted: datetime
    seconds: float
    scanned_bytes: int
    cost_usd: float | None
    reason: str = ""

    @property
    def by(self) -> str:
        """Whose it is: ``flowathena``, or ``other``. Athena does not say which person's."""
        return "flowathena" if self.query else "other"

    def to_json(self) -> dict[str, object]:
        """The stable shape in JSON."""
        return {
            "query_id": self.query_id,
            "by": self.by,
            "query": self.query or None,
            "kind": self.kind or None,
            "state": self.state,
            "submitted": iso(self.submitted),
            "seconds": self.seconds,
            "scanned_bytes": self.scanned_bytes,
            "cost_usd": self.cost_usd,
            "reason": self.reason or None,
        }


def read_history(aws: Aws, workgroup: str, price: Price, most: int) -> list[PastRun]:
    """The last queries of a workgroup, the newest first; Athena keeps 45 days of them.

    Args:
        aws: the clients.
        workgroup: the workgroup.
        price: what a scan costs there.
        most: how many at most.

    Raises:
        EngineError: Athena does not list them.
    """
    with translate_errors(f"the queries of workgroup {workgroup}", EngineError):
        ids = list(islice(_ids(aws, workgroup, min(most, _BATCH)), most))
        entries = {entry["QueryExecutionId"]: entry for entry in _entries(aws, ids)}
    return [_past_run(entries[query_id], price) for query_id in ids if query_id in entries]


def _ids(aws: Aws, workgroup: str, page: int) -> Iterator[str]:
    pages = aws.athena.get_paginator("list_query_executions").paginate(
        WorkGroup=workgroup, PaginationConfig={"PageSize": page}
    )
    for answer in pages:
        yield from answer.get("QueryExecutionIds", [])


def _entries(aws: Aws, ids: list[str]) -> Iterator[Mapping[str, Any]]:
    for start in range(0, len(ids), _BATCH):
        answer = aws.athena.batch_get_query_execution(QueryExecutionIds=ids[start : start + _BATCH])
        yield from answer.get("QueryExecutions", [])


def _past_run(entry: Mapping[str, Any], price: Price) -> PastRun:
    status, statistics = entry.get("Status", {}), entry.get("Statistics", {})
    scanned = int(statistics.get("DataScannedInBytes", 0))
    return PastRun(
        entry["QueryExecutionId"],
        marked_name(entry.get("Query", "")),
        entry.get("SubstatementType", entry.get("StatementType", "")),
        status.get("State", ""),
        status["SubmissionDateTime"].astimezone(UTC),
        _seconds(statistics),
        scanned,
        price.cost_usd(scanned) if _is_billed(entry) else 0.0,
        status.get("StateChangeReason", "") if status.get("State") == "FAILED" else "",
    )


def _seconds(statistics: Mapping[str, Any]) -> float:
    return float(statistics.get("TotalExecutionTimeInMillis", 0)) / 1000


def _is_billed(entry: Mapping[str, Any]) -> bool:
    """Whether Athena bills a query: not DDL, not a failure; a cancelled one for what it scanned.

    Source: https://aws.amazon.com/athena/pricing/
    """
    state = entry.get("Status", {}).get("State")
    statistics = entry.get("Statistics", {})
    if entry.get("StatementType") != "DML" or state == "FAILED":
        return False
    if statistics.get("ResultReuseInformation", {}).get("ReusedPreviousResult"):
        return False
    return state == "SUCCEEDED" or bool(statistics.get("DataScannedInBytes"))


def total_usd(runs: Iterable[PastRun]) -> float | None:
    """What queries have cost together; None if a price is not known."""
    costs = [each.cost_usd for each in runs]
    return None if None in costs else sum(cost for cost in costs if cost is not None)
