"""Which partitions are looked at."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypedDict

from flowathena.inputs.params import Param
from flowathena.inputs.window import Window
from flowathena.logs.layout import Scope

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


@dataclass(frozen=True)
class Reach:
    """What of the table a query may see.

    Attributes:
        window: the records' window.
        accounts: account ids, empty for all.
        regions: Region names, empty for all.
    """

    window: Window
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    @property
    def scope(self) -> Scope:
        """The partitions that may hold records of it, with the pad for late delivery."""
        return Scope(
            self.window.first_day,
            self.window.last_folder_day,
            frozenset(self.accounts),
            frozenset(self.regions),
        )

    def before(self) -> "Reach":
        """The same over the equally long window just before."""
        return Reach(self.window.before(), self.accounts, self.regions)


Names = str | Iterable[str] | None
"""One account id or Region name, several, or None for all."""


ACCOUNTS = Param("account", "list[account]")


REGIONS = Param("region", "list[region]")


class LookedAt(TypedDict, total=False):
    """Which partitions are looked at.

    Attributes:
        since: first moment of the window (default: 30 days back from until).
        until: end of the window, exclusive (default: now).
        everything: all of time; goes with neither since nor until.
        account: account ids to look at.
        region: Regions to look at.
        ahead: how many days after today are registered too, of every account and Region with
            logs in the window.
    """

    since: str | None
    until: str | None
    everything: bool
    account: Names
    region: Names
    ahead: int


def chosen(param: Param, given: Names) -> tuple[str, ...]:
    """The names that were given, each once.

    Raises:
        ParameterError: one is no account id, or no Region name.
    """
    names = [given] if isinstance(given, str) else list(given or [])
    typed = param.parse(names) if names else ()
    return tuple(dict.fromkeys(map(str, typed))) if isinstance(typed, tuple) else ()
