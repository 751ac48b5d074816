"""``queries new``, ``queries test`` and ``sql``, by the real command."""

import io
import sys
from pathlib import Path

import pytest

from flowathena.cli.app import app
from tests.cases import LogFile, record, write_project
from tests.shell import Shell

DAY = "2026-11-01"
WINDOW = ("--since", "2026-11-01", "--until", "2026-11-02")


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    folder = tmp_path_factory.mktemp("own")
    logs = LogFile(DAY, (record(f"{DAY}T10:00:00"), record(f"{DAY}T11:00:00", dstport=22)))
    write_project(folder, logs, registered=True)
    return Shell(folder)


def test_a_query_is_written_tested_run_and_listed(tmp_path: Path) -> None:
    logs = LogFile(DAY, (record(f"{DAY}T10:00:00"),))
    write_project(tmp_path, logs, registered=True)
    shell = Shell(tmp_path)
    done = shell.run("queries", "new", "talkers", "--title", "Who talks")
    assert done.out.split() == [
        *("query", str(tmp_path / "queries/talkers.sql")),
        *("cases", str(tmp_path / "queries/cases/talkers.toml")),
    ]
    assert done.err.splitlines() == [
        f"added the folder to query_paths in {tmp_path / 'flowathena.toml'}",
        "next: flowathena queries test talkers",
    ]
    done = shell.run("queries", "test", "talkers")
    assert done.out == "pass  talkers: sources of accepted flows to the port, largest first\n"
    assert done.err == "1 case, 0 failed\n"
    assert shell.run("queries", "check", "talkers").out == "1 query, no problems\n"
    rows = shell.run("run", "talkers", *WINDOW, "--format", "json").json
    assert rows == [{"srcaddr": "10.0.1.5", "flows": 1, "bytes": 1000}]

    shell.run("queries", "new", "preview", "--from", "preview", "--title", "Mine")
    described = shell.run("queries", "show", "preview", "--format", "json").json
    assert (described["title"], described["override"]) == ("Mine", True)
    shown = shell.run("queries", "show", "preview").out
    assert shown.startswith("preview: Mine (overrides the packaged query)\n")
    assert f"file: {tmp_path / 'queries/records/preview.sql'}" in shown


def test_what_fails_is_shown_beside_what_is_expected(tmp_path: Path) -> None:
    write_project(tmp_path)
    shell = Shell(tmp_path)
    shell.run("queries", "new", "talkers")
    query, cases = (tmp_path / "queries" / name for name in ("talkers.sql", "cases/talkers.toml"))
    query.write_text(query.read_text().replace("action = 'ACCEPT' AND ", ""))
    done = shell.run("queries", "test", code=3)
    assert done.out.splitlines() == [
        "FAIL  talkers: sources of accepted flows to the port, largest first",
        f"      {cases}:6",
        "      - expected, + answered",
        "        srcaddr   flows  bytes",
        "        --------  -----  -----",
        "        10.0.1.6      1   5000",
        "        10.0.1.5      2   1500",
        "      + 10.0.1.7      1      9",
        "      records that must not count change the answer: 'refused' (line 29)",
    ]
    assert done.err == "1 case, 1 failed\n"
    (told,) = shell.run("queries", "test", "talkers", "--format", "json", code=3).json
    assert (told["query"], told["outcome"], told["line"]) == ("talkers", "failed", 6)
    assert told["answered"][-1] == ["10.0.1.7", 1, 9]
    assert told["must_not"] == [{"reason": "refused", "line": 29}]


def test_what_is_not_tested_is_said(tmp_path: Path) -> None:
    write_project(tmp_path)
    shell = Shell(tmp_path)
    assert "'flowathena queries new NAME' writes one" in shell.run("queries", "test").err
    shell.run("queries", "new", "talkers")
    folder = tmp_path / "queries"
    (folder / "bare.sql").write_text('/* ---\ntitle = "Bare"\n--- */\nSELECT 1 AS one\n')
    (folder / "cases/stray.toml").touch()
    cases = folder / "cases/talkers.toml"
    text = cases.read_text()
    cases.write_text(text.partition("# Records that may not")[0])
    done = shell.run("queries", "test")
    assert done.err.splitlines() == [
        f"query 'bare' has no cases; they would be in {folder / 'cases/bare.toml'}",
        (
            f"{cases}:6: case 'sources of accepted flows to the port, largest first' has no "
            "must_not; records that may not count show that the query's conditions work"
        ),
        f"warning: {folder / 'cases/stray.toml'}: there is no query 'stray'; no case of it is run",
        "1 case, 0 failed",
    ]


def test_packaged_queries_can_be_tested(tmp_path: Path) -> None:
    done = Shell(tmp_path).run("queries", "test", "rejected_tcp")
    assert all(line.startswith("pass  rejected_tcp: ") for line in done.out.splitlines())


def test_a_statement_is_a_text_or_a_file(shell: Shell) -> None:
    sql = "SELECT dstport, count(*) AS flows FROM flow_logs GROUP BY 1 ORDER BY 1"
    rows = [{"dstport": 22, "flows": 1}, {"dstport": 443, "flows": 1}]
    done = shell.run("sql", sql, *WINDOW, "--format", "json")
    assert done.json == rows
    assert done.err.startswith("2 rows, 1 file, ")
    file = shell.folder / "report.sql"
    file.write_text(f"-- a comment; and another\n/* of two\nlines */ {sql}\n;\n")
    output = shell.folder / "report.csv"
    shell.run("sql", "-f", "report.sql", *WINDOW, "-o", str(output))
    assert output.read_text() == "dstport,flows\n22,1\n443,1\n"
    rendered = shell.run("sql", sql, *WINDOW, "--dry-run").out
    assert '"start" >= 1793491200' in rendered
    assert rendered.endswith(f"{sql}\n")
    assert shell.run("sql", f"{sql} LIMIT 1", *WINDOW).err.startswith("the limit of 1 row is reach")
    assert shell.run("sql", "SELECT '{{ x }}' AS x", "--format", "csv").out == "x\n{{ x }}\n"


class Typed:
    """Standard input with these bytes."""

    def __init__(self, content: bytes) -> None:
        self.buffer = io.BytesIO(content)

    def isatty(self) -> bool:
        return False


@pytest.mark.parametrize("words", [["-"], ["-f", "-"]])
def test_a_statement_from_standard_input(
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    words: list[str],
) -> None:
    monkeypatch.chdir(shell.folder)
    monkeypatch.setattr(sys, "stdin", Typed(b"\xef\xbb\xbfSELECT count(*) AS n\r\nFROM flow_logs"))
    app(["sql", *words, *WINDOW, "--format", "csv"], standalone_mode=False)
    assert capfd.readouterr().out == "n\n2\n"
