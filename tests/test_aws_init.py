"""``flowathena init`` on the rig: buckets of every kind, and flow logs asked of EC2."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.sample import generate
from tests.aws import BUCKET, RESULTS, create_bucket, log
from tests.portion import left_to_slow
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = pytest.mark.rig
_NO_QUERY = pytest.mark.asks_no_query

_ID = "fl-0123456789abcdef0"
_WINDOW = ("--since", "2026-11-19", "--until", "2026-11-20")


def _flow_log(**changes: object) -> dict[str, object]:
    told: dict[str, object] = {
        "CreationTime": "2026-10-01T12:00:00.000Z",
        "DeliverLogsStatus": "SUCCESS",
        "FlowLogId": _ID,
        "FlowLogStatus": "ACTIVE",
        "ResourceId": "vpc-0a1b2c3d",
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": f"arn:aws:s3:::{BUCKET}/network/vpc/",
        "LogFormat": "${version} ${account-id} ${start} ${end} ${pkt-dstaddr}",
        "Tags": [{"Key": "team", "Value": "a<b>&c"}],
        "MaxAggregationInterval": 60,
        "DestinationOptions": {
            "FileFormat": "parquet",
            "HiveCompatiblePartitions": True,
            "PerHourPartition": True,
        },
    }
    merged = {**told, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def _target(shell: Shell, name: str = "aws") -> dict[str, Any]:
    found: dict[str, Any] = shell.run("config", "show", "--format", "json").json["targets"][name]
    return found


@_NO_QUERY
def test_the_rig_tells_flow_logs_in_the_shape_that_botocore_reads(rig: Rig) -> None:
    other = _flow_log(FlowLogId="fl-0fedcba9876543210", DestinationOptions=None)
    rig.flow_logs(_flow_log(), other)
    ec2 = rig.client("ec2")
    assert [each["FlowLogId"] for each in ec2.describe_flow_logs()["FlowLogs"]] == [
        *(_ID, "fl-0fedcba9876543210")
    ]
    (found,) = ec2.describe_flow_logs(FlowLogIds=[_ID])["FlowLogs"]
    moment = datetime(2026, 10, 1, 12, tzinfo=UTC)
    assert found == {**_flow_log(), "CreationTime": moment}
    with pytest.raises(ClientError, match=r"InvalidFlowLogId\.NotFound"):
        ec2.describe_flow_logs(FlowLogIds=["fl-0000000000000000a"])
    rig.reset()
    assert ec2.describe_flow_logs()["FlowLogs"] == []


@_NO_QUERY
def test_a_flow_log_tells_it_all_in_one_call(rig: Rig, tmp_path: Path) -> None:
    rig.flow_logs(_flow_log())
    create_bucket(rig, BUCKET)
    rig.clear_journal()
    shell = Shell(tmp_path, rig.env())
    done = shell.run(
        *("init", "--flow-log", _ID, "-t", "prod", "--database", "network"),
        *("--workgroup", "flows"),
    )
    assert f"flow log   {_ID} of vpc-0a1b2c3d" in done.out
    assert "layout     hive-hourly" in done.out
    assert "format     custom, 5 fields (version 3), parquet" in done.out
    target = _target(shell, "prod")
    assert target["location"] == f"s3://{BUCKET}/network/vpc/"
    assert (target["layout"], target["file_format"]) == ("hive-hourly", "parquet")
    assert target["log_format"] == ["version", "account-id", "start", "end", "pkt-dstaddr"]
    assert (target["region"], target["granularity"]) == ("eu-west-1", "day")
    assert target["workgroup"] == "flows"
    assert [call["op"] for call in rig.journal(service="ec2")] == ["DescribeFlowLogs"]
    assert [call["op"] for call in rig.journal(service="s3")] == ["GetBucketLocation"]
    shell.run("config", "validate")


@_NO_QUERY
def test_a_flow_log_of_long_ago_has_no_options(rig: Rig, tmp_path: Path) -> None:
    default = " ".join(f"${{{name}}}" for name in DEFAULT_FORMAT)
    destination = f"arn:aws-us-gov:s3:::{BUCKET}"
    rig.flow_logs(_flow_log(DestinationOptions=None, LogDestination=destination, LogFormat=default))
    shell = Shell(tmp_path, rig.env())
    done = shell.run("init", "--flow-log", _ID)
    assert "format     default, 14 fields (version 2), text" in done.out
    text = (tmp_path / "flowathena.toml").read_text()
    assert f'location = "s3://{BUCKET}/"' in text
    assert not {"layout", "file_format", "log_format"} & set(text.split())


@_NO_QUERY
def test_hours_of_a_flow_log(rig: Rig, tmp_path: Path) -> None:
    rig.flow_logs(_flow_log())
    shell = Shell(tmp_path, rig.env())
    shell.run("init", "--flow-log", _ID, "--granularity", "hour")
    assert _target(shell)["granularity"] == "hour"
    rig.flow_logs(_flow_log(DestinationOptions={"PerHourPartition": False}))
    line = shell.refused("init", "--flow-log", _ID, "-t", "b", "--granularity", "hour")
    assert "needs hour folders" in line


@_NO_QUERY
@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"LogDestinationType": "cloud-watch-logs", "LogDestination": None},
            f"flow log {_ID} delivers to cloud-watch-logs, not to S3",
        ),
        (
            {
                "LogDestinationType": "cloud-watch-logs",
                "LogDestination": "arn:aws:logs:eu-west-1:111122223333:log-group:flows",
            },
            "delivers to cloud-watch-logs (arn:aws:logs:eu-west-1:111122223333:log-group:flows)",
        ),
        (
            {"LogDestinationType": "kinesis-data-firehose", "LogDestination": "arn:aws:firehose:x"},
            "delivers to kinesis-data-firehose (arn:aws:firehose:x), not to S3",
        ),
        ({"LogFormat": "${srcaddr} ${dest}"}, "lacks start and has unknown fields: dest"),
        ({"FlowLogId": "fl-0fedcba9876543210"}, f"flow log {_ID} not found in eu-west-1"),
    ],
)
def test_a_flow_log_that_cannot_be_read(
    rig: Rig, tmp_path: Path, changes: dict[str, object], told: str
) -> None:
    rig.flow_logs(_flow_log(**changes))
    assert told in Shell(tmp_path, rig.env()).refused("init", "--flow-log", _ID, code=1)
    assert not (tmp_path / "flowathena.toml").exists()


@_NO_QUERY
def test_no_right_to_describe_flow_logs(rig: Rig, tmp_path: Path) -> None:
    rig.faults([{"service": "ec2", "op": "DescribeFlowLogs", "kind": "access_denied"}])
    line = Shell(tmp_path, rig.env()).refused("init", "--flow-log", _ID, code=1)
    assert f"flow log {_ID}: DescribeFlowLogs: AccessDeniedException" in line


@_NO_QUERY
def test_a_failing_delivery_and_new_fields_are_told(rig: Rig, tmp_path: Path) -> None:
    rig.flow_logs(
        _flow_log(
            LogFormat="${start} ${from-the-future}",
            DeliverLogsStatus="FAILED",
            DeliverLogsErrorMessage="Access error",
        )
    )
    done = Shell(tmp_path, rig.env()).run("init", "--flow-log", _ID)
    assert "the flow log cannot deliver: Access error" in done.err
    assert "kept as text columns: from-the-future" in done.err


@_NO_QUERY
def test_the_region_can_be_given(rig: Rig, tmp_path: Path) -> None:
    rig.flow_logs(_flow_log())
    shell = Shell(tmp_path, rig.env())
    shell.run("init", "--flow-log", _ID, "--region", "us-east-1")
    assert _target(shell)["region"] == "us-east-1"
    assert "region 'Ireland' is not" in shell.refused(
        "init", "--flow-log", _ID, "-t", "b", "--region", "Ireland"
    )


@left_to_slow
def test_parquet_in_hive_folders_is_found_and_read_over_the_wire(rig: Rig, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    generate(
        logs, until=datetime(2026, 11, 20, tzinfo=UTC).date(), days=1, records=2000,
        layout="hive-hourly", file_format="parquet",
    )  # fmt: skip
    create_bucket(rig, BUCKET)
    create_bucket(rig, RESULTS)
    rig.load_tree(BUCKET, logs, "a/b/")
    shell = Shell(tmp_path, rig.env())
    done = shell.run(
        *("init", f"s3://{BUCKET}/a/b", "-t", "prod", "--granularity", "hour"),
        *("--output-location", f"s3://{RESULTS}/"),
    )
    assert "layout     hive-hourly" in done.out
    assert "format     default, 14 fields (version 2), parquet" in done.out
    reads = rig.journal(service="s3", op="GetObject")
    # One for each account and Region, that of Parquet's columns.
    assert [call["params"]["Range"] for call in reads] == ["bytes=-65536"] * 4
    shell.run("partitions", "sync", "--all")
    far = shell.run("run", "top_https_servers", *_WINDOW, "--format", "json").json
    (tmp_path / "here").mkdir()
    near = Shell(tmp_path / "here")
    near.run("init", str(logs), "--config", "flowathena.toml")
    near.run("partitions", "sync", "--all")
    assert far == near.run("run", "top_https_servers", *_WINDOW, "--format", "json").json
    assert far


@_NO_QUERY
def test_a_folder_that_may_be_listed_but_not_read(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    key = "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/19/x.log.gz"
    rig.put_keys(BUCKET, [key], log())
    rig.faults([{"service": "s3", "op": "GetObject", "kind": "access_denied"}])
    line = Shell(tmp_path, rig.env()).refused("init", f"s3://{BUCKET}", code=1)
    assert "s3:ListBucket and s3:GetObject are needed" in line
