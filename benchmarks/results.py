"""Results of 0.1, 1 and 5 million rows written as files: seconds, and memory beyond the start.

The promise: the memory that a result takes has a bound whatever its rows, and stays below 200 MB
here. Every figure is of a process of its own, which has run a small query before: what is loaded
once does not count. The last column is the memory of the longest by that of the shortest.

The rows of the local engine are a join, those of Athena stand in an object of the rig's S3: it
would take longer to make them there than to read them.

Before that, a result of a million rows beside what others make of it: ``result_peers``. Who reads
what takes turns, and the best of the rounds counts. Targets: faster than every peer that makes the
same of the same objects, and CSV in three times the time of the copy, plainly and by UNLOAD. It
exits 1 if one is missed; plainly CSV takes 3.3 to 3.5 times.

``python benchmarks/results.py`` measures all, ``--rows 20000`` with no more rows than that, to see
that it works, ``--rounds 1`` fewer times than three. With other words it is one of the processes.
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
import result_peers

from flowathena import Client
from flowathena.aws.athena import Athena
from flowathena.aws.session import Aws
from flowathena.aws.unload import Unload
from flowathena.files import writing
from flowathena.result.formats import Format, write
from flowathena.result.result import Result
from flowathena.target.target import Target
from tests.cases import LogFile, record, write_project
from tests.rig.client import Rig

_ROWS = (100_000, 1_000_000, 5_000_000)
_PEER_ROWS = 1_000_000
_SAMPLED = {"PyAthena": 20_000}  # it takes minutes for a million: a call for each 1,000
_MOST_COPIES = 3  # CSV, in times of the GET
_COPIED = ("flowathena", "flowathena, unload")
_SEQUENCE = 10_000  # rows of one: Trino's has no more
_FORMS = ("csv", "jsonl", "parquet")
_RECORDS = 2_500
_SMALL = 18_000  # rows of a result that is loaded before
_MOST_MB = 200  # most of it buffers of DuckDB
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


Measured = dict[tuple[str, str], list[dict[str, float]]]
"""What each reader took for each form, once a round."""


def main(most: int, rounds: int) -> None:
    """Measure and print; exit 1 when a promise is broken or a target missed."""
    rows = tuple(sorted({min(each, most) for each in _ROWS}))
    with tempfile.TemporaryDirectory() as name, Rig.start("duckdb") as rig:
        folder = Path(name)
        _prepare(folder, rig, rows)
        missed = _compare(folder, rig, min(_PEER_ROWS, most), rounds)
        print(f"{'engine':<8}{'format':<9}" + "".join(f"{each:>22,}" for each in rows))
        broken = [
            f"{engine} {form}"
            for engine in ("duckdb", "athena")
            for form in _FORMS
            if not _line(engine, form, folder, rig, rows)
        ]
    missed += [f"{each}: its memory grows with its rows" for each in broken]
    if missed:
        sys.exit("\n".join(["missed:", *missed]))


def _prepare(folder: Path, rig: Rig, sizes: tuple[int, ...]) -> None:
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
    for rows in sizes:
        duckdb.execute(_OBJECT.format(rows=rows, path=objects / f"{rows}.csv"))
    rig.load_tree("prepared", objects)


def _compare(folder: Path, rig: Rig, rows: int, rounds: int) -> list[str]:
    """Print what each reader takes for a result of so many rows; the targets that are missed."""
    sizes = {reader: min(rows, _SAMPLED.get(reader, rows)) for reader in result_peers.readers()}
    prepared = {
        (size, "unload" in reader): "" for reader, size in sizes.items()
    }  # of each kind one, whoever reads it
    for size, unloaded in prepared:
        prepared[size, unloaded] = _execution(rig, size, unloaded=unloaded)
    measured: Measured = {}
    for _ in range(rounds):
        for reader, size in sizes.items():
            for form in ("csv",) if reader == "GET" else result_peers.FORMS:
                words = ("peer", reader, form, prepared[size, "unload" in reader], str(folder))
                found = _answer(words, rig)
                if found["rows"] not in {size, result_peers.BYTES}:
                    sys.exit(f"{reader} has not {size} rows: {found}")
                found["seconds"] *= rows / size
                measured.setdefault((reader, form), []).append(found)
    _print_peers(measured, sizes, rows)
    return _missed(measured)


def _print_peers(measured: Measured, sizes: dict[str, int], rows: int) -> None:
    print(f"{rows:,} rows".ljust(30) + "".join(f"{form:>22}" for form in result_peers.FORMS))
    for reader, size in sizes.items():
        cells = [
            f"{_best(measured, reader, form):9.2f} s {max(each['mb'] for each in found):7.0f} MB"
            for (name, form), found in measured.items()
            if name == reader
        ]
        name = reader if size == rows else f"{reader} (of {size:,} rows)"
        print(f"{name:<30}" + "".join(f"{cell:>22}" for cell in cells), flush=True)
    for name, ratio in _copies(measured, "csv").items():
        print(f"{name}: csv in {ratio:.1f} x the GET")
    print()


def _missed(measured: Measured) -> list[str]:
    """A line for each target that is missed."""
    missed = []
    for reader, form in measured:
        ours = "flowathena, unload" if "unload" in reader else "flowathena"
        if reader == "GET":
            missed += _slower_than_copies(measured, form)
        elif reader != ours and _best(measured, reader, form) <= _best(measured, ours, form):
            missed.append(f"{form}: {reader} is as fast as {ours}")
    return missed


def _slower_than_copies(measured: Measured, form: str) -> list[str]:
    """A line for each of ours that takes too many times as long as the GET."""
    return [
        f"{name}: {form} in {ratio:.1f} x the GET, not {_MOST_COPIES}"
        for name, ratio in _copies(measured, form).items()
        if ratio > _MOST_COPIES
    ]


def _copies(measured: Measured, form: str) -> dict[str, float]:
    """How many times as long as the GET each of ours takes."""
    copy_seconds = _best(measured, "GET", form)
    return {name: _best(measured, name, form) / copy_seconds for name in _COPIED}


def _best(measured: Measured, reader: str, form: str) -> float:
    return min(each["seconds"] for each in measured[reader, form])


def _execution(rig: Rig, rows: int, *, unloaded: bool) -> str:
    """The id of an execution that has ended, with so many rows."""
    step = min(rows, _SEQUENCE)
    source = f"UNNEST(sequence(1, {step})) AS s(a), UNNEST(sequence(0, {rows // step - 1})) AS t(b)"
    sql = f"SELECT {_COLUMNS} FROM (SELECT a + {step} * b AS n FROM {source})"  # noqa: S608 - ours
    if unloaded:
        sql = Unload("s3://results/unloaded/").wrap(sql)
    athena = rig.client("athena")
    started = athena.start_query_execution(
        QueryString=sql,
        QueryExecutionContext={"Database": "net"},
        ResultConfiguration={"OutputLocation": "s3://results/prepared/"},
    )
    name = str(started["QueryExecutionId"])
    while True:
        status = athena.get_query_execution(QueryExecutionId=name)["QueryExecution"]["Status"]
        if status["State"] == "SUCCEEDED":
            return name
        if status["State"] == "FAILED":
            sys.exit(status["StateChangeReason"])
        time.sleep(0.2)


def _line(engine: str, form: str, folder: Path, rig: Rig, sizes: tuple[int, ...]) -> bool:
    """Measure a format in one engine and print it; whether the memory stays within bounds."""
    measured = [_answer((engine, form, str(rows), str(folder)), rig) for rows in sizes]
    cells = [f"{each['seconds']:9.2f} s {each['mb']:7.0f} MB" for each in measured]
    least, most = measured[0]["mb"], measured[-1]["mb"]
    growth = f"{most / least:5.2f} x" if least else ""
    print(f"{engine:<8}{form:<9}{''.join(f'{cell:>22}' for cell in cells)}  {growth}")
    return bool(most < _MOST_MB)


def _answer(words: tuple[str, ...], rig: Rig) -> dict[str, float]:
    """What a process of this script says that is given some words."""
    command = [sys.executable, __file__, *words]
    environment = {**os.environ, **rig.env()}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def _measure(engine: str, form: str, rows: int, folder: Path) -> dict[str, float]:
    """Seconds and megabytes of one result, from the statement to the file."""
    run = _local if engine == "duckdb" else _athena
    path = folder / f"rows.{form}"
    _write(run(_SMALL, folder), form, path)
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
    prepared_rows = rows != _SMALL
    if prepared_rows:

        def prepared(params: dict[str, Any], **_: object) -> None:
            params.update(Bucket="prepared", Key=f"{rows}.csv")

        aws.session.events.register("provide-client-params.s3.GetObject", prepared)
    # As many rows as make it a long one; the object has the others.
    return Athena(aws, target).execute(_ATHENA.format(rows=1_000 if prepared_rows else rows))


def _peak() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Linux counts in kilobytes, macOS in bytes.
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def _process(words: list[str]) -> dict[str, float]:
    """Be one of the processes."""
    if words[0] == "peer":
        _, reader, form, prepared, folder = words
        return result_peers.measure(reader, form, prepared, Path(folder))
    engine, form, rows, folder = words
    return _measure(engine, form, int(rows), Path(folder))


def _option(words: list[str], name: str, usual: int) -> int:
    return int(words[words.index(name) + 1]) if name in words else usual


if __name__ == "__main__":
    given = sys.argv[1:]
    if given and not given[0].startswith("--"):
        print(json.dumps(_process(given)))
    else:
        main(_option(given, "--rows", max(_ROWS)), _option(given, "--rounds", 3))
