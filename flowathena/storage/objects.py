"""Objects that are written into a bucket: whole, or not at all."""

from collections.abc import Callable

from flowathena.aws.session import Aws, translate_errors
from flowathena.errors import FlowathenaError, UsageError
from flowathena.storage.upload import Upload
from flowathena.target.location import split_location

_TYPES = {
    "html": "text/html; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "tsv": "text/tab-separated-values; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""Source: https://www.iana.org/assignments/media-types/media-types.xhtml"""


def check_object(location: str) -> None:
    """Make sure that a text can be the location of an object.

    Raises:
        UsageError: it is none: ``s3://bucket/key`` is one.
    """
    try:
        _, key = split_location(location)
    except ValueError:
        key = ""
    if not key or key.endswith("/"):
        raise UsageError(f"{location!r} is not the location of an object: write s3://bucket/key")


def write_object(aws: Aws, location: str, write: Callable[[Upload], object]) -> None:
    """Write an object, which is there when all of it is; of any size that S3 has.

    Args:
        aws: the clients.
        location: ``s3://bucket/key``.
        write: writes the content into a stream.

    Raises:
        UsageError: it is not the location of an object.
        FlowathenaError: S3 refuses it.
    """
    check_object(location)
    bucket, key = split_location(location)
    with (
        translate_errors(f"cannot write {location}", FlowathenaError),
        Upload(aws.s3, bucket, key, content_type(key)) as upload,
    ):
        write(upload)


def content_type(key: str) -> str:
    """What a browser takes an object for, by the ending of its key."""
    return _TYPES.get(key.rpartition(".")[2].lower(), "application/octet-stream")
