"""How a table divides flow logs into partitions and names their fields; pure.

Tables of flow logs differ in their partition keys (``aws_account``, ``accid``, a single ``dt``,
``year`` with ``month`` and ``day``, …), in how these write a day, and in the names of columns.
A ``Shape`` says what each key stands for; everything else speaks of accounts, Regions and days.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from flowathena.errors import TableMismatchError, UsageError
from flowathena.layout import SERVICE, Partition
from flowathena.storage.walk import Scope

Values = tuple[str, ...]
"""Partition values in the order of the table's partition keys."""


class Role(StrEnum):
    """What a partition key stands for."""

    ACCOUNT = "account"
    REGION = "region"
    SERVICE = "service"
    DAY = "day"
    YEAR = "year"
    MONTH = "month"
    DAY_OF_MONTH = "day_of_month"
    HOUR = "hour"


_PARTS = (Role.YEAR, Role.MONTH, Role.DAY_OF_MONTH)
_DAY_PARTS = ("yyyy", "MM", "dd")
NUMBERS = frozenset({"tinyint", "smallint", "int", "integer", "bigint"})
"""Hive's types of whole numbers."""
ISO_DAY = "yyyy-MM-dd"
"""How a day is written where nothing else is said."""


@dataclass(frozen=True)
class Key:
    """A partition key.

    Attributes:
        name: as the table calls it.
        type: Hive type: ``string``, ``date`` or an integer.
        role: what it stands for.
        form: how a ``DAY`` is written, in Java's letters: ``yyyy-MM-dd``, ``yyyy/MM/dd``, …
        injected: whether a query has to name its values (projection of type ``injected``).
    """

    name: str
    type: str
    role: Role
    form: str = ISO_DAY
    injected: bool = False

    def value(self, partition: Partition) -> str:
        """How the key writes its part of a partition."""
        if self.role is Role.ACCOUNT:
            return partition.account
        if self.role is Role.REGION:
            return partition.region
        if self.role is Role.SERVICE:
            return SERVICE
        if self.role is Role.HOUR:
            return self._number(partition.hour or 0, 2)
        return self.day(partition.day)

    def day(self, day: date) -> str:
        """How the key writes its part of a day."""
        if self.role is Role.DAY:
            return _written(day, self.form)
        number = dict(zip(_PARTS, (day.year, day.month, day.day), strict=True))[self.role]
        return self._number(number, 4 if self.role is Role.YEAR else 2)

    def spelled(self, value: str) -> str:
        """A registered value as ``value()`` writes it."""
        return str(int(value)) if self.type in NUMBERS and _is_number(value) else value

    def parts(self, text: str) -> list[str]:
        """Year, month and day as they stand in a written day."""
        at = ((self.form.find(part), len(part)) for part in _DAY_PARTS)
        return [text[start : start + length] for start, length in at]

    def _number(self, number: int, digits: int) -> str:
        return str(number) if self.type in NUMBERS else f"{number:0{digits}d}"

    def literal(self, value: str) -> str:
        """A value as a literal of the key's type in Athena SQL."""
        if self.type in NUMBERS:
            return str(int(value))
        quoted = "'" + value.replace("'", "''") + "'"
        return f"DATE {quoted}" if self.type == "date" else quoted

    @property
    def sql(self) -> str:
        """Its name as a quoted identifier of Athena SQL."""
        return quoted(self.name)


def quoted(name: str) -> str:
    """A name as a quoted identifier of Athena SQL."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Shape:
    """What a table's keys and columns stand for.

    Attributes:
        keys: partition keys in the table's order.
        columns: real column name by canonical name (``{"srcaddr": "sourceaddress"}``), of every
            column that the table has.
        account: the account of all its logs, where no key tells; empty where one does, or where
            nothing tells.
        region: the Region of all its logs, likewise.
        projected: whether its partitions are computed by Athena instead of registered.
    """

    keys: tuple[Key, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    account: str = ""
    region: str = ""
    projected: bool = False

    def key(self, role: Role) -> Key | None:
        """The key of a role."""
        return next((key for key in self.keys if key.role is role), None)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the keys."""
        return tuple(key.name for key in self.keys)

    @property
    def is_hourly(self) -> bool:
        """Whether a partition is an hour, not a day."""
        return self.key(Role.HOUR) is not None

    def values(self, partition: Partition) -> Values:
        """The partition values of a partition."""
        return tuple(key.value(partition) for key in self.keys)

    def narrowed(self, scope: Scope) -> Scope | None:
        """The part of a scope that the table can hold; None for nothing of it.

        Raises:
            TableMismatchError: the scope names accounts (Regions) and nothing tells the table's.
        """
        accounts, regions = scope.accounts, scope.regions
        self._refuse_untold(Role.ACCOUNT, accounts)
        self._refuse_untold(Role.REGION, regions)
        if self.account:
            if accounts and self.account not in accounts:
                return None
            accounts = frozenset({self.account})
        if self.region:
            if regions and self.region not in regions:
                return None
            regions = frozenset({self.region})
        return Scope(scope.first, scope.last, accounts, regions)

    def holds(self, scope: Scope, values: Values) -> bool:
        """Whether registered values are in a scope.

        Values that are no day are only in a scope without bounds.
        """
        told = dict(zip((key.role for key in self.keys), values, strict=True))
        if scope.accounts and told.get(Role.ACCOUNT, self.account) not in scope.accounts:
            return False
        if scope.regions and told.get(Role.REGION, self.region) not in scope.regions:
            return False
        if scope.first is None and scope.last is None:
            return True
        day = self._told_day(told)
        return day is not None and scope.holds_day(day)

    def spelled(self, values: Values) -> Values:
        """Registered values as ``values()`` writes them: Hive takes ``month=07`` for the int 7."""
        return tuple(map(Key.spelled, self.keys, values))

    @property
    def respells(self) -> bool:
        """Whether ``spelled`` may change values."""
        return any(key.type in NUMBERS for key in self.keys)

    def place_of(self, values: Values) -> tuple[str, str]:
        """Account and Region of partition values; empty where nothing tells."""
        told = dict(zip((key.role for key in self.keys), values, strict=True))
        return told.get(Role.ACCOUNT, self.account), told.get(Role.REGION, self.region)

    def day_of(self, values: Values) -> date | None:
        """The day of partition values; None where they are none."""
        return self._told_day(dict(zip((key.role for key in self.keys), values, strict=True)))

    def _told_day(self, told: Mapping[Role, str]) -> date | None:
        key = self.key(Role.DAY)
        parts = key.parts(told[Role.DAY]) if key else [told[role] for role in _PARTS]
        if not all(map(_is_number, parts)):
            return None
        try:
            day = date(*map(int, parts))
        except ValueError:
            return None
        return day if key is None or key.day(day) == told[Role.DAY] else None

    def predicates(self, scope: Scope, order: Sequence[str] = ()) -> Iterator[str]:
        """The terms of Athena SQL that keep the partitions of a bounded scope.

        Every value is a literal of its key's type, so that Athena prunes by it.

        Args:
            scope: the scope.
            order: how to order accounts and Regions; the alphabet decides on the others.

        Raises:
            TableMismatchError: the scope names accounts (Regions) and nothing tells the table's.
            UsageError: the scope names none, and the table's partitions are those of named ones.
        """
        assert scope.first is not None and scope.last is not None  # noqa: S101, PT018 - bounded
        yield self._day_predicate(scope.first, scope.last)
        if service := self.key(Role.SERVICE):
            yield f"{service.sql} = {service.literal(SERVICE)}"
        yield from self._named(Role.ACCOUNT, scope.accounts, order)
        yield from self._named(Role.REGION, scope.regions, order)

    def _named(self, role: Role, wanted: frozenset[str], order: Sequence[str]) -> Iterator[str]:
        key = self.key(role)
        if key and key.injected and not wanted:
            raise UsageError(f"partition key {key.name} is injected: name its values (--{role})")
        self._refuse_untold(role, wanted)
        if key is None and wanted and self._fixed(role) not in wanted:
            yield "false"
        if key and wanted:
            place = {value: number for number, value in enumerate(order)}
            listed = sorted(wanted, key=lambda value: (place.get(value, len(place)), value))
            yield f"{key.sql} IN ({', '.join(map(key.literal, listed))})"

    def _fixed(self, role: Role) -> str:
        return self.account if role is Role.ACCOUNT else self.region

    def _refuse_untold(self, role: Role, wanted: frozenset[str]) -> None:
        if wanted and self.key(role) is None and not self._fixed(role):
            setting = "account" if role is Role.ACCOUNT else "log_region"
            raise TableMismatchError(
                f"nothing in the table tells the {role} of its logs: "
                f"set {setting} in the target, or leave --{role} off"
            )

    def _day_predicate(self, first: date, last: date) -> str:
        key = self.key(Role.DAY)
        if key:
            low, high = (key.literal(key.day(day)) for day in (first, last))
            return f"{key.sql} BETWEEN {low} AND {high}"
        spans = [self._month_span(*span) for span in _months(first, last)]
        return spans[0] if len(spans) == 1 else f"({' OR '.join(spans)})"

    def _month_span(self, first: date, last: date) -> str:
        """Days of one month, as ``year = … AND month = … AND day BETWEEN … AND …``."""
        year, month, of_month = (key for role in _PARTS if (key := self.key(role)))
        low, high = (of_month.literal(of_month.day(day)) for day in (first, last))
        return (
            f"({year.sql} = {year.literal(year.day(first))} "
            f"AND {month.sql} = {month.literal(month.day(first))} "
            f"AND {of_month.sql} BETWEEN {low} AND {high})"
        )

    def column(self, role: Role) -> str:
        """An expression of Athena SQL for an account, a Region or an ISO day; always a text."""
        if role is Role.DAY:
            return self._day_column()
        key, fixed = self.key(role), self._fixed(role)
        if key is None:
            return "'" + fixed.replace("'", "''") + "'" if fixed else "CAST(NULL AS varchar)"
        return key.sql if key.type == "string" else f"CAST({key.sql} AS varchar)"

    def _day_column(self) -> str:
        key = self.key(Role.DAY)
        if key is None:
            keys = [each for role in _PARTS if (each := self.key(role))]
            return " || '-' || ".join(_padded(each, 4 if each is keys[0] else 2) for each in keys)
        if key.type == "date":
            return f"CAST({key.sql} AS varchar)"
        if key.form == ISO_DAY:
            return key.sql
        cut = (f"substr({key.sql}, {key.form.find(part) + 1}, {len(part)})" for part in _DAY_PARTS)
        return " || '-' || ".join(cut)


@lru_cache(maxsize=1 << 14)  # every account and Region has the same days
def _written(day: date, form: str) -> str:
    year, month, of_month = day.isoformat().split("-")
    return form.replace("yyyy", year).replace("MM", month).replace("dd", of_month)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _padded(key: Key, digits: int) -> str:
    return key.sql if key.type == "string" else f"lpad(CAST({key.sql} AS varchar), {digits}, '0')"


def _months(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The first and last day of every month's part of first..last."""
    start = first
    while start <= last:
        following = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield start, min(last, following - timedelta(days=1))
        start = following
