"""What QuickSight keeps: assets with tags and permissions, and how each is made over time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.rig.answers import AwsError
from tests.rig.service import Params

ACCOUNT = "123456789012"
_PAGE = 100
_ACTION = re.compile(r"quicksight:[A-Z][A-Za-z]+")
NOUNS = {
    "datasource": "DataSource",
    "dataset": "DataSet",
    "dashboard": "Dashboard",
    "analysis": "Analysis",
}
# Every action a permission on a resource of the kind may grant. The sets of the console are parts
# of these; AWS refuses any other action.
_ABOUT_REFRESHING = (
    *("CreateRefreshSchedule", "DescribeRefreshSchedule", "ListRefreshSchedules"),
    *("UpdateRefreshSchedule", "DeleteRefreshSchedule", "PutDataSetRefreshProperties"),
    *("DescribeDataSetRefreshProperties", "DeleteDataSetRefreshProperties"),
)
ACTIONS = {
    "datasource": {
        *("DescribeDataSource", "DescribeDataSourcePermissions", "PassDataSource"),
        *("UpdateDataSource", "DeleteDataSource", "UpdateDataSourcePermissions"),
    },
    "dataset": {
        *("DescribeDataSet", "DescribeDataSetPermissions", "PassDataSet", "DescribeIngestion"),
        *("ListIngestions", "UpdateDataSet", "DeleteDataSet", "CreateIngestion"),
        *("CancelIngestion", "UpdateDataSetPermissions", *_ABOUT_REFRESHING),
    },
    "dashboard": {
        *("DescribeDashboard", "ListDashboardVersions", "QueryDashboard", "UpdateDashboard"),
        *("DeleteDashboard", "DescribeDashboardPermissions", "UpdateDashboardPermissions"),
        "UpdateDashboardPublishedVersion",
    },
    "analysis": {
        *("DescribeAnalysis", "QueryAnalysis", "UpdateAnalysis", "DeleteAnalysis"),
        *("RestoreAnalysis", "DescribeAnalysisPermissions", "UpdateAnalysisPermissions"),
    },
}


def not_found(noun: str, name: str) -> AwsError:
    """The refusal of what does not exist."""
    return AwsError("ResourceNotFoundException", f"{noun} {name} is not found", 404)


def invalid(message: str) -> AwsError:
    """The refusal of a value."""
    return AwsError("InvalidParameterValueException", message, 400)


def exists(noun: str, name: str) -> AwsError:
    """The refusal of an id that is taken."""
    message = f"{noun} {name} already exists"
    return AwsError("ResourceExistsException", message, 409, {"ResourceType": noun.upper()})


@dataclass
class Making:
    """What is under way: in progress for a number of looks, then done, or failed with errors."""

    verb: str
    looks: int
    errors: list[Params] = field(default_factory=list)

    @property
    def status(self) -> str:
        """The status now."""
        if self.looks > 0:
            return f"{self.verb}_IN_PROGRESS"
        return f"{self.verb}_FAILED" if self.errors else f"{self.verb}_SUCCESSFUL"

    def look(self) -> str:
        """The status; the next look comes later."""
        status = self.status
        self.looks -= 1
        return status


@dataclass
class Version:
    """One version of a dashboard."""

    number: int
    definition: Params
    making: Making
    description: str = ""


@dataclass
class Asset:
    """A data source, data set, dashboard or analysis."""

    kind: str
    id: str
    arn: str
    name: str
    created: datetime
    updated: datetime
    making: Making
    members: Params = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    permissions: dict[str, set[str]] = field(default_factory=dict)
    versions: list[Version] = field(default_factory=list)
    published: int = 1
    ingestions: list[Params] = field(default_factory=list)
    schedules: dict[str, Params] = field(default_factory=dict)
    properties: Params | None = None


class Store:
    """The assets of every Region, by kind and id."""

    def __init__(self) -> None:
        self._assets: dict[tuple[str, str, str], Asset] = {}

    def add(self, region: str, asset: Asset) -> None:
        """Keep a new one.

        Raises:
            AwsError: the id is taken.
        """
        key = region, asset.kind, asset.id
        if key in self._assets:
            raise exists(NOUNS[asset.kind], asset.id)
        self._assets[key] = asset

    def get(self, region: str, kind: str, name: str) -> Asset:
        """One of them.

        Raises:
            AwsError: there is none.
        """
        found = self._assets.get((region, kind, name))
        if found is None:
            raise not_found(NOUNS[kind], name)
        return found

    def delete(self, region: str, kind: str, name: str) -> Asset:
        """Forget one."""
        found = self.get(region, kind, name)
        del self._assets[region, kind, name]
        return found

    def of(self, region: str, kind: str) -> Iterator[Asset]:
        """All of a kind."""
        for key, asset in self._assets.items():
            if key[:2] == (region, kind):
                yield asset

    def by_arn(self, arn: str) -> Asset:
        """The one of an ARN."""
        for asset in self._assets.values():
            if asset.arn == arn:
                return asset
        raise not_found("Resource", arn)


def page(items: list[Any], params: Params) -> tuple[list[Any], Params]:
    """One page of a list, and the member that leads to the next."""
    start = int(params.get("NextToken") or 0)
    end = start + int(params.get("MaxResults") or _PAGE)
    return items[start:end], ({"NextToken": str(end)} if end < len(items) else {})


def check_actions(kind: str, granted: list[Params]) -> None:
    """Refuse permissions that there are not."""
    for each in granted:
        for action in each["Actions"]:
            known = _ACTION.fullmatch(action) and action.partition(":")[2] in ACTIONS[kind]
            if not known:
                raise invalid(
                    f"ResourcePermission list contains unsupported permission sets for resource: "
                    f"{action}"
                )
