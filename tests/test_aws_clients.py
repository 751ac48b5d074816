"""Clients: what each reads of an answer, with and without a role."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.model import StructureShape

from flowathena.aws.session import Aws
from flowathena.catalog import GlueCatalog
from flowathena.logs.layout import Scope
from flowathena.shape.recognition import recognize
from flowathena.target.target import Target
from tests.aws import BUCKET, configured, create_bucket, places, pointed_at
from tests.rig.client import Rig

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

_TARGET = Target("prod", f"s3://{BUCKET}/", "network", region="eu-west-1", table="vpc_flow_logs")
_DAY = date(2026, 11, 1)
_ROLE = replace(_TARGET, role_arn="arn:aws:iam::111122223333:role/reader", external_id="fleet")


@pytest.mark.parametrize("target", [_TARGET, _ROLE], ids=["own credentials", "a role"])
def test_only_the_client_that_lists_reads_less_of_a_partition(
    rig: Rig, tmp_path: Path, target: Target
) -> None:
    (place,) = places(["111122223333"], ["eu-west-1"], _DAY, 1)
    create_bucket(rig, BUCKET)
    rig.put_keys(BUCKET, [place.key])
    configured(tmp_path, rig).run("partitions", "sync", "--all")
    with pointed_at(rig):
        aws = Aws(target)
        catalog = GlueCatalog("network", "vpc_flow_logs", aws)
        table = catalog.table()
        assert table is not None
        (listed,) = [pair for page in catalog.pages(Scope(), recognize(table)) for pair in page]
        (whole,) = aws.glue.get_partitions(DatabaseName="network", TableName="vpc_flow_logs")[
            "Partitions"
        ]
        (less,) = aws.glue_listing.get_partitions(
            DatabaseName="network", TableName="vpc_flow_logs"
        )["Partitions"]
    values, location = tuple(place.values.values()), f"s3://{BUCKET}/{place.folder}"
    assert listed == (values, location)
    assert less == {"Values": list(values), "StorageDescriptor": {"Location": location}}
    assert whole["DatabaseName"] == "network"
    assert whole["CreationTime"].tzinfo is not None
    descriptor = whole["StorageDescriptor"]
    assert descriptor["Location"] == location
    assert descriptor["SerdeInfo"]["Parameters"]["field.delim"] == " "
    assert [column["Name"] for column in descriptor["Columns"]][:2] == ["version", "account_id"]


def test_a_role_is_assumed_once_with_its_external_id(rig: Rig) -> None:
    with pointed_at(rig):
        aws = Aws(_ROLE)
        aws.s3.list_buckets()
        aws.glue.get_databases()
        aws.glue_listing.get_databases()
    (call,) = rig.journal(service="sts", op="AssumeRole")
    assert call["params"]["RoleArn"] == _ROLE.role_arn
    assert call["params"]["ExternalId"] == "fleet"


def test_the_clients_of_one_service_stay_what_they_are_whatever_the_order(rig: Rig) -> None:
    with pointed_at(rig):
        aws = Aws(_TARGET)
        less, whole, other = map(_members, (aws.glue_listing, aws.glue, Aws(_TARGET).glue))
    assert less == {"Values", "StorageDescriptor"}
    assert {"Values", "Parameters", "CreationTime", "StorageDescriptor"} <= whole
    assert whole == other


@pytest.mark.parametrize("client", ["glue", "glue_listing", "s3"])
def test_a_client_is_made_once_though_several_threads_ask_for_it(rig: Rig, client: str) -> None:
    make = vars(Aws)[client].fget
    with pointed_at(rig), ThreadPoolExecutor(4) as pool:
        made = list(pool.map(make, [Aws(_TARGET)] * 4))
    assert len(set(map(id, made))) == 1


def _members(client: "GlueClient") -> set[str]:
    """What the client reads of a partition."""
    shape = client.meta.service_model.shape_for("Partition")
    assert isinstance(shape, StructureShape)
    return set(shape.members)
