"""The statement of every shape: its text, and what two other parsers of Hive read in it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

from flowathena.catalog.ddl import create_database, create_table
from flowathena.catalog.wanted import Projection, flow_table, wanted_table
from flowathena.errors import TableMismatchError
from flowathena.target.contradictions import contradictions
from flowathena.target.target import Target
from tests.rig.ddl.model import CreateDatabase, CreateTable
from tests.rig.ddl.parse import parse

_FOLDER = Path(__file__).with_name("ddl")
# Words that Hive reserves, a field named region beside a key of Regions, numbers of both types.
_CUSTOM = (
    "version",
    "region",
    "vpc-id",
    "pkt-srcaddr",
    "pkt-dstaddr",
    "dstport",
    "protocol",
    "tcp-flags",
    "type",
    "bytes",
    "start",
    "end",
    "action",
    "flow-direction",
    "traffic-path",
)
_TARGET = Target("t", "s3://flow-logs/central/", "network", "vpc_flow_logs")
_PROJECTION = Projection(
    ("111122223333", "444455556666"), ("eu-west-1", "us-east-1"), date(2026, 1, 31)
)


@dataclass(frozen=True)
class Case:
    """A shape, and the file that holds its statement."""

    name: str
    target: Target
    projection: Projection | None = None

    @property
    def sql(self) -> str:
        return create_table(wanted_table(self.target, self.projection))

    def __str__(self) -> str:
        return self.name


def _shaped(file_format: str, kind: str, unit: str, fields: str) -> Case:
    folders = "hive" if kind == "hive" else "plain"
    target = replace(
        _TARGET,
        file_format=file_format,
        layout=f"{folders}-{unit}",
        partitioning="projection" if kind == "projection" else "registered",
        partition_keys="hive" if kind == "hive" else "standard",
        granularity="hour" if unit == "hourly" else "day",
    )
    if fields == "custom":
        target = replace(target, log_format=_CUSTOM)
    return Case(f"{file_format}-{kind}-{unit}-{fields}", target, _PROJECTION)


def _further() -> Iterator[Case]:
    hive = replace(
        _TARGET, layout="hive-hourly", partition_keys="hive", partitioning="projection",
        granularity="hour", file_format="parquet",
    )  # fmt: skip
    yield Case("hive-projection", hive, _PROJECTION)
    yield Case("hive-projection-of-days", replace(hive, granularity="day"), _PROJECTION)
    plain = replace(_TARGET, partitioning="projection")
    below = replace(_PROJECTION, organization="o-exampleorgid")
    yield Case("projection-below-an-organization", plain, below)
    yield Case("projection-of-injected-accounts", plain, replace(_PROJECTION, injected=True))
    single = replace(
        _TARGET, partition_keys="single", account="111122223333", log_region="eu-west-1"
    )
    yield Case("single", single)
    projected = replace(single, partitioning="projection", granularity="hour",
                        layout="plain-hourly")  # fmt: skip
    yield Case("single-projection", projected, replace(below, accounts=(), regions=()))
    yield Case("older-names", replace(single, column_names="older"))


_SHAPES = tuple(
    _shaped(*chosen)
    for chosen in product(
        ("text", "parquet"),
        ("registered", "projection", "hive"),
        ("daily", "hourly"),
        ("default", "custom"),
    )
)
CASES = (*_SHAPES, *_further())
every_case = pytest.mark.parametrize("case", CASES, ids=str)


def test_there_is_a_file_for_every_combination_and_no_other() -> None:
    assert len(_SHAPES) == 2 * 3 * 2 * 2
    assert {path.stem for path in _FOLDER.iterdir()} == {case.name for case in CASES}


@every_case
def test_the_statement_is_the_one_that_was_reviewed(case: Case) -> None:
    assert case.sql + "\n" == (_FOLDER / f"{case.name}.sql").read_text()


@every_case
def test_the_settings_of_a_case_go_together(case: Case) -> None:
    assert list(contradictions(case.target)) == []


@dataclass(frozen=True)
class Read:
    """What a parser reads in a statement."""

    name: tuple[str, str]
    columns: tuple[tuple[str, str], ...]
    keys: tuple[tuple[str, str], ...]
    location: str
    properties: Mapping[str, str]
    parquet: bool
    delimiter: str | None


def _by_the_rig(sql: str) -> Read:
    found = parse(sql)
    assert isinstance(found, CreateTable)
    assert found.name.database is not None
    return Read(
        (found.name.database, found.name.table),
        tuple((column.name, column.type) for column in found.columns),
        tuple((key.name, key.type) for key in found.keys),
        found.location,
        found.properties,
        "parquet" in found.storage.serde,
        found.storage.serde_parameters.get("field.delim"),
    )


def _by_sqlglot(sql: str, dialect: str) -> Read:
    tree = sqlglot.parse_one(sql, read=dialect)
    assert isinstance(tree, exp.Create)
    table = tree.find(exp.Table)
    assert table is not None
    keys = _one(tree, exp.PartitionedByProperty).this
    serde = tree.find(exp.RowFormatSerdeProperty)
    delimited = tree.find(exp.RowFormatDelimitedProperty)
    return Read(
        (table.db, table.name),
        _definitions(tree.this),
        _definitions(keys),
        _one(tree, exp.LocationProperty).name,
        {
            each.this.name: each.args["value"].name
            for each in tree.args["properties"].expressions
            if type(each) is exp.Property
        },
        serde is not None and "ParquetHiveSerDe" in serde.name,
        delimited.args["fields"].name if delimited else None,
    )


def _one(tree: exp.Expression, kind: Any) -> Any:  # noqa: ANN401 - sqlglot's nodes
    found = tree.find(kind)
    assert found is not None
    return found


def _definitions(schema: exp.Expression) -> tuple[tuple[str, str], ...]:
    assert all(each.this.quoted for each in schema.expressions), "a name without quotes"
    return tuple((each.name, each.kind.sql("hive").lower()) for each in schema.expressions)


@every_case
def test_two_parsers_read_the_table_that_is_wanted(case: Case) -> None:
    table = wanted_table(case.target, case.projection)
    text = case.target.file_format == "text"
    expected = Read(
        (table.database, table.name),
        tuple((column.name, column.type) for column in table.columns),
        tuple((key.name, key.type) for key in table.partition_keys),
        table.location,
        table.parameters,
        parquet=not text,
        delimiter=" " if text else None,
    )
    assert _by_the_rig(case.sql) == expected
    assert _by_sqlglot(case.sql, "hive") == expected
    assert _by_sqlglot(case.sql, "athena") == expected


@every_case
def test_a_projection_says_of_every_key_what_it_is(case: Case) -> None:
    """Athena: HIVE_METASTORE_ERROR … missing projection configuration, for any key without."""
    table = wanted_table(case.target, case.projection)
    if case.target.partitioning == "registered":
        assert not table.projected
        assert not [key for key in table.parameters if key.startswith(("projection", "storage"))]
        return
    assert table.projected
    template = table.parameters["storage.location.template"]
    keys = [key.name for key in table.partition_keys]
    assert sorted(re.findall(r"\$\{(.*?)\}", template)) == sorted(keys)
    assert template.startswith(table.location)
    assert template.endswith("/")
    told = [key.split(".")[1] for key in table.parameters if key.startswith("projection.")]
    assert set(told) == {"enabled", *keys}
    assert all(f"projection.{key}.type" in table.parameters for key in keys)


@every_case
def test_every_table_is_one_that_we_read(case: Case) -> None:
    found = flow_table(wanted_table(case.target, case.projection), case.target).shape
    assert found.is_hourly == (case.target.granularity == "hour")
    assert set(found.columns) == {name.replace("-", "_") for name in case.target.log_format}
    single = case.target.partition_keys == "single"
    assert (found.account, found.region) == (("111122223333", "eu-west-1") if single else ("", ""))


def test_the_statement_of_a_database() -> None:
    assert create_database(wanted_table(_TARGET)) == "CREATE DATABASE IF NOT EXISTS `network`"
    quoted = create_database(wanted_table(replace(_TARGET, database="net`work")))
    assert quoted == "CREATE DATABASE IF NOT EXISTS `net``work`"
    found = parse(quoted)
    assert isinstance(found, CreateDatabase)
    assert (found.name, found.if_not_exists) == ("net`work", True)


@pytest.mark.parametrize(
    ("keys", "field"),
    [
        ("standard", "day"),
        ("standard", "aws-account"),
        ("standard", "AWS_Region"),
        ("single", "dt"),
        ("hive", "year"),
        ("hive", "month"),
        ("hive", "day"),
        ("standard", "hour"),
        ("hive", "hour"),
        ("single", "hour"),
    ],
)
def test_a_key_that_has_the_name_of_a_field_is_refused(keys: str, field: str) -> None:
    """No field of version 2 to 11 has such a name; a later one might."""
    target = replace(
        _TARGET,
        layout="hive-hourly",
        granularity="hour",
        partition_keys=keys,
        account="111122223333",
        log_region="eu-west-1",
        log_format=("start", field),
    )
    with pytest.raises(TableMismatchError) as caught:
        wanted_table(target)
    name = field.replace("-", "_").lower()
    assert str(caught.value) == (
        f"partition key {name} has the name of a field of the log format; a table cannot have "
        "both: choose other partition_keys for target 't'"
    )


def test_fields_near_a_keys_name_are_no_collision() -> None:
    """The Hive-compatible keys have hyphens, columns never do; region is no aws_region."""
    target = replace(
        _TARGET, layout="hive-daily", partition_keys="hive",
        log_format=("start", "region", "account-id", "aws-account-id", "aws-region"),
    )  # fmt: skip
    assert [column.name for column in wanted_table(target).columns][1:] == [
        "region",
        "account_id",
        "aws_account_id",
        "aws_region",
    ]


def test_two_fields_of_one_name_are_refused() -> None:
    target = replace(_TARGET, column_names="older", log_format=("start", "starttime"))
    with pytest.raises(TableMismatchError, match="two fields of the log format would be the colu"):
        wanted_table(target)


def test_the_mapping_of_an_adopted_table_names_its_columns() -> None:
    target = replace(_TARGET, columns={"srcaddr": "who"}, log_format=("start", "srcaddr"))
    assert [column.name for column in wanted_table(target).columns] == ["start", "who"]
    assert flow_table(wanted_table(target), target).shape.columns == {
        "start": "start",
        "srcaddr": "who",
    }
