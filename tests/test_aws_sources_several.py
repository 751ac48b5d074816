"""A target with several tables, and two flow logs over one interface, over AWS's wire."""

from pathlib import Path

import pytest

from tests.aws import BUCKET, RESULTS, configured, create_bucket
from tests.rig.client import Rig
from tests.shell import Shell
from tests.test_sources_tables import DAYS, NEW, OLD, write
from tests.test_sources_tables import WINDOW as FOUR_DAYS
from tests.test_sources_twice import ONE, OPTIONS, OTHER, SUBNET, SUM, TWICE, VPC, name_of, text
from tests.test_sources_twice import write as write_day

pytestmark = pytest.mark.rig
FIRST, SECOND = "network.vpc_flow_logs", "network.vpc_flow_logs_v5"


def loaded(rig: Rig, folder: Path, settings: str = "") -> Shell:
    """A bucket with the logs of a folder, synced."""
    create_bucket(rig, BUCKET)
    rig.load_tree(BUCKET, folder / "logs")
    shell = configured(folder, rig)
    with (folder / "flowathena.toml").open("a") as file:
        file.write(settings)
    shell.run("partitions", "sync", "--all")
    return shell


def answer(shell: Shell, *options: str) -> object:
    return shell.run("sql", SUM, *OPTIONS, "--format", "json", *options).json


def test_a_run_reads_the_chosen_flow_logs(rig: Rig, tmp_path: Path) -> None:
    write_day(tmp_path, TWICE)
    shell = loaded(rig, tmp_path)
    # 1000 + 200 + 30 of the VPC, 200 + 1000 of the subnet; a record without data each.
    assert answer(shell) == [{"n": 7, "b": 2430}]
    assert answer(shell, "--flow-log", VPC) == [{"n": 4, "b": 1230}]
    assert answer(shell, "--flow-log", f"{SUBNET},{OTHER}") == [{"n": 3, "b": 1200}]
    unknown = shell.run("sql", SUM, *OPTIONS, "--format", "json", "--flow-log", OTHER)
    assert unknown.json == [{"n": 0, "b": None}]
    assert f"no file of {OTHER} is in 1 folder that the run reads" in unknown.err


def test_the_target_chooses_for_every_run(rig: Rig, tmp_path: Path) -> None:
    write_day(tmp_path, TWICE)
    shell = loaded(rig, tmp_path, f'flow_logs = ["{VPC}"]\n')
    assert answer(shell) == [{"n": 4, "b": 1230}]
    said = shell.run("sql", SUM, *OPTIONS, "--flow-log", SUBNET).err
    assert f"{SUBNET} is not one of the flow_logs of the target" in said


@pytest.mark.asks_no_query
def test_the_doctor_finds_flows_that_count_twice(rig: Rig, tmp_path: Path) -> None:
    write_day(tmp_path, {**TWICE, name_of(OTHER, "1155"): text(ONE)})
    shell = loaded(rig, tmp_path)
    rig.clear_journal()
    found = shell.run("doctor", "--format", "json", code=3).json
    (twice,) = [each for each in found if "counts twice" in each["what"]]
    assert twice["evidence"].startswith(f"{VPC} has 2 of 2 flows in ")
    assert f'set flow_logs = ["{VPC}", "{OTHER}"] in [targets.prod]' in twice["mend"]


@pytest.mark.asks_no_query
def test_every_table_is_seen(rig: Rig, tmp_path: Path) -> None:
    write(tmp_path)
    shell = loaded(rig, tmp_path)
    (place,) = shell.run("partitions", "status", *FOUR_DAYS, "--format", "json").json["places"]
    assert (place["stored_days"], place["registered_days"]) == (4, 4)
    assert (place["missing_in_catalog"], place["misplaced"]) == ([], [])
    listed = shell.run("partitions", "list", *FOUR_DAYS, "--format", "json").json
    assert [(each["table"], each["values"]["day"]) for each in listed] == [
        *((FIRST, day) for day in DAYS[:3]),
        *((SECOND, day) for day in DAYS[2:]),
    ]
    compared = shell.run("table", "diff")
    assert compared.err == f"table {FIRST} is as wanted\ntable {SECOND} is as wanted\n"
    found = shell.run("doctor", "--format", "json", code=3).json
    # The logs are old, and nothing else is wrong.
    assert {each["side"] for each in found} <= {"logs", "workgroup"}


@pytest.mark.asks_no_query
def test_a_partition_of_one_table_elsewhere_is_named_with_it(rig: Rig, tmp_path: Path) -> None:
    write(tmp_path)
    shell = loaded(rig, tmp_path)
    glue = rig.client("glue")
    table = {"DatabaseName": "network", "TableName": "vpc_flow_logs_v5"}
    values = ["111122223333", "eu-west-1", DAYS[3]]
    partition = glue.get_partition(**table, PartitionValues=values)["Partition"]
    descriptor = partition["StorageDescriptor"]
    descriptor["Location"] = f"s3://{RESULTS}/elsewhere/"
    changed = {"Values": values, "StorageDescriptor": descriptor}
    glue.update_partition(**table, PartitionValueList=values, PartitionInput=changed)
    found = shell.run("doctor", "--format", "json", code=3).json
    (one,) = [each for each in found if each["side"] == "partitions"]
    assert one["table"] == SECOND
    assert one["what"] == "partitions point outside the target's location"
    told = shell.run("partitions", "status", *FOUR_DAYS, "--format", "json").json
    assert [(each["table"], each["fault"]) for each in told["misplaced"]] == [(SECOND, "outside")]
    (warning,) = told["warnings"]
    assert warning.startswith(f"{SECOND}: pointing outside the target's location: 1 partition")


@pytest.mark.asks_no_query
def test_the_views_read_every_table(rig: Rig, tmp_path: Path) -> None:
    write(tmp_path)
    shell = loaded(rig, tmp_path)
    readable = shell.run("view", "ddl", "readable").out
    assert readable.count("UNION ALL") == 1
    assert f"NOT IN ('{NEW}')" in readable
    assert f"NOT IN ('{OLD}')" in readable
    shell.run("view", "diff", code=3)
    shell.run("table", "drop", "--yes", "--source", "vpc_flow_logs_v5")
    said = shell.refused("view", "diff", code=1)
    assert f"table {SECOND} does not exist" in said


def test_a_run_chooses_among_tables(rig: Rig, tmp_path: Path) -> None:
    write(tmp_path)
    shell = loaded(rig, tmp_path)
    read = ("sql", SUM, *FOUR_DAYS, "--format", "json")
    assert shell.run(*read).json == [{"n": 5, "b": 11111}]
    assert shell.run(*read, "--flow-log", OLD).json == [{"n": 3, "b": 111}]
    assert shell.run(*read, "--flow-log", NEW).json == [{"n": 2, "b": 11000}]
