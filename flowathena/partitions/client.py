"""The partitions of one target, asked for as people write windows and names."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Unpack

from flowathena.aws.session import Aws
from flowathena.errors import UsageError
from flowathena.inputs import window
from flowathena.inputs.selection import (
    ACCOUNTS,
    DEFAULT_SINCE,
    MOST_DAYS_AHEAD,
    REGIONS,
    Extent,
    LookedAt,
    chosen,
)
from flowathena.partitions.apply import Synced
from flowathena.partitions.coverage import Coverage
from flowathena.partitions.plan import Planned, Registered
from flowathena.partitions.repair import Repairs
from flowathena.partitions.sync import Partitions, Watch
from flowathena.target.target import Target


def _nobody(_what: str, _done: int, _total: int) -> None:
    """Watches nothing."""


class ClientPartitions:
    """Plan, sync, list partitions and tell their coverage; windows as people write them.

    Every method takes the arguments of ``plan``.
    """

    def __init__(self, target: Target, aws: Aws, clock: Callable[[], datetime]) -> None:
        self._target = target
        self._aws = aws
        self._clock = clock

    def plan(
        self, *, via: str = "glue", watch: Watch = _nobody, **looked_at: Unpack[LookedAt]
    ) -> Planned:
        """What a sync would do; changes nothing.

        Args:
            via: ``glue``, or ``athena`` for statements that Athena runs.
            watch: told how listing goes.
            looked_at: which partitions; see ``LookedAt``.
        """
        return self._partitions(via, watch).plan(self._extent(looked_at))

    def preview(
        self,
        *,
        repairs: Repairs | None = None,
        create: bool = True,
        via: str = "glue",
        watch: Watch = _nobody,
        **looked_at: Unpack[LookedAt],
    ) -> Planned:
        """The plan of a sync with what its repairs would do; changes nothing."""
        extent = self._extent(looked_at)
        return self._partitions(via, watch).preview(extent, repairs or Repairs(), create=create)

    def sync(
        self,
        *,
        repairs: Repairs | None = None,
        create: bool = True,
        via: str = "glue",
        watch: Watch = _nobody,
        **looked_at: Unpack[LookedAt],
    ) -> Synced:
        """Register what is stored and not registered.

        Args:
            repairs: what else to do: relocate, prune; None for neither.
            create: create table and database where they do not exist.
            via: ``glue``, or ``athena`` for statements that Athena runs.
            watch: told how listing and writing go.
            looked_at: which partitions; see ``LookedAt``.
        """
        extent = self._extent(looked_at)
        return self._partitions(via, watch).sync(extent, repairs or Repairs(), create=create)

    def list(self, *, via: str = "glue", **looked_at: Unpack[LookedAt]) -> Registered:
        """Every registered partition; arguments as for ``plan``."""
        return self._partitions(via, _nobody).list(self._extent(looked_at))

    def status(self, *, watch: Watch = _nobody, **looked_at: Unpack[LookedAt]) -> Coverage:
        """What is stored and what is registered, by account and Region; changes nothing."""
        return self._partitions("glue", watch).status(self._extent(looked_at), self._clock())

    def _partitions(self, via: str, watch: Watch) -> Partitions:
        return Partitions(self._target, self._aws, via, watch)

    def _extent(self, looked_at: LookedAt) -> Extent:
        since, until = looked_at.get("since"), looked_at.get("until")
        everything, ahead = looked_at.get("everything", False), looked_at.get("ahead", 0)
        if everything and (since or until):
            raise UsageError("--all means all of time; it goes with neither --since nor --until")
        if ahead and until:
            raise UsageError("--ahead begins today: it goes with no --until")
        if not 0 <= ahead <= MOST_DAYS_AHEAD:
            raise UsageError(f"--ahead: {ahead} days are not between 0 and {MOST_DAYS_AHEAD}")
        now = self._clock()
        return Extent(
            window=None
            if everything
            else window.resolve(since, until, now=now, default=DEFAULT_SINCE),
            today=now.astimezone(UTC).date(),
            accounts=chosen(ACCOUNTS, looked_at.get("account")),
            regions=chosen(REGIONS, looked_at.get("region")),
            ahead_days=ahead,
        )
