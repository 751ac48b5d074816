"""The partitions of AWS, which know nothing of each other: ``aws``, ``aws-cn``, …; pure.

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


def describe_elsewhere(arn: str, region: str) -> str:
    """Why an ARN cannot be used from a Region: it is of another partition; empty if it can."""
    its, own = arn.split(":")[1], partition_of(region)
    if its == own:
        return ""
    return f"{arn} is in the partition {its} of AWS, and {region} in {own}: they do not meet"
