"""The policies that S3 and KMS take: parsed, where moto takes any text.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
"""

import json
from typing import Any

from tests.rig.answers import AwsError
from tests.rig.calls import Call

_ELEMENTS = {
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
    *("Resource", "NotResource", "Condition"),
}
_BUCKET_BYTES = 20_480
_KEY_BYTES = 32_768


def check(call: Call) -> None:
    """Refuse what S3 would refuse of what a bucket is given, and moto takes."""
    if call.op == "PutBucketPolicy":
        check_bucket_policy(call)
    elif call.op == "PutBucketLifecycleConfiguration":
        check_lifecycle(call)


def check_bucket_policy(call: Call) -> None:
    """Refuse a bucket's policy that S3 would refuse."""
    bucket = call.params["Bucket"]
    if len(call.body) > _BUCKET_BYTES:
        raise _malformed("Policy exceeds the maximum allowed document size.")
    for statement in _statements(call.body.decode()):
        for resource in _listed(statement.get("Resource", statement.get("NotResource", []))):
            own = f"arn:aws:s3:::{bucket}"
            if resource != own and not resource.startswith(f"{own}/"):
                raise _malformed("Policy has invalid resource")


def check_lifecycle(call: Call) -> None:
    """Refuse rules that S3 would refuse: some with a filter, others with a bare prefix."""
    rules, filters = call.body.count(b"<Rule>"), call.body.count(b"<Filter")
    if filters not in (0, rules):
        raise AwsError("InvalidRequest", "Found mixed use of Filter and Prefix in rules")


def check_key_policy(text: str) -> None:
    """Refuse a key's policy that KMS would refuse: one that shuts its owner out is one."""
    if len(text.encode()) > _KEY_BYTES:
        raise AwsError("LimitExceededException", "The policy is too long")
    try:
        statements = _statements(text)
    except AwsError as error:
        raise AwsError("MalformedPolicyDocumentException", error.message) from error
    if not any("kms:*" in _listed(each.get("Action", [])) for each in statements):
        raise AwsError(
            "MalformedPolicyDocumentException",
            "The new key policy will not allow you to update the key policy in the future.",
        )


def _statements(text: str) -> list[dict[str, Any]]:
    try:
        document = json.loads(text)
    except ValueError:
        raise _malformed("Policies must be valid JSON and the first byte must be '{'") from None
    if document.get("Version") not in ("2012-10-17", "2008-10-17", None):
        raise _malformed("Policy has an invalid version")
    statements = _listed(document.get("Statement", []))
    sids = [each["Sid"] for each in statements if "Sid" in each]
    if not statements or len(set(sids)) < len(sids):
        raise _malformed("Statement is missing, or its Sids are not unique")
    for each in statements:
        _check(each)
    return statements


def _check(statement: dict[str, Any]) -> None:
    if unknown := statement.keys() - _ELEMENTS:
        raise _malformed(f"Unknown field {', '.join(sorted(unknown))}")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise _malformed("Missing required field Effect")
    for name in ("Principal", "Action", "Resource"):
        if not statement.get(name) and not statement.get(f"Not{name}"):
            raise _malformed(f"Missing required field {name}")


def _listed(given: Any) -> list[Any]:  # noqa: ANN401
    return given if isinstance(given, list) else [given]


def _malformed(message: str) -> AwsError:
    return AwsError("MalformedPolicy", message)
