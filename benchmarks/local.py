"""The local engine against DuckDB reading the same files bare, and sample generation.

Every figure is from one run, rounds in turns, the least of them; ratios are what counts.
"""

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from flowathena import Client, text
from flowathena.sample import generate
from flowathena.target.target import Target

_RECORDS = 1_000_000
_ROUNDS = 3
_UNTIL = date(2026, 11, 8)
_WINDOW = ("2026-11-01", "2026-11-08")
_BARE = """
SELECT column04 AS dstaddr, sum(try_cast(column08 AS bigint)) AS packets, count(*) AS flows
FROM read_csv(?, delim = ' ', header = true, all_varchar = true, auto_detect = false, quote = '',
    columns = {columns})
WHERE column06 = '443' AND column12 = 'ACCEPT'
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10
"""


def main() -> None:
    """Generate, sync, query; print a table."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        made, _ = _timed(lambda: generate(root, until=_UNTIL, records=_RECORDS))
        client = Client(Target("bench", str(root)), clock=lambda: datetime(2026, 11, 8, tzinfo=UTC))
        synced, _ = _timed(lambda: client.partitions.sync(since=_WINDOW[0], until=_WINDOW[1]))
        files = sorted(str(path) for path in root.rglob("*.log.gz"))
        bare, ours = [], []
        for _ in range(_ROUNDS):
            bare.append(_timed(lambda: _bare(files))[0])
            ours.append(_timed(lambda: _ours(client))[0])
        size = text.human_bytes(sum(Path(file).stat().st_size for file in files))
        print(f"{_RECORDS} records, {len(files)} files, {size}")
        print(f"{'sample':<26}{made:7.2f} s  {_RECORDS / made / 1e6:5.2f} M records/s")
        print(f"{'partitions sync (28)':<26}{synced:7.2f} s")
        print(f"{'DuckDB, bare':<26}{min(bare):7.2f} s")
        print(f"{'run top_https_servers':<26}{min(ours):7.2f} s  {min(ours) / min(bare):5.2f} x")


def _timed(work: Callable[[], object]) -> tuple[float, object]:
    began = time.perf_counter()
    answer = work()
    return time.perf_counter() - began, answer


def _bare(files: list[str]) -> None:
    columns = ", ".join(f"'column{n:02d}': 'VARCHAR'" for n in range(14))
    duckdb.execute(_BARE.replace("{columns}", f"{{{columns}}}"), [files]).fetchall()


def _ours(client: Client) -> None:
    client.run("top_https_servers", since=_WINDOW[0], until=_WINDOW[1])


if __name__ == "__main__":
    main()
