"""What a bucket has that receives flow logs: policies, encryption, rules; pure.

Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html and
https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-cmk-policy.html
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flowathena.deploy.setup import documents
from flowathena.deploy.setup.documents import Document
from flowathena.deploy.setup.partition import bucket_arn
from flowathena.logs.aws_partition import partition_of
from flowathena.logs.layout import LOG_ROOT

BUCKET_POLICY_BYTES = 20_480
KEY_POLICY_BYTES = 32_768
"""The largest policies that S3 and KMS take."""
_DELIVERY = {"Service": "delivery.logs.amazonaws.com"}
_KEY_ACTIONS = [
    *("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")
]


@dataclass(frozen=True)
class Bucket:
    """A bucket to be created in a Region."""

    name: str
    region: str


@dataclass(frozen=True)
class BucketPolicy:
    """The policy of a bucket, all of it."""

    bucket: str
    document: Document


@dataclass(frozen=True)
class KeyPolicy:
    """The policy of a KMS key, all of it; ``key`` is the key's ARN."""

    key: str
    document: Document


@dataclass(frozen=True)
class PublicAccessBlock:
    """Whether a bucket is closed to the public, by each of the four switches of S3."""

    bucket: str
    block_acls: bool = True
    ignore_acls: bool = True
    block_policy: bool = True
    restrict: bool = True

    @property
    def configuration(self) -> dict[str, bool]:
        """The ``PublicAccessBlockConfiguration`` of S3."""
        return {
            "BlockPublicAcls": self.block_acls,
            "IgnorePublicAcls": self.ignore_acls,
            "BlockPublicPolicy": self.block_policy,
            "RestrictPublicBuckets": self.restrict,
        }


@dataclass(frozen=True)
class Encryption:
    """How a bucket encrypts by default; ``key`` is the ARN of a KMS key, empty for S3's own."""

    bucket: str
    algorithm: str = "AES256"
    key: str = ""

    @property
    def configuration(self) -> dict[str, Any]:
        """The ``ServerSideEncryptionConfiguration`` of S3."""
        usual: dict[str, Any] = {"SSEAlgorithm": self.algorithm}
        if not self.key:
            return {"Rules": [{"ApplyServerSideEncryptionByDefault": usual}]}
        usual["KMSMasterKeyID"] = self.key
        rule = {"ApplyServerSideEncryptionByDefault": usual}
        if self.algorithm == "aws:kms":  # fewer calls to KMS, of which each costs
            return {"Rules": [{**rule, "BucketKeyEnabled": True}]}
        return {"Rules": [rule]}


@dataclass(frozen=True)
class Lifecycle:
    """The lifecycle rules of a bucket, all of them, in the terms of S3's API."""

    bucket: str
    rules: tuple[Document, ...]


@dataclass(frozen=True)
class Senders:
    """Whose flow logs may arrive.

    Attributes:
        accounts: their ids; empty for those of an organization.
        organization: the id of an organization (``o-…``); empty for accounts.
        regions: the Regions of the flow logs; empty for any.
    """

    accounts: tuple[str, ...] = ()
    organization: str = ""
    regions: tuple[str, ...] = ()


def delivery_statements(
    bucket: str, prefix: str, region: str, senders: Senders, *, hive: bool
) -> tuple[Document, Document]:
    """The two statements that let flow logs be delivered into a bucket.

    Args:
        bucket: its name.
        prefix: the folder that contains ``AWSLogs/``: empty, or ending in ``/``.
        region: the bucket's Region, whose partition the ARNs are of.
        senders: whose flow logs.
        hive: whether their folders are Hive-compatible.
    """
    mark = _mark(prefix)
    account = "aws-account-id={}" if hive else "{}"
    folders = [account.format(each) for each in senders.accounts or ("*",)]
    keys = [bucket_arn(bucket, region, f"{prefix}{LOG_ROOT}/{folder}/*") for folder in folders]
    own = {"s3:x-amz-acl": "bucket-owner-full-control"}
    write = {
        "Sid": f"FlowLogsWrite{mark}",
        "Effect": "Allow",
        "Principal": _DELIVERY,
        "Action": "s3:PutObject",
        "Resource": _bare(keys),
        "Condition": _from(senders, region, own),
    }
    check = {
        "Sid": f"FlowLogsAclCheck{mark}",
        "Effect": "Allow",
        "Principal": _DELIVERY,
        "Action": ["s3:GetBucketAcl", "s3:ListBucket"],
        "Resource": bucket_arn(bucket, region),
        "Condition": _from(senders, region, {}),
    }
    return write, check


def key_statement(prefix: str, region: str, senders: Senders) -> Document:
    """The statement of a key's policy that lets flow logs be encrypted with it."""
    return {
        "Sid": f"FlowLogsEncrypt{_mark(prefix)}",
        "Effect": "Allow",
        "Principal": _DELIVERY,
        "Action": _KEY_ACTIONS,
        "Resource": "*",
        "Condition": _from(senders, region, {}),
    }


def expiry_rule(root: str, days: int) -> Document:
    """The lifecycle rule that deletes flow logs after so many days.

    Args:
        root: the folder that they are in, ending in ``/``: ``AWSLogs/`` with what is above it.
        days: after how many.
    """
    prefix = root.removesuffix(f"{LOG_ROOT}/")
    return {
        "ID": f"flow-logs-{_mark(prefix)}" if prefix else "flow-logs",
        "Status": "Enabled",
        "Filter": {"Prefix": root},
        "Expiration": {"Days": days},
    }


def _mark(prefix: str) -> str:
    """What tells the statements of one folder from those of another in the same bucket."""
    return hashlib.sha256(prefix.encode()).hexdigest()[:8] if prefix else ""


def _from(senders: Senders, region: str, more: dict[str, str]) -> dict[str, Any]:
    if senders.organization:
        source: dict[str, Any] = {"aws:SourceOrgID": senders.organization}
    else:
        source = {"aws:SourceAccount": _bare(senders.accounts)}
    start = f"arn:{partition_of(region)}:logs"
    arns = [
        f"{start}:{where}:{account}:*"
        for account in senders.accounts or ("*",)
        for where in senders.regions or ("*",)
    ]
    return {"StringEquals": {**source, **more}, "ArnLike": {"aws:SourceArn": _bare(arns)}}


def _bare(values: Sequence[str]) -> str | list[str]:
    """One value as it is, as AWS prints it; several as a list."""
    return values[0] if len(values) == 1 else list(values)


def check_size(document: Document, limit: int) -> int:
    """The size of a policy in bytes.

    Raises:
        ValueError: it is larger than the service takes.
    """
    size = len(documents.compact(document).encode())
    if size > limit:
        raise ValueError(
            f"would have {size} bytes, and may have {limit}: let --organization stand for its "
            "accounts, or remove statements that nobody needs"
        )
    return size
