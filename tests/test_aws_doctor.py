"""The doctor on AWS: Glue's table, the workgroup, missing permissions."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.aws import BUCKET, Place, configured, create_bucket, log, record
from tests.rig.client import Rig
from tests.shell import Shell

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
    _changed_table(rig, StorageDescriptor=descriptor)
    (finding,) = _findings(shell)
    assert finding["what"] == "the table's location does not end with a slash"
    assert finding["evidence"] == f"s3://{BUCKET}/AWSLogs"


def test_a_table_of_another_bucket(rig: Rig, shell: Shell) -> None:
    table = rig.client("glue").get_table(DatabaseName="network", Name="vpc_flow_logs")["Table"]
    descriptor = {**table["StorageDescriptor"], "Location": "s3://other/AWSLogs/"}
    _changed_table(rig, StorageDescriptor=descriptor)
    (finding,) = _findings(shell)
    assert finding["what"] == "the table reads another location than the target"


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


def test_missing_permissions_are_findings_that_name_the_call(rig: Rig, shell: Shell) -> None:
    for service, op, side in (
        ("athena", "GetWorkGroup", "workgroup"),
        ("glue", "GetPartitions", "partitions"),
    ):
        rig.faults([{"service": service, "op": op, "kind": "access_denied"}])
        (finding,) = _findings(shell)
        assert (finding["side"], op in finding["evidence"]) == (side, True)
        rig.clear_faults()
