"""The ledger of what has been published, in S3: one writer at a time makes an object.

An object is made with ``If-None-Match: *``: of several writers one succeeds.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, error_code, translate_errors
from flowathena.deploy.cloudwatch.book import (
    Book,
    Checkpoint,
    Entry,
    Names,
    name_of,
    read_checkpoint,
    read_entry,
    read_names,
    to_book,
)
from flowathena.errors import FlowathenaError, UsageError
from flowathena.target.feed import MetricsFeed
from flowathena.target.location import split_location
from flowathena.target.target import Target

_FOLDER = "flowathena-metrics"
_OWNER = "_owner.json"
_CHECKPOINT = "checkpoint.json"
_CHECKPOINT_AFTER = 300  # entries: a listing shows three objects of each in a page or two
_TAKEN = "PreconditionFailed"
_BUSY = "ConditionalRequestConflict"  # somebody else is making the object at the moment
_ATTEMPTS = 5


class RivalError(FlowathenaError):
    """Raised when another run has written the next entry first."""


class Ledgers:
    """Where the ledgers of a target's metrics are.

    Args:
        aws: the clients.
        target: the target.
    """

    def __init__(self, aws: Aws, target: Target) -> None:
        self._aws = aws
        self._target = target
        self._feed = target.feed.metrics or MetricsFeed()
        self._place: tuple[str, str] | None = None

    @property
    def location(self) -> str:
        """The folder: ``s3://bucket/prefix/``.

        Raises:
            FlowathenaError: the workgroup cannot be read.
            UsageError: it has no place for results, and none is set.
        """
        bucket, prefix = self._where()
        return f"s3://{bucket}/{prefix}"

    def of(self, query: str) -> "Ledger":
        """The ledger of a query."""
        bucket, prefix = self._where()
        return Ledger(self._aws, bucket, f"{prefix}{query}/")

    def own(self) -> None:
        """Make sure that the namespace is this table's: values of two tables would add up.

        Raises:
            UsageError: it is another's.
            FlowathenaError: whose it is cannot be read, or not written where it is nobody's yet.
        """
        bucket, prefix = self._where()
        files = _Objects(self._aws, bucket, prefix)
        table = self._owner(files)
        if not table:
            files.make(_OWNER, json.dumps({"table": self._target.table_name}).encode())
            table = self._owner(files)  # another run may have been first
        if table != self._target.table_name:
            raise UsageError(
                f"namespace {self._feed.namespace!r} has the metrics of table "
                f"{table}: values of two tables would add up; set another namespace "
                f"in [targets.{self._target.name}.metrics]"
            )

    def _owner(self, files: "_Objects") -> str:
        """The table whose metrics the namespace has; empty if it has none yet."""
        body = files.get(_OWNER)
        if body is None:
            return ""
        try:
            return str(json.loads(body)["table"])
        except (ValueError, KeyError, TypeError) as error:
            raise FlowathenaError(
                f"{self.location}{_OWNER} does not say whose the metrics are; delete it if they "
                f"are those of {self._target.table_name}"
            ) from error

    def _where(self) -> tuple[str, str]:
        if self._place is None:
            bucket, prefix = split_location(self._feed.ledger or self._beside_results())
            region = self._aws.session.region_name or ""
            parts = (_FOLDER, self._aws.account, region, quote(self._feed.namespace, safe=""))
            start = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
            self._place = bucket, f"{start}{'/'.join(parts)}/"
        return self._place

    def _beside_results(self) -> str:
        name = self._target.workgroup
        with translate_errors(f"workgroup {name}", FlowathenaError):
            workgroup = self._aws.athena.get_work_group(WorkGroup=name)["WorkGroup"]
        settings = workgroup.get("Configuration", {})
        location = settings.get("ResultConfiguration", {}).get("OutputLocation")
        enforced = settings.get("EnforceWorkGroupConfiguration") and location
        chosen = location if enforced else self._target.output_location or location
        if not chosen:
            raise UsageError(
                f"workgroup {name} has no place for results, beside which the ledger of the "
                f"metrics would be: set ledger in [targets.{self._target.name}.metrics]"
            )
        return chosen


class Ledger:
    """The ledger of one query."""

    def __init__(self, aws: Aws, bucket: str, prefix: str) -> None:
        self._files = _Objects(aws, bucket, prefix)

    def read(self) -> Book:
        """Its state.

        Raises:
            FlowathenaError: it cannot be read, or is damaged.
        """
        found = self._files.get(_CHECKPOINT)
        checkpoint = read_checkpoint(found) if found else Checkpoint()
        # What comes after every object of an entry's number, and before the next number.
        names = read_names(self._files.names(f"{checkpoint.number:08d}~"))
        return to_book(checkpoint, names, self._entries(names))

    def claim(self, entry: Entry) -> None:
        """Write an entry.

        Raises:
            RivalError: another run has written one of its number.
            FlowathenaError: it cannot be written; it may have been.
        """
        name = name_of(entry.number, "claim")
        if not self._files.make(name, entry.to_body()):
            # The answer to an attempt that was made again may have been lost.
            written = self._files.get(name)
            if written is None or read_entry(entry.number, written).writer != entry.writer:
                raise RivalError(
                    "another run is publishing the same metrics; this one leaves it to it"
                )

    def void(self, entry: Entry) -> None:
        """Say that nothing of an entry was put."""
        self._files.put(name_of(entry.number, "void"), b"")

    def finish(self, entry: Entry, *, lost: bool = False) -> None:
        """Say that an entry needs nothing more; ``lost``: because its values are too old."""
        kind = "lost" if lost else "done"
        self._files.put(name_of(entry.number, kind, (entry.since, entry.until)), b"")

    def keep_short(self, book: Book) -> None:
        """Note what need not be listed again, if that has become much."""
        if book.listed > _CHECKPOINT_AFTER and book.checkpoint:
            self._files.put(_CHECKPOINT, book.checkpoint.to_body())

    def _entries(self, names: Names) -> Iterator[Entry]:
        for number in names.open:
            body = self._files.get(name_of(number, "claim"))
            if body is not None:
                yield read_entry(number, body)


class _Objects:
    """The objects of a folder."""

    def __init__(self, aws: Aws, bucket: str, prefix: str) -> None:
        self._aws = aws
        self._bucket = bucket
        self._prefix = prefix

    def names(self, after: str) -> list[str]:
        """The names after one."""
        pages = self._aws.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._prefix, StartAfter=self._prefix + after
        )
        with self._translate_errors(""):
            keys = [each["Key"] for page in pages for each in page.get("Contents", ())]
        return [key.removeprefix(self._prefix) for key in keys]

    def get(self, name: str) -> bytes | None:
        """The content of an object; None if there is none."""
        with self._translate_errors(name):
            try:
                answer = self._aws.s3.get_object(Bucket=self._bucket, Key=self._prefix + name)
                return answer["Body"].read()
            except ClientError as error:
                if error_code(error) == "NoSuchKey":
                    return None
                raise

    def put(self, name: str, body: bytes) -> None:
        """Write an object, whether or not there is one."""
        with self._translate_errors(name):
            self._aws.s3.put_object(Bucket=self._bucket, Key=self._prefix + name, Body=body)

    def make(self, name: str, body: bytes) -> bool:
        """Write an object unless there is one; whether this call has made it."""
        with self._translate_errors(name):
            for attempt in range(1, _ATTEMPTS + 1):
                try:
                    self._aws.s3.put_object(
                        Bucket=self._bucket, Key=self._prefix + name, Body=body, IfNoneMatch="*"
                    )
                except ClientError as error:
                    if error_code(error) == _TAKEN:
                        return False
                    if error_code(error) != _BUSY or attempt == _ATTEMPTS:
                        raise
                else:
                    return True
        return False

    @contextmanager
    def _translate_errors(self, name: str) -> Iterator[None]:
        what = f"ledger s3://{self._bucket}/{self._prefix}{name}"
        with translate_errors(what, FlowathenaError):
            yield
