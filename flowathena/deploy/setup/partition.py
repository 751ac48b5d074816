"""ARNs in the partition of a Region; pure.

Services have the same principals in all partitions, as flow logs do.
"""

from flowathena.logs.aws_partition import partition_of


def bucket_arn(bucket: str, region: str, key: str = "") -> str:
    """The ARN of a bucket of a Region's partition, or of keys in it."""
    return f"arn:{partition_of(region)}:s3:::{bucket}{f'/{key}' if key else ''}"


def arn(service: str, region: str, account: str, resource: str) -> str:
    """The ARN of something in a Region; IAM's have no Region in them."""
    place = "" if service == "iam" else region
    return f"arn:{partition_of(region)}:{service}:{place}:{account}:{resource}"
