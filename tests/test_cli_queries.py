"""``flowathena queries`` and query folders of one's own, by the real command."""

from pathlib import Path

import pytest

from flowathena.query.library import load
from tests.cases import LogFile, record, write_project
from tests.portion import left_to_slow
from tests.shell import Shell

DAY = "2026-11-01"
WINDOW = ("--since", "2026-11-01", "--until", "2026-11-02")
PACKAGED = sorted(load().queries)
LIST_JSON = ("queries", "list", "--format", "json")
ECHO = """/* ---
title = "What was given"
aliases = ["EchoAlias"]
tags = ["test", "echo"]
[params.value]
type = "text"
[params.mode]
type = "choice"
choices = ["one", "two"]
default = "one"
[params.hosts]
type = "list[ip]"
required = false
default = ["10.0.0.1"]
help = "Targets"
[params.names]
type = "list[text]"
default = []
--- */
SELECT {{ value }} AS given, {{ mode }} AS mode, count(*) AS flows
FROM flow_logs
WHERE srcaddr = {{ value }} OR dstaddr IN {{ hosts }}
{% if names %} OR interface_id IN {{ names }}{% endif %}
"""


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Registered logs and a folder of queries, all of them right."""
    folder = tmp_path_factory.mktemp("queries")
    (folder / "mine" / "deep").mkdir(parents=True)
    (folder / "mine" / "deep" / "echo.sql").write_text(ECHO, encoding="utf-8")
    logs = LogFile(DAY, (record("2026-11-01T10:00:00"),))
    write_project(folder, logs, settings='query_paths = ["mine"]', registered=True)
    return Shell(folder)


def test_list_names_packaged_and_own_queries(shell: Shell) -> None:
    rows = shell.run("queries", "list", "--format", "json").json
    assert [row["name"] for row in rows] == sorted([*PACKAGED, "echo"])
    assert {row["name"]: row["topic"] for row in rows}["echo"] == "deep"
    keys = [
        *("name", "aliases", "topic", "title", "description", "tags", "since", "fields"),
        *("version", "params", "metric", "chart", "file", "override"),
    ]
    assert all(list(row) == keys for row in rows)
    table = shell.run("queries", "list").out
    assert [line.split()[0] for line in table.splitlines()[2:]] == sorted([*PACKAGED, "echo"])


def test_list_shows_parameters(shell: Shell) -> None:
    lines = shell.run("queries", "list").out.splitlines()
    assert lines[0].split() == ["query", "topic", "title", "parameters", "aliases"]
    found = {line.split()[0]: " ".join(line.split()) for line in lines}
    assert found["ssh_rejects"].endswith(" port=22 min_flows=1 limit=10")
    assert found["echo"].endswith(" value mode=one hosts=10.0.0.1 [names] EchoAlias")


def names(listed: str) -> list[str]:
    """The queries of a plain list."""
    return [line.split()[0] for line in listed.splitlines()[2:]]


def test_list_finds_by_topic_tag_and_words(shell: Shell) -> None:
    assert names(shell.run("queries", "list", "--topic", "deep").out) == ["echo"]
    found = shell.run("queries", "list", "--tag", "rejects", "--tag", "ssh").out
    assert "ssh_rejects" in names(found)
    assert "rejected_tcp" not in names(found)
    for words in ("echoalias", "WHAT given", "targets"):  # an alias, the title, a parameter's help
        assert "echo" in names(shell.run("queries", "list", "--search", words).out)
    none = shell.run("queries", "list", "--search", "no such words")
    assert names(none.out) == []
    assert none.err == "no query matches; 'flowathena queries list' lists them all\n"
    error = shell.refused("queries", "list", "--topic", "dep")
    assert error == "error: no query has the topic 'dep'; did you mean 'deep'?"
    assert "no query has the tag 'ech'; did you mean 'echo'?" in shell.refused(
        *("queries", "list", "--tag", "ech")
    )
    told = shell.refused("queries", "list", "--tag", "NAT")
    assert told.endswith("did you mean 'nat gateway'?")
    assert names(shell.run("queries", "list", "--tag", "ECHO", "--topic", "Deep").out) == ["echo"]


def test_an_alias_runs_shows_and_renders_its_query(shell: Shell) -> None:
    given = (*WINDOW, "--value", "10.0.1.5", "--format", "json")
    assert shell.run("run", "EchoAlias", *given).json[0]["flows"] == 1
    shown = shell.run("queries", "show", "EchoAlias", "--format", "json").json
    assert (shown["name"], shown["aliases"]) == ("echo", ["EchoAlias"])
    assert "Usage: flowathena run EchoAlias" in shell.run("run", "EchoAlias", "--help").out
    assert "did you mean 'EchoAlias'?" in shell.refused("run", "echoalias", *given)


def test_help_has_queries_by_topic_and_parameters_before_options(shell: Shell) -> None:
    text = shell.run("run", "--help").out
    assert "\nDeep:\n  echo " in text
    text = shell.run("run", "echo", "--help").out
    parameters, _, others = text.partition("\nParameters:\n")[2].partition("\nOptions:\n")
    assert [line.split()[0] for line in parameters.splitlines() if line.startswith("  --")] == [
        *("--value", "--mode", "--hosts", "--names")
    ]
    assert "--since" in others


def test_a_list_of_addresses_is_in_a_file(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "hosts.txt"
    file.write_text("\ufeff# targets\r\n10.0.2.9 # the one\r\n2001:DB8::1\r\n", encoding="utf-8")
    run = ("run", "echo", *WINDOW, "--value", "v", "--format", "json", "--hosts")
    assert shell.run(*run, f"@{file}").json[0]["flows"] == 1
    assert shell.run(*run, "2001:db8::1").json[0]["flows"] == 0
    file.write_text("10.0.2.9\n10.0.2\n")
    assert shell.refused(*run, f"@{file}") == (
        f"error: hosts: {file}:2: '10.0.2' is not an IPv4 or IPv6 address"
    )


def test_list_and_show_say_what_runs_on_a_target(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for name, sql in (
        ("flags", "SELECT tcp_flags, flow_direction FROM flow_logs"),
        ("distance", "SELECT soundex(srcaddr) AS d FROM flow_logs"),
        ("plain", "SELECT start FROM flow_logs ORDER BY start LIMIT 1"),
    ):
        header = 'title = "T"\ntags = ["nat gateway"]'
        (tmp_path / f"mine/{name}.sql").write_text(f"/* ---\n{header}\n--- */\n{sql}\n")
    write_project(tmp_path, settings='query_paths = ["mine"]')
    own, some = Shell(tmp_path), ("--tag", "nat gateway")
    why = (
        "needs tcp_flags (version 3) and flow_direction (version 5): this target's flow logs do "
        "not have them; create a flow log with a log format that has ${tcp-flags} "
        "${flow-direction} ('flowathena fields --version 5' explains them)"
    )
    listed = own.run("queries", "list", "-t", "local", *some).out.splitlines()
    assert listed[0].endswith("runs on local")
    found = {line.split()[0]: line for line in listed}
    assert found["flags"].endswith(why)
    assert "does not support function soundex" in found["distance"]
    assert found["plain"].endswith("yes")
    senders = "no; with --interfaces it needs pkt_srcaddr and pkt_dstaddr (version 3): this target"
    assert senders in found["nat_gateway_senders"]
    rows = {r["name"]: r for r in own.run(*LIST_JSON, "-t", "local", *some).json}
    assert rows["flags"]["problems"] == [why]
    assert rows["flags"]["missing"] == rows["flags"]["fields"] == ["tcp_flags", "flow_direction"]
    assert (rows["flags"]["version"], rows["flags"]["runnable"]) == (5, False)
    assert (rows["flags"]["given"], rows["nat_gateway_senders"]["given"]) == ([], ["interfaces"])
    assert (rows["distance"]["missing"], rows["distance"]["runnable"]) == ([], False)
    assert (rows["plain"]["fields"], rows["plain"]["runnable"]) == (["start"], True)
    runnable = own.run(*LIST_JSON, "--runnable", *some).json  # on the default target
    assert {row["name"] for row in runnable} == {n for n in rows if rows[n]["runnable"]}
    assert {"flags", "distance"}.isdisjoint(row["name"] for row in runnable)
    assert f"runs on local: no; {why}\n" in own.run("queries", "show", "flags", "-t", "local").out
    shown = own.run("queries", "show", "flags").out
    assert "\nfields: tcp_flags, flow_direction (flow logs version 5)\n" in shown
    assert own.refused("run", "flags", *WINDOW, "--dry-run").endswith(f"flags.sql:5: {why}")
    for words in (("list",), ("show", "preview")):
        assert "unknown target 'lcal'" in own.refused("queries", *words, "-t", "lcal")


def test_runnable_needs_a_target(tmp_path: Path) -> None:
    told = Shell(tmp_path).refused("queries", "list", "--runnable")
    assert "no target is configured; 'flowathena init LOCATION' writes flowathena.toml" in told


def test_show_tells_parameters_and_text(shell: Shell) -> None:
    shown = shell.run("queries", "show", "ssh_rejects", "--format", "json").json
    assert [(p["name"], p["type"], p["default"]) for p in shown["params"]] == [
        ("port", "port", 22),
        ("min_flows", "int", 1),
        ("limit", "int", 10),
    ]
    assert shown["since"] == "7d"
    text = shell.run("queries", "show", "top_rejected_sources").out
    assert "default window: 14d" in text
    assert "GROUP BY srcaddr" in text


def test_render_prints_what_run_would_run(shell: Shell) -> None:
    words = ("ssh_rejects", *WINDOW, "--port", "2200", "--min-flows", "3")
    rendered = shell.run("queries", "render", *words)
    assert rendered.err == ""
    assert "dstport = 2200" in rendered.out
    assert "count(*) >= 3" in rendered.out
    assert rendered.out == shell.run("run", *words, "--dry-run").out


@left_to_slow
def test_check_finds_nothing_wrong(shell: Shell) -> None:
    assert shell.run("queries", "check").out == f"{len(PACKAGED) + 1} queries, no problems\n"
    some = ("echo", "preview", "top_talkers")
    done = shell.run("queries", "check", *some, "-t", "local")
    assert done.out == "3 queries, no problems\n"


def test_options_come_from_the_header(shell: Shell) -> None:
    text = " ".join(shell.run("run", "echo", "--help").out.split())
    assert "--value TEXT" in text
    assert "--mode one|two" in text
    assert "--hosts IP" in text
    assert "default: 10.0.0.1" in text
    rows = shell.run(
        *("run", "echo", *WINDOW, "--value", "v", "--mode", "two", "--format", "json"),
        *("--hosts", "10.0.2.9,10.0.2.8", "--hosts", "2001:DB8::1"),
    ).json
    assert rows == [{"given": "v", "mode": "two", "flows": 1}]


HOSTILE = {
    "sql": "x' OR 1=1 --",
    "unicode quotes": "\u2019 OR \u20191\u2019=\u20191\u2019 “x” \u02bc \uff07",
    "newlines": "one\n' OR 1=1\r\n--\t",
    "template": "{{ 7*7 }}{% raw %}{# x #}",
    "long": "x' OR 1=1 -- " * 8000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_stay_texts(shell: Shell, name: str) -> None:
    value = HOSTILE[name]
    rows = shell.run("run", "echo", *WINDOW, "--value", value, "--format", "json").json
    assert rows == [{"given": value, "mode": "one", "flows": 0}]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "value: needs a value"),
        (("--value", "v", "--mode", "three"), "mode: 'three' is not one of one, two"),
        (("--value", "v", "--hosts", "10.0.0.256"), "hosts: '10.0.0.256' is not an IPv4 or IPv6"),
        (("--value", "v", "--hosts", "10.0.0.1) OR (1=1"), "is not an IPv4 or IPv6 address"),
        (("--valu", "v"), "--valu"),
    ],
)
def test_wrong_values_are_told(shell: Shell, options: tuple[str, ...], told: str) -> None:
    assert told in shell.refused("run", "echo", *WINDOW, *options)


BROKEN = {
    "no_header": ("SELECT 1\n", 1, "has no header"),
    "bad_toml": ('/* ---\ntitle = "x"\nsince = \n--- */\nSELECT 1 FROM flow_logs\n', 3, "header:"),
    "bad_key": ('/* ---\ntitle = "x"\ntagz = []\n--- */\nSELECT 1 FROM flow_logs\n', 3, "'tagz'"),
    "bad_sql": ('/* ---\ntitle = "x"\n--- */\nSELECT srcaddr\nFROM flow_logs\nWHERE (\n', 6, "SQL"),
    "bad_field": ('/* ---\ntitle = "x"\n--- */\nSELECT srcadr\nFROM flow_logs\n', 4, "'srcaddr'"),
    "writes": ('/* ---\ntitle = "x"\n--- */\nDELETE FROM flow_logs\n', 4, "is not a SELECT"),
    "quoted": (
        '/* ---\ntitle = "x"\n[params.v]\n--- */\nSELECT 1\nFROM flow_logs WHERE a = "{{ v }}"',
        6,
        "inside quotes",
    ),
    "undeclared": (
        '/* ---\ntitle = "x"\n--- */\nSELECT srcaddr FROM flow_logs WHERE dstport = {{ port }}\n',
        None,
        "'port' is used but not declared",
    ),
    "ssh_rejects": (
        '/* ---\ntitle = "x"\n--- */\nSELECT srcaddr FROM flow_logs\n',
        1,
        "'ssh_rejects' ships with flowathena",
    ),
}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Registered logs and a folder whose queries are all wrong, but for one."""
    folder = tmp_path_factory.mktemp("broken")
    (folder / "mine").mkdir()
    for name, (text, _, _) in BROKEN.items():
        (folder / "mine" / f"{name}.sql").write_text(text, encoding="utf-8")
    (folder / "mine" / "echo.sql").write_text(ECHO, encoding="utf-8")
    (folder / "mine" / "notes.txt").write_text("no query")
    logs = LogFile(DAY, (record("2026-11-01T10:00:00"),))
    write_project(folder, logs, settings='query_paths = ["mine"]', registered=True)
    return Shell(folder)


def test_check_tells_every_broken_file_with_its_line(broken: Shell) -> None:
    done = broken.run("queries", "check", code=3)
    lines = done.out.splitlines()
    for name, (_, line, told) in BROKEN.items():
        where = f"{broken.folder}/mine/{name}.sql:{line or 1}: error: "
        mine = [each for each in lines if where in each]
        assert mine, f"{where} is not in\n{done.out}"
        assert any(told in each for each in mine), mine
    assert len(lines) == len(BROKEN)
    assert "echo.sql" not in done.out


def test_other_queries_run_beside_broken_ones(broken: Shell) -> None:
    rows = broken.run("run", "echo", *WINDOW, "--value", "10.0.1.5", "--format", "json").json
    assert rows[0]["flows"] == 1
    rows = broken.run("run", "top_rejected_sources", *WINDOW, "--format", "json").json
    assert rows == []
    listed = broken.run("queries", "list", "--format", "json")
    assert "no_header.sql:1" in listed.err
    names = {row["name"] for row in listed.json}
    assert set(PACKAGED) - {"ssh_rejects"} < names  # that name is of two files
    assert "ssh_rejects" not in names
    assert "top_rejected_sources" in broken.run("run", "--help").out


@pytest.mark.parametrize(
    "name", [*("no_header", "bad_toml", "bad_sql", "bad_field"), *("quoted", "ssh_rejects")]
)
def test_a_broken_query_does_not_run(broken: Shell, name: str) -> None:
    given = ("--v", "x") if name == "quoted" else ()
    _, line, told = BROKEN[name]
    error = broken.refused("run", name, *WINDOW, *given)
    assert f"{broken.folder}/mine/{name}.sql:{line}: " in error
    assert told in error


def test_check_against_a_target_knows_its_fields(tmp_path: Path) -> None:
    write_project(tmp_path, settings='query_paths = ["mine"]')
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "flags.sql").write_text(
        '/* ---\ntitle = "x"\n--- */\nSELECT srcaddr,\n  tcp_flags\nFROM flow_logs\n'
    )
    shell = Shell(tmp_path)
    shell.run("queries", "check", "flags")
    line = shell.run("queries", "check", "flags", "-t", "local", code=3).out
    assert "flags.sql:5: error: needs tcp_flags (version 3): this target's" in line


def test_unknown_queries_are_one_line_with_a_hint(shell: Shell) -> None:
    for words in (("run", "ssh_reject"), ("queries", "show", "ssh_reject")):
        assert "did you mean 'ssh_rejects'?" in shell.refused(*words)
    assert "unknown query" in shell.refused("queries", "render", "nothing_like_it")
