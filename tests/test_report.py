"""The report on a folder: its panels, its page, and what it says of what it cannot answer."""

import gzip
import json
import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from flowathena import Client, CostError, SpendingLimits
from flowathena.errors import EngineError, FlowathenaError
from flowathena.inputs.selection import Selection
from flowathena.inputs.window import Window
from flowathena.logs.fields import DEFAULT_FORMAT
from flowathena.report import panels
from flowathena.report.contents import Answer, Figures, Scan
from flowathena.report.panel import Panel
from flowathena.report.report import Report
from flowathena.result.chart.chart import Chart, Kind
from flowathena.result.result import Result, Stats
from tests.cases import LogFile, record, write_project
from tests.portion import left_to_slow
from tests.reports import ROWS, check_against_saved_queries
from tests.shell import Shell

DAY = "2026-11-01"
WINDOW = ("--since", "2026-11-01", "--until", "2026-11-02")
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
RESERVED = ("report", "coverage", "scans")
EVERY = (
    *("volume", "actions", "talkers", "pairs", "ports", "paths", "rejected_sources"),
    *("rejected_ports", "exposure", "port_scans", "host_sweeps", "log_status", "coverage"),
)


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Three days of sample logs with every field up to version 5."""
    folder = tmp_path_factory.mktemp("report")
    shell = Shell(folder)
    shell.run(
        *("sample", "logs", "--version", "5", "--days", "3", "--records", "4000"),
        *("--seed", "7", "--until", "2026-11-04"),
    )
    shell.run("init", "./logs", "--target", "local")
    shell.run("partitions", "sync", "--all")
    return shell


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A few flows of one day, of version 2."""
    folder = tmp_path_factory.mktemp("few")
    lines = (
        record(f"{DAY}T10:00:00", srcaddr="10.0.1.5", dstaddr="10.0.2.9", bytes=300),
        record(f"{DAY}T10:30:00", srcaddr="10.0.2.9", dstaddr="10.0.1.5", bytes=500),
        record(f"{DAY}T11:00:00", srcaddr="8.8.8.8", dstaddr="10.0.1.5", dstport=22, bytes=40),
        record(f"{DAY}T11:00:00", srcaddr="9.9.9.9", dstport=23, action="REJECT", bytes=60),
        record(f"{DAY}T11:30:00", srcaddr="9.9.9.9", dstport=23, action="REJECT", bytes=60),
    )
    (folder / "queries").mkdir()
    for name in RESERVED:
        text = '/* ---\ntitle = "Mine"\n--- */\nSELECT 1 AS one'
        (folder / "queries" / f"{name}.sql").write_text(text)
    settings = 'query_paths = ["queries"]'
    write_project(folder, LogFile(DAY, lines), settings=settings, registered=True)
    return Shell(folder)


class _Page(HTMLParser):
    """The parts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def values(self, name: str) -> list[str | None]:
        return [value for _, attribute, value in self.attributes if attribute == name]


@left_to_slow
def test_every_panel_says_what_its_saved_query_says(sampled: Shell) -> None:
    client = Client(config_path=sampled.folder / "flowathena.toml")
    since, until = "2026-11-01", "2026-11-04"
    report = client.report(rows=ROWS, since=since, until=until)
    assert [answer.panel.name for answer in report.answers] == list(EVERY)
    check_against_saved_queries(report, client, since, until)
    assert [scan.name for scan in report.scans] == ["report", "port_scan", "host_sweep"]
    assert report.expected_bytes == report.scanned_bytes


def test_a_few_flows_counted_by_hand(shell: Shell) -> None:
    report = Client(config_path=shell.folder / "flowathena.toml").report(
        since="2026-11-01", until="2026-11-02"
    )

    def rows(name: str) -> list[tuple[object, ...]]:
        result = report[name].result
        assert result is not None
        return result.data

    # Two flows from one address to the other, and one from the internet.
    assert [row[:6] for row in rows("talkers")] == [
        ("10.0.1.5", 3, 30, 840, 300, 540),
        ("10.0.2.9", 2, 20, 800, 500, 300),
        ("8.8.8.8", 1, 10, 40, 40, 0),
    ]
    hours = [datetime(2026, 11, 1, hour, tzinfo=UTC) for hour in (10, 11)]
    minutes = report["actions"].panel.values["minutes"]
    assert minutes == 15
    assert rows("actions") == [
        (hours[0], "ACCEPT", 1),
        (hours[0] + timedelta(minutes=30), "ACCEPT", 1),
        (hours[1], "ACCEPT", 1),
        (hours[1], "REJECT", 1),
        (hours[1] + timedelta(minutes=30), "REJECT", 1),
    ]
    assert [row[:2] for row in rows("rejected_sources")] == [("9.9.9.9", 2)]
    assert [row[:4] for row in rows("exposure")] == [("10.0.1.5", "TCP", 22, 1)]
    assert report.figures == Figures(3, 2, 840, 120)
    assert rows("coverage")[0][2:5] == (1, 0, 0)
    assert repr(report) == "<Report of local: 12 of 13 panels filled>"


def test_a_panel_whose_field_the_logs_lack_says_so(shell: Shell) -> None:
    shell.run("report", *WINDOW, "-o", "lacking.json")
    told = json.loads((shell.folder / "lacking.json").read_text())
    reasons = {each["name"]: each["reason"] for each in told["panels"] if each["reason"]}
    assert list(reasons) == ["paths"]
    assert reasons["paths"].startswith("needs traffic_path (version 5): this target's flow logs")
    assert [(each["name"], each["panels"][0]) for each in told["scans"]] == [
        ("report", "volume"),
        ("port_scan", "port_scans"),
        ("host_sweep", "host_sweeps"),
    ]
    assert "paths" not in told["scans"][0]["panels"]


def test_the_page_is_whole_and_asks_for_nothing(shell: Shell) -> None:
    done = shell.run("report", *WINDOW, "-o", "page.html")
    assert done.err.splitlines()[0] == "wrote page.html"
    assert done.err.splitlines()[-1].startswith("12 of 13 panels, 3 scans, ")
    text = (shell.folder / "page.html").read_text()
    page = _Page(text)
    assert page.values("src") == []
    assert all(str(each).startswith("#") for each in page.values("href"))
    ids = [value for value in page.values("id") if value is not None]
    assert len(ids) == len(set(ids))
    assert set(EVERY) <= set(ids)
    links = {str(each)[1:] for tag, name, each in page.attributes if (tag, name) == ("a", "href")}
    assert links <= set(ids)
    assert "http" not in text.replace("http-equiv", "").replace("http://www.w3.org/", "")
    assert "10.0.2.9" in page.texts
    assert "flowathena run top_talkers --limit 15 --since 2026-11-01T00:00:00Z" in text


def test_standard_output_gets_the_page(shell: Shell) -> None:
    done = shell.run("report", *WINDOW, "--panel", "talkers")
    assert done.out.startswith("<!DOCTYPE html>")
    assert done.out.endswith("</html>\n")
    assert "1 of 1 panel, 1 scan" in done.err


def test_chosen_panels_need_their_scans_only(shell: Shell) -> None:
    def scans(*names: str) -> list[str]:
        words = [word for name in names for word in ("--panel", name)]
        done = shell.run("report", *WINDOW, *words, "--estimate")
        return [line.split()[0] for line in done.out.splitlines()[2:-1]]

    assert scans("coverage") == []
    assert scans("talkers", "exposure") == ["report"]
    assert scans("host_sweeps") == ["host_sweep"]
    line = shell.refused("report", "--panel", "talker", "-o", "x.html")
    assert line.startswith("error: there is no panel 'talker'; did you mean 'talkers'? known: vol")


def test_saved_queries_get_panels_besides(shell: Shell) -> None:
    words = ("--panel", "talkers", "--query", "ssh_rejects", "--query", "log_status")
    shell.run("report", *WINDOW, *words, "-o", "more.json")
    told = json.loads((shell.folder / "more.json").read_text())
    assert [each["name"] for each in told["panels"]] == ["talkers", "ssh_rejects", "log_status"]
    assert told["panels"][1]["title"] == "Who is refused at SSH"
    assert told["panels"][1]["scan"] == "ssh_rejects"
    assert told["panels"][2]["rows"][0]["records"] == 5
    line = shell.refused("report", "--query", "port_scan", "-o", "x.html")
    assert line == "error: query port_scan: panel port_scans is in the report already"
    line = shell.refused("report", "--query", "log_status", "-o", "x.html")
    assert line == "error: query log_status: panel log_status is in the report already"
    for name in RESERVED:
        line = shell.refused("report", "--query", name, "-o", "x.html")
        assert line == f"error: query {name}: something else of the report has this name"
    assert "ssh_reject" in shell.refused("report", "--query", "ssh_reject", "-o", "x.html")


def test_an_estimate_adds_up_and_runs_nothing(shell: Shell) -> None:
    done = shell.run("report", *WINDOW, "--estimate")
    size = next((shell.folder / "logs").rglob("*.log.gz")).stat().st_size
    assert done.out.splitlines()[-1] == (
        f"3 queries would scan {3 * size} B, 0.00 USD (nothing is billed on this machine)"
    )
    assert "warning: paths cannot run: needs traffic_path" in done.err
    told = shell.run("report", *WINDOW, "--estimate", "--format", "json").json
    assert [each["query"] for each in told["queries"]] == [
        *("report", "port_scan", "host_sweep", "paths"),
    ]
    assert told["scanned_bytes"] == 3 * size
    line = shell.refused("report", *WINDOW, "--format", "json", "-o", "x.html")
    assert line.startswith("error: --format is that of --estimate; ")


def test_dry_run_prints_every_statement(shell: Shell) -> None:
    done = shell.run("report", *WINDOW, "--dry-run", "--panel", "pairs", "--panel", "port_scans")
    heads = [line for line in done.out.splitlines() if line.startswith("-- ")]
    assert heads[0] == "-- report: pairs"
    assert "-- port_scan: port_scans" in heads
    assert done.out.count("SELECT") > 4


@left_to_slow
def test_limits_hold_for_all_scans_together(shell: Shell) -> None:
    size = next((shell.folder / "logs").rglob("*.log.gz")).stat().st_size
    client = Client(config_path=shell.folder / "flowathena.toml")

    def limited(max_scan_bytes: int) -> Report:
        limits = SpendingLimits(max_scan_bytes)
        return client.report(since="2026-11-01", until="2026-11-02", spending_limits=limits)

    assert limited(3 * size).scanned_bytes == 3 * size
    with pytest.raises(CostError, match="--max-scan"):
        limited(3 * size - 1)
    line = shell.refused("report", *WINDOW, "--max-scan", "1B", "-o", "never.html", code=5)
    assert "nothing is run: 3 queries would scan" in line
    assert not (shell.folder / "never.html").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-o", "x.pdf"), "x.pdf: a report is a .html or .json file"),
        (("-o", "x"), "x: a report is a .html or .json file"),
        (("-o", ""), "-o names no file"),
        (("-o", "nowhere/x.html"), "the folder nowhere does not exist"),
        (("-o", "s3://bucket/"), "a report is a .html or .json file"),
        (("--estimate", "-o", "x.html"), "--estimate prints an estimate; leave -o out"),
        (("--dry-run", "--estimate"), "--dry-run and --estimate cannot be combined"),
        (("--rows", "0", "-o", "x.html"), "--rows"),
        (("--rows", "1001", "-o", "x.html"), "rows: 1001 is not a number of rows, 1 to 1000"),
        (("--since", "now", "-o", "x.html"), "since"),
        (("-t", "nobody", "-o", "x.html"), "nobody"),
        (("--engine", "athena", "-o", "x.html"), "engine: the logs of this target are on this"),
        (("--max-cost", "a lot", "-o", "x.html"), "--max-cost"),
    ],
)
def test_bad_requests_are_refused_before_anything_runs(
    shell: Shell, words: tuple[str, ...], message: str
) -> None:
    assert message in shell.refused("report", *words)
    assert not (shell.folder / "x.html").exists()


@left_to_slow
def test_damaged_files_leave_no_page_unless_they_are_skipped(tmp_path: Path) -> None:
    lines = (record(f"{DAY}T10:00:00"),)
    write_project(tmp_path, LogFile(DAY, lines), registered=True)
    shell = Shell(tmp_path)
    good = next((tmp_path / "logs").rglob("*.log.gz"))
    damaged = good.with_name(good.name.replace("_fl-", "_fl-0bad"))
    damaged.write_bytes(gzip.compress(b"version\n" * 1000)[:-9])
    (tmp_path / "x.html").write_text("the last one")
    # Coverage asks no engine, and would be the only panel that has an answer.
    assert "damaged log file" in shell.refused("report", *WINDOW, "-o", "x.html", code=1)
    assert (tmp_path / "x.html").read_text() == "the last one"
    done = shell.run("report", *WINDOW, "-o", "x.html", "--skip-bad-files")
    assert f"warning: skipped damaged file {damaged}: trunc" in done.err
    assert done.err.splitlines()[-1].startswith("12 of 13 panels")


@left_to_slow
def test_a_ranking_says_that_there_are_more(shell: Shell) -> None:
    shell.run("report", *WINDOW, "--rows", "2", "-o", "two.json")
    told = {
        each["name"]: each for each in json.loads((shell.folder / "two.json").read_text())["panels"]
    }
    # Three addresses have traffic, and one is refused.
    assert [row["address"] for row in told["talkers"]["rows"]] == ["10.0.1.5", "10.0.2.9"]
    assert told["talkers"]["notices"] == ["the first 2 are shown, there are more: --rows"]
    assert told["rejected_sources"]["notices"] == []
    assert len(told["volume"]["rows"]) == 5  # which is no ranking
    shell.run("report", *WINDOW, "--rows", "2", "-o", "two.html")
    text = (shell.folder / "two.html").read_text()
    assert "Table: 2 rows; the first 2 are shown, there are more: --rows" in text


def _lacking(folder: Path, *names: str) -> Shell:
    """A flow of a log format without some fields."""
    fields = [name for name in DEFAULT_FORMAT if name not in names]
    values = dict(zip(DEFAULT_FORMAT, record(f"{DAY}T10:00:00").split(), strict=True))
    line = " ".join(values[name] for name in fields)
    write_project(folder, LogFile(DAY, (line,), header=" ".join(fields)))
    config = folder / "flowathena.toml"
    config.write_text(f"{config.read_text()}log_format = {json.dumps(fields)}\n")
    shell = Shell(folder)
    shell.run("partitions", "sync", "--all")
    return shell


def test_panels_need_no_more_fields_than_they_show(tmp_path: Path) -> None:
    shell = _lacking(tmp_path, "packets", "log-status")
    shell.run("report", *WINDOW, "-o", "r.json")
    told = json.loads((tmp_path / "r.json").read_text())
    lacking = {each["name"]: each["reason"] for each in told["panels"] if each["reason"]}
    assert "actions" not in lacking
    assert lacking["talkers"].startswith("needs packets (version 2)")
    assert lacking["log_status"].startswith("needs log_status (version 2)")
    # Nothing of the packaged query's file is in the reason.
    assert lacking["host_sweeps"].startswith("needs packets (version 2)")
    line = shell.refused("report", *WINDOW, "--panel", "talkers", "-o", "none.html")
    assert "needs packets (version 2)" in line
    assert not (tmp_path / "none.html").exists()


def test_a_statement_of_the_page_can_be_asked_as_it_is(shell: Shell) -> None:
    shell.run("report", *WINDOW, "--panel", "ports", "--panel", "port_scans", "-o", "s.html")
    page = _Page((shell.folder / "s.html").read_text())
    statements = [text for text in page.texts if "FROM flow_logs" in text and "GROUP BY" in text]
    alone = [text for text in statements if not text.startswith("WITH flow_logs AS")]
    assert len(alone) == 2
    for text in alone:
        shell.run("sql", text, *WINDOW)


@left_to_slow
def test_a_flow_log_that_nobody_has_is_told(shell: Shell) -> None:
    done = shell.run("report", *WINDOW, "--flow-log", "fl-0123456789abcdef9", "-o", "fl.html")
    assert "fl-0123456789abcdef9" in done.err
    assert "fl-0123456789abcdef9" in (shell.folder / "fl.html").read_text()


def test_help_names_every_panel(shell: Shell) -> None:
    text = " ".join(shell.run("report", "--help").out.split())
    assert f"Only this panel: {', '.join(panels.names())}; repeat" in text
    assert panels.names() == EVERY


@left_to_slow
def test_an_empty_window_makes_a_page_that_says_why(shell: Shell) -> None:
    done = shell.run("report", "--since", "2020-01-01", "--until", "2020-01-03", "-o", "e.html")
    assert "warning: oldest logs 2026-11-01" in done.err
    text = (shell.folder / "e.html").read_text()
    assert text.count("No records.") == 12
    assert "oldest logs 2026-11-01" in text


@pytest.mark.parametrize(
    ("length", "minutes"),
    [
        (timedelta(minutes=30), 1),
        (timedelta(hours=4), 5),
        (timedelta(hours=24), 15),
        (timedelta(days=7), 60),
        (timedelta(days=8, hours=8), 60),
        (timedelta(days=8, hours=9), 360),
        (timedelta(days=90), 1440),
        (timedelta(days=1000), 1440),
    ],
)
def test_lines_have_as_many_points_as_a_picture_shows(length: timedelta, minutes: int) -> None:
    assert panels.interval_minutes(Window(NOW - length, NOW)) == minutes


_EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\u202e&"


def _made(
    result: Result | None, *, reason: str = "", error: FlowathenaError | None = None
) -> Report:
    panel = Panel(
        "hosts",
        "Who?",
        "All.",
        chart=Chart(Kind.BAR, ("host",), ("bytes",)),
        query="top_talkers",
        values={"limit": _EVIL},
    )
    sql, command = f"SELECT '{_EVIL}'", f"run {_EVIL}"
    answer = Answer(panel, result, reason, sql=sql, command=command, scan="report", error=error)
    return Report(
        target=_EVIL,
        table=_EVIL,
        location=_EVIL,
        selection=Selection(Window(NOW - timedelta(days=1), NOW), (_EVIL,), (_EVIL,), (), (_EVIL,)),
        made_at=NOW,
        command=_EVIL,
        answers=(answer,),
        scans=(Scan(_EVIL, (_EVIL,), _EVIL, 1, 0.5, Stats("duckdb", 1, 0.1, warnings=(_EVIL,))),),
    )


def _hosts(rows: list[tuple[object, ...]]) -> Result:
    result = Result([("host", "varchar"), ("bytes", "bigint")], rows, Stats("duckdb", 1, 0.1))
    result.usual_chart = Chart(Kind.BAR, ("host",), ("bytes",))
    return result


def test_no_text_of_anybody_becomes_markup() -> None:
    for report in (_made(_hosts([(_EVIL, 5), (None, None)])), _made(None, reason=_EVIL)):
        page = _Page(report.html())
        assert page.tags.count("script") == 1
        assert "img" not in page.tags
        assert not [name for _, name, _ in page.attributes if name.startswith("on")]
        assert "\x1b" not in report.html()
        assert "\u202e" not in report.html()


def test_a_script_is_allowed_by_its_hash_alone() -> None:
    page = _Page(_made(_hosts([("a", 1)])).html())
    policy = next(str(value) for value in page.values("content") if "default-src" in str(value))
    assert "default-src 'none'" in policy
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/]{43}='", policy)


def test_rows_that_cannot_be_drawn_are_a_table() -> None:
    result = _hosts([("a", None), ("b", None)])
    page = _Page(_made(result).html())
    assert "svg" not in page.tags
    assert page.tags.count("td") == 4
    assert ("details", "open", None) in page.attributes or "open" in {
        name for tag, name, _ in page.attributes if tag == "details"
    }


def test_numbers_are_exact_and_readable() -> None:
    text = _made(_hosts([("a", 2**63 - 1), ("b", 1234)])).html()
    assert '<td class="number">9,223,372,036,854,775,807</td>' in text
    assert '<td class="number">1,234</td>' in text


def test_a_report_is_saved_whole_or_not_at_all(tmp_path: Path) -> None:
    report = _made(_hosts([("a", 1)]))
    report.save(tmp_path / "r.json")
    told = json.loads((tmp_path / "r.json").read_text())
    assert told["panels"][0]["rows"] == [{"host": "a", "bytes": 1}]
    assert (told["since"], told["until"]) == ("2026-10-31T12:00:00Z", "2026-11-01T12:00:00Z")
    with pytest.raises(Exception, match=r"a report is a \.html or \.json file, not txt"):
        report.save(tmp_path / "r.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


def test_a_failure_of_several_panels_is_one_error() -> None:
    error = EngineError("it failed")
    report = _made(None, reason="it failed", error=error)
    report = replace(report, answers=report.answers * 3)
    assert report.errors == (error,)
    assert report.filled == ()
    assert report.failure is None  # a scan has an answer
    failed = replace(report, scans=(replace(report.scans[0], stats=None),))
    assert failed.failure is error
    with pytest.raises(KeyError):
        report["nothing"]


@pytest.mark.parametrize(
    ("rejected", "shown"),
    [(0, "0 %"), (1, "0.1 %"), (87, "8.7 %"), (997, "99.7 %"), (1000, "100 %")],
)
def test_figures_are_written_as_people_read_them(rejected: int, shown: str) -> None:
    figures = Figures(1000 - rejected, rejected, 1_500_000, 10)
    page = _Page(replace(_made(_hosts([("a", 1)])), figures=figures).html())
    assert "1.5 MB" in page.texts
    assert f"{1000 - rejected:,}" in page.texts
    assert shown in page.texts
    none = _Page(replace(_made(None, reason="x"), figures=Figures()).html())
    assert " of flows rejected" not in none.texts


def test_the_command_of_a_report_makes_it_again(shell: Shell) -> None:
    words = ("--panel", "talkers", "--query", "log_status", "--rows", "3", "--skip-bad-files")
    shell.run("report", *WINDOW, *words, "--account", "111122223333", "-o", "one.json")
    told = json.loads((shell.folder / "one.json").read_text())
    again = shlex.split(told["command"])
    assert again[:2] == ["flowathena", "report"]
    shell.run(*again[1:], "-o", "two.json")
    twin = json.loads((shell.folder / "two.json").read_text())
    assert twin["command"] == told["command"]
    assert [each["rows"] for each in twin["panels"]] == [each["rows"] for each in told["panels"]]
    alone = shlex.split(told["panels"][0]["command"])
    rows = shell.run(*alone[1:], "--format", "json").json
    assert rows == told["panels"][0]["rows"]
    assert "--skip-bad-files" in alone


def test_a_program_learns_what_a_page_tells(shell: Shell) -> None:
    shell.run("report", *WINDOW, "-o", "all.json")
    told = json.loads((shell.folder / "all.json").read_text())
    states = {each["name"]: each["state"] for each in told["panels"]}
    assert states == {name: "lacking" if name == "paths" else "done" for name in EVERY}
    assert told["figures"]["rejected_flows"] == 2
    assert told["warnings"] == []


def test_a_planned_report_holds_to_the_limits_of_its_target(tmp_path: Path) -> None:
    lines = (record(f"{DAY}T10:00:00"),)
    settings = 'max_scan = "1B"'
    write_project(tmp_path, LogFile(DAY, lines), registered=True)
    config = tmp_path / "flowathena.toml"
    config.write_text(f"{config.read_text()}\n{settings}\n")
    planned = Client(config_path=config).plan_report(since="2026-11-01", until="2026-11-02")
    with pytest.raises(CostError, match="--max-scan"):
        planned.run()
