"""EC2, as far as flow logs go, in the query protocol that botocore's model describes."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

from botocore.model import ListShape, Shape, StructureShape

from tests.rig.answers import Answer, AwsError
from tests.rig.calls import Call, model
from tests.rig.delivery import deliver
from tests.rig.ec2_flow_logs import FlowLogs
from tests.rig.service import Params, Service
from tests.rig.settings import Settings

_NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
_ALWAYS = {"Action", "Version"}
_NETWORKS = {
    "DescribeVpcs": ("Vpcs", {"vpc-id": "VpcId", "owner-id": "OwnerId"}),
    "DescribeSubnets": ("Subnets", {"subnet-id": "SubnetId"}),
    "DescribeNetworkInterfaces": (
        "NetworkInterfaces",
        {"network-interface-id": "NetworkInterfaceId"},
    ),
}
"""The member of each answer, and the filters that are modelled with what they look at."""


class Ec2(Service):
    """Networks and flow logs.

    A test arranges networks with ``{"networks": {"Vpcs": […], "Subnets": […], …}}`` in the names of
    the API, has a flow log refused with ``{"refuse": RESOURCE, "code": CODE}``, has pages of N flow
    logs with ``{"page": N}``, and records delivered with ``{"deliver": ID, "records": [{…}, …]}``.
    """

    def __init__(self, settings: Settings, trusts: Callable[[str], Params | None]) -> None:
        super().__init__(settings)
        self._networks: dict[str, list[Params]] = {}
        self._flow_logs = FlowLogs(settings, trusts, self._there)
        self.operations = {
            "CreateFlowLogs": self._flow_logs.create,
            "DescribeFlowLogs": self._flow_logs.describe,
            "DeleteFlowLogs": self._flow_logs.delete,
            "CreateTags": self._flow_logs.tag,
            **dict.fromkeys(_NETWORKS, self._describe_networks),
        }

    def reset(self) -> None:
        """Forget everything."""
        self._networks.clear()
        self._flow_logs.reset()

    def put(self, flow_logs: Sequence[dict[str, Any]]) -> None:
        """Have these flow logs and no others."""
        self._flow_logs.put(flow_logs)

    def arrange(self, given: Params) -> object:
        """Have something be as a test wants it."""
        if "networks" in given:
            self._networks = given["networks"]
        elif "refuse" in given:
            self._flow_logs.refused[given["refuse"]] = given["code"]
        elif "page" in given:
            self._flow_logs.page = given["page"]
        else:
            return deliver(self._flow_logs.held(given["deliver"]), given["records"])
        return None

    def answer(self, call: Call, fault: Any) -> Answer:  # noqa: ANN401
        """Answer a call, with its parameters as the API names them."""
        if call.op in self.operations:
            call = Call(call.service, call.op, read(call), call.region, "", b"")
        return super().answer(call, fault)

    def form(self, call: Call, members: Params) -> Answer:
        """The answer in EC2's XML."""
        shape = model("ec2").operation_model(call.op).output_shape
        inner = "".join(_members(shape, members)) if isinstance(shape, StructureShape) else ""
        body = (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<{call.op}Response '
            f'xmlns="{_NAMESPACE}"><requestId>{uuid4()}</requestId>{inner}</{call.op}Response>'
        )
        return Answer(200, body.encode(), (("Content-Type", "text/xml;charset=UTF-8"),))

    def _there(self, resource: str) -> bool:
        """Whether a VPC, subnet or interface exists."""
        return any(resource in each.values() for own in self._networks.values() for each in own)

    def _describe_networks(self, call: Call) -> Params:
        member, known = _NETWORKS[call.op]
        if others := call.params.keys() - {"Filters"}:
            raise AwsError("NotImplemented", f"the rig knows no {', '.join(sorted(others))}", 501)
        found = self._networks.get(member, [])
        for each in call.params.get("Filters", []):
            if each["Name"] not in known:
                raise AwsError("NotImplemented", f"the rig knows no filter {each['Name']}", 501)
            found = [one for one in found if one.get(known[each["Name"]]) in each["Values"]]
        return {member: found}


def read(call: Call) -> Params:
    """The parameters of a call; one that the model does not have is refused."""
    shape = model("ec2").operation_model(call.op).input_shape
    given = {name: value for name, value in call.params.items() if name not in _ALWAYS}
    seen: set[str] = set()
    found = _value(shape, given, "", seen) if shape else {}
    if unknown := given.keys() - seen:
        raise AwsError("UnknownParameter", f"{', '.join(sorted(unknown))} is not recognized")
    missing = [name for name in shape.required_members if name not in found] if shape else []
    if missing:
        raise AwsError("MissingParameter", f"The request must contain the parameter {missing[0]}")
    assert isinstance(found, dict)
    return found


def _value(shape: Shape, given: Params, prefix: str, seen: set[str]) -> Any:  # noqa: ANN401
    if isinstance(shape, StructureShape):
        found = {}
        for name, member in shape.members.items():
            value = _value(member, given, f"{prefix}.{_wire(name, member)}".lstrip("."), seen)
            if value is not None:
                found[name] = value
        return found or (None if prefix else {})
    if isinstance(shape, ListShape):
        items: list[Any] = []
        while (item := _value(shape.member, given, f"{prefix}.{len(items) + 1}", seen)) is not None:
            items.append(item)
        return items or None
    if prefix not in given:
        return None
    seen.add(prefix)
    return _scalar(shape, given[prefix], prefix)


def _scalar(shape: Shape, text: str, name: str) -> object:
    enum = shape.metadata.get("enum")
    if enum and text not in enum:
        raise AwsError("InvalidParameterValue", f"Value ({text}) for parameter {name} is invalid.")
    if shape.type_name == "boolean":
        return text == "true"
    return int(text) if shape.type_name == "integer" else text


def _wire(name: str, member: Shape) -> str:
    own = member.serialization.get("queryName")
    if own:
        return str(own)
    wire = str(member.serialization.get("name", name))
    return wire[:1].upper() + wire[1:]


def _members(shape: StructureShape, value: dict[str, Any]) -> Iterator[str]:
    unknown = value.keys() - shape.members.keys()
    if unknown:
        raise ValueError(f"{shape.name} has no {', '.join(sorted(unknown))}")
    for name, member in shape.members.items():
        if name in value:
            wire = member.serialization.get("name", name)
            yield f"<{wire}>{_text(member, value[name])}</{wire}>"


def _text(shape: Shape, value: Any) -> str:  # noqa: ANN401
    if isinstance(shape, StructureShape):
        return "".join(_members(shape, value))
    if isinstance(shape, ListShape):
        return "".join(f"<item>{_text(shape.member, item)}</item>" for item in value)
    return str(value).lower() if isinstance(value, bool) else escape(str(value))
