"""The views over a target's table: names and statements.

Pure. A view reads the real table, whatever its shape, under the column names of the virtual table
``flow_logs`` (``relation``), with names for what records contain as numbers.
Source: https://docs.aws.amazon.com/athena/latest/ug/create-view.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flowathena.catalog.rollup import DAY, SHAPE, Rollup
from flowathena.errors import UsageError
from flowathena.logs import values
from flowathena.logs.days import Days
from flowathena.package import folder
from flowathena.query import predicates, relation
from flowathena.shape.key import Role
from flowathena.shape.shape import FlowTable
from flowathena.shape.table import Column, Table
from flowathena.sql.quoting import aliased, identifier, literal
from flowathena.table.view_columns import Branch, besides, read_columns, types_of_keys

DAILY = "daily"
VIEWS = ("readable", DAILY)
"""Records with names for their numbers; flows summed up by day and by who talked to whom."""

# In the order of the columns. Source ports are left out: they are many and mean little.
_GRAIN = (
    *("day", "aws_account", "aws_region"),
    *("vpc_id", "subnet_id", "interface_id", "srcaddr", "dstaddr", "dstport", "protocol"),
    *("action", "flow_direction", "traffic_path", "pkt_src_aws_service", "pkt_dst_aws_service"),
)
# What readable adds, and the column that it is computed from.
_NAMES = {
    "protocol_name": "protocol",
    "tcp_flag_names": "tcp_flags",
    "traffic_path_name": "traffic_path",
}
_MEASURES = ("packets", "bytes", "start_time", "log_status")


@dataclass(frozen=True)
class View:
    """A view that flowathena makes.

    Attributes:
        kind: one of ``VIEWS``.
        table: the real table that it reads; the first of several.
        columns: Athena SQL over the real columns, by the name of the view's column.
        condition: what every row must meet; empty for all rows.
        grain: the columns that identify a row of ``daily``.
        further: what it reads of other tables.
        types: the Hive type of each of the columns that it reads.
        rollup: what ``daily`` reads in the place of records; None for nothing.
    """

    kind: str
    table: Table
    columns: Mapping[str, str]
    condition: str = ""
    grain: tuple[str, ...] = ()
    further: tuple[Branch, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    rollup: Rollup | None = None

    @property
    def branches(self) -> tuple[Branch, ...]:
        """What it reads of every table."""
        return (Branch(self.table, self.columns, self.condition), *self.further)

    @property
    def name(self) -> str:
        """Its name, that of its table with the kind: ``vpc_flow_logs_daily``."""
        return f"{self.table.name}_{self.kind}"

    @property
    def full_name(self) -> str:
        """``database.view``, for display."""
        return f"{self.table.database}.{self.name}"

    @property
    def daily_columns(self) -> dict[str, str]:
        """The columns of ``daily`` with their types in Athena, in the order of its statement."""
        names = [name for name in ("protocol", "traffic_path") if name in self.columns]
        sums = [name for name in ("packets", "bytes") if name in self.columns]
        times = ("first_start_time", "last_start_time") if "start_time" in self.columns else ()
        return {
            "date": "timestamp",
            **{name: self.types[name] for name in self.grain},
            **{f"{name}_name": "varchar" for name in names},
            **dict.fromkeys(sums, "bigint"),
            "flows": "bigint",
            **dict.fromkeys(times, "timestamp"),
        }

    @property
    def rolled_up_days(self) -> str:
        """The condition, in Athena SQL, that keeps the days of its rollup."""
        spans = self.rollup.days.spans if self.rollup else ()
        return predicates.among_days(SHAPE, spans)

    @cached_property
    def statement(self) -> str:
        """The ``CREATE OR REPLACE VIEW`` statement, in Athena SQL."""
        return render(f"view_{self.kind}", self)


def render(template: str, view: View) -> str:
    """The statement of a template over what a view reads.

    Args:
        template: its name in the folder ``ddl``.
        view: the view.
    """
    environment = Environment(  # noqa: S701 - renders SQL, not HTML; the filters quote
        loader=FileSystemLoader(folder("ddl")), undefined=StrictUndefined
    )
    environment.filters |= {"name": identifier, "named": aliased, "text": literal}
    return environment.get_template(f"{template}.sql").render(
        view=view,
        protocols=values.protocol_names(),
        tcp_flags=values.tcp_flag_names(),
        traffic_paths=values.traffic_path_names(),
    )


def select_views(name: str | None) -> tuple[str, ...]:
    """The kinds of view to work on: the one of that name, or all.

    Raises:
        UsageError: there is no such view.
    """
    if name is None:
        return VIEWS
    if name not in VIEWS:
        raise UsageError(f"unknown view {name!r}; there are {' and '.join(VIEWS)}")
    return (name,)


def wanted_view(kind: str, source: FlowTable, rollup: Rollup | None = None) -> View:
    """The view of a kind over a table, and its further ones.

    Args:
        kind: one of ``VIEWS``.
        source: the real table.
        rollup: daily sums, which ``daily`` reads for their days, if they have its columns.

    Raises:
        UsageError: more files are to be left out than Athena compiles.
    """
    tables = read_columns(source)
    types = relation.column_types(source)
    names = {name: types[name] for name in relation.columns_of_star(types)}
    raw = types_of_keys(tables)
    if kind == DAILY:
        hours = {n for each in tables for n, key in each.raw.items() if key.role is Role.HOUR}
        days = {name: kind for name, kind in raw.items() if name not in hours}
        grain = (*(name for name in _GRAIN if name in names), *days)
        measures = (name for name in _MEASURES if name in names)
        chosen = {name: (names | days)[name] for name in (*grain, *measures)}
    else:
        computed = {name for name, needed in _NAMES.items() if needed in names}
        chosen = {name: kind for name, kind in names.items() if name not in computed} | raw
        grain = ()
    view = View(kind, source.table, chosen, grain=grain, types=chosen)
    used = rollup if rollup and is_read(rollup, view) else None
    summed = used.days if used else Days()
    first, *further = (each.branch(chosen) for each in besides(tables, summed))
    return replace(
        view,
        columns=first.columns,
        condition=first.condition,
        further=tuple(further),
        rollup=used,
    )


def is_read(rollup: Rollup, view: View) -> bool:
    """Whether a view reads a rollup: that of its columns, if it is read for any day."""
    return view.kind == DAILY and bool(rollup.days) and rollup.table.columns == sum_columns(view)


def sum_columns(view: View) -> tuple[Column, ...]:
    """The columns of the rollup of ``daily``, without its key and what is made of it."""
    columns = view.daily_columns.items()
    return tuple(
        Column(name, "string" if kind == "varchar" else kind)
        for name, kind in columns
        if name not in {DAY, "date"}
    )


def of_days(source: FlowTable, days: Mapping[int, Days]) -> View:
    """What ``daily`` reads of the records of some days; nothing else is read.

    Args:
        source: the real table, with its further ones.
        days: the days, by the table's place among them.
    """
    tables = read_columns(source)
    view = wanted_view(DAILY, source)
    first, *further = (
        tables[place].branch(view.types, among=own) for place, own in days.items() if own
    )
    return replace(view, **vars(first), further=tuple(further))
