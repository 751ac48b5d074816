"""A target in QuickSight: planned, published, refreshed, looked at, removed, exported."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from flowathena.aws.session import Aws
from flowathena.deploy.quicksight import (
    access,
    definition_file,
    findings,
    ingestions,
    preconditions,
    status,
    wanted,
)
from flowathena.deploy.quicksight.api import Api, calls
from flowathena.deploy.quicksight.data import DataSets, DataSources, is_read
from flowathena.deploy.quicksight.ingestions import Follow, Ingestion
from flowathena.deploy.quicksight.preconditions import Account, Precondition
from flowathena.deploy.quicksight.schedules import Schedules
from flowathena.deploy.quicksight.sheets import Analyses, Dashboards
from flowathena.deploy.quicksight.statements import Statements
from flowathena.deploy.quicksight.status import Status
from flowathena.deploy.quicksight.values import SHEETS, SOURCE
from flowathena.deploy.quicksight.wanted import NOTHING, Statement, Wanted
from flowathena.doctor.findings import Finding
from flowathena.errors import ConfigError, FlowathenaError, UsageError
from flowathena.query.library import Library
from flowathena.reconcile import Operation, OperationResult, Resources, reconcile
from flowathena.shape.shape import FlowTable
from flowathena.target.feed import QuickSightFeed
from flowathena.target.target import Target

Confirm = Callable[[Sequence[Operation[Any]]], bool]
Tell = Callable[[Precondition], None]


@dataclass(frozen=True)
class Publication:
    """What became of publishing, or would.

    Attributes:
        preconditions: what was found of the account.
        results: what became of each resource.
        notices: what to know about it.
    """

    preconditions: tuple[Precondition, ...]
    results: tuple[OperationResult[Any], ...]
    notices: tuple[str, ...] = ()


class TargetQuickSight:
    """What QuickSight has of one target.

    Args:
        target: the target.
        aws: its clients.
        library: gives the queries.
        source: gives the target's table; raises a ``TableMissingError`` if there is none.
        clock: returns the current time, aware.
    """

    def __init__(
        self,
        target: Target,
        aws: Aws,
        *,
        library: Callable[[], Library],
        source: Callable[[], FlowTable],
        clock: Callable[[], datetime],
    ) -> None:
        self._target = target
        self._aws = aws
        self._clock = clock
        self._statements = Statements(target, aws, library, source, clock)
        self._api = Api(aws, target.table_name)

    @cached_property
    def _feed(self) -> QuickSightFeed:
        self._refuse_local()
        feed = self._target.feed.quicksight
        if feed is None:
            name = self._target.name
            raise ConfigError(
                f"target {name!r} has no section [targets.{name}.quicksight]: write one, with "
                "owners = ['user/default/NAME']"
            )
        return feed

    def publish(
        self,
        *,
        definition: Path | None = None,
        ready: bool = False,
        confirm: Confirm = lambda _: True,
        tell: Tell = lambda _: None,
        dry_run: bool = False,
    ) -> Publication:
        """Make QuickSight have what the configuration says: source, data sets, dashboard, ….

        What is as wanted stays; of what others have made nothing is touched. Permissions are those
        of the configuration: whoever is not named there loses them.

        Args:
            definition: a file with another definition of analysis and dashboard. It stays until
                another one is published.
            ready: go back to the ready definition.
            confirm: asked once, with the whole plan, if there is anything to change.
            tell: called with each precondition as it is known.
            dry_run: neither ask nor change anything.

        Raises:
            ConfigError: the target has no section for QuickSight.
            UsageError: the target is local, or a definition is given and no dashboard published.
            QueryError: a query does not run on the table, or QuickSight does not take it.
            TableMissingError: the table does not exist.
            FlowathenaError: a precondition is not met, or QuickSight refuses a call.
            ApplyInterruptedError: interrupted; carries what became of each.
        """
        feed = self._feed
        account = preconditions.examine(
            self._api, feed.owners, feed.readers, feed.identity_region, tell
        )
        account = access.look(self._aws, self._target, feed, account, self._clock(), tell)
        preconditions.refuse_unmet(account)
        if definition or ready:
            preconditions.require_sheets(account, self._target.name, is_shown=feed.dashboard)
        statements, about_view = self._statements.read(feed)
        should = self._should(feed, account, statements)
        if definition:
            brought = self._check_own(definition, should)
            should = self._should(feed, account, statements, brought)
        kinds = self._kinds(should, keep_own=not (definition or ready), account=account)
        results = reconcile(kinds, confirm=confirm, dry_run=dry_run)
        notices = (*about_view, *self._notices(kinds, results, feed, account))
        return Publication(account.preconditions, results, notices)

    def _should(
        self,
        feed: QuickSightFeed,
        account: Account,
        statements: Mapping[str, Statement],
        definition: Mapping[str, Any] | None = None,
    ) -> Wanted:
        prefix = self._api.prefix, self._api.arn("", "").rstrip("/")
        return wanted.make_wanted(self._target, feed, account, prefix, statements, definition)

    def _check_own(self, path: Path, should: Wanted) -> dict[str, Any]:
        """The definition of a file, for our data sets, once it is checked."""
        arns = {name: self._api.arn("dataset", each.id) for name, each in should.sets.items()}
        definition = definition_file.resolve(definition_file.read(path), arns)
        columns = {arns[name]: each.columns for name, each in should.sets.items()}
        shape = self._api.client.meta.service_model.shape_for("DashboardVersionDefinition")
        definition_file.check(path, definition, shape, columns)
        return definition

    def _kinds(
        self, should: Wanted, *, keep_own: bool = True, account: Account | None = None
    ) -> list[Resources[Any]]:
        data_sets = DataSets(self._api, should.sets)
        kinds: list[Resources[Any]] = [
            DataSources(self._api, should.sources),
            data_sets,
            Schedules(self._api, should.schedules, data_sets),
        ]
        if account is None or not account.is_standard:
            kinds += [
                Analyses(self._api, should.analyses, keep_own=keep_own),
                Dashboards(self._api, should.dashboards, keep_own=keep_own),
            ]
        return kinds

    def _notices(
        self,
        kinds: Sequence[Resources[Any]],
        results: Sequence[OperationResult[Any]],
        feed: QuickSightFeed,
        account: Account,
    ) -> list[str]:
        notices = []
        for kind in kinds:
            if isinstance(kind, Schedules):
                notices += [
                    f"data set {name} has a schedule of somebody else's ({', '.join(others)}) and "
                    "gets no second one"
                    for name, others in kind.others.items()
                ]
        if account.is_standard and feed.refresh == "hourly":
            notices.append("Standard refreshes once a day at most: refresh 'hourly' becomes daily")
        read = any(each.changed and is_read(each.operation) for each in results)
        if feed.mode == "spice" and read:
            command = self._target.command("quicksight status")
            notices.append(f"SPICE is being filled; '{command}' shows how far it is")
        return notices

    def remove(
        self, *, confirm: Confirm = lambda _: True, dry_run: bool = False
    ) -> tuple[OperationResult[Any], ...]:
        """Delete what flowathena has made for the table, and nothing else.

        Args:
            confirm: asked once, with what is deleted, if there is anything.
            dry_run: neither ask nor delete anything.

        Raises:
            UsageError: the target is local.
            FlowathenaError: the account has no subscription, or QuickSight refuses a call.
            ApplyInterruptedError: interrupted; carries what became of each.
        """
        kinds = self._kinds(NOTHING, account=self._account())
        return reconcile(kinds, confirm=confirm, dry_run=dry_run)

    def _account(self) -> Account:
        self._refuse_local()
        account = preconditions.look(self._api)
        preconditions.refuse_unmet(account)
        return account

    def refresh(
        self,
        names: Sequence[str] = (),
        *,
        full: bool = False,
        follow: Follow = lambda _: None,
    ) -> tuple[Ingestion, ...]:
        """Read the data sets into SPICE again, and wait for it; a failure is a result.

        Args:
            names: ``daily`` or names of queries; none for all.
            full: read the whole window, also where the last days would do.
            follow: called with every state that is seen.

        Raises:
            UsageError: the target is local, or there is no such data set.
            FlowathenaError: nothing is published, or QuickSight cannot be asked.
            IngestionsInterruptedError: interrupted while waiting; the refresh goes on.
        """
        self._account()
        found = DataSets(self._api, {}).live()
        if not found:
            command = self._target.command("quicksight publish")
            raise FlowathenaError(f"QuickSight has no data set of the target: '{command}' first")
        unknown = [name for name in names if name not in found]
        if unknown:
            raise UsageError(f"no data set {unknown[0]!r}; there are {', '.join(sorted(found))}")
        chosen = {name: each for name, each in found.items() if not names or name in names}
        return ingestions.refresh(self._api, chosen, full=full, follow=follow)

    def status(self) -> Status:
        """What is there, and how its refreshes went; reads only.

        Raises:
            UsageError: the target is local.
            FlowathenaError: the account has no subscription, or QuickSight refuses a call.
        """
        account = self._account()
        data_sets = DataSets(self._api, {})
        sources, found = DataSources(self._api, {}).live(), data_sets.live()
        sets = status.read_sets(self._api, found, Schedules(self._api, {}, data_sets))
        if account.is_standard:
            return Status(sources.get(SOURCE), sets, (), ())
        dashboards = Dashboards(self._api, {}).live().values()
        return Status(
            sources.get(SOURCE),
            sets,
            tuple((each, status.published_version(self._api, each.id)) for each in dashboards),
            tuple(Analyses(self._api, {}).live().values()),
        )

    def examine(self) -> tuple[Finding, ...]:
        """What is wrong, for the doctor; reads only, and raises nothing that AWS refuses."""
        feed = self._feed
        try:
            account = preconditions.examine(
                self._api, feed.owners, feed.readers, feed.identity_region
            )
            found = [*findings.check_account(self._target, account)]
            return (*found, *(() if found else findings.check_status(self._target, self.status())))
        except FlowathenaError as error:
            return (findings.unreadable(self._target, str(error)),)

    def export(self) -> dict[str, Any]:
        """The definition of the dashboard as people see it, for ``publish`` here or elsewhere.

        Raises:
            UsageError: the target is local.
            FlowathenaError: there is no dashboard, or the edition has none, or QuickSight refuses a
                call.
        """
        account = self._account()
        if account.is_standard:
            raise FlowathenaError(preconditions.NO_SHEETS)
        dashboard = Dashboards(self._api, {}).live().get(SHEETS)
        if dashboard is None:
            command = self._target.command("quicksight publish")
            raise FlowathenaError(
                f"QuickSight has no dashboard of the target: '{command}' makes it"
            )
        found = DataSets(self._api, {}).live()
        with calls(f"dashboard {dashboard.id}"):
            seen: Any = self._api.client.describe_dashboard_definition(
                AwsAccountId=self._api.account, DashboardId=dashboard.id
            )
        arns = {name: self._api.arn("dataset", each.id) for name, each in found.items()}
        return {
            "Name": dashboard.name,
            "Definition": definition_file.portable(seen["Definition"], arns),
        }

    def _refuse_local(self) -> None:
        if self._target.is_local:
            raise UsageError(
                f"QuickSight asks Athena, and target {self._target.name!r} is a folder"
            )
