"""Several queries at once on a folder: from the command line and from Python."""

import json
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Queue
from threading import Barrier, Event

import pytest

import flowathena
from flowathena import Client
from flowathena.cli.batch import EXAMPLES
from flowathena.client.batch import Batch
from flowathena.client.jobs import Job
from flowathena.client.outcome import BatchProgress, Outcome, OutcomeState
from flowathena.cost.together import BatchEstimate
from flowathena.engine import Listener
from flowathena.query.query import Query
from flowathena.query.render import Rendered
from flowathena.result.result import Progress, Result, Stats
from tests.cases import LogFile, record, write_project
from tests.portion import left_to_slow
from tests.shell import SAID_OF, Shell
from tests.test_cli_help import parse
from tests.waiting import until

DAY = "2026-11-01"
WINDOW = ("--since", "2026-11-01", "--until", "2026-11-02")
OWN = {
    "first": ('tags = ["mine"]', "SELECT srcaddr, dstport FROM flow_logs ORDER BY srcaddr"),
    "second": ('tags = ["mine"]', "SELECT count(*) AS flows FROM flow_logs"),
    "broken": ('tags = ["mine", "bad"]', "SELECT 1 / (dstport - dstport) AS x FROM flow_logs"),
    "lacking": ('tags = ["mine", "cannot"]', "SELECT az_id FROM flow_logs"),
    "asking": (
        'tags = ["mine", "cannot"]\n[params.port]\ntype = "port"',
        "SELECT count(*) AS flows FROM flow_logs WHERE dstport = {{ port }}",
    ),
}


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """Two flows of one day, and queries of one's own."""
    folder = tmp_path_factory.mktemp("batch")
    lines = (
        record(f"{DAY}T10:00:00"),
        record(f"{DAY}T11:00:00", srcaddr="10.0.1.6", dstport=22),
    )
    (folder / "queries").mkdir()
    write_project(
        folder, LogFile(DAY, lines), settings='query_paths = ["queries"]', registered=True
    )
    for name, (header, sql) in OWN.items():
        head = f'/* ---\ntitle = "The {name} one"\n{header}\n--- */\n'
        (folder / "queries" / f"{name}.sql").write_text(head + sql)
    return Shell(folder)


def summary(folder: Path) -> dict[str, dict[str, object]]:
    queries = json.loads((folder / "summary.json").read_text())["queries"]
    return {each["query"]: each for each in queries}


def test_names_are_run_and_shown_below_their_titles_in_their_order(shell: Shell) -> None:
    done = shell.run("run", "second", "first", *WINDOW)
    assert done.out == (
        "The second one (second)\n\nflows\n-----\n    2\n\n"
        "The first one (first)\n\nsrcaddr   dstport\n--------  -------\n"
        "10.0.1.5      443\n10.0.1.6       22\n"
    )
    rows = [line.split() for line in done.err.splitlines()]
    assert rows[0] == ["query", "state", "rows", "bytes", "seconds", "error"]
    assert [row[:3] for row in rows[2:4]] == [["second", "done", "1"], ["first", "done", "2"]]
    size = next((shell.folder / "logs").rglob("*.log.gz")).stat().st_size
    assert done.err.splitlines()[4] == f"2 of 2 queries done, {2 * size} B scanned"


def test_one_failure_leaves_the_others(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    done = shell.run("run", "--tag", "mine", *WINDOW, "-o", str(folder), code=4)
    assert done.out == ""
    assert sorted(path.name for path in folder.iterdir()) == [
        "first.csv",
        "second.csv",
        "summary.json",
    ]
    assert (folder / "first.csv").read_text() == "srcaddr,dstport\n10.0.1.5,443\n10.0.1.6,22\n"
    assert (folder / "second.csv").read_text() == "flows\n2\n"
    told = summary(folder)
    assert {name: each["state"] for name, each in told.items()} == {
        "asking": "skipped",
        "broken": "failed",
        "first": "done",
        "lacking": "skipped",
        "second": "done",
    }
    assert (told["first"]["rows"], told["first"]["file"]) == (2, "first.csv")
    size = next((shell.folder / "logs").rglob("*.log.gz")).stat().st_size
    assert told["first"]["scanned_bytes"] == size
    assert (told["first"]["since"], told["first"]["until"]) == (
        "2026-11-01T00:00:00Z",
        "2026-11-02T00:00:00Z",
    )
    assert "Division by zero" in str(told["broken"]["error"])
    assert told["broken"]["rows"] is None
    assert "warning: asking is skipped: port: needs a value (--param port=…)" in done.err
    assert "warning: lacking is skipped: needs az_id (version 4): this target's" in done.err
    assert "error: broken: " in done.err


def test_a_parameter_goes_to_the_queries_that_have_it(shell: Shell, tmp_path: Path) -> None:
    shell.run("run", "asking", "first", *WINDOW, "--param", "port=22", "-o", str(tmp_path))
    assert (tmp_path / "asking.csv").read_text() == "flows\n1\n"
    line = shell.refused("run", "first", "second", "--param", "prot=22")
    assert line == "error: prot: no query of the batch has this parameter"
    line = shell.refused("run", "asking", "second", "--param", "prot=22")
    assert line.endswith("has this parameter; did you mean 'port'?")
    assert "port: " in shell.refused("run", "asking", "second", "--param", "port=x")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("first", "second"), 0),
        (("--tag", "mine", "--tag", "cannot"), 2),  # nothing can run
        (("lacking", "asking"), 2),
        (("first", "lacking"), 4),  # it was asked for by its name
        (("broken", "lacking"), 1),  # all failed: the code of the failure
        (("--tag", "bad"), 1),
    ],
)
def test_exit_codes(shell: Shell, tmp_path: Path, words: tuple[str, ...], code: int) -> None:
    shell.run("run", *words, *WINDOW, "-o", str(tmp_path), code=code)


@left_to_slow
def test_a_tag_whose_others_are_skipped_is_done(tmp_path: Path) -> None:
    write_project(tmp_path, LogFile(DAY, (record(f"{DAY}T10:00:00"),)), registered=True)
    shell = Shell(tmp_path)
    done = shell.run("run", "--topic", "rejects", *WINDOW, "-o", "out")
    states = {each["state"] for each in summary(tmp_path / "out").values()}
    assert states == {"done", "skipped"}
    assert "host_rejects is skipped: ip: needs a value" in done.err
    assert (tmp_path / "out" / "ssh_rejects.csv").exists()  # no rows, but a header
    assert not (tmp_path / "out" / "host_rejects.csv").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("first", "nobody"), "error: unknown query 'nobody'"),
        (("first", "second", "--tag", "mine"), "give names, or --tag and --topic, not both"),
        (("--tag", "nothing"), "no query has the tag 'nothing'"),
        (("--tag", "mine", "--tag", "sweep"), "no query has all of these"),
        (("first", "second", "--format", "csv"), "several results make no csv file"),
        (("first", "second", "--format", "xml"), "'xml' is not one of"),
        (("first", "second", "--param", "port"), "'port' is not of the form NAME=VALUE"),
        (("first", "second", "-o", "flowathena.toml"), "cannot make the folder flowathena.toml"),
        (("first", "second", "-o", "s3:/b/"), "'s3:/b/' is not a folder of S3"),
        (("first", "second", "--dry-run", "-o", "out"), "--dry-run prints SQL; leave -o out"),
        (("first", "second", "--dry-run", "--estimate"), "cannot be combined"),
        (("first", "second", "--estimate", "-o", "out"), "leave -o out"),
        (("first", "second", "--no-wait", "-o", "out"), "'flowathena results ID'"),
        (("first", "second", "--no-wait", "--concurrency", "2"), "leave out --concurrency"),
        (("first", "second", "--no-wait"), "is a folder, whose runs do not go to Athena"),
        (("first", "second", "--unload", "s3://b/"), "unload is for targets in AWS"),
        (("first", "second", "--keep-unloaded"), "goes with --unload"),
        (("first", "second", "--max-scan", "much"), "'much' is not a size"),
        (("first", "second", "--reuse", "8d"), "from 1 minute to 7 days old"),
        (("first", "second", "--prot", "2"), "(see 'flowathena run --tag TAG --help')"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(
    shell: Shell, words: tuple[str, ...], told: str
) -> None:
    assert told in shell.refused("run", *words)


def test_after_one_name_a_tag_is_an_option_of_the_query(shell: Shell) -> None:
    query = shell.folder / "queries" / "tagged.sql"
    query.write_text(
        '/* ---\ntitle = "Tagged"\n[params.tag]\ntype = "text"\n--- */\n'
        "SELECT count(*) AS flows FROM flow_logs WHERE action = {{ tag }}"
    )
    try:
        done = shell.run("run", "tagged", "--tag", "ACCEPT", *WINDOW, "--format", "json")
    finally:
        query.unlink()
    assert done.json == [{"flows": 2}]


def test_every_statement_can_be_printed(shell: Shell) -> None:
    done = shell.run("run", "first", "asking", *WINDOW, "--dry-run")
    one = shell.run("run", "first", *WINDOW, "--dry-run").out.strip()
    assert done.out == f"-- first\n{one};\n\n"
    assert "asking cannot run: port: needs a value" in done.err


@pytest.mark.parametrize("line", EXAMPLES)
def test_every_example_can_be_parsed(line: str) -> None:
    assert parse(line) == "run --tag TAG"


def test_a_file_that_cannot_be_written_is_a_failure_of_its_query(
    shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "first.csv").mkdir()
    done = shell.run("run", "first", "second", *WINDOW, "-o", str(tmp_path), code=4)
    assert f"error: first: cannot write {tmp_path}/first.csv" in done.err
    assert summary(tmp_path)["first"]["state"] == "failed"
    assert (tmp_path / "second.csv").read_text() == "flows\n2\n"


def test_from_python(shell: Shell) -> None:
    client = Client(config_path=shell.folder / "flowathena.toml")
    names = ["second", "broken", "lacking", "second"]
    outcomes = {each.name: each for each in client.run_all(names, since=DAY, until="2026-11-02")}
    assert len(outcomes) == 3
    done = outcomes["second"]
    assert done.state is flowathena.OutcomeState.DONE
    assert done.result is not None
    assert done.result.rows() == [{"flows": 2}]
    assert isinstance(outcomes["broken"].error, flowathena.EngineError)
    assert isinstance(outcomes["lacking"].error, flowathena.MissingFieldsError)
    with pytest.raises(flowathena.QueryError, match="unknown query"):
        client.run_all(["nobody"])
    with pytest.raises(flowathena.UsageError, match="concurrency"):
        client.run_all(["second"], concurrency=0)


def test_pictures_are_drawn_as_the_queries_say(shell: Shell) -> None:
    client = Client(config_path=shell.folder / "flowathena.toml")
    (outcome,) = client.run_all(["ssh_rejects"], since=DAY, until="2026-11-02")
    assert outcome.result is not None
    assert outcome.result.usual_chart == client.library.get("ssh_rejects").chart
    assert outcome.result.usual_chart is not None


def test_what_a_folder_would_read_is_known_before(shell: Shell) -> None:
    size = next((shell.folder / "logs").rglob("*.log.gz")).stat().st_size
    one = shell.run("run", "first", *WINDOW, "--estimate", "--format", "json").json
    assert (one["scanned_bytes"], one["cost_usd"]) == (size, 0.0)
    words = ("run", "first", "second", "lacking", *WINDOW)
    found = shell.run(*words, "--estimate", "--format", "json").json
    assert [each["query"] for each in found["queries"]] == ["first", "second", "lacking"]
    assert (found["scanned_bytes"], found["cost_usd"]) == (2 * size, 0.0)
    assert found["queries"][2]["error"].startswith("needs az_id (version 4)")
    told = shell.run(*words, "--estimate")
    assert told.out.splitlines()[-1] == (
        f"2 queries would scan {2 * size} B, 0.00 USD (nothing is billed on this machine)"
    )
    assert told.err.startswith("warning: lacking cannot run: needs az_id (version 4)")


def test_a_limit_holds_for_all_of_a_folder_together(shell: Shell, tmp_path: Path) -> None:
    size = next((shell.folder / "logs").rglob("*.log.gz")).stat().st_size
    words = ("run", "first", "second", *WINDOW)
    assert "first" in shell.run(*words, "--max-scan", f"{2 * size}B").out
    out = tmp_path / "out"
    line = shell.refused(*words, "--max-scan", f"{2 * size - 1}B", "-o", str(out), code=5)
    assert line == (
        f"error: nothing is run: 2 queries would scan {2 * size} B (0.00 USD) together, more than "
        f"the limit of {2 * size - 1} B (--max-scan); narrow them with a shorter --since, "
        "--account or --region, run fewer, or raise the limit; the largest: "
        f"first ({size} B), second ({size} B)"
    )
    assert not out.exists()
    shell.run("run", "first", *WINDOW, "--max-scan", f"{2 * size - 1}B")


def test_nothing_runs_before_the_first_is_asked_for(shell: Shell) -> None:
    client = Client(config_path=shell.folder / "flowathena.toml")
    with client.run_all(["first", "second"], since=DAY, until="2026-11-02") as batch:
        assert batch.outcomes == []
    assert [each.reason for each in batch.outcomes] == ["not started", "not started"]
    assert list(batch) == []


@dataclass(frozen=True)
class _Runner:
    """Runs whatever comes; nothing limits it."""

    run: Callable[[Rendered, Listener, Callable[[float], None]], Result]

    def estimate(self, _jobs: object, _listener: object) -> BatchEstimate:
        raise AssertionError

    def admit(self, jobs: Sequence[Job], listener: Listener | None) -> None:
        pass

    def starter(self) -> Callable[[Rendered], str]:
        raise AssertionError


def _jobs(client: Client, *names: str) -> list[Job]:
    query = client.library.get("second")
    rendered = client.render("second", since=DAY, until="2026-11-02")
    return [Job(Query(name, name, query.sql), rendered) for name in names]


def _rows() -> Result:
    return Result([("n", "bigint")], [(1,)], Stats("duckdb", 1, 0.1, 10))


def test_no_more_than_are_allowed_run_at_once(shell: Shell) -> None:
    client = Client(config_path=shell.folder / "flowathena.toml")
    together = Barrier(3, timeout=60)
    running: list[int] = []
    most: list[int] = []

    def run(_rendered: Rendered, _listener: Listener, _sleep: object) -> Result:
        running.append(1)
        together.wait()  # nobody goes on alone
        most.append(len(running))
        together.wait()
        running.pop()
        return _rows()

    outcomes = list(Batch(_jobs(client, *"abcdef"), _Runner(run), 3))
    assert [each.state for each in outcomes] == [OutcomeState.DONE] * 6
    assert max(most) == 3


def test_closing_stops_what_runs_and_starts_nothing_more(shell: Shell) -> None:
    client = Client(config_path=shell.folder / "flowathena.toml")
    jobs = _jobs(client, "quick", "slow", "never")
    begun = Event()

    def run(_rendered: Rendered, _listener: Listener, sleep: Callable[[float], None]) -> Result:
        if not begun.is_set():
            begun.set()
            return _rows()
        sleep(3600)  # whoever waits so is woken
        raise AssertionError

    batch = Batch(jobs, _Runner(run), 1)
    for outcome in batch:
        assert outcome.name == "quick"
        break
    batch.close()
    assert [(each.name, each.state, each.reason) for each in batch.outcomes] == [
        ("quick", OutcomeState.DONE, ""),
        ("slow", OutcomeState.STOPPED, "stopped"),
        ("never", OutcomeState.STOPPED, "not started"),
    ]
    assert batch.describe() == "1 of 3 queries done (quick); slow: stopped; not started: never"


def test_an_interrupt_at_the_worst_moment_loses_no_outcome(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outcome has been taken from the queue, and is not among the outcomes yet."""
    client = Client(config_path=shell.folder / "flowathena.toml")

    class Interrupting(Queue[Outcome | BaseException]):
        def get(self, *_: object, **_named: object) -> Outcome | BaseException:
            super().get()
            raise KeyboardInterrupt

    monkeypatch.setattr("flowathena.concurrency.Queue", Interrupting)
    batch = Batch(_jobs(client, "quick"), _Runner(lambda *_: _rows()), 1)
    with pytest.raises(KeyboardInterrupt, match=r"^1 of 1 query done \(quick\)$"):
        list(batch)
    assert [(each.name, each.state) for each in batch.outcomes] == [("quick", OutcomeState.DONE)]


def test_a_limit_that_is_reached_names_the_option_of_several(shell: Shell) -> None:
    words = ("ssh_rejects", "top_https_servers", *WINDOW, "--param", "limit=1")
    told = [line for line in shell.run("run", *words).err.splitlines() if "may be more" in line]
    reached = "the limit of 1 row is reached, there may be more: raise limit (--param limit=…)"
    assert told == [f"top_https_servers: {reached}"]


def test_what_nobody_foresaw_is_raised(shell: Shell) -> None:
    client = Client(config_path=shell.folder / "flowathena.toml")

    def run(_rendered: Rendered, _listener: Listener, _sleep: object) -> Result:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(Batch(_jobs(client, "a", "b"), _Runner(run), 1))


def test_progress_is_told_to_who_iterates(shell: Shell) -> None:
    client = Client(config_path=shell.folder / "flowathena.toml")
    seen: list[tuple[int, tuple[str, ...], int]] = []
    go = Event()

    def run(_rendered: Rendered, listener: Listener, _sleep: object) -> Result:
        listener(Progress("RUNNING", 0.0, 7))
        go.wait()
        return _rows()

    def listen(progress: BatchProgress) -> None:
        seen.append((progress.ended, progress.running, progress.scanned_bytes))
        go.set()

    list(Batch(_jobs(client, "a"), _Runner(run), 1, listen))
    assert (0, ("a",), 7) in seen
    assert seen[-1][0] == 1
    assert seen[-1][2] >= 10


LONG = "SELECT count(*) AS n FROM {}".format(
    " CROSS JOIN ".join(f"UNNEST(sequence(1, 10000)) AS t{n}(n{n})" for n in range(4))
)


@pytest.mark.few(1, on_trino=1)  # a signal is heard in one place
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_stops_all_and_says_which_are_done(
    shell: Shell, tmp_path: Path, number: signal.Signals
) -> None:
    long = shell.folder / "queries" / "long.sql"
    long.write_text(f'/* ---\ntitle = "Long"\n--- */\n{LONG} CROSS JOIN flow_logs')
    process = shell.start("run", "second", "long", "first", *WINDOW, "-o", str(tmp_path))
    try:
        until((tmp_path / "second.csv").exists, process)
        process.send_signal(number)
        out, err = process.communicate()
    finally:
        long.unlink()
    assert (process.returncode, out) == (130, "")
    assert err.splitlines()[-1] == (
        f"{SAID_OF[number]}1 of 3 queries done (second); long: stopped; not started: first"
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["second.csv", "summary.json"]
    assert {name: each["state"] for name, each in summary(tmp_path).items()} == {
        "second": "done",
        "long": "stopped",
        "first": "stopped",
    }
