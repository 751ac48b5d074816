"""How a table divides flow logs into partitions and names their fields; pure.

Tables of flow logs differ in their partition keys (``aws_account``, ``accid``, a single ``dt``,
``year`` with ``month`` and ``day``, …), in how these write a day, and in the names of columns.
A ``Shape`` says what each key stands for; everything else speaks of accounts, Regions and days.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property, lru_cache

from flowathena.errors import TableMismatchError, UsageError
from flowathena.logs.layout import SERVICE, Partition, Scope
from flowathena.shape.key import DAY_PARTS, ISO_DAY, PARTS, Key, Role, is_number
from flowathena.sql.quoting import NUMBERS

Values = tuple[str, ...]
"""Partition values in the order of the table's partition keys."""


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
        account, region = self.place_of(values)
        if scope.accounts and account not in scope.accounts:
            return False
        if scope.regions and region not in scope.regions:
            return False
        if scope.first is None and scope.last is None:
            return True
        day = self.day_of(values)
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
        account, region = self._place_indices
        return (
            self.account if account is None else values[account],
            self.region if region is None else values[region],
        )

    def day_of(self, values: Values) -> date | None:
        """The day of partition values; None where they are none."""
        key, indices = self._day_indices
        if key:
            return _day_written(values[indices[0]], key)
        return _day_of_parts(tuple(values[index] for index in indices))

    @cached_property
    def _place_indices(self) -> tuple[int | None, int | None]:
        account, region = self.key(Role.ACCOUNT), self.key(Role.REGION)
        at = self.keys.index
        return (at(account) if account else None), (at(region) if region else None)

    @cached_property
    def _day_indices(self) -> tuple[Key | None, tuple[int, ...]]:
        """The key that writes a whole day, or None, and where its parts stand among the keys."""
        key = self.key(Role.DAY)
        parts = [key] if key else [part for role in PARTS if (part := self.key(role))]
        return key, tuple(self.keys.index(part) for part in parts)

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
        year, month, of_month = (key for role in PARTS if (key := self.key(role)))
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
            keys = [each for role in PARTS if (each := self.key(role))]
            return " || '-' || ".join(_padded(each, 4 if each is keys[0] else 2) for each in keys)
        if key.type == "date":
            return f"CAST({key.sql} AS varchar)"
        if key.form == ISO_DAY:
            return key.sql
        cut = (f"substr({key.sql}, {key.form.find(part) + 1}, {len(part)})" for part in DAY_PARTS)
        return " || '-' || ".join(cut)


@lru_cache(maxsize=1 << 14)
def _day_written(text: str, key: Key) -> date | None:
    day = _day_of_parts(tuple(key.parts(text)))
    return day if day and key.day(day) == text else None


@lru_cache(maxsize=1 << 14)
def _day_of_parts(parts: tuple[str, ...]) -> date | None:
    if not all(map(is_number, parts)):
        return None
    try:
        return date(*map(int, parts))
    except ValueError:
        return None


def _padded(key: Key, digits: int) -> str:
    return key.sql if key.type == "string" else f"lpad(CAST({key.sql} AS varchar), {digits}, '0')"


def _months(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The first and last day of every month's part of first..last."""
    start = first
    while start <= last:
        following = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield start, min(last, following - timedelta(days=1))
        start = following
