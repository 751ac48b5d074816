"""EC2, as far as flow logs go: DescribeFlowLogs, in the XML that botocore's model describes."""

import threading
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

from botocore.model import ListShape, Shape, StructureShape

from tests.rig.answers import Answer, AwsError
from tests.rig.calls import Call, model

_OPERATION = "DescribeFlowLogs"
_NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"


class Ec2:
    """Flow logs as a test has put them there, in the names of the API."""

    def __init__(self) -> None:
        self._flow_logs: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def reset(self) -> None:
        """Forget every flow log."""
        self.put([])

    def put(self, flow_logs: Sequence[dict[str, Any]]) -> None:
        """Have these flow logs and no others."""
        with self._lock:
            self._flow_logs = list(flow_logs)

    @staticmethod
    def knows(op: str) -> bool:
        """Whether this class answers an operation."""
        return op == _OPERATION

    def answer(self, call: Call) -> Answer:
        """Answer a call; an id nobody has is refused, as EC2 does."""
        asked = [value for key, value in call.params.items() if key.startswith("FlowLogId.")]
        with self._lock:
            held = {flow_log["FlowLogId"]: flow_log for flow_log in self._flow_logs}
        missing = [each for each in asked if each not in held]
        if missing:
            message = f"These flow log ids in the input list are not found: [{', '.join(missing)}]"
            raise AwsError("InvalidFlowLogId.NotFound", message)
        shape = model("ec2").operation_model(_OPERATION).output_shape
        found = [held[each] for each in asked] if asked else list(held.values())
        assert isinstance(shape, StructureShape)
        inner = "".join(_members(shape, {"FlowLogs": found}))
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<{_OPERATION}Response '
            f'xmlns="{_NAMESPACE}"><requestId>{uuid4()}</requestId>{inner}</{_OPERATION}Response>'
        )
        return Answer(200, body.encode(), (("Content-Type", "text/xml;charset=UTF-8"),))


def _members(shape: StructureShape, value: dict[str, Any]) -> Iterator[str]:
    unknown = value.keys() - shape.members.keys()
    if unknown:
        raise ValueError(f"{shape.name} has no {', '.join(sorted(unknown))}")
    for name, member in shape.members.items():
        if name in value:
            wire = member.serialization["name"]
            yield f"<{wire}>{_text(member, value[name])}</{wire}>"


def _text(shape: Shape, value: Any) -> str:  # noqa: ANN401
    if isinstance(shape, StructureShape):
        return "".join(_members(shape, value))
    if isinstance(shape, ListShape):
        return "".join(f"<item>{_text(shape.member, item)}</item>" for item in value)
    return str(value).lower() if isinstance(value, bool) else escape(str(value))
