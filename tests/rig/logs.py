"""CloudWatch Logs: groups, metric filters, their patterns, Insights."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from tests.rig import insights
from tests.rig.answers import AwsError
from tests.rig.calls import Call
from tests.rig.insights_values import InsightsError
from tests.rig.metric_patterns import Pattern, PatternError
from tests.rig.service import Params, Service
from tests.rig.settings import Settings

ACCOUNT = "123456789012"
_PAGE = 50
_MOST_FILTERS = 100
_MOST_DIMENSIONS = 3
_MOST_CHARACTERS = 10_000
_MOST_RESULTS = 10_000
_RETENTIONS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


class Logs(Service):
    """The state of the service, in memory.

    A test arranges log groups with ``{"group": NAME, "lines": [LINE, …], "times": [SECOND, …]}``;
    the time of a flow-log record is its start. ``{"page": N}`` makes pages of N rows of Insights,
    ``{"forget": NAME}`` has a group go.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.reset()
        self.operations = {
            "DescribeLogGroups": self._groups,
            "CreateLogGroup": self._create_group,
            "PutRetentionPolicy": self._keep,
            "PutMetricFilter": self._put_filter,
            "DescribeMetricFilters": self._filters,
            "DeleteMetricFilter": self._delete_filter,
            "TestMetricFilter": _test_filter,
            "StartQuery": self._start,
            "GetQueryResults": self._results,
            "StopQuery": self._stop,
        }

    def reset(self) -> None:
        """Forget everything."""
        self._events: dict[str, list[dict[str, Any]]] = {}
        self._retention: dict[str, int] = {}
        self._metric_filters: dict[tuple[str, str], Params] = {}
        self._queries: dict[str, dict[str, Any]] = {}
        self._page = _MOST_RESULTS

    def arrange(self, given: Params) -> object:
        """Have a log group with these lines; its metric filters stay."""
        if "page" in given:
            self._page = int(given["page"])
            return None
        if "forget" in given:
            self._events.pop(given["forget"])
            return None
        group = given["group"]
        events = self._events.setdefault(group, [])
        for line, second in zip(given["lines"], given["times"], strict=True):
            events.append(
                {"@message": line, "@timestamp": second * 1000, "@log": f"{ACCOUNT}:{group}"}
            )
        return len(events)

    def _known(self, params: Params) -> str:
        name = str(params["logGroupName"])
        if name not in self._events:
            raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
        return name

    def _groups(self, call: Call) -> Params:
        prefix = call.params.get("logGroupNamePrefix", "")
        names = [name for name in sorted(self._events) if name.startswith(prefix)]
        page, more = _paged(names, call.params)
        arn = f"arn:aws:logs:{call.region}:{ACCOUNT}:log-group"
        return {
            "logGroups": [
                {
                    "logGroupName": name,
                    "arn": f"{arn}:{name}:*",
                    "logGroupClass": "STANDARD",
                    **self._kept(name),
                }
                for name in page
            ],
            **more,
        }

    def _kept(self, name: str) -> Params:
        return {"retentionInDays": self._retention[name]} if name in self._retention else {}

    def _create_group(self, call: Call) -> Params:
        if others := call.params.keys() - {"logGroupName"}:
            raise AwsError("NotImplemented", f"the rig knows no {', '.join(sorted(others))}", 501)
        name = call.params["logGroupName"]
        if name in self._events:
            raise AwsError(
                "ResourceAlreadyExistsException", "The specified log group already exists"
            )
        self._events[name] = []
        return {}

    def _keep(self, call: Call) -> Params:
        name, days = self._known(call.params), call.params["retentionInDays"]
        if days not in _RETENTIONS:
            raise AwsError("InvalidParameterException", f"Invalid retentionInDays {days}")
        self._retention[name] = days
        return {}

    def _put_filter(self, call: Call) -> Params:
        params, group = call.params, self._known(call.params)
        pattern = _read(params["filterPattern"])
        (transformation,) = params["metricTransformations"]
        _check_transformation(transformation, pattern)
        if sum(each == group for each, _ in self._metric_filters) >= _MOST_FILTERS:
            raise AwsError("LimitExceededException", "Resource limit exceeded.")
        kept = ("filterName", "filterPattern", "metricTransformations", "logGroupName")
        made = {name: params[name] for name in kept}
        made["creationTime"] = int(self.settings.clock().timestamp() * 1000)
        self._metric_filters[group, params["filterName"]] = made
        return {}

    def _filters(self, call: Call) -> Params:
        params = call.params
        group = self._known(params) if "logGroupName" in params else None
        prefix = params.get("filterNamePrefix", "")
        found = [
            each
            for (of, name), each in sorted(self._metric_filters.items())
            if group in (None, of) and name.startswith(prefix)
        ]
        page, more = _paged(found, params)
        return {"metricFilters": page, **more}

    def _delete_filter(self, call: Call) -> Params:
        key = (self._known(call.params), call.params["filterName"])
        if key not in self._metric_filters:
            raise AwsError(
                "ResourceNotFoundException", "The specified metric filter does not exist."
            )
        del self._metric_filters[key]
        return {}

    def _start(self, call: Call) -> Params:
        params, group = call.params, self._known(call.params)
        text = params["queryString"]
        if len(text) > _MOST_CHARACTERS:
            raise AwsError("InvalidParameterException", "Query string is too long")
        if params["startTime"] > params["endTime"]:
            raise AwsError("InvalidParameterException", "End time is before start time")
        first, last = params["startTime"] * 1000, params["endTime"] * 1000 + 999
        events = [each for each in self._events[group] if first <= each["@timestamp"] <= last]
        try:
            rows = insights.run(text, events)
        except InsightsError as error:
            raise AwsError("MalformedQueryException", str(error)) from error
        made = {
            "status": "Scheduled",
            "polls": 0,
            "rows": rows,
            "scanned": sum(len(each["@message"]) for each in events),
            "records": len(events),
        }
        query_id = str(uuid4())
        self._queries[query_id] = made
        return {"queryId": query_id}

    def _query(self, params: Mapping[str, Any]) -> dict[str, Any]:
        found = self._queries.get(params["queryId"])
        if found is None:
            raise AwsError("ResourceNotFoundException", "Query does not exist.")
        return found

    def _results(self, call: Call) -> Params:
        query = self._query(call.params)
        query["polls"] += 1
        if query["status"] in ("Scheduled", "Running"):
            done = (
                query["polls"] > self.settings.queue_polls + 1 and not self.settings.query_seconds
            )
            query["status"] = "Complete" if done else "Running"
        complete = query["status"] == "Complete"
        rows = query["rows"] if complete else []
        start = int(call.params.get("nextToken", 0))
        size = call.params.get("maxItems") or self._page
        more = {"nextToken": str(start + size)} if start + size < len(rows) else {}
        return {
            "status": query["status"],
            "results": [
                [{"field": name, "value": _text(value)} for name, value in row.items()]
                for row in rows[start : start + size]
            ],
            "statistics": {
                "recordsMatched": float(len(rows)),
                "recordsScanned": float(query["records"]) if complete else 0.0,
                "bytesScanned": float(query["scanned"]) if complete else 0.0,
            },
            **more,
        }

    def _stop(self, call: Call) -> Params:
        query = self._query(call.params)
        if query["status"] not in ("Scheduled", "Running"):
            raise AwsError("InvalidParameterException", f"Query is not running: {query['status']}")
        query["status"] = "Cancelled"
        return {"success": True}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _paged(items: list[Any], params: Mapping[str, Any]) -> tuple[list[Any], Params]:
    start, size = int(params.get("nextToken", 0)), params.get("limit") or _PAGE
    more = {"nextToken": str(start + size)} if start + size < len(items) else {}
    return items[start : start + size], more


def _read(text: str) -> Pattern:
    try:
        return Pattern(text)
    except PatternError as error:
        raise AwsError(
            "InvalidParameterException", f"Invalid metric filter pattern: {error}"
        ) from error


def _check_transformation(given: Mapping[str, Any], pattern: Pattern) -> None:
    value = given["metricValue"]
    if value.startswith("$") and value[1:] not in pattern.names:
        raise AwsError("InvalidParameterException", f"Invalid metric transformation: {value}")
    if not value.startswith("$"):
        try:
            float(value)
        except ValueError:
            raise AwsError("InvalidParameterException", "Invalid metric value") from None
    dimensions = given.get("dimensions") or {}
    if dimensions and given.get("defaultValue") is not None:
        raise AwsError(
            "InvalidParameterException",
            "Invalid metric transformation: dimensions and default value are mutually exclusive.",
        )
    if len(dimensions) > _MOST_DIMENSIONS:
        raise AwsError("InvalidParameterException", "Too many dimensions")
    for each in dimensions.values():
        if each[1:] not in pattern.names:
            raise AwsError("InvalidParameterException", f"Invalid dimension {each}")


def _test_filter(call: Call) -> Params:
    pattern = _read(call.params["filterPattern"])
    matches = []
    for number, message in enumerate(call.params["logEventMessages"], 1):
        values = pattern.match(message)
        if values is not None:
            matches.append(
                {"eventNumber": number, "eventMessage": message, "extractedValues": dict(values)}
            )
    return {"matches": matches}
