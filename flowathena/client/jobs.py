"""What is to run of several queries: each rendered before the first runs, or why it cannot."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from flowathena.cost.together import BatchEstimate
from flowathena.engine import Listener
from flowathena.errors import FlowathenaError, MissingFieldsError, ParameterError, QueryError
from flowathena.query.query import Query
from flowathena.query.render import Rendered
from flowathena.result.result import Result
from flowathena.text import did_you_mean, one_line


@dataclass(frozen=True)
class Job:
    """A query that is ready to run, or the reason why it is not."""

    query: Query
    rendered: Rendered | None = None
    error: FlowathenaError | None = None

    @property
    def name(self) -> str:
        """The query's name."""
        return self.query.name

    @property
    def reason(self) -> str:
        """One line that says why it cannot run; empty if it can."""
        if isinstance(self.error, MissingFieldsError):  # nothing is wrong with the query's file
            return "; ".join(problem.message for problem in self.error.problems)
        return one_line(self.error) if self.error else ""

    @property
    def is_lacking(self) -> bool:
        """Whether it cannot run only because the target lacks a field, or a parameter a value."""
        return isinstance(self.error, MissingFieldsError | ParameterError)


class Runner(Protocol):
    """What runs the queries of a batch."""

    def estimate(self, jobs: Sequence[Job], listener: Listener | None) -> BatchEstimate:
        """What they would scan and cost."""
        ...

    def admit(self, jobs: Sequence[Job], listener: Listener | None) -> None:
        """Refuse those that would exceed a limit.

        Raises:
            CostError: they would.
        """
        ...

    def run(self, rendered: Rendered, listener: Listener, sleep: Callable[[float], None]) -> Result:
        """Run a statement; waits by calling ``sleep`` with seconds."""
        ...

    def starter(self) -> Callable[[Rendered], str]:
        """What starts a statement in Athena and leaves it there; returns its id.

        Raises:
            UsageError: they do not run in Athena.
        """
        ...


def plan(
    queries: Sequence[Query],
    values: Mapping[str, object],
    render: Callable[[Query, Mapping[str, object]], Rendered],
) -> list[Job]:
    """The queries, each rendered with those of the values that it has parameters for.

    Raises:
        ParameterError: a value is invalid, or no query has its parameter.
        WindowError: a query cannot have the window.
    """
    known = {param.name for query in queries for param in query.params}
    for name in values:
        if name not in known:
            hint = did_you_mean(name, known).rstrip()
            lacking = "no query of the batch has this parameter"
            raise ParameterError(name, f"{lacking}; {hint}" if hint else lacking)
    return [_job(query, values, render) for query in {q.name: q for q in queries}.values()]


def _job(
    query: Query,
    values: Mapping[str, object],
    render: Callable[[Query, Mapping[str, object]], Rendered],
) -> Job:
    own = {param.name: values[param.name] for param in query.params if param.name in values}
    lacking = [p.name for p in query.params if p.required and own.get(p.name) is None]
    if lacking:
        listed = " ".join(f"--param {name}=…" for name in lacking)
        return Job(query, error=ParameterError(", ".join(lacking), f"needs a value ({listed})"))
    try:
        return Job(query, render(query, own))
    except QueryError as error:
        return Job(query, error=error)


def as_one_of_several(rendered: Rendered) -> Rendered:
    """A statement whose messages name options of several queries: ``--param``."""
    limit = rendered.limit
    if limit is None or not limit.parameter:
        return rendered
    return replace(rendered, limit=replace(limit, given_by=f"--param {limit.parameter}=…"))
