import urllib.request
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.rig.client import Rig, RigError

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]


def test_a_page_never_holds_more_than_a_thousand_keys(rig: Rig) -> None:
    rig.put_keys("bkt", [f"k{n:04d}" for n in range(1500)])
    first = rig.client("s3").list_objects_v2(Bucket="bkt", MaxKeys=5000)
    assert (first["KeyCount"], first["IsTruncated"], first["MaxKeys"]) == (1000, True, 1000)
    rest = rig.client("s3").list_objects_v2(
        Bucket="bkt", ContinuationToken=first["NextContinuationToken"]
    )
    assert (rest["KeyCount"], rest["IsTruncated"]) == (500, False)


def test_more_than_a_thousand_common_prefixes_come_in_pages(rig: Rig) -> None:
    rig.put_keys("bkt", [f"AWSLogs/{n:012d}/x/{i}" for n in range(1200) for i in (1, 2)])
    pages = list(
        rig.client("s3")
        .get_paginator("list_objects_v2")
        .paginate(Bucket="bkt", Prefix="AWSLogs/", Delimiter="/")
    )
    assert [len(page["CommonPrefixes"]) for page in pages] == [1000, 200]
    assert pages[1]["CommonPrefixes"][-1]["Prefix"] == "AWSLogs/000000001199/"


def test_start_after_begins_behind_a_key(rig: Rig) -> None:
    rig.put_keys("bkt", ["a/1", "a/2", "a/3", "b/1"])
    found = rig.client("s3").list_objects_v2(Bucket="bkt", StartAfter="a/2", MaxKeys=1)
    assert [item["Key"] for item in found["Contents"]] == ["a/3"]


def test_a_tree_is_loaded_with_its_folders(rig: Rig, tmp_path: Path) -> None:
    (tmp_path / "x" / "y").mkdir(parents=True)
    (tmp_path / "x" / "y" / "f.txt").write_bytes(b"hello")
    assert rig.load_tree("bkt", tmp_path, prefix="p/") == 1
    body = rig.client("s3").get_object(Bucket="bkt", Key="p/x/y/f.txt")["Body"].read()
    assert body == b"hello"


def test_odd_keys_survive_the_wire(rig: Rig) -> None:
    s3 = rig.client("s3")
    rig.put_keys("bkt", ["plain"])
    key = "a b/aws-region=eu-west-1/ä+%41.txt"
    s3.put_object(Bucket="bkt", Key=key, Body=b"x")
    assert s3.get_object(Bucket="bkt", Key=key)["Body"].read() == b"x"
    assert rig.journal("s3", "PutObject")[0]["params"]["Key"] == key


def test_a_missing_bucket_and_a_missing_key_are_told_apart(rig: Rig) -> None:
    s3 = rig.client("s3")
    with pytest.raises(ClientError, match="NoSuchBucket"):
        s3.list_objects_v2(Bucket="nowhere")
    rig.put_keys("bkt", ["k"])
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket="bkt", Key="other")


def test_an_operation_the_rig_does_not_play_is_refused_by_name(rig: Rig) -> None:
    rig.put_keys("bkt", ["k"])
    with pytest.raises(ClientError, match="s3:GetBucketWebsite") as caught:
        rig.client("s3").get_bucket_website(Bucket="bkt")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


@pytest.mark.parametrize(
    ("service", "op"),
    [("ec2", "describe_instances"), ("dynamodb", "list_tables"), ("logs", "describe_deliveries")],
)
def test_a_service_the_rig_does_not_play_is_refused(rig: Rig, service: str, op: str) -> None:
    with pytest.raises(ClientError, match="the rig does not implement"):
        getattr(rig.client(service), op)()


def test_sts_knows_the_caller(rig: Rig) -> None:
    assert rig.client("sts").get_caller_identity()["Account"] == "123456789012"
    with pytest.raises(ClientError, match="sts:DecodeAuthorizationMessage"):
        rig.client("sts").decode_authorization_message(EncodedMessage="x")


def test_reset_empties_everything(rig: Rig) -> None:
    rig.put_keys("bkt", ["k"])
    rig.settings(glue_page=5)
    rig.client("glue").create_database(DatabaseInput={"Name": "d"})
    rig.reset()
    assert rig.client("s3").list_buckets()["Buckets"] == []
    assert rig.client("glue").get_databases()["DatabaseList"] == []
    assert [entry["op"] for entry in rig.journal()] == ["ListBuckets", "GetDatabases"]


def test_the_doors_refuse_nonsense(rig: Rig) -> None:
    with pytest.raises(RigError, match="no setting"):
        rig.settings(nonsense=1)
    with pytest.raises(RigError, match="no fault kind"):
        rig.faults([{"service": "s3", "op": "GetObject", "kind": "nonsense"}])


def test_the_rig_answers_on_the_loopback_only(rig: Rig) -> None:
    assert rig.endpoint.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(f"{rig.endpoint}/_rig/health", timeout=60) as answer:  # noqa: S310
        assert answer.status == 200
