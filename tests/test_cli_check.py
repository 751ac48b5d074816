"""``flowathena check`` over a folder: states, exit codes, messages; Python counts the rows."""

import gzip
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flowathena import CheckState, Client, UsageError
from flowathena.check.destination import read_webhook
from flowathena.check.memory import Memory
from flowathena.check.message import Message
from flowathena.errors import FlowathenaError
from tests.portion import left_to_slow
from tests.shell import Shell
from tests.slack import Slack, serving

WINDOW = ("--since", "2026-11-01", "--until", "2026-11-04")
SSH = ("check", "ssh_rejects", *WINDOW)
ONE = """/* ---
title = "All packets"
description = "One row."
--- */
SELECT sum(packets) AS packets, max(bytes) AS most FROM flow_logs WHERE action = 'REJECT'
"""


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    folder = tmp_path_factory.mktemp("checked")
    shell = Shell(folder)
    shell.run("sample", "logs", "--days", "3", "--records", "4000", "--until", "2026-11-04")
    shell.run("init", "./logs")
    (folder / "own").mkdir()
    (folder / "own" / "all_packets.sql").write_text(ONE)
    file = folder / "flowathena.toml"
    file.write_text(f'query_paths = ["own"]\n{file.read_text()}')
    shell.run("partitions", "sync", "--all")
    return shell


@pytest.fixture
def slack() -> Iterator[Slack]:
    with serving() as slack:
        yield slack


@pytest.fixture
def webhook(slack: Slack, tmp_path: Path) -> Path:
    file = tmp_path / "webhook"
    file.write_text(slack.url + "\n")
    file.chmod(0o600)
    return file


def records(shell: Shell) -> Iterator[dict[str, str]]:
    """Every record of the sample, read by hand."""
    for file in (shell.folder / "logs").rglob("*.log.gz"):
        header, *lines = gzip.decompress(file.read_bytes()).decode().splitlines()
        yield from (dict(zip(header.split(), line.split(), strict=True)) for line in lines)


@pytest.fixture(scope="module")
def attempts(shell: Shell) -> Counter[str]:
    """Rejected flows to SSH per source."""
    start, end = (datetime(2026, 11, day, tzinfo=UTC).timestamp() for day in (1, 4))
    counted: Counter[str] = Counter()
    for each in records(shell):
        is_ssh = (each["action"], each["protocol"], each["dstport"]) == ("REJECT", "6", "22")
        if is_ssh and start <= int(each["start"]) < end:
            counted[each["srcaddr"]] += 1
    assert 2 <= len(counted) <= 10  # the query's limit
    return counted


@left_to_slow
def test_the_number_of_rows_decides(shell: Shell, attempts: Counter[str]) -> None:
    rows = len(attempts)
    done = shell.run(*SSH, "--max-rows", str(rows))
    assert done.out == f"OK: ssh_rejects (local): {rows} rows\n"
    done = shell.run(*SSH, "--max-rows", str(rows - 1), code=3)
    assert done.out == f"CRITICAL: ssh_rejects (local): {rows} rows, more than {rows - 1}\n"
    shell.run(*SSH, "--min-rows", str(rows))
    done = shell.run(*SSH, "--min-rows", str(rows + 1), code=3)
    assert done.out == f"CRITICAL: ssh_rejects (local): {rows} rows, less than {rows + 1}\n"
    done = shell.run(*SSH, "--warn", str(rows - 1), "--critical", str(rows), code=3)
    assert done.out == f"WARNING: ssh_rejects (local): {rows} rows, more than {rows - 1}\n"


def test_a_condition_counts_the_rows_that_meet_it(shell: Shell, attempts: Counter[str]) -> None:
    middle = sorted(attempts.values())[len(attempts) // 2]
    expected = {source: n for source, n in attempts.items() if n >= middle}
    assert 0 < len(expected) < len(attempts)
    where = f"flows >= {middle}"
    done = shell.run(
        *SSH, "--where", where, "--max-rows", "0", "--show", "--format", "json", code=3
    )
    assert done.json["rows"] == len(expected)
    assert {row["srcaddr"]: row["flows"] for row in done.json["data"]} == expected
    assert (done.json["where"], done.json["critical"]) == (where, "0")
    assert "the condition is asked of the first 10 rows of the query: raise limit" in done.err
    none = shell.run(*SSH, "--where", f"flows > {max(attempts.values())}", "--max-rows", "0")
    assert none.out.startswith("OK: ssh_rejects (local): 0 rows where flows > ")


def test_parameters_are_those_of_run(shell: Shell, attempts: Counter[str]) -> None:
    most = max(attempts.values())
    args = (*SSH, "--min-flows", str(most), "--max-rows", "0")
    rows = sum(n == most for n in attempts.values())
    assert f"{rows} row" in shell.run(*args, code=3).out
    assert "0 rows" in shell.run(*args, "--port", "2").out
    line = shell.refused("check", "ssh_rejects", "--port", "x", "--max-rows", "0", *WINDOW)
    assert line.startswith("error: port: 'x' ")


def test_a_value_of_the_only_row(shell: Shell) -> None:
    packets = sum(int(each["packets"]) for each in records(shell) if each["action"] == "REJECT")
    args = ("check", "all_packets", *WINDOW, "--value", "packets")
    assert shell.run(*args, "--critical", str(packets)).out == (
        f"OK: all_packets (local): packets is {packets}\n"
    )
    done = shell.run(*args, "--critical", f"{packets + 1}:", "--nagios", code=2)
    assert done.out == (
        f"FLOWATHENA CRITICAL - all_packets (local): packets is {packets}, less than "
        f"{packets + 1} | packets={packets};;{packets + 1}:\n"
    )
    line = shell.refused(*args[:-1], "packet", "--critical", "1")
    assert "no column 'packet'; did you mean 'packets'" in line
    rows = shell.run(*SSH, "--value", "flows", "--critical", "1", code=1)
    assert "UNKNOWN: ssh_rejects (local): --value needs one row" in rows.out


def test_nagios_has_its_own_codes(shell: Shell, attempts: Counter[str]) -> None:
    rows = len(attempts)
    for warn, critical, code, word in (
        (rows, rows, 0, "OK"),
        (rows - 1, rows, 1, "WARNING"),
        (rows - 1, rows - 1, 2, "CRITICAL"),
    ):
        args = ("--warn", f"{warn}", "--critical", f"{critical}", "--nagios")
        done = shell.run(*SSH, *args, code=code)
        assert done.out.startswith(f"FLOWATHENA {word} - ssh_rejects (local): {rows} rows")
        assert done.out.endswith(f" | rows={rows};{warn};{critical}\n")
        assert len(done.out.splitlines()) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        ("--max-rows", "x"),
        ("--max-rows", "0", "--nonesuch"),
        ("--max-rows", "0", "-t", "nobody"),
        ("--max-rows", "0", "--port", "ssh"),
        ("--warn", "ten"),
        ("--max-rows", "0", "--where", "sum(flows) > 1"),
        ("--max-rows", "0", "--where", "nonesuch > 1"),
        ("--max-rows", "0", "--where", "srcaddr > 1"),
        ("--max-rows", "0", "--config", "nonesuch.toml"),
        ("--max-rows", "0", "--since", "never"),
        ("--max-rows", "0", "--state", "nowhere/state.json"),
        (),
    ],
)
def test_every_error_is_unknown_to_nagios(shell: Shell, wrong: tuple[str, ...]) -> None:
    done = shell.run(*SSH, "--nagios", *wrong, code=3)
    assert done.out.startswith("FLOWATHENA UNKNOWN - ")
    assert len(done.out.splitlines()) == 1
    assert "|" not in done.out
    plain = shell.try_run(*SSH, *wrong)
    assert plain.code in {1, 2}
    assert len([line for line in plain.err.splitlines() if line.startswith("error: ")]) == 1


def test_a_bug_is_unknown_to_nagios(shell: Shell) -> None:
    code = """
import sys
from flowathena.cli import app, check_query

def fail(*args):
    raise KeyError("nobody foresaw this")

check_query._Checks.action = staticmethod(fail)
app.main(["check", "ssh_rejects", "--max-rows", "0", *sys.argv[1:]])
"""
    done = subprocess.run(
        [sys.executable, "-c", code, "--nagios"],
        cwd=shell.folder,
        env=shell.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 3
    assert done.stdout.startswith("FLOWATHENA UNKNOWN - unexpected KeyError; this is a bug")


def test_an_unknown_query_is_unknown_to_nagios(shell: Shell) -> None:
    done = shell.run("check", "nonesuch", "--max-rows", "0", "--nagios", code=3)
    assert done.out.startswith("FLOWATHENA UNKNOWN - ")


def test_no_logs_are_not_all_right(shell: Shell) -> None:
    done = shell.run(*SSH, "--account", "999999999999", "--max-rows", "0", code=1)
    assert done.out.startswith("UNKNOWN: ssh_rejects (local): 0 rows, but no log file was read: ")
    shell.run(*SSH, "--account", "999999999999", "--min-rows", "1", code=3)


def test_a_check_that_could_never_alert_is_refused(shell: Shell) -> None:
    line = shell.refused(*SSH, "--max-rows", "10")
    assert line == (
        "error: 'more than 10' can never be said of the rows: the query has 10 rows at most; "
        "raise limit (--limit)"
    )
    shell.run(*SSH, "--max-rows", "10", "--limit", "11")


def test_a_parameter_with_the_name_of_an_option_is_told(shell: Shell) -> None:
    (shell.folder / "own" / "clash.sql").write_text(
        '/* ---\ntitle = "x"\n[params.state]\ntype = "text"\n--- */\n'
        "SELECT 1 AS one FROM flow_logs WHERE action = {{ state }}\n"
    )
    line = shell.refused("check", "clash", "--max-rows", "0", *WINDOW)
    assert "the parameter state of query 'clash' has the name of an option" in line
    shell.run("run", "clash", "--state", "ACCEPT", *WINDOW)
    (shell.folder / "own" / "clash.sql").unlink()


def test_rows_are_shown_after_the_summary(shell: Shell, attempts: Counter[str]) -> None:
    lines = shell.run(*SSH, "--max-rows", "0", "--show", code=3).out.splitlines()
    assert lines[0].startswith("CRITICAL: ")
    assert lines[1].split()[:2] == ["srcaddr", "flows"]
    assert {line.split()[0]: int(line.split()[1]) for line in lines[3:]} == attempts


def test_slack_is_told_of_every_run_that_is_not_ok(
    shell: Shell, slack: Slack, webhook: Path, attempts: Counter[str]
) -> None:
    tell = ("--notify-slack-webhook-file", str(webhook))
    shell.run(*SSH, "--max-rows", "9", *tell)
    assert slack.posted == []
    for _ in range(2):
        done = shell.run(*SSH, "--max-rows", "0", *tell, code=3)
        assert "notified the Slack webhook" in done.err
        assert slack.url not in done.err
    first, second = slack.texts
    assert first == second
    assert first.startswith(f"CRITICAL: ssh_rejects (local): {len(attempts)} rows, more than 0\n")
    assert all(source in first for source in attempts)


def test_a_state_is_told_once(shell: Shell, slack: Slack, webhook: Path, tmp_path: Path) -> None:
    memory = tmp_path / "state.json"
    tell = ("--notify-slack-webhook-file", str(webhook), "--state", str(memory))
    steps = (
        (("--max-rows", "9"), 0, 0),
        (("--max-rows", "9"), 0, 0),
        (("--max-rows", "0"), 3, 1),
        (("--max-rows", "0"), 3, 1),
        (("--warn", "0"), 3, 2),
        (("--max-rows", "9", "--account", "999999999999"), 1, 3),
        (("--max-rows", "9", "--account", "999999999999"), 1, 3),
        (("--max-rows", "9"), 0, 4),
        (("--max-rows", "9"), 0, 4),
    )
    for args, code, told in steps:
        shell.run(*SSH, *args, *tell, code=code)
        assert len(slack.posted) == told, args
    states = [text.partition(":")[0] for text in slack.texts]
    assert states == ["CRITICAL", "WARNING", "UNKNOWN", "OK"]
    assert "State: UNKNOWN before, OK now" in slack.texts[-1]
    content = memory.read_text()
    assert json.loads(content)["claim"] is None
    assert slack.url not in content
    assert "secret" not in content


def test_nothing_is_written_while_nothing_changes(
    shell: Shell, webhook: Path, tmp_path: Path
) -> None:
    memory = tmp_path / "state.json"
    tell = ("--notify-slack-webhook-file", str(webhook), "--state", str(memory))
    shell.run(*SSH, "--max-rows", "0", *tell, code=3)
    before = memory.stat()
    shell.run(*SSH, "--max-rows", "0", *tell, code=3)
    after = memory.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


REFUSALS = (
    ((500, ""), "HTTP 500"),
    ((404, "no_service"), "HTTP 404 no_service"),
    ((403, "<html>see http://x/secret"), "HTTP 403"),
    ((302, ""), "HTTP 302"),
    ((429, "rate_limited"), "HTTP 429 rate_limited"),
)


@pytest.mark.parametrize(("answer", "reason"), REFUSALS)
def test_why_a_message_is_not_taken(
    slack: Slack, webhook: Path, answer: tuple[int, str], reason: str
) -> None:
    slack.answers = [answer]
    slack.headers = {"Location": slack.url}
    hook, _ = read_webhook(webhook)
    with pytest.raises(FlowathenaError) as caught:
        hook.send(Message("a", "b"))
    assert str(caught.value) == f"the Slack webhook: {reason}"
    assert slack.posted == []


@pytest.mark.few(1)
@pytest.mark.parametrize(("answer", "reason"), REFUSALS)
def test_a_message_that_is_not_taken_is_sent_again(
    shell: Shell, slack: Slack, webhook: Path, tmp_path: Path, answer: tuple[int, str], reason: str
) -> None:
    tell = ("--notify-slack-webhook-file", str(webhook), "--state", str(tmp_path / "s.json"))
    slack.answers = [answer]
    slack.headers = {"Location": slack.url}
    done = shell.run(*SSH, "--max-rows", "0", *tell, code=3)
    assert f"error: not notified: the Slack webhook: {reason}\n" in done.err
    assert slack.posted == []
    shell.run(*SSH, "--max-rows", "0", *tell, code=3)
    shell.run(*SSH, "--max-rows", "0", *tell, code=3)
    assert len(slack.posted) == 1
    slack.answers = [answer]
    done = shell.run(*SSH, "--max-rows", "9", *tell, code=1)
    assert done.out.startswith("OK: ")
    plugin = (*SSH, "--max-rows", "9", *tell, "--nagios")
    slack.answers = [answer]
    done = shell.run(*plugin, code=1)
    assert done.out.startswith("FLOWATHENA WARNING - ssh_rejects (local): ")
    assert f"(not notified: the Slack webhook: {reason}) | rows=" in done.out
    shell.run(*plugin)
    assert [text.partition(":")[0] for text in slack.texts] == ["CRITICAL", "OK"]


@pytest.mark.parametrize("answer", [(200, "ok"), (500, "rollup_error")])
def test_an_answer_that_never_ends_keeps_nobody_waiting(
    slack: Slack, webhook: Path, answer: tuple[int, str]
) -> None:
    slack.answers, slack.drips = [answer], True
    hook, _ = read_webhook(webhook)
    began = time.monotonic()
    with nullcontext() if answer[0] == 200 else pytest.raises(FlowathenaError, match="HTTP 500"):
        hook.send(Message("a", "b"))
    assert time.monotonic() - began < 10
    slack.drips = False


def test_an_empty_state_is_no_state_that_is_forgotten(shell: Shell, webhook: Path) -> None:
    tell = ("--notify-slack-webhook-file", str(webhook), "--state", "")
    assert "--state is empty" in shell.refused(*SSH, "--max-rows", "0", *tell)


def test_nobody_listens(shell: Shell, tmp_path: Path) -> None:
    with serving() as slack:
        webhook = tmp_path / "webhook"
        webhook.write_text(slack.url)
        webhook.chmod(0o600)
    done = shell.run(*SSH, "--max-rows", "0", "--notify-slack-webhook-file", str(webhook), code=3)
    assert "error: not notified: the Slack webhook: Connection refused\n" in done.err
    assert "secret" not in done.err


@pytest.mark.parametrize(
    "content",
    [
        "",
        "hooks.slack.com/services/T/B/secret",
        "http://hooks.slack.com/services/T/B/secret",
        "http://127.0.0.1.example.com/secret",
        "https://",
        "https:///secret",
        "https://a/secret\nhttps://b/secret",
        "https://a/sec ret",
        "ftp://a/secret",
        "file:///etc/secret",
        "https://[a/secret",
        "https://a:b/secret",
        "https://ä/secret",
        "x" * 9000,
    ],
)
def test_what_is_no_webhook(shell: Shell, tmp_path: Path, content: str) -> None:
    file = tmp_path / "webhook"
    file.write_text(content)
    line = shell.refused(*SSH, "--max-rows", "0", "--notify-slack-webhook-file", str(file))
    assert str(file) in line
    assert "secret" not in line


def test_a_webhook_that_others_can_read_is_warned_of(
    shell: Shell, webhook: Path, slack: Slack
) -> None:
    webhook.chmod(0o640)
    done = shell.run(*SSH, "--max-rows", "0", "--notify-slack-webhook-file", str(webhook), code=3)
    assert f"warning: others can read {webhook}, whose URL lets them post; 'chmod 600" in done.err
    assert len(slack.posted) == 1
    missing = webhook.with_name("none")
    line = shell.refused(*SSH, "--max-rows", "0", "--notify-slack-webhook-file", str(missing))
    assert line.endswith("none: No such file or directory")


def test_a_dry_run_says_what_would_be_sent(
    shell: Shell, slack: Slack, webhook: Path, tmp_path: Path
) -> None:
    memory = tmp_path / "state.json"
    tell = ("--notify-slack-webhook-file", str(webhook), "--state", str(memory), "--dry-run")
    done = shell.run(*SSH, "--max-rows", "0", *tell, code=3)
    assert len(done.out.splitlines()) == 1
    assert "would notify the Slack webhook: CRITICAL: ssh_rejects (local): " in done.err
    assert "State: OK before, CRITICAL now" in done.err
    assert "would notify nobody" in shell.run(*SSH, "--max-rows", "9", *tell).err
    assert slack.posted == []
    assert not memory.exists()


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "damaged"),
        (b"export PATH=/bin\n", "damaged"),
        (b'{"flowathena_check": 2}', "later version"),
        (Memory("other", "local").encode(), "it is the state of the check other (local)"),
    ],
)
def test_a_state_that_cannot_be_read_is_kept_and_what_is_wrong_is_told(
    shell: Shell, slack: Slack, webhook: Path, tmp_path: Path, content: bytes, reason: str
) -> None:
    memory = tmp_path / "state.json"
    memory.write_bytes(content)
    tell = ("--notify-slack-webhook-file", str(webhook), "--state", str(memory))
    done = shell.run(*SSH, "--max-rows", "9", *tell, code=1)
    assert done.out.startswith("OK: ")
    assert f"error: state {memory}: it " in done.err
    assert reason in done.err
    assert slack.posted == []
    for told in (1, 2):
        shell.run(*SSH, "--max-rows", "0", *tell, code=3)
        assert len(slack.posted) == told
    assert memory.read_bytes() == content


def test_a_state_that_cannot_be_written_is_refused_before_the_query_runs(
    shell: Shell, webhook: Path, tmp_path: Path
) -> None:
    tell = ("--notify-slack-webhook-file", str(webhook), "--state")
    for place, reason in (
        (str(tmp_path), "it is a folder"),
        (str(tmp_path / "none" / "s.json"), "does not exist"),
        ("/dev/null", "is not a file"),
        ("s3://bucket/", "name an object, such as s3://bucket/ssh.json"),
        ("s3:///x.json", "is not an s3:// location"),
    ):
        assert reason in shell.refused(*SSH, "--max-rows", "0", *tell, place)
    line = shell.refused(*SSH, "--max-rows", "0", "--state", str(tmp_path / "s.json"))
    assert "--state remembers who was told what; name one to tell" in line
    line = shell.refused(*SSH, "--max-rows", "0", "--notify-sns", "alerts")
    assert "'alerts' is not the ARN of a topic, such as arn:aws:sns:" in line


def test_the_library_judges_and_tells(
    shell: Shell, slack: Slack, webhook: Path, tmp_path: Path, attempts: Counter[str]
) -> None:
    client = Client(config_path=shell.folder / "flowathena.toml")
    window = {"since": "2026-11-01", "until": "2026-11-04"}
    result = client.check("ssh_rejects", max_rows=0, **window, min_flows=1)  # type: ignore[arg-type]
    assert result.state is CheckState.CRITICAL
    assert result.rows is not None
    assert {row["srcaddr"]: row["flows"] for row in result.rows} == attempts
    with pytest.raises(AttributeError):
        result.state = CheckState.OK  # type: ignore[misc]
    notifier = client.notifier(slack_webhook_file=webhook, state=tmp_path / "state.json")
    assert notifier.tell(result).sent == ("the Slack webhook",)
    assert notifier.tell(result).sent == ()
    assert len(slack.posted) == 1
    with pytest.raises(UsageError, match="say what is wrong"):
        client.check("ssh_rejects")
    folder = tmp_path / "gone"
    folder.mkdir()
    notifier = client.notifier(slack_webhook_file=webhook, state=folder / "state.json")
    folder.rmdir()  # between the look at the place and the write, as a disk may become full
    told = notifier.tell(result)
    assert told.sent == ("the Slack webhook",)
    assert [each.partition(": ")[0] for each in told.problems] == [
        f"cannot write {folder / 'state.json'}"
    ]


NARROWED = (
    *("preview", "rejected_tcp", "new_sources", "traffic_by_hour", "port_scan"),
    *("late_records", "rejection_rate", "first_last_seen"),
)  # fmt: skip


@left_to_slow
def test_a_condition_that_all_rows_meet_leaves_all_rows(shell: Shell) -> None:
    client = Client(config_path=shell.folder / "flowathena.toml")
    for name in NARROWED:
        every = client.run(name, since="2026-11-01", until="2026-11-04")
        narrowed = client.check(
            name, max_rows=0, where="1 = 1", since="2026-11-01", until="2026-11-04"
        )
        assert narrowed.rows is not None
        assert narrowed.rows.columns == every.columns
        assert narrowed.rows.data == every.data
