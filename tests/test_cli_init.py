"""``flowathena init`` on folders of every kind, by the real command."""

import gzip
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flowathena import Client
from flowathena.sample import generate
from tests.cases import HEADER, LogFile, record
from tests.shell import Shell

DAY = "2026-11-02"
LINE = record("2026-11-02T10:00:00")
V5 = "start end action srcaddr dstaddr srcport dstport protocol packets bytes pkt-src-aws-service"


PLAIN = "AWSLogs/111122223333/vpcflowlogs/eu-west-1/2026/11/02/"
HIVE = (
    "AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/aws-region=eu-west-1/"
    "year=2026/month=11/day=02/"
)
NAME = "111122223333_vpcflowlogs_eu-west-1_fl-0123456789abcdef0_20261102T{}Z_c0ffee.log.{}"
ROW = "SELECT 2 AS version, '10.0.0.1' AS srcaddr, 7 AS bytes, 1793620000::BIGINT AS \"start\""
NAME_OF_TEXT = NAME.format("1200", "log.gz")


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
    assert shown["format"] == "default, 14 fields (version 2), text"
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
    assert "is up to date" in shell.run("init", "./logs").err
    assert "is up to date" in shell.run("init", str(tmp_path / "logs")).err
    line = shell.refused("init", "./logs", "--table", "other")
    assert "already has a target 'local'" in line
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
    assert "1 target," in shell.run("config", "validate", "--config", "mine.toml").out


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
    assert "partitions are days, each with all its hours" in done.err
    shell.run("partitions", "sync", "--all")
    assert len(shell.run("partitions", "list", "--all", "--format", "json").json) == 1
    rows = shell.run(
        "run", "preview", "--since", DAY, "--until", "2026-11-03", "--format", "json"
    ).json
    assert [row["start_time"][11:13] for row in rows] == ["00", "13", "23"]
    assert {row["day"] for row in rows} == {DAY}


NAME_THEM = (
    'name the fields in the order of the records: --fields "${version} ${account-id} …", or '
    "--fields default"
)
FIREHOSE = "stream-1-2026-11-02-03-04-05-0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"


def put(folder: Path, *files: tuple[str, bytes]) -> Path:
    """Write files into the plain day's folder; the folder."""
    day = folder / "logs" / PLAIN
    day.mkdir(parents=True, exist_ok=True)
    for name, content in files:
        (day / name).write_bytes(content)
    return day


def gz(*lines: str) -> bytes:
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), mtime=0)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no log can be read: {day} contains no log that is not empty"),
        (gz(), "no log can be read: {path} is empty"),
        (gz(HEADER, LINE)[:-9], "no log can be read: {path} is not a complete gzip file: it ends"),
        (b"PAR1", "no log can be read: {path} is not a complete Parquet file"),
        (b"<html>403</html>", "no log can be read: {path} is an HTML page, not a log"),
        (gz(LINE), "{path} has no header line, and a record has 14 values"),
        (f"{LINE}\n".encode(), "{path} has no header line, and a record has 14 values"),
    ],
)
def test_an_unknown_record_format_is_an_error_that_names_the_object(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    day = put(tmp_path, ("x.log.gz", content))
    shell = Shell(tmp_path)
    line = shell.refused("init", "./logs", code=1)
    assert line.startswith(f"error: {reason.format(day=f'{day}/', path=day / 'x.log.gz')}")
    assert line.endswith(f"; {NAME_THEM}")
    assert not (tmp_path / "flowathena.toml").exists()
    done = shell.run("init", "./logs", "--fields", "${srcaddr} ${start} ${bytes}")
    assert "format     custom, 3 fields (version 2), " in done.out
    written = config_of(tmp_path)["targets"]["local"]
    assert written["log_format"] == ["srcaddr", "start", "bytes"]
    assert written.get("file_format", "text") == ("parquet" if content == b"PAR1" else "text")
    told = "the first record of" in done.err
    assert told is reason.endswith("14 values")


def test_folders_without_a_log_do_not_tell_the_record_format(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    touch(root, f"{PLAIN}notes.txt", f"{PLAIN}_SUCCESS")
    shell = Shell(tmp_path)
    line = shell.refused("init", "./logs", code=1)
    assert line == f"error: {root}/AWSLogs/ contains no log file of the last days; {NAME_THEM}"
    shell.run("init", "./logs", "--fields", "default")
    assert "log_format" not in config_of(tmp_path)["targets"]["local"]


@pytest.mark.parametrize(
    "fields",
    [
        "${srcaddr} ${start} ${bytes}",
        "srcaddr start bytes",
        "srcaddr,start,bytes",
        " srcaddr, start, bytes ",
    ],
)
def test_fields_are_named_as_one_likes(tmp_path: Path, fields: str) -> None:
    put(tmp_path, ("x.log", b"10.0.0.1 1793620800 7\n"))
    done = Shell(tmp_path).run("init", "./logs", "--fields", fields)
    assert "warning" not in done.err
    written = config_of(tmp_path)["targets"]["local"]
    assert written["log_format"] == ["srcaddr", "start", "bytes"]


def test_fields_that_are_no_record_format_are_refused(tmp_path: Path) -> None:
    put(tmp_path, ("x.log", b"10.0.0.1 1793620800 7\n"))
    shell = Shell(tmp_path)
    assert "--fields: lacks start" in shell.refused("init", "./logs", "--fields", "srcaddr byte")
    assert "--fields: has a field twice" in shell.refused(
        "init", "./logs", "--fields", "start start"
    )
    assert "--fields is for a LOCATION" in shell.refused(
        "init", "--flow-log", "fl-0123456789abcdef0", "--fields", "default"
    )


def test_fields_that_the_logs_contradict_are_told(tmp_path: Path) -> None:
    LogFile(DAY, (LINE,)).write(tmp_path / "logs")
    done = Shell(tmp_path).run("init", "./logs", "--fields", "start bytes")
    assert f"names other fields than --fields: {HEADER}" in done.err


@pytest.mark.parametrize(
    ("name", "content", "file_format"),
    [
        (FIREHOSE, gz(HEADER, LINE), "text"),
        (NAME_OF_TEXT, f"{HEADER}\n{LINE}\n".encode(), "text"),
        ("x.log.parquet", gz(HEADER, LINE), "text"),
        ("x.gz.parquet", None, "parquet"),
        ("x.snappy.parquet", None, "parquet"),
        ("x.log.gz", None, "parquet"),
    ],
)
def test_what_a_log_is_its_content_tells(
    tmp_path: Path, name: str, content: bytes | None, file_format: str
) -> None:
    day = put(tmp_path, *([] if content is None else [(name, content)]))
    if content is None:
        write_parquet(day, name, ROW)
    shell = Shell(tmp_path)
    done = shell.run("init", "./logs")
    fields = "default, 14 fields (version 2)" if content else "custom, 4 fields (version 2)"
    assert f"format     {fields}, {file_format}" in done.out
    assert f"sample     {PLAIN}{name}" in done.out
    assert "warning" not in done.err


@pytest.mark.parametrize("bad", [b"", gz(), gz(HEADER, LINE)[:-9], b"PAR1"])
def test_an_unreadable_newest_file_is_passed_over(tmp_path: Path, bad: bytes) -> None:
    put(
        tmp_path,
        (NAME.format("1200", "log.gz"), gz(V5, LINE)),
        (NAME.format("1300", "log.gz"), bad),
    )
    done = Shell(tmp_path).run("init", "./logs")
    assert "warning" not in done.err
    assert f"sample     {PLAIN}{NAME.format('1200', 'log.gz')}" in done.out
    assert config_of(tmp_path)["targets"]["local"]["log_format"] == V5.split()


def test_a_newest_day_without_a_readable_file_is_passed_over(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    LogFile("2026-10-31", (LINE,), header=V5).write(root)
    LogFile("2026-11-01", (LINE,)).write(root).write_bytes(b"")
    put(tmp_path, ("notes.txt", b"none"))
    done = Shell(tmp_path).run("init", "./logs")
    assert "newest day 2026-10-31" in done.out
    assert config_of(tmp_path)["targets"]["local"]["log_format"] == V5.split()


def named_by(flow_log: str, time: str, ending: str = "log.gz") -> str:
    """The name of a file of a flow log."""
    return NAME.format(time, ending).replace("fl-0123456789abcdef0", flow_log)


A, B, C, D = (f"fl-0{letter * 16}" for letter in "abcd")


def test_every_record_format_has_a_table(tmp_path: Path) -> None:
    day = put(
        tmp_path,
        (named_by(A, "1200"), gz(HEADER, LINE)),
        (named_by(B, "1400"), gz(V5, LINE)),
        (named_by(C, "1500"), gz(HEADER, LINE)[:30]),
    )
    write_parquet(day, named_by(D, "1300", "log.parquet"), ROW)
    shell = Shell(tmp_path)
    done = shell.run("init", "./logs")
    (warning,) = [line for line in done.err.splitlines() if line.startswith("warning")]
    assert "the format of 1 flow log could not be read (first: " in warning
    assert "format     custom, 11 fields (version 5), text" in done.out
    assert (
        "table 2    flowathena.vpc_flow_logs_parquet: custom, 4 fields (version 2), parquet"
    ) in done.out
    assert (
        "table 3    flowathena.vpc_flow_logs_v2: default, 14 fields (version 2), text"
    ) in done.out
    target = config_of(tmp_path)["targets"]["local"]
    assert target["log_format"] == V5.split()
    assert [each["table"] for each in target["sources"]] == [
        *("vpc_flow_logs_parquet", "vpc_flow_logs_v2")
    ]
    assert target["sources"][0]["file_format"] == "parquet"
    assert target["sources"][0]["log_format"] == ["version", "srcaddr", "bytes", "start"]
    assert target["sources"][1].get("log_format", HEADER.split()) == HEADER.split()
    shell.run("config", "validate")
    assert "is up to date" in shell.run("init", "./logs").err


def test_formats_that_one_table_reads_have_one(tmp_path: Path) -> None:
    """Text of which one begins with the fields of the other, and Parquet of any columns."""
    longer = f"{HEADER} vpc-id"
    day = put(
        tmp_path,
        (named_by(A, "1400"), gz(HEADER, LINE)),
        (named_by(B, "1200"), gz(longer, f"{LINE} vpc-0a")),
    )
    write_parquet(day, named_by(C, "1300", "log.parquet"), ROW)
    write_parquet(day, named_by(D, "1100", "log.parquet"), f"{ROW}, 443 AS dstport")
    done = Shell(tmp_path).run("init", "./logs", "--table", "flows")
    assert "warning" not in done.err
    target = config_of(tmp_path)["targets"]["local"]
    assert target["log_format"] == longer.split()
    (source,) = target["sources"]
    assert source["table"] == "flows_parquet"
    assert source["log_format"] == ["version", "srcaddr", "bytes", "start", "dstport"]


def test_what_no_table_can_read_is_told(tmp_path: Path) -> None:
    gateway = "version tgw-id tgw-attachment-id srcaddr dstaddr bytes start end"
    put(
        tmp_path,
        (named_by(A, "1400"), gz(HEADER, LINE)),
        (named_by(B, "1300"), gz(LINE)),
        (named_by(C, "1200"), gz(gateway, "6 tgw-0a tgw-attach-0a 10.0.0.1 10.0.0.2 7 1 2")),
        (named_by(D, "1100"), gz("srcaddr byte", "10.0.0.1 7")),
    )
    done = Shell(tmp_path).run("init", "./logs")
    told = [line for line in done.err.splitlines() if line.startswith("warning")]
    assert "of VPCs and of transit gateways write into the same folders" in told[0]
    assert [line.partition(" files of ")[2].partition(": ")[0] for line in told[1:]] == [B, D]
    assert "has no header line, and a record has 14 values" in told[1]
    assert "its record format lacks start" in told[2]
    targets = config_of(tmp_path)["targets"]
    assert "sources" not in targets["local"]
    assert {name: each["flow_logs"] for name, each in targets.items()} == {
        "local": [A],
        "local-tgw": [C],
    }


def test_named_fields_share_no_table_with_a_header_line(tmp_path: Path) -> None:
    put(
        tmp_path,
        (named_by(A, "1400"), gz(LINE)),
        (named_by(B, "1300"), gz(HEADER, LINE)),
    )
    Shell(tmp_path).run("init", "./logs", "--fields", "default")
    (source,) = config_of(tmp_path)["targets"]["local"]["sources"]
    assert source["table"] == "vpc_flow_logs_v2"


def test_a_folder_without_logs_is_refused_and_nothing_written(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    (tmp_path / "empty").mkdir()
    touch(tmp_path, "trail/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/11/02/t.json.gz")
    assert "contains no AWSLogs/ folder" in shell.refused("init", "./empty", code=1)
    assert "contains no VPC flow logs" in shell.refused("init", "./trail", code=1)
    assert "missing is not a folder" in shell.refused("init", "./missing", code=1)
    assert "contains no VPC flow logs" in shell.refused("init", "./trail/AWSLogs/", code=1)
    assert not (tmp_path / "flowathena.toml").exists()


def write_parquet(root: Path, key: str, select: str) -> None:
    (root / key).parent.mkdir(parents=True, exist_ok=True)
    duckdb.execute(f"COPY ({select}) TO '{root / key}' (FORMAT parquet)")


@pytest.mark.few(3)
@pytest.mark.parametrize("file_format", ["text", "parquet"])
@pytest.mark.parametrize("layout", ["plain-daily", "plain-hourly", "hive-daily", "hive-hourly"])
def test_every_layout_and_format_is_found(tmp_path: Path, layout: str, file_format: str) -> None:
    names = ("start", "pkt-dstaddr", "bytes", "tcp-flags", "version")
    generate(
        tmp_path / "logs", until=date(2026, 11, 20), days=1, records=300,
        layout=layout, file_format=file_format, log_format=names,
    )  # fmt: skip
    shell = Shell(tmp_path)
    done = shell.run("init", "./logs")
    shown = dict(line.split(maxsplit=1) for line in done.out.splitlines() if "newest" not in line)
    assert shown["layout"] == layout
    assert shown["format"].endswith(f", {file_format}")
    written = config_of(tmp_path)["targets"]["local"]
    assert written.get("layout", "plain-daily") == layout
    assert written.get("file_format", "text") == file_format
    assert written["log_format"] == list(names)
    assert "granularity" not in written
    shell.run("config", "validate")
    shell.run("partitions", "sync", "--all")
    days = shell.run("partitions", "list", "--all", "--format", "json").json
    assert {tuple(day["values"].values())[2] for day in days} == {"2026-11-19"}
    assert len(days) == 4


def test_hours_are_registered_on_demand(tmp_path: Path) -> None:
    for hour in ("00", "13"):
        LogFile(DAY, (LINE,), below=f"{hour}/", time=f"{hour}35").write(tmp_path / "logs")
    shell = Shell(tmp_path)
    done = shell.run("init", "./logs", "--granularity", "hour")
    assert "warning" not in done.err
    assert config_of(tmp_path)["targets"]["local"]["granularity"] == "hour"
    shell.run("partitions", "sync", "--all")
    found = shell.run("partitions", "list", "--all", "--format", "json").json
    assert [partition["values"]["hour"] for partition in found] == ["00", "13"]


def test_hours_need_hour_folders(tmp_path: Path) -> None:
    LogFile(DAY, (LINE,)).write(tmp_path / "logs")
    line = Shell(tmp_path).refused("init", "./logs", "--granularity", "hour")
    assert "needs hour folders; layout is 'plain-daily'" in line
    assert not (tmp_path / "flowathena.toml").exists()


def test_text_and_parquet_in_one_folder(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    LogFile(DAY, (LINE,), time="0005").write(root)
    write_parquet(root, PLAIN + NAME.format("1210", "parquet"), ROW)
    LogFile(DAY, (LINE,), time="0910").write(root)
    done = Shell(tmp_path).run("init", "./logs")
    assert "custom, 4 fields (version 2), parquet" in done.out
    assert NAME.format("1210", "parquet") in done.out
    assert "warning" not in done.err
    target = config_of(tmp_path)["targets"]["local"]
    assert target["log_format"] == ["version", "srcaddr", "bytes", "start"]
    assert [each["table"] for each in target["sources"]] == ["vpc_flow_logs_v2"]


def test_plain_and_hive_folders_side_by_side(tmp_path: Path) -> None:
    root = tmp_path / "logs"
    LogFile(DAY, (LINE,), time="0005").write(root)
    newer = root / (HIVE + "09/").replace("09/", "hour=09/") / NAME.format("0905", "gz")
    newer.parent.mkdir(parents=True)
    newer.write_bytes(LogFile(DAY, (LINE,)).content())
    shell = Shell(tmp_path)
    done = shell.run("init", "./logs", "--granularity", "hour")
    assert "layout     hive-hourly" in done.out
    shell.run("partitions", "sync", "--all")
    listed = shell.run("partitions", "list", "--all", "--format", "json").json
    plain = LogFile(DAY, (LINE,)).folder
    assert [each["location"].partition("AWSLogs/")[2] for each in listed] == [
        f"{HIVE}hour=09/".partition("AWSLogs/")[2],
        plain.partition("AWSLogs/")[2],
    ]
    count = shell.run("sql", "SELECT count(*) AS n FROM flow_logs", "--since", DAY,
                      "--format", "json").json  # fmt: skip
    assert count == [{"n": 2}]


def test_more_places_than_are_looked_at(tmp_path: Path) -> None:
    for number in range(1, 67):
        LogFile(DAY, (LINE,), region=f"eu-west-{number}").write(tmp_path / "logs")
    done = Shell(tmp_path).run("init", "./logs")
    assert "regions    66 (eu-west-1, eu-west-10, " in done.out
    assert "the newest day of 2 more accounts and Regions was not examined" in done.err


def test_hive_folders_below_an_organization(tmp_path: Path) -> None:
    path = tmp_path / "logs" / HIVE.replace("AWSLogs/", "AWSLogs/o-exampleorgid/") / "x.log.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(LogFile(DAY, (LINE,)).content())
    done = Shell(tmp_path).run("init", "./logs")
    assert "layout     hive-daily" in done.out
    assert "accounts   1 (111122223333)" in done.out


def test_a_damaged_parquet_file_is_told_in_one_line(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    for name, content in {
        "short": b"PAR1",
        "huge": b"PAR1\xff\xff\xff\x7fPAR1",
        "liar": b"PAR1" + b"\x00" * 50 + b"\x20\x00\x00\x00PAR1",
    }.items():
        path = tmp_path / name / PLAIN / "x.log.parquet"
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        assert "is not a complete Parquet file" in shell.refused("init", f"./{name}", code=1)
    assert not (tmp_path / "flowathena.toml").exists()


def test_a_footer_longer_than_the_first_read(tmp_path: Path) -> None:
    columns = ", ".join(f"'x' AS c{n}" for n in range(2000))
    write_parquet(tmp_path / "logs", PLAIN + "x.log.parquet", f"{ROW}, {columns}")
    done = Shell(tmp_path).run("init", "./logs")
    assert "custom, 2004 fields (version 2), parquet" in done.out


def test_fields_nobody_knows_are_columns_of_text(tmp_path: Path) -> None:
    header = HEADER + " from-the-future start Odd!"
    LogFile(DAY, (LINE + " 17 x y",), header=header).write(tmp_path / "logs")
    shell = Shell(tmp_path)
    done = shell.run("init", "./logs")
    (warning,) = [line for line in done.err.splitlines() if line.startswith("warning")]
    assert "kept as text columns: from-the-future, unknown-16, unknown-17" in warning
    assert config_of(tmp_path)["targets"]["local"]["log_format"][-3:] == [
        *("from-the-future", "unknown-16", "unknown-17")
    ]
    told = shell.run("config", "validate").err.splitlines()
    assert [line.partition("names ")[2].partition(",")[0] for line in told] == [
        *("from-the-future", "unknown-16", "unknown-17")
    ]
    shell.run("partitions", "sync", "--all")
    client = Client(config_path=tmp_path / "flowathena.toml")
    statement = "SELECT from_the_future, dstport FROM flow_logs"
    result = client.sql(statement, since=DAY, until="2026-11-03")
    assert list(result) == [{"from_the_future": "17", "dstport": 443}]


def test_columns_of_parquet_nobody_knows(tmp_path: Path) -> None:
    select = ROW + ", 'y' AS brand_new, 1 AS \"No field\""
    write_parquet(tmp_path / "logs", PLAIN + "x.log.parquet", select)
    done = Shell(tmp_path).run("init", "./logs")
    assert "kept as text columns: brand-new;" in done.err
    assert config_of(tmp_path)["targets"]["local"]["log_format"] == [
        *("version", "srcaddr", "bytes", "start", "brand-new")
    ]


def test_unknown_fields_without_a_time_are_refused(tmp_path: Path) -> None:
    LogFile(DAY, ("10.0.0.1 10.0.0.2",), header="srcaddr dest").write(tmp_path / "logs")
    line = Shell(tmp_path).refused("init", "./logs", code=1)
    assert "lacks start and has unknown fields: dest" in line
    assert ".log.gz" in line


def test_a_location_or_a_flow_log(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    assert "LOCATION or a --flow-log" in shell.refused("init")
    assert "LOCATION or a --flow-log" in shell.refused("init", "./logs", "--flow-log", "fl-0")
    assert "hex digits" in shell.refused("init", "--flow-log", "vpc-1")


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


def test_a_damaged_gzip_file_is_told_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "logs" / PLAIN / "x.log.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(b"version start\n2 1\n")[:-9])
    line = Shell(tmp_path).refused("init", "./logs", code=1)
    assert f"{path} is not a complete gzip file: it ends too early" in line
