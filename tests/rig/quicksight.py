"""QuickSight: data sources, data sets, ingestions, schedules, dashboards, users and groups.

What a test arranges: ``edition`` (None: not subscribed), ``identity_region``, ``users`` and
``groups`` by name (users with their role), ``looks``: for how many looks what is made is in
progress, ``error`` of what is made next, ``ingestion``: how ingestions end, and which limit of
manual ones is left.
"""

from typing import Any

from tests.rig.answers import AwsError
from tests.rig.calls import Call
from tests.rig.quicksight_data import DataSets
from tests.rig.quicksight_places import Places
from tests.rig.quicksight_sheets import Sheets
from tests.rig.quicksight_store import ACCOUNT
from tests.rig.service import Operation, Params, Service
from tests.rig.settings import Settings

_ENTERPRISE_ONLY = {
    *("CreateDashboard", "UpdateDashboard", "DescribeDashboard", "DescribeDashboardDefinition"),
    *("DeleteDashboard", "UpdateDashboardPublishedVersion", "ListDashboards"),
    *("ListDashboardVersions", "DescribeDashboardPermissions", "UpdateDashboardPermissions"),
    *("CreateAnalysis", "UpdateAnalysis", "DescribeAnalysis", "DescribeAnalysisDefinition"),
    *("DeleteAnalysis", "ListAnalyses", "DescribeAnalysisPermissions"),
    "UpdateAnalysisPermissions",
}


class QuickSight(Service):
    """The state of the service, in memory."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.reset()

    def reset(self) -> None:
        """Forget everything; the account is subscribed, Enterprise, and has no users."""
        self._places = Places(self.settings)
        parts: tuple[dict[str, Operation], ...] = (
            self._places.operations,
            DataSets(self._places).operations,
            Sheets(self._places).operations,
        )
        self.operations = {
            name: self._checked(name, answer) for part in parts for name, answer in part.items()
        }

    def arrange(self, given: Params) -> object:
        """Have the account be as a test wants it."""
        return self._places.arrange(given)

    def _checked(self, name: str, answer: Operation) -> Operation:
        def checked(call: Call) -> Params:
            self._refuse(name, call.params)
            return {**answer(call), "RequestId": "rig"}

        return checked

    def _refuse(self, name: str, params: dict[str, Any]) -> None:
        account = params.get("AwsAccountId", ACCOUNT)
        if account != ACCOUNT:
            raise AwsError("AccessDeniedException", f"account {account} is not yours", 401)
        edition = self._places.edition
        if edition is None:
            message = f"Directory information for account {ACCOUNT} is not found."
            raise AwsError("ResourceNotFoundException", message, 404)
        if edition == "STANDARD" and name in _ENTERPRISE_ONLY:
            message = f"Operation {name} is not supported in the Standard edition"
            raise AwsError("UnsupportedUserEditionException", message, 403)
