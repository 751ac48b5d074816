"""The stored folders of an account and Region, and which tables have them; pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Place:
    """The stored folders of one account and Region, in order.

    Attributes:
        folders: their locations.
        missing: the locations that each table over these folders lacks, by the table's place in the
            target.
        is_recent: whether one is of today or later: another flow log may have begun since.
    """

    folders: tuple[str, ...]
    missing: Mapping[int, frozenset[str]]
    is_recent: bool = False

    @property
    def is_worth_a_look(self) -> bool:
        """Whether there may be files of a flow log that nobody has looked at."""
        return self.is_recent or bool(self.new)

    @cached_property
    def new(self) -> tuple[str, ...]:
        """The folders that no table has."""
        return tuple(
            each for each in self.folders if all(each in one for one in self.missing.values())
        )

    def tables(self, folder: str) -> frozenset[int]:
        """The tables that have a folder."""
        return frozenset(n for n, missing in self.missing.items() if folder not in missing)


def group_by_place(
    stored: Mapping[tuple[str, ...], str],
    place_of: Callable[[tuple[str, ...]], tuple[str, str]],
    missing: Mapping[int, frozenset[str]],
    is_recent: Callable[[tuple[str, ...]], bool],
) -> list[Place]:
    """The stored folders by account and Region.

    Args:
        stored: location by partition values.
        place_of: the account and Region of values.
        missing: the stored locations that each table lacks, by its place in the target.
        is_recent: whether values are of today or later.
    """
    folders: dict[tuple[str, str], list[str]] = {}
    recent: set[tuple[str, str]] = set()
    for values, location in stored.items():
        place = place_of(values)
        folders.setdefault(place, []).append(location)
        if is_recent(values):
            recent.add(place)
    return [
        Place(tuple(sorted(found)), missing, place in recent)
        for place, found in sorted(folders.items())
    ]
