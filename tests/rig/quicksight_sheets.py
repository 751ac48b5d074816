"""QuickSight's analyses, and dashboards with versions, of which one is published."""

from collections.abc import Iterator
from typing import Any

from tests.rig.answers import AwsError
from tests.rig.calls import Call
from tests.rig.quicksight_data import columns_of
from tests.rig.quicksight_places import Places
from tests.rig.quicksight_store import (
    Asset,
    Making,
    Version,
    invalid,
    not_found,
    page,
)
from tests.rig.service import Operation, Params

_DATED = ("DateDimensionField", "DateMeasureField", "RelativeDatesFilter", "TimeRangeFilter")


class Sheets:
    """Operations on dashboards and analyses."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.operations: dict[str, Operation] = {
            "CreateDashboard": self._create_dashboard,
            "UpdateDashboard": self._update_dashboard,
            "UpdateDashboardPublishedVersion": self._publish,
            "DescribeDashboard": self._dashboard,
            "DescribeDashboardDefinition": self._dashboard_definition,
            "ListDashboardVersions": self._versions,
            "ListDashboards": lambda call: places.list_(call, "dashboard"),
            "DeleteDashboard": lambda call: places.delete(call, "dashboard"),
            "DescribeDashboardPermissions": lambda call: places.permissions(call, "dashboard"),
            "UpdateDashboardPermissions": lambda call: places.grant(call, "dashboard"),
            "CreateAnalysis": self._create_analysis,
            "UpdateAnalysis": self._update_analysis,
            "DescribeAnalysis": self._analysis,
            "DescribeAnalysisDefinition": self._analysis_definition,
            "ListAnalyses": lambda call: places.list_(call, "analysis"),
            "DeleteAnalysis": self._delete_analysis,
            "DescribeAnalysisPermissions": lambda call: places.permissions(call, "analysis"),
            "UpdateAnalysisPermissions": lambda call: places.grant(call, "analysis"),
        }

    # Dashboards

    def _create_dashboard(self, call: Call) -> Params:
        definition = _definition(call.params)
        asset = self._places.make(call, "dashboard", {})
        version = self._version(asset, call, definition, "CREATION")
        return self._made(asset, version, "CreationStatus")

    def _update_dashboard(self, call: Call) -> Params:
        asset = self._places.find(call, "dashboard")
        if asset.versions[-1].making.looks > 0:
            raise AwsError("ConflictException", f"{asset.id} is being changed", 409)
        version = self._version(asset, call, _definition(call.params), "CREATION")
        asset.name, asset.updated = call.params["Name"], self._places.now()
        return self._made(asset, version, "CreationStatus")

    def _version(self, asset: Asset, call: Call, definition: Params, verb: str) -> Version:
        making = self._making(definition, verb)
        said = call.params.get("VersionDescription", "")
        version = Version(len(asset.versions) + 1, definition, making, said)
        asset.versions.append(version)
        return version

    def _making(self, definition: Params, verb: str) -> Making:
        making = self._places.making(verb)
        making.errors += self._faults(definition)
        return making

    @staticmethod
    def _made(asset: Asset, version: Version, status: str) -> Params:
        arn = f"{asset.arn}/version/{version.number}"
        known = {"Arn": asset.arn, "VersionArn": arn, "DashboardId": asset.id}
        return {**known, status: version.making.status}

    def _publish(self, call: Call) -> Params:
        asset = self._places.find(call, "dashboard")
        version = _numbered(asset, call.params["VersionNumber"])
        if not version.making.status.endswith("SUCCESSFUL"):
            said = f"version {version.number} of {asset.id} is {version.making.status}"
            raise AwsError("ConflictException", said, 409)
        asset.published = version.number
        return {"DashboardId": asset.id, "DashboardArn": asset.arn}

    def _dashboard(self, call: Call) -> Params:
        asset = self._places.find(call, "dashboard")
        version = _numbered(asset, call.params.get("VersionNumber") or asset.published)
        status = version.making.look()
        shown: Params = {
            "VersionNumber": version.number,
            "Status": status,
            "Arn": f"{asset.arn}/version/{version.number}",
            "CreatedTime": asset.updated,
            "DataSetArns": _arns(version.definition),
        }
        if version.description:
            shown["Description"] = version.description
        if status.endswith("FAILED"):
            shown["Errors"] = version.making.errors
        known: Params = {"DashboardId": asset.id, "Arn": asset.arn, "Name": asset.name}
        known |= {"CreatedTime": asset.created, "LastUpdatedTime": asset.updated}
        return {"Dashboard": {**known, "LastPublishedTime": asset.updated, "Version": shown}}

    def _dashboard_definition(self, call: Call) -> Params:
        asset = self._places.find(call, "dashboard")
        version = _numbered(asset, call.params.get("VersionNumber") or asset.published)
        known = {"DashboardId": asset.id, "Name": asset.name}
        known["ResourceStatus"] = version.making.status
        return {**known, "Definition": _as_kept(version.definition)}

    def _versions(self, call: Call) -> Params:
        asset = self._places.find(call, "dashboard")
        listed = [
            {
                "Arn": f"{asset.arn}/version/{each.number}",
                "VersionNumber": each.number,
                "Status": each.making.status,
                "CreatedTime": asset.updated,
                **({"Description": each.description} if each.description else {}),
            }
            for each in reversed(asset.versions)
        ]
        versions, more = page(listed, call.params)
        return {"DashboardVersionSummaryList": versions, **more}

    # Analyses

    def _create_analysis(self, call: Call) -> Params:
        definition = _definition(call.params)
        asset = self._places.make(call, "analysis", {"Definition": definition})
        asset.making.errors += self._faults(definition)
        known = {"Arn": asset.arn, "AnalysisId": asset.id}
        return {**known, "CreationStatus": asset.making.status}

    def _update_analysis(self, call: Call) -> Params:
        asset = self._places.find(call, "analysis")
        if asset.making.looks > 0:
            raise AwsError("ConflictException", f"{asset.id} is being changed", 409)
        asset.members["Definition"] = _definition(call.params)
        asset.name, asset.updated = call.params["Name"], self._places.now()
        asset.making = self._making(asset.members["Definition"], "UPDATE")
        known = {"Arn": asset.arn, "AnalysisId": asset.id}
        return {**known, "UpdateStatus": asset.making.status}

    def _analysis(self, call: Call) -> Params:
        asset = self._places.find(call, "analysis")
        status = asset.making.look()
        known: Params = {"AnalysisId": asset.id, "Arn": asset.arn, "Name": asset.name}
        known["Status"] = status
        known |= {"CreatedTime": asset.created, "LastUpdatedTime": asset.updated}
        if status.endswith("FAILED"):
            known["Errors"] = asset.making.errors
        return {"Analysis": {**known, "DataSetArns": _arns(asset.members["Definition"])}}

    def _analysis_definition(self, call: Call) -> Params:
        asset = self._places.find(call, "analysis")
        known = {"AnalysisId": asset.id, "Name": asset.name}
        known["ResourceStatus"] = asset.making.status
        return {**known, "Definition": _as_kept(asset.members["Definition"])}

    def _delete_analysis(self, call: Call) -> Params:
        # Without force it stays for 30 days, and its id with it.
        if call.params.get("ForceDeleteWithoutRecovery") == "true":
            return self._places.delete(call, "analysis")
        asset = self._places.find(call, "analysis")
        asset.making = Making("DELETED", 0)
        return {"Arn": asset.arn, "AnalysisId": asset.id}

    # What is wrong with a definition

    def _faults(self, definition: Params) -> list[Params]:
        kinds: dict[str, dict[str, str]] = {}
        for each in definition["DataSetIdentifierDeclarations"]:
            try:
                asset = self._places.store.by_arn(each["DataSetArn"])
            except AwsError:
                said = f"{each['DataSetArn']} is not found"
                return [{"Type": "DATA_SET_NOT_FOUND", "Message": said}]
            tables = asset.members["PhysicalTableMap"].values()
            kinds[each["Identifier"]] = {
                column["Name"]: column["Type"]
                for table in tables
                for one in table.values()
                for column in columns_of(one)
            }
        for each in definition.get("CalculatedFields", []):
            kinds[each["DataSetIdentifier"]][each["Name"]] = "CALCULATED"
        return list(_wrong_columns(definition, kinds))


def _wrong_columns(definition: Params, kinds: dict[str, dict[str, str]]) -> Iterator[Params]:
    for parent, column in _columns(definition, ""):
        name = column["ColumnName"]
        kind = kinds.get(column["DataSetIdentifier"], {}).get(name)
        if kind is None:
            yield {"Type": "COLUMN_REPLACEMENT_MISSING", "Message": f"column {name} is missing"}
        elif parent in _DATED and kind != "DATETIME":
            yield {"Type": "COLUMN_TYPE_MISMATCH", "Message": f"column {name} is {kind}"}


def _columns(node: Any, parent: str) -> Iterator[tuple[str, Params]]:  # noqa: ANN401 - JSON
    """Every column that is named, and the member that names it."""
    if isinstance(node, list):
        for each in node:
            yield from _columns(each, parent)
    elif isinstance(node, dict):
        if "ColumnName" in node and "DataSetIdentifier" in node:
            yield parent, node
        for key, value in node.items():
            yield from _columns(value, parent if key in {"Column", "SortBy"} else key)


def _definition(params: Params) -> Params:
    if "Definition" not in params:
        raise invalid("the rig plays definitions, not templates")
    definition: Params = params["Definition"]
    if params.get("ValidationStrategy", {}).get("Mode", "STRICT") != "STRICT":
        raise invalid("the rig validates strictly")
    return definition


def _as_kept(definition: Params) -> Params:
    """A definition as it is described: with what AWS adds to it."""
    usual = {"SheetContentType": "INTERACTIVE"}
    return {"AnalysisDefaults": {"DefaultNewSheetConfiguration": usual}, **definition}


def _numbered(asset: Asset, number: object) -> Version:
    for each in asset.versions:
        if each.number == int(str(number)):
            return each
    raise not_found("Dashboard version", f"{asset.id}/{number}")


def _arns(definition: Params) -> list[str]:
    return [each["DataSetArn"] for each in definition["DataSetIdentifierDeclarations"]]
