"""How a data set is refreshed, as QuickSight keeps it: read, and taken away."""

from typing import Any

from botocore.exceptions import ClientError

from flowathena.aws.session import accept_absence
from flowathena.deploy.quicksight.api import Api, is_missing

SCHEDULE_ID = "flowathena"
"""The id of a schedule of ours."""


def read_lookback(api: Api, data_set: str) -> tuple[str, int]:
    """The column and the days that an incremental refresh reads; an empty text if it is full."""
    try:
        answer = api.client.describe_data_set_refresh_properties(
            AwsAccountId=api.account, DataSetId=data_set
        )
    except ClientError as error:
        # A data set that answers from Athena has none, and the question is refused.
        if is_missing(error) or "SPICE" in str(error):
            return "", 0
        raise
    properties = answer.get("DataSetRefreshProperties", {})
    refresh = properties.get("RefreshConfiguration", {}).get("IncrementalRefresh", {})
    window: Any = refresh.get("LookbackWindow", {})
    days = {"HOUR": 0, "DAY": 1, "WEEK": 7}.get(window.get("SizeUnit", ""), 0)
    return window.get("ColumnName", ""), int(window.get("Size", 0)) * days


def delete_schedule(api: Api, data_set: str) -> None:
    """Take our schedule away, and the look-back if no schedule of others may need it.

    Of a data set that is no longer in SPICE there is none.
    """
    about: Any = {"AwsAccountId": api.account, "DataSetId": data_set}
    try:
        listed = api.client.list_refresh_schedules(**about).get("RefreshSchedules", [])
    except ClientError as error:
        if is_missing(error) or "SPICE" in str(error):
            return
        raise
    ids = {each["ScheduleId"] for each in listed}
    if SCHEDULE_ID in ids:
        with accept_absence():
            api.client.delete_refresh_schedule(**about, ScheduleId=SCHEDULE_ID)
    if ids <= {SCHEDULE_ID} and read_lookback(api, data_set)[0]:
        with accept_absence():
            api.client.delete_data_set_refresh_properties(**about)
