"""Logs in an S3 bucket, listed with a delimiter and in pages.

The objects of a flow log are named
``<account>_vpcflowlogs_<Region>_<flow log>_<time>_<hash>.log.gz``. With the delimiter ``_``, S3
groups all objects of a folder into one common prefix, ``…/<account>_``: a call lists 1,000 folders,
however many objects they contain, and no empty ones.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus

from botocore.exceptions import BotoCoreError, ClientError

from flowathena.aws.answers import ATTEMPTS
from flowathena.aws.messages import names_permission
from flowathena.aws.session import (
    Aws,
    describe_error,
    error_code,
    error_message,
    translate_errors,
)
from flowathena.concurrency import Backoff
from flowathena.errors import ObjectError, PlaceError, StorageError
from flowathena.storage.base import Object, is_visible
from flowathena.target.location import split_location

_NO_BUCKET = "NoSuchBucket"
_DENIED = "AccessDenied"
_OF_OBJECT = {
    "InvalidObjectState": "the object is archived; restore it to read it",
    "NoSuchKey": "the object does not exist any more",
    "PreconditionFailed": "the object has changed since it was listed; run it again",
    "412": "the object has changed since it was listed; run it again",
}
_PIECE_BYTES = 1 << 20
_REASONS = {
    _NO_BUCKET: "the bucket does not exist",
    _DENIED: "access denied; s3:ListBucket and s3:GetObject are needed",
    "PermanentRedirect": "the bucket is in another Region; set region in the target",
    "AuthorizationHeaderMalformed": "the bucket is in another Region; set region in the target",
}


class S3Storage:
    """The objects of one bucket."""

    def __init__(self, bucket: str, aws: Aws) -> None:
        self.bucket = bucket
        self._aws = aws

    @property
    def calls(self) -> Counter[str]:
        """Listings made so far."""
        return self._aws.calls_of(_CALLS)

    def folders(self, prefix: str, starting: str = "") -> list[str]:
        """Names of the folders directly under a prefix, sorted."""
        pages = self._aws.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix + starting, Delimiter="/"
        )
        with self._translate_errors(prefix):
            paths = [entry["Prefix"] for page in pages for entry in page.get("CommonPrefixes", [])]
        return sorted(path[len(prefix) :].removesuffix("/") for path in paths)

    def has_folder(self, prefix: str) -> bool:
        """Whether a key begins with a prefix."""
        with self._translate_errors(prefix):
            answer = self._aws.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix, MaxKeys=1)
        return bool(answer.get("Contents"))

    def log_folders(self, prefix: str, after: str = "") -> Iterator[str]:
        """The folders under a prefix that contain logs, 1,000 per call."""
        pages = self._aws.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix, Delimiter="_", StartAfter=prefix + after
        )
        with self._translate_errors(prefix):
            for page in pages:
                # Keys without the delimiter are objects that AWS did not name. S3 sorts them among
                # the prefixes but returns two lists.
                keys = [entry["Key"] for entry in page.get("Contents", [])]
                keys += [entry["Prefix"] for entry in page.get("CommonPrefixes", [])]
                tails = sorted(key[len(prefix) :] for key in keys)
                yield from (tail[: tail.rfind("/") + 1] for tail in tails if is_visible(tail))

    def is_empty(self, location: str) -> bool:
        """Whether an ``s3://…`` location of any bucket is empty; in a deleted bucket, it is."""
        try:
            bucket, prefix = split_location(location)
        except ValueError as error:
            raise StorageError(str(error)) from error
        folder = f"{prefix.rstrip('/')}/" if prefix.strip("/") else ""
        try:
            return next(S3Storage(bucket, self._aws).log_folders(folder), None) is None
        except StorageError as error:
            cause = error.__cause__
            if isinstance(cause, ClientError) and error_code(cause) == _NO_BUCKET:
                return True
            raise

    def objects(self, prefix: str) -> Iterator[Object]:
        """Every object under a prefix, in key order."""
        pages = self._aws.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix
        )
        with self._translate_errors(prefix):
            for page in pages:
                for entry in page.get("Contents", []):
                    yield Object(
                        entry["Key"],
                        entry["Size"],
                        entry["LastModified"],
                        entry.get("StorageClass", ""),
                        entry.get("ETag", ""),
                    )

    def common_prefixes(self, prefix: str, delimiter: str) -> Iterator[str]:
        """What the keys under a prefix have in common, 1,000 per call."""
        pages = self._aws.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=prefix, Delimiter=delimiter
        )
        with self._translate_errors(prefix):
            for page in pages:
                keys = [entry["Key"] for entry in page.get("Contents", [])]
                keys += [entry["Prefix"] for entry in page.get("CommonPrefixes", [])]
                yield from sorted(keys)

    def first_bytes(self, key: str, size_bytes: int) -> bytes:
        """The first bytes of an object, with a ranged read."""
        return self._read_range(key, f"bytes=0-{size_bytes - 1}")

    def last_bytes(self, key: str, size_bytes: int) -> bytes:
        """The last bytes of an object, with a ranged read."""
        return self._read_range(key, f"bytes=-{size_bytes}")

    def fetch(self, found: Object) -> Iterator[bytes]:
        """The content of an object as it was listed, in pieces; from where it broke off, if so."""
        backoff = Backoff(0.5, 8.0, jitter=1.0)
        left, read_bytes = ATTEMPTS, 0
        with self._translate_errors(found.key):
            while True:
                answer = self._aws.s3.get_object(
                    Bucket=self.bucket,
                    Key=found.key,
                    IfMatch=found.etag,
                    Range=f"bytes={read_bytes}-",
                )
                left -= 1 + answer["ResponseMetadata"]["RetryAttempts"]
                try:
                    with closing(answer["Body"]) as body:
                        for piece in body.iter_chunks(_PIECE_BYTES):
                            read_bytes += len(piece)
                            yield piece
                except BotoCoreError:
                    if left <= 0:
                        raise
                else:
                    return
                backoff.pause()

    def _read_range(self, key: str, span: str) -> bytes:
        """Read a part of an object.

        botocore retries calls, not the reading of a body; a body that breaks off is an attempt too.
        """
        backoff = Backoff(0.5, 8.0, jitter=1.0)
        left = ATTEMPTS
        with self._translate_errors(key):
            while True:
                answer = self._aws.s3.get_object(Bucket=self.bucket, Key=key, Range=span)
                left -= 1 + answer["ResponseMetadata"]["RetryAttempts"]
                try:
                    with closing(answer["Body"]) as body:
                        return body.read()
                except BotoCoreError:
                    if left <= 0:
                        raise
                backoff.pause()

    def location(self, prefix: str) -> str:
        """``s3://bucket/prefix``."""
        return f"s3://{self.bucket}/{prefix}"

    @contextmanager
    def _translate_errors(self, key: str) -> Iterator[None]:
        where = f"s3://{self.bucket}"
        with translate_errors(where, StorageError):
            try:
                yield
            except ClientError as error:
                if reason := _OF_OBJECT.get(error_code(error)):
                    raise ObjectError(f"{where}/{key}: {reason}") from error
                reason = _reason(error)
                if _is_local(error):
                    raise PlaceError(f"{where}/{key}: {reason}") from error
                raise StorageError(f"{where}: {reason}") from error


def _is_local(error: ClientError) -> bool:
    """Whether it concerns one place: S3 denies and throttles (``SlowDown``, 503) by prefix."""
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return error_code(error) == _DENIED or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _reason(error: ClientError) -> str:
    """S3's own reason if it names what is not allowed (a key of KMS, for instance), else ours."""
    message = error_message(error)
    if error_code(error) == _DENIED and names_permission(message):
        return f"access denied: {message}"
    return _REASONS.get(error_code(error), describe_error(error))


_CALLS = frozenset({"ListObjectsV2", "GetObject"})
