"""QuickSight's data sets: what they read, their ingestions, refresh properties and schedules."""

import re
from typing import Any
from zoneinfo import available_timezones

from tests.rig.answers import AwsError
from tests.rig.calls import Call
from tests.rig.quicksight_places import Places
from tests.rig.quicksight_store import Asset, exists, invalid, not_found, page
from tests.rig.service import Operation, Params

_MOST_SCHEDULES = 5
_MOST_MANUAL = {"ENTERPRISE": 32, "STANDARD": 8}
_CLOCK = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_STEPS = ("INITIALIZED", "QUEUED", "RUNNING")
_FINAL = ("COMPLETED", "FAILED", "CANCELLED")


def _conflict(message: str) -> AwsError:
    return AwsError("PreconditionNotMetException", message, 400)


class DataSets:
    """Operations on data sets."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.operations: dict[str, Operation] = {
            "CreateDataSet": self._create,
            "UpdateDataSet": self._update,
            "DescribeDataSet": self._describe,
            "DeleteDataSet": lambda call: places.delete(call, "dataset"),
            "ListDataSets": lambda call: places.list_(call, "dataset"),
            "DescribeDataSetPermissions": lambda call: places.permissions(call, "dataset"),
            "UpdateDataSetPermissions": lambda call: places.grant(call, "dataset"),
            "CreateIngestion": self._ingest,
            "DescribeIngestion": self._ingestion,
            "ListIngestions": self._ingestions,
            "CancelIngestion": self._cancel,
            "PutDataSetRefreshProperties": self._put_properties,
            "DescribeDataSetRefreshProperties": self._properties,
            "DeleteDataSetRefreshProperties": self._delete_properties,
            "CreateRefreshSchedule": self._create_schedule,
            "UpdateRefreshSchedule": self._update_schedule,
            "ListRefreshSchedules": self._schedules,
            "DeleteRefreshSchedule": self._delete_schedule,
        }

    # What they are

    def _create(self, call: Call) -> Params:
        asset = self._places.make(call, "dataset", self._members(call))
        return self._made(asset, "INITIAL_INGESTION")

    def _update(self, call: Call) -> Params:
        asset = self._places.find(call, "dataset")
        asset.members = self._members(call)
        asset.name, asset.updated = call.params["Name"], self._places.now()
        return self._made(asset, "EDIT")

    def _made(self, asset: Asset, request: str) -> Params:
        known = {"Arn": asset.arn, "DataSetId": asset.id}
        if asset.members["ImportMode"] != "SPICE":
            return known
        name = f"{request.lower()}-{len(asset.ingestions)}"
        made = self._begin(asset, name, request, "MANUAL")
        return {**known, "IngestionArn": made["Arn"], "IngestionId": name}

    def _members(self, call: Call) -> Params:
        params = call.params
        tables = params["PhysicalTableMap"]
        if not tables:
            raise invalid("PhysicalTableMap is empty")
        for table in tables.values():
            if len(table) != 1:
                raise invalid("A physical table is one of RelationalTable, CustomSql, S3Source")
            self._check_table(call, *table.items())
        mode = params["ImportMode"]
        return {"ImportMode": mode, "PhysicalTableMap": tables}

    def _check_table(self, call: Call, item: tuple[str, Params]) -> None:
        kind, table = item
        if kind not in {"RelationalTable", "CustomSql"}:
            raise invalid(f"the rig plays RelationalTable and CustomSql, not {kind}")
        source = self._places.store.by_arn(table["DataSourceArn"])
        if not source.arn.startswith(f"arn:aws:quicksight:{call.region}:"):
            raise invalid(f"{source.arn} is in another Region")
        names = [each["Name"].lower() for each in columns_of(table)]
        if not names or len(set(names)) < len(names):
            raise invalid(f"Columns must be given, each once: {names}")

    def _describe(self, call: Call) -> Params:
        asset = self._places.find(call, "dataset")
        tables = {
            key: {kind: _as_kept(table) for kind, table in each.items()}
            for key, each in asset.members["PhysicalTableMap"].items()
        }
        columns = [c for each in tables.values() for t in each.values() for c in columns_of(t)]
        known: Params = {"Arn": asset.arn, "DataSetId": asset.id, "Name": asset.name}
        known |= {"CreatedTime": asset.created, "LastUpdatedTime": asset.updated}
        spice = 1024 * len(asset.ingestions)
        return {
            "DataSet": {
                **known,
                "ImportMode": asset.members["ImportMode"],
                "PhysicalTableMap": tables,
                "OutputColumns": columns,
                "ConsumedSpiceCapacityInBytes": spice,
            }
        }

    # Ingestions

    def _begin(self, asset: Asset, name: str, request: str, source: str) -> Params:
        made: Params = {
            "Arn": f"{asset.arn}/ingestion/{name}",
            "IngestionId": name,
            "IngestionStatus": "INITIALIZED",
            "CreatedTime": self._places.now(),
            "RequestSource": source,
            "RequestType": request,
        }
        made["_ends"] = dict(self._places.ingestion)
        asset.ingestions.append(made)
        return made

    def _ingest(self, call: Call) -> Params:
        asset, name = self._places.find(call, "dataset"), call.params["IngestionId"]
        self._refuse_direct(asset)
        if any(each["IngestionId"] == name for each in asset.ingestions):
            raise exists("Ingestion", name)
        kind = call.params.get("IngestionType", "FULL_REFRESH")
        if kind == "INCREMENTAL_REFRESH" and asset.properties is None:
            raise invalid("Incremental refresh is not configured for this dataset")
        manual = [each for each in asset.ingestions if each["RequestType"].endswith("_REFRESH")]
        most = _MOST_MANUAL[self._places.edition or "STANDARD"]
        if len(manual) >= most:
            raise AwsError("LimitExceededException", f"You can refresh {most} times a day", 409)
        made = self._begin(asset, name, kind, "MANUAL")
        known = {"Arn": made["Arn"], "IngestionId": name}
        return {**known, "IngestionStatus": made["IngestionStatus"]}

    def _ingestion(self, call: Call) -> Params:
        asset, name = self._places.find(call, "dataset"), call.params["IngestionId"]
        for each in asset.ingestions:
            if each["IngestionId"] == name:
                answer = _shown(each)
                _advance(each)
                return {"Ingestion": answer}
        raise not_found("Ingestion", name)

    def _ingestions(self, call: Call) -> Params:
        asset = self._places.find(call, "dataset")
        self._refuse_direct(asset)
        shown, more = page([_shown(each) for each in reversed(asset.ingestions)], call.params)
        for each in asset.ingestions:
            _advance(each)
        return {"Ingestions": shown, **more}

    def _cancel(self, call: Call) -> Params:
        asset, name = self._places.find(call, "dataset"), call.params["IngestionId"]
        for each in asset.ingestions:
            if each["IngestionId"] == name and each["IngestionStatus"] not in _FINAL:
                each["IngestionStatus"] = "CANCELLED"
                return {"Arn": each["Arn"], "IngestionId": name}
        raise not_found("Ingestion", name)

    @staticmethod
    def _refuse_direct(asset: Asset) -> None:
        if asset.members["ImportMode"] != "SPICE":
            raise invalid(f"{asset.id} is not a SPICE dataset")

    # When they are refreshed

    def _put_properties(self, call: Call) -> Params:
        asset = self._places.find(call, "dataset")
        self._refuse_direct(asset)
        given = call.params["DataSetRefreshProperties"]
        if self._places.edition == "STANDARD":
            raise invalid("Incremental refresh is not supported in the Standard edition")
        window = given["RefreshConfiguration"]["IncrementalRefresh"]["LookbackWindow"]
        kinds = {
            column["Name"]: column["Type"]
            for each in asset.members["PhysicalTableMap"].values()
            for table in each.values()
            for column in columns_of(table)
        }
        if kinds.get(window["ColumnName"]) != "DATETIME":
            raise invalid(f"{window['ColumnName']} is not a DATETIME column of the dataset")
        if given == asset.properties:
            raise AwsError("ConflictException", "The refresh properties are these already", 409)
        asset.properties = given
        return {}

    def _properties(self, call: Call) -> Params:
        asset = self._places.find(call, "dataset")
        self._refuse_direct(asset)
        if asset.properties is None:
            raise not_found("DataSetRefreshProperties of", asset.id)
        return {"DataSetRefreshProperties": asset.properties}

    def _delete_properties(self, call: Call) -> Params:
        asset = self._places.find(call, "dataset")
        if asset.properties is None:
            raise not_found("DataSetRefreshProperties of", asset.id)
        kinds = {each["RefreshType"] for each in asset.schedules.values()}
        if "INCREMENTAL_REFRESH" in kinds:
            raise AwsError("ConflictException", "A schedule refreshes incrementally", 409)
        asset.properties = None
        return {}

    def _create_schedule(self, call: Call) -> Params:
        asset, given = self._scheduled(call)
        if given["ScheduleId"] in asset.schedules:
            raise exists("RefreshSchedule", given["ScheduleId"])
        if len(asset.schedules) >= _MOST_SCHEDULES:
            raise AwsError("LimitExceededException", "A dataset has at most 5 schedules", 409)
        return self._keep(asset, given)

    def _update_schedule(self, call: Call) -> Params:
        asset, given = self._scheduled(call)
        if given["ScheduleId"] not in asset.schedules:
            raise not_found("RefreshSchedule", given["ScheduleId"])
        return self._keep(asset, given)

    def _keep(self, asset: Asset, given: Params) -> Params:
        arn = f"{asset.arn}/refresh-schedule/{given['ScheduleId']}"
        later = {"StartAfterDateTime": self._places.now(), **given, "Arn": arn}
        asset.schedules[given["ScheduleId"]] = later
        return {"ScheduleId": given["ScheduleId"], "Arn": arn}

    def _scheduled(self, call: Call) -> tuple[Asset, Params]:
        asset, given = self._places.find(call, "dataset"), call.params["Schedule"]
        self._refuse_direct(asset)
        frequency: Any = given["ScheduleFrequency"]
        interval = frequency["Interval"]
        if given["RefreshType"] == "INCREMENTAL_REFRESH" and asset.properties is None:
            raise _conflict("Put the refresh properties of the dataset first")
        if interval == "HOURLY" and self._places.edition == "STANDARD":
            raise invalid("Hourly refresh is not supported in the Standard edition")
        if interval.startswith("MINUTE") and given["RefreshType"] != "INCREMENTAL_REFRESH":
            raise invalid(f"{interval} is for incremental refresh")
        if interval == "WEEKLY" and not frequency.get("RefreshOnDay", {}).get("DayOfWeek"):
            raise invalid("A weekly schedule needs RefreshOnDay.DayOfWeek")
        if interval in {"DAILY", "WEEKLY"}:
            if not _CLOCK.fullmatch(frequency.get("TimeOfTheDay", "")):
                raise invalid("TimeOfTheDay must be HH:MM")
            if frequency.get("Timezone") not in available_timezones():
                raise invalid(f"Timezone {frequency.get('Timezone')} is unknown")
        return asset, given

    def _schedules(self, call: Call) -> Params:
        asset = self._places.find(call, "dataset")
        self._refuse_direct(asset)
        return {"RefreshSchedules": list(asset.schedules.values())}

    def _delete_schedule(self, call: Call) -> Params:
        asset, name = self._places.find(call, "dataset"), call.params["ScheduleId"]
        if name not in asset.schedules:
            raise not_found("RefreshSchedule", name)
        return {"ScheduleId": name, "Arn": asset.schedules.pop(name)["Arn"]}


def columns_of(table: Params) -> list[Params]:
    """The columns of a physical table."""
    columns: list[Params] = table.get("InputColumns") or table.get("Columns") or []
    return columns


def _as_kept(table: Params) -> Params:
    """A physical table as it is described: with what AWS adds to its columns."""
    member = "InputColumns" if "InputColumns" in table else "Columns"
    kept = [
        {**column, **({"SubType": "FIXED"} if column["Type"] == "DECIMAL" else {})}
        for column in table[member]
    ]
    return {**table, member: kept}


def _shown(ingestion: Params) -> Params:
    return {key: value for key, value in ingestion.items() if not key.startswith("_")}


def _advance(ingestion: Params) -> None:
    """Have an ingestion be one step further at the next look."""
    status, ends = ingestion["IngestionStatus"], ingestion["_ends"]
    if status in _FINAL or ends.get("stays") == status:
        return
    if status != _STEPS[-1]:
        ingestion["IngestionStatus"] = _STEPS[_STEPS.index(status) + 1]
        return
    ingestion["IngestionStatus"] = ends.get("status", "COMPLETED")
    if ends.get("error"):
        ingestion["ErrorInfo"] = ends["error"]
        return
    rows = ends.get("rows", 1)
    dropped = ends.get("dropped", 0)
    counts = {"RowsIngested": rows, "RowsDropped": dropped, "TotalRowsInDataset": rows}
    ingestion |= {
        "RowInfo": counts,
        "IngestionTimeInSeconds": 3,
        "IngestionSizeInBytes": 100 * rows,
    }
