"""Why an answer is empty: what is stored and registered instead, and which options show it.

Asked only if there is nothing to show. The looks are bounded (see ``storage.surroundings``), and
one that fails says nothing: an explanation must not fail an answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flowathena.catalog import Catalog
from flowathena.errors import FlowathenaError, StorageError
from flowathena.inputs.selection import Selection
from flowathena.inputs.window import Window
from flowathena.logs.layout import Layout, Scope
from flowathena.shape.shape import FlowTable, Shape
from flowathena.storage import Storage
from flowathena.storage.surroundings import Surroundings, find_surroundings
from flowathena.target.target import Target

_DAY = timedelta(days=1)
_BACK = timedelta(days=29)
"""How long before the newest day a proposed window starts at most: 30 days with it."""
_PAGES = 10
"""How many pages of registered partitions are read."""
_LOCATIONS = 4
"""How many locations of registered partitions are listed."""
_NAMES = 3


def describe_surroundings(
    around: Surroundings, root: str, window: Window | None, *, has_all: bool
) -> str:
    """What is stored around a window in which nothing is, and the options that include it.

    Empty if no place could be looked at.

    Args:
        around: what a look found.
        root: the absolute location that contains the accounts.
        window: the window; None for all of time.
        has_all: whether the reader has an option ``--all``.
    """
    part = ""
    if around.examined < around.places:
        part = f" ({around.examined} of {around.places} accounts and Regions examined)"
    if around.is_empty:
        return _describe_nothing(around, root, part)
    if around.inside or window is None:
        # Looked for as days, found; looked for as hours, not.
        return (
            f"logs of {around.inside or around.oldest} are in day folders, but a partition is an "
            f"hour; set granularity = 'day' in the target{part}"
        )
    days = describe_days(window)
    options = f"{'--all or ' if has_all else ''}{_options(around)}"
    if around.before and around.after:
        return (
            f"no logs in the window {days}: the newest before it are of {around.before}, the "
            f"oldest after it of {around.after}; use {options}{part}"
        )
    if around.before:
        return f"newest logs {around.before}, before the window {days}; use {options}{part}"
    return f"oldest logs {around.after}, after the window {days}; use {options}{part}"


def _describe_nothing(around: Surroundings, root: str, part: str) -> str:
    if around.others:
        return (
            "the selected accounts and Regions have no logs; there are those of "
            f"{_some(around.others)}"
        )
    if around.places and not around.examined:
        return ""
    return f"no logs found in {root}; correct the location, or wait for the first delivery{part}"


def describe_days(window: Window) -> str:
    """The days of a window: ``2026-08-30..2026-11-28``, or one day."""
    if window.first_day == window.last_day:
        return str(window.first_day)
    return f"{window.first_day}..{window.last_day}"


def _options(around: Surroundings) -> str:
    """A window that contains the nearest logs: the last of those before, the first of those after.

    The end stays as it is for earlier logs; for later ones it is given.
    """
    if around.before:
        return f"--since {first_day(around)}"
    assert around.after is not None  # noqa: S101 - there are logs
    return f"--since {around.after} --until {around.after + _DAY + _BACK}"


def first_day(around: Surroundings) -> date | None:
    """Where a window starts that contains the last logs before another window."""
    if around.before is None:
        return None
    return max(around.oldest or around.before, around.before - _BACK)


def describe_exclusion(table: str, shape: Shape) -> str:
    """Why a table can contain nothing of a selection: it is of one account or Region alone."""
    only = " ".join(filter(None, (shape.account, shape.region)))
    return f"table {table} is of {only} alone, which the selection excludes"


def describe_registered(
    days: Sequence[date],
    others: Sequence[str],
    window: Window | None,
    command: str,
    *,
    complete: bool,
) -> str:
    """What is registered instead, if nothing of a selection is.

    Args:
        days: registered days of the selected accounts and Regions, in any order.
        others: other accounts and Regions with registered partitions.
        window: the window; None for all of time.
        command: the command line that shows what is stored.
        complete: whether these are all.
    """
    if days and window:
        span = f"{min(days)}..{max(days)}" if len(set(days)) > 1 else f"{days[0]}"
        more = "" if complete else " (of the first thousands)"
        return f"registered days are {span}{more}, none in {describe_days(window)}; use --all"
    if others:
        return (
            "no partition of the selected accounts and Regions is registered; there are those of "
            f"{_some(others)}"
        )
    return f"no partition is registered; '{command}' shows what is stored"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMES]) + (", …" if len(names) > _NAMES else "")


@dataclass(frozen=True)
class Inquiry:
    """Finds out why a query read no logs.

    Attributes:
        target: the target, for the commands that it proposes.
        storage: the logs.
        layout: their layout.
        catalog: the registered partitions.
        today: the current day, UTC.
    """

    target: Target
    storage: Storage
    layout: Layout
    catalog: Catalog
    today: date

    def reason(self, source: FlowTable, selection: Selection) -> str:
        """The reason, with what to do; empty if there were logs to read, or if it is unknown.

        Args:
            source: the table that was read.
            selection: what was read of it; it has a window.
        """
        try:
            scope = source.shape.restrict(selection.delivery_scope)
            if scope is None:
                return describe_exclusion(source.table.full_name, source.shape)
            locations = [] if source.shape.projected else self._registered(scope, source.shape)
            if locations is None or any(not self.storage.is_empty(each) for each in locations):
                return ""
        except FlowathenaError:
            return ""
        try:
            around = find_surroundings(self.storage, self.layout, scope)
        except StorageError as error:
            return f"no partition of the window contains logs: {error}"
        if around.inside:
            return self._of_stored(around.inside, locations, source.shape, selection)
        return self._of_absent(around, locations, source.shape, selection)

    def _registered(self, scope: Scope, shape: Shape) -> list[str] | None:
        """Some locations of the registered partitions in scope; None if the look is too long."""
        for number, page in enumerate(self.catalog.pages(scope, shape)):
            if page:
                return [location for _, location in page[:_LOCATIONS] if location]
            if number == _PAGES:
                return None
        return []

    def _of_stored(
        self, day: date, locations: list[str], shape: Shape, selection: Selection
    ) -> str:
        """Logs of the window are stored; the table does not lead there."""
        if shape.projected:
            return (
                f"logs of {day} are stored, but the table's projection does not reach them; "
                f"'{self.target.command('doctor')}' says why"
            )
        if locations:
            return (
                f"the registered partitions of the window contain no logs, but logs of {day} are "
                f"stored; run '{self._sync(selection, '--relocate ')}'"
            )
        return (
            f"logs of {day} are stored, but no partition of the window is registered; "
            f"run '{self._sync(selection)}'"
        )

    def _of_absent(
        self, around: Surroundings, locations: list[str], shape: Shape, selection: Selection
    ) -> str:
        """Nothing of the window is stored; something of other days may be."""
        root = self.storage.location(self.layout.root)
        nearest = describe_surroundings(around, root, selection.window, has_all=False)
        if locations:
            empty = "the registered partitions of the window contain no logs"
            return f"{empty}; {nearest}" if nearest else empty
        first = first_day(around)
        if first is None or shape.projected:
            return nearest
        if self._registered(Scope(first, around.before), shape) != []:
            return nearest
        return f"{nearest}, after '{self.target.command(f'partitions sync --since {first}')}'"

    def _sync(self, selection: Selection, repair: str = "") -> str:
        """The command that registers what is stored in a window, and a day later."""
        window = selection.window
        assert window is not None  # noqa: S101 - every query has one
        until = window.last_folder_day + _DAY
        end = f" --until {until}" if until <= self.today else ""
        names = "".join(
            f" --{name} {','.join(given)}"
            for name, given in (("account", selection.accounts), ("region", selection.regions))
            if given
        )
        since = f"--since {window.first_day}{end}{names}"
        return self.target.command(f"partitions sync {repair}{since}")
