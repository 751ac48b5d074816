"""What the doctor and init say of a target with several tables, and of flows that count twice."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flowathena import Client
from flowathena.aws.session import Aws
from flowathena.catalog import Change, open_catalog
from tests.cases import HEADER, LogFile, record
from tests.portion import left_to_slow
from tests.shell import Shell
from tests.test_sources_tables import NEW, NEW_HEADER, OLD, put

TODAY = datetime.now(UTC).date()
TOMORROW = TODAY + timedelta(days=1)
DAYS = [str(TODAY - timedelta(days=n)) for n in (4, 3, 2, 1, 0)]
OTHER = "fl-0c"
FIRST, SECOND = "flowathena.vpc_flow_logs", "flowathena.vpc_flow_logs_v5"


def second(day: str) -> int:
    return int(datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp())


def new_record(day: str) -> str:
    return f"10.0.1.5 10.0.2.9 7 {second(day)} {second(day) + 60} eni-1 ingress OK"


def write(folder: Path, settings: str = "") -> Path:
    """The old flow log until two days ago, the new one from then on."""
    root = folder / "logs"
    for day in DAYS[:3]:
        put(root, day, OLD, HEADER, record(second(day)))
    for day in DAYS[2:]:
        put(root, day, NEW, NEW_HEADER, new_record(day))
    config = folder / "flowathena.toml"
    config.write_text(f'[targets.local]\nlocation = "./logs"\n{settings}')
    return config


def client(folder: Path, settings: str = "") -> Client:
    made = Client("local", config_path=write(folder, settings))
    made.partitions.sync(everything=True)
    return made


def said(made: Client) -> list[tuple[str, str, str]]:
    return [(each.side, each.table, each.what) for each in made.doctor()]


def test_a_target_with_several_tables_is_healthy_after_a_sync(tmp_path: Path) -> None:
    assert said(client(tmp_path)) == []


@left_to_slow
def test_a_mixed_sample_is_healthy_after_a_sync(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    shell.run("sample", "logs", "--mix", "--days", "6", "--records", "400")
    shell.run("init", "./logs")
    shell.run("partitions", "sync")
    assert shell.run("doctor").err == "target local: healthy\n"
    status = shell.run("partitions", "status", "--format", "json").json
    assert [place["missing_in_catalog"] for place in status["places"]] == [[]] * 4
    assert shell.run("table", "diff").err.count("is as wanted") == 3


def test_days_that_no_table_has_are_found_once(tmp_path: Path) -> None:
    made = client(tmp_path)
    second_table = made.target.tables[1]
    catalog = open_catalog(second_table, Aws(second_table))
    (gone,) = [
        change
        for change in made.partitions.list(everything=True).further[0]
        if change.values[-1] == DAYS[3]
    ]
    catalog.drop_partitions([gone])
    (found,) = made.doctor()
    assert (found.side, found.what) == ("partitions", "1 partition with logs is not registered")
    assert DAYS[3] in found.evidence


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    made = client(tmp_path)
    made.tables[SECOND].drop()
    found = made.doctor()
    assert ("table", SECOND, "the table does not exist") in said(made)
    told = Shell(tmp_path).run("doctor", code=3)
    assert f"table ({SECOND}): the table does not exist" in told.out
    json = Shell(tmp_path).run("doctor", "--format", "json", code=3).json
    assert [each.get("table", "") for each in json] == [each.table for each in found]


def test_a_source_with_another_order_of_fields_is_found(tmp_path: Path) -> None:
    """Made by hand, with two fields swapped; its days were registered before."""
    swapped = '["dstaddr", "srcaddr", "bytes", "start", "end", "interface-id"]'
    config = write(
        tmp_path,
        f'[[targets.local.sources]]\ntable = "swapped"\nlog_format = {swapped}\n',
    )
    made = Client("local", config_path=config)
    for table in made.tables.values():
        table.create()
    target = made.target.tables[1]
    catalog = open_catalog(target, Aws(target))
    root = made.target.location.rstrip("/")
    catalog.add(
        [
            Change(("111122223333", "eu-west-1", day), f"{root}/{LogFile(day, ()).folder}")
            for day in DAYS[3:]
        ]
    )
    found = [each for each in made.doctor() if each.side == "flow logs"]
    assert found[0].what == "flow logs write a format that no table of the target is for"
    assert NEW in found[0].evidence
    # The fix is a sync: what the table would read wrongly is another one's from then on.
    made.partitions.sync(everything=True)
    assert said(made) == []
    total = made.sql("SELECT sum(bytes) AS b FROM flow_logs", since=DAYS[0], until=str(TOMORROW))
    assert list(total.rows()) == [{"b": 3 * 1000 + 3 * 7}]


def twice(folder: Path, settings: str = "") -> Client:
    """Two flow logs of one interface; the first has another one, too."""
    root, day = folder / "logs", DAYS[-1]
    one, two = record(second(day), interface_id="eni-1"), record(second(day), interface_id="eni-2")
    put(root, day, OLD, HEADER, one, two)
    put(root, day, OTHER, HEADER, one)
    config = folder / "flowathena.toml"
    config.write_text(f'[targets.local]\nlocation = "./logs"\n{settings}')
    made = Client("local", config_path=config)
    made.partitions.sync(everything=True)
    return made


def test_flows_that_count_twice_are_found_and_the_fix_is_right(tmp_path: Path) -> None:
    made = twice(tmp_path)
    (found,) = made.doctor()
    assert (found.side, found.what) == (
        "flow logs",
        "flow logs record the same flows, so that every one of them counts twice",
    )
    assert found.evidence.startswith(f"{OLD} has 1 of 1 flow in ")
    assert found.evidence.endswith(f" of {OTHER}, of interface eni-1 for one")
    assert found.fix == (
        f'set flow_logs = ["{OLD}"] in [targets.local], with any older ones that are to be read, '
        f"or add --flow-log {OLD} to a run"
    )
    count = "SELECT count(*) AS n FROM flow_logs"
    assert list(made.sql(count, since=TODAY, until=TOMORROW).rows()) == [{"n": 3}]
    (tmp_path / "fixed").mkdir()
    fixed = twice(tmp_path / "fixed", f'flow_logs = ["{OLD}"]\n')
    assert said(fixed) == []
    assert list(fixed.sql(count, since=TODAY, until=TOMORROW).rows()) == [{"n": 2}]


def test_init_tells_of_flows_that_count_twice(tmp_path: Path) -> None:
    twice(tmp_path)
    (tmp_path / "flowathena.toml").unlink()
    done = Shell(tmp_path).run("init", "./logs")
    (line,) = [each for each in done.err.splitlines() if "counts twice" in each]
    assert f"{OLD} has 1 of 1 flow in " in line
    assert f'set flow_logs = ["{OLD}"] in [targets.local]' in line


@pytest.mark.parametrize("settings", ["", f'flow_logs = ["{OLD}", "{NEW}"]\n'])
def test_flow_logs_after_each_other_are_no_overlap(tmp_path: Path, settings: str) -> None:
    made = client(tmp_path, settings)
    assert not [what for _, _, what in said(made) if "counts twice" in what]


def left_out(made: Client) -> list[tuple[str, str]]:
    return [(each.evidence, each.fix) for each in made.doctor() if "not among" in each.what]


def test_a_flow_log_that_was_created_anew_is_told_to_be_left_out(tmp_path: Path) -> None:
    """The first one ends, the second one writes the same records from then on."""
    root = tmp_path / "logs"
    for number, day in enumerate(DAYS):
        put(root, day, OLD if number < 3 else OTHER, HEADER, record(second(day)))
    config = tmp_path / "flowathena.toml"
    config.write_text(f'[targets.local]\nlocation = "./logs"\nflow_logs = ["{OLD}"]\n')
    made = Client("local", config_path=config)
    made.partitions.sync(everything=True)
    ((evidence, fix),) = left_out(made)
    assert evidence == f"{OTHER} in {LogFile(DAYS[-1], ()).folder}"
    assert fix == f'add "{OTHER}" to flow_logs in [targets.local], if they are to be read'
    config.write_text(f'[targets.local]\nlocation = "./logs"\nflow_logs = ["{OLD}", "{OTHER}"]\n')
    assert left_out(Client("local", config_path=config)) == []


@pytest.mark.parametrize(("beside", "told"), [(range(40), False), (range(3), True)])
def test_what_has_long_been_left_out_is_meant_to_be(
    tmp_path: Path, beside: range, told: bool
) -> None:
    """Two flow logs of other interfaces; the second is there for 40 days, or for three."""
    root = tmp_path / "logs"
    for number in range(40):
        day = str(TODAY - timedelta(days=number))
        put(root, day, OLD, HEADER, record(second(day), interface_id="eni-1"))
        if number in beside:
            put(root, day, OTHER, HEADER, record(second(day), interface_id="eni-2"))
    config = tmp_path / "flowathena.toml"
    config.write_text(f'[targets.local]\nlocation = "./logs"\nflow_logs = ["{OLD}"]\n')
    made = Client("local", config_path=config)
    made.partitions.sync(everything=True)
    assert bool(left_out(made)) is told
