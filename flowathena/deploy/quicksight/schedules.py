"""When the data sets in SPICE are refreshed, and how much of them; never a second schedule."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from flowathena.aws.session import error_code
from flowathena.deploy.quicksight.api import Api, calls
from flowathena.deploy.quicksight.data import DataSets
from flowathena.deploy.quicksight.refreshing import SCHEDULE_ID, delete_schedule, read_lookback
from flowathena.deploy.quicksight.values import Schedule
from flowathena.reconcile import Action, Operation, Resources

_WEEKDAY = "MONDAY"


class Schedules(Resources[Schedule]):
    """The refresh schedules of a target, by the name of the data set.

    A data set that has a schedule of somebody else's gets none from us.

    Args:
        api: QuickSight.
        wanted: what should be, by the name of the data set.
        data_sets: looked at before.

    Attributes:
        others: ids of schedules that others have made, by the name of the data set.
    """

    kind = "refresh schedule"

    def __init__(self, api: Api, wanted: Mapping[str, Schedule], data_sets: DataSets) -> None:
        self._api = api
        self._wanted = wanted
        self._data_sets = data_sets
        self.others: dict[str, tuple[str, ...]] = {}

    def wanted(self) -> Mapping[str, Schedule]:
        """Those that should be."""
        return {name: each for name, each in self._wanted.items() if name not in self.others}

    def live(self) -> Mapping[str, Schedule]:
        """Those that are ours, as they are."""
        found: dict[str, Schedule] = {}
        with calls("refresh schedules"):
            for name, data_set in self._data_sets.found.items():
                if data_set.spice and (schedule := self._read(name, data_set.id)):
                    found[name] = schedule
        return found

    def _read(self, name: str, data_set: str) -> Schedule | None:
        listed = self._api.client.list_refresh_schedules(**self._about(data_set))
        schedules = listed.get("RefreshSchedules", [])
        others = tuple(
            each["ScheduleId"] for each in schedules if each["ScheduleId"] != SCHEDULE_ID
        )
        ours = next((each for each in schedules if each["ScheduleId"] == SCHEDULE_ID), None)
        if others:
            self.others[name] = others
        if ours is None:
            return None
        frequency = ours["ScheduleFrequency"]
        column, days = "", 0
        if ours["RefreshType"] == "INCREMENTAL_REFRESH":
            column, days = read_lookback(self._api, data_set)
        return Schedule(
            data_set,
            frequency["Interval"],
            frequency.get("TimeOfTheDay", "") if frequency["Interval"] != "HOURLY" else "",
            frequency.get("Timezone", "") if frequency["Interval"] != "HOURLY" else "",
            column,
            days,
        )

    def _about(self, data_set: str) -> Any:  # noqa: ANN401 - the arguments that every call has
        return {"AwsAccountId": self._api.account, "DataSetId": data_set}

    def describe(self, operation: Operation[Schedule]) -> str:
        """What a change means."""
        if operation.wanted is None:
            return ""
        before = f"{operation.live} -> " if operation.live else ""
        return f"{before}{operation.wanted}"

    def do(self, operation: Operation[Schedule]) -> None:
        """Carry out a change."""
        with calls(f"refresh schedule of {operation.name}"):
            if operation.action is Action.DELETE and operation.live:
                delete_schedule(self._api, operation.live.data_set)
            elif operation.wanted:
                self._make(operation.wanted, is_new=operation.live is None)

    def _make(self, wanted: Schedule, *, is_new: bool) -> None:
        client, about = self._api.client, self._about(wanted.data_set)
        back = read_lookback(self._api, wanted.data_set)
        # First: an incremental schedule without them is refused, and the same again is an error.
        if wanted.is_incremental and back != (wanted.lookback_column, wanted.lookback_days):
            self._put_properties(wanted)
        if is_new:
            self._create(wanted)
        else:
            client.update_refresh_schedule(**about, Schedule=_schedule(wanted))
        if not wanted.is_incremental and back[0]:
            client.delete_data_set_refresh_properties(**about)

    def _put_properties(self, wanted: Schedule) -> None:
        about = self._about(wanted.data_set)
        try:
            self._api.client.put_data_set_refresh_properties(
                **about, DataSetRefreshProperties=_properties(wanted)
            )
        except ClientError:
            # A first attempt, whose answer was lost, may have put them.
            back = read_lookback(self._api, wanted.data_set)
            if back != (wanted.lookback_column, wanted.lookback_days):
                raise

    def _create(self, wanted: Schedule) -> None:
        about = self._about(wanted.data_set)
        try:
            self._api.client.create_refresh_schedule(**about, Schedule=_schedule(wanted))
        except ClientError as error:
            if error_code(error) != "ResourceExistsException":
                raise  # else made by an attempt whose answer was lost: the id is ours


def _properties(wanted: Schedule) -> Any:  # noqa: ANN401 - a type of the stubs
    window = {
        "ColumnName": wanted.lookback_column,
        "Size": wanted.lookback_days,
        "SizeUnit": "DAY",
    }
    return {"RefreshConfiguration": {"IncrementalRefresh": {"LookbackWindow": window}}}


def _schedule(wanted: Schedule) -> Any:  # noqa: ANN401 - a type of the stubs
    frequency: dict[str, Any] = {"Interval": wanted.interval}
    if wanted.interval == "WEEKLY":
        frequency["RefreshOnDay"] = {"DayOfWeek": _WEEKDAY}
    if wanted.at:
        frequency |= {"TimeOfTheDay": wanted.at, "Timezone": wanted.timezone}
    kind = "INCREMENTAL_REFRESH" if wanted.is_incremental else "FULL_REFRESH"
    return {"ScheduleId": SCHEDULE_ID, "ScheduleFrequency": frequency, "RefreshType": kind}
