"""The data source and the data sets of a target: compared, created, changed and deleted."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flowathena.aws.session import accept_absence
from flowathena.deploy.quicksight import api as apis
from flowathena.deploy.quicksight.api import Api, calls
from flowathena.deploy.quicksight.refreshing import delete_schedule
from flowathena.deploy.quicksight.values import (
    Column,
    DataSet,
    DataSource,
    describe_sharing,
    differing,
)
from flowathena.errors import FlowathenaError
from flowathena.reconcile import Action, Operation, Resources

_TABLE = "statement"  # the key of the one physical table


def describe_taken(kind: str, name: str) -> str:
    """What to do about an id that somebody else's resource has."""
    return (
        f"there is a {kind} with the id {name} that flowathena did not make for this table; it is "
        "left alone: delete it, or take it out of the configuration"
    )


class DataSources(Resources[DataSource]):
    """The data source of a target.

    Args:
        api: QuickSight.
        wanted: what should be, by name.
    """

    kind = "data source"

    def __init__(self, api: Api, wanted: Mapping[str, DataSource]) -> None:
        self._api = api
        self._wanted = wanted
        self._others: set[str] = set()

    def wanted(self) -> Mapping[str, DataSource]:
        """Those that should be."""
        return self._wanted

    def live(self) -> Mapping[str, DataSource]:
        """Those that are ours, as they are."""
        with calls("data sources"):
            ours, self._others = self._api.find("list_data_sources", "DataSources", "DataSourceId")
            return {self._api.short(name): self._read(name) for name in ours}

    def _read(self, name: str) -> DataSource:
        client, about = self._api.client, self._about(name)
        seen = client.describe_data_source(**about)["DataSource"]
        granted = client.describe_data_source_permissions(**about).get("Permissions", [])
        athena = seen.get("DataSourceParameters", {}).get("AthenaParameters", {})
        return DataSource(
            name,
            seen.get("Name", ""),
            athena.get("WorkGroup", "primary"),
            athena.get("RoleArn"),
            apis.read_permissions(granted),
            apis.fault(seen),
        )

    def _about(self, name: str) -> Any:  # noqa: ANN401 - the arguments that every call has
        return {"AwsAccountId": self._api.account, "DataSourceId": name}

    def describe(self, operation: Operation[DataSource]) -> str:
        """What a change means."""
        wanted, live = operation.wanted, operation.live
        if wanted is None:
            return "and what others have made of it stops working"
        if wanted.id in self._others:
            return describe_taken(self.kind, wanted.id)
        if live is None:
            return f"Athena workgroup {wanted.workgroup}"
        names = {"name": "name", "workgroup": "workgroup", "role_arn": "role", "fault": "failed"}
        words = differing(wanted, live, names)
        return ", ".join([*words, *describe_sharing(wanted.permissions, live.permissions)])

    def do(self, operation: Operation[DataSource]) -> None:
        """Carry out a change."""
        with calls(f"data source {operation.name}"):
            if operation.action is Action.DELETE and operation.live:
                with accept_absence():
                    self._api.client.delete_data_source(**self._about(operation.live.id))
            elif operation.wanted:
                self._make(operation.wanted, operation.live)

    def _make(self, wanted: DataSource, live: DataSource | None) -> None:
        if wanted.id in self._others:
            raise FlowathenaError(describe_taken(self.kind, wanted.id))
        role: Any = {"RoleArn": wanted.role_arn} if wanted.role_arn else {}
        given: Any = {
            **self._about(wanted.id),
            "Name": wanted.name,
            "DataSourceParameters": {"AthenaParameters": {"WorkGroup": wanted.workgroup, **role}},
        }
        client = self._api.client
        if live is None:
            shared = {"Permissions": apis.written(wanted.permissions)} if wanted.permissions else {}
            made = {**given, **shared, "Type": "ATHENA"}
            arn = self._api.arn("datasource", wanted.id)
            self._api.create(client.create_data_source, arn, made)
        elif differing(wanted, live, dict.fromkeys(("name", "workgroup", "role_arn", "fault"), "")):
            client.update_data_source(**given)
        look = lambda: client.describe_data_source(**self._about(wanted.id))["DataSource"]  # noqa: E731
        self._api.wait(f"data source {wanted.name}", look)
        changes = apis.change(wanted.permissions, live.permissions) if live else {}
        if changes:
            client.update_data_source_permissions(**self._about(wanted.id), **changes)


class DataSets(Resources[DataSet]):
    """The data sets of a target.

    Args:
        api: QuickSight.
        wanted: what should be, by name.

    Attributes:
        found: those that exist, by name, once they have been looked at.
    """

    kind = "data set"

    def __init__(self, api: Api, wanted: Mapping[str, DataSet]) -> None:
        self._api = api
        self._wanted = wanted
        self._others: set[str] = set()
        self.found: dict[str, DataSet] = {}

    def wanted(self) -> Mapping[str, DataSet]:
        """Those that should be."""
        return self._wanted

    def live(self) -> Mapping[str, DataSet]:
        """Those that are ours, as they are."""
        with calls("data sets"):
            ours, self._others = self._api.find("list_data_sets", "DataSetSummaries", "DataSetId")
            self.found = {self._api.short(name): self._read(name) for name in ours}
        return self.found

    def _read(self, name: str) -> DataSet:
        client, about = self._api.client, self._about(name)
        seen = client.describe_data_set(**about)["DataSet"]
        granted = client.describe_data_set_permissions(**about).get("Permissions", [])
        tables: list[Any] = [*seen.get("PhysicalTableMap", {}).values()]
        sql = tables[0].get("CustomSql", {}) if len(tables) == 1 else {}
        columns = [Column(each["Name"], each["Type"]) for each in sql.get("Columns", ())]
        return DataSet(
            name,
            seen.get("Name", ""),
            sql.get("DataSourceArn", ""),
            sql.get("SqlQuery", "").rstrip(),
            tuple(columns),
            seen.get("ImportMode") == "SPICE",
            apis.read_permissions(granted),
        )

    def _about(self, name: str) -> Any:  # noqa: ANN401 - the arguments that every call has
        return {"AwsAccountId": self._api.account, "DataSetId": name}

    def describe(self, operation: Operation[DataSet]) -> str:
        """What a change means."""
        wanted, live = operation.wanted, operation.live
        if wanted is None:
            return "and what others have made of it stops working"
        if wanted.id in self._others:
            return describe_taken(self.kind, wanted.id)
        mode = "SPICE" if wanted.spice else "direct query"
        if live is None:
            return f"{len(wanted.columns)} columns, {mode}"
        words = differing(
            wanted,
            live,
            {
                "name": "name",
                "source_arn": "data source",
                "sql": "statement",
                "columns": "columns",
                "spice": mode,
            },
        )
        return ", ".join([*words, *describe_sharing(wanted.permissions, live.permissions)])

    def do(self, operation: Operation[DataSet]) -> None:
        """Carry out a change."""
        with calls(f"data set {operation.name}"):
            if operation.action is Action.DELETE and operation.live:
                with accept_absence():
                    self._api.client.delete_data_set(**self._about(operation.live.id))
            elif operation.wanted:
                self._make(operation.wanted, operation.live)

    def _make(self, wanted: DataSet, live: DataSet | None) -> None:
        if wanted.id in self._others:
            raise FlowathenaError(describe_taken(self.kind, wanted.id))
        client = self._api.client
        given: Any = {
            **self._about(wanted.id),
            "Name": wanted.name,
            "PhysicalTableMap": {_TABLE: {"CustomSql": _statement(wanted)}},
            "ImportMode": "SPICE" if wanted.spice else "DIRECT_QUERY",
        }
        if live is None:
            shared = {"Permissions": apis.written(wanted.permissions)} if wanted.permissions else {}
            arn = self._api.arn("dataset", wanted.id)
            self._api.create(client.create_data_set, arn, {**given, **shared})
            return
        if live.spice and not wanted.spice:
            delete_schedule(self._api, wanted.id)  # while there may be one
        # An update reads everything into SPICE again: not for a permission.
        if differing(
            wanted, live, dict.fromkeys(("name", "source_arn", "sql", "columns", "spice"), "")
        ):
            client.update_data_set(**given)
        changes = apis.change(wanted.permissions, live.permissions)
        if changes:
            client.update_data_set_permissions(**self._about(wanted.id), **changes)


def is_read(operation: Operation[Any]) -> bool:
    """Whether a change has SPICE read a data set: not one of who may see it alone."""
    wanted, live = operation.wanted, operation.live
    if not isinstance(wanted, DataSet):
        return False
    return live is None or replace(live, permissions=wanted.permissions) != wanted


def _statement(wanted: DataSet) -> dict[str, Any]:
    return {
        "DataSourceArn": wanted.source_arn,
        "Name": "flow_logs",
        # QuickSight puts the statement into another: its last line may be a comment.
        "SqlQuery": f"{wanted.sql}\n",
        "Columns": [{"Name": each.name, "Type": each.type} for each in wanted.columns],
    }
