"""The further fields of made-up records: plausible, and in keeping with the default ones."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import pytest

from flowathena.logs.fields import FIELDS
from flowathena.sample import generate
from tests.portion import left_to_slow
from tests.test_sample_shapes import ALL, Row, logs, rows

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

OF_FLOW = {
    *("srcaddr", "dstaddr", "srcport", "dstport", "protocol", "packets", "bytes", "action"),
    *("tcp-flags", "type", "pkt-srcaddr", "pkt-dstaddr", "flow-direction", "traffic-path"),
    *("pkt-src-aws-service", "pkt-dst-aws-service", "reject-reason", "encryption-status"),
    *(field.name for field in FIELDS if field.name.startswith("next-hop-")),
}
ECS = [field.name for field in FIELDS if field.name.startswith("ecs-")]


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    root: Path = tmp_path_factory.mktemp("values")
    generate(root, until=date(2026, 11, 20), days=1, records=30_000, log_format=ALL)
    return [row for path in logs(root) for row in rows(path)]


@pytest.fixture(scope="module")
def flows(records: list[Row]) -> list[Row]:
    return [row for row in records if row["log-status"] == "OK"]


def values(many: Iterable[Row], *names: str) -> set[tuple[str, ...]]:
    return {tuple(row[name] for name in names) for row in many}


@left_to_slow
def test_an_interface_stays_where_it_is(records: list[Row]) -> None:
    fixed = ("account-id", "region", "vpc-id", "subnet-id", "az-id", "instance-id", "resource-id")
    also = (*ECS, *(name for name in ALL if name.endswith(("-tag", "-tag-2"))), "interface-type")
    places = values(records, "interface-id", *fixed, *also)
    assert len(places) == len({place[0] for place in places})
    homes = values(records, "subnet-id", "vpc-id", "az-id", "region", "account-id")
    assert len(homes) == len({home[0] for home in homes}) == 32  # 8 VPCs of four
    assert len({home[1] for home in homes}) == 8
    for subnet, vpc, zone, region, account in homes:
        assert re.fullmatch(r"subnet-0[0-9a-f]{16}", subnet)
        assert re.fullmatch(r"vpc-0[0-9a-f]{16}", vpc)
        assert zone[:-1] == {"eu-west-1": "euw1-az", "us-east-1": "use1-az"}[region]
        assert zone[-1] in "123"
        assert account.isdigit()


def test_ids_have_the_shape_of_aws(records: list[Row]) -> None:
    ids = {value for (value,) in values(records, "instance-id")}
    assert all(re.fullmatch(r"-|i-0[0-9a-f]{16}", value) for value in ids)
    assert "-" in ids
    assert len(ids) > 300
    assert values(records, "sublocation-type", "sublocation-id", "resource-id") == {("-",) * 3}


def test_records_without_data_keep_the_interface_alone(records: list[Row]) -> None:
    empty = [row for row in records if row["log-status"] != "OK"]
    assert len(empty) == 30_000 // 250 + 30_000 // 2000
    for row in empty:
        assert {name for name in OF_FLOW if row[name] != "-"} == set()
        known = ("version", "account-id", "interface-id", "start", "end", "vpc-id", "region")
        assert "-" not in {row[name] for name in known}


def test_tcp_flags_fit_protocol_and_action(flows: list[Row]) -> None:
    assert values([row for row in flows if row["protocol"] != "6"], "tcp-flags") == {("-",)}
    tcp = [row for row in flows if row["protocol"] == "6"]
    assert values([row for row in tcp if row["action"] == "REJECT"], "tcp-flags") == {("2",)}
    replies = [row for row in tcp if row["srcport"] in {"443", "5432"} and row["packets"] != "-"]
    assert values(replies, "tcp-flags") == {("0",), ("1",), ("18",), ("19",), ("22",)}
    asking = [row for row in tcp if row["dstport"] == "443" and row["action"] == "ACCEPT"]
    assert values(asking, "tcp-flags") == {("0",), ("1",), ("2",), ("3",)}


def test_the_type_is_that_of_the_addresses(flows: list[Row]) -> None:
    for row in flows:
        kind = {"IPv4": 4, "IPv6": 6}[row["type"]]
        sides = ("srcaddr", "dstaddr", "pkt-srcaddr", "pkt-dstaddr")
        assert {ip_address(row[name]).version for name in sides} == {kind}
    assert values(flows, "type") == {("IPv4",), ("IPv6",)}


def test_the_direction_tells_which_side_is_the_interface(flows: list[Row]) -> None:
    own: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in flows:
        side = {"ingress": "dstaddr", "egress": "srcaddr"}[row["flow-direction"]]
        own[row["interface-id"], row["type"]].add(row[side])
    assert {len(addresses) for addresses in own.values()} == {1}
    assert values(flows, "flow-direction") == {("ingress",), ("egress",)}


def test_packet_addresses_differ_for_pods_only(flows: list[Row]) -> None:
    other = 0
    for row in flows:
        near, far = {"ingress": ("dst", "src"), "egress": ("src", "dst")}[row["flow-direction"]]
        assert row[f"pkt-{far}addr"] == row[f"{far}addr"]
        node, pod = ip_address(row[f"{near}addr"]), ip_address(row[f"pkt-{near}addr"])
        assert int(pod) - int(node) in {0, 1, 2}
        other += pod != node
    assert 0.05 < other / len(flows) < 0.25
    used = {row["srcaddr"] for row in flows} | {row["dstaddr"] for row in flows}
    pods = {row["pkt-srcaddr"] for row in flows} - {row["srcaddr"] for row in flows}
    assert pods
    assert not pods & used


def test_paths_are_of_egress_and_lead_to_the_other_end(flows: list[Row]) -> None:
    for row in flows:
        path = row["traffic-path"]
        assert (path == "-") == (row["flow-direction"] == "ingress")
        service = row["pkt-dst-aws-service"]
        hop = row["next-hop-interface-id"] != "-"
        assert (path == "1") == (hop and row["flow-direction"] == "egress")
        assert (path == "7") == (path != "-" and service in {"S3", "DYNAMODB"})
    assert values(flows, "traffic-path") == {("-",), ("1",), ("3",), ("7",), ("8",)}


def test_services_belong_to_addresses(flows: list[Row]) -> None:
    of: dict[str, set[str]] = defaultdict(set)
    for row in flows:
        of[row["pkt-srcaddr"]].add(row["pkt-src-aws-service"])
        of[row["pkt-dstaddr"]].add(row["pkt-dst-aws-service"])
    assert {len(names) for names in of.values()} == {1}
    assert set.union(*of.values()) == {"-", "S3", "DYNAMODB", "AMAZON", "EC2"}
    assert {name for address, names in of.items() if address[:3] == "10." for name in names} == {
        "-"
    }


def test_the_next_hop_is_an_interface_of_the_same_vpc(flows: list[Row]) -> None:
    place = {
        row["interface-id"]: [row[n] for n in ("subnet-id", "az-id", "vpc-id", "interface-type")]
        for row in flows
    }
    names = ("subnet-id", "az-id", "vpc-id", "interface-type")
    hops = 0
    for row in flows:
        hop = [row[f"next-hop-{name}"] for name in names]
        if row["next-hop-interface-id"] == "-":
            assert hop == ["-"] * 4
            continue
        hops += 1
        assert hop == place.get(row["next-hop-interface-id"], hop)
        assert row["next-hop-vpc-id"] == row["vpc-id"]
        assert row["next-hop-interface-id"] != row["interface-id"]
    assert hops > len(flows) / 4
    assert values(flows, "interface-type", "next-hop-interface-type") == {
        *(("-", "-"), ("-", "nat_gateway"), ("nat_gateway", "-")),
    }


def test_blocked_public_access_is_a_reason_to_refuse(flows: list[Row]) -> None:
    accepted = [row for row in flows if row["action"] == "ACCEPT"]
    assert values(accepted, "reject-reason") == {("-",)}
    refused = [row for row in flows if row["action"] == "REJECT"]
    assert values(refused, "reject-reason") == {("-",), ("BPA",)}
    blocked = [row for row in refused if row["reject-reason"] == "BPA"]
    assert values(blocked, "flow-direction") == {("ingress",)}
    assert not any(row["srcaddr"].startswith("10.") for row in blocked)


def test_encryption_is_known_where_its_controls_are_on(flows: list[Row]) -> None:
    of: dict[str, set[str]] = defaultdict(set)
    for row in flows:
        of[row["vpc-id"]].add(row["encryption-status"])
    assert sorted(map(sorted, of.values())) == [["-"]] * 4 + [["0", "1", "2", "3"]] * 4


def test_tasks_are_whole_or_not_there(flows: list[Row]) -> None:
    tasks = [row for row in flows if row["ecs-task-id"] != "-"]
    assert 0 < len(tasks) < len(flows) / 10
    others = [row for row in flows if row["ecs-task-id"] == "-"]
    assert values(others, *ECS) == {("-",) * len(ECS)}
    for row in tasks:
        above = f"arn:aws:ecs:{row['region']}:{row['account-id']}:"
        assert row["ecs-cluster-arn"] == f"{above}cluster/{row['ecs-cluster-name']}"
        assert row["ecs-task-arn"].endswith(f"/{row['ecs-task-id']}")
        assert row["ecs-container-id"].startswith(row["ecs-task-id"])
        fargate = row["ecs-container-instance-id"] == "-"
        assert (row["ecs-container-instance-arn"] == "-") == fargate
        assert (row["instance-id"] == "-") == fargate
    assert len(values(tasks, "ecs-container-instance-id")) > 1


def test_tags_are_percent_encoded(flows: list[Row]) -> None:
    tags = [name for name in ALL if name.endswith(("-tag", "-tag-2"))]
    texts = {row[name] for row in flows for name in tags}
    assert all(quote(unquote(text), safe="") == text for text in texts)
    plain = set(map(unquote, texts))
    assert {"-", "web 0", "Shop & Co", "Zahlung/Köln", "prod", "cost=4010", "web-asg"} <= plain
