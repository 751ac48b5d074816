"""``flowathena init`` on folders of every kind, by the real command."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.cases import HEADER, LogFile, record
from tests.shell import Shell

DAY = "2026-11-02"
LINE = record("2026-11-02T10:00:00")
V5 = "start end action srcaddr dstaddr srcport dstport protocol packets bytes pkt-src-aws-service"


def config_of(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "flowathena.toml").read_text(encoding="utf-8"))


def touch(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text("not a flow log\n")


def test_it_shows_what_it_found_and_writes_a_target(tmp_path: Path) -> None:
    LogFile(DAY, (LINE,)).write(tmp_path / "logs")
    LogFile("2026-11-03", (LINE,), account="444455556666", region="us-east-1").write(
        tmp_path / "logs"
    )
    done = Shell(tmp_path).run("init", "./logs")
    shown = dict(line.split(maxsplit=1) for line in done.out.splitlines() if "newest" not in line)
    assert shown["location"] == str(tmp_path / "logs")
    assert shown["accounts"] == "2 (111122223333, 444455556666)"
    assert shown["regions"] == "2 (eu-west-1, us-east-1)"
    assert shown["layout"] == "plain-daily"
    assert shown["format"] == "default, 14 fields (version 2)"
    assert shown["table"] == "flowathena.vpc_flow_logs"
    assert config_of(tmp_path) == {
        "default_target": "local",
        "targets": {
            "local": {"location": "./logs", "database": "flowathena", "table": "vpc_flow_logs"}
        },
    }


def test_options_become_settings(tmp_path: Path) -> None:
    LogFile(DAY, (LINE,)).write(tmp_path / "logs")
    shell = Shell(tmp_path)
    shell.run(
        *("init", str(tmp_path / "logs"), "-t", "mine"), *("--database", "net", "--table", "flows")
    )
    assert config_of(tmp_path)["targets"]["mine"] == {
        "location": str(tmp_path / "logs"),
        "database": "net",
        "table": "flows",
    }
    shell.run("partitions", "sync", "--all", "-t", "mine")
    rows = shell.run(
        "run", "preview", "--since", DAY, "--until", "2026-11-03", "--format", "json"
    ).json
    assert len(rows) == 1


def test_a_custom_format_is_written_down_in_its_order(tmp_path: Path) -> None:
    file = LogFile(
        DAY, ("1793620000 1793620060 REJECT 10.0.0.1 10.0.0.2 50001 22 6 1 40 S3",), header=V5
    )
    file.write(tmp_path / "logs")
    shell = Shell(tmp_path)
    done = shell.run("init", "./logs")
    assert "custom, 11 fields (version 5)" in done.out
    assert config_of(tmp_path)["targets"]["local"]["log_format"] == V5.split()

    shell.run("partitions", "sync", "--all")
    rows = shell.run(
        *("run", "ssh_rejects", "--since", DAY, "--until", "2026-11-03", "--format", "json")
    ).json
    assert [(row["srcaddr"], row["flows"]) for row in rows] == [("10.0.0.1", 1)]


def test_twice_the_same_changes_nothing_and_other_settings_are_refused(tmp_path: Path) -> None:
    LogFile(DAY, (LINE,)).write(tmp_path / "logs")
    shell = Shell(tmp_path)
    shell.run("init", "./logs")
    before = (tmp_path / "flowathena.toml").read_bytes()
    assert "nothing to write" in shell.run("init", "./logs").err
    assert "nothing to write" in shell.run("init", str(tmp_path / "logs")).err
    line = shell.refused("init", "./logs", "--table", "other")
    assert "has a target 'local' already" in line
    assert "--target" in line
    assert (tmp_path / "flowathena.toml").read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        '# mine\ndefault_target = "first"   # and this\n\n[targets.first]\nlocation="./logs"\n',
        "[targets.\"first\"]\n  location = './logs'  # ünïcode “quotes”\n",
    ],
)
def test_a_second_target_leaves_the_first_text_as_it_was(tmp_path: Path, text: str) -> None:
    LogFile(DAY, (LINE,)).write(tmp_path / "logs")
    (tmp_path / "flowathena.toml").write_text(text, encoding="utf-8")
    shell = Shell(tmp_path)
    shell.run("init", "./logs", "--target", "second")
    assert (tmp_path / "flowathena.toml").read_bytes().startswith(text.encode())
    assert list(config_of(tmp_path)["targets"]) == ["first", "second"]
    shell.run("config", "validate")


def test_it_adds_to_the_configuration_found_above(tmp_path: Path) -> None:
    LogFile(DAY, (LINE,)).write(tmp_path / "below" / "logs")
    (tmp_path / "flowathena.toml").write_text("# mine\n")
    Shell(tmp_path / "below").run("init", "logs")
    assert config_of(tmp_path)["targets"]["local"]["location"] == "./below/logs"
    assert not (tmp_path / "below" / "flowathena.toml").exists()


def test_config_names_the_file_to_write(tmp_path: Path) -> None:
    LogFile(DAY, (LINE,)).write(tmp_path / "logs")
    shell = Shell(tmp_path)
    shell.run("init", "./logs", "--config", "mine.toml")
    assert not (tmp_path / "flowathena.toml").exists()
    assert "1 targets" in shell.run("config", "validate", "--config", "mine.toml").out


def test_an_organization_folder_and_a_govcloud_region(tmp_path: Path) -> None:
    LogFile(DAY, (LINE,), above="o-exampleorgid/", region="us-gov-west-1").write(tmp_path / "logs")
    shell = Shell(tmp_path)
    done = shell.run("init", "./logs")
    assert "111122223333" in done.out
    assert "us-gov-west-1" in done.out
    shell.run("partitions", "sync", "--all")
    rows = shell.run(
        *("run", "preview", "--since", DAY, "--until", "2026-11-03", "--format", "json"),
        *("--region", "us-gov-west-1", "--account", "111122223333"),
    ).json
    assert [(row["aws_region"], row["day"]) for row in rows] == [("us-gov-west-1", DAY)]


def test_foreign_folders_are_passed_by(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    LogFile(DAY, (LINE,)).write(root)
    touch(
        root,
        "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/02/trail.json.gz",
        "AWSLogs/111122223333/elasticloadbalancing/eu-central-1/2026/11/02/elb.log.gz",
        "AWSLogs/222233334444/Config/eu-west-1/2026/11/02/config.json.gz",
        "AWSLogs/not-an-account/vpcflowlogs/eu-west-1/2026/11/02/x.log.gz",
        "AWSLogs/111122223333/vpcflowlogs/nowhere/2026/11/02/x.log.gz",
        "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/13/02/x.log.gz",
        "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/02/30/x.log.gz",
        "AWSLogs/111122223333/vpcflowlogs/eu-west-1/old/11/02/x.log.gz",
        "AWSLogs/README.txt",
        "somewhere/else.txt",
    )
    shell = Shell(tmp_path)
    done = shell.run("init", "./logs")
    assert "1 (111122223333)" in done.out
    assert "1 (eu-west-1)" in done.out
    plan = shell.run("partitions", "plan", "--all", "--format", "json").json
    assert [change["values"]["day"] for change in plan["add"]] == [DAY]


def test_hour_folders_are_registered_as_days_and_all_read(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    for hour in ("00", "13", "23"):
        start = f"2026-11-02T{hour}:30:00"
        LogFile(DAY, (record(start),), below=f"{hour}/", time=f"{hour}35").write(root)
    shell = Shell(tmp_path)
    done = shell.run("init", "./logs")
    assert "plain-hourly" in done.out
    assert "days are registered and hold all their hours" in done.err
    shell.run("partitions", "sync", "--all")
    assert len(shell.run("partitions", "list", "--all", "--format", "json").json) == 1
    rows = shell.run(
        "run", "preview", "--since", DAY, "--until", "2026-11-03", "--format", "json"
    ).json
    assert [row["start_time"][11:13] for row in rows] == ["00", "13", "23"]
    assert {row["day"] for row in rows} == {DAY}


def test_a_day_of_empty_files_leaves_the_default_format(tmp_path: Path) -> None:
    LogFile(DAY, ()).write(tmp_path / "logs").write_bytes(b"")
    done = Shell(tmp_path).run("init", "./logs")
    assert "unknown (no log object with a header line found)" in done.out
    assert "log_format" not in config_of(tmp_path)["targets"]["local"]


def test_a_folder_without_logs_is_refused_and_nothing_written(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    (tmp_path / "empty").mkdir()
    touch(tmp_path, "trail/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/02/t.json.gz")
    assert "holds no AWSLogs/ folder" in shell.refused("init", "./empty", code=1)
    assert "holds no VPC flow logs" in shell.refused("init", "./trail", code=1)
    assert "missing is no folder" in shell.refused("init", "./missing", code=1)
    assert "leave AWSLogs off" in shell.refused("init", "./trail/AWSLogs/")
    assert not (tmp_path / "flowathena.toml").exists()


def test_hive_folders_and_parquet_are_refused_in_one_line(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    hive = tmp_path / (
        "hive/AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/aws-region=eu-west-1/"
        "year=2026/month=11/day=02/x.log.gz"
    )
    hive.parent.mkdir(parents=True)
    hive.write_bytes(LogFile(DAY, (LINE,)).content())
    touch(tmp_path, "pq/AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/02/x.log.parquet")
    assert "hive-daily" in shell.refused("init", "./hive", code=1)
    assert "is Parquet" in shell.refused("init", "./pq", code=1)
    assert not (tmp_path / "flowathena.toml").exists()


def test_a_header_with_fields_nobody_knows_is_refused(tmp_path: Path) -> None:
    LogFile(DAY, (LINE + " 1",), header=HEADER + " from-the-future").write(tmp_path / "logs")
    line = Shell(tmp_path).refused("init", "./logs", code=1)
    assert "from-the-future" in line
    assert ".log.gz" in line


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("-t", "two words"), "use letters, digits, _ and -"),
        (("-t", ']\nx = "'), "use letters, digits, _ and -"),
        (("--database", "Net Work"), "database 'Net Work' is not"),
        (("--table", 'x"; DROP'), "table"),
        (("--output-location", "./here"), "output_location './here' is not"),
    ],
)
def test_wrong_settings_are_refused_and_nothing_written(
    tmp_path: Path, options: tuple[str, ...], told: str
) -> None:
    LogFile(DAY, (LINE,)).write(tmp_path / "logs")
    assert told in Shell(tmp_path).refused("init", "./logs", *options)
    assert not (tmp_path / "flowathena.toml").exists()


def test_a_folder_with_an_odd_name_works_from_end_to_end(tmp_path: Path) -> None:
    name = "it's “my” lögs; \\ [x] {y} * ?"
    LogFile(DAY, (LINE,)).write(tmp_path / name)
    shell = Shell(tmp_path)
    shell.run("init", f"./{name}")
    assert config_of(tmp_path)["targets"]["local"]["location"] == f"./{name}"
    shell.run("partitions", "sync", "--all")
    rows = shell.run(
        "run", "preview", "--since", DAY, "--until", "2026-11-03", "--format", "json"
    ).json
    assert [row["day"] for row in rows] == [DAY]
