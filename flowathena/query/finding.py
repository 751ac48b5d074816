"""Something wrong with a saved query, and how bad it is."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True)
class Finding:
    """Something wrong with a query.

    Attributes:
        rule: the rule that found it: a word with hyphens.
        severity: how bad it is.
        message: what is wrong.
        fix: what to write instead; empty if the message says it.
        query: the query's name; empty of a file that is not one.
        file: its file.
        line: the line, from 1; None if it is unknown.
    """

    rule: str
    severity: Severity
    message: str
    fix: str = ""
    query: str = ""
    file: Path | None = None
    line: int | None = None

    def __str__(self) -> str:
        where = "" if self.file is None else f"{self.file}:{self.line or 1}: "
        fix = f"; {self.fix}" if self.fix else ""
        return f"{where}{self.severity}: {self.message}{fix} [{self.rule}]"
