"""A made-up VPC Flow Logs tree: the bucket layout, the default 14 fields, believable traffic.

The same arguments always give the same bytes. Every random choice is a piece of an MD5 sum over
the arguments and the record's number, and all arithmetic is on integers, so neither the number of
threads nor DuckDB's own ``hash`` and ``random`` have a say.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADER = """version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes \
start end action log-status"""
ACCOUNTS = ("111122223333", "444455556666")
REGIONS = ("eu-west-1", "us-east-1")
MARKER = ".flowathena-sample.json"

_SITES = tuple((account, region) for account in ACCOUNTS for region in REGIONS)
_SITE_WEIGHTS = (40, 25, 20, 15)
_DAY_WEIGHTS = (10, 10, 10, 10, 10, 6, 6)  # Monday first
_EPOCH = date(1970, 1, 1)

# AWS delivers every five minutes. Here a file may cover several slots; the first one names it.
_SLOTS = 288
_FILES_A_DAY = (4, 6, 8, 12, 24, 48, 96, 144, 288)
_RECORDS_A_FILE = 1500
_HOURS = (3, 2, 2, 2, 2, 3, 5, 8, 12, 15, 16, 16, 15, 16, 16, 15, 14, 12, 10, 9, 8, 7, 5, 4)
_CURVE = (0, *accumulate(_HOURS[slot * 24 // _SLOTS] for slot in range(_SLOTS)))

_BATCH = 100_000  # records rendered at once: bounds memory whatever the size of the tree
_LEVEL = 6  # what gzip itself uses
_WBITS = 31  # a gzip wrapper; zlib leaves its time 0 and its file name out

_SETUP = """
-- first and n number the members of a pool. One without a prefix is made of hosts of the VPC.
CREATE TABLE pool AS FROM (VALUES
    ('web', NULL, 0, 8), ('app', NULL, 8, 12), ('db', NULL, 20, 3), ('dns', NULL, 24, 2),
    ('bastion', NULL, 28, 1), ('worker', NULL, 32, 32), ('any', NULL, 0, 64),
    ('public', 'public', 0, 20000), ('saas', '203.0.113.', 201, 30),
    ('office', '203.0.113.', 240, 4), ('clock', '198.51.100.', 250, 4),
    ('brute', '192.0.2.', 11, 5), ('scanner', '192.0.2.', 66, 4), ('prober', '192.0.2.', 100, 100)
) AS t (name, prefix, first, n);
-- weight is per mille. scale 0 means one or two packets, otherwise the least of a Pareto law.
-- ask and reply are the least bytes of a packet each way. Port -1 means any.
CREATE TABLE kind AS FROM (VALUES
    (370, 'ACCEPT',  6,  443, 'public',  'web',     3, 120,  900),
    ( 50, 'ACCEPT',  6,   80, 'public',  'web',     2, 110,  700),
    ( 90, 'ACCEPT',  6, 8080, 'web',     'app',     2, 180,  600),
    (120, 'ACCEPT',  6, 5432, 'app',     'db',      4, 140,  420),
    (110, 'ACCEPT', 17,   53, 'worker',  'dns',     0,  60,  110),
    ( 90, 'ACCEPT',  6,  443, 'worker',  'saas',    3, 150,  950),
    ( 40, 'ACCEPT', 17,  123, 'any',     'clock',   0,  76,   76),
    ( 15, 'ACCEPT',  6,   22, 'office',  'bastion', 8,  70,  120),
    ( 10, 'ACCEPT',  6,   22, 'bastion', 'app',     5,  70,  120),
    ( 20, 'ACCEPT',  1,    0, 'bastion', 'app',     0,  84,   84),
    ( 25, 'REJECT',  6,   22, 'brute',   'any',     0,  60,   60),
    ( 30, 'REJECT',  6,   -1, 'scanner', 'any',     0,  44,   44),
    (  8, 'REJECT',  6, 3389, 'prober',  'any',     0,  52,   52),
    (  7, 'REJECT',  6,   23, 'prober',  'any',     0,  40,   40),
    (  5, 'REJECT', 17, 5060, 'prober',  'any',     0, 443,  443),
    (  5, 'REJECT',  1,    0, 'prober',  'any',     0,  84,   84),
    (  5, 'REJECT',  6, 3306, 'worker',  'db',      0,  60,   60)
) AS t (weight, action, protocol, port, client, server, scale, ask, reply);
-- A row per mille, so that a draw of 0 to 999 finds its kind by equality.
CREATE TABLE mix AS
SELECT unnest(range(below, below + weight)) AS mille, k.*, c.prefix AS c_prefix,
    c.first AS c_first, c.n AS c_n, s.prefix AS s_prefix, s.first AS s_first, s.n AS s_n
FROM (SELECT *, sum(weight) OVER (ORDER BY rowid)::BIGINT - weight AS below FROM kind) AS k
JOIN pool AS c ON c.name = client JOIN pool AS s ON s.name = server;
CREATE TABLE host AS
SELECT net * 64 + m AS id, 'eni-0' || left(md5('eni ' || net || ' ' || m), 16) AS eni
FROM (SELECT unnest(range(10, 90, 10)) AS net), (SELECT unnest(range(64)) AS m);
CREATE MACRO cut(h, low) AS CAST((h >> low) & 65535 AS BIGINT); -- a 16-bit piece of a sum
CREATE MACRO skew(n, u) AS (n * u * u) >> 32; -- one of n; the first quarter gets half of the draws
-- The public; its busiest have addresses in two of the documentation networks.
CREATE MACRO far(m) AS if(m < 398,
    if(m % 2 = 0, '198.51.100.', '203.0.113.') || (1 + m // 2),
    '198.' || (18 + m % 2) || '.' || (m // 200) || '.' || (10 + m // 2 % 100));
CREATE MACRO v4(prefix, net, m) AS CASE
    WHEN prefix IS NULL THEN '10.' || net || '.' || (m // 16 * 16) || '.' || (10 + 3 * m)
    WHEN prefix = 'public' THEN far(m) ELSE prefix || m END;
CREATE MACRO v6(prefix, net, m) AS
    format('2001:db8:{:x}::{:x}', if(prefix IS NULL, net, 61453), 16 + m)
"""

# Records 2k and 2k+1 are the two directions of one conversation and share the sums a and b; the
# sum r is the record's own. Refused conversations have no replies: both records are attempts.
# Scanners (port -1) work in shifts of two hours. Small parameters arrive as INT32, hence BIGINT.
_RENDER = """
WITH files AS (SELECT COLUMNS(*)::BIGINT FROM (SELECT unnest($files, recursive := true))),
slots AS (SELECT *, unnest(range(slot, slot + width)) AS s FROM files),
marks AS (
    SELECT file, site, midnight + 300 * s AS since,
        first + rows * $curve[s + 1] // $curve[289] AS low,
        first + rows * $curve[s + 2] // $curve[289] AS high
    FROM slots
),
numbered AS (SELECT *, unnest(range(low, high)) AS g FROM marks),
drawn AS (
    SELECT *, md5_number_upper($key || 'a' || g // 2) AS a,
        md5_number_lower($key || 'a' || g // 2) AS b, md5_number_upper($key || 'r' || g) AS r
    FROM numbered
),
timed AS (
    SELECT *, 10 * (1 + 2 * site + cut(b, 32) % 2) AS net, cut(a, 0) % 1000 AS mille,
        since + ((g - low) * 300 + cut(r, 48) % 300) // (high - low) AS stop,
        stop - if(cut(r, 32) % 10 < 6, 10 + cut(r, 32) % 50, cut(r, 32) % 601) AS start
    FROM drawn
),
met AS (
    SELECT t.*, mix.*, g % 2 = 1 AND action = 'ACCEPT' AS answers,
        s_prefix IS NULL AND (c_prefix IS NOT NULL OR cut(b, 0) % 2 = 0) AS at_server,
        cut(b, 0) % 16 = 0 AND (client = 'public' OR server = 'saas') AS is_v6,
        CASE WHEN port < 0 THEN c_first + skew(c_n, stop // 7200 * 40503 % 65536)
            WHEN client = 'public' THEN (skew(c_n, cut(a, 32)) * cut(a, 32)) >> 16
            ELSE c_first + skew(c_n, cut(a, 32)) END AS c,
        s_first + skew(s_n, cut(a, 16)) AS s,
        32768 + xor(cut(a, 48), if(action = 'REJECT', cut(r, 16), 0)) % 28232 AS free_port,
        if(protocol = 1, 0, free_port) AS c_port,
        if(port < 0, 1 + cut(r, 0) % 9000, port) AS s_port,
        if(scale > 0, 1 + scale * 65536 // (1 + cut(b, 48)), 1 + cut(r, 0) % 2) AS volume
    FROM timed AS t JOIN mix USING (mille)
),
sized AS (
    SELECT *, if(is_v6, v6(c_prefix, net, c), v4(c_prefix, net, c)) AS c_addr,
        if(is_v6, v6(s_prefix, net, s), v4(s_prefix, net, s)) AS s_addr,
        if(answers OR scale = 0, volume, 1 + volume * 2 // 3) AS packets,
        if(answers, reply, ask) * if(action = 'ACCEPT', 131072 + cut(r, 16), 131072) AS size
    FROM met
)
SELECT file, string_agg(concat_ws(' ', 2, $accounts[1 + site], eni, CASE
    WHEN g % 250 = 17 THEN concat('- - - - - - - ', start, ' ', stop, ' - NODATA')
    WHEN g % 2000 = 777 THEN concat('- - - - - - - ', start, ' ', stop, ' - SKIPDATA')
    ELSE concat_ws(' ', if(answers, s_addr, c_addr), if(answers, c_addr, s_addr),
        if(answers, s_port, c_port), if(answers, c_port, s_port), protocol, packets,
        packets * size // 131072, start, stop, action, 'OK') END), chr(10) ORDER BY g)
FROM sized JOIN host ON host.id = net * 64 + if(at_server, s, c)
GROUP BY file
"""


@dataclass(frozen=True)
class Sample:
    """What ``generate`` wrote; both days are included, ``bytes_written`` counts gzip bytes."""

    root: Path
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    first_day: date
    last_day: date
    files: int
    records: int
    bytes_written: int


@dataclass(frozen=True)
class _File:
    """One log file: ``width`` slots, from ``slot`` on, of a day of one account and Region."""

    site: int
    midnight: int  # Unix seconds
    first: int  # number of the day's first record
    rows: int  # records of the day
    slot: int
    width: int

    def mark(self, slot: int) -> int:
        """Number of the first record after the day's first ``slot`` slots."""
        return self.first + self.rows * _CURVE[slot] // _CURVE[-1]

    @property
    def lines(self) -> int:
        return self.mark(self.slot + self.width) - self.mark(self.slot)


def generate(
    root: Path, *, until: date, days: int = 7, records: int = 100_000, seed: int = 1
) -> Sample:
    """Write the ``days`` UTC days before ``until`` under ``root``, ``records`` lines in all.

    A record lies in the folder of the day it ends in, as in AWS. Running it again with the same
    arguments rewrites the same files.

    Raises:
        ValueError: an argument is out of range.
        FileExistsError: ``root`` already holds flow logs that these arguments did not write.
    """
    _check(until, days, records, seed)
    key = json.dumps({"until": str(until), "days": days, "records": records, "seed": seed})
    _claim(root, key)
    dates = [until - timedelta(days=back) for back in range(days, 0, -1)]
    sizes = _write_all(root, key, _files(dates, records))
    return Sample(root, ACCOUNTS, REGIONS, dates[0], dates[-1], len(sizes), records, sum(sizes))


def _check(until: date, days: int, records: int, seed: int) -> None:
    if days < 1:
        raise ValueError(f"days must be at least 1, not {days}")
    if records < days * len(_SITES):
        raise ValueError(f"records must be at least {days * len(_SITES)} for {days} days")
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, not {seed}")
    if (until - _EPOCH).days <= days:
        raise ValueError(f"{days} days before {until} reach back before 1970-01-02")


def _claim(root: Path, key: str) -> None:
    """Leave the marker in the folder, or refuse a folder with other logs."""
    logs, marker = root / "AWSLogs", root / MARKER
    content = f"{key}\n".encode()
    ours = marker.is_file() and marker.read_bytes() == content
    empty = not logs.exists() or (logs.is_dir() and not any(logs.iterdir()))
    if not (ours or empty):
        raise FileExistsError(f"{logs} holds other flow logs than {key}: use an empty folder")
    _publish(marker, content)


def _publish(path: Path, content: bytes) -> int:
    """Make the file appear whole; readers of flow logs skip names with a leading dot."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return len(content)


def _write_all(root: Path, key: str, files: Iterator[_File]) -> list[int]:
    """Compress one batch while DuckDB renders the next; the sizes of the files in bytes."""
    sizes: list[int] = []
    with duckdb.connect() as connection, ThreadPoolExecutor(max_workers=2) as pool:
        connection.execute(_SETUP)
        pending: Iterator[int] = iter(())
        for batch in _batches(files):
            texts = _render(connection, key, batch)
            sizes.extend(pending)
            paths = (_path(root, key, batch[i]) for i in texts)
            pending = pool.map(_compress, paths, texts.values())
        sizes.extend(pending)
    return sizes


def _compress(path: Path, text: str) -> int:
    content = f"{HEADER}\n{text}\n".encode("ascii")
    return _publish(path, zlib.compress(content, _LEVEL, _WBITS))


def _render(connection: duckdb.DuckDBPyConnection, key: str, batch: list[_File]) -> dict[int, str]:
    """The text of every file, by its place in the batch."""
    files = [asdict(file) | {"file": i} for i, file in enumerate(batch)]
    accounts = [account for account, _ in _SITES]
    values = {"files": files, "curve": list(_CURVE), "accounts": accounts, "key": key}
    return dict(connection.execute(_RENDER, values).fetchall())


def _batches(files: Iterator[_File]) -> Iterator[list[_File]]:
    """Runs of whole files, closed as soon as they hold enough records."""
    batch: list[_File] = []
    lines = 0
    for file in files:
        batch.append(file)
        lines += file.lines
        if lines >= _BATCH:
            yield batch
            batch, lines = [], 0
    if batch:
        yield batch


def _files(dates: list[date], records: int) -> Iterator[_File]:
    """Every file of the tree, day by day; none without a record."""
    for day, site, first, rows in _folders(dates, records):
        enough = [n for n in _FILES_A_DAY if n * _RECORDS_A_FILE <= rows]
        width = _SLOTS // max(enough, default=_FILES_A_DAY[0])
        for slot in range(0, _SLOTS, width):
            file = _File(site, (day - _EPOCH).days * 86400, first, rows, slot, width)
            if file.lines:
                yield file


def _folders(dates: list[date], records: int) -> Iterator[tuple[date, int, int, int]]:
    """Day, site, first record and records of every folder: one each, the rest by weight."""
    cells = [(day, site) for day in dates for site in range(len(_SITES))]
    sums = [0, *accumulate(_SITE_WEIGHTS[s] * _DAY_WEIGHTS[d.weekday()] for d, s in cells)]
    rest = records - len(cells)
    marks = [i + rest * total // sums[-1] for i, total in enumerate(sums)]
    for (day, site), (low, high) in zip(cells, pairwise(marks), strict=True):
        yield day, site, low, high - low


def _path(root: Path, key: str, file: _File) -> Path:
    account, region = _SITES[file.site]
    hour, minute = divmod(file.slot * 5, 60)
    day = _EPOCH + timedelta(seconds=file.midnight)
    moment = f"{day:%Y%m%d}T{hour:02}{minute:02}Z"
    log = f"fl-0{_digest(f'{account} {region}')[:16]}"
    tail = _digest(f"{key} {file.site} {moment}")[:8]
    folder = root / "AWSLogs" / account / "vpcflowlogs" / region / f"{day:%Y/%m/%d}"
    return folder / f"{account}_vpcflowlogs_{region}_{log}_{moment}_{tail}.log.gz"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
