"""The rows of a finished Athena query: from the object that Athena wrote to S3, or page by page.

The first page comes with the types and is all there is of most results. Of a longer one the object
is read, many times as fast as pages of a thousand rows. It may be out of reach: s3:GetObject is
not granted, the workgroup manages its results and names no location, or encrypts them on the
client's side. Then the pages are read on; both ways give the same texts and so the same rows.

https://docs.aws.amazon.com/athena/latest/ug/querying-finding-output-files.html
https://docs.aws.amazon.com/athena/latest/ug/managed-results.html
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol, cast

from botocore.exceptions import BotoCoreError, ClientError
from pyathena.converter import Converter, DefaultTypeConverter
from pyathena.error import DataError

from flowathena.aws.messages import describe_failure
from flowathena.aws.session import describe_error
from flowathena.concurrency import Backoff
from flowathena.errors import EngineError
from flowathena.result.result import Held, Row, Rows, aware
from flowathena.text import one_line

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from pyathena.cursor import Cursor

    from flowathena.result.texts import TextColumn

Texts = tuple[str | None, ...]

_FIRST_PAGE_ROWS = 999  # of 1,000 lines, the first of which has the names
_PAGE_ROWS = 1000
_PATIENCE_SECONDS = 15.0  # for an object whose reading breaks off
_CHUNK_BYTES = 1 << 20
_NESTED = frozenset({"array", "map", "row", "json", "time", "time with time zone"})


class AsTexts(Converter):
    """Leaves values the texts that Athena gives."""

    def __init__(self) -> None:
        super().__init__(mappings={})

    def convert(self, type_: str, value: str | None, type_hint: str | None = None) -> str | None:  # noqa: ARG002 - PyAthena's signature
        """The text."""
        return value


def read(
    cursor: "Cursor", s3: Callable[[], "S3Client"], warn: Callable[[str], None]
) -> tuple[list[tuple[str, str]], Rows]:
    """Names and types of the columns, and the rows.

    Args:
        cursor: a cursor that has executed a statement, made with ``AsTexts``.
        s3: gives a client for the result's bucket; called for a long result.
        warn: told why an object that should be readable is not, if pages are read instead.

    Raises:
        pyathena.Error: a call fails, or a value cannot be read.
        EngineError: the temporary file of a long result cannot be written.
    """
    columns = [(str(entry[0]), _type(entry)) for entry in cursor.description or []]
    page = _fetched(cursor, _FIRST_PAGE_ROWS)
    if len(page) < _FIRST_PAGE_ROWS:
        return columns, _held(columns, page)
    if cursor.statement_type != "DML" or not columns or not _can_spool():
        return columns, _held(columns, [*page, *cast("list[Texts]", cursor.fetchall())])
    return columns, _spooled(cursor, s3, page, warn)


def _can_spool() -> bool:
    """Whether there is DuckDB; the zip of the Lambda function is without, and keeps all rows."""
    return find_spec("duckdb") is not None


def _type(entry: Sequence[Any]) -> str:
    """Athena's type of a column; of a decimal with its digits, which the API gives apart."""
    _, kind, _, _, precision, scale, *_ = entry
    return f"decimal({precision},{scale or 0})" if kind == "decimal" and precision else str(kind)


def _fetched(cursor: "Cursor", size: int) -> list[Texts]:
    return cast("list[Texts]", cursor.fetchmany(size))


def _held(columns: Sequence[tuple[str, str]], page: Sequence[Texts]) -> Held:
    readers = [_reader(name, kind.partition("(")[0]) for name, kind in columns]
    rows: Iterator[Row] = (
        tuple(
            None if text is None else aware(reader(text))
            for reader, text in zip(readers, row, strict=False)
        )
        for row in page
    )
    return Held(list(rows))


def _reader(name: str, kind: str) -> Callable[[object], object]:
    """What makes the value of a text, as PyAthena does."""
    convert = DefaultTypeConverter().convert

    def read(text: object) -> object:
        try:
            return cast("object", convert(kind, cast("str", text)))
        except DataError as error:
            raise DataError(f"Column {name!r}: {error}") from error

    return read


def _spooled(
    cursor: "Cursor",
    s3: Callable[[], "S3Client"],
    page: Sequence[Texts],
    warn: Callable[[str], None],
) -> Rows:
    import duckdb  # noqa: PLC0415 - 90 ms, for a long result alone

    from flowathena.result import spool, texts  # noqa: PLC0415 - same
    from flowathena.result.loading import Loading  # noqa: PLC0415 - same

    columns = [_text_column(entry) for entry in cursor.description or []]
    folder = spool.new_folder()
    try:
        try:
            with Loading(folder, columns) as file:
                is_complete = _download(cursor, s3, file, warn)
            if is_complete:
                return file.rows()
        except duckdb.Error as error:  # not what Athena is known to write
            warn(_describe_pages(cursor, f"it is damaged: {one_line(error)}"))
        with Loading(folder, columns) as file:
            for rows in _pages(cursor, page):
                texts.write_texts(rows, file)
        return file.rows()
    except (OSError, duckdb.Error) as error:
        shutil.rmtree(folder, ignore_errors=True)
        reason = str(error).partition("\n")[0]
        raise EngineError(f"cannot keep the result in {folder.parent}: {reason}") from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _text_column(entry: Sequence[Any]) -> "TextColumn":
    from flowathena.result.texts import TextColumn  # noqa: PLC0415 - 90 ms

    name, kind, _, _, precision, scale, *_ = entry
    reader = _reader(str(name), str(kind))
    return TextColumn(str(kind), reader, precision or 0, scale or 0, nested=kind in _NESTED)


def _pages(cursor: "Cursor", page: Sequence[Texts]) -> Iterator[Sequence[Texts]]:
    """A header, the first page and those after it."""
    yield [tuple(str(name) for name, *_ in cursor.description or [])]
    while page:
        yield page
        page = _fetched(cursor, _PAGE_ROWS)


def _download(
    cursor: "Cursor", s3: Callable[[], "S3Client"], file: "Copy", warn: Callable[[str], None]
) -> bool:
    """Copy the result object; False if it cannot be read."""
    location = cursor.output_location or ""
    if not location.endswith(".csv") or cursor.encryption_option == "CSE_KMS":
        return False
    bucket, _, key = location.removeprefix("s3://").partition("/")
    try:
        copy_object(s3(), bucket, key, file)
    except ClientError as error:
        warn(_describe_pages(cursor, describe_error(error)))
        return False
    except BotoCoreError as error:
        warn(_describe_pages(cursor, describe_failure(error)))
        return False
    return True


def _describe_pages(cursor: "Cursor", reason: str) -> str:
    return (
        f"the result {cursor.output_location} could not be read ({reason}); its rows were read in "
        f"pages of {_PAGE_ROWS:,}, which is slower"
    )


class Copy(Protocol):
    """What an object is copied into."""

    def write(self, content: bytes, /) -> object:
        """Write all of them."""
        ...

    def tell(self) -> int:
        """How many were written."""
        ...


def copy_object(s3: "S3Client", bucket: str, key: str, file: Copy) -> None:
    """Read the object; a connection lost on the way is taken up where it broke.

    botocore retries calls, not the reading of a body.
    """
    answer = s3.get_object(Bucket=bucket, Key=key)
    etag = answer["ETag"]
    backoff = Backoff(0.5, 8.0, jitter=1.0, budget=_PATIENCE_SECONDS)
    while True:
        try:
            with closing(answer["Body"]) as body:
                for chunk in body.iter_chunks(_CHUNK_BYTES):
                    file.write(chunk)
        except BotoCoreError:
            if not backoff.pause():
                raise
            rest = f"bytes={file.tell()}-"
            answer = s3.get_object(Bucket=bucket, Key=key, Range=rest, IfMatch=etag)
        else:
            return
