"""CloudWatch's alarms and dashboards, with AWS's limits.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
and CloudWatch-Dashboard-Body-Structure.html beside it.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from tests.rig.answers import AwsError
from tests.rig.calls import Call
from tests.rig.service import Operation, Params
from tests.rig.settings import Settings

ACCOUNT = "123456789012"
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_SHORT_PERIODS = (10, 20, 30)
_LONGEST = {False: _DAY, True: 7 * _DAY}
_MISSING = ("breaching", "notBreaching", "ignore", "missing")
_ACTION = re.compile(r"arn:aws:(sns|lambda|ssm|autoscaling|automate|swf)[^ ]*")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_KINDS = ("metric", "text", "log", "alarm", "explorer", "custom")
_COLUMNS, _MOST_HEIGHT, _MOST_WIDGETS, _MOST_TAGS = 24, 1_000, 500, 50
_PAGE = 100


def _refused(text: str, code: str = "ValidationError") -> AwsError:
    return AwsError(code, text)


class AlarmsAndDashboards:
    """Every alarm and dashboard; ``operations`` are those of the service."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.reset()
        self.operations: dict[str, Operation] = {
            "PutMetricAlarm": self._put_alarm,
            "DescribeAlarms": self._describe,
            "DeleteAlarms": self._delete_alarms,
            "TagResource": self._tag,
            "ListTagsForResource": self._tags_of,
            "PutDashboard": self._put_dashboard,
            "GetDashboard": self._get_dashboard,
            "ListDashboards": self._list,
            "DeleteDashboards": self._delete_dashboards,
        }

    def reset(self) -> None:
        """Forget all of them."""
        self._alarms: dict[str, Params] = {}
        self._tags: dict[str, dict[str, str]] = {}
        self._dashboards: dict[str, str] = {}

    def _put_alarm(self, call: Call) -> Params:
        params = dict(call.params)
        tags = params.pop("Tags", None) or []
        _check_alarm(params)
        name = params["AlarmName"]
        arn = f"arn:aws:cloudwatch:{call.region}:{ACCOUNT}:alarm:{name}"
        old = self._alarms.get(name)
        if old is None:  # of an alarm that exists the tags are left as they are
            self._tags[arn] = _read_tags(tags)
        now = self._settings.clock()
        self._alarms[name] = {
            "ActionsEnabled": True,
            "AlarmActions": [],
            "OKActions": [],
            "InsufficientDataActions": [],
            "Dimensions": [],
            "StateValue": "INSUFFICIENT_DATA" if old is None else old["StateValue"],
            "StateReason": "Unchecked: Initial alarm creation",
            "StateUpdatedTimestamp": now,
            "TreatMissingData": "missing",
            **params,
            "AlarmArn": arn,
            "AlarmConfigurationUpdatedTimestamp": now,
        }
        return {}

    def _describe(self, call: Call) -> Params:
        params = call.params
        if params.get("AlarmNames") and params.get("AlarmNamePrefix"):
            raise _refused("AlarmNamePrefix and AlarmNames cannot both be specified")
        names = params.get("AlarmNames")
        prefix = params.get("AlarmNamePrefix", "")
        found = [
            each
            for name, each in sorted(self._alarms.items())
            if name.startswith(prefix) and (not names or name in names)
        ]
        start, size = int(params.get("NextToken") or 0), params.get("MaxRecords") or _PAGE
        more = {"NextToken": str(start + size)} if start + size < len(found) else {}
        return {"MetricAlarms": found[start : start + size], "CompositeAlarms": [], **more}

    def _delete_alarms(self, call: Call) -> Params:
        names = call.params["AlarmNames"]
        missing = [name for name in names if name not in self._alarms]
        if missing:
            raise AwsError("ResourceNotFound", f"Unknown alarms: {', '.join(missing)}", 404)
        for name in names:
            del self._tags[self._alarms.pop(name)["AlarmArn"]]
        return {}

    def _known(self, arn: str) -> dict[str, str]:
        if arn not in self._tags:
            raise AwsError("ResourceNotFoundException", f"Unknown resource {arn}", 404)
        return self._tags[arn]

    def _tag(self, call: Call) -> Params:
        self._known(call.params["ResourceARN"]).update(_read_tags(call.params["Tags"]))
        return {}

    def _tags_of(self, call: Call) -> Params:
        tags = self._known(call.params["ResourceARN"])
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _put_dashboard(self, call: Call) -> Params:
        name, body = call.params["DashboardName"], call.params["DashboardBody"]
        if not _NAME.fullmatch(name):
            raise _refused("The field DashboardName is invalid", "InvalidParameterInput")
        _check_body(body)
        self._dashboards[name] = body
        return {"DashboardValidationMessages": []}

    def _get_dashboard(self, call: Call) -> Params:
        name = call.params["DashboardName"]
        if name not in self._dashboards:
            raise AwsError("ResourceNotFound", f"Dashboard {name} does not exist", 404)
        arn = f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{name}"
        return {
            "DashboardName": name,
            "DashboardArn": arn,
            "DashboardBody": self._dashboards[name],
        }

    def _list(self, call: Call) -> Params:
        prefix = call.params.get("DashboardNamePrefix", "")
        names = [name for name in sorted(self._dashboards) if name.startswith(prefix)]
        return {"DashboardEntries": [{"DashboardName": name} for name in names]}

    def _delete_dashboards(self, call: Call) -> Params:
        names = call.params["DashboardNames"]
        missing = [name for name in names if name not in self._dashboards]
        if missing:  # then none is deleted
            raise AwsError("ResourceNotFound", f"Dashboards {missing} do not exist", 404)
        for name in names:
            del self._dashboards[name]
        return {}


def _read_tags(tags: list[Params]) -> dict[str, str]:
    if len(tags) > _MOST_TAGS or any(each["Key"].startswith("aws:") for each in tags):
        raise _refused("The tags are invalid", "InvalidParameterValueException")
    return {each["Key"]: each["Value"] for each in tags}


def _check_alarm(given: Mapping[str, Any]) -> None:
    for name in ("MetricName", "Namespace", "Period", "Threshold"):
        if name not in given:  # alarms of expressions are not played
            raise _refused(f"The parameter {name} is required")
    if "Statistic" not in given:
        raise _refused("Exactly one of Statistic and ExtendedStatistic must be set")
    period, periods = given["Period"], given["EvaluationPeriods"]
    if period not in _SHORT_PERIODS and period % _MINUTE:
        raise _refused("Period must be 10, 20, 30 or a multiple of 60")
    if period * periods > _LONGEST[period >= _HOUR]:
        raise _refused("Metrics cannot be checked across more than a day (604800 seconds by hours)")
    if given.get("DatapointsToAlarm", periods) > periods:
        raise _refused("DatapointsToAlarm must be at most EvaluationPeriods")
    if given.get("TreatMissingData", "missing") not in _MISSING:
        raise _refused("TreatMissingData is invalid")
    _check_targets(given)


def _check_targets(given: Mapping[str, Any]) -> None:
    for each in ("AlarmActions", "OKActions", "InsufficientDataActions"):
        if not all(_ACTION.fullmatch(action) for action in given.get(each, [])):
            raise _refused(f"Invalid arn syntax in {each}")
    names = [each["Name"] for each in given.get("Dimensions", [])]
    if len(set(names)) < len(names):
        raise _refused("A dimension occurs twice")


def _check_body(body: str) -> None:
    try:
        read = json.loads(body)
    except ValueError:
        raise _refused("The field DashboardBody must be JSON", "InvalidParameterInput") from None
    widgets = read.get("widgets") if isinstance(read, dict) else None
    if not isinstance(widgets, list) or len(widgets) > _MOST_WIDGETS:
        raise _refused("The dashboard body needs widgets", "InvalidParameterInput")
    for place, widget in enumerate(widgets):
        problem = _problem(widget)
        if problem:
            raise _refused(f"/widgets/{place}: {problem}", "InvalidParameterInput")


def _problem(widget: Mapping[str, Any]) -> str:
    kind, properties = widget.get("type"), widget.get("properties", {})
    x, width, height = widget.get("x", 0), widget.get("width", 6), widget.get("height", 6)
    if kind not in _KINDS:
        return f"Should match one of the allowed types, not {kind}"
    if not 1 <= width <= _COLUMNS or x + width > _COLUMNS or not 1 <= height <= _MOST_HEIGHT:
        return "Should be within 24 columns and 1,000 rows"
    if kind == "text" and not isinstance(properties.get("markdown"), str):
        return "Should have property markdown"
    if kind == "metric":
        return _problem_of_metric(properties)
    return ""


def _problem_of_metric(properties: Mapping[str, Any]) -> str:
    if not properties.get("region"):
        return "Should have property region"
    metrics = properties.get("metrics")
    if not isinstance(metrics, list) or not metrics:
        return "Should have property metrics"
    for line in metrics:
        names = [each for each in line if isinstance(each, str)]
        options = [each for each in line if isinstance(each, dict)]
        if not any("expression" in each for each in options) and (len(names) < 2 or len(names) % 2):
            return f"Invalid metric field: {line}"
    return ""
