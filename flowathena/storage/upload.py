"""An object that is written piece by piece, and is there when all of it is.

A short one is put by one call. A longer one goes up in parts as it is made, each kept in a
temporary file until it has arrived; S3 joins them in the end, or they are removed.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""

import tempfile
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from flowathena.aws.messages import describe_failure
from flowathena.aws.session import describe_error, error_code
from flowathena.errors import FlowathenaError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MIB = 1 << 20
_FIRST_PART_BYTES = 16 * _MIB
_LARGEST_PART_BYTES = 5 * 1024 * _MIB
_PARTS_OF_A_SIZE = 1000


def part_bytes(number: int) -> int:
    """How long a part is, counted from 1; only the last may be shorter.

    S3 takes 10,000 parts of 5 MiB to 5 GiB. How long the object gets is not known when it begins,
    so the parts grow: the first thousand have 16 MiB, the next 32. All together have 13 TB.
    """
    return min(_FIRST_PART_BYTES << (number - 1) // _PARTS_OF_A_SIZE, _LARGEST_PART_BYTES)


class Upload:
    """Takes the bytes of an object. Leaving its block makes the object; an error makes none.

    Args:
        s3: a client.
        bucket: the bucket.
        key: the key.
        content_type: what it is, as a browser wants it.

    Raises:
        ClientError, BotoCoreError: S3 refuses it.
        FlowathenaError: it does, and the parts that have arrived cannot be removed either.
    """

    def __init__(self, s3: "S3Client", bucket: str, key: str, content_type: str) -> None:
        self._s3 = s3
        self._place: Any = {"Bucket": bucket, "Key": key}
        self._new: Any = {**self._place, "ContentType": content_type}
        self._id = ""
        self._arrived: list[Any] = []

    def __enter__(self) -> Self:
        self._part: IO[bytes] = tempfile.TemporaryFile()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._part:
            try:
                if error is None:
                    self._finish()
            except BaseException as refusal:
                self._abort(refusal)
                raise
            if error is not None:
                self._abort(error)

    def write(self, content: bytes) -> int:
        """Take the next bytes."""
        rest = memoryview(content)
        while len(rest) >= (room := part_bytes(len(self._arrived) + 1) - self._part.tell()):
            self._part.write(rest[:room])
            self._send()
            rest = rest[room:]
        self._part.write(rest)
        return len(content)

    def flush(self) -> None:
        """Do nothing: a part is sent when it is full."""

    def _send(self) -> None:
        """Send a part, and begin the next."""
        if not self._id:
            self._id = self._s3.create_multipart_upload(**self._new)["UploadId"]
        number = len(self._arrived) + 1
        self._part.seek(0)
        answer: Any = self._s3.upload_part(
            **self._place, UploadId=self._id, PartNumber=number, Body=self._part
        )
        sums = {name: each for name, each in answer.items() if name.startswith("Checksum")}
        self._arrived.append({"PartNumber": number, "ETag": answer["ETag"], **sums})
        self._part.seek(0)
        self._part.truncate()

    def _finish(self) -> None:
        if not self._id:
            self._part.seek(0)
            self._s3.put_object(**self._new, Body=self._part)
            return
        if self._part.tell():
            self._send()
        self._s3.complete_multipart_upload(
            **self._place, UploadId=self._id, MultipartUpload={"Parts": self._arrived}
        )

    def _abort(self, error: BaseException) -> None:
        """Remove the parts that have arrived: they cost money, and no listing shows them."""
        if not self._id:
            return
        try:
            self._s3.abort_multipart_upload(**self._place, UploadId=self._id)
        except (ClientError, BotoCoreError) as refusal:
            gone = isinstance(refusal, ClientError) and error_code(refusal) == "NoSuchUpload"
            if isinstance(error, Exception) and not gone:  # an interrupt stays one
                place = "s3://{Bucket}/{Key}".format(**self._place)
                raise FlowathenaError(
                    f"cannot write {place}: {_describe(error)}; parts of it are left there, for "
                    f"{_describe(refusal)}: abort its upload {self._id}"
                ) from error


def _describe(error: Exception) -> str:
    if isinstance(error, ClientError):
        return describe_error(error)
    return describe_failure(error) if isinstance(error, BotoCoreError) else str(error)
