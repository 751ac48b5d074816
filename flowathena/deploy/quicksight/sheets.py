"""The analysis and the dashboard of a target: compared, created, changed, published, deleted."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flowathena.aws.session import accept_absence
from flowathena.deploy.quicksight import api as apis
from flowathena.deploy.quicksight.api import Api, calls
from flowathena.deploy.quicksight.data import describe_taken
from flowathena.deploy.quicksight.values import (
    Sheets,
    describe_sharing,
    differing,
    read_origin,
)
from flowathena.errors import FlowathenaError
from flowathena.reconcile import Action, Operation, Resources

_ORIGIN = "flowathena:definition"  # the tag of an analysis; a dashboard's versions describe theirs
_COMPARED = {"name": "name", "origin": "definition", "fault": "failed"}


class _SheetsOf(Resources[Sheets]):
    """What analyses and dashboards have in common.

    Args:
        api: QuickSight.
        wanted: what should be, by name.
        keep_own: whether a definition that was brought in a file stays.
    """

    def __init__(self, api: Api, wanted: Mapping[str, Sheets], *, keep_own: bool = True) -> None:
        self._api = api
        self._wanted = wanted
        self._keep_own = keep_own
        self._others: set[str] = set()
        self._live: dict[str, Sheets] = {}

    def wanted(self) -> Mapping[str, Sheets]:
        """Those that should be."""
        return {name: self._kept(each, self._live.get(name)) for name, each in self._wanted.items()}

    def _kept(self, wanted: Sheets, live: Sheets | None) -> Sheets:
        if live and live.is_own and self._keep_own and not live.fault:
            return replace(live, permissions=wanted.permissions)
        return wanted

    def describe(self, operation: Operation[Sheets]) -> str:
        """What a change means."""
        wanted, live = operation.wanted, operation.live
        if wanted is None:
            return "and what was changed in it"
        if wanted.id in self._others:
            return describe_taken(self.kind, wanted.id)
        if live is None:
            return "from a file" if wanted.is_own else ""
        words = differing(wanted, live, _COMPARED)
        if "definition" in words:
            words.append("what was changed there is lost")
        return ", ".join([*words, *describe_sharing(wanted.permissions, live.permissions)])


class Analyses(_SheetsOf):
    """The analysis of a target, by name."""

    kind = "analysis"

    def live(self) -> Mapping[str, Sheets]:
        """Those that are ours, as they are."""
        with calls("analyses"):
            ours, self._others = self._api.find(
                "list_analyses", "AnalysisSummaryList", "AnalysisId"
            )
            self._live = {
                self._api.short(name): self._read(name, arn) for name, arn in ours.items()
            }
        return self._live

    def _read(self, name: str, arn: str) -> Sheets:
        client, about = self._api.client, self._about(name)
        seen = client.describe_analysis(**about)["Analysis"]
        granted = client.describe_analysis_permissions(**about).get("Permissions", [])
        return Sheets(
            name,
            seen.get("Name", ""),
            read_origin(self._api.tags_of(arn).get(_ORIGIN, "")),
            apis.read_permissions(granted),
            fault=apis.fault(seen),
        )

    def _about(self, name: str) -> Any:  # noqa: ANN401 - the arguments that every call has
        return {"AwsAccountId": self._api.account, "AnalysisId": name}

    def do(self, operation: Operation[Sheets]) -> None:
        """Carry out a change."""
        with calls(f"analysis {operation.name}"):
            if operation.action is Action.DELETE and operation.live:
                with accept_absence():
                    # Else the id stays taken for thirty days.
                    self._api.client.delete_analysis(
                        **self._about(operation.live.id), ForceDeleteWithoutRecovery=True
                    )
            elif operation.wanted:
                self._make(operation.wanted, operation.live)

    def _make(self, wanted: Sheets, live: Sheets | None) -> None:
        if wanted.id in self._others:
            raise FlowathenaError(describe_taken(self.kind, wanted.id))
        client, about = self._api.client, self._about(wanted.id)
        given: Any = {**about, "Name": wanted.name, "Definition": wanted.definition}
        tag: Any = {"Key": _ORIGIN, "Value": wanted.origin}
        look = lambda: client.describe_analysis(**about)["Analysis"]  # noqa: E731
        if live is None:
            shared = {"Permissions": apis.written(wanted.permissions)} if wanted.permissions else {}
            made = {
                **given,
                **shared,
                "Tags": [*self._api.tags, tag],
                "ValidationStrategy": _STRICT,
            }
            self._api.create(client.create_analysis, self._api.arn("analysis", wanted.id), made)
            self._api.wait(f"analysis {wanted.name}", look)
            return
        if differing(wanted, live, _COMPARED) and wanted.definition:
            client.update_analysis(**given, ValidationStrategy=_STRICT)
            self._api.wait(f"analysis {wanted.name}", look)
            arn = self._api.arn("analysis", wanted.id)
            client.tag_resource(ResourceArn=arn, Tags=[tag])
        changes = apis.change(wanted.permissions, live.permissions)
        if changes:
            client.update_analysis_permissions(**about, **changes)


_STRICT: Any = {"Mode": "STRICT"}


class Dashboards(_SheetsOf):
    """The dashboard of a target, by name."""

    kind = "dashboard"

    def live(self) -> Mapping[str, Sheets]:
        """Those that are ours, as they are."""
        with calls("dashboards"):
            ours, self._others = self._api.find(
                "list_dashboards", "DashboardSummaryList", "DashboardId"
            )
            self._live = {self._api.short(name): self._read(name) for name in ours}
        return self._live

    def _read(self, name: str) -> Sheets:
        client, about = self._api.client, self._about(name)
        seen = client.describe_dashboard(**about)["Dashboard"]
        version = seen.get("Version", {})
        granted = client.describe_dashboard_permissions(**about).get("Permissions", [])
        return Sheets(
            name,
            seen.get("Name", ""),
            # Of the version that people see, whoever published it.
            read_origin(version.get("Description", "")),
            apis.read_permissions(granted),
            fault=apis.fault(version),
        )

    def _about(self, name: str) -> Any:  # noqa: ANN401 - the arguments that every call has
        return {"AwsAccountId": self._api.account, "DashboardId": name}

    def do(self, operation: Operation[Sheets]) -> None:
        """Carry out a change."""
        with calls(f"dashboard {operation.name}"):
            if operation.action is Action.DELETE and operation.live:
                with accept_absence():
                    self._api.client.delete_dashboard(**self._about(operation.live.id))
            elif operation.wanted:
                self._make(operation.wanted, operation.live)

    def _make(self, wanted: Sheets, live: Sheets | None) -> None:
        if wanted.id in self._others:
            raise FlowathenaError(describe_taken(self.kind, wanted.id))
        client, about = self._api.client, self._about(wanted.id)
        given: Any = {
            **about,
            "Name": wanted.name,
            "Definition": wanted.definition,
            "VersionDescription": wanted.origin,
            "ValidationStrategy": _STRICT,
        }
        if live is None:
            shared = {"Permissions": apis.written(wanted.permissions)} if wanted.permissions else {}
            arn = self._api.arn("dashboard", wanted.id)
            self._api.create(client.create_dashboard, arn, {**given, **shared})
            self._wait(wanted, 1)
            return
        if differing(wanted, live, _COMPARED) and wanted.definition:
            arn = client.update_dashboard(**given)["VersionArn"]
            number = int(arn.rpartition("/")[2])
            # The new version, not the published one, which stays what it was until then.
            self._wait(wanted, number)
            client.update_dashboard_published_version(**about, VersionNumber=number)
        changes = apis.change(wanted.permissions, live.permissions)
        if changes:
            client.update_dashboard_permissions(**about, **changes)

    def _wait(self, wanted: Sheets, number: int) -> None:
        def look() -> Mapping[str, Any]:
            answer = self._api.client.describe_dashboard(
                **self._about(wanted.id), VersionNumber=number
            )
            return answer["Dashboard"].get("Version", {})

        self._api.wait(f"dashboard {wanted.name}", look)
