"""``flowathena view`` over AWS's wire: read from Glue, compared, refused; no query runs."""

import base64
import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client
from tests.aws import BUCKET, configured, create_bucket, pointed_at
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]

_READABLE, _DAILY = "network.vpc_flow_logs_readable", "network.vpc_flow_logs_daily"
_OTHERS = "SELECT dstport, count(*) AS n FROM network.vpc_flow_logs GROUP BY dstport"


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    create_bucket(rig, BUCKET)
    shell = configured(tmp_path, rig)
    with pointed_at(rig):
        client(shell).table.create()
    rig.clear_journal()
    return shell


def client(shell: Shell) -> Client:
    return Client(config_path=shell.folder / "flowathena.toml")


def kept(query: str) -> str:
    """The text that Athena keeps of a view."""
    told = {"originalSql": query, "catalog": "awsdatacatalog", "schema": "network"}
    return f"/* Presto View: {base64.b64encode(json.dumps(told).encode()).decode()} */"


def put(rig: Rig, full_name: str, text: str, kind: str = "VIRTUAL_VIEW") -> None:
    given = {
        "Name": full_name.partition(".")[2],
        "TableType": kind,
        "StorageDescriptor": {"Columns": [{"Name": "dstport", "Type": "int"}], "Location": ""},
        "ViewOriginalText": text,
        "ViewExpandedText": "/* Presto View */",
    }
    rig.client("glue").create_table(DatabaseName="network", TableInput=given)


def rewritten(statement: str) -> str:
    """The query of a statement, written in another way."""
    _, _, query = statement.partition(" AS\n")
    query = query.replace('"', "").replace(" || ", "||").replace("nullif(", "NULLIF(")
    return query.replace("end,", '"end",').replace("(end)", '("end")').replace("\n", "\n   ")


def make_as_wanted(rig: Rig, shell: Shell, *full_names: str) -> None:
    with pointed_at(rig):
        for view in client(shell).views.ddl():
            if view.full_name in full_names:
                put(rig, view.full_name, kept(rewritten(view.statement)))
    rig.clear_journal()


def asked(rig: Rig) -> set[str]:
    return {call["op"] for call in rig.journal()}


def statements(rig: Rig) -> list[dict[str, Any]]:
    return rig.journal("athena", "StartQueryExecution")


def test_views_that_are_missing(rig: Rig, shell: Shell) -> None:
    done = shell.run("view", "diff", code=3)
    assert done.err == "".join(
        f"view {name} does not exist; 'flowathena view create -t prod' creates it\n"
        for name in (_READABLE, _DAILY)
    )
    assert done.out.count("\n+++ ") == 2
    shown = shell.run("view", "diff", "daily", "--format", "json", code=3).json
    ((found),) = shown["views"]
    assert found["diff"].startswith(f"--- {_DAILY} (live)\n+++ {_DAILY} (wanted)\n@@ -0,0 +1,")
    assert {**found, "diff": ""} == {
        "view": _DAILY, "exists": False, "equal": False, "diff": "", "error": None,
    }  # fmt: skip
    tried = shell.run("view", "create", "--dry-run")
    assert tried.out == done.out
    assert tried.err == f"would create view {_READABLE}\nwould create view {_DAILY}\n"
    assert asked(rig) == {"GetTable"}


def test_views_that_are_as_wanted_are_left_alone(rig: Rig, shell: Shell) -> None:
    make_as_wanted(rig, shell, _READABLE, _DAILY)
    done = shell.run("view", "diff")
    assert done.out == ""
    assert done.err == f"view {_READABLE} is as wanted\nview {_DAILY} is as wanted\n"
    created = shell.run("view", "create")
    assert created.out == ""
    assert created.err == "".join(
        f"nothing to change: view {name} is as wanted\n" for name in (_READABLE, _DAILY)
    )
    assert asked(rig) == {"GetTable"}
    (found,) = shell.run("view", "create", "daily", "--format", "json").json["views"]
    assert found.pop("statement").startswith("CREATE OR REPLACE VIEW ")
    assert found == {
        "view": _DAILY, "existed": True, "equal": True, "changed": False, "diff": "",
        "error": None,
    }  # fmt: skip


def test_another_record_format_is_a_difference(rig: Rig, shell: Shell) -> None:
    make_as_wanted(rig, shell, _READABLE)
    rig.client("glue").delete_table(DatabaseName="network", Name="vpc_flow_logs")
    fields = {"FLOWATHENA_LOG_FORMAT": "${start} ${srcaddr} ${action} ${tcp-flags}"}
    other = Shell(shell.folder, {**shell.env, **fields})
    other.run("table", "create")
    done = other.run("view", "diff", "readable", code=3)
    assert done.err == f"view {_READABLE} differs from the wanted one\n"
    lines = done.out.splitlines()
    assert '-    NULLIF("dstaddr", \'-\') AS "dstaddr",' in lines
    assert '+    "tcp_flags",' in lines
    assert '     NULLIF("srcaddr", \'-\') AS "srcaddr",' in lines


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (kept(_OTHERS), '-  COUNT(*) AS "n"'),
        ("SELECT port, FROM flows LATERAL", "-SELECT port, FROM flows LATERAL"),
        ("/* Presto View: bm8gSlNPTg== */", "-/* Presto View: bm8gSlNPTg== */"),
        ("", '+FROM "flow_logs"'),
    ],
    ids=["athena", "hive", "no JSON", "nothing"],
)
def test_a_view_of_somebody_else_is_replaced_only_when_told(
    rig: Rig, shell: Shell, text: str, line: str
) -> None:
    put(rig, _DAILY, text)
    rig.clear_journal()
    done = shell.run("view", "create", "daily", code=2)
    assert line in done.out.splitlines()
    assert done.err == (
        f"error: view create asks before it replaces {_DAILY}, whose existing text is lost; "
        "without a terminal it needs --yes\n"
    )
    assert asked(rig) == {"GetTable"}


def test_what_is_missing_is_created_beside_a_view_of_somebody_else(rig: Rig, shell: Shell) -> None:
    put(rig, _DAILY, kept(_OTHERS))
    rig.clear_journal()
    tried = shell.run("view", "create", "--dry-run")
    assert tried.err == f"would create view {_READABLE}\nwould replace view {_DAILY}\n"
    assert asked(rig) == {"GetTable"}
    done = shell.run("view", "create", "--format", "json", code=4)
    assert '-  COUNT(*) AS "n"' in done.err.splitlines()
    assert done.err.splitlines()[-3:] == [
        (
            f"warning: view create asks before it replaces {_DAILY}, whose existing text is lost; "
            "without a terminal it needs --yes"
        ),
        f"created view {_READABLE}",
        f"view {_DAILY} is not replaced",
    ]
    assert [(each["changed"], each["error"]) for each in done.json["views"]] == [
        (True, None),
        (False, None),
    ]
    assert [call["params"]["QueryString"].split("\n")[0] for call in statements(rig)] == [
        'CREATE OR REPLACE VIEW "network"."vpc_flow_logs_readable" AS'
    ]


@pytest.mark.few(1)
@pytest.mark.parametrize("form", ["table", "json"])
def test_it_asks_on_a_terminal(rig: Rig, shell: Shell, form: str) -> None:
    put(rig, _DAILY, kept(_OTHERS))
    rig.clear_journal()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        shell.command("view", "create", "--format", form),
        cwd=shell.folder,
        env=shell.environment(),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    os.close(theirs)
    os.write(ours, b"n\n")
    out, err = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 4
    told = err.decode().splitlines()
    assert told[-3:] == [
        f"replace {_DAILY}? the existing text is lost [y/N]",
        f"created view {_READABLE}",
        f"view {_DAILY} is not replaced",
    ]
    assert ('-  COUNT(*) AS "n"' in told) == (form == "json")
    if form == "json":
        assert [each["changed"] for each in json.loads(out)["views"]] == [True, False]
    assert len(statements(rig)) == 1


_TAKEN = (
    f"error: {_DAILY} is a table, not a view, and is left unchanged: "
    "drop or rename it to make room for the view"
)


def test_a_table_of_that_name_stays_and_the_other_view_is_created(rig: Rig, shell: Shell) -> None:
    put(rig, _DAILY, "", kind="EXTERNAL_TABLE")
    done = shell.run("view", "diff", code=3)
    assert done.err.splitlines() == [
        f"view {_READABLE} does not exist; 'flowathena view create -t prod' creates it",
        _TAKEN,
    ]
    assert done.out.count("\n+++ ") == 1
    tried = shell.run("view", "create", "--dry-run", code=4)
    assert tried.err.splitlines() == [f"would create view {_READABLE}", _TAKEN]
    assert not statements(rig)

    done = shell.run("view", "create", "--format", "json", code=4)
    assert done.err.splitlines() == [f"created view {_READABLE}", _TAKEN]
    readable, daily = done.json["views"]
    assert (readable["changed"], readable["error"]) == (True, None)
    assert (daily["changed"], f"error: {daily['error']}") == (False, _TAKEN)
    assert len(statements(rig)) == 1
    # Again: one is as wanted, the other still has no room.
    done = shell.run("view", "create", code=4)
    assert done.err.splitlines() == [f"nothing to change: view {_READABLE} is as wanted", _TAKEN]
    assert shell.refused("view", "create", "daily", code=1) == _TAKEN
    found = shell.run("view", "diff", "--format", "json", code=3).json["views"]
    assert [(each["equal"], each["error"] is None) for each in found] == [
        (True, True),
        (False, False),
    ]
    assert len(statements(rig)) == 1


def test_what_athena_refuses_leaves_the_other_view(rig: Rig, shell: Shell) -> None:
    denied = {"service": "athena", "op": "StartQueryExecution", "kind": "access_denied"}
    rig.faults([{**denied, "match": "vpc_flow_logs_readable"}])
    done = shell.run("view", "create", code=4)
    created, refused = done.err.splitlines()
    assert created == f"created view {_DAILY}"
    assert refused.startswith(f"error: view {_READABLE}: Athena: StartQueryExecution: AccessDenied")
    assert [
        each["exists"]
        for each in shell.run("view", "diff", "--format", "json", code=3).json["views"]
    ] == [False, True]


def test_without_a_table_there_are_no_views(rig: Rig, shell: Shell) -> None:
    rig.client("glue").delete_table(DatabaseName="network", Name="vpc_flow_logs")
    for command in ("diff", "create"):
        assert shell.refused("view", command, code=1) == (
            "error: table network.vpc_flow_logs does not exist; "
            "'flowathena table create -t prod' creates it"
        )
    assert shell.run("view", "ddl", "daily").out.startswith("CREATE OR REPLACE VIEW")
    projected = Shell(shell.folder, {**shell.env, "FLOWATHENA_PARTITIONING": "projection"})
    assert '"day" AS "partition_day"' in projected.run("view", "ddl").out
    put(rig, "network.vpc_flow_logs", kept(_OTHERS))
    assert shell.refused("view", "create", code=1) == (
        "error: table network.vpc_flow_logs has no SerDe (as for a view); "
        "only text and Parquet tables can be read"
    )


@pytest.mark.parametrize(
    ("service", "op", "told"),
    [
        ("glue", "GetTable", "error: Glue table network.vpc_flow_logs: GetTable: AccessDenied"),
        ("athena", "StartQueryExecution", f"error: view {_READABLE} and {_DAILY}: Athena: Sta"),
    ],
)
def test_access_denied_is_one_line(
    rig: Rig, shell: Shell, service: str, op: str, told: str
) -> None:
    rig.faults([{"service": service, "op": op, "kind": "access_denied"}])
    done = shell.run("view", "create", code=1)
    (line,) = done.err.splitlines()
    assert line.startswith(told)
    assert "AccessDeniedException" in line


def test_the_library_does_the_same(rig: Rig, shell: Shell) -> None:
    make_as_wanted(rig, shell, _READABLE)
    seen: list[Any] = []

    def refuses(found: Any) -> bool:  # noqa: ANN401 - drifts
        seen.extend(found)
        return False

    with pointed_at(rig):
        views = client(shell).views
        readable, daily = views.ddl()
        assert (readable.full_name, daily.full_name) == (_READABLE, _DAILY)
        assert [each.equal for each in views.diff()] == [True, False]
        done = views.create(confirmed=refuses)
        assert [each.changed for each in done] == [False, False]
        assert [each.equal for each in seen] == [True, False]
        assert not views.create("readable", confirmed=refuses)[0].changed
    assert len(seen) == 2  # nobody is asked where there is nothing to do
    assert asked(rig) == {"GetTable"}
