"""What is sent: within the limits of SNS and Slack, whatever rows and names say."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena.check.criteria import Criteria
from flowathena.check.message import MESSAGE_BYTES, Message, cut_bytes, message, subject
from flowathena.check.result import judge
from flowathena.inputs.window import Window
from flowathena.result.result import Result, Stats

DAY = Window(datetime(2026, 11, 1, 0, 0, 0, 7, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))


def about(*rows: tuple[str, int], where: str | None = None, before: str = "") -> Message:
    columns = [("srcaddr", "varchar"), ("flows", "bigint")]
    found = Result(columns, rows, Stats("duckdb", len(rows), 0.1))
    criteria = Criteria.of(max_rows=0, warn="@5:7", where=where)
    return message(judge("ssh_rejects", "prod", criteria, found, window=DAY), before)


def test_all_that_a_person_needs() -> None:
    made = about(("10.0.0.1", 7), ("10.0.0.22", 12), where="flows > 5", before="OK")
    assert made.subject == ("CRITICAL: ssh_rejects (prod): 2 rows where flows > 5, more than 0")
    assert made.text == (
        "CRITICAL: ssh_rejects (prod): 2 rows where flows > 5, more than 0\n"
        "Window: 2026-11-01T00:00:00Z to 2026-11-02T00:00:00Z\n"
        "Condition: flows > 5\n"
        "Warning if rows: 5 to 7\n"
        "Critical if rows: more than 0\n"
        "State: OK before, CRITICAL now\n"
        "\n"
        "srcaddr    flows\n"
        "---------  -----\n"
        "10.0.0.1       7\n"
        "10.0.0.22     12\n"
    )


def test_the_first_twenty_rows_are_sent() -> None:
    text = about(*[(f"10.0.0.{n}", n) for n in range(23)]).text
    assert "10.0.0.19" in text
    assert "10.0.0.20" not in text
    assert text.endswith("and 3 more rows\n")


@given(st.text(max_size=300))
def test_a_subject_is_what_sns_takes(line: str) -> None:
    made = subject(f"OK: {line}")
    assert len(made) <= 100
    assert made.isascii()
    assert made.isprintable()


def test_a_long_subject_ends_with_dots() -> None:
    assert subject("x" * 100) == "x" * 100
    assert subject("x" * 101) == "x" * 97 + "..."


@pytest.mark.parametrize("char", ["x", "é", "😀"])
def test_a_message_has_256_kib_at_most(char: str) -> None:
    text = about((char * 300_000, 1)).text
    assert len(text.encode()) <= MESSAGE_BYTES
    assert len(text.encode()) > MESSAGE_BYTES - 10
    assert text.endswith("…")


def test_a_text_is_cut_between_characters() -> None:
    assert cut_bytes("ääää", 8) == "ääää"
    assert cut_bytes("äääää", 9) == "ää\n…"  # 4 bytes for "\n…", 5 left: two of two bytes


def test_slack_gets_markup_that_mentions_nobody_and_closes_no_block() -> None:
    slack = about(("<!channel> & ```", 1)).slack
    assert "<" not in slack
    assert "&lt;!channel&gt; &amp; '''" in slack
    assert slack.count("```") == 2


def test_slack_gets_whole_lines_of_a_long_table() -> None:
    slack = about(*[("y" * 400, n) for n in range(20)]).slack
    assert len(slack) < 3_100
    assert slack.endswith("\n…\n```")
    assert all(len(line) == 400 + 2 + 5 for line in slack.splitlines() if line.startswith("yy"))


def test_what_rows_say_cannot_steer_a_terminal() -> None:
    assert "\\x1b[31m" in about(("\x1b[31m", 1)).text
