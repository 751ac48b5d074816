"""Where a bucket is."""

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, error_code, translate_errors
from flowathena.errors import StorageError

_FIRST = {"None": "us-east-1", "": "us-east-1", "EU": "eu-west-1"}
"""The first two Regions have names of their own in this call."""


def bucket_region(aws: Aws, bucket: str) -> str | None:
    """The Region of a bucket; None if it does not exist.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html

    Raises:
        StorageError: S3 does not say.
    """
    with translate_errors(f"s3://{bucket}", StorageError):
        try:
            answer = aws.s3.get_bucket_location(Bucket=bucket)
        except ClientError as error:
            if error_code(error) == "NoSuchBucket":
                return None
            raise
    constraint = str(answer.get("LocationConstraint"))
    return _FIRST.get(constraint, constraint)
