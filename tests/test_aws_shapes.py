"""Tables of other shapes on AWS: synced into Glue and queried through Athena."""

from datetime import date
from pathlib import Path

import pytest

from flowathena import Client
from tests.aws import BUCKET, configured, create_bucket, log, pointed_at, record, registered
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = pytest.mark.rig

_A, _B, _REGION = "111122223333", "444455556666", "eu-west-1"
_WINDOW = ("--since", "2026-10-01", "--until", "2026-10-02")
_START = 1_790_856_000  # 2026-10-01T12:00:00Z
_NAME = "fl_20261001T0000Z_c0ffee.log.gz"


def _shell(rig: Rig, folder: Path, *settings: str) -> Shell:
    shell = configured(folder, rig)
    with (folder / "flowathena.toml").open("a") as file:
        file.write("\n".join(settings) + "\n")
    return shell


def _asked(rig: Rig, folder: Path, sql: str, account: str | None = None) -> list[list[object]]:
    """The rows of a statement over the first of October."""
    with pointed_at(rig):
        client = Client(config_path=folder / "flowathena.toml")
        answer = client.sql(sql, since="2026-10-01", until="2026-10-02", account=account)
    return [list(row.values()) for row in answer]


def _hive(account: str, day: date, hour: int) -> str:
    return (
        f"AWSLogs/aws-account-id={account}/aws-service=vpcflowlogs/aws-region={_REGION}/"
        f"year={day:%Y}/month={day:%m}/day={day:%d}/hour={hour:02d}/"
    )


def test_a_hive_hourly_table_is_synced_and_queried(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    hours = {
        (account, hour): _hive(account, date(2026, 10, 1), hour)
        for account in (_A, _B)
        for hour in (3, 12)
    }
    for (account, hour), folder in hours.items():
        line = record(_START + (hour - 12) * 3600, dstport=hour, account=account)
        rig.put_keys(BUCKET, [folder + _NAME], log(line))
    rig.put_keys(BUCKET, [_hive(_A, date(2025, 10, 1), 3) + _NAME], log(record(_START)))
    shell = _shell(
        rig,
        tmp_path,
        'layout = "hive-hourly"',
        'granularity = "hour"',
        'partition_keys = "hive"',
    )
    assert shell.run("partitions", "sync", *_WINDOW, "--format", "json").json["added"] == 4
    assert registered(rig) == {
        (account, "vpcflowlogs", _REGION, "2026", "10", "01", f"{hour:02d}"): (
            f"s3://{BUCKET}/{folder}"
        )
        for (account, hour), folder in hours.items()
    }
    planned = shell.run("partitions", "plan", *_WINDOW, "--format", "json").json
    assert (planned["add"], planned["stale"], planned["keep"]) == ([], [], 4)
    sql = "SELECT aws_account, aws_region, day, dstport FROM flow_logs ORDER BY 1, 4"
    assert _asked(rig, tmp_path, sql, account=_A) == [
        [_A, _REGION, "2026-10-01", 3],
        [_A, _REGION, "2026-10-01", 12],
    ]


def test_a_single_key_table_is_synced_and_queried(rig: Rig, tmp_path: Path) -> None:
    create_bucket(rig, BUCKET)
    folders = {
        (account, day): f"AWSLogs/{account}/vpcflowlogs/{_REGION}/2026/10/{day:02d}/"
        for account in (_A, _B)
        for day in (1, 2)
    }
    for (_, day), folder in folders.items():
        line = record(_START + (day - 1) * 86400, dstport=day)
        rig.put_keys(BUCKET, [folder + _NAME], log(line))
    shell = _shell(
        rig,
        tmp_path,
        'partition_keys = "single"',
        'column_names = "older"',
        f'account = "{_A}"',
        f'log_region = "{_REGION}"',
    )
    assert shell.run("partitions", "sync", "--all", "--format", "json").json["added"] == 2
    assert registered(rig) == {
        (f"2026-10-{day:02d}",): f"s3://{BUCKET}/{folders[_A, day]}" for day in (1, 2)
    }
    sql = "SELECT aws_account, aws_region, day, srcaddr, dstport FROM flow_logs"
    assert _asked(rig, tmp_path, sql) == [[_A, _REGION, "2026-10-01", "198.51.100.7", 1]]
