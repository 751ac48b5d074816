"""The template of a layout: ``AWSLogs/{account}/vpcflowlogs/{region}/{year}/{month}/{day}/``. Pure.

A template is a path of folders with fields in braces, below the location of the logs. First come
folders that say where logs come from (``{org}``, ``{account}``, ``{region}``, in any order, or none
of them), then those of the date: year, month and day, perhaps the hour. A field may come twice; its
values are then equal.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

PLACE_FIELDS = ("org", "account", "region")
TIME_FIELDS = ("year", "month", "day", "hour")
PATTERNS = {
    "org": r"o-[a-z0-9]{10,32}",
    "account": r"[0-9]{12}",
    # GovCloud (us-gov-west-1), ISO (us-isob-east-1), China (cn-north-1), EU sovereign (eusc-de-…).
    "region": r"[a-z]{2,4}(?:-[a-z]+)+-[0-9]{1,2}",
    "year": r"[0-9]{4}",
    "month": r"(?:0[1-9]|1[0-2])",
    "day": r"(?:0[1-9]|[12][0-9]|3[01])",
    "hour": r"(?:[01][0-9]|2[0-3])",
}
"""What a field matches."""
WIDTHS = {"account": 12, "year": 4, "month": 2, "day": 2, "hour": 2}
"""How many characters a field has; ``org`` and ``region`` vary."""
SYNONYMS = {"{yyyymmdd}": "{year}{month}{day}", "{yyyy-mm-dd}": "{year}-{month}-{day}"}
"""Short forms of several fields."""
_FIELD = re.compile(r"\{([^{}]*)\}")
_WHOLE_DAY = re.compile(r"\{year\}([^A-Za-z0-9'{}]*)\{month\}\1\{day\}")
_FIELDS = (*PLACE_FIELDS, *TIME_FIELDS)
_LISTED = ", ".join(f"{{{name}}}" for name in _FIELDS) + f", {' and '.join(SYNONYMS)}"
_HIDDEN = ("_", ".")


@dataclass(frozen=True)
class Folder:
    """One level of folders of a template: ``accountId={account}``, or a text without fields."""

    text: str

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """The names of its fields, in order; one that comes twice is there twice."""
        return tuple(_FIELD.findall(self.text))

    def name(self, values: Mapping[str, str]) -> str:
        """The folder's name for the values of fields."""
        return self.text.format_map(values)

    def match(self, name: str, known: Mapping[str, str]) -> dict[str, str] | None:
        """The known values and those in a folder's name; None if the name is not one of these.

        Args:
            name: the name, without a slash.
            known: the values of fields in the folders above.
        """
        found = self._pattern.fullmatch(name)
        values = {**known, **found.groupdict()} if found else {}
        # One of an outer folder must have the same value here: then its name is as it was written.
        return values if found and self.name({**values, **known}) == name else None

    def shared_start(self, low: Mapping[str, str], high: Mapping[str, str]) -> str:
        """What all names begin with whose values lie between two."""
        pairs = zip(self.name(low), self.name(high), strict=False)
        same = 0
        for one, other in pairs:
            if one != other:
                break
            same += 1
        return self.name(low)[:same]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile("".join(_regex([self.text])))


@dataclass(frozen=True)
class Template:
    """A valid template, cut off below the day or the hour.

    Attributes:
        root: the folders above the first field, each ending with ``/``; empty if there are none.
        places: the folders below the root that say where logs come from.
        times: the folders of the date below those.
    """

    root: str
    places: tuple[Folder, ...]
    times: tuple[Folder, ...]

    @property
    def text(self) -> str:
        """The template, with a slash at its end."""
        return self.root + "".join(f"{folder.text}/" for folder in (*self.places, *self.times))

    @cached_property
    def fields(self) -> frozenset[str]:
        """The names of its fields."""
        return frozenset(name for each in (*self.places, *self.times) for name in each.fields)

    @cached_property
    def has_day_folders(self) -> bool:
        """Whether a day has a folder of its own, not only its hours."""
        last = next(each for each in self.times if "day" in each.fields)
        return "hour" not in last.fields

    @cached_property
    def day_form(self) -> str:
        """How the folders write a whole day, as a date pattern of Java: ``yyyy/MM/dd``.

        Empty if there is more than one sign between its parts: ``year={year}/month={month}/…``.
        """
        times = "/".join(folder.text for folder in self.times)
        found = _WHOLE_DAY.search(times)
        again = _WHOLE_DAY.sub("", times, count=1) if found else times
        if found is None or any(f"{{{name}}}" in again for name in TIME_FIELDS[:3]):
            return ""
        return f"yyyy{found[1]}MM{found[1]}dd"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a path below the root begins with, the fields as groups."""
        folders = [each.text for each in (*self.places, *self.times)]
        return re.compile("/".join(_regex(folders)) + "/")

    @cached_property
    def time_pattern(self) -> re.Pattern[str]:
        """What a path below the folders of a place begins with."""
        return re.compile("/".join(_regex([each.text for each in self.times])) + "/")

    def write(self, values: Mapping[str, str], day: str = "") -> str:
        """The folders with texts in place of fields, such as placeholders.

        Args:
            values: the texts by field.
            day: the text for year, month and day together, if the folders have them side by side.
        """
        text = _WHOLE_DAY.sub("{day}", self.text) if day else self.text
        return text.format_map({**values, "day": day} if day else values)

    def daily(self) -> "Template":
        """The template of its days; of one whose hours have no folder above, the template itself.

        Then only hours can be partitions.
        """
        if not self.has_day_folders:
            return self
        end = next(place for place, each in enumerate(self.times, 1) if "day" in each.fields)
        return Template(self.root, self.places, self.times[:end])


def is_template(text: str) -> bool:
    """Whether a layout is meant for a template: a value with braces."""
    return "{" in text or "}" in text


@lru_cache(maxsize=256)
def parse_template(text: str) -> Template:
    """Read a template.

    Raises:
        ValueError: it is none; says why, to follow "layout".
    """
    names = _folder_names(text)
    folders = [Folder(name) for name in names]
    _refuse_fields(folders)
    first_time = _first(folders, TIME_FIELDS)
    first = min(_first(folders, PLACE_FIELDS), first_time)
    _refuse_places(folders, first_time)
    _refuse_times(folders[first_time:])
    root = "".join(f"{name}/" for name in names[:first])
    return Template(root, tuple(folders[first:first_time]), tuple(folders[first_time:]))


def _folder_names(text: str) -> list[str]:
    for short, fields in SYNONYMS.items():
        text = text.replace(short, fields)
    names = text.strip("/").split("/")
    for name in names:
        if not name or name in {".", ".."}:
            raise ValueError(f"{text!r} has a folder without a name")
        if name.startswith(_HIDDEN):
            raise ValueError(f"folder {name!r} is hidden: Athena reads nothing below it")
        if not name.isprintable():
            raise ValueError(f"folder {name!r} contains a character that is not printable")
    return names


def _refuse_fields(folders: list[Folder]) -> None:
    for folder in folders:
        unknown = [name for name in folder.fields if name not in _FIELDS]
        if unknown:
            raise ValueError(f"has an unknown field {{{unknown[0]}}}; known: {_LISTED}")
        if set("{}") & set(_FIELD.sub("", folder.text)):
            raise ValueError(f"folder {folder.text!r} has a brace too many")
        if {"org", "region"} <= set(folder.fields):
            # Both vary in length: where one ends and the other begins, nothing says.
            raise ValueError(f"folder {folder.text!r} has both {{org}} and {{region}}")


def _refuse_places(folders: list[Folder], first_time: int) -> None:
    for folder in folders[first_time:]:
        late = [name for name in folder.fields if name in PLACE_FIELDS]
        if late:
            raise ValueError(f"has {{{late[0]}}} in or below the folders of the date; it is above")


def _refuse_times(times: list[Folder]) -> None:
    """Folders sort as their days do: a walk begins at one day and ends at another."""
    fields = tuple(dict.fromkeys(name for folder in times for name in folder.fields))
    if fields not in {TIME_FIELDS, TIME_FIELDS[:3]}:
        raise ValueError(
            "must have {year}, {month} and {day} in this order, and {hour} only after them"
        )
    last = next(place for place, folder in enumerate(times) if fields[-1] in folder.fields)
    if times[last + 1 :]:
        raise ValueError(f"must end with the folder of {{{fields[-1]}}}")


def _first(folders: list[Folder], fields: tuple[str, ...]) -> int:
    """The place of the first folder with one of some fields; their number if none has."""
    places = (place for place, folder in enumerate(folders) if set(fields) & set(folder.fields))
    return next(places, len(folders))


def _regex(folders: list[str]) -> Iterator[str]:
    """A pattern for each folder; of a field that comes again, the value that it had before."""
    known: set[str] = set()
    for folder in folders:
        parts = []
        for position, part in enumerate(_FIELD.split(folder)):
            if position % 2 == 0:
                parts.append(re.escape(part))
            elif part in known:
                parts.append(f"(?P={part})")
            else:
                known.add(part)
                parts.append(f"(?P<{part}>{PATTERNS[part]})")
        yield "".join(parts)
