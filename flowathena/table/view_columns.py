"""What a view may read of each of its tables: expressions over their columns, by name; pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Self

from flowathena.catalog.rollup import DAY
from flowathena.logs.days import Days
from flowathena.logs.fields import BY_COLUMN
from flowathena.logs.layout import SERVICE
from flowathena.query import predicates, relation
from flowathena.query.bounds import value_of_day
from flowathena.shape.key import Key, Role
from flowathena.shape.shape import FlowTable, Shape
from flowathena.shape.table import Table
from flowathena.sql.quoting import identifier

# Hive's integer types by the names that Athena's queries have for them.
_SIZES = {
    "tinyint": "tinyint",
    "smallint": "smallint",
    "int": "integer",
    "integer": "integer",
    "bigint": "bigint",
}


@dataclass(frozen=True)
class Branch:
    """What a view reads of one table.

    Attributes:
        table: the real table.
        columns: Athena SQL over the real columns, by the name of the view's column.
        condition: what every row must meet; empty for all rows.
    """

    table: Table
    columns: Mapping[str, str]
    condition: str = ""


@dataclass(frozen=True)
class Columns:
    """What a view may read of one table: expressions, and their Hive types, by column."""

    source: FlowTable
    expressions: Mapping[str, str]
    types: Mapping[str, str]
    raw: Mapping[str, Key]

    @classmethod
    def of(cls, source: FlowTable) -> Self:
        """Those of a table."""
        expressions = relation.column_expressions(source)
        expressions |= dict(_resize(source.table, source.shape))
        raw = dict(_raw_keys(source.shape))
        types = {**relation.column_types(source), **{name: key.type for name, key in raw.items()}}
        return cls(source, expressions | {n: key.sql for n, key in raw.items()}, types, raw)

    def with_keys(self, keys: Mapping[str, Key]) -> Self:
        """The same with keys of the logs, which an archive has not: its days tell them."""
        day = f"CAST({identifier(DAY)} AS date)"
        told = {
            name: (value, key.type)
            for name, key in keys.items()
            if name not in self.expressions and (value := value_of_day(key, day))
        }
        expressions = {name: value for name, (value, _) in told.items()}
        types = {name: kind for name, (_, kind) in told.items()}
        return replace(
            self, expressions={**self.expressions, **expressions}, types={**self.types, **types}
        )

    def branch(self, columns: Mapping[str, str], among: Days | None = None) -> Branch:
        """Its part of a view with columns of some types: of the days that it is read for.

        Args:
            columns: Hive type of each column.
            among: the days; None for those that the relation reads it for.
        """
        own = {
            name: relation.of_type(self.expressions.get(name), self.types.get(name), kind)
            for name, kind in columns.items()
        }
        service = self.source.shape.key(Role.SERVICE)
        conditions = [f"{service.sql} = {service.literal(SERVICE)}"] if service else []
        conditions += predicates.path_predicates(self.source)
        conditions += filter(None, [self._days(among)])
        return Branch(self.source.table, own, "\n    AND ".join(conditions))

    def _days(self, among: Days | None) -> str:
        if among is None:
            return predicates.archive_predicate(self.source)
        return predicates.among_days(self.source.shape, among.spans)

    def besides(self, summed: Days) -> Self:
        """The same, read for no day that is summed up elsewhere."""
        days = self.source.archived
        others = days - summed if self.source.is_archive else days | summed
        return replace(self, source=replace(self.source, archived=others))


def read_columns(source: FlowTable) -> list[Columns]:
    """What may be read of each table; the archive has the keys of the logs, too."""
    tables = [Columns.of(each) for each in source.tables]
    keys = {name: key for each in tables for name, key in each.raw.items()}
    return [each.with_keys(keys) if each.source.is_archive else each for each in tables]


def besides(tables: Iterable[Columns], summed: Days) -> Iterator[Columns]:
    """What is read of each table for the days that are not summed up elsewhere."""
    for each in tables:
        rest = each.besides(summed)
        if rest.source.archived or not rest.source.is_archive:
            yield rest


def types_of_keys(tables: Iterable[Columns]) -> dict[str, str]:
    """The types of the raw partition keys; varchar where those of two tables differ."""
    types: dict[str, str] = {}
    for each in tables:
        for name, key in each.raw.items():
            types[name] = key.type if types.get(name, key.type) == key.type else "string"
    return types


def _resize(table: Table, shape: Shape) -> Iterator[tuple[str, str]]:
    """Numbers of another size than their field's, cast to its size.

    A view keeps the types it was created with, and fails once its query returns wider ones. With
    the types in the text, a change of the table is a difference.
    """
    types = {column.name: column.type.lower() for column in table.columns}
    for column, name in shape.columns.items():
        size = _SIZES.get(BY_COLUMN[column].hive_type) if column in BY_COLUMN else None
        if size and _SIZES.get(types[name], size) != size:
            yield column, f"TRY_CAST({identifier(name)} AS {size})"


def _raw_keys(shape: Shape) -> Iterator[tuple[str, Key]]:
    """Partition keys that the relation does not contain unchanged; a filter on them prunes."""
    roles = (Role.ACCOUNT, Role.REGION, Role.DAY)
    plain = {relation.key_column(shape, role) for role in roles}
    for key in shape.keys:
        if key.role is not Role.SERVICE and key.sql not in plain:
            yield f"partition_{key.name.lower().replace('-', '_')}", key
