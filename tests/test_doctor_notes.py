"""What to know of flow logs although nothing is wrong."""

from pathlib import Path

import pytest

from flowathena.doctor.notes import notes_on
from flowathena.target.target import Target
from tests.cases import HEADER, LogFile, record
from tests.shell import Shell

_FOR_ALL = {"never recorded", "addresses", "skipped records", "delivery", "overlapping scopes"}


def about(target: Target) -> dict[str, str]:
    found = list(notes_on(target))
    named = {each.about: each.text for each in found}
    assert len(named) == len(found)
    return named


def test_a_folder_has_no_notes_of_glue(tmp_path: Path) -> None:
    assert set(about(Target("here", str(tmp_path)))) == _FOR_ALL
    assert set(about(Target("prod", "s3://logs/"))) == _FOR_ALL | {"policies", "partitions"}


@pytest.mark.parametrize(
    ("settings", "yearly", "most"),
    [
        ({}, "365", "2,739"),  # 1,000,000 / 365
        ({"layout": "plain-hourly", "granularity": "hour"}, "8,760", "114"),  # 24 times as many
    ],
)
def test_limits_of_partitions_are_those_of_the_target(
    settings: dict[str, str], yearly: str, most: str
) -> None:
    note = about(Target("prod", "s3://logs/", **settings))["partitions"]  # type: ignore[arg-type]
    assert f"each account and Region makes {yearly} a year here" in note
    assert f"reads {most} of these at most" in note


def test_a_projection_registers_none() -> None:
    note = about(Target("prod", "s3://logs/", partitioning="projection"))["partitions"]
    assert note.startswith("Athena computes them")


def test_notes_are_shown_if_they_are_asked_for(tmp_path: Path) -> None:
    LogFile("2026-10-01", (record("2026-10-01T12:00:00"),), header=HEADER).write(tmp_path / "logs")
    (tmp_path / "flowathena.toml").write_text('[targets.here]\nlocation = "./logs"\n')
    shell = Shell(tmp_path)
    shell.run("partitions", "sync", "--all")
    plain = shell.try_run("doctor")
    noted = shell.run("doctor", "--notes", code=plain.code)
    assert "169.254.169.254" not in plain.out
    assert noted.out.startswith(plain.out)
    assert "note, never recorded: traffic to Amazon's DNS servers" in noted.out
    bare = shell.try_run("doctor", "--format", "json").json
    whole = shell.try_run("doctor", "--notes", "--format", "json").json
    assert whole["findings"] == bare
    assert {each["about"] for each in whole["notes"]} == _FOR_ALL
