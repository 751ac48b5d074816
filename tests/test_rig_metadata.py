from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.rig.client import Rig
from tests.rig.descriptors import LAZY_SIMPLE, TEXT_INPUT, TEXT_OUTPUT
from tests.rig.scenes import COLUMNS, make_table, make_world

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

WHERE = {"CatalogName": "AwsDataCatalog", "DatabaseName": "net"}


@pytest.fixture
def world(rig: Rig) -> Rig:
    make_world(rig)
    return rig


def metadata(rig: Rig, **changed: str) -> dict[str, Any]:
    asked = {**WHERE, "TableName": "flows", **changed}
    found: dict[str, Any] = rig.client("athena").get_table_metadata(**asked)["TableMetadata"]
    return found


def test_a_table_is_told_as_athena_tells_it(world: Rig) -> None:
    found = metadata(world, CatalogName="awsdatacatalog", DatabaseName="NET", TableName="Flows")
    stored = world.client("glue").get_table(DatabaseName="net", Name="flows")["Table"]
    assert found.pop("CreateTime") == stored["CreateTime"]
    found.pop("LastAccessTime")
    assert found == {
        "Name": "flows",
        "TableType": "EXTERNAL_TABLE",
        "Columns": [{"Name": name, "Type": kind} for name, kind in COLUMNS],
        "PartitionKeys": [{"Name": "day", "Type": "date"}],
        "Parameters": {
            "EXTERNAL": "TRUE",
            "inputformat": TEXT_INPUT,
            "location": "s3://logs/",
            "outputformat": TEXT_OUTPUT,
            "serde.param.field.delim": " ",
            "serde.param.serialization.format": " ",
            "serde.serialization.lib": LAZY_SIMPLE,
            "skip.header.line.count": "1",
        },
    }


@pytest.mark.parametrize(
    ("changed", "code", "said"),
    [
        ({"TableName": "no"}, "MetadataException", "Table no not found"),
        ({"DatabaseName": "no"}, "MetadataException", "Database no not found"),
        ({"CatalogName": "no"}, "InvalidRequestException", "Data catalog no was not found"),
    ],
)
def test_what_is_missing_is_told(world: Rig, changed: dict[str, str], code: str, said: str) -> None:
    with pytest.raises(ClientError, match=said) as caught:
        metadata(world, **changed)
    assert caught.value.response["Error"]["Code"] == code


def test_tables_are_listed_in_pages(world: Rig) -> None:
    for name in ("zebra", "alpha", "flows_2"):
        make_table(world, name)
    athena = world.client("athena")
    first = athena.list_table_metadata(**WHERE, MaxResults=3)
    rest = athena.list_table_metadata(**WHERE, MaxResults=3, NextToken=first["NextToken"])
    pages = [[table["Name"] for table in page["TableMetadataList"]] for page in (first, rest)]
    assert pages == [["alpha", "flows", "flows_2"], ["zebra"]]
    assert "NextToken" not in rest
    assert first["TableMetadataList"][1] == metadata(world)
    some = athena.list_table_metadata(**WHERE, Expression="flows.*", AttributesToGet=["NAME"])
    assert some["TableMetadataList"] == [{"Name": "flows"}, {"Name": "flows_2"}]
    with pytest.raises(ClientError, match="MetadataException"):
        athena.list_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="no")
