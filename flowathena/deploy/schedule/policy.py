"""What the role of a scheduled function may do: the tasks' permissions, and no others. Pure.

``statements`` is all that others use of this module. Account, Region and partition are
CloudFormation's own (``${AWS::Region}``) unless the target names them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flowathena.deploy.schedule import heartbeat
from flowathena.deploy.schedule.tasks import CHECK, METRICS, QUICKSIGHT, SYNC, Tasks
from flowathena.errors import UsageError
from flowathena.target.feed import MetricsFeed
from flowathena.target.target import Target

Statement = dict[str, Any]

_PARTITION = "${AWS::Partition}"
_ACCOUNT = "${AWS::AccountId}"
_QUERY_READS = ("GetTable", "GetPartition", "GetPartitions", "BatchGetPartition", "GetDatabase")
_ATHENA = (
    *("StartQueryExecution", "GetQueryExecution", "GetQueryResults", "StopQueryExecution"),
    "GetWorkGroup",
)
_DATA_SET = (
    *("DescribeDataSet", "DescribeDataSetPermissions", "DescribeDataSetRefreshProperties"),
    "ListTagsForResource",
)
_INGESTION = ("CreateIngestion", "DescribeIngestion")


def statements(target: Target, tasks: Tasks) -> list[Statement]:
    """The statements of the policy for some tasks on a target.

    Raises:
        UsageError: a task needs Athena's results, and the target does not say where they are.
    """
    own = [_heartbeat()] if tasks.heartbeat else []
    if target.role_arn:  # which may do the rest; the heartbeat is put in the function's own account
        return [_allow("sts", ["AssumeRole"], [target.role_arn]), *own]
    return [*_merged(list(_tasks(target, tasks))), *own]


def _tasks(target: Target, tasks: Tasks) -> Iterator[Statement]:
    queries = {METRICS, CHECK} & set(tasks.names)
    if SYNC in tasks.names or queries:
        yield _allow("s3", ["ListBucket"], [_bucket(target.bucket)])
        yield _allow("s3", ["GetObject"], [_objects(target.bucket, target.prefix)])
        yield _allow("glue", ["GetTable", "GetPartitions"], _tables(target))
    if SYNC in tasks.names:
        writes = ["BatchCreatePartition", "CreateTable", "UpdateTable"]
        yield _allow("glue", [*writes, "CreateDatabase"], _tables(target))
    if queries:
        yield from _athena(target)
    if METRICS in tasks.names:
        yield from _metrics(target)
    for check in tasks.checks:
        if check.notify_sns:
            yield _allow("sns", ["Publish"], check.notify_sns)
        if check.state and check.state.startswith("s3://"):
            yield from _remembered(*_parts(check.state), whole=False)
    if QUICKSIGHT in tasks.names:
        yield from _quicksight(target)


def _athena(target: Target) -> Iterator[Statement]:
    bucket, prefix = _results(target)
    default = f"{_glue(target)}:database/default"
    yield _allow("glue", _QUERY_READS, [*_tables(target), default])
    workgroup = f"{_arn('athena', target)}:workgroup/{target.workgroup}"
    yield _allow("athena", _ATHENA, [workgroup])
    reads = ["GetBucketLocation", "ListBucket", "ListBucketMultipartUploads"]
    yield _allow("s3", reads, [_bucket(bucket)])
    writes = ["GetObject", "PutObject", "AbortMultipartUpload", "ListMultipartUploadParts"]
    yield _allow("s3", writes, [_objects(bucket, prefix)])


def _metrics(target: Target) -> Iterator[Statement]:
    feed = target.feed.metrics or MetricsFeed()
    yield _allow("cloudwatch", ["PutMetricData"], ["*"], {"cloudwatch:namespace": feed.namespace})
    yield _allow("cloudwatch", ["GetMetricStatistics"], ["*"])
    place = _parts(feed.ledger) if feed.ledger else _results(target)
    yield from _remembered(*place, whole=True)


def _remembered(bucket: str, key: str, *, whole: bool) -> Iterator[Statement]:
    """An object, or all below a prefix, that is read and written; absent at first."""
    resource = _objects(bucket, key) if whole else f"{_bucket(bucket)}/{key}"
    yield _allow("s3", ["GetObject", "PutObject"], [resource])
    yield _allow("s3", ["ListBucket"], [_bucket(bucket)])


def _quicksight(target: Target) -> Iterator[Statement]:
    own = f"{_arn('quicksight', target)}:dataset/flowathena-*"
    yield _allow("quicksight", ["DescribeAccountSubscription", "ListDataSets"], ["*"])
    yield _allow("quicksight", _DATA_SET, [own])
    yield _allow("quicksight", _INGESTION, [f"{own}/ingestion/*"])


def _heartbeat() -> Statement:
    return _allow(
        "cloudwatch", ["PutMetricData"], ["*"], {"cloudwatch:namespace": heartbeat.NAMESPACE}
    )


def _allow(
    service: str,
    actions: Sequence[str],
    resources: Sequence[str],
    equal: Mapping[str, str] | None = None,
) -> Statement:
    condition = {"Condition": {"StringEquals": dict(equal)}} if equal else {}
    return {
        "Effect": "Allow",
        "Action": [f"{service}:{each}" for each in actions],
        "Resource": list(resources),
        **condition,
    }


def _merged(each: Sequence[Statement]) -> list[Statement]:
    """Statements on the same resources as one."""
    merged: list[Statement] = []
    for one in each:
        same = [
            other
            for other in merged
            if other["Resource"] == one["Resource"]
            and other.get("Condition") == one.get("Condition")
            and other["Action"][0].partition(":")[0] == one["Action"][0].partition(":")[0]
        ]
        if same:
            same[0]["Action"] = sorted({*same[0]["Action"], *one["Action"]})
        else:
            merged.append({**one, "Action": sorted(one["Action"])})
    return merged


def _arn(service: str, target: Target) -> str:
    region = target.region or "${AWS::Region}"
    return f"arn:{_PARTITION}:{service}:{region}:{_ACCOUNT}"


def _glue(target: Target) -> str:
    return _arn("glue", target)


def _tables(target: Target) -> list[str]:
    """The catalog, and databases and tables of a target."""
    glue = _glue(target)
    databases = dict.fromkeys(f"{glue}:database/{each.database}" for each in target.tables)
    tables = dict.fromkeys(f"{glue}:table/{e.database}/{e.table}" for e in target.tables)
    return [f"{glue}:catalog", *databases, *tables]


def _bucket(name: str) -> str:
    return f"arn:{_PARTITION}:s3:::{name}"


def _objects(bucket: str, prefix: str) -> str:
    return f"{_bucket(bucket)}/{prefix}*"


def _parts(location: str) -> tuple[str, str]:
    bucket, _, key = location.removeprefix("s3://").partition("/")
    return bucket, key


def _results(target: Target) -> tuple[str, str]:
    if not target.output_location:
        raise UsageError(
            f"where does Athena write the results of target {target.name!r}? set output_location "
            "in the configuration: the role's policy names it"
        )
    return _parts(target.output_location)
