"""Partitions registered by Athena's statements, without one call to Glue."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from tests.aws import BUCKET, Place, configured, create_bucket, places, registered
from tests.rig.client import Rig
from tests.shell import Shell

# Its statements are DDL, which the rig runs itself.
pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

_ACCOUNTS = ("111122223333", "444455556666", "777788889999")
_REGIONS = ("eu-west-1", "us-east-1", "us-gov-west-1")
_FLEET = places(_ACCOUNTS, _REGIONS, date(2026, 1, 1), 70)
_WINDOW = ("--since", "2026-01-01", "--until", "2026-03-12")


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    create_bucket(rig, BUCKET)
    rig.put_keys(BUCKET, [place.key for place in _FLEET])
    rig.settings(queue_polls=0)
    rig.faults([{"service": "glue", "op": op, "kind": "access_denied"} for op in _GLUE])
    return configured(tmp_path, rig)


_GLUE = ("GetTable", "GetPartitions", "CreateTable", "CreateDatabase", "BatchCreatePartition")


def _located(found: list[Place]) -> dict[tuple[str, ...], str]:
    return {tuple(place.values.values()): f"s3://{BUCKET}/{place.folder}" for place in found}


def _registered(rig: Rig) -> dict[tuple[str, ...], str]:
    rig.clear_faults()
    return registered(rig)


def test_who_may_not_call_glue_registers_by_statements(rig: Rig, shell: Shell) -> None:
    assert "AccessDenied" in shell.refused("partitions", "plan", *_WINDOW, code=1)
    done = shell.run("partitions", "sync", *_WINDOW, "--via", "athena", "--format", "json").json
    assert (done["added"], done["failed"]) == (630, [])
    # the database, the table, 500 partitions and 130
    assert done["calls"]["StartQueryExecution"] == 4
    assert not {"GetTable", "GetPartitions", "BatchCreatePartition"} & done["calls"].keys()
    sizes = [
        call["params"]["QueryString"].count("LOCATION")
        for call in rig.journal(service="athena", op="StartQueryExecution")
    ]
    assert sizes == [0, 1, 500, 130]

    again = shell.run("partitions", "sync", *_WINDOW, "--via", "athena", "--format", "json").json
    assert (again["added"], again["existed"], again["failed"]) == (0, 0, [])
    assert again["calls"]["StartQueryExecution"] == 1  # SHOW PARTITIONS
    assert _registered(rig) == _located(_FLEET)


def test_statements_run_one_after_the_other(rig: Rig, shell: Shell) -> None:
    shell.run("partitions", "sync", *_WINDOW, "--via", "athena")
    states = [
        call["op"]
        for call in rig.journal(service="athena")
        if call["op"] in ("StartQueryExecution", "GetQueryExecution")
    ]
    assert not [pair for pair in pairwise(states) if set(pair) == {states[0]}]


def test_both_ways_write_the_same_partitions(rig: Rig, shell: Shell) -> None:
    shell.run("partitions", "sync", *_WINDOW, "--via", "athena", "--account", _ACCOUNTS[0])
    rig.clear_faults()
    shell.run("partitions", "sync", *_WINDOW, "--account", _ACCOUNTS[1])
    glue = rig.client("glue")
    descriptors = []
    for account in _ACCOUNTS[:2]:
        entry = glue.get_partition(
            DatabaseName="network",
            TableName="vpc_flow_logs",
            PartitionValues=[account, "eu-west-1", "2026-01-01"],
        )["Partition"]
        descriptors.append({**entry["StorageDescriptor"], "Location": ""})
    assert descriptors[0] == descriptors[1]


def test_a_plan_and_a_list_need_no_glue_either(shell: Shell) -> None:
    shell.run("partitions", "sync", *_WINDOW, "--via", "athena", "--region", "eu-west-1")
    plan = shell.run("partitions", "plan", *_WINDOW, "--via", "athena", "--format", "json").json
    assert (len(plan["add"]), plan["keep"]) == (420, 210)
    assert (plan["relocate"], plan["stale"]) == ([], [])
    window = ("--since", "2026-01-05", "--until", "2026-01-06")
    listed = shell.run("partitions", "list", *window, "--via", "athena", "--format", "json").json
    assert [each["values"]["aws_account"] for each in listed] == list(_ACCOUNTS)


def test_a_statement_that_athena_refuses_fails_its_partitions(rig: Rig, shell: Shell) -> None:
    shell.run("partitions", "sync", "--since", "2026-01-01", "--until", "2026-01-02", *_VIA)
    rig.faults([{"service": "athena", "op": "StartQueryExecution", "kind": "access_denied",
                 "match": "ADD IF NOT EXISTS"}])  # fmt: skip
    done = shell.run("partitions", "sync", *_WINDOW, *_VIA, "--format", "json", code=4)
    assert len(done.json["failed"]) == 621
    assert "AccessDeniedException" in done.json["failed"][0]["error"]
    assert done.json["failed"][-1]["error"].startswith("not tried: ")
    assert done.err.splitlines()[0].startswith("error: 621 partitions: Athena: StartQuery")
    assert len(done.err.splitlines()) == 2  # what was refused, and the sum


_VIA = ("--via", "athena")


@pytest.mark.parametrize("repair", ["--relocate", "--prune"])
def test_what_needs_locations_is_refused(shell: Shell, repair: str) -> None:
    line = shell.refused("partitions", "sync", *_WINDOW, *_VIA, repair)
    assert line == ("error: Athena does not show where partitions are: relocate and prune via glue")


def test_a_local_table_is_none_of_athenas(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.run("sample", "logs", "--days", "1", "--records", "100")
    shell.run("init", "logs")
    line = shell.refused("partitions", "sync", "--via", "athena")
    assert line == "error: via athena: the table of a local target is not in Athena"
