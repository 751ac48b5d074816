"""How long a bucket keeps flow logs, by the lifecycle rules that stand there."""

from collections.abc import Sequence
from dataclasses import dataclass

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, error_code, translate_errors
from flowathena.deploy.setup.documents import Document
from flowathena.deploy.setup.lifecycle import days_of, prefix_of
from flowathena.errors import FlowathenaError

_OTHER_CHOICES = ("Tag", "And", "ObjectSizeGreaterThan", "ObjectSizeLessThan")
"""What a rule chooses objects by besides the beginning of their keys: not all, then."""


@dataclass(frozen=True)
class Expiry:
    """What becomes of flow logs in a bucket.

    Attributes:
        days: after how many they are deleted; None if never.
        rule: the rule that does it; empty if none does.
        classes: the storage classes to which rules move them.
    """

    days: int | None = None
    rule: str = ""
    classes: tuple[str, ...] = ()


def read_expiry(aws: Aws, bucket: str, prefix: str) -> Expiry:
    """What the lifecycle rules of a bucket do to everything below a prefix.

    Args:
        aws: the clients.
        bucket: the bucket.
        prefix: what the keys begin with.

    Raises:
        FlowathenaError: S3 does not say.
    """
    with translate_errors(f"lifecycle of bucket {bucket}", FlowathenaError):
        try:
            answer = aws.s3.get_bucket_lifecycle_configuration(Bucket=bucket)
        except ClientError as error:
            if error_code(error) != "NoSuchLifecycleConfiguration":
                raise
            return Expiry()
    return expiry_of([dict(each) for each in answer["Rules"]], prefix)


def expiry_of(rules: Sequence[Document], prefix: str) -> Expiry:
    """What rules do to everything below a prefix: of several, the first deletion counts."""
    about = [each for each in rules if _is_about(each, prefix)]
    deleting = [each for each in about if days_of(each)]
    moves = (move for each in about for move in each.get("Transitions", ()))
    classes = tuple(dict.fromkeys(move["StorageClass"] for move in moves))
    if not deleting:
        return Expiry(classes=classes)
    first = min(deleting, key=lambda each: days_of(each) or 0)
    return Expiry(days_of(first), str(first.get("ID", "")), classes)


def _is_about(rule: Document, prefix: str) -> bool:
    """Whether a rule is in force, and about everything below a prefix."""
    chosen = rule.get("Filter") or {}
    if rule.get("Status") != "Enabled" or any(name in chosen for name in _OTHER_CHOICES):
        return False
    return prefix.startswith(prefix_of(rule))
