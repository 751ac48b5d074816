"""What becomes of the queries of a batch."""

from dataclasses import dataclass
from enum import StrEnum

from flowathena.client.jobs import Job
from flowathena.errors import FlowathenaError
from flowathena.query.query import Query
from flowathena.query.render import Rendered
from flowathena.result.result import Result

NOT_STARTED = "not started"
"""The reason of a query that a batch had not begun when it was stopped."""


class OutcomeState(StrEnum):
    """How a query of a batch ended."""

    DONE = "done"
    STARTED = "started"
    FAILED = "failed"
    SKIPPED = "skipped"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Outcome:
    """What became of a query of a batch.

    Attributes:
        query: the query.
        state: ``done``; ``started`` in Athena, and left there; ``failed``; ``skipped``, because a
            parameter has no value or the target lacks a field; or ``stopped``, by an interrupt or
            ``close``.
        seconds: how long it took.
        rendered: its statement; None if it could not be rendered.
        result: its rows; None if it is not done.
        error: why it failed or was skipped; None of others.
        reason: one line that says why it is not done; empty if it is.
        query_id: Athena's id of one that was started and left there; empty of others.
    """

    query: Query
    state: OutcomeState
    seconds: float = 0.0
    rendered: Rendered | None = None
    result: Result | None = None
    error: FlowathenaError | None = None
    reason: str = ""
    query_id: str = ""

    @property
    def name(self) -> str:
        """The query's name."""
        return self.query.name


@dataclass(frozen=True)
class BatchProgress:
    """How far a batch is.

    Attributes:
        ended: how many queries have ended, in whatever way.
        total: how many there are.
        failed: how many of those that ended failed.
        running: the names of those that run.
        scanned_bytes: bytes read so far by all of them, as they are stored.
        cost_usd: what that costs in USD, as far as the price is known.
    """

    ended: int
    total: int
    failed: int
    running: tuple[str, ...]
    scanned_bytes: int
    cost_usd: float = 0.0


def unable(job: Job) -> Outcome:
    """The outcome of a query that cannot run: skipped if only the target or a value is missing."""
    state = OutcomeState.SKIPPED if job.is_lacking else OutcomeState.FAILED
    return Outcome(job.query, state, error=job.error, reason=job.reason)
