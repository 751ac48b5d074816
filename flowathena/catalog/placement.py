"""Registered partitions that do not read the logs their values name, or read them twice; pure.

What a partition's values stand for says which folder it should point at. Where the stored folders
are known, they decide; without them, only a location that is itself the folder of a day can be
judged.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from flowathena.catalog.base import values_by_key
from flowathena.logs.layout import Partition
from flowathena.shape.reach import folder as folder_of
from flowathena.shape.shape import Shape, Values
from flowathena.target.target import Target
from flowathena.text import counted


class Fault(StrEnum):
    """What is wrong with a registered partition."""

    TWICE = "twice"
    """Its day is registered under another spelling too: its records count twice."""
    SPELLING = "spelling"
    """Its values are spelled differently from the folders: filters miss its records."""
    OUTSIDE = "outside"
    """Its location is not below the target's."""
    OTHER_FOLDER = "other_folder"
    """Its location is the folder of another day, account or Region."""
    ELSEWHERE = "elsewhere"
    """Its logs are stored in another folder than its location."""


@dataclass(frozen=True)
class Misplacement:
    """One registered partition that is not as it should be.

    Attributes:
        fault: what is wrong.
        account: account id that its values stand for; empty if unknown.
        region: Region name, likewise.
        day: the day that its values stand for, UTC; None if they are not a day.
        values: its values as they are registered.
        location: its location as registered; empty if the catalog does not say.
        expected: the values it should have (``TWICE`` and ``SPELLING``), or the location with its
            logs; empty if unknown.
    """

    fault: Fault
    account: str
    region: str
    day: date | None
    values: Values
    location: str
    expected: Values | str = ""

    def to_json(self, keys: Sequence[str]) -> dict[str, object]:
        """The stable shape of one of the ``misplaced``; ``keys`` are the names of the keys."""
        expected: object = self.expected or None
        if isinstance(self.expected, tuple):
            expected = values_by_key(keys, self.expected)
        return {
            "fault": self.fault,
            "values": values_by_key(keys, self.values),
            "location": self.location or None,
            "expected": expected,
        }


def misplacements(
    registered: Iterable[tuple[Values, str]],
    shape: Shape,
    target: Target,
    stored: Mapping[Values, str] | None = None,
) -> tuple[Misplacement, ...]:
    """The registered partitions that read other logs than their values name, or read them twice.

    A partition whose own folder is empty or gone is not one of them: it reads nothing, rightly.

    Args:
        registered: values and location, in any order; an empty location is unknown.
        shape: what the table's keys stand for.
        target: whose table it is.
        stored: location by values of the partitions with logs; None if unknown.

    Returns:
        In order of the values, at most one each: the first fault in the order of ``Fault``.
    """
    folders = stored or {}
    pairs = list(registered)
    # Values of a stored folder are spelled like it: most of a million need no closer look.
    odd = {
        values: meant
        for values, _ in pairs
        if values not in folders and (meant := shape.canonical(values)) != values
    }
    chosen = _chosen(odd, pairs, shape) if odd else {}
    judge = _Judge(shape, target, folders)
    found = []
    for values, location in pairs:
        own = odd.get(values, values)
        if chosen.get(own, values) != values:
            found.append(judge.misplacement(Fault.TWICE, values, location, own, own))
        elif values != own and shape.normalize(values) != own:
            found.append(judge.misplacement(Fault.SPELLING, values, location, own, own))
        elif fault := judge.fault(own, location):
            expected = judge.expected(own)
            found.append(judge.misplacement(fault, values, location, own, expected))
    return tuple(sorted(found, key=lambda each: each.values))


def _chosen(
    odd: Mapping[Values, Values], pairs: Iterable[tuple[Values, str]], shape: Shape
) -> dict[Values, Values]:
    """Of the spellings of a day, the one that is not registered twice; by the folder's own."""
    meant = set(odd.values())
    chosen = {values: values for values, _ in pairs if values in meant}
    for values in sorted(odd, key=lambda each: (shape.normalize(each) != odd[each], each)):
        chosen.setdefault(odd[values], values)
    return chosen


def describe_misplaced(found: Iterable[Misplacement], target: Target) -> Iterator[str]:
    """A line for each fault: how many partitions have it, the first of them, and what to do."""
    by_fault = defaultdict[Fault, list[Misplacement]](list)
    for each in found:
        by_fault[each.fault].append(each)
    for fault in Fault:
        if these := by_fault[fault]:
            expected = these[0].expected
            yield _TEXTS[fault].format(
                prune=target.command("partitions sync --prune"),
                relocate=target.command("partitions sync --relocate"),
                doctor=target.command("doctor"),
                partitions=counted(len(these), "partition"),
                values="/".join(these[0].values),
                location=these[0].location,
                expected="/".join(expected) if isinstance(expected, tuple) else expected,
            )


_TEXTS = {
    Fault.TWICE: (
        "registered twice, so that their records count twice: {partitions} spelled differently "
        "({values} beside {expected}); '{prune}' drops this spelling"
    ),
    Fault.SPELLING: (
        "spelled differently from the folders, so that filters miss their records: {partitions} "
        "({values} for {expected}); '{prune}' corrects this"
    ),
    Fault.OUTSIDE: (
        "pointing outside the target's location: {partitions} ({values} at {location}); "
        "'{relocate}' corrects those with logs in the location, '{doctor}' has the command that "
        "drops the others"
    ),
    Fault.OTHER_FOLDER: (
        "pointing at the folder of another day, account or Region: {partitions} ({values} at "
        "{location}); '{relocate}' corrects those with logs of their own, '{doctor}' has the "
        "command that drops the others"
    ),
    Fault.ELSEWHERE: (
        "pointing elsewhere than at their logs: {partitions} ({values} at {location}, logs in "
        "{expected}); '{relocate}' corrects this"
    ),
}


class _Judge:
    """Judges locations for one target."""

    def __init__(self, shape: Shape, target: Target, stored: Mapping[Values, str]) -> None:
        self._shape = shape
        self._stored = stored
        self._root = f"{target.location.rstrip('/')}/"
        own = replace(target.folders, prefix="", hourly=shape.is_hourly)
        self._layouts = (own, replace(own, hive=not own.hive))
        self._places: dict[tuple[str, str], str] = {}
        self._days: dict[date, str] = {}

    def misplacement(
        self,
        fault: Fault,
        values: Values,
        location: str,
        meant: Values,
        expected: Values | str,
    ) -> Misplacement:
        account, region = self._shape.account_and_region(meant)
        day = self._shape.day_of(meant)
        return Misplacement(fault, account, region, day, values, location, expected)

    def expected(self, values: Values) -> str:
        """The location with the logs of some values; empty if it is unknown."""
        return self._stored.get(values, "")

    def fault(self, values: Values, location: str) -> Fault | None:
        """What is wrong with the location of well-spelled values."""
        stored_at = self._stored.get(values)
        if not location or stored_at == location:
            return None
        if not stored_at and location == self._own_folder(values):
            return None
        folder = folder_of(location)
        if stored_at and folder_of(stored_at) == folder:
            return None
        if not folder.startswith(self._root):
            return Fault.OUTSIDE
        partition = self._partition(folder)
        if partition and not self._is_meant(values, partition):
            return Fault.OTHER_FOLDER
        return Fault.ELSEWHERE if stored_at else None

    def _own_folder(self, values: Values) -> str:
        """The usual folder of a day; empty if values do not say it. Without it, each is parsed."""
        place, day = self._shape.account_and_region(values), self._shape.day_of(values)
        layout = self._layouts[0]
        is_known = all(place) or bool(layout.template)
        if self._shape.is_hourly or day is None or not is_known:
            return ""
        if place not in self._places:
            self._places[place] = self._root + layout.region_prefix(*place)
        if day not in self._days:
            self._days[day] = layout.day_folders(day)
        return self._places[place] + self._days[day]

    def _partition(self, folder: str) -> Partition | None:
        key = folder.removeprefix(self._root)
        partitions = (layout.parse(key) for layout in self._layouts)
        return next((each for each in partitions if each), None)

    def _is_meant(self, values: Values, partition: Partition) -> bool:
        place = self._shape.account_and_region(values)
        found = (partition.account, partition.region)
        pairs = zip(place, found, strict=True)
        is_place = all(not name or not other or name == other for name, other in pairs)
        return is_place and self._shape.values(partition) == self._shape.normalize(values)
