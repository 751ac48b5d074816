"""What IAM must allow for each kind of work on a target: statements of a policy. Pure.

One function a kind of work. What Athena does for whoever runs a query is in them, too.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowathena.errors import UsageError
from flowathena.table.view_text import VIEWS
from flowathena.target.feed import MetricsFeed
from flowathena.target.target import Target

Statement = dict[str, Any]

_QUERY_READS = ("GetTable", "GetPartition", "GetPartitions", "BatchGetPartition", "GetDatabase")
_ATHENA = ("StartQueryExecution", "GetQueryExecution", "GetQueryResults", "StopQueryExecution")
_OBJECT_WRITES = ("GetObject", "PutObject", "AbortMultipartUpload", "ListMultipartUploadParts")
_DATA_SET = (
    *("DescribeDataSet", "DescribeDataSetPermissions", "DescribeDataSetRefreshProperties"),
    "ListTagsForResource",
)
_ARCHIVE_WRITES = (
    *("CreateDatabase", "CreateTable", "UpdateTable", "DeleteTable"),
    *("BatchCreatePartition", "BatchUpdatePartition"),
)
_NAMED_QUERIES = (
    *("ListNamedQueries", "BatchGetNamedQuery", "CreateNamedQuery", "UpdateNamedQuery"),
)


@dataclass(frozen=True)
class Place:
    """Where something in AWS is: parts of its ARN, or what stands for them in a template."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        """The ARN of something there."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def bucket(self, name: str) -> str:
        """The ARN of a bucket."""
        return f"arn:{self.partition}:s3:::{name}"

    def objects(self, bucket: str, prefix: str) -> str:
        """The ARN of everything below a prefix.

        Raises:
            UsageError: the prefix would mean something else in a policy.
        """
        refuse_patterns(prefix)
        return f"{self.bucket(bucket)}/{prefix}*"

    def tables(self, target: Target) -> list[str]:
        """The ARNs of the catalog, and of the databases and tables of a target."""
        databases = (f"database/{each.database}" for each in target.tables)
        tables = (f"table/{each.database}/{each.table}" for each in target.tables)
        names = dict.fromkeys(("catalog", *databases, *tables))
        return [self.arn("glue", name) for name in names]


def refuse_patterns(location: str) -> None:
    """Refuse a folder that a policy would take for several: IAM's patterns and variables.

    Raises:
        UsageError: it has such a sign.
    """
    if any(sign in location for sign in "*?$"):
        raise UsageError(f"{location!r} has *, ? or $, which mean something else in a policy")


def looking(target: Target, place: Place) -> Iterator[Statement]:
    """``partitions plan``, ``list`` and ``status``; also before anything else below."""
    yield allow("s3", ["ListBucket"], [place.bucket(target.bucket)])
    yield allow("s3", ["GetObject"], [place.objects(target.bucket, target.prefix)])
    yield allow("glue", ["GetTable", "GetPartitions"], place.tables(target))


def registering(target: Target, place: Place) -> Iterator[Statement]:
    """``partitions sync``, which creates the table if there is none."""
    yield from looking(target, place)
    writes = ["BatchCreatePartition", "CreateTable", "UpdateTable", "CreateDatabase"]
    yield allow("glue", writes, place.tables(target))


def repairing(target: Target, place: Place) -> Iterator[Statement]:
    """``partitions sync --relocate --prune``."""
    yield from registering(target, place)
    writes = ["BatchUpdatePartition", "BatchDeletePartition"]
    yield allow("glue", writes, place.tables(target))


def reading(target: Target, place: Place) -> Iterator[Statement]:
    """What queries read: logs and archive; of ``run --engine local`` it is all."""
    yield from looking(target, place)
    if archive := target.archive:
        yield from looking(archive, place)


def querying(target: Target, place: Place) -> Iterator[Statement]:
    """``run``, ``sql``, ``check``, ``report`` and ``results``, estimates among them.

    Raises:
        UsageError: the target does not say where Athena writes results.
    """
    yield from _asking(target, place)
    yield allow("athena", ["GetWorkGroup"], [_workgroup(target, place)])


def _asking(target: Target, place: Place) -> Iterator[Statement]:
    """Statements over logs and archive, without a look at the limits of the workgroup."""
    yield from reading(target, place)
    bucket, prefix = results_of(target)
    default = place.arn("glue", "database/default")
    tables = dict.fromkeys((*place.tables(target), *_archive_tables(target, place)))
    yield allow("glue", _QUERY_READS, [*tables, default])
    yield allow("athena", _ATHENA, [_workgroup(target, place)])
    reads = ["GetBucketLocation", "ListBucket", "ListBucketMultipartUploads"]
    yield allow("s3", reads, [place.bucket(bucket)])
    yield allow("s3", _OBJECT_WRITES, [place.objects(bucket, prefix)])


def archiving(target: Target, place: Place) -> Iterator[Statement]:
    """``archive run``, ``verify`` and ``rollup``.

    Raises:
        UsageError: the target has no archive, or as of ``querying``.
    """
    archive, rollup = _archive_of(target)
    yield from querying(target, place)
    yield from _keeping(target, place, (archive, rollup))


def rolling_up(target: Target, place: Place) -> Iterator[Statement]:
    """``archive rollup`` alone, which reads the archive and does not write it.

    Raises:
        UsageError: as of ``archiving``.
    """
    _, rollup = _archive_of(target)
    yield from _asking(target, place)
    yield from _keeping(target, place, (rollup,))


def _archive_of(target: Target) -> tuple[Target, Target]:
    """The archive and the rollup of a target, which is in a folder of the archive.

    Raises:
        UsageError: the target has none.
    """
    archive, rollup = target.archive, target.rollup
    if archive is None or rollup is None:
        raise UsageError(
            f"target {target.name!r} has no archive: set archive_location in the configuration"
        )
    return archive, rollup


def _keeping(target: Target, place: Place, owners: Sequence[Target]) -> Iterator[Statement]:
    """Write tables beside the logs, and the views that name their days.

    Args:
        target: the target.
        place: where.
        owners: the targets of these tables; the others are in folders of the first.
    """
    first = owners[0]
    folder = place.objects(first.bucket, first.prefix)
    yield allow("s3", [*_OBJECT_WRITES, "DeleteObject"], [folder])
    # What is written is verified through tables of their own: NAME_verify_….
    own = dict.fromkeys(name for each in owners for name in place.tables(each))
    tables = [f"{each}*" if ":table/" in each else each for each in own]
    yield allow("glue", [*_QUERY_READS, *_ARCHIVE_WRITES], tables)
    views = (f"table/{target.database}/{target.table}_{kind}" for kind in VIEWS)
    names = ("catalog", f"database/{target.database}", *views)
    read = [place.arn("glue", name) for name in names]
    yield allow("glue", ["GetTable", "CreateTable", "UpdateTable"], read)
    whole = ["catalog", f"database/{first.database}", f"table/{first.database}/*"]
    yield allow("glue", ["GetTables"], [place.arn("glue", each) for each in whole])


def remembering_runs(target: Target, place: Place) -> Iterator[Statement]:
    """``history``."""
    actions = ["ListQueryExecutions", "BatchGetQueryExecution"]
    yield allow("athena", actions, [_workgroup(target, place)])


def costing(target: Target, place: Place) -> Iterator[Statement]:
    """``setup cost``."""
    yield from looking(target, place)
    yield allow("s3", ["GetLifecycleConfiguration"], [place.bucket(target.bucket)])
    yield from remembering_runs(target, place)
    yield allow("athena", ["GetWorkGroup"], [_workgroup(target, place)])
    if target.feed.metrics:
        yield allow("cloudwatch", ["ListMetrics"], ["*"])


def publishing(target: Target, place: Place) -> Iterator[Statement]:
    """``queries publish`` and ``pull``."""
    tables = dict.fromkeys((*place.tables(target), *_archive_tables(target, place)))
    yield allow("glue", ["GetTable"], [*tables])
    yield allow("athena", _NAMED_QUERIES, [_workgroup(target, place)])


def measuring(target: Target, place: Place) -> Iterator[Statement]:
    """``metrics publish``.

    Raises:
        UsageError: as of ``querying``.
    """
    yield from querying(target, place)
    feed = target.feed.metrics or MetricsFeed()
    yield allow("cloudwatch", ["PutMetricData"], ["*"], {"cloudwatch:namespace": feed.namespace})
    yield allow("cloudwatch", ["GetMetricStatistics"], ["*"])
    bucket, prefix = parts(feed.ledger) if feed.ledger else results_of(target)
    yield allow("s3", ["GetObject", "PutObject"], [place.objects(bucket, prefix)])
    yield allow("s3", ["ListBucket"], [place.bucket(bucket)])


def refreshing(_target: Target, place: Place) -> Iterator[Statement]:
    """``quicksight refresh`` of data sets that are published."""
    own = place.arn("quicksight", "dataset/flowathena-*")
    yield allow("quicksight", ["DescribeAccountSubscription", "ListDataSets"], ["*"])
    yield allow("quicksight", _DATA_SET, [own])
    yield allow("quicksight", ["CreateIngestion", "DescribeIngestion"], [f"{own}/ingestion/*"])


def telling(topics: Sequence[str], state: str, place: Place) -> Iterator[Statement]:
    """Messages of a check, and the object that remembers which were sent.

    Args:
        topics: ARNs of SNS topics.
        state: ``s3://bucket/key``; empty or a file if there is no object.
        place: where.
    """
    if topics:
        yield allow("sns", ["Publish"], topics)
    if state.startswith("s3://"):
        bucket, key = parts(state)
        yield allow("s3", ["GetObject", "PutObject"], [f"{place.bucket(bucket)}/{key}"])
        yield allow("s3", ["ListBucket"], [place.bucket(bucket)])


def unloading(location: str, place: Place) -> Iterator[Statement]:
    """``--unload`` below a prefix."""
    bucket, prefix = parts(location)
    actions = [*_OBJECT_WRITES, "DeleteObject"]
    yield allow("s3", actions, [place.objects(bucket, prefix)])
    yield allow("s3", ["ListBucket"], [place.bucket(bucket)])


def allow(
    service: str,
    actions: Sequence[str],
    resources: Sequence[str],
    equal: Mapping[str, str] | None = None,
) -> Statement:
    """A statement that allows actions of a service.

    Args:
        service: ``s3``, ``glue``, …
        actions: the actions, without the service.
        resources: ARNs.
        equal: what keys of the request's context must be.
    """
    condition = {"Condition": {"StringEquals": dict(equal)}} if equal else {}
    return {
        "Effect": "Allow",
        "Action": [f"{service}:{each}" for each in actions],
        "Resource": list(resources),
        **condition,
    }


def merged(each: Iterable[Statement]) -> list[Statement]:
    """Statements of one service on the same resources as one."""
    made: list[Statement] = []
    for one in each:
        same = [
            other
            for other in made
            if other["Resource"] == one["Resource"]
            and other.get("Condition") == one.get("Condition")
            and other["Action"][0].partition(":")[0] == one["Action"][0].partition(":")[0]
        ]
        if same:
            same[0]["Action"] = sorted({*same[0]["Action"], *one["Action"]})
        else:
            made.append({**one, "Action": sorted(one["Action"])})
    return made


def parts(location: str) -> tuple[str, str]:
    """The bucket and the key of ``s3://bucket/key``."""
    bucket, _, key = location.removeprefix("s3://").partition("/")
    return bucket, key


def results_of(target: Target) -> tuple[str, str]:
    """The bucket and the prefix where Athena writes results.

    Raises:
        UsageError: the target does not say.
    """
    if not target.output_location:
        raise UsageError(
            f"where does Athena write the results of target {target.name!r}? set output_location "
            "in the configuration: the policy names it"
        )
    return parts(target.output_location)


def _archive_tables(target: Target, place: Place) -> list[str]:
    return place.tables(target.archive) if target.archive else []


def _workgroup(target: Target, place: Place) -> str:
    return place.arn("athena", f"workgroup/{target.workgroup}")
