"""The partitions of AWS: what ARNs begin with in each; pure.

Services have the same principals in all of them, as flow logs do.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

_PARTITIONS = {
    "cn-": "aws-cn",
    "us-gov-": "aws-us-gov",
    "us-iso-": "aws-iso",
    "us-isob-": "aws-iso-b",
    "eu-isoe-": "aws-iso-e",
    "us-isof-": "aws-iso-f",
    "eusc-": "aws-eusc",
}


def partition_of(region: str) -> str:
    """The partition of a Region: ``aws``, ``aws-cn``, ``aws-us-gov`` or another."""
    return next((name for start, name in _PARTITIONS.items() if region.startswith(start)), "aws")


def bucket_arn(bucket: str, region: str, key: str = "") -> str:
    """The ARN of a bucket of a Region's partition, or of keys in it."""
    return f"arn:{partition_of(region)}:s3:::{bucket}{f'/{key}' if key else ''}"


def arn(service: str, region: str, account: str, resource: str) -> str:
    """The ARN of something in a Region; IAM's have no Region in them."""
    place = "" if service == "iam" else region
    return f"arn:{partition_of(region)}:{service}:{place}:{account}:{resource}"
