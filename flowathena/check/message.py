"""What is sent about a check, within the limits of SNS and Slack. Pure."""

from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice

from flowathena.check.result import CheckResult
from flowathena.result import formats
from flowathena.text import counted, iso, printable

SUBJECT_CHARACTERS = 100
"""Of a subject of SNS, which is ASCII on one line.

https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""
MESSAGE_BYTES = 262_144
"""Of a message of SNS, in UTF-8."""
_SLACK_CHARACTERS = 3_000
"""Of a message of Slack, before its characters are escaped; it recommends 4,000 and cuts at 40,000.

https://docs.slack.dev/reference/methods/chat.postMessage#truncating
"""
_ROWS = 20
_CUT = "\n…"


@dataclass(frozen=True)
class Message:
    """What is sent.

    Attributes:
        subject: one line of at most 100 characters of ASCII.
        head: the summary, the window and the criteria, a line each.
        table: the first rows as a table; empty without rows.
    """

    subject: str
    head: str
    table: str = ""

    @property
    def text(self) -> str:
        """All of it as plain text of at most 256 KiB."""
        return cut_bytes(f"{self.head}\n{self.table and chr(10)}{self.table}", MESSAGE_BYTES)

    @property
    def slack(self) -> str:
        """All of it in Slack's markup; what the rows say cannot mention or link anything."""
        table = self.table.replace("`", "'")
        room = _SLACK_CHARACTERS - len(self.head)
        if len(table) > room:
            kept = table[: max(room, 0)].rpartition("\n")[0]
            table = f"{kept}{_CUT}\n" if kept else ""
        return _escaped(f"{self.head}\n```\n{table}```" if table else self.head)


def message(result: CheckResult, before: str = "") -> Message:
    """The message about a result.

    Args:
        result: what the check found.
        before: the state that was told last; empty if that is not known.
    """
    lines = [result.summary]
    if result.window:
        since, until = result.window.since, result.window.until
        lines.append(f"Window: {_second(since)} to {_second(until)}")
    if result.criteria.where:
        lines.append(f"Condition: {printable(result.criteria.where, '')}")
    for name, each in (("Warning", result.criteria.warn), ("Critical", result.criteria.critical)):
        if each:
            what = result.criteria.value or "rows"
            lines.append(f"{name} if {what}: {result.criteria.describe(each)}")
    if before:
        lines.append(f"State: {before} before, {result.state} now")
    return Message(subject(result.summary), "\n".join(lines), _table(result))


def subject(line: str) -> str:
    """A line as a subject that SNS takes."""
    ascii_only = line.encode("ascii", "replace").decode()
    spelled = printable(ascii_only)
    if len(spelled) <= SUBJECT_CHARACTERS:
        return spelled
    return f"{spelled[: SUBJECT_CHARACTERS - 3]}..."


def cut_bytes(text: str, most: int) -> str:
    """A text of at most so many bytes of UTF-8; what is cut ends with an ellipsis."""
    encoded = text.encode(errors="replace")
    if len(encoded) <= most:
        return encoded.decode()
    room = most - len(_CUT.encode())
    return encoded[:room].decode(errors="ignore") + _CUT


def _table(result: CheckResult) -> str:
    if result.rows is None or not len(result.rows):
        return ""
    names = [column.name for column in result.rows.columns]
    rows = list(islice(chain.from_iterable(result.rows.batches()), _ROWS))
    more = len(result.rows) - len(rows)
    rest = f"and {counted(more, 'more row', 'more rows')}\n" if more else ""
    return printable(formats.table(names, rows), "\n") + rest


def _second(moment: datetime) -> str:
    return iso(moment.replace(microsecond=0))


def _escaped(text: str) -> str:
    """A text without Slack's control characters.

    https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
