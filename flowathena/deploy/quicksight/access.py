"""What QuickSight's role may do with the buckets, and how full SPICE is, where AWS lets one see it.

QuickSight's API shows neither. A role that the configuration names can be asked about in IAM; the
capacity of SPICE is a metric in CloudWatch.
Source: https://docs.aws.amazon.com/quicksight/latest/user/aggregate-spice-metrics
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, describe_error, error_code, translate_errors
from flowathena.deploy.quicksight.preconditions import Account, Precondition
from flowathena.errors import FlowathenaError
from flowathena.target.feed import QuickSightFeed
from flowathena.target.location import split_location
from flowathena.target.target import Target

_ROLE = "access role"
_SPICE = "SPICE"
_TRUSTED = "quicksight.amazonaws.com"
_BUCKET = ("s3:GetBucketLocation", "s3:ListBucket")
_READ = ("s3:GetObject",)
_WRITE = (*_READ, "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")
_NAMESPACE = "AWS/QuickSight"
_LIMIT, _USED = "SPICECapacityLimitInMB", "SPICECapacityConsumedInMB"
_BACK = timedelta(days=90)
_DAY_SECONDS = 86_400
_FULL = 0.9
"""The part of SPICE from which on it is told as nearly full."""


def look(
    aws: Aws,
    target: Target,
    feed: QuickSightFeed,
    account: Account,
    now: datetime,
    tell: Callable[[Precondition], None],
) -> Account:
    """Look at the role and, if rows are kept there, at SPICE; unless something is amiss already.

    Args:
        aws: the clients.
        target: the target.
        feed: its settings.
        account: what was found so far.
        now: the current time, aware.
        tell: called with each of the lines.

    Returns:
        The account with these lines.
    """
    if any(not each.is_met for each in account.preconditions):
        return account
    found = list(look_at_role(aws, target, feed.role_arn))
    if feed.mode == "spice":
        found.append(look_at_capacity(aws, now))
    for each in found:
        tell(each)
    return replace(account, preconditions=(*account.preconditions, *found))


def look_at_role(aws: Aws, target: Target, role_arn: str | None) -> Iterator[Precondition]:
    """Whether the role that QuickSight assumes may read logs and archive, and write results.

    IAM simulates the role's own policies. A policy of the bucket may allow what they do not, so
    that this never keeps anything from being published; only a role that does not exist does.

    Args:
        aws: the clients.
        target: the target.
        role_arn: the role; None for QuickSight's own.
    """
    if role_arn is None:
        yield Precondition(
            _ROLE,
            "QuickSight's own, which AWS shows to nobody: allow Athena and the buckets in its "
            "console under Security & permissions",
        )
        return
    try:
        yield from _simulate(aws, target, role_arn)
    except ClientError as error:
        yield Precondition(_ROLE, f"not looked at: {describe_error(error)}")
    except FlowathenaError as error:
        yield Precondition(_ROLE, f"not looked at: {error}")


def _simulate(aws: Aws, target: Target, role_arn: str) -> Iterator[Precondition]:
    try:
        role = aws.iam.get_role(RoleName=role_arn.rpartition("/")[2])["Role"]
    except ClientError as error:
        if error_code(error) != "NoSuchEntity":
            raise
        yield Precondition(_ROLE, f"there is no {role_arn}; correct role_arn", is_met=False)
        return
    trust = json.dumps(role.get("AssumeRolePolicyDocument", {}))
    if _TRUSTED not in trust:
        yield Precondition(
            _ROLE, f"the trust policy of {role_arn} does not name {_TRUSTED}", is_doubtful=True
        )
    results = _results(aws, target.workgroup)
    read = [target.location, *([target.archive.location] if target.archive else [])]
    places = [*((each, _READ) for each in read), *([(results, _WRITE)] if results else [])]
    denied = [each for place, actions in places for each in _denied(aws, role_arn, place, actions)]
    if denied:
        yield Precondition(
            _ROLE,
            f"the policies of {role_arn} do not allow {'; '.join(denied)}: unless a bucket's own "
            "policy does, refreshes fail",
            is_doubtful=True,
        )
    else:
        yield Precondition(_ROLE, f"{role_arn} may use {' and '.join(each for each, _ in places)}")
    if not results:
        yield Precondition(
            _ROLE,
            f"workgroup {target.workgroup} names no place for results, so that where QuickSight "
            "would write them is not known",
        )


def _results(aws: Aws, workgroup: str) -> str:
    """Where the workgroup writes results: the data source has no other place."""
    with translate_errors(f"workgroup {workgroup}", FlowathenaError):
        found = aws.athena.get_work_group(WorkGroup=workgroup)["WorkGroup"]
    return found.get("Configuration", {}).get("ResultConfiguration", {}).get("OutputLocation", "")


def _denied(aws: Aws, role_arn: str, location: str, actions: tuple[str, ...]) -> Iterator[str]:
    """What the role's policies do not allow on a location, in words."""
    bucket, prefix = split_location(location)
    arn = f"arn:{role_arn.split(':')[1]}:s3:::{bucket}"
    start = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    for names, resource in ((_BUCKET, arn), (actions, f"{arn}/{start}*")):
        answer = aws.iam.simulate_principal_policy(
            PolicySourceArn=role_arn, ActionNames=list(names), ResourceArns=[resource]
        )
        refused = [
            each["EvalActionName"]
            for each in answer["EvaluationResults"]
            # What depends on a condition is not known.
            if each["EvalDecision"] != "allowed" and not each.get("MissingContextValues")
        ]
        if refused:
            yield f"{', '.join(refused)} on {resource}"


def look_at_capacity(aws: Aws, now: datetime) -> Precondition:
    """How much of the SPICE of the Region is used, as CloudWatch has it.

    Args:
        aws: the clients.
        now: the current time, aware.
    """
    try:
        limit, used = (_latest(aws, name, now) for name in (_LIMIT, _USED))
    except ClientError as error:
        return Precondition(_SPICE, f"not looked at: {describe_error(error)}")
    if limit is None or used is None:
        return Precondition(
            _SPICE,
            "CloudWatch has no numbers of the last 90 days; QuickSight's console shows how much "
            "there is",
        )
    text = f"{used / 1024:.1f} of {limit / 1024:.1f} GB are used in {aws.session.region_name}"
    if used < limit * _FULL:
        return Precondition(_SPICE, text)
    return Precondition(_SPICE, f"{text}: a refresh may find it full", is_doubtful=True)


def _latest(aws: Aws, name: str, now: datetime) -> float | None:
    answer = aws.cloudwatch.get_metric_statistics(
        Namespace=_NAMESPACE,
        MetricName=name,
        StartTime=now - _BACK,
        EndTime=now,
        Period=_DAY_SECONDS,
        Statistics=["Maximum"],
    )
    points: list[Any] = sorted(answer["Datapoints"], key=lambda each: each["Timestamp"])
    return float(points[-1]["Maximum"]) if points else None
