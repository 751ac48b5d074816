"""Three engines, one answer: DuckDB over local files, the rig's DuckDB, and Trino."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client, library
from flowathena.library import Query
from flowathena.sample import generate
from tests.aws import BUCKET, Place, configured, log, pointed_at, record
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = pytest.mark.trino

UNTIL = date(2026, 10, 7)
NOON = 1_791_201_600  # 2026-10-05 12:00:00 UTC
ALL_ROWS = 100_000
# Lines that no flow log should hold, and that every engine has to read alike.
ODD = log(
    record(NOON),
    record(NOON, src="-", dst="-", srcport="-", dstport="-", protocol="-", packets="-",
           bytes="-", action="-", status="NODATA"),
    record(NOON, src="", srcport="", bytes=""),
    record(NOON, dstport="443.9", packets="1e3", bytes="+7", protocol="0x6"),
    record(NOON, dstport=".", packets="-1.9", bytes="+-1", srcport="1.2.3", protocol="6."),
    record(NOON, dstport="22", packets=".5", bytes="007", action="REJECT"),
    record(NOON, dstport="2147483648", packets=2**53 + 1, bytes=2**63, action="REJECT"),
    record(NOON, src="ünï", dst="10.0.0.5\t", action="REJECT", dstport=" 22"),
    record(NOON, action="REJECT", status="OK surplus fields"),
    f"2 111122223333 eni-0a 10.0.0.1 10.0.0.2 1 443 6 1 1 {NOON}",
    "",
    "2",
    record(NOON, account="-", eni="-", version="x"),
)  # fmt: skip


@dataclass(frozen=True)
class Trio:
    """The same logs behind three engines."""

    laptop: Client
    duckdb: Client
    trino: Client


@pytest.fixture(scope="module")
def duckdb_rig() -> Iterator[Rig]:
    with Rig.start("duckdb") as rig:
        yield rig


@pytest.fixture
def trio(rig: Rig, duckdb_rig: Rig, tmp_path: Path) -> Callable[[int], Trio]:
    def made(seed: int) -> Trio:
        logs = tmp_path / "logs"
        generate(logs, until=UNTIL, days=2, records=1_000, seed=seed)
        odd = logs / Place("111122223333", "eu-west-1", date(2026, 10, 5)).key
        odd.write_bytes(ODD)
        return Trio(
            _laptop(tmp_path / "laptop", logs),
            _aws(tmp_path / "duckdb", logs, duckdb_rig),
            _aws(tmp_path / "trino", logs, rig),
        )

    return made


def _laptop(folder: Path, logs: Path) -> Client:
    folder.mkdir()
    Shell(folder).run("init", str(logs))
    client = Client(config_path=folder / "flowathena.toml")
    client.partitions.sync(everything=True)
    return client


def _aws(folder: Path, logs: Path, rig: Rig) -> Client:
    folder.mkdir()
    rig.reset()
    rig.settings(queue_polls=0)
    rig.load_tree(BUCKET, logs)
    configured(folder, rig)
    client = Client("prod", config_path=folder / "flowathena.toml")
    with pointed_at(rig):
        client.partitions.sync(everything=True)
    return client


@dataclass(frozen=True)
class Answer:
    """A result with Athena's types of the columns and Python's of the values."""

    columns: list[tuple[str, str]]
    rows: list[list[tuple[type, object]]]


def _answers(client: Client, asked: Mapping[str, Any]) -> dict[str, Answer]:
    """What every packaged query answers; all are asked at once, for most of it is waiting."""

    def answer(query: Query) -> Answer:
        limited = any(param.name == "limit" for param in query.params)
        given: dict[str, Any] = {**asked, **({"limit": ALL_ROWS} if limited else {})}
        result = client.run(query.name, **given)
        return Answer(
            [(column.name, column.type) for column in result.columns],
            [[(type(value), value) for value in row] for row in result.data],
        )

    every = library.load().queries
    with ThreadPoolExecutor(len(every)) as pool:
        return dict(zip(every, pool.map(answer, every.values()), strict=True))


def _asked(seed: int) -> dict[str, object]:
    """Another window and other filters for every seed; never aligned to a day twice alike."""
    since = f"2026-10-0{4 + seed % 2}T{seed % 11:02d}:{seed * 2:02d}:00Z"
    until = f"2026-10-0{5 + seed % 3}T{13 + seed % 11:02d}:00:{seed:02d}Z"
    accounts = ["111122223333"] if seed % 5 == 0 else []
    regions = ["eu-west-1"] if seed % 7 == 0 else []
    return {"since": since, "until": until, "account": accounts, "region": regions}


@pytest.mark.parametrize("seed", range(1, 21))
def test_rows_and_types_are_the_same(
    rig: Rig, duckdb_rig: Rig, trio: Callable[[int], Trio], seed: int
) -> None:
    engines, asked = trio(seed), _asked(seed)
    laptop = _answers(engines.laptop, asked)
    with pointed_at(duckdb_rig):
        duckdb = _answers(engines.duckdb, asked)
    with pointed_at(rig):
        trino = _answers(engines.trino, asked)
    for name, answer in trino.items():
        assert answer.rows, f"{name} finds nothing: the test compares nothing"
        assert laptop[name] == answer, name
        assert duckdb[name] == answer, name
