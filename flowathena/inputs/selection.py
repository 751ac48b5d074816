"""What a caller asks to look at: a window, accounts, Regions; and the scope that follows."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TypedDict, Unpack

from flowathena.errors import ParameterError, UsageError
from flowathena.inputs import window as windows
from flowathena.inputs.params import Param
from flowathena.inputs.window import When, Window
from flowathena.logs.layout import FLOW_LOG, Scope
from flowathena.text import did_you_mean

DEFAULT_SINCE = "30d"
MOST_DAYS_AHEAD = 366

Names = str | int | Iterable[str | int] | None
"""One account id or Region name, several, or None for all; an account id may be a number."""

ACCOUNTS = Param("account", "list[account]")
REGIONS = Param("region", "list[region]")
FLOW_LOGS = Param("flow_log", "list[text]")


class SelectionOptions(TypedDict, total=False):
    """A selection as people write it.

    Attributes:
        since: start of the window: text, aware datetime, date, or timedelta before until (default:
            30 days before until).
        until: end of the window, exclusive, in the same forms (default: now).
        everything: all of time; cannot be combined with since or until.
        account: account ids (default: all).
        region: Regions (default: all).
        flow_log: ids of flow logs whose records are read (default: all); for queries.
        ahead: how many days after today to register too, for every account and Region with logs
            in the window.
    """

    since: When
    until: When
    everything: bool
    account: Names
    region: Names
    flow_log: Names
    ahead: int


@dataclass(frozen=True)
class Selection:
    """What a caller asked to look at.

    Attributes:
        window: the window of time; None for all of time.
        accounts: account ids; empty for all.
        regions: Region names; empty for all.
        days_ahead: today, which may have no logs yet, and days to come; a sync registers them for
            every account and Region with logs in the window. Empty unless asked for.
        flow_logs: the ids of the flow logs whose records are read; empty for all.
    """

    window: Window | None = None
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    days_ahead: tuple[date, ...] = ()
    flow_logs: tuple[str, ...] = ()

    @property
    def scope(self) -> Scope:
        """The partitions of the days that the window touches, without a pad for late delivery."""
        window = self.window
        return Scope(
            window.first_day if window else None,
            window.last_day if window else None,
            frozenset(self.accounts),
            frozenset(self.regions),
        )

    @property
    def scope_ahead(self) -> Scope:
        """The same and the days ahead."""
        if not self.window or not self.days_ahead:
            return self.scope
        return replace(self.scope, last=self.days_ahead[-1])

    @property
    def delivery_scope(self) -> Scope:
        """The partitions that may contain records of the window: padded for late delivery."""
        if not self.window:
            return self.scope
        return replace(self.scope, last=self.window.last_folder_day)

    def before(self) -> "Selection":
        """The same over the equally long window just before.

        Raises:
            WindowError: that window would start before 1970.
        """
        return replace(self, window=self.window.before() if self.window else None)

    def whole(self, *, hourly: bool) -> "Selection":
        """The same over the days, or hours, that the window touches: see ``Window.whole``."""
        return replace(self, window=self.window.whole(hourly=hourly) if self.window else None)


def select(now: datetime, default_since: str, **options: Unpack[SelectionOptions]) -> Selection:
    """The selection that options mean.

    Args:
        now: the clock, aware.
        default_since: start of the window if ``since`` is omitted.
        options: see ``SelectionOptions``.

    Raises:
        UsageError: the options contradict each other, one is unknown, or ahead is out of range.
        WindowError: since and until do not make a window.
        ParameterError: an account id or Region name is invalid.
    """
    _refuse_unknown(options)
    since, until = options.get("since"), options.get("until")
    everything, ahead = options.get("everything", False), options.get("ahead", 0)
    if everything and not (since is None and until is None):
        raise UsageError("--all means all of time; it cannot be combined with --since or --until")
    if isinstance(ahead, bool) or not isinstance(ahead, int):
        raise UsageError(f"--ahead: {ahead!r} is not a number of days")
    if ahead and until is not None:
        raise UsageError("--ahead starts today; it cannot be combined with --until")
    if not 0 <= ahead <= MOST_DAYS_AHEAD:
        raise UsageError(f"--ahead: {ahead} is not between 0 and {MOST_DAYS_AHEAD} days")
    today = now.astimezone(UTC).date()
    days = range(ahead + 1) if ahead else range(0)
    return Selection(
        None if everything else windows.resolve(since, until, now=now, default=default_since),
        select_names(ACCOUNTS, options.get("account")),
        select_names(REGIONS, options.get("region")),
        tuple(today + timedelta(days=n) for n in days),
        _select_flow_logs(options.get("flow_log")),
    )


def _select_flow_logs(given: Names) -> tuple[str, ...]:
    """The ids of flow logs given.

    Raises:
        ParameterError: one is not an id.
    """
    texts = select_names(FLOW_LOGS, given)
    chosen = tuple(dict.fromkeys(part.strip() for text in texts for part in text.split(",")))
    for each in chosen:
        if not FLOW_LOG.fullmatch(each):
            raise ParameterError(FLOW_LOGS.name, f"{each!r} is not the id of a flow log (fl-…)")
    return chosen


def _refuse_unknown(options: Iterable[str]) -> None:
    known = SelectionOptions.__annotations__
    for name in options:
        if name not in known:
            hint = did_you_mean(name, known)
            raise UsageError(f"unknown option {name!r}; {hint}known: {', '.join(known)}")


def select_names(param: Param, given: Names) -> tuple[str, ...]:
    """The account ids or Region names given, each once.

    Raises:
        ParameterError: one is not an account id, or not a Region name; or no name is given, which
            is not the same as None for all.
    """
    typed = () if given is None else param.parse(given)
    return tuple(dict.fromkeys(map(str, typed))) if isinstance(typed, tuple) else ()
