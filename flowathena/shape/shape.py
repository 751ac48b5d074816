"""How a table divides flow logs into partitions and names their fields; pure.

Flow-log tables differ in their partition keys (``aws_account``, ``accid``, a single ``dt``,
``year`` with ``month`` and ``day``, …), in the form of a day and in the names of columns. A
``Shape`` says what each of them stands for, so that all other code deals with accounts, Regions and
days.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, lru_cache

from flowathena.errors import TableMismatchError
from flowathena.logs.days import Days
from flowathena.logs.layout import Layout, Partition, Scope
from flowathena.shape.key import ACCOUNT_DIGITS, PARTS, Key, Role, is_digits
from flowathena.shape.table import Table
from flowathena.sql.quoting import WHOLE_NUMBERS

PATH = "$path"
"""Athena's hidden column of every table: where the record's file is."""
CLOCKS = ("start", "end")
"""The fields that may put a record into a window, the better one first."""
Values = tuple[str, ...]
"""Partition values in the order of the table's partition keys."""


@dataclass(frozen=True)
class Shape:
    """What a table's keys and columns stand for.

    Attributes:
        keys: partition keys in the table's order.
        columns: real column name by canonical name (``{"srcaddr": "sourceaddress"}``), of every
            column.
        account: the account of all its logs; empty if a key contains it, or if it is unknown.
        region: the Region of all its logs; empty if a key contains it, or if it is unknown.
        projected: whether Athena computes its partitions (partition projection).
        own_networks: networks that are not public to its queries, though their numbers are.
        unsigned: columns of fields whose files have UINT_32, which Athena reads as signed.
        path: the column that tells where a record's file is: Athena's own of every table, or the
            one in which an archive keeps where the log file was.
        mixes_clocks: whether it is an archive of tables some of which have no ``start``, so that
            the ``end`` of their records puts them into a window.
    """

    keys: tuple[Key, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    account: str = ""
    region: str = ""
    projected: bool = False
    own_networks: tuple[str, ...] = ()
    unsigned: frozenset[str] = frozenset()
    path: str = PATH
    mixes_clocks: bool = False

    def key(self, role: Role) -> Key | None:
        """The key with a role; None if there is none."""
        return next((key for key in self.keys if key.role is role), None)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the keys."""
        return tuple(key.name for key in self.keys)

    @property
    def clock(self) -> str:
        """The field whose time puts a record into a window: ``start``, or ``end``.

        Empty if there is neither: a record is then as old as its partition.
        """
        return next((field for field in CLOCKS if field in self.columns), "")

    @property
    def is_hourly(self) -> bool:
        """Whether a partition is an hour, not a day."""
        return any(key.has_hours for key in self.keys)

    def values(self, partition: Partition) -> Values:
        """The partition values of a partition."""
        return tuple(key.value(partition) for key in self.keys)

    def restrict(self, scope: Scope) -> Scope | None:
        """The part of a scope that the table can contain; None if it can contain none of it.

        Raises:
            TableMismatchError: the scope has accounts (Regions), but the table's are unknown.
        """
        accounts, regions = scope.accounts, scope.regions
        self.require(Role.ACCOUNT, accounts)
        self.require(Role.REGION, regions)
        if self.account:
            if accounts and self.account not in accounts:
                return None
            accounts = frozenset({self.account})
        if self.region:
            if regions and self.region not in regions:
                return None
            regions = frozenset({self.region})
        return Scope(scope.first, scope.last, accounts, regions)

    def includes(self, scope: Scope, values: Values) -> bool:
        """Whether a scope includes registered values, however they are spelled.

        Values without a valid day are only included in a scope without bounds.
        """
        account, region = self.account_and_region(values)
        if not (
            self._includes_name(scope.accounts, Role.ACCOUNT, account)
            and self._includes_name(scope.regions, Role.REGION, region)
        ):
            return False
        if scope.first is None and scope.last is None:
            return True
        day = self.day_of(values) or self.day_of(self.canonical(values))
        return day is not None and scope.includes_day(day)

    def _includes_name(self, names: frozenset[str], role: Role, name: str) -> bool:
        if not names or name in names:
            return True
        key = self.key(role)
        return key is not None and key.canonical(name) in names

    def normalize(self, values: Values) -> Values:
        """Registered values as ``values()`` writes them: for an int key, Hive accepts ``07``."""
        return tuple(map(Key.normalize, self.keys, values))

    def canonical(self, values: Values) -> Values:
        """Registered values as ``values()`` writes what they stand for: see ``Key.canonical``."""
        return tuple(map(Key.canonical, self.keys, values))

    @property
    def normalizes(self) -> bool:
        """Whether ``normalize`` may change values."""
        return any(key.type in WHOLE_NUMBERS or not key.is_padded for key in self.keys)

    def account_and_region(self, values: Values) -> tuple[str, str]:
        """Account and Region of partition values; empty if unknown."""
        account, region = self._place_indices
        return (
            self.account if account is None else self._account(values[account]),
            self.region if region is None else values[region],
        )

    def _account(self, value: str) -> str:
        """An account id; the number of one lacks its leading zeros."""
        key = self.key(Role.ACCOUNT)
        is_number = key is not None and key.type in WHOLE_NUMBERS
        return value.zfill(ACCOUNT_DIGITS) if is_number else value

    def day_of(self, values: Values) -> date | None:
        """The day of partition values; None if they are not a day."""
        key, indices = self._day_indices
        if key:
            return _parse_day(values[indices[0]], key)
        return _day_of_parts(tuple(values[index] for index in indices))

    @cached_property
    def _place_indices(self) -> tuple[int | None, int | None]:
        account, region = self.key(Role.ACCOUNT), self.key(Role.REGION)
        at = self.keys.index
        return (at(account) if account else None), (at(region) if region else None)

    @cached_property
    def _day_indices(self) -> tuple[Key | None, tuple[int, ...]]:
        """The key of the whole day (None if there is none), and the indices of the day's keys."""
        key = self.key(Role.DAY)
        parts = [key] if key else [part for role in PARTS if (part := self.key(role))]
        return key, tuple(self.keys.index(part) for part in parts)

    def fixed(self, role: Role) -> str:
        """The account or Region of all its logs; empty if a key contains it or it is unknown."""
        return self.account if role is Role.ACCOUNT else self.region

    def require(self, role: Role, names: frozenset[str]) -> None:
        """Check that the table can be restricted to some accounts (Regions).

        Raises:
            TableMismatchError: names are given, but those of the partitions are unknown.
        """
        if names and self.key(role) is None and not self.fixed(role):
            setting = "account" if role is Role.ACCOUNT else "log_region"
            raise TableMismatchError(
                f"the {role} of the table's logs is unknown: "
                f"set {setting} in the target, or omit --{role}"
            )


@dataclass(frozen=True)
class FlowTable:
    """A flow-log table with its shape; the first of several that ``flow_logs`` reads.

    Attributes:
        table: the table.
        shape: what its keys and columns stand for.
        unread: columns of record fields that the target's records have and the table lacks.
        comparison: the command that compares the table with its target; empty without a target.
        flow_logs: the ids of the flow logs whose records are read; None for all.
        foreign: the ids of flow logs that write other records into the same folders, which another
            table has; an empty text stands for files whose names have no id.
        mixed: what the paths of text files begin with in the folders of a Parquet table, by day.
        location: the location of its target; empty without a target.
        layout: the layout of its folders, below wherever its location is.
        further: the other tables that ``flow_logs`` reads.
        archived: the days that the target's archive is read for, and its log files are not.
        is_archive: whether it is that archive.
    """

    table: Table
    shape: Shape
    unread: frozenset[str] = frozenset()
    comparison: str = ""
    flow_logs: tuple[str, ...] | None = None
    foreign: tuple[str, ...] = ()
    mixed: Mapping[date, tuple[str, ...]] = field(default_factory=dict)
    further: tuple["FlowTable", ...] = ()
    location: str = ""
    layout: Layout = field(default_factory=Layout)
    archived: Days = field(default_factory=Days)
    is_archive: bool = False

    def parts(self, scope: Scope) -> tuple[Scope, ...]:
        """The parts of a scope with a first and a last day that this table is read for."""
        if scope.first is None or scope.last is None or not (self.archived or self.is_archive):
            return (scope,)
        find = self.archived.within if self.is_archive else self.archived.gaps
        return tuple(
            replace(scope, first=first, last=last) for first, last in find(scope.first, scope.last)
        )

    @property
    def tables(self) -> tuple["FlowTable", ...]:
        """Every table that ``flow_logs`` reads; the first is this one."""
        return (replace(self, further=()), *self.further) if self.further else (self,)


# Both caches: every account and Region has the same days, so most values come again.
@lru_cache(maxsize=1 << 14)
def _parse_day(text: str, key: Key) -> date | None:
    day = _day_of_parts(tuple(key.parts(text)))
    own = text if key.is_padded else key.canonical(text)
    # The separators too.
    return day if day and key.day(day, key.hour(text) or 0) == own else None


@lru_cache(maxsize=1 << 14)
def _day_of_parts(parts: tuple[str, ...]) -> date | None:
    if not all(map(is_digits, parts)):
        return None
    try:
        return date(*map(int, parts))
    except ValueError:
        return None
