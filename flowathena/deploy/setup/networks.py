"""What flow logs record of each other's: a VPC's records what those of its subnets record, too."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from flowathena.aws.session import Aws, translate_errors
from flowathena.deploy.setup.flow_log import FlowLog
from flowathena.deploy.setup.live_flow_logs import LiveFlowLog
from flowathena.errors import FlowathenaError, UsageError

_VALUES = 200
"""How many values a filter of EC2 takes."""
_KINDS = {
    "vpc": ("describe_vpcs", "vpc-id", "Vpcs", ("VpcId",)),
    "subnet": ("describe_subnets", "subnet-id", "Subnets", ("SubnetId", "VpcId")),
    "eni": (
        "describe_network_interfaces",
        "network-interface-id",
        "NetworkInterfaces",
        ("NetworkInterfaceId", "SubnetId", "VpcId"),
    ),
}
"""Operation, filter, member of the answer, and its ids from the thing itself outwards."""

Places = Mapping[str, frozenset[str]]
"""What each thing is in: its own id, and those of its subnet and VPC."""


@dataclass(frozen=True)
class Overlap:
    """Two flow logs of which one records what the other does; ``id`` of the one that is there."""

    new: FlowLog
    other: FlowLog
    id: str = ""

    def __str__(self) -> str:
        other = f"{self.id} ({self.other.resource})" if self.id else self.other.resource
        return (
            f"{self.new.resource} is recorded by the flow log of {other} as well, into the same "
            "folder: every flow counts twice there, unless flow_logs of the target names those "
            "that are read"
        )


def read_vpcs(aws: Aws, account: str) -> tuple[str, ...]:
    """The VPCs of an account in the Region, sorted; not those that others share with it.

    Raises:
        FlowathenaError: EC2 does not say.
    """
    with translate_errors("VPCs", FlowathenaError):
        pages = aws.ec2.get_paginator("describe_vpcs").paginate(
            Filters=[{"Name": "owner-id", "Values": [account]}]
        )
        return tuple(sorted(each["VpcId"] for page in pages for each in page["Vpcs"]))


def read_places(aws: Aws, ids: Sequence[str]) -> Places:
    """Where VPCs, subnets and interfaces are; what is gone is left out.

    Raises:
        FlowathenaError: EC2 does not say.
    """
    places: dict[str, frozenset[str]] = {}
    with translate_errors("networks", FlowathenaError):
        for kind in _KINDS:
            asked = sorted({each for each in ids if each.partition("-")[0] == kind})
            for start in range(0, len(asked), _VALUES):
                places |= _read(aws, kind, asked[start : start + _VALUES])
    return places


def _read(aws: Aws, kind: str, ids: Sequence[str]) -> dict[str, frozenset[str]]:
    operation, name, member, outwards = _KINDS[kind]
    client: Any = aws.ec2
    pages = client.get_paginator(operation).paginate(Filters=[{"Name": name, "Values": [*ids]}])
    return {
        each[outwards[0]]: frozenset(each[key] for key in outwards if key in each)
        for page in pages
        for each in page[member]
    }


def require_places(ids: Sequence[str], places: Places, region: str) -> None:
    """Refuse what there is not.

    Raises:
        UsageError: there is no such VPC, subnet or interface.
    """
    if missing := [each for each in ids if each not in places]:
        raise UsageError(f"there is no {', '.join(missing)} in {region}: correct the id or Region")


def overlaps(
    wanted: Sequence[FlowLog], existing: Sequence[LiveFlowLog], places: Places
) -> Iterator[Overlap]:
    """The pairs of flow logs of different things that record the same into the same folder.

    Args:
        wanted: what should be.
        existing: what there is.
        places: where the things are that they record.
    """
    for one, other in combinations(wanted, 2):
        if _is_twice(one, other, places):
            yield Overlap(one, other)
    for new in wanted:
        for live in existing:
            if _is_twice(new, live.flow_log, places):
                yield Overlap(new, live.flow_log, live.id)


def _is_twice(one: FlowLog, other: FlowLog, places: Places) -> bool:
    if one.resource == other.resource or one.place != other.place:
        return False
    if {one.traffic, other.traffic} == {"ACCEPT", "REJECT"}:
        return False
    inside = other.resource in places.get(one.resource, ())
    return inside or one.resource in places.get(other.resource, ())
