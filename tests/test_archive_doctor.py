"""What the doctor says of an archive."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowathena import Client
from flowathena.doctor.findings import Finding
from tests.aws import create_bucket, pointed_at
from tests.cases import LogFile, record
from tests.rig.client import Rig
from tests.week import put_week, register

DAY = "2026-10-01"


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """A local target with an archive, and one day of logs that is closed."""
    LogFile(DAY, (record(f"{DAY}T12:00:00"),)).write(tmp_path / "logs")
    config = tmp_path / "flowathena.toml"
    config.write_text(
        '[targets.local]\nlocation = "./logs"\narchive_location = "./archive"\n', encoding="utf-8"
    )
    made = Client(config_path=config, clock=lambda: datetime(2026, 10, 5, tzinfo=UTC))
    made.partitions.sync(everything=True)
    return made


def findings(client: Client) -> list[Finding]:
    return [each for each in client.doctor() if each.side == "archive"]


def test_it_knows_which_days_are_read_from_there(client: Client) -> None:
    assert findings(client) == []
    (note,) = client.doctor().notes
    assert note.startswith("nothing is archived in ")
    client.archive.run()
    assert findings(client) == []
    (note,) = client.doctor().notes
    assert note.startswith("read from the archive ")
    assert note.endswith(": 1 day")


def test_a_table_that_is_no_archive_is_found(client: Client) -> None:
    archive = client.target.archive
    assert archive is not None
    LogFile(DAY, (record(f"{DAY}T12:00:00"),)).write(Path(archive.location))
    other = Client(config_path=configured(archive.location, archive.table))
    other.partitions.sync(everything=True)
    (finding,) = findings(client)
    assert finding.side == "archive"
    assert "is no archive of flow logs" in finding.evidence


def configured(location: str, table: str) -> Path:
    """A configuration of a target whose logs are in the archive's folder, under its name."""
    path = Path(location) / "flowathena.toml"
    path.write_text(f'[targets.local]\nlocation = "."\ntable = "{table}"\n', encoding="utf-8")
    return path


@pytest.mark.rig
def test_the_bucket_of_an_archive_in_aws(rig: Rig, tmp_path: Path) -> None:
    week = put_week(rig, tmp_path)
    week.set('archive_location = "s3://nowhere-bucket/flows/"')
    register(week)
    with pointed_at(rig):
        found = [
            each for each in Client(config_path=week.config).doctor() if each.side == "archive"
        ]
    assert [each.what for each in found] == ["the bucket of the archive does not exist"]
    assert "aws s3 mb s3://nowhere-bucket --region eu-west-1" in found[0].fix
    create_bucket(rig, "nowhere-bucket")
    with pointed_at(rig):
        assert findings(Client(config_path=week.config)) == []
