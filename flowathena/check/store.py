"""Where a check keeps what it has told: a file, or an object in S3; written only if unchanged."""

from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import ClientError

from flowathena import files
from flowathena.aws.session import Aws, error_code, translate_errors
from flowathena.errors import FlowathenaError, StorageError, UsageError
from flowathena.target.location import split_location

_MOST_BYTES = 1_000_000
_CHANGED = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})
_SCHEME = "s3://"


class ChangedError(StorageError):
    """Raised when another run has written meanwhile; nothing was written."""


class Store(Protocol):
    """A place for one small document; ``name`` is what messages call it."""

    name: str

    def read(self) -> tuple[bytes, str] | None:
        """The document and its version; None if there is none.

        Raises:
            StorageError: it cannot be read.
        """
        ...

    def write(self, content: bytes, version: str | None) -> str:
        """Write the document if it still has a version, None if there must be none; the new one.

        It is written whole or not at all.

        Raises:
            ChangedError: it has another version.
            StorageError: it cannot be written.
        """
        ...


def open_store(place: str, aws: Aws) -> Store:
    """The store of a ``--state``: a path, or ``s3://bucket/key``.

    Raises:
        UsageError: it names a folder, or nothing could be written there.
    """
    if not place.strip():
        raise UsageError("--state is empty; name a file, or s3://BUCKET/KEY")
    if not place.startswith(_SCHEME):
        return FileStore(Path(place))
    try:
        bucket, key = split_location(place)
    except ValueError as error:
        raise UsageError(f"--state: {error}") from error
    if not key or key.endswith("/"):
        raise UsageError(f"--state {place}: name an object, such as {_SCHEME}{bucket}/ssh.json")
    return S3Store(bucket, key, aws)


class FileStore:
    """A file on this machine.

    Two runs that write in the same instant are not told from each other: that takes S3.
    """

    def __init__(self, path: Path) -> None:
        files.check_destination(path)
        if path.exists() and not path.is_file():
            raise UsageError(f"--state {path}: is not a file")
        self.name = str(path)
        self._path = path

    def read(self) -> tuple[bytes, str] | None:
        """The file's content, which is its version too."""
        try:
            with self._path.open("rb") as file:
                content = file.read(_MOST_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"cannot read {self.name}: {error.strerror}") from error
        return content, content.decode(errors="replace")

    def write(self, content: bytes, version: str | None) -> str:
        """Replace the file."""
        there = self.read()
        if (there[1] if there else None) != version:
            raise ChangedError(f"{self.name} was changed by another run")
        try:
            files.write(content, self._path)
        except FlowathenaError as error:  # of which a notifier has to know that it is the store's
            raise StorageError(str(error)) from error
        return content.decode()


class S3Store:
    """An object in S3, written by conditional writes.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    """

    def __init__(self, bucket: str, key: str, aws: Aws) -> None:
        self.name = f"{_SCHEME}{bucket}/{key}"
        self._bucket, self._key = bucket, key
        self._aws = aws

    def read(self) -> tuple[bytes, str] | None:
        """The object's content and its ETag."""
        with translate_errors(f"state {self.name}", StorageError):
            try:
                answer = self._aws.s3.get_object(Bucket=self._bucket, Key=self._key)
            except ClientError as error:
                if error_code(error) == "NoSuchKey":
                    return None
                raise _explained(error, self.name) from error
            return answer["Body"].read(_MOST_BYTES), answer["ETag"]

    def write(self, content: bytes, version: str | None) -> str:
        """Put the object, if it still has the ETag."""
        try:
            return self._put(content, version)
        except ChangedError:
            # A call that is retried after its answer was lost finds its own first attempt.
            there = self.read()
            if there is None or there[0] != content:
                raise
            return there[1]

    def _put(self, content: bytes, version: str | None) -> str:
        unchanged: Any = {"IfNoneMatch": "*"} if version is None else {"IfMatch": version}
        with translate_errors(f"state {self.name}", StorageError):
            try:
                answer = self._aws.s3.put_object(
                    Bucket=self._bucket, Key=self._key, Body=content, **unchanged
                )
            except ClientError as error:
                if error_code(error) in _CHANGED:
                    raise ChangedError(f"{self.name} was changed by another run") from error
                raise
        return answer["ETag"]


def _explained(error: ClientError, name: str) -> Exception:
    """An error of reading; S3 denies what does not exist to who may not list."""
    if error_code(error) != "AccessDenied":
        return error
    return StorageError(
        f"state {name}: access denied; s3:GetObject is needed, and s3:ListBucket to see that "
        "there is none yet"
    )
