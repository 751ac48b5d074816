"""``flowathena.toml``: every problem told; flag, environment, file; by the real command."""

import re
import shlex
from pathlib import Path

import pytest

from flowathena.target.config import load
from flowathena.target.target import Target
from tests.cases import write_project
from tests.shell import Shell

PLAN = ("partitions", "plan")


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A right configuration."""
    folder = tmp_path_factory.mktemp("config")
    write_project(folder)
    return Shell(folder)


def test_every_problem_of_a_configuration_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "flowathena.toml").write_text(
        'default_target = "prd"\n'
        'query_path = ["x"]\n'
        "\n"
        "[targets.prod]\n"
        'location = "https://example.com"\n'
        'regin = "eu-west-1"\n'
        'region = "Ireland"\n'
        "[targets.bare]\n"
        'database = "x"\n'
    )
    done = Shell(tmp_path).run("config", "validate", code=2)
    assert done.out == ""
    told = {
        int(match[1]): match[2] for match in re.finditer(r"flowathena\.toml:(\d+): (.*)", done.err)
    }
    assert sorted(told) == [1, 2, 5, 6, 7, 8]
    assert "did you mean 'prod'?" in told[1]
    assert "did you mean 'query_paths'?" in told[2]
    assert "did you mean 'region'?" in told[6]
    assert "workgroup" in told[6]  # the known keys are named
    assert "bare has no location" in told[8]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"[targets.local\n", "flowathena.toml:1"),
        (
            b"a = 1\na = 2\n",
            "flowathena.toml:2: this key has a value already (column 6, in: a = 2)",
        ),
        (b"\xff\xfe", "flowathena.toml:1: this is not UTF-8 text but UTF-16; save it as UTF-8"),
        (b"[targets.local]\nlocation = 7\n", "flowathena.toml:2: location must be a string"),
        (b'[targets.local]\nlocation = "./logs/AWSLogs"\n', "leave AWSLogs off"),
        (b'targets = "x"\n', "flowathena.toml:1"),
        (b'query_paths = ["nowhere"]\n', "'nowhere' is not a folder"),
    ],
)
def test_a_wrong_configuration_is_one_line(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "flowathena.toml").write_bytes(content)
    assert told in Shell(tmp_path).refused(*PLAN)


def test_a_target_must_be_named_where_there_are_several(tmp_path: Path) -> None:
    (tmp_path / "flowathena.toml").write_text(
        '[targets.one]\nlocation = "./a"\n[targets.two]\nlocation = "./b"\n'
    )
    line = Shell(tmp_path).refused(*PLAN)
    assert "choose a target with -t: one, two" in line


def test_flag_beats_environment_beats_file(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "flowathena.toml").write_text(
        'default_target = "one"\n'
        '[targets.one]\nlocation = "./a"\ntable = "file"\n'
        '[targets.two]\nlocation = "./b"\n'
    )

    def tables(env: dict[str, str], *options: str) -> dict[str, str]:
        config = Shell(tmp_path, env).run("config", "show", "--format", "json", *options).json
        return {name: target["table"] for name, target in config["targets"].items()}

    assert tables({}, "-t", "one") == {"one": "file"}
    assert tables({}) == {"one": "file", "two": "vpc_flow_logs"}
    assert tables({"FLOWATHENA_TABLE": "env"}, "-t", "one") == {"one": "env"}
    located = {"FLOWATHENA_CONFIG": str(shell.folder / "flowathena.toml")}
    assert list(tables(located)) == ["local"]
    assert list(tables(located, "--config", "flowathena.toml")) == ["one", "two"]
    env = Shell(tmp_path, {"FLOWATHENA_TARGET": "two"})
    assert f"{tmp_path}/b is not a folder" in env.refused(*PLAN, code=1)
    assert f"{tmp_path}/a is not a folder" in env.refused(*PLAN, "-t", "one", code=1)
    wrong = Shell(tmp_path, {"FLOWATHENA_TARGET": "three"})
    assert "unknown target 'three'" in wrong.refused(*PLAN)


def test_config_show_and_validate(shell: Shell) -> None:
    shown = shell.run("config", "show", "--format", "json").json
    assert list(shown) == ["path", "default_target", "query_paths", "targets", "sources"]
    assert shown["targets"]["local"]["location"] == str(shell.folder / "logs")
    table = shell.run("config", "show", "-t", "local").out
    assert [line.split()[1] for line in table.splitlines()[2:4]] == ["location", "database"]
    valid = shell.run("config", "validate").out
    assert valid == f"{shell.folder}/flowathena.toml: 1 target, no problems\n"


def test_two_targets_with_one_table_are_told(tmp_path: Path) -> None:
    (tmp_path / "flowathena.toml").write_text(
        '[targets.a]\nlocation = "s3://one-bucket/"\n'
        '[targets.b]\nlocation = "s3://two-bucket/"\nfile_format = "parquet"\n'
        '[targets.c]\nlocation = "s3://one-bucket/"\nworkgroup = "other"\n'
        '[targets.d]\nlocation = "s3://two-bucket/"\ntable = "other"\n'
    )
    done = Shell(tmp_path).run("config", "validate")
    told = [line for line in done.err.splitlines() if "one table" in line]
    assert told == [
        f"warning: targets {pair} have one table, flowathena.vpc_flow_logs, but differ in "
        "location, file_format: set another table for one of them"
        for pair in ("'a' and 'b'", "'b' and 'c'")
    ]


def test_config_show_tells_where_each_value_comes_from(shell: Shell) -> None:
    env = Shell(shell.folder, {"FLOWATHENA_TABLE": "other", "FLOWATHENA_TARGET": "local"})
    done = env.run("config", "show")
    assert done.err.splitlines() == [
        f"{shell.folder}/flowathena.toml (search)",
        "default target: local (FLOWATHENA_TARGET)",
    ]
    rows = {line.split()[1]: line.split()[-1] for line in done.out.splitlines()[2:]}
    line = (shell.folder / "flowathena.toml").read_text().splitlines().index("[targets.local]") + 2
    assert rows["location"] == f"flowathena.toml:{line}"
    assert (rows["table"], rows["layout"]) == ("FLOWATHENA_TABLE", "default")
    found = env.run("config", "show", "--config", "flowathena.toml", "--format", "json").json
    assert found["sources"]["path"] == "--config"
    assert found["sources"]["default_target"]["variable"] == "FLOWATHENA_TARGET"
    sources = found["sources"]["targets"]["local"]
    assert sources.keys() == found["targets"]["local"].keys() - {"name"}
    assert sources["location"] == {
        "from": "file",
        "variable": None,
        "file": f"{shell.folder}/flowathena.toml",
        "line": line,
    }
    assert sources["table"]["from"] == "environment"
    assert sources["keys"] == {"from": "default", "variable": None, "file": None, "line": None}


def test_tables_are_shown_as_toml(tmp_path: Path) -> None:
    (tmp_path / "flowathena.toml").write_text(
        '[targets.a]\nlocation = "./logs"\nkeys = { dt = "day yyyyMMdd" }\n'
    )
    rows = Shell(tmp_path).run("config", "show").out.splitlines()
    assert [row.split()[1] for row in rows if "keys" in row] == ["partition_keys", "keys"]
    assert '{ dt = "day yyyyMMdd" }' in next(row for row in rows if row.split()[1] == "keys")
    assert not any("columns" in row for row in rows)


@pytest.mark.parametrize("command", [("config", "validate"), ("fields", "start"), ("table", "ddl")])
def test_a_misspelt_variable_is_told_once(shell: Shell, command: tuple[str, ...]) -> None:
    env = Shell(shell.folder, {"FLOWATHENA_TARGTE": "local", "FLOWATHENA_TABLE": "x"})
    done = env.run(*command)
    assert done.err.splitlines()[0] == (
        "warning: FLOWATHENA_TARGTE is not a variable of flowathena and is ignored; "
        "did you mean FLOWATHENA_TARGET?"
    )
    assert done.err.count("TARGTE") == 1


def test_commands_in_messages_work_as_they_are_typed(tmp_path: Path) -> None:
    """They name the target, which is not the default, and the file of ``--config``."""
    shell = Shell(tmp_path)
    (tmp_path / "my ops").mkdir()
    for name in ("one", "two"):
        shell.run("sample", name, "--days", "1", "--records", "100", "--until", "2026-02-02")
        made = shell.run("init", name, "-t", name, "--config", "my ops/fa.toml")
        assert made.err.endswith(
            f'next: flowathena partitions sync --all -t {name} --config "my ops/fa.toml"\n'
        )
    run = ("run", "preview", "-t", "two", "--since", "2026-02-01", "--config", "my ops/fa.toml")
    line = shell.refused(*run, code=1)
    typed = shlex.split(line.partition("; '")[2].removesuffix("' creates it"))
    assert typed == ["flowathena", "partitions", "sync", *run[2:4], *run[6:]]
    shell.run(*typed[1:])
    warned = shell.run(*run).err
    registering = warned.partition("run '")[2].partition("'\n")[0]
    assert "added 4" in shell.run(*shlex.split(registering)[1:]).err
    assert "10 rows" in shell.run(*run).err


@pytest.mark.parametrize(
    ("name", "file", "command"),
    [
        ("prod", "", "flowathena doctor -t prod"),
        ("my prod", "", 'flowathena doctor -t "my prod"'),
        ("it's", "", 'flowathena doctor -t "it\'s"'),
        ("$HOME", "", "flowathena doctor -t '$HOME'"),
        ("prod", "ops/a b.toml", 'flowathena doctor -t prod --config "ops/a b.toml"'),
    ],
)
def test_a_command_is_quoted_for_the_shell(name: str, file: str, command: str) -> None:
    typed = Target(name, "/logs", config=file).command("doctor")
    assert typed == command
    assert shlex.split(typed)[3:] == [name, *(["--config", file] if file else [])]


def test_a_file_that_the_search_finds_is_not_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "flowathena.toml"
    file.write_text('[targets.prod]\nlocation = "."\n')
    named = load(file).target()
    assert named.command("doctor") == f"flowathena doctor -t prod --config {file}"
    monkeypatch.chdir(tmp_path)
    assert load(file).target().command("doctor") == "flowathena doctor -t prod"
    assert load(file).target() == named
