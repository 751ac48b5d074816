"""A CloudWatch dashboard of a target's metrics.

A text widget in it says whose it is. The console writes a body in a form of its own: values are
compared, not texts.
Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, accept_absence, error_code, translate_errors
from flowathena.deploy.cloudwatch.series import Series
from flowathena.deploy.ownership import mark
from flowathena.errors import FlowathenaError
from flowathena.reconcile import Operation, Resources
from flowathena.target.target import Target

Body = Mapping[str, Any]

_COLUMNS = 24
_WIDTH, _HEIGHT, _HEAD = 12, 6, 2
_NOT_FOUND = frozenset({"ResourceNotFound", "DashboardNotFoundError"})


def dashboard_name(target: Target) -> str:
    """The name of a target's dashboard."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", f"flowathena-{target.database}-{target.table}")[:255]


def dashboard_body(target: Target, namespace: str, known: Sequence[Series], region: str) -> Body:
    """A dashboard with a widget for each metric.

    Args:
        target: the target.
        namespace: the namespace of the metrics.
        known: the metrics.
        region: where they are.
    """
    text = (
        f"# Flow logs of {target.table_name}\n"
        f"Made by flowathena, which replaces what is changed here {mark(target)}"
    )
    head = _widget("text", 0, 0, _COLUMNS, _HEAD, {"markdown": text})
    widgets = [
        _widget(
            "metric",
            place % 2 * _WIDTH,
            _HEAD + place // 2 * _HEIGHT,
            _WIDTH,
            _HEIGHT,
            {
                "title": f"{each.value.name}, {each.value.unit}",
                "region": region,
                "view": "timeSeries",
                "stacked": False,
                "stat": "Maximum",  # of a value that was put twice the same
                "period": each.metric.period,
                "metrics": [_line(each, namespace)],
            },
        )
        for place, each in enumerate(known)
    ]
    return {"widgets": [head, *widgets]}


def _line(each: Series, namespace: str) -> list[object]:
    """What a widget draws: one metric, or one for each combination of dimensions."""
    if not each.dimensions:
        return [namespace, each.value.name]
    schema = ",".join(f'"{name}"' for name in (namespace, *each.dimensions))
    search = f'{{{schema}}} MetricName="{each.value.name}"'
    expression = f"SEARCH('{search}', 'Maximum', {each.metric.period})"
    return [{"expression": expression, "id": "e1", "label": ""}]


def _widget(
    kind: str, x: int, y: int, width: int, height: int, properties: Body
) -> dict[str, object]:
    place = {"x": x, "y": y, "width": width, "height": height}
    return {"type": kind, **place, "properties": dict(properties)}


class Dashboards(Resources[Body]):
    """The dashboard of a target; ``wanted`` is None to delete it."""

    kind = "dashboard"
    stops_on_failure = False

    def __init__(self, target: Target, aws: Aws, wanted: Body | None) -> None:
        self._target = target
        self._aws = aws
        self._name = dashboard_name(target)
        self._body = wanted
        self._is_foreign = False

    def wanted(self) -> Mapping[str, Body]:
        """The dashboard as it should be, by name."""
        return {self._name: self._body} if self._body else {}

    def live(self) -> Mapping[str, Body]:
        """The dashboard as it is, if it has our mark."""
        with translate_errors(f"dashboard {self._name}", FlowathenaError):
            try:
                answer = self._aws.cloudwatch.get_dashboard(DashboardName=self._name)
            except ClientError as error:
                if error_code(error) in _NOT_FOUND:
                    return {}
                raise
        body: Body = json.loads(answer["DashboardBody"])
        self._is_foreign = not _has_mark(body, mark(self._target))
        return {} if self._is_foreign else {self._name: body}

    def describe(self, operation: Operation[Body]) -> str:
        """How many widgets it has, or which differ."""
        if self._is_foreign:
            return self._taken
        wanted, live = (_widgets(each) for each in (operation.wanted, operation.live))
        if not live or not wanted:
            return f"{len(wanted or live) - 1} metrics"
        old, new = ({_title(each): each for each in side} for side in (live, wanted))
        names = [t for t in {**old, **new} if old.get(t) != new.get(t)]
        return ", ".join(names) or "layout"

    def do(self, operation: Operation[Body]) -> None:
        """Put it or delete it."""
        if self._is_foreign:
            raise FlowathenaError(self._taken)
        with translate_errors(f"dashboard {self._name}", FlowathenaError):
            if operation.wanted is None:
                with accept_absence():
                    self._aws.cloudwatch.delete_dashboards(DashboardNames=[self._name])
            else:
                body = json.dumps(operation.wanted)
                self._aws.cloudwatch.put_dashboard(DashboardName=self._name, DashboardBody=body)

    @property
    def _taken(self) -> str:
        return (
            f"another dashboard has the name {self._name}, without the mark {mark(self._target)} "
            "in a text widget; rename it"
        )


def _has_mark(body: Body, text: str) -> bool:
    texts = (each.get("properties", {}) for each in _widgets(body) if each.get("type") == "text")
    return any(text in str(each.get("markdown", "")) for each in texts)


def _widgets(body: Body | None) -> list[Any]:
    found = (body or {}).get("widgets", [])
    return found if isinstance(found, list) else []


def _title(widget: Mapping[str, Any]) -> str:
    return str(widget.get("properties", {}).get("title", "text"))
