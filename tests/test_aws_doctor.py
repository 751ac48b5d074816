"""The doctor on AWS: Glue's table, the workgroup, missing permissions."""

import gzip
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import doctor
from tests.aws import (
    BUCKET,
    RESULTS,
    Place,
    configured,
    create_bucket,
    log,
    places,
    record,
    registered,
)
from tests.portion import left_to_slow
from tests.rig.client import Rig
from tests.shell import Shell

TODAY = datetime.now(UTC).date()

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    """Two days of one account, registered."""
    create_bucket(rig, BUCKET)
    for back in (0, 1):
        day = datetime.now(UTC).date() - timedelta(days=back)
        rig.put_keys(BUCKET, [Place("111122223333", "eu-west-1", day).key], log(record(_noon(day))))
    shell = configured(tmp_path, rig)
    shell.run("partitions", "sync", "--all")
    return shell


def _noon(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())


def _findings(shell: Shell) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shell.run("doctor", "--format", "json", code=3).json
    return found


def _changed_table(rig: Rig, **changes: Any) -> None:  # noqa: ANN401
    glue = rig.client("glue")
    table = glue.get_table(DatabaseName="network", Name="vpc_flow_logs")["Table"]
    kept = ("Name", "TableType", "PartitionKeys", "Parameters", "StorageDescriptor")
    glue.update_table(
        DatabaseName="network", TableInput={**{key: table[key] for key in kept}, **changes}
    )


def test_a_healthy_target_is_well(rig: Rig, shell: Shell) -> None:
    assert shell.run("doctor").err.splitlines()[-1] == "target prod: healthy"
    assert not rig.journal(service="athena", op="StartQueryExecution")


def test_a_location_without_its_slash(rig: Rig, shell: Shell) -> None:
    table = rig.client("glue").get_table(DatabaseName="network", Name="vpc_flow_logs")["Table"]
    descriptor = {**table["StorageDescriptor"], "Location": f"s3://{BUCKET}/AWSLogs"}
    _changed_table(rig, StorageDescriptor=descriptor, Parameters={"EXTERNAL": "TRUE"})
    slash, header = _findings(shell)
    assert slash["what"] == "the table's location does not end with a slash"
    assert slash["evidence"] == f"s3://{BUCKET}/AWSLogs"
    assert header["what"] == "the table reads the header line of every file as a record"
    for finding in (slash, header):
        doctor.alter(rig, finding["mend"])
    assert shell.run("doctor").out == ""


@pytest.mark.parametrize("zipped", [True, False])
def test_a_name_that_does_not_tell_the_compression(rig: Rig, shell: Shell, zipped: bool) -> None:
    """Athena goes by the name: rows of NULLs, or a query that fails."""
    key = Place("111122223333", "eu-west-1", TODAY).key
    content = log(record(_noon(TODAY)))
    odd = key.replace("T0000Z", "T2359Z").removesuffix(".gz") if zipped else key
    assert odd != key or not zipped
    rig.put_keys(BUCKET, [odd], content if zipped else gzip.decompress(content))
    (finding,) = _findings(shell)
    assert finding["what"] == (
        "gzip files do not end with .gz, and Athena reads rows of NULLs in them"
        if zipped
        else "files end with .gz and are no gzip files: a query that reads one fails"
    )
    assert finding["mend"].startswith(f"rename them: aws s3 mv s3://{BUCKET}/{odd} ")


def test_a_table_of_another_bucket(rig: Rig, shell: Shell) -> None:
    table = rig.client("glue").get_table(DatabaseName="network", Name="vpc_flow_logs")["Table"]
    descriptor = {**table["StorageDescriptor"], "Location": "s3://other/AWSLogs/"}
    _changed_table(rig, StorageDescriptor=descriptor)
    (finding,) = _findings(shell)
    assert finding["what"] == "the table reads another location than the target"


def test_nothing_is_advised_for_partitions_of_other_logs(rig: Rig, shell: Shell) -> None:
    """A sync that relocates them would take them from the table's owner, and is refused."""
    other = shell.folder / "other.toml"
    own = (shell.folder / "flowathena.toml").read_text()
    other.write_text(own.replace(f"s3://{BUCKET}/", "s3://other/"))
    create_bucket(rig, "other")
    rig.put_keys("other", [Place("111122223333", "eu-west-1", TODAY).key], log(record(1)))
    found = shell.run("doctor", "--config", str(other), "--format", "json", code=3).json
    assert [each["what"] for each in found] == ["the table reads another location than the target"]
    refused = shell.refused("partitions", "sync", "--config", str(other), code=1)
    assert "table network.vpc_flow_logs is not the one of target 'prod'" in refused


def test_what_only_the_other_commands_refuse_is_a_finding(shell: Shell) -> None:
    """The settings name another order of fields than table and files have."""
    config = shell.folder / "flowathena.toml"
    fields = ["version", "interface-id", "account-id", "srcaddr", "dstaddr", "start", "end"]
    config.write_text(f"{config.read_text()}log_format = {fields}\n")
    (finding,) = _findings(shell)
    assert finding["what"] == (
        "the table is not the target's: plan, sync, status and run refuse it"
    )
    assert finding["evidence"] in shell.refused("partitions", "plan", code=1)


def test_calls_are_shown_when_asked_for(rig: Rig, shell: Shell) -> None:
    rig.clear_journal()
    last = shell.run("doctor", "--verbose").err.splitlines()[-1]
    made = Counter(call["op"] for call in rig.journal())
    calls = ", ".join(f"{count} {name}" for name, count in sorted(made.items()))
    assert last == f"target prod: healthy ({calls})"


def test_projection_hides_what_is_registered(rig: Rig, shell: Shell) -> None:
    parameters = {
        "skip.header.line.count": "1",
        "projection.enabled": "true",
        "projection.aws_account.type": "enum",
        "projection.aws_account.values": "444455556666",
        "projection.day.type": "date",
        "projection.day.format": "yyyy/MM/dd",
    }
    _changed_table(rig, Parameters=parameters)
    hidden, left_out = _findings(shell)
    assert doctor.properties(hidden["mend"]) == {"projection.enabled": "false"}
    assert hidden["what"] == "partition projection hides the registered partitions"
    assert hidden["evidence"].startswith("2 are registered")
    assert left_out["what"] == "the projection omits accounts that have logs"
    assert "111122223333" in left_out["evidence"]


def test_a_table_that_is_none_of_flow_logs(rig: Rig, shell: Shell) -> None:
    _changed_table(rig, PartitionKeys=[{"Name": "tenant", "Type": "string"}])
    (finding,) = _findings(shell)
    assert finding["what"] == "the table cannot be read as flow logs"
    assert "tenant" in finding["evidence"]


def test_no_place_for_results(shell: Shell) -> None:
    config = shell.folder / "flowathena.toml"
    lines = [line for line in config.read_text().splitlines() if "output_location" not in line]
    config.write_text("\n".join(lines))
    (finding,) = _findings(shell)
    assert finding["side"] == "workgroup"
    assert finding["what"] == "there is no output location for query results"


_PERMISSIONS = {
    ("s3", "ListObjectsV2"): ("logs", f"s3:ListBucket on arn:aws:s3:::{BUCKET}"),
    ("s3", "GetObject"): ("logs", f"s3:GetObject on arn:aws:s3:::{BUCKET}/*"),
    ("s3", "GetBucketLocation"): (
        "workgroup",
        f"s3:GetBucketLocation on arn:aws:s3:::{RESULTS}",
    ),
    ("glue", "GetTable"): ("table", "glue:GetTable on "),
    ("glue", "GetPartitions"): ("partitions", "glue:GetPartitions on "),
    ("glue", "BatchGetPartition"): ("partitions", "glue:BatchGetPartition on "),
    ("athena", "GetWorkGroup"): ("workgroup", "athena:GetWorkGroup on workgroup/primary"),
}
_TABLE = "catalog, database/network and table/network/vpc_flow_logs"


@pytest.mark.few(3)
@pytest.mark.parametrize(("service", "op"), _PERMISSIONS)
def test_a_missing_permission_is_one_finding(rig: Rig, shell: Shell, service: str, op: str) -> None:
    rig.faults([{"service": service, "op": op, "kind": "access_denied"}])
    (finding,) = _findings(shell)
    side, allowed = _PERMISSIONS[service, op]
    action = allowed.partition(" ")[0]
    assert (finding["side"], finding["what"]) == (side, f"the permission {action} is missing")
    assert finding["mend"] == f"allow {allowed}{_TABLE if service == 'glue' else ''}"


def test_without_any_permission_each_is_said_once(rig: Rig, shell: Shell) -> None:
    rig.faults([{"service": s, "op": op, "kind": "access_denied"} for s, op in _PERMISSIONS])
    actions = [finding["mend"].split()[1] for finding in _findings(shell)]
    # What is only read of a table or of logs that cannot be read is not known to be missing.
    assert actions == ["s3:ListBucket", "glue:GetTable", "athena:GetWorkGroup"]


def test_expired_credentials_are_said_once(rig: Rig, shell: Shell) -> None:
    rig.faults([{"service": s, "op": op, "kind": "expired_token"} for s, op in _PERMISSIONS])
    (finding,) = _findings(shell)
    assert "expired" in finding["evidence"]


def test_an_account_that_may_not_be_listed_hides_no_other(rig: Rig, shell: Shell) -> None:
    today = datetime.now(UTC).date()
    for account in ("444455556666", "777788889999"):
        rig.put_keys(BUCKET, [Place(account, "eu-west-1", today).key], log(record(_noon(today))))
    match = "AWSLogs/444455556666/vpcflowlogs/"
    rig.faults(
        [
            {"service": "s3", "op": "ListObjectsV2", "kind": "access_denied", "match": text}
            for text in (match, '"Delimiter": "_", "Prefix": "AWSLogs/"')
        ]
    )
    denied, unknown = _findings(shell)
    assert denied["what"] == "the permission s3:ListBucket is missing"
    assert match in denied["evidence"]
    assert unknown["what"] == "accounts and Regions with logs have no registered partition"
    assert unknown["evidence"] == "777788889999 eu-west-1"
    rig.clear_faults()
    doctor.run(shell, unknown["mend"])
    assert not shell.try_run("doctor").out.count("777788889999")


def test_the_results_bucket_does_not_exist(rig: Rig, shell: Shell) -> None:
    rig.client("s3").delete_bucket(Bucket=RESULTS)
    (finding,) = _findings(shell)
    assert finding["what"] == "the bucket for query results does not exist"
    assert finding["evidence"].startswith(f"s3://{RESULTS}/flowathena/, the output location of ")
    assert finding["mend"].startswith(f"aws s3 mb s3://{RESULTS} --region eu-west-1, or ")
    create_bucket(rig, RESULTS)
    assert shell.run("doctor").out == ""


def test_the_results_bucket_is_in_another_region(rig: Rig, shell: Shell) -> None:
    rig.client("s3", region="us-west-2").create_bucket(
        Bucket="far-away", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    config = shell.folder / "flowathena.toml"
    doctor.configure(config, output_location='"s3://far-away/"')
    (finding,) = _findings(shell)
    assert finding["what"] == "the bucket for query results is in another Region"
    assert "us-west-2, Athena in eu-west-1" in finding["evidence"]
    assert "output_location in [targets.prod]" in finding["mend"]
    doctor.configure(config, output_location=f'"s3://{RESULTS}/"')
    assert shell.run("doctor").out == ""


def test_the_workgroup_does_not_exist(shell: Shell) -> None:
    doctor.configure(shell.folder / "flowathena.toml", workgroup='"missing"')
    (finding,) = _findings(shell)
    assert (finding["side"], finding["what"]) == ("workgroup", "the workgroup does not exist")
    doctor.configure(shell.folder / "flowathena.toml", workgroup='"primary"')
    assert shell.run("doctor").out == ""


_PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"


@pytest.mark.few(1)
@pytest.mark.parametrize("part", ["columns", "type", "serde", "delimiter"])
def test_a_partition_with_a_description_of_its_own(rig: Rig, shell: Shell, part: str) -> None:
    glue = rig.client("glue")
    (values, _), *_ = sorted(registered(rig).items())
    name = {"DatabaseName": "network", "TableName": "vpc_flow_logs"}
    descriptor = glue.get_partition(**name, PartitionValues=list(values))["Partition"][
        "StorageDescriptor"
    ]
    columns, serde = descriptor["Columns"], descriptor["SerdeInfo"]
    changed: dict[str, Any] = {
        "columns": {"Columns": columns[:8]},
        "type": {"Columns": [*columns[:9], {"Name": "bytes", "Type": "int"}, *columns[10:]]},
        "serde": {"SerdeInfo": {**serde, "SerializationLibrary": _PARQUET}},
        "delimiter": {"SerdeInfo": {**serde, "Parameters": {"field.delim": ","}}},
    }[part]
    glue.update_partition(
        **name,
        PartitionValueList=list(values),
        PartitionInput={"Values": list(values), "StorageDescriptor": {**descriptor, **changed}},
    )
    (finding,) = _findings(shell)
    assert finding["what"].startswith("partitions are described differently from the table")
    assert finding["evidence"].startswith(f"1 of 2 looked at: {'/'.join(values)} has ")
    assert f"--partitions-to-delete Values={','.join(values)}, then" in finding["mend"]
    glue.batch_delete_partition(**name, PartitionsToDelete=[{"Values": list(values)}])
    doctor.run(shell, finding["mend"])
    assert shell.run("doctor").out == ""


@left_to_slow
def test_how_many_calls_240_places_take(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    today = datetime.now(UTC).date()
    accounts = [f"{n:012d}" for n in range(60)]
    regions = ["ap-south-1", "eu-west-1", "us-east-1", "us-west-2"]
    stored = places(accounts, regions, today - timedelta(days=1), 2)
    rig.put_keys(BUCKET, [place.key for place in stored], log(record(_noon(today))))
    shell = configured(tmp_path, rig)
    shell.run("partitions", "sync")
    rig.clear_journal()
    done = shell.run("doctor")
    assert done.out == ""
    assert "not looked at: files of 208 of 240 accounts and Regions" in done.err
    made = Counter(entry["op"] for entry in rig.journal())
    # AWSLogs/, and at most two calls for each of 15 parts of 4 accounts; the newest and the oldest
    # folder of 32 places.
    assert made.pop("ListObjectsV2") <= 1 + 2 * 15 + 2 * 32
    assert made == {
        "GetObject": 2 * 32,
        "GetTable": 1,
        "GetPartitions": 1,  # 480 partitions
        "BatchGetPartition": 1,
        "GetWorkGroup": 1,
        "GetBucketLocation": 1,
    }


def test_metrics_need_a_place_for_their_ledger(rig: Rig, shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "flowathena.toml"
    text = file.read_text()
    file.write_text(f'{text}\n[targets.prod.metrics]\nledger = "s3://no-such-ledger/x/"\n')
    (missing,) = _findings(shell)
    assert missing["what"] == "the bucket for the ledger of the metrics does not exist"
    assert missing["mend"].startswith("aws s3 mb s3://no-such-ledger --region eu-west-1")
    create_bucket(rig, "no-such-ledger")
    shell.run("doctor")
    without = "\n".join(line for line in text.splitlines() if "output_location" not in line)
    file.write_text(f'{without}\n[targets.prod.metrics]\nnamespace = "Flows"\n')
    titles = [each["what"] for each in _findings(shell)]
    assert "there is no place for the ledger of the metrics" in titles
