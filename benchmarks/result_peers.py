"""A result of a million rows as CSV, JSON lines, Parquet and DataFrame, beside what others do.

The rig makes the result once, plainly and by UNLOAD; whatever a reader then runs is answered with
that one, so that only reading and writing are measured. Every figure is of a process of its own:
seconds from the call to the file or frame, and the peak of its memory beyond the start.

``GET`` is the object of the plain result copied into a file, which nothing can beat.
"""

import csv
import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import boto3

from flowathena.aws.athena import Athena
from flowathena.aws.session import Aws
from flowathena.aws.unload import Unload
from flowathena.files import writing
from flowathena.result.formats import Format, write
from flowathena.target.target import Target

BYTES = -1
"""Said instead of a number of rows by who does not look at them."""
FORMS = ("csv", "jsonl", "parquet", "frame")
_TARGET = Target("t", "s3://logs/", database="net", output_location="s3://results/")
_SQL = "SELECT 1 AS n"


def readers() -> list[str]:
    """The readers that are installed, ours first."""
    needs = {"awswrangler": "awswrangler", "awswrangler, unload": "awswrangler"}
    return [name for name in _READERS if name not in needs or find_spec(needs[name])]


def measure(reader: str, form: str, prepared: str, folder: Path) -> dict[str, float]:
    """Seconds and megabytes of one reader.

    Args:
        reader: its name.
        form: what it makes.
        prepared: the id of the execution whose rows it gets.
        folder: where the file goes.
    """
    read = _READERS[reader]
    path = folder / f"rows.{form}"
    before, began, used = _peak(), time.perf_counter(), time.process_time()
    rows = read(form, _Redirected(prepared), path)
    seconds, cpu = time.perf_counter() - began, time.process_time() - used
    return {"seconds": seconds, "cpu": cpu, "mb": _peak() - before, "rows": rows}


class _Redirected:
    """A session whose executions are all one that has ended already."""

    def __init__(self, prepared: str) -> None:
        self._prepared = prepared

    def over(self, session: boto3.Session) -> boto3.Session:
        """Have a session ask for the prepared execution."""
        for call in ("GetQueryExecution", "GetQueryResults"):
            session.events.register(f"provide-client-params.athena.{call}", self._replace)
        return session

    @property
    def session(self) -> boto3.Session:
        """A session of its own."""
        return self.over(boto3.Session())

    def _replace(self, params: dict[str, Any], **_: object) -> None:
        params["QueryExecutionId"] = self._prepared


def _get(_form: str, redirected: _Redirected, path: Path) -> int:
    session = redirected.session
    athena, s3 = session.client("athena"), session.client("s3")
    found = athena.get_query_execution(QueryExecutionId="any")["QueryExecution"]
    place = found["ResultConfiguration"]["OutputLocation"]
    bucket, _, key = place.removeprefix("s3://").partition("/")
    with path.open("wb") as file:
        file.writelines(s3.get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(1 << 20))
    return BYTES


def _ours(form: str, redirected: _Redirected, path: Path, unload: Unload | None = None) -> int:
    aws = Aws(_TARGET)
    redirected.over(aws.session)
    result = Athena(aws, _TARGET).execute(_SQL, unload=unload)
    if form == "frame":
        return len(result.to_pandas())
    with writing(path) as stream:
        write(result, Format(form), stream)
    return len(result)


def _ours_unloaded(form: str, redirected: _Redirected, path: Path) -> int:
    return _ours(form, redirected, path, Unload("s3://results/nothing/", keep=True))


def _pyathena(form: str, redirected: _Redirected, path: Path) -> int:
    import pyathena  # noqa: PLC0415 - its own time

    with pyathena.connect(session=redirected.session, s3_staging_dir="s3://results/") as connection:
        cursor = connection.cursor().execute(_SQL)
        names = [str(name) for name, *_ in cursor.description or ()]
        if form in {"csv", "jsonl"}:
            return _write_lines(form, names, iter(cursor), path)
        import pandas as pd  # noqa: PLC0415 - same

        return _write_frame(form, pd.DataFrame(cursor.fetchall(), columns=names), path)


def _write_lines(form: str, names: list[str], rows: Iterator[Any], path: Path) -> int:
    count = 0
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        if form == "csv":
            writer.writerow(names)
        for row in rows:
            count += 1
            if form == "csv":
                writer.writerow(row)
            else:
                print(json.dumps(dict(zip(names, row, strict=True)), default=str), file=file)
    return count


def _pyathena_pandas(form: str, redirected: _Redirected, path: Path) -> int:
    import pyathena  # noqa: PLC0415 - its own time
    from pyathena.pandas.cursor import PandasCursor  # noqa: PLC0415 - same

    session = redirected.session
    connection = pyathena.connect(session=session, s3_staging_dir="s3://results/")
    with closing(connection):
        frame = connection.cursor(PandasCursor).execute(_SQL).as_pandas()
        return _write_frame(form, frame, path)


def _wrangler(form: str, redirected: _Redirected, path: Path, *, unload: bool = False) -> int:
    import awswrangler as wr  # noqa: PLC0415 - its own time

    frame = wr.athena.read_sql_query(
        _SQL,
        database="net",
        ctas_approach=False,
        unload_approach=unload,
        s3_output="s3://results/wrangler/",
        boto3_session=redirected.session,
    )
    return _write_frame(form, frame, path)


def _wrangler_unloaded(form: str, redirected: _Redirected, path: Path) -> int:
    return _wrangler(form, redirected, path, unload=True)


def _write_frame(form: str, frame: Any, path: Path) -> int:  # noqa: ANN401 - pandas has no types here
    if form == "csv":
        frame.to_csv(path, index=False)
    elif form == "jsonl":
        frame.to_json(path, orient="records", lines=True, date_format="iso")
    elif form == "parquet":
        frame.to_parquet(path)
    return len(frame)


_READERS: dict[str, Callable[[str, _Redirected, Path], int]] = {
    "GET": _get,
    "flowathena": _ours,
    "flowathena, unload": _ours_unloaded,
    "PyAthena": _pyathena,
    "PyAthena, pandas": _pyathena_pandas,
    "awswrangler": _wrangler,
    "awswrangler, unload": _wrangler_unloaded,
}


def _peak() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)  # Linux counts in kilobytes
