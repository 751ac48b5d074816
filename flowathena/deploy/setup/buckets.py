"""A bucket that receives flow logs: looked at, and given what it lacks; no object is touched."""

import json
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, error_code
from flowathena.deploy.setup import documents
from flowathena.deploy.setup.bucket import (
    BUCKET_POLICY_BYTES,
    Bucket,
    BucketPolicy,
    Encryption,
    Lifecycle,
    PublicAccessBlock,
    check_size,
)
from flowathena.deploy.setup.documents import Document
from flowathena.deploy.setup.lifecycle import merge_rule, rule_changes
from flowathena.deploy.setup.setting import Setting
from flowathena.errors import UsageError

_US_EAST = "us-east-1"
_NONE = frozenset(
    {
        "NoSuchBucket",  # which is yet to be created
        "NoSuchBucketPolicy",
        "NoSuchLifecycleConfiguration",
        "NoSuchPublicAccessBlockConfiguration",
        "ServerSideEncryptionConfigurationNotFoundError",
    }
)
_SWITCHES = {
    "BlockPublicAcls": "block_acls",
    "IgnorePublicAcls": "ignore_acls",
    "BlockPublicPolicy": "block_policy",
    "RestrictPublicBuckets": "restrict",
}
_OF_OTHERS = ("BlockedEncryptionTypes",)
"""What a rule of encryption may say besides, and is not ours to change."""
_SAFE = ("aws:kms", "aws:kms:dsse")


class Buckets(Setting[Bucket]):
    """The bucket itself; it is created if that is asked for.

    Args:
        aws: the clients.
        name: its name.
        region: where to create it.
        create: whether to.
    """

    kind = "bucket"

    def __init__(self, aws: Aws, name: str, region: str, *, create: bool) -> None:
        super().__init__(aws, name)
        self._region = region
        self._create = create

    def rendered(self, *, offline: bool) -> Sequence[Bucket]:
        """The bucket, if it is to be created: another tool would try to create one that is."""
        if offline:
            return [Bucket(self.name, self._region)] if self._create else []
        made = super().rendered(offline=False)
        return made if self.seen is None else []

    def read(self) -> Bucket | None:
        """Whether it is there, wherever it is."""
        try:
            answer = self.aws.s3.head_bucket(Bucket=self.name)
        except ClientError as error:
            if error_code(error) not in {"404", "NoSuchBucket"}:
                raise
            return None
        return Bucket(self.name, answer.get("BucketRegion") or self._region)

    def merge(self, live: Bucket | None) -> Bucket:
        """The bucket as it is, or as it is to be created.

        Raises:
            UsageError: it is not there and not to be created, or in another Region.
        """
        if live is None and not self._create:
            raise UsageError(
                f"bucket {self.name} does not exist: correct its name, or add --create"
            )
        if live is not None and live.region != self._region:
            raise UsageError(f"bucket {self.name} is in {live.region}: add --region {live.region}")
        return live or Bucket(self.name, self._region)

    def write(self, wanted: Bucket, _live: Bucket | None) -> None:
        """Create it."""
        more: dict[str, Any] = {}
        if wanted.region != _US_EAST:
            more["CreateBucketConfiguration"] = {"LocationConstraint": wanted.region}
        self.aws.s3.create_bucket(Bucket=self.name, **more)

    def changes(self, wanted: Bucket, _live: Bucket | None) -> Sequence[str]:
        """Where it is created."""
        return [f"in {wanted.region}"]


class BucketPolicies(Setting[BucketPolicy]):
    """The policy of a bucket with our statements among those of others."""

    kind = "bucket policy"

    def __init__(self, aws: Aws, bucket: str, own: Sequence[Document]) -> None:
        super().__init__(aws, bucket)
        self._own = own

    def read(self) -> BucketPolicy | None:
        """As it is."""
        answer = _unless_none(self.aws.s3.get_bucket_policy, self.name)
        return BucketPolicy(self.name, json.loads(answer["Policy"])) if answer else None

    def merge(self, live: BucketPolicy | None) -> BucketPolicy:
        """With our statements.

        Raises:
            UsageError: it would be larger than S3 takes.
        """
        document = documents.merge(live.document if live else None, self._own)
        try:
            check_size(document, BUCKET_POLICY_BYTES)
        except ValueError as error:
            raise UsageError(f"the policy of bucket {self.name} {error}") from error
        return BucketPolicy(self.name, document)

    def same(self, wanted: BucketPolicy, live: BucketPolicy) -> bool:
        """Whether both mean the same."""
        return documents.same(wanted.document, live.document)

    def write(self, wanted: BucketPolicy, _live: BucketPolicy | None) -> None:
        """Put it."""
        text = documents.compact(wanted.document)
        self.aws.s3.put_bucket_policy(Bucket=self.name, Policy=text)

    def changes(self, wanted: BucketPolicy, live: BucketPolicy | None) -> Sequence[str]:
        """The statements that differ."""
        return documents.statement_changes(live.document if live else None, wanted.document)

    def warnings(self) -> list[str]:
        """What of others' statements may deny the delivery."""
        found = documents.broad_statements(self.seen.document if self.seen else None)
        return [f"policy of bucket {self.name}: {line}" for line in found]


class PublicAccessBlocks(Setting[PublicAccessBlock]):
    """The four switches that close a bucket to the public; they are only ever switched on."""

    kind = "public access block"

    def read(self) -> PublicAccessBlock | None:
        """As they are."""
        answer = _unless_none(self.aws.s3.get_public_access_block, self.name)
        if not answer:
            return None
        found = answer["PublicAccessBlockConfiguration"]
        switches = {ours: bool(found.get(theirs)) for theirs, ours in _SWITCHES.items()}
        return PublicAccessBlock(self.name, **switches)

    def merge(self, _live: PublicAccessBlock | None) -> PublicAccessBlock:
        """All of them on."""
        return PublicAccessBlock(self.name)

    def write(self, wanted: PublicAccessBlock, _live: PublicAccessBlock | None) -> None:
        """Switch them on."""
        self.aws.s3.put_public_access_block(
            Bucket=self.name,
            PublicAccessBlockConfiguration=wanted.configuration,  # type: ignore[arg-type] # a TypedDict
        )

    def changes(self, wanted: PublicAccessBlock, live: PublicAccessBlock | None) -> Sequence[str]:
        """Those that are off."""
        there = live.configuration if live else {}
        off = [name for name in wanted.configuration if not there.get(name)]
        return [f"switches on {', '.join(off)}"]


class Encryptions(Setting[Encryption]):
    """How a bucket encrypts by default: with a key, if one is named, else as it does.

    Args:
        aws: the clients.
        bucket: the bucket.
        key: the ARN of a KMS key; empty for any encryption.
    """

    kind = "default encryption"

    def __init__(self, aws: Aws, bucket: str, key: str) -> None:
        super().__init__(aws, bucket)
        self._key = key
        self._kept: dict[str, Any] = {}

    def read(self) -> Encryption | None:
        """As it is."""
        answer = _unless_none(self.aws.s3.get_bucket_encryption, self.name)
        rules = answer["ServerSideEncryptionConfiguration"]["Rules"] if answer else []
        for rule in rules:
            usual = rule.get("ApplyServerSideEncryptionByDefault", {})
            if "SSEAlgorithm" in usual:
                self._kept = {name: rule[name] for name in _OF_OTHERS if name in rule}
                return Encryption(self.name, usual["SSEAlgorithm"], usual.get("KMSMasterKeyID", ""))
        return None

    def merge(self, live: Encryption | None) -> Encryption:
        """With the key, if one is named."""
        if not self._key:
            return live or Encryption(self.name)
        kept = live is not None and live.algorithm in _SAFE
        return Encryption(self.name, live.algorithm if live and kept else "aws:kms", self._key)

    def write(self, wanted: Encryption, _live: Encryption | None) -> None:
        """Put it; what else is said of encryption stays."""
        (rule,) = wanted.configuration["Rules"]
        rules: Any = [{**self._kept, **rule}]
        self.aws.s3.put_bucket_encryption(
            Bucket=self.name,
            ServerSideEncryptionConfiguration={"Rules": rules},
        )

    def changes(self, wanted: Encryption, live: Encryption | None) -> Sequence[str]:
        """Algorithm and key."""
        new, old = (
            " ".join(filter(None, (each.algorithm, each.key))) if each else "none"
            for each in (wanted, live)
        )
        return [f"{old} -> {new}"]

    def warnings(self) -> list[str]:
        """Whether what is delivered could not be read."""
        wanted = self.merge(self.seen)
        if wanted.algorithm not in _SAFE or wanted.key.startswith("arn:"):
            return []
        what = f"key {wanted.key}, which is no ARN" if wanted.key else "the key of AWS for S3"
        message = (
            f"bucket {self.name} encrypts with {what}: flow logs need a key of your own, named by "
            "its ARN (--kms-key)"
        )
        return [message]


class Lifecycles(Setting[Lifecycle]):
    """The lifecycle rules of a bucket with ours among those of others."""

    kind = "lifecycle"

    def __init__(self, aws: Aws, bucket: str, *own: Document) -> None:
        super().__init__(aws, bucket)
        self._own = own
        self._more: dict[str, Any] = {}

    def read(self) -> Lifecycle | None:
        """As they are."""
        answer = _unless_none(self.aws.s3.get_bucket_lifecycle_configuration, self.name)
        if not answer:
            return None
        kept = "TransitionDefaultMinimumObjectSize"
        self._more = {kept: answer[kept]} if kept in answer else {}
        rules = json.loads(json.dumps(answer["Rules"], default=str))
        return Lifecycle(self.name, tuple(rules))

    def merge(self, live: Lifecycle | None) -> Lifecycle:
        """With our rules.

        Raises:
            UsageError: another rule keeps the same objects longer.
        """
        rules = live.rules if live else ()
        for each in self._own:
            rules = merge_rule(rules, each)
        return Lifecycle(self.name, rules)

    def same(self, wanted: Lifecycle, live: Lifecycle) -> bool:
        """Whether both mean the same."""
        return documents.same(list(wanted.rules), list(live.rules))

    def write(self, wanted: Lifecycle, _live: Lifecycle | None) -> None:
        """Put them, all together: S3 knows no other way."""
        self.aws.s3.put_bucket_lifecycle_configuration(
            Bucket=self.name,
            LifecycleConfiguration={"Rules": list(wanted.rules)},  # type: ignore[arg-type] # as read
            **self._more,
        )

    def changes(self, _wanted: Lifecycle, live: Lifecycle | None) -> Sequence[str]:
        """How long flow logs are kept."""
        rules = live.rules if live else ()
        return [line for each in self._own for line in rule_changes(rules, each)]


def _unless_none(ask: Any, bucket: str) -> dict[str, Any] | None:  # noqa: ANN401 - any method of the client
    """What S3 says of a bucket; None if it has nothing of the kind."""
    try:
        answer: dict[str, Any] = ask(Bucket=bucket)
    except ClientError as error:
        if error_code(error) not in _NONE:
            raise
        return None
    return answer
