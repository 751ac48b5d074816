"""Several targets at once on folders: which are meant, what is told, how it ends."""

import json
import threading
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

import flowathena
from flowathena import Client, ConfigError, Fleet, UsageError
from flowathena.cli import fleet, terminal
from flowathena.cli.options import ListFormat
from flowathena.cli.target_work import Summary, Turn
from flowathena.errors import CostError, EngineError, ExitCode, FlowathenaError, worst_code
from flowathena.target import config
from flowathena.target.choice import asks_for_several, choose
from tests.cases import LogFile, record
from tests.several import FlowLog, write
from tests.shell import Shell
from tests.terminal import run_on_terminal

DAY = "2026-11-01"
WINDOW = ("--since", "2026-11-01", "--until", "2026-11-02")
NAMES = ("prod-us", "prod-eu", "test", "all-of-it")


def fleet_of(folder: Path, *names: str, more: str = "") -> Shell:
    """A configuration with a target for each name, each with a day of logs of its own."""
    text = ""
    for name in names:
        logs = folder / f"logs-{name}"
        logs.mkdir()
        LogFile(DAY, (record(f"{DAY}T10:00:00"),)).write(logs)
        text += f'[targets.{name}]\nlocation = "./logs-{name}"\n\n'
    (folder / "flowathena.toml").write_text(text + more)
    return Shell(folder)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("all", [*NAMES]),
        ("*", [*NAMES]),
        ("prod-*", ["prod-us", "prod-eu"]),
        ("test,prod-eu", ["prod-eu", "test"]),
        (" test , prod-?? ", ["prod-us", "prod-eu", "test"]),
        ("prod-*,prod-eu", ["prod-us", "prod-eu"]),
        ("[tp]*", ["prod-us", "prod-eu", "test"]),
        ("all,test", [*NAMES]),
    ],
)
def test_the_targets_that_are_meant_are_in_the_order_of_the_file(
    asked: str, meant: list[str]
) -> None:
    assert asks_for_several(asked, NAMES)
    assert choose(asked, NAMES) == meant


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("stage-*", "no target matches 'stage-*'; there are all-of-it, prod-eu, prod-us, test"),
        ("test,prod_eu", "unknown target 'prod_eu'; did you mean 'prod-eu'"),
        ("test,stage-*", "no target matches 'stage-*'"),
        (" , ", "no target is named"),
        ("PROD-*", "no target matches"),
    ],
)
def test_what_means_no_target_is_refused(asked: str, message: str) -> None:
    with pytest.raises(ConfigError, match="^" + message.replace("*", r"\*").replace("?", r"\?")):
        choose(asked, NAMES)


def test_a_target_that_is_really_called_so_is_meant(tmp_path: Path) -> None:
    odd = ("all", "a*", "b,c", "other")
    assert not any(asks_for_several(name, odd) for name in (*odd, None, "plain"))
    assert choose("a*", odd) == ["a*"]
    shell = fleet_of(tmp_path, "all", "other")
    done = shell.run("partitions", "plan", "-t", "all", "--format", "json", *WINDOW)
    assert done.json["target"] == "all"
    assert "the target named 'all' is meant; -t '*' means every target" in done.err
    every = shell.run("partitions", "plan", "-t", "*", "--format", "json", *WINDOW).json
    assert [each["target"] for each in every["targets"]] == ["all", "other"]


def test_each_target_is_told_under_its_name_in_the_order_of_the_file(tmp_path: Path) -> None:
    shell = fleet_of(tmp_path, "zeta", "alpha", "mid")
    shell.run("partitions", "sync", "-t", "mid", *WINDOW)
    done = shell.run("partitions", "sync", "-t", "all", *WINDOW)
    assert done.out.split("\n\n")[0] == "zeta"
    headings = [line for line in done.out.splitlines() if line in {"zeta", "alpha", "mid"}]
    assert headings == ["zeta", "alpha"]  # mid has no table: nothing was to be done
    lines = done.err.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        *("zeta", "zeta", "alpha", "alpha", "mid", "3 targets"),
    ]
    assert lines[-1] == "3 targets: 3 done; added 2, existed 0, failed 0"
    summary = done.out.rpartition("summary\n\n")[2].splitlines()
    assert summary[0].split() == [
        "target",
        "state",
        "added",
        "existed",
        "failed",
        "seconds",
        "error",
    ]
    assert [line.split()[:5] for line in summary[2:]] == [
        ["zeta", "done", "1", "0", "0"],
        ["alpha", "done", "1", "0", "0"],
        ["mid", "done", "0", "0", "0"],
    ]


def test_the_document_has_that_of_each_target_unchanged(tmp_path: Path) -> None:
    shell = fleet_of(tmp_path, "one", "two")
    shell.run("partitions", "sync", "-t", "one", *WINDOW)
    for words in (("partitions", "plan"), ("partitions", "status"), ("doctor",)):
        given = (*words, "--format", "json", *(() if words == ("doctor",) else WINDOW))
        several = shell.try_run(*given, "-t", "one,two").json
        assert [each["target"] for each in several["targets"]] == ["one", "two"]
        for each in several["targets"]:
            alone = shell.try_run(*given, "-t", each["target"])
            assert shape(each["result"]) == shape(alone.json)
            assert each["exit_code"] == alone.code
        assert several["exit_code"] == max(each["exit_code"] for each in several["targets"])


def shape(value: object) -> object:
    """What a document says but for times, which differ from run to run."""
    if isinstance(value, dict):
        return {k: shape(v) for k, v in value.items() if k not in {"age_seconds", "seconds"}}
    return [shape(each) for each in value] if isinstance(value, list) else value


def test_a_message_for_schedulers_names_its_target(tmp_path: Path) -> None:
    shell = fleet_of(tmp_path, "one", "two", more='[targets.bad]\nlocation = "./gone"\n')
    done = shell.run("partitions", "plan", "-t", "*", *WINDOW, "--log-format", "json", code=1)
    told = [json.loads(line) for line in done.err.splitlines()]
    assert [each.get("target") for each in told][-2:] == ["bad", None]
    assert {each.get("target") for each in told} == {"one", "two", "bad", None}
    assert all(each.keys() >= {"time", "level", "message"} for each in told)
    (error,) = [each for each in told if each["level"] == "error"]
    assert error["target"] == "bad"
    assert "is not a folder" in error["message"]


def test_verbose_says_what_each_target_has(tmp_path: Path) -> None:
    shell = fleet_of(tmp_path, "one", "two")
    told = shell.run("partitions", "plan", "-t", "all", "-v", *WINDOW).err.splitlines()
    assert [line for line in told if ": table flowathena.vpc_flow_logs, " in line] == [
        f"{name}: target {name}: table flowathena.vpc_flow_logs, {tmp_path}/logs-{name}"
        for name in ("one", "two")
    ]
    assert "one: flowathena.vpc_flow_logs: add 1" in "\n".join(told)
    quiet = shell.run("partitions", "sync", "-t", "all", "-q", *WINDOW)
    assert not quiet.err
    assert "summary" in quiet.out


def test_an_invalid_setting_is_that_targets_alone(tmp_path: Path) -> None:
    bad = '[targets.bad]\nlocation = "./x"\nfile_format = "csv"\nlayut = "hive"\n'
    shell = fleet_of(tmp_path, "one", "two", more=bad)
    done = shell.run("partitions", "sync", "-t", "all", *WINDOW, "--format", "json", code=2)
    one, two, worst = done.json["targets"]
    assert (one["state"], two["state"], worst["state"]) == ("done", "done", "failed")
    assert (worst["exit_code"], worst["result"]) == (2, None)
    assert "unknown file_format 'csv'" in worst["error"]
    assert "unknown key 'layut'" in worst["error"]
    assert "error: bad: " in done.err
    assert not done.err.count("error: one")
    # Alone, or where a target is not chosen, it is as ever.
    assert "unknown file_format" in shell.run("doctor", "-t", "one", code=2).err
    shell.run("partitions", "plan", "-t", "one,two", *WINDOW)


def test_what_is_wrong_beside_the_targets_is_wrong_for_all(tmp_path: Path) -> None:
    shell = fleet_of(tmp_path, "one", "two")
    file = tmp_path / "flowathena.toml"
    file.write_text(f"nonsense = 1\n{file.read_text()}[targets.three]\nlocation = 7\n")
    done = shell.run("doctor", "-t", "all", code=2)
    assert not done.out
    assert len(done.err.splitlines()) == 2
    with pytest.raises(ConfigError, match="unknown key 'nonsense'"):
        Fleet("all", config_path=file)


def test_a_variable_that_names_several_is_heard(tmp_path: Path) -> None:
    fleet_of(tmp_path, "one", "two", "three")
    shell = Shell(tmp_path, {"FLOWATHENA_TARGET": "t*"})
    found = shell.run("partitions", "plan", *WINDOW, "--format", "json").json
    assert [each["target"] for each in found["targets"]] == ["two", "three"]
    line = shell.refused("partitions", "list")
    assert line == (
        "error: FLOWATHENA_TARGET: 't*' stands for several targets, and this command works on one: "
        "choose among one, three, two"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("partitions", "sync", "--prune", "--force"), "--force drops more than --max-drop allows"),
        (("partitions", "sync", "--since", "later"), "since"),
        (("partitions", "status", "--max-age", "old"), "--max-age"),
        (("check", "top_talkers", "--max-rows", "1", "--nagios"), "--nagios is for one target"),
        (("check", "top_talkers"), "--max-rows"),
        (
            ("check", "top_talkers", "--max-rows", "1", "--state", "s.json"),
            "with several targets give each its own, with {target} in its name",
        ),
    ],
)
def test_what_no_target_could_do_is_refused_once(
    tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    shell = fleet_of(tmp_path, "one", "two")
    done = shell.try_run(*words, "-t", "all")
    assert done.code in {2, 3}
    errors = [line for line in done.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1
    assert message in errors[0]
    assert "summary" not in done.out


def test_a_pruning_sync_keeps_the_limit_of_each_target(tmp_path: Path) -> None:
    shell = fleet_of(tmp_path, "one", "two")
    shell.run("partitions", "sync", "-t", "all", "--all")
    for file in (tmp_path / "logs-two").rglob("*.gz"):
        file.unlink()
    planned = shell.run(
        *("partitions", "sync", "-t", "all", "--all", "--prune", "--dry-run", "--format", "json"),
    )
    assert planned.err.splitlines()[-1].endswith("; add 0, relocate 0, stale 1, keep 1, drop 0")
    done = shell.run("partitions", "sync", "-t", "all", "--all", "--prune", code=4)
    assert "1 not dropped: more than --max-drop allows" in done.out
    assert "two     partial" in done.out
    shell.run("partitions", "sync", "-t", "two", "--all", "--prune", "--force")


def test_two_targets_give_their_tables_sources_in_one_file_at_once(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    names = ("a", "b", "c", "d")
    for name in names:
        write(tmp_path / name, [FlowLog("fl-0a", "v2", 0, 1)], range(1))
        shell.run("init", f"./{name}", "-t", name)
    shell.run("partitions", "sync", "-t", "all", "--all")
    for name in names:
        write(tmp_path / name, [FlowLog("fl-0b", "swapped", 1, 2)], range(1, 2))
    shell.run("partitions", "sync", "-t", "all", "--all", "--at-once", "4")
    targets = config.load(tmp_path / "flowathena.toml", {}).targets
    assert [len(targets[name].sources) for name in names] == [1, 1, 1, 1]
    shell.run("partitions", "plan", "-t", "all", "--all", "--exit-code")


def test_a_check_of_several_has_a_state_for_each(tmp_path: Path) -> None:
    shell = fleet_of(tmp_path, "one", "two")
    shell.run("partitions", "sync", "-t", "all", "--all")
    LogFile(DAY, (record(f"{DAY}T11:00:00", srcaddr="10.0.9.9"),)).write(tmp_path / "logs-two")
    done = shell.run(
        *("check", "top_talkers", "-t", "all", "--critical", "2", *WINDOW, "--format", "json"),
        code=3,
    )
    one, two = done.json["targets"]
    assert one["counts"]["check"] == one["result"]["state"] == "OK"
    assert (two["counts"]["check"], two["state"], two["exit_code"]) == ("CRITICAL", "alert", 3)
    assert two["counts"]["value"] == two["result"]["rows"] == 3
    told = shell.run("check", "top_talkers", "-t", "all", "--critical", "2", *WINDOW, code=3)
    assert [line for line in told.out.splitlines() if ": top_talkers" in line] == [
        "OK: top_talkers (one): 2 rows",
        "CRITICAL: top_talkers (two): 3 rows, more than 2",
    ]


def test_a_name_alone_is_told_as_ever(tmp_path: Path) -> None:
    shell = fleet_of(tmp_path, "one", "two")
    plan = shell.run("partitions", "plan", "-t", "one", *WINDOW, "--format", "json").json
    assert plan["target"] == "one"
    several = shell.run("partitions", "plan", "-t", "on*", *WINDOW, "--format", "json").json
    assert [each["target"] for each in several["targets"]] == ["one"]


def test_a_terminal_shows_how_far_it_is(tmp_path: Path) -> None:
    shell = fleet_of(tmp_path, "one", "two", more='[targets.bad]\nlocation = "./gone"\n')
    words = ("partitions", "plan", "-t", "all", "--at-once", "1", *WINDOW)
    shown = run_on_terminal(shell, *words, width=120)
    assert shown.code == 1
    assert "/3" in shown.raw
    assert "running" in shown.raw
    assert [line for line in shown.screen if line][-1].startswith("3 targets: ")


# From Python


def test_outcomes_come_as_they_end_and_a_failure_is_one_of_them(tmp_path: Path) -> None:
    fleet_of(tmp_path, "slow", "quick", "bad", more='[targets.invalid]\nlocation = ""\n')
    made = Fleet("all", config_path=tmp_path / "flowathena.toml")
    assert len(made) == 4
    assert [client.target.name for client in made] == ["slow", "quick", "bad"]
    assert [*made.invalid] == ["invalid"]
    let_go = threading.Event()

    def work(client: Client, _turn: object) -> int:
        name = client.target.name
        if name == "slow":
            assert let_go.wait(60)
        if name == "bad":
            raise EngineError("no  luck\nat all")
        if name == "quick":
            let_go.set()
        return len(name)

    seen = list(made.run(work, at_once=2))
    ended = [each.target for each in seen]
    assert ended[0] == "invalid"
    assert ended.index("quick") < ended.index("slow")
    found = {each.target: each for each in seen}
    assert (found["slow"].value, found["quick"].value) == (4, 5)
    assert (found["bad"].state, found["bad"].reason) == ("failed", "no luck at all")
    assert isinstance(found["bad"].error, EngineError)
    assert isinstance(found["invalid"].error, ConfigError)


def test_no_more_than_asked_for_are_under_way(tmp_path: Path) -> None:
    names = [f"t{n}" for n in range(6)]
    fleet_of(tmp_path, *names)
    lock, now, most = threading.Lock(), 0, 0
    both = threading.Barrier(2)

    def work(_client: Client, _turn: object) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        both.wait(60)  # two are always under way at once
        with lock:
            now -= 1

    run = Fleet(config_path=tmp_path / "flowathena.toml").run(work, at_once=2)
    assert [each.state for each in run] == ["done"] * 6
    assert most == 2
    with pytest.raises(UsageError, match="at_once"):
        Fleet(config_path=tmp_path / "flowathena.toml").run(work, at_once=0)


def test_closing_stops_what_waits_and_begins_nothing_more(tmp_path: Path) -> None:
    fleet_of(tmp_path, "first", "second", "third")
    begun = threading.Event()

    def work(client: Client, turn: Turn) -> str:
        if client.target.name == "second":
            begun.set()
            turn.sleep(3600)
        return client.target.name

    with Fleet(config_path=tmp_path / "flowathena.toml").run(work, at_once=1) as run:
        assert next(iter(run)).target == "first"
        assert begun.wait(60)
    states = {each.target: (str(each.state), each.reason) for each in run.outcomes}
    assert states == {
        "first": ("done", ""),
        "second": ("stopped", "stopped"),
        "third": ("stopped", "not started"),
    }
    assert run.describe() == "1 of 3 targets done (first); second: stopped; not started: third"


def test_the_public_names_are_there() -> None:
    assert flowathena.Fleet is Fleet
    assert {"Fleet", "TargetOutcome", "TargetState"} <= set(flowathena.__all__)


# The exit code

ORDER = "130 1 2 4 5 3 0"
CODES = [int(code) for code in ORDER.split()]


@given(st.lists(st.sampled_from(CODES), min_size=1))
def test_the_worst_code_is_the_first_of_the_documented_order(codes: list[int]) -> None:
    assert worst_code(codes) == next(code for code in CODES if code in codes)
    assert worst_code(reversed(codes)) == worst_code(codes)
    assert worst_code([codes[0]] * 3) == codes[0]


class AnyError(FlowathenaError):
    """An error with any exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"code {code}")
        self.exit_code = ExitCode(code)


class Drawn:
    """Work whose targets end with codes that were drawn, as results or as errors."""

    changes = False

    def __init__(self, codes: list[int], errors: list[bool]) -> None:
        self.codes, self.errors = codes, errors

    def check(self) -> None:
        """Nothing."""

    def do(self, flows: Client, _turn: object, /) -> int:
        place = int(flows.target.name.removeprefix("t"))
        code = self.codes[place]
        if self.errors[place] and code:
            raise CostError("dear") if code == ExitCode.REFUSED else AnyError(code)
        return code

    def partial(self, _interrupt: BaseException, /) -> None:
        """Nothing."""

    def show(self, _value: int, _form: ListFormat) -> None:
        """Nothing."""

    def to_json(self, value: int) -> object:
        return {"code": value}

    def summarize(self, value: int) -> Summary:
        return Summary(value, {"n": value})


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    fleet_of(folder, *(f"t{n}" for n in range(6)))
    return folder / "flowathena.toml"


@given(
    st.lists(st.sampled_from([code for code in CODES if code != 130]), min_size=6, max_size=6),
    st.lists(st.booleans(), min_size=6, max_size=6),
)
def test_a_run_ends_with_the_code_of_the_worst_target(
    many: Path, codes: list[int], errors: list[bool]
) -> None:
    ended = 0
    with pytest.MonkeyPatch.context() as patch:
        written: list[str] = []
        patch.setattr(terminal, "text", written.append)
        patch.setattr(terminal, "fail", lambda _message: None)
        patch.setattr(terminal, "say", lambda _message: None)
        try:
            fleet.carry_out(Drawn(codes, errors), "t*", many, ListFormat.JSON, at_once=3)
        except typer.Exit as exit_:
            ended = exit_.exit_code
    expected = next(code for code in CODES if code in codes)
    assert ended == expected
    document = json.loads(written[-1])
    assert document["exit_code"] == expected
    assert [each["exit_code"] for each in document["targets"]] == codes
