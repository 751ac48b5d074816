"""The same made-up logs asked of several engines: trees, targets, questions and answers."""

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from flowathena import Client
from flowathena.catalog import wanted
from flowathena.logs.fields import DEFAULT_FORMAT, FIELDS
from flowathena.onboard.location import initialize
from flowathena.query import check, library, relation
from flowathena.query.query import Query
from flowathena.sample import generate
from tests.aws import BUCKET, RESULTS, Place, create_bucket, log, pointed_at, record
from tests.rig.client import Rig

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
    """One shape after the other; partitions of hours for every other four that have hours."""
    granularity = "hour" if seed % 8 > 3 else "day"
    every = tuple(field.name for field in FIELDS)
    shapes = (
        Tree(odd=ODD),
        Tree(
            {"file_format": "parquet", "log_format": V5, "layout": "hive-hourly"},
            b"",
            "",
            granularity,
        ),
        Tree({"layout": "plain-hourly", "log_format": V5}, ODD_V5, "12", granularity),
        Tree({"file_format": ("text", "parquet")[seed // 4 % 2], "log_format": every}),
    )
    return shapes[seed % len(shapes)]


def laptop_of(folder: Path, logs: Path, tree: Tree) -> Client:
    """A target of the folder, as ``flowathena init`` writes it."""
    config = folder / "flowathena.toml"
    settings = {"granularity": tree.granularity}
    initialize(str(logs), None, config, folder, settings, now=datetime.now(UTC))
    client = Client(config_path=config)
    client.partitions.sync(everything=True)
    return client


def aws_of(laptop: Client, logs: Path, rig: Rig) -> Client:
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
    rows: list[tuple[object, ...]]

    def equals(self, other: "Answer") -> bool:
        """Whether it is the same; sums of doubles may differ by the order of their parts."""
        return (
            self.columns == other.columns
            and len(self.rows) == len(other.rows)
            and all(
                _is_same(one, two)
                for row, twin in zip(self.rows, other.rows, strict=True)
                for one, two in zip(row, twin, strict=True)
            )
        )


def _is_same(one: object, two: object) -> bool:
    if isinstance(one, float) and isinstance(two, float):
        return math.isclose(one, two, rel_tol=1e-9) or one != one != two  # noqa: PLR0124 - NaN
    return type(one) is type(two) and one == two


@dataclass(frozen=True)
class Question:
    """A saved query, or a statement, and its parameters."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    statement: str = ""

    def ask(self, client: Client, selection: Mapping[str, Any]) -> Answer:
        """What a client's engine answers."""
        if self.statement:
            result = client.sql(self.statement, **selection)
        else:
            result = client.run(self.name, **selection, **self.values)
        columns = [(column.name, column.type) for column in result.columns]
        return Answer(columns, list(result.data))


def questions(client: Client, logs: Tree, seed: int, part: int) -> list[Question]:
    """Every column of the logs, and one of ``part`` packaged queries that their format allows.

    Thresholds are as low and limits as high as they go, so that there is something to compare.
    """
    target = client.target
    columns = relation.column_types(wanted.flow_table(wanted.wanted_table(target), target))
    known = _known(client)
    chosen = [
        Question(query.name, _values(query, known))
        for number, query in enumerate(library.load().queries.values())
        if (number + seed) % part == 0 and not check.check_query(query, columns)
    ]
    return [Question("every column", statement=logs.statement), *chosen]


def _known(client: Client) -> dict[str, object]:
    """Values that occur in the logs, by the name of the parameters that ask for them."""
    sql = (
        "SELECT srcaddr, dstaddr, dstport, interface_id FROM flow_logs "
        "WHERE log_status = 'OK' AND action = 'ACCEPT' AND srcaddr LIKE '10.%' AND dstport < 32768 "
        "ORDER BY 1, 2, 3, 4 LIMIT 1"
    )
    ((source, target, port, interface),) = client.sql(sql, since="2026-10-04").data
    return {
        **dict.fromkeys(("ip", "ip_a"), source),
        "ip_b": target,
        "cidr": "10.0.0.0/8",
        "port": port,
        "interface": interface,
        "interfaces": [interface],
        "instance": "i-0a",
        "addresses": [source, target],
        "networks": ["10.0.0.0/8"],
    }


def _values(query: Query, known: Mapping[str, object]) -> dict[str, object]:
    values: dict[str, object] = {}
    for param in query.params:
        if param.name == "limit":
            values["limit"] = ALL_ROWS
        elif param.name.startswith("min_") and param.minimum is not None:
            values[param.name] = param.minimum
        elif param.required:
            values[param.name] = known[param.name]
    return values


def answers(
    client: Client, asked: Sequence[Question], selection: Mapping[str, Any]
) -> dict[str, Answer]:
    """The answer to every question; eight are asked at once, for most of it is waiting."""
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda question: question.ask(client, selection), asked)
        return {question.name: answer for question, answer in zip(asked, found, strict=True)}


def differences(one: Mapping[str, Answer], two: Mapping[str, Answer]) -> dict[str, str]:
    """The questions that are answered differently, with the first rows that differ."""
    return {
        name: f"{_first_difference(answer, two[name])}"
        for name, answer in one.items()
        if not answer.equals(two[name])
    }


def _first_difference(one: Answer, two: Answer) -> str:
    if one.columns != two.columns:
        return f"columns {one.columns} and {two.columns}"
    pairs = zip(one.rows, two.rows, strict=False)
    unequal = [(row, twin) for row, twin in pairs if not all(map(_is_same, row, twin))]
    first = f"{unequal[0][0]} and {unequal[0][1]}" if unequal else "none"
    return f"{len(one.rows)} and {len(two.rows)} rows, the first that differ: {first}"


def selection_of(seed: int) -> dict[str, object]:
    """Another window and other filters for every seed; never aligned to a day twice alike."""
    since = f"2026-10-0{4 + seed % 2}T{seed % 11:02d}:{seed % 30 * 2:02d}:00Z"
    until = f"2026-10-0{5 + seed % 3}T{13 + seed % 11:02d}:00:{seed:02d}Z"
    accounts = ["111122223333"] if seed % 5 == 0 else []
    regions = ["eu-west-1"] if seed % 7 == 0 else []
    return {"since": since, "until": until, "account": accounts or None, "region": regions or None}
