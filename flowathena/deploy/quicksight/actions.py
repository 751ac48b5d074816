"""The actions that owners and readers are granted on each kind of resource; pure.

They are the sets that QuickSight's console grants: AWS refuses others.
Source: https://docs.aws.amazon.com/quicksuite/latest/userguide/qs-api-permissions.html
"""


def _granted(*names: str) -> frozenset[str]:
    return frozenset(f"quicksight:{name}" for name in names)


SOURCE_OWNER = _granted(
    *("DescribeDataSource", "DescribeDataSourcePermissions", "PassDataSource"),
    *("UpdateDataSource", "DeleteDataSource", "UpdateDataSourcePermissions"),
)
SET_READER = _granted(
    *("DescribeDataSet", "DescribeDataSetPermissions", "PassDataSet"),
    *("DescribeIngestion", "ListIngestions"),
)
SET_OWNER = SET_READER | _granted(
    *("UpdateDataSet", "DeleteDataSet", "CreateIngestion", "CancelIngestion"),
    *("UpdateDataSetPermissions", "CreateRefreshSchedule", "DescribeRefreshSchedule"),
    *("ListRefreshSchedules", "UpdateRefreshSchedule", "DeleteRefreshSchedule"),
    *("PutDataSetRefreshProperties", "DescribeDataSetRefreshProperties"),
    "DeleteDataSetRefreshProperties",
)
DASHBOARD_READER = _granted("DescribeDashboard", "ListDashboardVersions", "QueryDashboard")
DASHBOARD_OWNER = DASHBOARD_READER | _granted(
    *("UpdateDashboard", "DeleteDashboard", "DescribeDashboardPermissions"),
    *("UpdateDashboardPermissions", "UpdateDashboardPublishedVersion"),
)
ANALYSIS_OWNER = _granted(
    *("DescribeAnalysis", "QueryAnalysis", "UpdateAnalysis", "DeleteAnalysis"),
    *("RestoreAnalysis", "DescribeAnalysisPermissions", "UpdateAnalysisPermissions"),
)
