"""What is asked of a setup: what flow logs record, and where they go; pure."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from flowathena.deploy.permissions import refuse_patterns
from flowathena.deploy.setup.bucket import Senders
from flowathena.deploy.setup.flow_log import RESOURCES
from flowathena.deploy.setup.record_format import TagFields
from flowathena.deploy.setup.workgroup import (
    LEAST_CUTOFF_BYTES,
    MOST_CUTOFF_BYTES,
    MOST_DESCRIPTION,
    WorkGroup,
)
from flowathena.errors import UsageError
from flowathena.logs.aws_partition import describe_elsewhere
from flowathena.logs.layout import is_account, is_organization, is_region
from flowathena.target.location import S3_LOCATION, split_location
from flowathena.target.target import CHOICES, Target

_ID = re.compile(rf"({'|'.join(RESOURCES)})-[0-9a-f]{{8,17}}")
_WORKGROUP = re.compile(r"[a-zA-Z0-9._-]{1,128}")
_FLOW_LOG = re.compile(r"fl-[0-9a-f]{8,17}")
_KEY = re.compile(r"arn:aws[a-z-]*:kms:([a-z0-9-]+):[0-9]{12}:key/[A-Za-z0-9-]+")


@dataclass(frozen=True)
class Delivery:
    """Where flow logs go, and how.

    Attributes:
        location: ``s3://bucket/prefix/``; empty if they go to a log group.
        log_group: its name; empty if they go to S3.
        layout: the folders, as a target names them; None for the target's.
        file_format: ``text`` or ``parquet``; None for the target's.
        retention_days: how long the log group keeps records; None for its own, or 30 days.
        role: the name of the role that delivers to the log group, or the ARN of one that is there.
    """

    location: str = ""
    log_group: str = ""
    layout: str | None = None
    file_format: str | None = None
    retention_days: int | None = None
    role: str = ""


@dataclass(frozen=True)
class Recording:
    """What flow logs record.

    Attributes:
        resources: ids of VPCs, subnets and interfaces.
        all_vpcs: every VPC of the account in the Region.
        fields: the fields as somebody names them.
        version: every field up to this version.
        queries: the default fields, and those that these queries need.
        traffic: ``ALL``, ``ACCEPT`` or ``REJECT``.
        interval_seconds: 60 or 600.
        tag_fields: the tags whose values are recorded.
        tags: the tags of the flow logs.
    """

    resources: Sequence[str] = ()
    all_vpcs: bool = False
    fields: str | None = None
    version: int | None = None
    queries: Sequence[str] = ()
    traffic: str = "ALL"
    interval_seconds: int = 600
    tag_fields: TagFields = ()
    tags: Sequence[tuple[str, str]] = ()


def choose_layout(layout: str | None, target: Target) -> str:
    """The layout of the folders: as given, or the target's.

    Raises:
        UsageError: AWS delivers in no such layout.
    """
    chosen = layout or target.layout
    if chosen not in CHOICES["layout"]:
        raise UsageError(
            f"flow logs are delivered in one of the layouts {', '.join(CHOICES['layout'])}: "
            "add --layout"
        )
    return chosen


def choose_place(location: str, target: Target) -> tuple[str, str]:
    """Bucket and prefix, which is empty or ends in a slash: as given, or the target's.

    Raises:
        UsageError: the target's logs are on this machine, or a policy could not name the folder.
    """
    chosen = location or target.location
    if not chosen.startswith("s3://"):
        raise UsageError("flow logs are delivered into a bucket: add --to s3://bucket/prefix/")
    bucket, prefix = split_location(chosen)
    refuse_patterns(chosen)
    return bucket, f"{prefix.strip('/')}/" if prefix.strip("/") else ""


def check_senders(senders: Senders, account: Callable[[], str]) -> Senders:
    """Whose flow logs may arrive: those of an account, unless others are named.

    Raises:
        UsageError: an id is invalid, or there are accounts and an organization.
    """
    for each in senders.accounts:
        if not is_account(each):
            raise UsageError(f"{each!r} is not an account: those have 12 digits")
    for each in senders.regions:
        if not is_region(each):
            raise UsageError(f"{each!r} is not a Region")
    if senders.organization and not is_organization(senders.organization):
        raise UsageError(f"{senders.organization!r} is not an organization: those are o-…")
    if senders.organization and senders.accounts:
        raise UsageError("choose one of --account and --organization")
    named = senders.organization or senders.accounts
    return senders if named else replace(senders, accounts=(account(),))


def check_resources(ids: Sequence[str]) -> None:
    """Refuse what is no id of a VPC, subnet or interface."""
    if invalid := [each for each in ids if not _ID.fullmatch(each)]:
        raise UsageError(
            f"{invalid[0]!r} is not the id of a VPC, subnet or interface: those are vpc-, subnet- "
            "or eni- and 8 to 17 hex digits"
        )


def check_flow_logs(ids: Sequence[str]) -> None:
    """Refuse what is no id of a flow log."""
    if invalid := [each for each in ids if not _FLOW_LOG.fullmatch(each)]:
        raise UsageError(f"{invalid[0]!r} is not a flow log: those are fl- and 8 to 17 hex digits")


def check_workgroup(workgroup: WorkGroup, region: str) -> None:
    """Refuse what no workgroup of Athena can be.

    Args:
        workgroup: what is asked for.
        region: where it is.

    Raises:
        UsageError: it cannot be.
    """
    if not _WORKGROUP.fullmatch(workgroup.name):
        raise UsageError(f"{workgroup.name!r} is not the name of a workgroup")
    place, cutoff_bytes = workgroup.output_location, workgroup.cutoff_bytes
    if place is not None and not S3_LOCATION.fullmatch(place):
        raise UsageError(f"results go to s3://bucket/prefix/, not to {place!r}")
    if cutoff_bytes is not None and cutoff_bytes < LEAST_CUTOFF_BYTES:
        raise UsageError("Athena takes no scan limit below 10 MB")
    if cutoff_bytes is not None and cutoff_bytes > MOST_CUTOFF_BYTES:
        raise UsageError("Athena takes no scan limit above 7 EB, which is 7000000TB")
    if len(workgroup.description or "") > MOST_DESCRIPTION:
        raise UsageError(f"a description has {MOST_DESCRIPTION:,} characters at most")
    if workgroup.key:
        check_key(workgroup.key, region)


def check_key(key: str, region: str) -> None:
    """Refuse what is not the ARN of a KMS key of a Region."""
    found = _KEY.fullmatch(key)
    if found is None:
        raise UsageError(f"{key!r} is not the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID)")
    if elsewhere := describe_elsewhere(key, found[1]):
        raise UsageError(elsewhere)
    if found[1] != region:
        raise UsageError(f"key {key} is in {found[1]}, and must be in {region}")
