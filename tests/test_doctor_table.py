"""What the doctor says of tables, from their definitions alone; doing what it says ends it."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from flowathena.catalog import wanted
from flowathena.catalog.wanted import Projection
from flowathena.doctor import table_findings
from flowathena.doctor.findings import Finding
from flowathena.doctor.log_findings import Logs
from flowathena.errors import TableMismatchError
from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.logs.formats import usable_names
from flowathena.logs.layout import Layout, Partition
from flowathena.shape.reach import Reach
from flowathena.shape.shape import Shape
from flowathena.shape.table import Column, Table
from flowathena.storage.extent import Extent
from flowathena.storage.samples import FileHead
from flowathena.target.contradictions import contradictions
from flowathena.target.target import CHOICES, Target
from tests.doctor import location, properties

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
TODAY = NOW.date()
A, B = "111122223333", "444455556666"
EU, US = "eu-west-1", "us-east-1"
PLACES = [(A, EU), (A, US), (B, EU)]
PROJECTED = Target("prod", "s3://flow-logs/", "network", "flows", partitioning="projection")
REGISTERED = replace(PROJECTED, partitioning="registered")


def table_of(target: Target, **changed: str | None) -> Table:
    """Its table; properties with ``__`` for dots, None to remove one."""
    projection = Projection((A, B), (EU, US), date(2026, 1, 1))
    table = wanted.wanted_table(target, projection)
    named = {name.replace("__", "."): value for name, value in changed.items()}
    kept = {**table.parameters, **named}
    return replace(table, parameters={k: v for k, v in kept.items() if v is not None})


def logs_of(table: Table, fields: tuple[str, ...] | None = DEFAULT_FORMAT) -> Logs:
    ending = "log.parquet" if table.file_format == "parquet" else "log.gz"
    head = FileHead(
        f"AWSLogs/a/{A}_vpcflowlogs_{EU}_fl-0a_x.{ending}",
        fields=fields,
        file_format=table.file_format,
    )
    return Logs(Extent(()), Layout(), newest=(head,))


def judged(
    target: Target, table: Table, logs: Logs | None = None, today: date = TODAY
) -> list[Finding]:
    """Everything that is said of a table whose logs are in three places, up to today."""
    shape = wanted.flow_table(table, target).shape
    logs = logs or logs_of(table)
    found = list(table_findings.check_table(target, table, logs))
    if shape.projected:
        found += table_findings.check_projection(
            target, table, shape, Reach(table, shape, NOW), _newest(target, shape, today), ""
        )
    return [*found, *table_findings.check_columns(target, table, shape, logs)]


def _newest(
    target: Target, shape: Shape, day: date = TODAY
) -> dict[tuple[str, ...], tuple[Partition, str]]:
    places = [(shape.account or A, shape.region or EU)] if shape.account else PLACES
    partitions = [Partition(*place, day, 5 if shape.is_hourly else None) for place in places]
    layout = replace(target.folders, hourly=shape.is_hourly)
    root = f"s3://{target.bucket}/"
    return {shape.values(each): (each, f"{root}{layout.prefix_of(each)}") for each in partitions}


def healed(target: Target, table: Table, logs: Logs | None = None) -> list[str]:
    """What is said; all of it must be gone after doing what the fixes say, one by one."""
    said: list[str] = []
    for _ in range(5):
        found = judged(target, table, logs)
        if not found:
            return said
        said.append(found[0].what)
        if place := location(found[0].fix):
            table = replace(table, location=place)
        else:
            table = replace(table, parameters={**table.parameters, **properties(found[0].fix)})
    pytest.fail(f"not healed: {found}")


def _targets() -> Iterator[Target]:
    names = ("layout", "partitioning", "partition_keys", "granularity", "column_names")
    for values in product(*(CHOICES[name] for name in names), ("text", "parquet")):
        settings: Any = dict(zip((*names, "file_format"), values, strict=True))
        target = replace(PROJECTED, account=A, log_region=EU, **settings)
        if not list(contradictions(target)):
            yield target


def test_tables_of_every_shape_are_well() -> None:
    shapes = list(_targets())
    assert len(shapes) > 40
    for target in shapes:
        assert judged(target, table_of(target)) == [], target


ENDED = "the projection does not reach the newest logs"
ELSEWHERE = "the projection looks for the logs in another folder"
HEADER = "the table reads the header line of every file as a record"
TEMPLATE = "storage__location__template"
TURNED = "s3://flow-logs/AWSLogs/${aws_region}/vpcflowlogs/${aws_account}/${day}/"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"projection__day__range": "2026/01/01,2026/10/31"}, [ENDED]),
        ({"projection__day__range": "NOW-3YEARS,NOW-2DAYS"}, [ENDED]),
        ({"projection__day__interval": "3"}, [ENDED]),
        ({"projection__day__format": "yyyy-MM-dd"}, [ELSEWHERE]),
        ({TEMPLATE: TURNED}, [ELSEWHERE]),
        ({TEMPLATE: None}, [ELSEWHERE]),
        ({TEMPLATE: "s3://elsewhere/${aws_account}/${aws_region}/${day}/"}, [ELSEWHERE]),
        (
            {"projection__aws_account__values": A},
            ["the projection omits accounts that have logs"],
        ),
        (
            {"projection__aws_region__values": f"{US},ap-south-1"},
            ["the projection omits regions that have logs"],
        ),
        (
            {"projection__aws_region__type": None},
            ["the projection of key aws_region has no valid type, so every query fails"],
        ),
        ({"skip__header__line__count": None}, [HEADER]),
        ({"skip__header__line__count": "0"}, [HEADER]),
        ({"skip__header__line__count": "2"}, ["the table skips the first record of every file"]),
    ],
)
def test_a_projection_that_misses_logs(changed: Mapping[str, str | None], said: list[str]) -> None:
    assert healed(PROJECTED, table_of(PROJECTED, **changed)) == said


@pytest.mark.parametrize(
    "changed",
    [
        {"projection__aws_region__values": f"{EU} , {US}"},  # Trino trims them
        {"projection__aws_region__values": f" {US},{EU},ap-south-1"},
        {"projection__aws_account__type": "injected", "projection__aws_account__values": None},
        {"projection__day__range": "2026/11/01,NOW+1DAYS"},
        {"projection__day__range": "2026/11/01 , NOW"},
        {"projection__day__interval": None, "projection__day__interval__unit": None},
        {TEMPLATE: "s3://flow-logs/AWSLogs/${aws_account}/vpcflowlogs/${aws_region}/${day}"},
    ],
)
def test_a_projection_that_is_well(changed: Mapping[str, str | None]) -> None:
    assert judged(PROJECTED, table_of(PROJECTED, **changed)) == []


def test_hive_keys_whose_years_have_ended() -> None:
    target = replace(PROJECTED, layout="hive-daily", partition_keys="hive")
    ended = table_of(target, projection__year__range="2020,2025")
    assert healed(target, ended) == [ENDED]


def test_a_hive_template_for_plain_folders() -> None:
    template = "s3://flow-logs/AWSLogs/aws-account-id=${aws_account}/${aws_region}/${day}/"
    assert healed(PROJECTED, table_of(PROJECTED, **{TEMPLATE: template})) == [ELSEWHERE]


def test_number_keys_of_a_projection_are_padded_in_the_template() -> None:
    """``digits`` writes the month 7 as 07, whatever the type of its key."""
    target = replace(PROJECTED, layout="hive-daily", partition_keys="hive")
    made = table_of(target)
    keys = tuple(
        Column(key.name, "int" if key.name in {"year", "month", "day"} else "string")
        for key in made.partition_keys
    )
    assert judged(target, replace(made, partition_keys=keys), today=date(2026, 7, 5)) == []


def test_registered_partitions_hidden_by_a_projection() -> None:
    table = table_of(PROJECTED)
    shape = wanted.flow_table(table, REGISTERED).shape
    reach, newest = Reach(table, shape, NOW), _newest(REGISTERED, shape)
    check = table_findings.check_projection
    (finding,) = check(REGISTERED, table, shape, reach, newest, "1000 and more")
    assert finding.what == "partition projection hides the registered partitions"
    assert finding.evidence == "1000 and more are registered"
    assert properties(finding.fix) == {"projection.enabled": "false"}
    # The target asks for projection: what is registered is a leftover, and read by nobody.
    assert list(check(PROJECTED, table, shape, reach, newest, "3")) == []


@pytest.mark.parametrize(
    "place", ["s3://flow-logs/", "s3a://flow-logs/AWSLogs/", f"s3://flow-logs/AWSLogs/{A}/"]
)
def test_a_location_that_every_command_accepts_is_well(place: str) -> None:
    assert judged(REGISTERED, replace(table_of(REGISTERED), location=place)) == []


def test_a_table_without_a_location_has_one_finding() -> None:
    (finding,) = judged(REGISTERED, replace(table_of(REGISTERED), location=""))
    assert finding.evidence == "no location is not below s3://flow-logs/AWSLogs/"


def test_a_file_format_that_the_target_has_already_is_not_to_be_set() -> None:
    target = replace(REGISTERED, file_format="parquet")
    (finding, *_) = judged(target, table_of(REGISTERED), logs_of(table_of(target)))
    assert finding.what == "the table reads another file format"
    assert finding.fix == (
        "set table to a new name in [targets.prod], then flowathena partitions sync -t prod"
    )


def test_a_location_without_its_slash() -> None:
    table = replace(table_of(REGISTERED), location="s3://flow-logs/AWSLogs")
    assert healed(REGISTERED, table) == ["the table's location does not end with a slash"]


@pytest.mark.parametrize(
    ("column", "kind", "is_narrow"),
    [
        ("bytes", "int", True),  # 2 GiB in ten minutes is not much
        ("bytes", "bigint", False),
        ("packets", "int", False),  # as in AWS's older guides
        ("packets", "smallint", True),
        ("start", "int", False),
        ("srcport", "smallint", True),  # signed: up to 32,767
        ("srcport", "string", False),
        ("protocol", "tinyint", True),
        ("protocol", "bigint", False),
    ],
)
def test_columns_too_narrow_for_their_field(column: str, kind: str, *, is_narrow: bool) -> None:
    made = table_of(REGISTERED)
    columns = tuple(
        Column(each.name, kind if each.name == column else each.type) for each in made.columns
    )
    found = judged(REGISTERED, replace(made, columns=columns))
    what = ["columns are too narrow for their field: larger values read as NULL"]
    assert [finding.what for finding in found] == (what if is_narrow else [])


def test_fewer_columns_than_fields() -> None:
    table = table_of(REGISTERED)
    more = (*DEFAULT_FORMAT, "vpc-id", "subnet-id")
    (finding,) = judged(REGISTERED, table, logs_of(table, more))
    assert finding.what == "the files have fields for which the table has no column"
    assert finding.evidence.startswith("vpc_id, subnet_id in AWSLogs/a/")
    wider = replace(REGISTERED, log_format=more)  # as the fix says
    assert '"vpc-id", "subnet-id"]' in finding.fix
    assert judged(wider, table_of(wider), logs_of(table, more)) == []


def test_more_columns_than_fields() -> None:
    wider = replace(REGISTERED, log_format=(*DEFAULT_FORMAT, "vpc-id"))
    table = table_of(wider)
    (finding,) = judged(wider, table, logs_of(table))
    assert finding.evidence.startswith("column 15 is vpc_id, the header of AWSLogs/a/")
    assert finding.evidence.endswith("has nothing there")


def test_parquet_columns_that_no_file_has() -> None:
    target = replace(REGISTERED, file_format="parquet")
    table = table_of(target)
    fields = tuple(name for name in DEFAULT_FORMAT if name != "protocol")
    (finding,) = judged(target, table, logs_of(table, fields))
    assert finding.what == "the files do not have these columns, which read as NULL"
    assert finding.evidence.startswith("protocol in ")
    turned = tuple(reversed(DEFAULT_FORMAT))  # Parquet is read by name
    assert judged(target, table, logs_of(table, turned)) == []


def test_files_without_a_header_lose_a_record() -> None:
    table = table_of(REGISTERED)
    assert healed(REGISTERED, table, logs_of(table, None)) == [
        "the table skips the first record of every file"
    ]


def test_what_is_wrong_is_not_hidden_by_days_before_the_range() -> None:
    """A projection may begin later than the logs: the user chose its first day."""
    start = (TODAY - timedelta(days=1)).strftime("%Y/%m/%d")
    assert judged(PROJECTED, table_of(PROJECTED, projection__day__range=f"{start},NOW")) == []


def test_a_name_that_is_no_field_does_not_stop_it() -> None:
    with pytest.raises(TableMismatchError):
        wanted.flow_table(replace(table_of(REGISTERED), columns=()), REGISTERED)
    assert usable_names(["a b"]) == ("unknown-1",)
