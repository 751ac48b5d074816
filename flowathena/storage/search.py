"""Finds logs below a location that contains no ``AWSLogs/`` itself, by the names of folders.

What is looked for: ``AWSLogs/`` further down, and folders of years and days, as a Firehose stream
(``2026/11/03/04/``), Security Lake (``region=eu-west-1/accountId=…/eventDay=20261103/``), Control
Tower (``o-…/AWSLogs/o-…/``) or a job of one's own (``dt=2026-11-03/``) writes them. A listing is a
folder; there are ``MOST_CALLS`` at most, four folders deep, and no object is read.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flowathena.errors import PlaceError
from flowathena.logs.layout import LOG_ROOT, SERVICE
from flowathena.logs.template import PATTERNS
from flowathena.storage.base import Storage
from flowathena.storage.places import spread

MOST_CALLS = 200
_DEEPEST = 4
_WIDEST = 32
"""How many folders of one are looked into."""
_SIBLINGS = 3
"""How many folders of one form are tried: they are alike, and some hold other services' logs."""
_YEAR = "(?:19|20)[0-9]{2}"
_MONTH, _DAY, _HOUR = (PATTERNS[name] for name in ("month", "day", "hour"))
_PLACES = (
    (PATTERNS["account"], "{account}"),
    (PATTERNS["region"], "{region}"),
    (PATTERNS["org"], "{org}"),
)
# What may follow when so much of a date is known: year, month, day.
_TIMES = (
    (
        (f"{_YEAR}-{_MONTH}-{_DAY}-{_HOUR}", "{yyyy-mm-dd}-{hour}", 4),
        (f"{_YEAR}-{_MONTH}-{_DAY}", "{yyyy-mm-dd}", 3),
        (f"{_YEAR}{_MONTH}{_DAY}{_HOUR}", "{yyyymmdd}{hour}", 4),
        (f"{_YEAR}{_MONTH}{_DAY}", "{yyyymmdd}", 3),
        (_YEAR, "{year}", 1),
    ),
    ((f"{_YEAR}-{_MONTH}", "{year}-{month}", 2), (_MONTH, "{month}", 2)),
    ((f"{_YEAR}-{_MONTH}-{_DAY}", "{yyyy-mm-dd}", 3), (_DAY, "{day}", 3)),
    ((_HOUR, "{hour}", 4),),
)
_KNOWN_DAY = 3
_KNOWN_ALL = 4


@dataclass(frozen=True)
class Candidate:
    """Folders that may be those of flow logs.

    Attributes:
        prefix: the folder that contains them, empty or ending with ``/``.
        template: the template of the folders; empty for ``AWSLogs/``.
    """

    prefix: str
    template: str = ""


def search(storage: Storage, prefix: str) -> list[Candidate]:
    """Where logs may be below a prefix, the nearest first.

    Raises:
        StorageError: the prefix cannot be listed.
    """
    return list(_Search(storage).candidates(prefix))


class _Search:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._left = MOST_CALLS

    def candidates(self, prefix: str) -> Iterator[Candidate]:
        level = [prefix]
        for _ in range(_DEEPEST + 1):
            below: list[str] = []
            for path in level:
                names = self._list(path, required=path == prefix)
                if LOG_ROOT in names:
                    yield Candidate(path)
                others = [name for name in names if name != LOG_ROOT]
                template = next(self._templates(path, others, ()), "")
                if template:
                    yield Candidate(path, template)
                else:
                    below += [f"{path}{name}/" for name in others[:_WIDEST]]
            level = below

    def _list(self, path: str, *, required: bool = False) -> list[str]:
        """The visible folders in one; none when enough was listed, or if it may not be listed."""
        if self._left <= 0:
            return []
        self._left -= 1
        try:
            names = self._storage.folders(path)
        except PlaceError:
            if required:
                raise
            return []
        return [name for name in names if not name.startswith(("_", ".")) and "{" not in name]

    def _templates(
        self, path: str, names: Sequence[str], parts: tuple[str, ...], known: int = 0
    ) -> Iterator[str]:
        """The templates that the folders below a path have.

        Args:
            path: the folder.
            names: the folders in it.
            parts: the template of the folders above.
            known: how much of a date these tell: 1 for the year, to 4 for the hour.
        """
        forms = [(name, form) for name in names if (form := _form(name, known))]
        if known >= _KNOWN_DAY and (known == _KNOWN_ALL or not forms):
            yield "".join(f"{part}/" for part in parts)
            return
        common = Counter(form for _, form in forms).most_common(1)
        if common:
            form, _ = common[0]
            siblings = [name for name, other in forms if other == form]
            yield from self._below(path, siblings, (*parts, form[0]), form[1])
        elif parts and known == 0:  # between the account and the Region, for instance
            literal = [name for name in names if name in {SERVICE, LOG_ROOT}] or list(names)
            if len(literal) == 1:
                yield from self._below(path, literal, (*parts, literal[0]), known)

    def _below(
        self, path: str, siblings: Sequence[str], parts: tuple[str, ...], known: int
    ) -> Iterator[str]:
        newest_first = sorted(siblings, reverse=True)
        chosen = newest_first[:_SIBLINGS] if known else spread(newest_first, _SIBLINGS)
        for name in chosen:
            below = f"{path}{name}/"
            # Below a whole date, there is nothing more to tell.
            names = [] if known == _KNOWN_ALL else self._list(below)
            yield from self._templates(below, names, parts, known)


def _form(name: str, known: int) -> tuple[str, int] | None:
    """What a folder's name may stand for, and how much of a date is then known."""
    key, sign, value = name.rpartition("=")
    above = key + sign
    for pattern, field, told in _TIMES[known] if known < _KNOWN_ALL else ():
        if re.fullmatch(pattern, value):
            return above + field, told
    for pattern, field in _PLACES if known == 0 else ():
        if re.fullmatch(pattern, value):
            return above + field, 0
    return None
