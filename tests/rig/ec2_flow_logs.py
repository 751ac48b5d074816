"""Flow logs as EC2 keeps them.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from tests.rig import backends
from tests.rig.answers import AwsError
from tests.rig.calls import Call
from tests.rig.service import Params
from tests.rig.settings import Settings

_BUCKET = re.compile(r"arn:aws:s3:::([^/]+)/?(.*)")
_GROUP = re.compile(r"arn:aws:logs:[a-z0-9-]+:\d{12}:log-group:[^:]+")
_TOKEN = re.compile(r"\$\{([a-z0-9-]+)\}")
_TYPES = {"VPC": "vpc-", "Subnet": "subnet-", "NetworkInterface": "eni-"}
_DEFAULT = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start "
    "end action log-status"
)
_FIELDS = frozenset(
    f"""
    {_DEFAULT} vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id
    sublocation-type sublocation-id pkt-src-aws-service pkt-dst-aws-service flow-direction
    traffic-path ecs-cluster-arn ecs-cluster-name ecs-container-instance-arn
    ecs-container-instance-id ecs-container-id ecs-second-container-id ecs-service-name
    ecs-task-definition-arn ecs-task-arn ecs-task-id reject-reason resource-id encryption-status
    instance-tag instance-tag-2 interface-tag interface-tag-2 asg-tag asg-tag-2 interface-type
    next-hop-interface-id next-hop-subnet-id next-hop-az-id next-hop-vpc-id next-hop-interface-type
    """.split()
)
_OF_TAGS = {
    "instance-tag": "instance",
    "interface-tag": "network-interface",
    "asg-tag": "auto-scaling-group",
}
_KEPT = (
    *("TrafficType", "LogDestinationType", "LogDestination", "DeliverLogsPermissionArn"),
    *("DestinationOptions", "TagFieldSpecifications"),
)
_SAME = ("ResourceId", "TrafficType", "LogDestination", "LogGroupName", "LogFormat")
"""What EC2 looks at to say that there is one already."""


class FlowLogs:
    """Every flow log, by Region.

    Args:
        settings: gives the time.
        trusts: the trust policy of a role, by its ARN; None if there is no such role.
        there: whether a VPC, subnet or interface exists.

    Attributes:
        refused: the code with which the flow log of a resource is unsuccessful.
        page: how many flow logs a page has.
    """

    def __init__(
        self,
        settings: Settings,
        trusts: Callable[[str], Params | None],
        there: Callable[[str], bool],
    ) -> None:
        self._settings = settings
        self._trusts = trusts
        self._there = there
        self.reset()

    def reset(self) -> None:
        """Forget every flow log."""
        self._held: list[tuple[str, Params]] = []
        self._tokens: dict[str, tuple[Params, Params]] = {}
        self.refused: dict[str, str] = {}
        self.page = 1000

    def put(self, flow_logs: Sequence[Params]) -> None:
        """Have these flow logs and no others, in every Region."""
        self._held = [("", each) for each in flow_logs]

    def held(self, flow_log: str) -> Params:
        """One of them, by its id."""
        (found,) = [each for _, each in self._held if each["FlowLogId"] == flow_log]
        return found

    def describe(self, call: Call) -> Params:
        """DescribeFlowLogs."""
        if others := call.params.keys() - {"FlowLogIds", "MaxResults", "NextToken"}:
            raise AwsError("NotImplemented", f"the rig knows no {', '.join(sorted(others))}", 501)
        asked = call.params.get("FlowLogIds", [])
        here = [each for region, each in self._held if region in ("", call.region)]
        missing = [name for name in asked if all(e["FlowLogId"] != name for e in here)]
        if missing:
            raise _not_found(missing)
        found = [each for each in here if not asked or each["FlowLogId"] in asked]
        start = int(call.params.get("NextToken", 0))
        size = min(self.page, call.params.get("MaxResults", self.page))
        more = {"NextToken": str(start + size)} if start + size < len(found) else {}
        return {"FlowLogs": found[start : start + size], **more}

    def create(self, call: Call) -> Params:
        """CreateFlowLogs: the same again for a token that was used before."""
        params = dict(call.params)
        token = params.pop("ClientToken", "")
        if token in self._tokens:
            before, answer = self._tokens[token]
            if before != params:
                raise AwsError(
                    "IdempotentParameterMismatch", "the token stands for another request"
                )
            return answer
        self._check(params)
        ids: list[str] = []
        unsuccessful: list[Params] = []
        for resource in params["ResourceIds"]:
            code = self._refusal(call.region, resource, params)
            if code:
                error = {"Code": code, "Message": f"flow log of {resource}: {code}"}
                unsuccessful.append({"ResourceId": resource, "Error": error})
            else:
                ids.append(self._make(call.region, resource, params))
        answer = {"ClientToken": token, "FlowLogIds": ids, "Unsuccessful": unsuccessful}
        if token and ids:
            self._tokens[token] = (params, answer)
        return answer

    def delete(self, call: Call) -> Params:
        """DeleteFlowLogs: all of them or, if one is unknown, none."""
        asked = call.params["FlowLogIds"]
        known = {each["FlowLogId"] for _, each in self._held}
        if missing := [each for each in asked if each not in known]:
            raise _not_found(missing)
        self._held = [each for each in self._held if each[1]["FlowLogId"] not in asked]
        return {"Unsuccessful": []}

    def tag(self, call: Call) -> Params:
        """CreateTags, of flow logs."""
        for name in call.params["Resources"]:
            flow_log = self.held(name)
            tags = {each["Key"]: each["Value"] for each in flow_log.get("Tags", [])}
            tags |= {each["Key"]: each["Value"] for each in call.params["Tags"]}
            flow_log["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        return {}

    def _make(self, region: str, resource: str, params: Params) -> str:
        made = {name: params[name] for name in _KEPT if name in params}
        made |= {
            "FlowLogId": f"fl-{uuid4().hex[:17]}",
            "ResourceId": resource,
            "FlowLogStatus": "ACTIVE",
            "CreationTime": self._settings.clock().strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "LogFormat": params.get("LogFormat") or _tokens(_DEFAULT.split()),
            "MaxAggregationInterval": params.get("MaxAggregationInterval", 600),
            "Tags": [tag for each in params.get("TagSpecifications", []) for tag in each["Tags"]],
        }
        self._held.append((region, made))
        return str(made["FlowLogId"])

    def _refusal(self, region: str, resource: str, params: Params) -> str:
        if resource in self.refused:
            return self.refused[resource]
        wanted = {**params, "ResourceId": resource}
        wanted.setdefault("LogFormat", _tokens(_DEFAULT.split()))
        same = any(
            where == region and all(each.get(name) == wanted.get(name) for name in _SAME)
            for where, each in self._held
        )
        return "FlowLogAlreadyExists" if same else ""

    def _check(self, params: Params) -> None:
        start = _TYPES.get(params["ResourceType"])
        if start is None:
            raise AwsError("NotImplemented", f"the rig knows no {params['ResourceType']}", 501)
        for resource in params["ResourceIds"]:
            if not resource.startswith(start) or not self._there(resource):
                raise AwsError("InvalidParameterValue", f"The resource {resource} does not exist")
        if params.get("MaxAggregationInterval", 600) not in (60, 600):
            raise _invalid("MaxAggregationInterval must be 60 or 600")
        if "TrafficType" not in params:
            raise _invalid("TrafficType is required")
        for each in params.get("TagSpecifications", []):
            if each["ResourceType"] != "vpc-flow-log":
                raise _invalid(f"'{each['ResourceType']}' is not a valid taggable resource type")
        self._check_format(params)
        if params.get("LogDestinationType") == "s3":
            _check_bucket(params)
        else:
            self._check_group(params)

    def _check_format(self, params: Params) -> None:
        text = params.get("LogFormat", "")
        names = _TOKEN.findall(text)
        if text and (_tokens(names) != text or len(set(names)) < len(names)):
            raise _invalid("LogFormat is not a list of fields")
        if unknown := [name for name in names if name not in _FIELDS]:
            raise _invalid(f"Unknown fields provided: [{', '.join(unknown)}]")
        keys = {e["ResourceType"]: e["TagKeys"] for e in params.get("TagFieldSpecifications", [])}
        for field, kind in _OF_TAGS.items():
            needed = sum(name in names for name in (field, f"{field}-2"))
            if needed != len(keys.get(kind, [])):
                raise _invalid(f"TagFieldSpecifications do not fit the fields of {kind}")

    def _check_group(self, params: Params) -> None:
        if params.get("LogDestinationType", "cloud-watch-logs") != "cloud-watch-logs":
            kind = params["LogDestinationType"]
            raise AwsError("NotImplemented", f"the rig knows no {kind}", 501)
        if "DestinationOptions" in params:
            raise _invalid("DestinationOptions are for S3")
        if not _GROUP.fullmatch(params.get("LogDestination", "")):
            raise _invalid("LogDestination is not the ARN of a log group")
        role = params.get("DeliverLogsPermissionArn", "")
        trust = self._trusts(role)
        if trust is None or "vpc-flow-logs.amazonaws.com" not in json.dumps(trust):
            raise _invalid("Unable to assume given IAM role")


def _check_bucket(params: Params) -> None:
    found = _BUCKET.fullmatch(params.get("LogDestination", ""))
    if not found or not backends.has_bucket(found[1]):
        raise AwsError("InvalidParameter", "LogDestination: the bucket does not exist")
    if found[2].split("/")[0] == "AWSLogs":
        raise _invalid("LogDestination: AWSLogs is a reserved term")
    if "DeliverLogsPermissionArn" in params:
        raise _invalid("DeliverLogsPermissionArn is not for S3")


def _tokens(names: Sequence[str]) -> str:
    return " ".join(f"${{{name}}}" for name in names)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameter", message)


def _not_found(missing: Sequence[Any]) -> AwsError:
    message = f"These flow log ids in the input list are not found: [{', '.join(missing)}]"
    return AwsError("InvalidFlowLogId.NotFound", message)
