"""Flow logs of VPCs and of a transit gateway in the same folders: a target each, never mixed."""

import gzip
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from flowathena.logs import transit_gateway
from flowathena.logs.fields import BY_COLUMN, FIELDS
from flowathena.logs.formats import describe_format, is_transit_gateway, parse_log_format
from tests.aws import BUCKET, HEADER, RESULTS, Place, create_bucket, record
from tests.portion import left_to_slow
from tests.rig.client import Rig
from tests.shell import Shell

NOON = int(datetime(2026, 11, 2, 12, tzinfo=UTC).timestamp())
PLACE = Place("111122223333", "eu-west-1", date(2026, 11, 2))
VPC, GATEWAY = "fl-0123456789abcdef0", "fl-0fedcba9876543210"
WINDOW = ("--since", "2026-11-02", "--until", "2026-11-03", "--format", "json")
COUNT = "SELECT count(*) AS records, sum(bytes) AS bytes FROM flow_logs"


def gateway_record(packets: int, lost: int, direction: str = "ingress") -> str:
    """A record of the default format, its fields in AWS's order."""
    values = {
        "version": 6, "resource-type": "TransitGateway", "account-id": "111122223333",
        "tgw-id": "tgw-01", "tgw-attachment-id": "tgw-attach-a", "tgw-src-vpc-id": "vpc-0a",
        "tgw-dst-vpc-id": "vpc-0b", "srcaddr": "10.1.0.1", "dstaddr": "10.2.0.1", "srcport": 50000,
        "dstport": 443, "protocol": 6, "packets": packets, "bytes": 100 * packets, "start": NOON,
        "end": NOON + 60, "log-status": "OK", "type": "IPv4", "packets-lost-no-route": lost,
        "packets-lost-blackhole": 0, "packets-lost-mtu-exceeded": 3_000_000_000,
        "packets-lost-ttl-expired": 0, "tcp-flags": 19, "region": "eu-west-1",
        "flow-direction": direction,
    }  # fmt: skip
    return " ".join(str(values.get(name, "-")) for name in transit_gateway.DEFAULT_FORMAT)


def objects(*, named: bool = True) -> dict[str, bytes]:
    """Two flow logs in one folder: three records of a VPC, two of a transit gateway, the newest."""
    gateway = " ".join(transit_gateway.DEFAULT_FORMAT)
    lines = {
        PLACE.key: (HEADER, *(record(NOON, bytes=7) for _ in range(3))),
        PLACE.key.replace(VPC, GATEWAY if named else "x").replace("T0000Z", "T1200Z"): (
            gateway,
            gateway_record(2, lost=1),
            gateway_record(2, lost=0, direction="egress"),
        ),
    }
    return {
        key: gzip.compress("".join(f"{line}\n" for line in each).encode())
        for key, each in lines.items()
    }


def local(folder: Path, *, named: bool = True) -> Shell:
    for key, content in objects(named=named).items():
        path = folder / "logs" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return Shell(folder)


def answer(shell: Shell, target: str, *words: str) -> Any:  # noqa: ANN401 - JSON
    return shell.run(*words, "-t", target, *WINDOW).json


def are_never_mixed(shell: Shell) -> None:
    assert answer(shell, "prod", "sql", COUNT) == [{"records": 3, "bytes": 21}]
    assert answer(shell, "prod-tgw", "sql", COUNT) == [{"records": 2, "bytes": 400}]
    assert answer(shell, "prod-tgw", "run", "tgw_lost_packets") == [
        {
            "reason": reason, "tgw_id": "tgw-01", "tgw_attachment_id": "tgw-attach-a",
            "flows": flows, "lost_packets": lost, "destinations": 1,
            "example_destination": "10.2.0.1",
        }
        for reason, flows, lost in (("MTU exceeded", 2, 6_000_000_000), ("no route", 1, 1))
    ]  # fmt: skip
    (row,) = answer(shell, "prod-tgw", "run", "tgw_vpc_pairs")
    assert (row["tgw_src_vpc_id"], row["tgw_dst_vpc_id"], row["bytes"]) == ("vpc-0a", "vpc-0b", 200)
    listed = shell.run("queries", "list", "-t", "prod-tgw", "--format", "json").json
    problems = {each["name"]: each["problems"] for each in listed}
    running = {name for name, reasons in problems.items() if not reasons}
    assert {name for name in problems if name.startswith("tgw_")} <= running
    assert "traffic_by_hour_of_day" not in running  # it asks for what was accepted
    (reason,) = problems["top_talkers"]
    assert reason == (
        "needs action (version 2): this target's flow logs do not have it; only VPC flow logs have "
        "it: choose a target of theirs with -t"
    )
    listed = shell.run("queries", "list", "-t", "prod", "--format", "json").json
    (reason,) = next(each["problems"] for each in listed if each["name"] == "tgw_vpc_pairs")
    assert reason.startswith("needs flow_direction (version 5) and tgw_src_vpc_account_id, ")
    assert reason.endswith(
        "create a flow log with a log format that has ${flow-direction} ('flowathena fields "
        "flow-direction' explains it); the others only transit gateway flow logs have"
    )


@left_to_slow
def test_two_targets_on_this_machine(tmp_path: Path) -> None:
    shell = local(tmp_path)
    done = shell.run("init", "./logs", "-t", "prod")
    assert "each has a target of its own" in done.err
    assert "wrote target 'prod'" in done.err
    assert "wrote target 'prod-tgw'" in done.err
    assert "transit gateway, default, 36 fields (version 6), text" in done.out
    targets = tomllib.loads((tmp_path / "flowathena.toml").read_text())["targets"]
    assert targets["prod"]["flow_logs"] == [VPC]
    assert targets["prod-tgw"]["flow_logs"] == [GATEWAY]
    assert targets["prod-tgw"]["table"] == "transit_gateway_flow_logs"
    for name in targets:
        shell.run("partitions", "sync", "--all", "-t", name)
    are_never_mixed(shell)
    assert "is up to date" in shell.run("init", "./logs", "-t", "prod").err
    ddl = shell.run("table", "ddl", "-t", "prod-tgw").out
    assert "`packets_lost_mtu_exceeded` bigint" in ddl
    assert "`tgw_id` string" in ddl
    for name in targets:  # the files of the other kind are none of its business
        found = shell.run("doctor", "-t", name, code=3).out
        assert found.count("fix:") == 1, found
        assert "no logs have been delivered recently" in found


@left_to_slow
@pytest.mark.rig
def test_two_targets_in_aws(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    create_bucket(rig, RESULTS)
    for key, content in objects().items():
        rig.put_keys(BUCKET, [key], content)
    shell = Shell(tmp_path, rig.env())
    given = ("--output-location", f"s3://{RESULTS}/x/", "--table", "flows")
    shell.run("init", f"s3://{BUCKET}/", "-t", "prod", *given)
    targets = tomllib.loads((tmp_path / "flowathena.toml").read_text())["targets"]
    assert {each["table"] for each in targets.values()} == {"flows", "flows_tgw"}
    for name in targets:
        shell.run("partitions", "sync", "--all", "-t", name)
    are_never_mixed(shell)


def test_a_transit_gateway_alone_is_one_target(tmp_path: Path) -> None:
    shell = local(tmp_path)
    (tmp_path / "logs" / PLACE.key).unlink()
    shell.run("init", "./logs")
    (target,) = tomllib.loads((tmp_path / "flowathena.toml").read_text())["targets"].values()
    assert target["table"] == "transit_gateway_flow_logs"
    assert "flow_logs" not in target
    shell.run("partitions", "sync", "--all")
    assert answer(shell, "local", "sql", COUNT) == [{"records": 2, "bytes": 400}]


def test_names_that_tell_no_flow_log_cannot_be_told_apart(tmp_path: Path) -> None:
    line = local(tmp_path, named=False).refused("init", "./logs", code=1)
    assert "are flow logs of VPCs and of transit gateways" in line
    assert "deliver the two kinds to a prefix each" in line
    assert not (tmp_path / "flowathena.toml").exists()


def test_fields_of_both_have_one_type() -> None:
    for field in transit_gateway.FIELDS:
        assert BY_COLUMN[field.column].hive_type == field.hive_type, field.name
    own = {field.name for field in transit_gateway.FIELDS} - {field.name for field in FIELDS}
    assert own == transit_gateway.OWN
    assert len(transit_gateway.DEFAULT_FORMAT) == len(set(transit_gateway.DEFAULT_FORMAT)) == 36


def test_formats_of_gateways_are_recognized() -> None:
    assert is_transit_gateway(("srcaddr", "tgw-id"))
    assert not is_transit_gateway(HEADER.split())
    assert describe_format(("start", "tgw-id")) == "transit gateway, custom, 2 fields (version 6)"
    assert parse_log_format(["tgw-id", "bytes"]) == ("tgw-id", "bytes")  # known, without start


def test_they_are_listed(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    rows = shell.run("fields", "--transit-gateway", "--format", "json").json
    assert [row["name"] for row in rows] == list(transit_gateway.DEFAULT_FORMAT)
    lost = [row for row in rows if row["name"].startswith("packets-lost-")]
    assert {(row["hive_type"], row["parquet_type"]) for row in lost} == {("bigint", "INT_64")}
    first = shell.run("fields", "--transit-gateway", "--version", "2", "--format", "json").json
    assert {row["version"] for row in first} == {2}
    assert "attachment" in shell.run("fields", "tgw-attachment-id").out
    assert "3 to" not in shell.refused("fields", "--transit-gateway", "--version", "7")
    assert "cannot be combined" in shell.refused("fields", "tgw-id", "--transit-gateway")
