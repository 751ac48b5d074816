"""Results of 0.1, 1 and 5 million rows written as files: seconds, and memory beyond the start.

The promise: the memory that a result takes has a bound whatever its rows, and stays below 200 MB
here. Every figure is of a process of its own, which has run a small query before: what is loaded
once does not count. The last column is the memory of the longest by that of the shortest.

The rows of the local engine are a join, those of Athena stand in an object of the rig's S3: it
would take longer to make them there than to read them.

``python benchmarks/results.py`` measures all; with an engine, a format, a number of rows and a
folder it is one of the processes.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # the rig is in tests

import duckdb

from flowathena import Client
from flowathena.aws.athena import Athena
from flowathena.aws.session import Aws
from flowathena.files import writing
from flowathena.result.formats import Format, write
from flowathena.result.result import Result
from flowathena.target.target import Target
from tests.cases import LogFile, record, write_project
from tests.rig.client import Rig

_ROWS = (100_000, 1_000_000, 5_000_000)
_FORMS = ("csv", "jsonl", "parquet")
_RECORDS = 2_500
_MOST_MB = 200  # DuckDB's 128 MB, and a few batches
_LOCAL = """
SELECT a.version, a.account_id, a.interface_id, a.srcaddr, b.dstaddr, a.srcport, b.dstport,
    a.protocol, a.packets * b.srcport AS packets, b.bytes * a.srcport AS bytes, a.start_time,
    b.end_time, a.action, nullif(b.log_status, 'OK') AS log_status
FROM flow_logs AS a, flow_logs AS b WHERE a.srcport < 2000 AND b.srcport < {times}
"""
_COLUMNS = """
    CAST(2 AS integer) AS version, '111122223333' AS account_id,
    'eni-0a1b2c3d4e5f60718' AS interface_id, '10.0.1.' || CAST(n % 256 AS varchar) AS srcaddr,
    '10.0.2.' || CAST(n % 251 AS varchar) AS dstaddr, CAST(n % 65536 AS integer) AS srcport,
    CAST(443 AS integer) AS dstport, CAST(6 AS bigint) AS protocol, n AS packets,
    n * 1000 AS bytes, CAST('2026-11-01 12:00:00' AS timestamp) AS start_time,
    CAST('2026-11-01 12:01:00' AS timestamp) AS end_time, 'ACCEPT' AS action,
    CASE WHEN n < 0 THEN 'OK' END AS log_status
"""
_ATHENA = f"SELECT {_COLUMNS} FROM UNNEST(sequence(1, {{rows}})) AS s(n)"  # noqa: S608 - ours
_OBJECT = f"""
COPY (SELECT {_COLUMNS} FROM range(1, {{rows}} + 1) s(n)) TO '{{path}}'
(FORMAT csv, HEADER, FORCE_QUOTE *, TIMESTAMPFORMAT '%Y-%m-%d %H:%M:%S.%g')
"""  # noqa: S608 - ours


def main() -> None:
    """Measure and print; exit 1 when the promise is broken."""
    with tempfile.TemporaryDirectory() as name, Rig.start("duckdb") as rig:
        folder = Path(name)
        _prepare(folder, rig)
        print(f"{'engine':<8}{'format':<9}" + "".join(f"{rows:>22,}" for rows in _ROWS))
        broken = [
            f"{engine} {form}"
            for engine in ("duckdb", "athena")
            for form in _FORMS
            if not _line(engine, form, folder, rig)
        ]
    if broken:
        sys.exit(f"the memory of a result grows with its rows: {', '.join(broken)}")


def _prepare(folder: Path, rig: Rig) -> None:
    """A folder of logs for the one, objects of results for the other."""
    day = "2026-11-01"
    records = tuple(record(f"{day}T10:00:00", srcport=n) for n in range(_RECORDS))
    write_project(folder, LogFile(day, records), registered=True)
    rig.settings(queue_polls=0)
    for bucket in ("results", "prepared"):
        rig.client("s3").create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
    rig.client("glue").create_database(DatabaseInput={"Name": "net"})
    objects = folder / "objects"
    objects.mkdir()
    for rows in _ROWS:
        duckdb.execute(_OBJECT.format(rows=rows, path=objects / f"{rows}.csv"))
    rig.load_tree("prepared", objects)


def _line(engine: str, form: str, folder: Path, rig: Rig) -> bool:
    """Measure a format in one engine and print it; whether the memory stays within bounds."""
    measured = [_child(engine, form, rows, folder, rig) for rows in _ROWS]
    cells = [f"{each['seconds']:9.2f} s {each['mb']:7.0f} MB" for each in measured]
    least, most = measured[0]["mb"], measured[-1]["mb"]
    print(f"{engine:<8}{form:<9}{''.join(f'{cell:>22}' for cell in cells)}  {most / least:5.2f} x")
    return bool(most < _MOST_MB)


def _child(engine: str, form: str, rows: int, folder: Path, rig: Rig) -> dict[str, float]:
    command = [sys.executable, __file__, engine, form, str(rows), str(folder)]
    environment = {**os.environ, **rig.env()}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _measure(engine: str, form: str, rows: int, folder: Path) -> dict[str, float]:
    """Seconds and megabytes of one result, from the statement to the file."""
    run = _local if engine == "duckdb" else _athena
    path = folder / f"rows.{form}"
    _write(run(20_000, folder), form, path)
    before, began = _peak(), time.perf_counter()
    result = run(rows, folder)
    _write(result, form, path)
    seconds = time.perf_counter() - began
    if len(result) != rows:
        sys.exit(f"{len(result)} rows, not {rows}")
    return {"seconds": seconds, "mb": (_peak() - before), "bytes": path.stat().st_size}


def _write(result: Result, form: str, path: Path) -> None:
    with writing(path) as stream:
        write(result, Format(form), stream)


def _local(rows: int, folder: Path) -> Result:
    client = Client("local", config_path=folder / "flowathena.toml")
    return client.sql(_LOCAL.format(times=rows // 2000), since="2026-11-01", until="2026-11-02")


def _athena(rows: int, _folder: Path) -> Result:
    target = Target("t", "s3://logs/", database="net", output_location="s3://results/")
    aws = Aws(target)
    if rows in _ROWS:

        def prepared(params: dict[str, Any], **_: object) -> None:
            params.update(Bucket="prepared", Key=f"{rows}.csv")

        aws.session.events.register("provide-client-params.s3.GetObject", prepared)
    # As many rows as make it a long one; the object has the others.
    return Athena(aws, target).execute(_ATHENA.format(rows=1_000 if rows in _ROWS else rows))


def _peak() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in kilobytes, macOS in bytes.
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(json.dumps(_measure(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]))))
    else:
        main()
