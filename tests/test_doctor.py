"""The doctor finds each planted fault, and says nothing of a healthy target."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowathena import Client
from flowathena.doctor.findings import Finding
from tests.cases import HEADER, LogFile, record
from tests.shell import Shell

DAY, NEXT = "2026-10-01", "2026-10-02"
NOON = "2026-10-01T12:00:00"
TURNED = " ".join(sorted(HEADER.split()))


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Client]:
    """A local target over some files; its days registered by default."""

    def made(*files: LogFile, settings: str = "", sync: bool = True) -> Client:
        for file in files:
            file.write(tmp_path / "logs")
        config = tmp_path / "flowathena.toml"
        config.write_text(f'[targets.local]\nlocation = "./logs"\n{settings}\n')
        client = Client(config_path=config, clock=lambda: datetime(2026, 10, 3, tzinfo=UTC))
        if sync:
            client.partitions.sync(everything=True)
        return client

    return made


def day(name: str = DAY, header: str = HEADER, time: str = "0005") -> LogFile:
    return LogFile(name, (record(NOON),), header=header, time=time)


def reported(client: Client) -> list[tuple[str, str]]:
    return [(finding.side, finding.what) for finding in client.doctor()]


def only(client: Client) -> Finding:
    (finding,) = client.doctor()
    return finding


def test_a_healthy_target_is_well(project: Callable[..., Client]) -> None:
    assert reported(project(day(), day(NEXT))) == []


def test_no_table(project: Callable[..., Client]) -> None:
    finding = only(project(day(), sync=False))
    assert (finding.side, finding.what) == ("table", "the table does not exist")
    assert finding.fix == "flowathena table create -t local"


def test_no_partition_is_registered(project: Callable[..., Client], tmp_path: Path) -> None:
    client = project(day())
    with sqlite3.connect(tmp_path / "logs" / ".flowathena" / "catalog.sqlite") as catalog:
        catalog.execute("DELETE FROM partitions")
    catalog.close()
    finding = only(client)
    assert finding.what == "no partition is registered: Athena sees no data"
    assert "logs up to 2026-10-01" in finding.evidence
    assert finding.fix == "flowathena partitions sync -t local"


def test_the_newest_day_is_not_registered(project: Callable[..., Client], tmp_path: Path) -> None:
    client = project(day())
    day(NEXT).write(tmp_path / "logs")
    finding = only(client)
    assert finding.what == "the newest days are not registered"
    assert finding.evidence == "logs up to 2026-10-02, registered up to 2026-10-01"


def test_fields_in_another_order_than_the_tables(project: Callable[..., Client]) -> None:
    finding = only(project(day(header=TURNED)))
    assert finding.side == "columns"
    assert finding.what.startswith("the table reads the fields in another order")
    # Sorted by name account-id comes first; the table's first column is version.
    assert finding.evidence.startswith("column 1 is version, the header of AWSLogs/")
    assert finding.evidence.endswith("has account_id there")


def test_the_tables_own_order_is_no_fault(project: Callable[..., Client]) -> None:
    fields = ", ".join(f'"{name}"' for name in TURNED.split())
    assert reported(project(day(header=TURNED), settings=f"log_format = [{fields}]")) == []


def test_two_flow_logs_of_different_formats(project: Callable[..., Client], tmp_path: Path) -> None:
    client = project(day(NEXT))
    other = day(NEXT, header=TURNED, time="0000")
    path = other.write(tmp_path / "logs")
    path.rename(path.with_name(path.name.replace("fl-0123456789abcdef0", "fl-0fedcba9876543210")))
    findings = [finding for finding in client.doctor() if finding.side == "flow logs"]
    assert [finding.what for finding in findings] == [
        "flow logs of different formats are delivered to one folder"
    ]
    assert "fl-0123456789abcdef0: 14 fields" in findings[0].evidence
    assert "fl-0fedcba9876543210: 14 fields" in findings[0].evidence


def test_the_second_flow_log_is_found_behind_a_whole_day_of_the_first(
    project: Callable[..., Client], tmp_path: Path
) -> None:
    client = project(day(NEXT))
    path = day(NEXT, header=TURNED, time="0000").write(tmp_path / "logs")
    whole = (tmp_path / "logs" / day(NEXT).key).read_bytes()
    for slot in range(300):  # every five minutes, and some
        name = path.name.replace("T0000Z", f"T{slot:04d}Z")
        path.with_name(name).write_bytes(whole)
    turned = day(NEXT, header=TURNED, time="2355").write(tmp_path / "logs")
    turned.rename(turned.with_name(turned.name.replace("_fl-0123456789abcdef0_", "_fl-0f_")))
    assert ("flow logs", "flow logs of different formats are delivered to one folder") in reported(
        client
    )


def test_two_flow_logs_of_one_format_are_well(
    project: Callable[..., Client], tmp_path: Path
) -> None:
    client = project(day(NEXT))
    path = day(NEXT, time="0010").write(tmp_path / "logs")
    path.rename(path.with_name(path.name.replace("fl-0123456789abcdef0", "fl-0fedcba9876543210")))
    assert reported(client) == []


def test_another_layout(project: Callable[..., Client]) -> None:
    client = project(day(), settings='layout = "hive-daily"', sync=False)
    finding = client.doctor()[0]
    assert finding.what == "the folders have another layout than the target"
    assert finding.fix == 'layout = "plain-daily" in [targets.local]'


def test_nothing_delivered_lately(project: Callable[..., Client], tmp_path: Path) -> None:
    project(day())
    config = tmp_path / "flowathena.toml"
    late = Client(config_path=config, clock=lambda: datetime(2026, 10, 20, tzinfo=UTC))
    finding = only(late)
    assert finding.what == "no logs have been delivered recently"
    assert finding.evidence == "the newest day is 2026-10-01"


def test_no_logs_at_all(project: Callable[..., Client], tmp_path: Path) -> None:
    client = project(day())
    (tmp_path / "logs" / "AWSLogs").rename(tmp_path / "logs" / "elsewhere")
    finding = only(client)
    assert finding.what == "the logs cannot be read"
    assert "contains no AWSLogs/ folder" in finding.evidence


def test_the_command_line(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.run("sample", "logs", "--records", "500", "--days", "2")
    shell.run("init", "./logs")
    shell.run("partitions", "sync", "--all")
    done = shell.run("doctor")
    assert (done.out, done.err) == ("", "target local: healthy\n")
    assert shell.run("doctor", "--format", "json").json == []
    with sqlite3.connect(tmp_path / "logs" / ".flowathena" / "catalog.sqlite") as catalog:
        catalog.execute("DELETE FROM partitions")
    catalog.close()
    done = shell.run("doctor", code=3)
    assert done.out.splitlines()[0] == "partitions: no partition is registered: Athena sees no data"
    assert done.out.splitlines()[2] == "  fix: flowathena partitions sync -t local"
    (finding,) = shell.run("doctor", "--format", "json", code=3).json
    assert set(finding) == {"side", "what", "evidence", "mend"}
