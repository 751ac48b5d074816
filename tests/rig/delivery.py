"""What AWS does once there is a flow log: it writes files, if the bucket's policy lets it.

https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-path.html
"""

import gzip
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from tests.rig import backends
from tests.rig.service import Params

_REGION = "eu-west-1"
_SERVICE = "delivery.logs.amazonaws.com"
_SLOT_SECONDS = 300


def deliver(flow_log: Params, records: Sequence[Params]) -> str:
    """Write records, given by their fields, into one file of text; its key.

    Where the policy does not allow it, the flow log says so, and the key is empty.
    """
    options = flow_log.get("DestinationOptions", {})
    if options.get("FileFormat", "plain-text") != "plain-text":
        raise ValueError("the rig delivers text alone")
    bucket, _, prefix = flow_log["LogDestination"].removeprefix("arn:aws:s3:::").partition("/")
    fields = [token[2:-1] for token in flow_log["LogFormat"].split()]
    lines = [" ".join(str(each.get(name, "-")) for name in fields) for each in records]
    end = max(int(each["end"]) for each in records)
    key = _key(flow_log["FlowLogId"], prefix.strip("/"), options, end)
    if not _is_allowed(bucket, key):
        flow_log |= {"DeliverLogsStatus": "FAILED", "DeliverLogsErrorMessage": "Access error"}
        return ""
    text = "".join(f"{line}\n" for line in (" ".join(fields), *lines))
    backends.put_objects(bucket, [(key, gzip.compress(text.encode(), mtime=0))])
    flow_log["DeliverLogsStatus"] = "SUCCESS"
    flow_log.pop("DeliverLogsErrorMessage", None)
    return key


def _key(flow_log: str, prefix: str, options: Params, end: int) -> str:
    slot = datetime.fromtimestamp(end - end % _SLOT_SECONDS, UTC)
    parts = {
        "aws-account-id": backends.ACCOUNT,
        "aws-service": "vpcflowlogs",
        "aws-region": _REGION,
        "year": f"{slot:%Y}",
        "month": f"{slot:%m}",
        "day": f"{slot:%d}",
        **({"hour": f"{slot:%H}"} if options.get("PerHourPartition") else {}),
    }
    hive = options.get("HiveCompatiblePartitions", False)
    folders = [f"{name}={value}" if hive else value for name, value in parts.items()]
    stamp = f"{slot:%Y%m%dT%H%MZ}"
    name = f"{backends.ACCOUNT}_vpcflowlogs_{_REGION}_{flow_log}_{stamp}_{end:08x}.log.gz"
    return "/".join(filter(None, (prefix, "AWSLogs", *folders, name)))


def _is_allowed(bucket: str, key: str) -> bool:
    """Whether the policy lets the service do both: write the object, and read the bucket's ACL."""
    policy = backends.s3().get_bucket_policy(bucket)
    statements = json.loads(policy)["Statement"] if policy else []
    asked = (
        ("s3:PutObject", f"arn:aws:s3:::{bucket}/{key}"),
        ("s3:GetBucketAcl", f"arn:aws:s3:::{bucket}"),
    )
    return all(
        {each["Effect"] for each in statements if _applies(each, action, resource)} == {"Allow"}
        for action, resource in asked
    )


def _applies(statement: Params, action: str, resource: str) -> bool:
    principal = statement.get("Principal", {})
    named = principal == "*" or _SERVICE in _listed(dict(principal).get("Service", []))
    return (
        named
        and any(fnmatchcase(action, each) for each in _listed(statement["Action"]))
        and any(fnmatchcase(resource, each) for each in _listed(statement["Resource"]))
        and all(
            _holds(operator, name, _listed(values))
            for operator, names in statement.get("Condition", {}).items()
            for name, values in names.items()
        )
    )


def _holds(operator: str, name: str, values: Sequence[str]) -> bool:
    context = {
        "aws:SourceAccount": backends.ACCOUNT,
        "aws:SourceArn": f"arn:aws:logs:{_REGION}:{backends.ACCOUNT}:*",
        "aws:SourceOrgID": "o-a1b2c3d4e5",
        "s3:x-amz-acl": "bucket-owner-full-control",
    }
    given = context.get(name)
    if given is None:
        return operator == "Bool"  # of a secure transport, say: which this one is
    if operator not in {"StringEquals", "StringLike", "ArnLike", "ArnEquals"}:
        raise ValueError(f"the rig knows no condition {operator}")
    return any(fnmatchcase(given, each) for each in values)


def _listed(given: Any) -> list[Any]:  # noqa: ANN401
    return given if isinstance(given, list) else [given]
