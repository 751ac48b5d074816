"""Which partitions are looked at."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from flowathena.inputs.window import Window
from flowathena.storage.walk import Scope

DEFAULT_SINCE = "30d"
MOST_DAYS_AHEAD = 366


@dataclass(frozen=True)
class Extent:
    """Which partitions are looked at.

    Attributes:
        window: the days; None for all of time.
        today: the current day, UTC.
        accounts: account ids; empty for all.
        regions: Region names; empty for all.
        ahead_days: how many days after today are registered too, of every account and Region
            that has logs in the window, whether anything is stored there yet or not.
    """

    window: Window | None
    today: date
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    ahead_days: int = 0

    @property
    def scope(self) -> Scope:
        """The days the window touches; no pad for late delivery."""
        window = self.window
        return Scope(
            window.first_day if window else None,
            window.last_day if window else None,
            frozenset(self.accounts),
            frozenset(self.regions),
        )

    @property
    def registered_scope(self) -> Scope:
        """The same and the days ahead."""
        if not self.window or not self.ahead_days:
            return self.scope
        return replace(self.scope, last=self.today + timedelta(days=self.ahead_days))

    @property
    def days_ahead(self) -> list[date]:
        """Today, which may have no logs yet, and the days after it; none where none is asked."""
        days = range(self.ahead_days + 1) if self.ahead_days else range(0)
        return [self.today + timedelta(days=n) for n in days]
