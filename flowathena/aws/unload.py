"""Results that Athena writes as Parquet files on their way: UNLOAD.

Athena writes them in parallel, compressed, where a plain result is one CSV file that one node
writes. The rows come back in no order.
https://docs.aws.amazon.com/athena/latest/ug/unload.html
"""

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from uuid import uuid4

from flowathena.aws import results
from flowathena.aws.marks import mark, unmark
from flowathena.aws.session import translate_errors
from flowathena.errors import EngineError
from flowathena.result.result import Rows
from flowathena.sql.quoting import literal

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_DELETED_AT_ONCE = 1000
_FILES_AT_ONCE = 8  # each connection alone gets less than a machine takes


@dataclass(frozen=True)
class Unload:
    """Where Athena writes the rows of one statement as Parquet.

    Attributes:
        location: ``s3://bucket/prefix/``; each statement gets a folder of its own below it, for
            UNLOAD wants an empty one.
        keep: whether the files stay when they have been read; ``remove`` removes them.
        run_id: the name of the folder.
    """

    location: str
    keep: bool = False
    run_id: str = field(default_factory=lambda: uuid4().hex)

    @property
    def folder(self) -> str:
        """The folder of the statement."""
        return f"{self.location.rstrip('/')}/{self.run_id}/"

    def below(self, name: str) -> "Unload":
        """The same in a folder of a name below the location."""
        return replace(self, location=f"{self.location.rstrip('/')}/{name}/")

    def wrap(self, sql: str) -> str:
        """The statement that writes what a SELECT gives; the comment of ours stays at its end."""
        properties = "format = 'PARQUET', compression = 'ZSTD'"
        select, name = unmark(sql)
        return mark(f"UNLOAD (\n{select}\n) TO {literal(self.folder)} WITH ({properties})", name)

    @contextmanager
    def clearing(
        self,
        s3: Callable[[], "S3Client"],
        warn: Callable[[str], None],
        has_succeeded: Callable[[], bool],
    ) -> Iterator[None]:
        """Remove, in the end, what was written, unless it is to be kept; of a failed one, too.

        What is complete but cannot be read stays: it is paid for.

        Args:
            s3: gives a client.
            warn: told what cannot be removed.
            has_succeeded: whether Athena has written all of it.
        """
        try:
            yield
        except BaseException as error:
            if not (isinstance(error, Exception) and has_succeeded()):
                self._remove(s3(), warn)
            raise
        if not self.keep:
            self._remove(s3(), warn)

    def _remove(self, s3: "S3Client", warn: Callable[[str], None]) -> None:
        try:
            remove(s3, self.folder)
        except EngineError as error:
            warn(str(error))

    def read(
        self, s3: "S3Client", manifest: str | None, names: Sequence[str]
    ) -> tuple[list[tuple[str, str]], Rows]:
        """The columns and rows that were written.

        Args:
            s3: a client for both buckets.
            manifest: the object that names the files; None to take all of the folder.
            names: the columns of a result without rows, of which there are no files.

        Raises:
            EngineError: a file cannot be read.
        """
        from flowathena.result import spool, unloaded  # noqa: PLC0415 - 90 ms

        folder = spool.new_folder()
        try:
            with translate_errors(f"what was unloaded into {self.folder}", EngineError):
                files = self._download(s3, manifest, folder)
            return unloaded.load(folder, files, names)
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise EngineError(
                f"cannot keep the result in {folder.parent}: {error.strerror}"
            ) from error
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _download(self, s3: "S3Client", manifest: str | None, folder: Path) -> list[Path]:
        found = _listed(s3, manifest) if manifest else _found(s3, *_split(self.folder))
        places = dict(enumerate(found))
        files = {n: folder / f"{n}.parquet" for n in places}
        for file in files.values():
            file.touch()
        stopped = threading.Event()

        def copy(number: int) -> None:
            # Not "wb": the folder may have gone, and nothing is to appear in it then.
            with files[number].open("r+b") as file:
                results.copy_object(s3, *_split(places[number]), _Stoppable(file, stopped))

        pool = ThreadPoolExecutor(_FILES_AT_ONCE)
        try:
            running = [pool.submit(copy, number) for number in places]
            for ended in as_completed(running):  # the first that fails ends all
                ended.result()
        except BaseException:
            stopped.set()
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # a call under way may hang
        return list(files.values())


class _Stoppable:
    """A file whose copying ends with the next bytes, or before the next call, once it is stopped.

    Raises:
        InterruptedError: it is stopped, which nobody hears any more.
    """

    def __init__(self, file: BinaryIO, stopped: threading.Event) -> None:
        self._file = file
        self._stopped = stopped

    def write(self, content: bytes) -> None:
        """Write all of them."""
        self._check()
        self._file.write(content)

    def tell(self) -> int:
        """How many were written."""
        self._check()
        return self._file.tell()

    def _check(self) -> None:
        if self._stopped.is_set():
            raise InterruptedError


def remove(s3: "S3Client", folder: str) -> None:
    """Remove what a statement has written.

    Raises:
        EngineError: S3 refuses it.
    """
    with translate_errors(f"files are left in {folder}", EngineError):
        _delete(s3, *_split(folder))


def _listed(s3: "S3Client", manifest: str) -> list[str]:
    """The files that a manifest names, one a line; one that Athena tried twice is there once."""
    bucket, key = _split(manifest)
    text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    return [line.strip().strip('"') for line in text.splitlines() if line.strip()]


def _found(s3: "S3Client", bucket: str, prefix: str) -> Iterator[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        yield from (f"s3://{bucket}/{each['Key']}" for each in page.get("Contents", []))


def _delete(s3: "S3Client", bucket: str, prefix: str) -> None:
    keys = [_split(location)[1] for location in _found(s3, bucket, prefix)]
    for first in range(0, len(keys), _DELETED_AT_ONCE):
        batch = keys[first : first + _DELETED_AT_ONCE]
        s3.delete_objects(
            Bucket=bucket, Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True}
        )


def _split(location: str) -> tuple[str, str]:
    bucket, _, key = location.removeprefix("s3://").partition("/")
    return bucket, key
