"""Runs the queries of a batch over one target."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from flowathena.client.jobs import Job
from flowathena.client.runs import Runs, RunSettings, noticed
from flowathena.cost.together import BatchEstimate
from flowathena.engine import Listener
from flowathena.errors import UsageError
from flowathena.query.render import Rendered
from flowathena.result.result import Result
from flowathena.shape.shape import FlowTable

if TYPE_CHECKING:
    from flowathena.cost.estimate import Estimate


class BatchStatements:
    """Runs the statements of a batch with the same settings; its limits are for all together.

    Args:
        runs: runs statements over the target.
        source: the tables.
        settings: how each is run; of one that unloads, into a folder of its name.
    """

    def __init__(self, runs: Runs, source: FlowTable, settings: RunSettings) -> None:
        self._runs = runs
        self._source = source
        self._manner = settings
        self._expected: Mapping[str, Estimate] = {}

    def estimate(self, jobs: Sequence[Job], listener: Listener | None) -> BatchEstimate:
        """What queries would scan and cost."""
        return self._runs.spending_of(self._manner.engine).estimate_batch(jobs, listener)

    def admit(self, jobs: Sequence[Job], listener: Listener | None) -> None:
        """Refuse queries that exceed the limits together.

        Raises:
            CostError: they do.
        """
        spending = self._runs.spending_of(self._manner.engine)
        self._expected = spending.admit_batch(jobs, self._manner.spending_limits, listener)

    def run(self, rendered: Rendered, listener: Listener, sleep: Callable[[float], None]) -> Result:
        """Run a statement of those that were admitted."""
        settings = self._manner
        if settings.unload:
            settings = replace(settings, unload=settings.unload.below(rendered.name))
        engine, notice = self._runs.choose(rendered, settings, sleep)
        expected = self._expected.get(rendered.name)
        result = self._runs.answer(rendered, self._source, engine, listener, expected)
        return noticed(result, notice)

    def starter(self) -> Callable[[Rendered], str]:
        """What starts a statement of those that were admitted in Athena; returns its id.

        Raises:
            UsageError: they do not run in Athena, or their rows are to be unloaded.
        """
        settings = self._manner
        self._runs.engines.athena()
        if settings.engine == "local" or settings.skip_bad_files:
            raise UsageError("start leaves queries to Athena; the local engine runs them here")
        if settings.unload:
            raise UsageError("start leaves queries to Athena: nobody would read what they unload")
        return lambda rendered: self._runs.start(rendered, settings.reuse)
