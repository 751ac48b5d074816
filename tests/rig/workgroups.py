"""Workgroups and what they settle for a query."""

import copy
import time
from typing import Any

from tests.rig.answers import AwsError

_ENGINE = {
    "SelectedEngineVersion": "AUTO",
    "EffectiveEngineVersion": "Athena engine version 3",
}
_DEFAULTS: dict[str, Any] = {
    "ResultConfiguration": {},
    "EnforceWorkGroupConfiguration": True,
    "PublishCloudWatchMetricsEnabled": True,
    "RequesterPaysEnabled": False,
    "EngineVersion": _ENGINE,
    "EnableMinimumEncryptionConfiguration": False,
}


def refused(message: str, code: str = "INVALID_INPUT") -> AwsError:
    """Make Athena's refusal of a request."""
    return AwsError("InvalidRequestException", message, extra={"AthenaErrorCode": code})


def _new(name: str, configuration: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "Name": name,
        "State": "ENABLED",
        "Configuration": {**copy.deepcopy(_DEFAULTS), **configuration},
        "Description": description,
        "CreationTime": round(time.time(), 3),
    }


class Workgroups:
    """Every workgroup; "primary" is always there and enforces nothing at first."""

    def __init__(self) -> None:
        self._groups: dict[str, dict[str, Any]] = {}
        self.reset()

    def reset(self) -> None:
        """Leave only the primary workgroup."""
        first = _new("primary", {"EnforceWorkGroupConfiguration": False}, "")
        self._groups = {"primary": first}

    def find(self, name: str) -> dict[str, Any]:
        """Give a workgroup; a missing one is refused."""
        group = self._groups.get(name)
        if group is None:
            raise refused(f"WorkGroup {name} is not found.")
        return group

    def create(self, params: dict[str, Any]) -> dict[str, Any]:
        """CreateWorkGroup."""
        name = params["Name"]
        if name in self._groups:
            raise refused("WorkGroup is already created")
        given = params.get("Configuration") or {}
        self._groups[name] = _new(name, given, params.get("Description", ""))
        return {}

    def get(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetWorkGroup."""
        return {"WorkGroup": self.find(params["WorkGroup"])}

    def update(self, params: dict[str, Any]) -> dict[str, Any]:
        """UpdateWorkGroup."""
        group = self.find(params["WorkGroup"])
        for name in ("Description", "State"):
            group[name] = params.get(name, group[name])
        _change(group["Configuration"], params.get("ConfigurationUpdates") or {})
        return {}

    def delete(self, params: dict[str, Any]) -> dict[str, Any]:
        """DeleteWorkGroup."""
        name = params["WorkGroup"]
        if name == "primary":
            raise refused("The primary WorkGroup cannot be deleted")
        self.find(name)
        del self._groups[name]
        return {}

    def list(self, params: dict[str, Any]) -> dict[str, Any]:
        """ListWorkGroups."""
        size, start = params.get("MaxResults", 50), int(params.get("NextToken", 0))
        names = sorted(self._groups)
        page = [self._summary(name) for name in names[start : start + size]]
        more = {"NextToken": str(start + size)} if start + size < len(names) else {}
        return {"WorkGroups": page, **more}

    def _summary(self, name: str) -> dict[str, Any]:
        group = self._groups[name]
        shown = {key: group[key] for key in ("Name", "State", "Description", "CreationTime")}
        return {**shown, "EngineVersion": _ENGINE}

    def output(self, name: str, asked: str | None) -> str:
        """Give where results go: an enforced workgroup wins over the request."""
        configuration = self.find(name)["Configuration"]
        own = configuration["ResultConfiguration"].get("OutputLocation")
        if own and configuration["EnforceWorkGroupConfiguration"]:
            return str(own)
        location = asked or own
        if not location:
            raise refused(
                "No output location provided. An output location is required either through the"
                " Workgroup result configuration setting or as an API input."
            )
        return str(location)

    def cutoff(self, name: str) -> int | None:
        """Give the bytes a query of a workgroup may scan."""
        value: int | None = self.find(name)["Configuration"].get("BytesScannedCutoffPerQuery")
        return value


def _change(configuration: dict[str, Any], updates: dict[str, Any]) -> None:
    results = dict(updates.get("ResultConfigurationUpdates") or {})
    if results.pop("RemoveOutputLocation", False):
        configuration["ResultConfiguration"].pop("OutputLocation", None)
    configuration["ResultConfiguration"].update(results)
    if updates.get("RemoveBytesScannedCutoffPerQuery"):
        configuration.pop("BytesScannedCutoffPerQuery", None)
    skipped = ("ResultConfigurationUpdates", "RemoveBytesScannedCutoffPerQuery", "EngineVersion")
    configuration.update({key: value for key, value in updates.items() if key not in skipped})
