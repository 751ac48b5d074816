"""The doctor finds each planted fault, and says nothing of a healthy target."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import duckdb
import pytest

from flowathena import Client
from flowathena.doctor.findings import Finding
from flowathena.sample import generate
from flowathena.sample.variant import FILE_FORMATS, LAYOUTS
from tests import doctor
from tests.cases import HEADER, LogFile, record
from tests.shell import Shell

DAY, NEXT = "2026-10-01", "2026-10-02"
NOON = "2026-10-01T12:00:00"
TURNED = " ".join(sorted(HEADER.split()))


@pytest.fixture(autouse=True)
def _beside_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands in messages need no ``--config`` there."""
    monkeypatch.chdir(tmp_path)


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


def test_fields_in_another_order_than_the_tables(
    project: Callable[..., Client], tmp_path: Path
) -> None:
    client = project(day())
    day(header=TURNED).write(tmp_path / "logs")  # what a sync saw is no longer so
    finding = only(client)
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


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """The folder that contains AWSLogs/, and with it of one account and Region."""
    return tmp_path / "logs"


REGION = "AWSLogs/111122223333/vpcflowlogs/eu-west-1"


HOUR, HIVE = 'granularity = "hour"', 'partition_keys = "hive"'
TARGETS = [
    # Every layout, file format and setting.
    ("plain-daily", "text", ""),
    ("plain-hourly", "parquet", HOUR),
    ("hive-daily", "parquet", HIVE),
    ("hive-hourly", "text", ""),
]
OTHERS = [
    (layout, file_format, settings)
    for layout, file_format, settings in product(LAYOUTS, FILE_FORMATS, (HOUR, HIVE, ""))
    if (settings != HOUR or "hourly" in layout) and (settings != HIVE or "hive" in layout)
    if (layout, file_format, settings) not in TARGETS
]


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("layout", "file_format", "settings"),
    [*TARGETS, *(pytest.param(*other, marks=pytest.mark.slow) for other in OTHERS)],
)
def test_targets_of_every_shape_are_well(
    tmp_path: Path, layout: str, file_format: str, settings: str
) -> None:
    generate(
        tmp_path / "logs",
        until=datetime(2026, 10, 3, tzinfo=UTC).date(),
        days=3,
        records=300,
        layout=layout,
        file_format=file_format,
    )
    config = tmp_path / "flowathena.toml"
    config.write_text(
        f'[targets.local]\nlocation = "./logs"\nlayout = "{layout}"\n'
        f'file_format = "{file_format}"\n{settings}\n'
    )
    client = Client(config_path=config, clock=lambda: datetime(2026, 10, 3, tzinfo=UTC))
    client.partitions.sync(everything=True)
    assert reported(client) == []


@pytest.mark.parametrize(
    "folder",
    [
        f"{REGION}/2026/11/31",
        f"{REGION}/2026/13/01",
        f"{REGION}/2026/02/29",
        f"{REGION}/2026/10",
        f"{REGION}/26/10/01",
        REGION,
        "AWSLogs/111122223333/vpcflowlogs/EU-WEST-1/2026/10/01",
        "AWSLogs/111122223333/vpcflowlogs/frankfurt/2026/10/01",
        "AWSLogs/123/vpcflowlogs/eu-west-1/2026/10/01",
    ],
)
def test_log_files_in_folders_that_no_table_reads(
    project: Callable[..., Client], logs: Path, folder: str
) -> None:
    client = project(day(), day(NEXT))
    stray = logs / folder / Path(day().key).name
    stray.parent.mkdir(parents=True, exist_ok=True)
    stray.write_bytes(day().content())
    finding = only(client)
    assert finding.what.startswith("log files are in folders that are no ")
    assert finding.fix.startswith("move them into the ")
    if "EU-WEST-1" in folder:
        above = logs / "AWSLogs/111122223333/vpcflowlogs"
        assert finding.fix.endswith(f": mv {above}/EU-WEST-1/ {above}/eu-west-1")
    stray.unlink()
    assert reported(client) == []


@pytest.mark.parametrize(
    "path",
    [
        "AWSLogs/notes.txt",
        "AWSLogs/111122223333/vpcflowlogs/README",
        "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/31/notes.txt",
        "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/10/01/a_CloudTrail_b.json.gz",
        f"{REGION}/2026/10/01/24/notes.txt",
    ],
)
def test_other_files_are_no_matter(project: Callable[..., Client], logs: Path, path: str) -> None:
    client = project(day(), day(NEXT))
    (logs / path).parent.mkdir(parents=True, exist_ok=True)
    (logs / path).write_text("nothing")
    assert reported(client) == []


@pytest.mark.parametrize(
    "content",
    [b"<html>403</html>", day(NEXT).content()[:-9], day(NEXT).content()[:40], b"\x1f\x8b\x08"],
    ids=["a page", "cut short", "cut in its data", "a header alone"],
)
def test_a_damaged_newest_file(project: Callable[..., Client], logs: Path, content: bytes) -> None:
    client = project(day(), day(NEXT))
    path = logs / day(NEXT, time="0010").key
    path.write_bytes(content)
    finding = only(client)
    assert finding.what == "log files are damaged: a query that reads one fails"
    assert path.name in finding.evidence
    assert f"mv {path}" in finding.fix
    path.rename(logs / "damaged")
    assert reported(client) == []


def test_a_damaged_parquet_file(tmp_path: Path) -> None:
    generate(
        tmp_path / "logs",
        until=datetime(2026, 10, 3, tzinfo=UTC).date(),
        days=2,
        records=300,
        file_format="parquet",
    )
    config = tmp_path / "flowathena.toml"
    config.write_text('[targets.local]\nlocation = "./logs"\nfile_format = "parquet"\n')
    client = Client(config_path=config, clock=lambda: datetime(2026, 10, 3, tzinfo=UTC))
    client.partitions.sync(everything=True)
    path = max((tmp_path / "logs").rglob("*.parquet"))
    path.write_bytes(path.read_bytes()[:-4])
    assert "does not end with PAR1" in only(client).evidence


def test_start_in_milliseconds_in_parquet(tmp_path: Path) -> None:
    path = tmp_path / "logs" / day(NEXT).key.replace(".log.gz", ".log.parquet")
    path.parent.mkdir(parents=True)
    columns = ", ".join(f"1 AS {name.replace('-', '_')}" for name in HEADER.split())
    duckdb.sql(
        f"COPY (SELECT {columns.replace('1 AS start', '1790856000000 AS start')}) TO '{path}'"
    )
    config = tmp_path / "flowathena.toml"
    config.write_text('[targets.local]\nlocation = "./logs"\nfile_format = "parquet"\n')
    client = Client(config_path=config, clock=lambda: datetime(2026, 10, 3, tzinfo=UTC))
    client.partitions.sync(everything=True)
    milliseconds, unregistered = client.doctor()
    assert milliseconds.evidence.startswith("start = 1790856000000 in ")
    assert unregistered.side == "partitions"  # a sync registers no such folder


def test_start_in_milliseconds(project: Callable[..., Client], logs: Path) -> None:
    line = record(1_790_856_000_000)  # 2026-10-01T12:00:00
    client = project(LogFile(DAY, (line,)))
    finding = only(client)
    assert finding.what == "start is in milliseconds, so no window of time contains the records"
    assert finding.evidence.startswith(f"start = 1790856000000 in {logs}/AWSLogs/")
    assert not client.run("top_https_servers", since=DAY, until=NEXT).data
    LogFile(DAY, (record(1_790_856_000),)).write(logs)  # divided by 1000, as the fix says
    assert reported(client) == []


def test_an_account_that_is_quiet_while_others_are_not(project: Callable[..., Client]) -> None:
    client = project(
        *(LogFile(f"2026-10-{n:02d}", (record(f"2026-10-{n:02d}T12:00:00"),)) for n in (1, 2)),
        LogFile("2026-09-12", (record("2026-09-12T12:00:00"),), account="444455556666"),
    )
    finding = only(client)
    assert finding.what == "1 account and Region of 2 delivered nothing recently"
    assert finding.evidence == "444455556666 eu-west-1 since 2026-09-12"
    assert "aws ec2 describe-flow-logs --region eu-west-1" in finding.fix


def test_an_account_that_is_not_in_use_any_more(project: Callable[..., Client]) -> None:
    assert reported(project(day(NEXT), LogFile("2026-07-01", (), account="444455556666"))) == []


def test_an_account_without_partitions(project: Callable[..., Client], tmp_path: Path) -> None:
    client = project(day(NEXT))
    LogFile(NEXT, (record(NOON),), account="444455556666").write(tmp_path / "logs")
    finding = only(client)
    assert finding.what == "accounts and Regions with logs have no registered partition"
    assert finding.evidence == "444455556666 eu-west-1"
    assert finding.fix == "flowathena partitions sync -t local"
    client.partitions.sync()
    assert reported(client) == []


def test_a_day_between_that_is_not_registered(
    project: Callable[..., Client], tmp_path: Path
) -> None:
    client = project(day("2026-09-29"), day(NEXT))
    day().write(tmp_path / "logs")
    finding = only(client)
    assert finding.what == "1 partition with logs is not registered"
    assert "111122223333/eu-west-1/2026-10-01" in finding.evidence
    client.partitions.sync()
    assert reported(client) == []


def test_old_logs_come_with_the_sync_that_registers_them(
    project: Callable[..., Client], tmp_path: Path
) -> None:
    project(LogFile("2026-02-28", (record("2026-02-28T12:00:00"),)), sync=False)
    now = datetime(2026, 10, 3, tzinfo=UTC)
    client = Client(config_path=tmp_path / "flowathena.toml", clock=lambda: now)
    client.table.create()
    late, missing = client.doctor()
    assert late.what == "no logs have been delivered recently"
    assert missing.what == "no partition is registered: Athena sees no data"
    assert missing.fix == "flowathena partitions sync --since 2026-02-28 -t local"
    client.partitions.sync(since="2026-02-28")
    assert reported(client) == [("logs", "no logs have been delivered recently")]


def _rewrite(folder: Path, statement: str, *values: str) -> None:
    with sqlite3.connect(folder / "logs" / ".flowathena" / "catalog.sqlite") as catalog:
        catalog.execute(statement, values)
    catalog.close()


def test_a_partition_that_points_at_another_day(
    project: Callable[..., Client], tmp_path: Path
) -> None:
    client = project(day(), day(NEXT))
    _rewrite(
        tmp_path,
        "UPDATE partitions SET location = replace(location, '10/02', '10/01')",
    )
    finding = only(client)
    assert finding.what == "partitions point at the folder of another day, account or Region"
    assert finding.evidence.startswith("1 of 2 since 2026-09-02: 111122223333/eu-west-1/2026-10-02")
    doctor.sync(client, finding.fix)
    assert reported(client) == []


def test_one_day_registered_under_two_spellings(
    project: Callable[..., Client], tmp_path: Path
) -> None:
    client = project(day(), day(NEXT))
    _rewrite(
        tmp_path,
        "INSERT INTO partitions SELECT database, name, replace(partition_values, 'eu-west-1', "
        "'EU-WEST-1'), location FROM partitions WHERE partition_values LIKE '%10-02%'",
    )
    finding = only(client)
    assert finding.what == "partitions are registered twice, so that their records count twice"
    assert "111122223333/EU-WEST-1/2026-10-02" in finding.evidence
    doctor.sync(client, finding.fix)
    assert reported(client) == []


def test_a_third_of_the_partitions_points_at_missing_folders(
    project: Callable[..., Client], tmp_path: Path
) -> None:
    client = project(day("2026-09-29"), day(), day(NEXT))
    path = tmp_path / "logs" / day("2026-09-29").key
    path.unlink()
    finding = only(client)
    assert finding.what == "partitions point at folders without logs"
    assert finding.evidence.startswith("1 of 3 since 2026-09-02: 111122223333/eu-west-1/2026-09-29")
    doctor.sync(client, finding.fix)
    assert reported(client) == []


def test_days_registered_ahead_of_logs_are_well(
    project: Callable[..., Client], tmp_path: Path
) -> None:
    """Also after they have passed: a Region may have delivered nothing since."""
    client = project(day(), day(NEXT), sync=False)
    client.partitions.sync(ahead=2)
    now = datetime(2026, 10, 4, tzinfo=UTC)
    later = Client(config_path=tmp_path / "flowathena.toml", clock=lambda: now)
    assert (reported(client), reported(later)) == ([], [])


@pytest.mark.parametrize("target", ["missing", "03", "..", "../.."])
def test_links_that_cannot_be_followed(
    project: Callable[..., Client], logs: Path, target: str
) -> None:
    client = project(day(), day(NEXT))
    link = logs / REGION / "2026" / "10" / "03"
    link.symlink_to(target)
    finding = only(client)
    assert finding.what == "links cannot be followed, so nothing is read there"
    assert finding.evidence.startswith(f"{link}: ")
    assert finding.fix == f"rm {link}, or point it at an existing folder"
    link.unlink()
    assert reported(client) == []


def test_links_that_can_be_followed_are_well(
    project: Callable[..., Client], logs: Path, tmp_path: Path
) -> None:
    client = project(day(), day(NEXT))
    folder = logs / REGION / "2026" / "10" / "02"
    folder.rename(tmp_path / "moved")
    folder.symlink_to(tmp_path / "moved")
    assert reported(client) == []


def test_a_damaged_catalog(project: Callable[..., Client], tmp_path: Path) -> None:
    client = project(day(), day(NEXT))
    path = tmp_path / "logs" / ".flowathena" / "catalog.sqlite"
    path.write_bytes(b"no database " * 400)
    finding = only(client)
    assert finding.side == "table"
    assert str(path) in finding.evidence
    assert finding.fix == "remove it, then flowathena partitions sync --all -t local"
    path.unlink()
    doctor.run(Shell(tmp_path), finding.fix)
    assert reported(client) == []


def test_a_location_that_does_not_exist(project: Callable[..., Client], logs: Path) -> None:
    client = project(day())
    logs.rename(logs.with_name("elsewhere"))
    assert [finding.side for finding in client.doctor()] == ["logs"]


def test_the_other_layout_beside_the_targets(project: Callable[..., Client], logs: Path) -> None:
    client = project(day(), day(NEXT))
    (logs / "AWSLogs" / "aws-account-id=111122223333" / "a").mkdir(parents=True)
    (logs / "AWSLogs" / "aws-account-id=111122223333" / "a" / "b").touch()
    finding = only(client)
    assert finding.what == "flow logs of several layouts or file formats share a prefix"


def test_the_layout_of_the_fix_is_the_right_one(
    project: Callable[..., Client], tmp_path: Path
) -> None:
    client = project(day(NEXT), settings='layout = "hive-daily"', sync=False)
    doctor.configure(tmp_path / "flowathena.toml", **doctor.settings(client.doctor()[0].fix))
    now = datetime(2026, 10, 3, tzinfo=UTC)
    healed = Client(config_path=tmp_path / "flowathena.toml", clock=lambda: now)
    assert reported(healed) == [("table", "the table does not exist")]


def test_hours_in_days_without_hours(project: Callable[..., Client], tmp_path: Path) -> None:
    client = project(
        day(NEXT), settings='layout = "plain-hourly"\ngranularity = "hour"', sync=False
    )
    finding = client.doctor()[0]
    assert finding.what == "the folders have another layout than the target"
    assert doctor.settings(finding.fix) == {"layout": '"plain-daily"', "granularity": '"day"'}
    assert tmp_path.exists()


def test_formats_of_the_oldest_and_the_newest_day(project: Callable[..., Client]) -> None:
    older = LogFile("2026-09-20", (record("2026-09-20T12:00:00"),), header=TURNED)
    found = [each for each in project(older, day(NEXT)).doctor() if each.side == "flow logs"]
    (finding,) = found
    assert (
        finding.what == "flow logs of different formats are delivered to the folders of one table"
    )


def test_a_format_that_grew_is_well(project: Callable[..., Client]) -> None:
    """Lines without the last fields read as NULL there."""
    fields = ", ".join(f'"{name}"' for name in [*HEADER.split(), "vpc-id"])
    longer = LogFile(NEXT, (f"{record(NOON)} vpc-1",), header=f"{HEADER} vpc-id")
    assert reported(project(day(), longer, settings=f"log_format = [{fields}]")) == []


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
