"""Three engines, one answer: DuckDB over local files, the rig's DuckDB, and Trino."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client
from flowathena.logs.fields import DEFAULT_FORMAT, FIELDS
from flowathena.onboard.location import initialize
from flowathena.query import library
from flowathena.query.library import Query
from flowathena.sample import generate
from tests.aws import BUCKET, RESULTS, Place, create_bucket, log, pointed_at, record
from tests.rig.client import Rig

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


V5 = tuple(field.name for field in FIELDS if field.version <= 5)
_ADDED = {
    "vpc_id": "vpc-0a", "subnet_id": "subnet-0a", "instance_id": "i-0a", "tcp_flags": 19,
    "type": "IPv4", "pkt_srcaddr": "10.0.0.9", "pkt_dstaddr": "10.0.0.8", "region": "eu-west-1",
    "az_id": "euw1-az1", "sublocation_type": "-", "sublocation_id": "-",
    "pkt_src_aws_service": "S3", "pkt_dst_aws_service": "-", "flow_direction": "egress",
    "traffic_path": 8,
}  # fmt: skip


def longer(**fields: object) -> str:
    """A record of version 5; the added fields can be changed."""
    return " ".join([record(NOON, action="REJECT"), *map(str, {**_ADDED, **fields}.values())])


ODD_V5 = log(
    longer(),
    longer(**dict.fromkeys(_ADDED, "-")),
    longer(**dict.fromkeys(_ADDED, "")),
    longer(tcp_flags="18.7", traffic_path="+8"),
    longer(tcp_flags="0x12", traffic_path=" 8"),
    longer(tcp_flags=2**31, pkt_srcaddr="\\N", traffic_path="-0"),
    longer(pkt_srcaddr="ünï", pkt_dstaddr="2001:db8::1\t", flow_direction='"ingress'),
    longer(traffic_path="8 surplus fields"),
    record(NOON),
    record(NOON) + " vpc-0a -  3",
    header=" ".join(V5),
)


@dataclass(frozen=True)
class Tree:
    """A shape of logs, as ``generate`` takes it.

    Attributes:
        shape: what differs from plain daily text of the default format.
        odd: a log of lines that no flow log should hold, none without.
        below: the folders between the day and that log.
        granularity: what a partition is.
    """

    shape: dict[str, Any] = field(default_factory=dict)
    odd: bytes = b""
    below: str = ""
    granularity: str = "day"

    def write(self, logs: Path, seed: int) -> None:
        generate(logs, until=UNTIL, days=2, records=1_200, seed=seed, **self.shape)
        for path in logs.rglob("*T*Z_*"):  # every sixth hour: objects cost more than records
            if int(path.name.split("T")[1][:2]) % 6:
                path.unlink()
        if self.odd:
            place = Place("111122223333", "eu-west-1", date(2026, 10, 5))
            (logs / place.folder / self.below / "odd.log.gz").write_bytes(self.odd)

    @property
    def statement(self) -> str:
        """A statement that gives every column."""
        names = [name.replace("-", "_") for name in self.shape.get("log_format", DEFAULT_FORMAT)]
        names += ["start_time", "end_time", "protocol_name", "aws_account", "aws_region", "day"]
        order = ", ".join(str(1 + n) for n in range(len(names)))
        columns = ", ".join(f'"{name}"' for name in names)
        return f"SELECT {columns} FROM flow_logs ORDER BY {order}"


def tree(seed: int) -> Tree:
    """One shape after the other; partitions of hours for every other seed that has hours."""
    granularity = "hour" if seed % 4 > 1 else "day"
    if seed % 3 == 1:
        shape = {"file_format": "parquet", "log_format": V5}
        if seed % 2:
            return Tree({**shape, "layout": "hive-hourly"}, granularity=granularity)
        return Tree({**shape, "layout": "hive-daily"})
    if seed % 3 == 2:
        return Tree({"layout": "plain-hourly", "log_format": V5}, ODD_V5, "12", granularity)
    return Tree(odd=ODD)


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
def trio(rig: Rig, duckdb_rig: Rig, tmp_path: Path) -> Callable[[Tree, int], Trio]:
    def made(tree: Tree, seed: int) -> Trio:
        logs = tmp_path / "logs"
        tree.write(logs, seed)
        laptop = _laptop(tmp_path, logs, tree)
        return Trio(laptop, _aws(laptop, logs, duckdb_rig), _aws(laptop, logs, rig))

    return made


def _laptop(folder: Path, logs: Path, tree: Tree) -> Client:
    """A target of the folder, as ``flowathena init`` writes it."""
    config = folder / "flowathena.toml"
    settings = {"granularity": tree.granularity}
    initialize(str(logs), None, config, folder, settings, now=datetime.now(UTC))
    client = Client(config_path=config)
    client.partitions.sync(everything=True)
    return client


def _aws(laptop: Client, logs: Path, rig: Rig) -> Client:
    """The same target with its logs in S3."""
    rig.reset()
    rig.settings(queue_polls=0)
    rig.load_tree(BUCKET, logs)
    create_bucket(rig, RESULTS)
    target = replace(
        laptop.target, location=f"s3://{BUCKET}/", region="eu-west-1",
        output_location=f"s3://{RESULTS}/",
    )  # fmt: skip
    with pointed_at(rig):
        client = Client(target)
        client.partitions.sync(everything=True)
    return client


@dataclass(frozen=True)
class Answer:
    """A result with Athena's types of the columns and Python's of the values."""

    columns: list[tuple[str, str]]
    rows: list[list[tuple[type, object]]]


def _answers(client: Client, statement: str, asked: Mapping[str, Any]) -> dict[str, Answer]:
    """What every packaged query and a statement answer.

    All are asked at once, for most of it is waiting.
    """

    def answer(query: Query | None) -> Answer:
        if query is None:
            result = client.sql(statement, **asked)
        else:
            limited = any(param.name == "limit" for param in query.params)
            given: dict[str, Any] = {**asked, **({"limit": ALL_ROWS} if limited else {})}
            result = client.run(query.name, **given)
        return Answer(
            [(column.name, column.type) for column in result.columns],
            [[(type(value), value) for value in row] for row in result.data],
        )

    every = {**library.load().queries, "every column": None}
    with ThreadPoolExecutor(len(every)) as pool:
        return dict(zip(every, pool.map(answer, every.values()), strict=True))


def _asked(seed: int) -> dict[str, object]:
    """Another window and other filters for every seed; never aligned to a day twice alike."""
    since = f"2026-10-0{4 + seed % 2}T{seed % 11:02d}:{seed * 2:02d}:00Z"
    until = f"2026-10-0{5 + seed % 3}T{13 + seed % 11:02d}:00:{seed:02d}Z"
    accounts = ["111122223333"] if seed % 5 == 0 else []
    regions = ["eu-west-1"] if seed % 7 == 0 else []
    return {"since": since, "until": until, "account": accounts or None, "region": regions or None}


@pytest.mark.parametrize("seed", range(1, 21))
def test_rows_and_types_are_the_same(
    rig: Rig, duckdb_rig: Rig, trio: Callable[[Tree, int], Trio], seed: int
) -> None:
    logs, asked = tree(seed), _asked(seed)
    engines = trio(logs, seed)
    laptop = _answers(engines.laptop, logs.statement, asked)
    with pointed_at(duckdb_rig):
        duckdb = _answers(engines.duckdb, logs.statement, asked)
    with pointed_at(rig):
        trino = _answers(engines.trino, logs.statement, asked)
    for name, answer in trino.items():
        assert answer.rows, f"{name} finds nothing: the test compares nothing"
        assert laptop[name] == answer, name
        assert duckdb[name] == answer, name
