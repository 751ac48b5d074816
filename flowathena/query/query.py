"""The saved query: a statement with placeholders, and what its header says of it; pure."""

from dataclasses import dataclass, field
from pathlib import Path

from flowathena.errors import Problem
from flowathena.inputs.params import Param
from flowathena.query.metric import Metric
from flowathena.result.chart.chart import Chart

DEFAULT_SINCE = "7d"
"""The start of a window of which neither the query nor the caller says anything."""


@dataclass(frozen=True)
class Query:
    """A saved query.

    Attributes:
        name: file name without ``.sql``.
        title: one line.
        sql: the statement with its placeholders, without the header.
        description: what it answers and how.
        topic: its folder, relative to the query folder; empty at the top.
        tags: words to find it by.
        aliases: other names that it can be run by.
        allow: rules of ``lint`` that do not apply to it.
        since: the default start of its window.
        params: its parameters, in the order of the header.
        file: its file; None for a statement given as text.
        first_line: the line of the file on which ``sql`` begins.
        is_template: whether ``{{ … }}`` in ``sql`` is a placeholder.
        metric: what its rows are as metrics; None if they are none.
        chart: how to look at its rows; None if it does not say.
        override: whether it replaces the packaged query of its name.
        alias_line: the line of the file on which the aliases are; None if it has none.
    """

    name: str
    title: str
    sql: str
    description: str = ""
    topic: str = ""
    tags: tuple[str, ...] = ()
    since: str = DEFAULT_SINCE
    params: tuple[Param, ...] = ()
    file: Path | None = None
    first_line: int = 1
    is_template: bool = True
    aliases: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    override: bool = False
    metric: Metric | None = None
    chart: Chart | None = None
    alias_line: int | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        names = ", ".join(param.name for param in self.params)
        return f"<Query {self.name}({names}): {self.title}>"

    def problem(self, message: str, line: int | None = None) -> Problem:
        """A problem of this query; ``line`` is counted from 1 within ``sql``."""
        if self.file:
            return Problem(message, self.file, line and self.first_line + line - 1)
        is_long = line is not None and "\n" in self.sql.strip()
        return Problem(f"line {line}: {message}" if is_long else message)
