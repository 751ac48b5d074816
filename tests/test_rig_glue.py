from itertools import product

import pytest
from botocore.exceptions import ClientError
from moto.glue.models import FakeTable

from tests.rig import partitions
from tests.rig.client import Rig, RigError
from tests.rig.scenes import descriptor, entry, make_table, make_world, register

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

DAYS = [f"2026-01-{n:02d}" for n in range(1, 26)]


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


@pytest.fixture
def world(rig: Rig) -> Rig:
    make_world(rig)
    return rig


def values(rig: Rig, **more: object) -> list[str]:
    pages = rig.client("glue").get_paginator("get_partitions")
    found = pages.paginate(DatabaseName="net", TableName="flows", **more)
    return [item["Values"][0] for page in found for item in page["Partitions"]]


def test_names_are_folded_to_lower_case(world: Rig) -> None:
    glue = world.client("glue")
    glue.create_database(DatabaseInput={"Name": "MiXed"})
    glue.create_table(DatabaseName="MIXED", TableInput={"Name": "TaBle"})
    assert glue.get_table(DatabaseName="mixed", Name="TABLE")["Table"]["Name"] == "table"
    assert [d["Name"] for d in glue.get_databases()["DatabaseList"]] == ["net", "mixed"]


def test_a_descriptor_is_filled_as_glue_fills_it(world: Rig) -> None:
    stored = world.client("glue").get_table(DatabaseName="net", Name="flows")["Table"]
    held = stored["StorageDescriptor"]
    assert (held["NumberOfBuckets"], held["Compressed"]) == (0, False)
    assert held["StoredAsSubDirectories"] is False
    assert held["SerdeInfo"] == descriptor("")["SerdeInfo"]
    assert stored["Parameters"] == {"skip.header.line.count": "1", "EXTERNAL": "TRUE"}


def test_a_page_of_partitions_holds_a_hundred_unless_asked(world: Rig) -> None:
    glue = world.client("glue")
    days = [f"20{year}-01-{n:02d}" for year in range(10, 20) for n in range(1, 26)]
    for at in range(0, 250, 100):
        assert register(world, *days[at : at + 100]) == []
    sizes = []
    token: dict[str, str] = {}
    while True:
        page = glue.get_partitions(DatabaseName="net", TableName="flows", **token)
        sizes.append(len(page["Partitions"]))
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert sizes == [100, 100, 50]
    assert sorted(values(world)) == sorted(days)
    whole = glue.get_partitions(DatabaseName="net", TableName="flows", MaxResults=1000)
    assert len(whole["Partitions"]) == 250


def test_a_listing_is_a_snapshot(world: Rig) -> None:
    glue = world.client("glue")
    register(world, *DAYS[:4])
    first = glue.get_partitions(DatabaseName="net", TableName="flows", MaxResults=2)
    glue.delete_partition(DatabaseName="net", TableName="flows", PartitionValues=[DAYS[3]])
    again = {"NextToken": first["NextToken"], "MaxResults": 2}
    second = glue.get_partitions(DatabaseName="net", TableName="flows", **again)
    assert [item["Values"][0] for item in second["Partitions"]] == DAYS[2:4]


def test_a_wrong_token_is_refused(world: Rig) -> None:
    with pytest.raises(ClientError) as caught:
        world.client("glue").get_partitions(
            DatabaseName="net", TableName="flows", NextToken="nonsense"
        )
    assert code(caught) == "InvalidInputException"


def test_segments_share_the_partitions_out(world: Rig) -> None:
    register(world, *DAYS)
    parts = [values(world, Segment={"SegmentNumber": n, "TotalSegments": 4}) for n in range(4)]
    assert sorted(len(part) for part in parts) == [6, 6, 6, 7]
    assert sorted(day for part in parts for day in part) == DAYS


def test_the_columns_can_be_left_out(world: Rig) -> None:
    register(world, DAYS[0])
    glue = world.client("glue")
    bare = glue.get_partitions(DatabaseName="net", TableName="flows", ExcludeColumnSchema=True)
    held = bare["Partitions"][0]["StorageDescriptor"]
    assert "Columns" not in held
    assert held["Location"] == "s3://logs/2026/01/01/"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("day = '2026-01-03'", DAYS[2:3]),
        ("day >= DATE '2026-01-24'", DAYS[23:]),
        ("day BETWEEN '2026-01-02' AND '2026-01-04'", DAYS[1:4]),
        ("day IN ('2026-01-01', '2026-01-25')", [DAYS[0], DAYS[24]]),
        ("day < '2026-01-02' OR day > '2026-01-24'", [DAYS[0], DAYS[24]]),
    ],
)
def test_an_expression_chooses_partitions(world: Rig, expression: str, expected: list[str]) -> None:
    register(world, *DAYS)
    assert values(world, Expression=expression) == expected


def test_a_bad_expression_is_refused(world: Rig) -> None:
    register(world, DAYS[0])
    with pytest.raises(ClientError) as caught:
        values(world, Expression="nokey = '1'")
    assert code(caught) == "InvalidInputException"


def test_a_batch_reports_what_is_there_already(world: Rig) -> None:
    register(world, DAYS[0])
    errors = register(world, DAYS[0], DAYS[1], DAYS[1])
    assert [(e["PartitionValues"], e["ErrorDetail"]["ErrorCode"]) for e in errors] == [
        ([DAYS[0]], "AlreadyExistsException"),
        ([DAYS[1]], "AlreadyExistsException"),
    ]
    assert values(world) == DAYS[:2]


def test_a_batch_of_a_hundred_and_one_is_refused(world: Rig) -> None:
    glue = world.client("glue")
    with pytest.raises(ClientError, match="length less than or equal to 100") as caught:
        glue.batch_create_partition(
            DatabaseName="net", TableName="flows", PartitionInputList=[entry("2026-01-01")] * 101
        )
    assert code(caught) == "ValidationException"
    assert values(world) == []


def test_a_deletion_of_twenty_six_is_refused(world: Rig) -> None:
    doomed = [{"Values": [day]} for day in [*DAYS, "2026-01-26"]]
    with pytest.raises(ClientError, match="less than or equal to 25"):
        world.client("glue").batch_delete_partition(
            DatabaseName="net", TableName="flows", PartitionsToDelete=doomed
        )


def test_the_number_of_values_has_to_fit_the_keys(world: Rig) -> None:
    wrong = {**entry("2026-01-01"), "Values": ["2026-01-01", "eu-west-1"]}
    glue = world.client("glue")
    with pytest.raises(ClientError) as caught:
        glue.batch_create_partition(
            DatabaseName="net", TableName="flows", PartitionInputList=[wrong]
        )
    assert code(caught) == "InvalidInputException"
    with pytest.raises(ClientError, match="InvalidInputException"):
        glue.create_partition(DatabaseName="net", TableName="flows", PartitionInput=wrong)


IN_TABLE = {"DatabaseName": "net", "TableName": "flows"}


@pytest.mark.parametrize(
    ("op", "arguments", "wanted"),
    [
        ("get_table", {"DatabaseName": "net", "Name": "no"}, "Table no not found"),
        ("get_table", {"DatabaseName": "no", "Name": "no"}, "Database no not found"),
        ("get_database", {"Name": "no"}, "Database no not found"),
        ("get_partitions", {"DatabaseName": "net", "TableName": "no"}, "Table no not found"),
        (
            "batch_create_partition",
            {"DatabaseName": "net", "TableName": "no", "PartitionInputList": [entry("2026-01-01")]},
            "Table no not found",
        ),
        ("get_partition", {**IN_TABLE, "PartitionValues": ["2026-01-01"]}, "Cannot find partition"),
    ],
)
def test_missing_things_are_not_found(
    world: Rig, op: str, arguments: dict[str, object], wanted: str
) -> None:
    with pytest.raises(ClientError, match=wanted) as caught:
        getattr(world.client("glue"), op)(**arguments)
    assert code(caught) == "EntityNotFoundException"


def test_a_partition_is_moved_and_deleted(world: Rig) -> None:
    glue = world.client("glue")
    register(world, *DAYS[:3])
    moved = {"Values": [DAYS[0]], "StorageDescriptor": descriptor("s3://logs/elsewhere/")}
    glue.batch_update_partition(
        DatabaseName="net",
        TableName="flows",
        Entries=[{"PartitionValueList": [DAYS[0]], "PartitionInput": moved}],
    )
    found = glue.get_partition(DatabaseName="net", TableName="flows", PartitionValues=[DAYS[0]])[
        "Partition"
    ]
    assert found["StorageDescriptor"]["Location"] == "s3://logs/elsewhere/"
    errors = glue.batch_delete_partition(
        DatabaseName="net",
        TableName="flows",
        PartitionsToDelete=[{"Values": [DAYS[0]]}, {"Values": ["2020-01-01"]}],
    )["Errors"]
    assert [error["PartitionValues"] for error in errors] == [["2020-01-01"]]
    assert values(world) == DAYS[1:3]


def test_a_batch_can_fail_in_part(world: Rig) -> None:
    fault = {"service": "glue", "op": "BatchCreatePartition", "kind": "partial", "count": 2}
    world.faults([{**fault, "times": 1, "code": "InternalServiceException"}])
    errors = register(world, *DAYS[:5])
    assert [(e["PartitionValues"][0], e["ErrorDetail"]["ErrorCode"]) for e in errors] == [
        (DAYS[0], "InternalServiceException"),
        (DAYS[1], "InternalServiceException"),
    ]
    assert values(world) == DAYS[2:5]
    assert register(world, *DAYS[:2]) == []


def moved(old: str, new: str) -> dict[str, object]:
    place = {"Values": [new], "StorageDescriptor": descriptor(f"s3://logs/new/{new}/")}
    return {"PartitionValueList": [old], "PartitionInput": place}


def update(rig: Rig, *entries: dict[str, object]) -> list[tuple[str, str]]:
    answer = rig.client("glue").batch_update_partition(**IN_TABLE, Entries=list(entries))
    return [(e["PartitionValueList"][0], e["ErrorDetail"]["ErrorCode"]) for e in answer["Errors"]]


def delete(rig: Rig, *days: str) -> list[tuple[str, str]]:
    doomed = [{"Values": [day]} for day in days]
    answer = rig.client("glue").batch_delete_partition(**IN_TABLE, PartitionsToDelete=doomed)
    return [(e["PartitionValues"][0], e["ErrorDetail"]["ErrorCode"]) for e in answer["Errors"]]


def test_an_update_can_fail_in_part(world: Rig) -> None:
    register(world, *DAYS[:3])
    fault = {"service": "glue", "op": "BatchUpdatePartition", "kind": "partial", "count": 1}
    world.faults([{**fault, "times": 1, "code": "ThrottlingException"}])
    entries = [moved(day, day) for day in DAYS[:3]]
    assert update(world, *entries) == [(DAYS[0], "ThrottlingException")]
    held = world.client("glue").get_partitions(**IN_TABLE)["Partitions"]
    assert [item["StorageDescriptor"]["Location"] for item in held] == [
        "s3://logs/2026/01/01/",
        f"s3://logs/new/{DAYS[1]}/",
        f"s3://logs/new/{DAYS[2]}/",
    ]
    assert update(world, *entries) == []


def test_a_deletion_can_fail_in_part(world: Rig) -> None:
    register(world, *DAYS[:3])
    fault = {"service": "glue", "op": "BatchDeletePartition", "kind": "partial", "count": 2}
    world.faults([{**fault, "times": 1}])
    expected = [(day, "InternalServiceException") for day in DAYS[:2]]
    assert delete(world, *DAYS[:3]) == expected
    assert values(world) == DAYS[:2]
    assert delete(world, *DAYS[:2]) == []
    assert values(world) == []


def test_only_a_batch_fails_in_part(world: Rig) -> None:
    with pytest.raises(RigError, match="GetPartitions does not fail in part"):
        world.faults([{"service": "glue", "op": "GetPartitions", "kind": "partial"}])


def test_each_wrong_entry_is_told_and_the_others_are_done(world: Rig) -> None:
    register(world, *DAYS[:3])
    entries = [moved("2020-01-01", "2020-01-01"), moved(DAYS[0], DAYS[1]), moved(DAYS[2], DAYS[4])]
    assert update(world, *entries) == [
        ("2020-01-01", "EntityNotFoundException"),
        (DAYS[0], "AlreadyExistsException"),
    ]
    assert sorted(values(world)) == [DAYS[0], DAYS[1], DAYS[4]]
    assert delete(world, DAYS[0], "2020-01-01", DAYS[0]) == [
        ("2020-01-01", "EntityNotFoundException"),
        (DAYS[0], "EntityNotFoundException"),
    ]
    assert sorted(values(world)) == [DAYS[1], DAYS[4]]


KEYS = {"account": "string", "region": "string", "hour": "int", "day": "date"}
TERMS = [
    "day >= '2026-01-02' AND day <= '2026-01-03'",
    "account = '1' AND (day = '2026-01-01' OR region LIKE 'eu-%')",
    "hour > 9 OR region NOT IN ('us-east-1')",
    "region = 'day' OR account = '2'",
    "",
]


@pytest.mark.parametrize("expression", TERMS)
def test_an_expression_chooses_as_it_does_one_by_one(expression: str) -> None:
    keys = [{"Name": name, "Type": kind} for name, kind in KEYS.items()]
    table = FakeTable("net", "flows", {"PartitionKeys": keys}, "1")
    regions, days = ("eu-west-1", "us-east-1", "day"), DAYS[:4]
    for spot in product("12", regions, ("9", "10"), days):
        table.create_partition({"Values": list(spot)})
    expected = [item.values for item in table.get_partitions(expression)]
    found = partitions.chosen(table, expression, hyphens=False)
    assert [item.values for item in found] == expected
    assert 0 < len(expected) <= 48


def test_a_second_table_of_a_name_is_refused(world: Rig) -> None:
    with pytest.raises(ClientError) as caught:
        make_table(world)
    assert code(caught) == "AlreadyExistsException"


def test_an_update_of_an_old_version_is_refused(world: Rig) -> None:
    glue = world.client("glue")
    glue.update_table(DatabaseName="net", TableInput={"Name": "flows"}, VersionId="1")
    with pytest.raises(ClientError) as caught:
        glue.update_table(DatabaseName="net", TableInput={"Name": "flows"}, VersionId="1")
    assert code(caught) == "ConcurrentModificationException"


def test_an_operation_moto_lacks_is_refused_by_name(world: Rig) -> None:
    with pytest.raises(ClientError, match="glue:CreatePartitionIndex"):
        world.client("glue").create_partition_index(
            DatabaseName="net",
            TableName="flows",
            PartitionIndex={"Keys": ["day"], "IndexName": "i"},
        )
