"""What should be in QuickSight: made of a target's settings, its view and its queries; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from flowathena.deploy.quicksight import actions, values
from flowathena.deploy.quicksight.columns import data_set_columns
from flowathena.deploy.quicksight.definition import ready_definition
from flowathena.deploy.quicksight.preconditions import Account, Principal
from flowathena.deploy.quicksight.values import (
    DAILY,
    SHEETS,
    SOURCE,
    DataSet,
    DataSource,
    Permissions,
    Schedule,
    Sheets,
)
from flowathena.errors import QueryError
from flowathena.query.query import Query
from flowathena.sql.quoting import identifier
from flowathena.table.view_text import View
from flowathena.target.feed import QuickSightFeed
from flowathena.target.target import Target

STATEMENT_LIMIT = 168_000
"""Characters of a data set's statement."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Statement:
    """What a data set is made of.

    Attributes:
        title: what people read in QuickSight.
        sql: the statement.
        columns: names and types of its columns.
        time_column: the column of whose last days an incremental refresh is made; empty if it
            cannot be: a query sums up its whole window.
    """

    title: str
    sql: str
    columns: Sequence[tuple[str, str]]
    time_column: str = ""


@dataclass(frozen=True)
class Wanted:
    """Everything that should be, by name."""

    sources: Mapping[str, DataSource]
    sets: Mapping[str, DataSet]
    schedules: Mapping[str, Schedule]
    analyses: Mapping[str, Sheets]
    dashboards: Mapping[str, Sheets]


NOTHING = Wanted({}, {}, {}, {}, {})
"""What should be once it is removed."""


def daily_statement(view: View, window: timedelta) -> Statement:
    """The daily volumes: the rows of the view, of the days of a window that ends now.

    The view would give all days there have ever been. Its ``day`` is a partition key, or made of
    them alone, so that the condition keeps Athena from the others.

    Args:
        view: the view ``daily``.
        window: how far back; of whole days.
    """
    columns = view.daily_columns
    names = ",\n  ".join(map(identifier, columns))
    days = -(-window // _DAY)
    since = f"date_format(current_date - interval '{days}' day, '%Y-%m-%d')"
    full_name = f"{identifier(view.table.database)}.{identifier(view.name)}"
    sql = f'SELECT\n  {names}\nFROM {full_name}\nWHERE "day" >= {since}'
    return Statement("VPC flows by day", sql, tuple(columns.items()), "date")


def query_statement(query: Query, sql: str, columns: Iterable[tuple[str, str]]) -> Statement:
    """A saved query, rendered with a window that moves."""
    return Statement(query.title, sql, tuple(columns))


def make_wanted(
    target: Target,
    feed: QuickSightFeed,
    account: Account,
    prefix: tuple[str, str],
    statements: Mapping[str, Statement],
    own: Mapping[str, Any] | None = None,
) -> Wanted:
    """Everything that should be.

    Args:
        target: the target.
        feed: its settings.
        account: what the account has.
        prefix: how ids and how ARNs begin: ``flowathena-…-`` and ``arn:aws:quicksight:…:``.
        statements: what the data sets are made of, by name; one is ``daily``.
        own: a definition that was brought in a file; None for the ready one.

    Raises:
        QueryError: QuickSight does not take a statement, or a column of it.
    """
    ids, arns = prefix
    table = target.table_name
    source = DataSource(
        f"{ids}{SOURCE}",
        values.display_name("VPC flow logs", table),
        target.workgroup,
        feed.role_arn,
        _grant(account.owners, actions.SOURCE_OWNER),
    )
    sets = {
        name: DataSet(
            f"{ids}{name}",
            values.display_name(each.title, table),
            f"{arns}datasource/{source.id}",
            _sql(name, each.sql),
            data_set_columns(name, each.columns),
            feed.mode == "spice",
            {
                **_grant(_authors(account), actions.SET_READER),
                **_grant(account.owners, actions.SET_OWNER),
            },
        )
        for name, each in statements.items()
    }
    scheduled = feed.mode == "spice" and feed.refresh != "never"
    schedules = {
        name: _schedule(sets[name].id, each, feed, account) for name, each in statements.items()
    }
    analysis, dashboard = _sheets(target, account, prefix, sets[DAILY], own)
    shown = feed.dashboard and not account.is_standard
    return Wanted(
        {SOURCE: source},
        sets,
        schedules if scheduled else {},
        {SHEETS: analysis} if shown else {},
        {SHEETS: dashboard} if shown else {},
    )


def _sheets(
    target: Target,
    account: Account,
    prefix: tuple[str, str],
    daily: DataSet,
    own: Mapping[str, Any] | None,
) -> tuple[Sheets, Sheets]:
    """The analysis and the dashboard."""
    ids, arns = prefix
    definition = own or ready_definition(daily.columns, f"{arns}dataset/{daily.id}")
    analysis = Sheets(
        f"{ids}{SHEETS}",
        values.display_name("VPC flow logs", target.table_name),
        values.origin(definition, own=own is not None),
        _grant(account.owners, actions.ANALYSIS_OWNER),
        definition,
    )
    readers = _grant(account.readers, actions.DASHBOARD_READER)
    owners = _grant(account.owners, actions.DASHBOARD_OWNER)
    return analysis, replace(analysis, permissions={**readers, **owners})


def _schedule(
    data_set: str, statement: Statement, feed: QuickSightFeed, account: Account
) -> Schedule:
    interval = feed.refresh.upper()
    if account.is_standard and interval == "HOURLY":
        interval = "DAILY"
    hourly = interval == "HOURLY"
    at, timezone = ("", "") if hourly else (feed.refresh_at, feed.timezone)
    column = "" if account.is_standard else statement.time_column
    days = -(-feed.lookback // _DAY) if column else 0
    return Schedule(data_set, interval, at, timezone, column, days)


def _authors(account: Account) -> tuple[Principal, ...]:
    """The readers who can make something of a data set: a user who only reads cannot have one."""
    return tuple(each for each in account.readers if not each.only_reads)


def _grant(principals: Iterable[Principal], granted: frozenset[str]) -> Permissions:
    return {each.arn: granted for each in principals}


def _sql(name: str, sql: str) -> str:
    if len(sql) >= STATEMENT_LIMIT:
        raise QueryError(
            f"query {name}: its statement has {len(sql):,} characters; QuickSight takes "
            f"{STATEMENT_LIMIT:,}: give its lists fewer values"
        )
    return sql.rstrip()
