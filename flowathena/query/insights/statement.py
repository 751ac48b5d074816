"""A query of CloudWatch Logs Insights: its text, and how its answer reads; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from flowathena.logs import values
from flowathena.text import one_line


@dataclass(frozen=True)
class Column:
    """A column of the answer.

    Attributes:
        name: its name in SQL.
        type: its type in Athena.
        field: the field of Insights that has its value; empty if it is the same everywhere.
        constant: that value.
        nullable: whether ``-`` stands for NULL.
        is_count: whether no value stands for 0.
        is_protocol: whether the field has the number of a protocol, and the column its name.
    """

    name: str
    type: str
    field: str
    constant: str | None = None
    nullable: bool = False
    is_protocol: bool = False
    is_count: bool = False

    def read(self, text: str | None) -> object:
        """The value in SQL of what Insights says; a time is aware, UTC."""
        if not self.field:
            return self.constant or None
        if text is None or (text == "-" and self.nullable):
            return 0 if self.is_count else None
        if self.is_protocol:
            return values.protocol_names().get(int(text), text)
        if self.type == "varchar":
            return text
        number = Decimal(text)  # a float has 15 digits, a sum of bytes may have more
        if self.type == "timestamp":
            return datetime.fromtimestamp(float(number), UTC)
        return float(number) if self.type == "double" else int(number)


@dataclass(frozen=True)
class InsightsQuery:
    """A query of Logs Insights.

    Attributes:
        name: the saved query's name.
        commands: its commands, in order.
        columns: the columns of the answer, in order.
        notes: what differs from the same query in Athena.
    """

    name: str
    commands: tuple[str, ...]
    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What Insights is asked."""
        return "\n| ".join(self.commands)

    def commented(self, title: str) -> str:
        """The text for people: above it a title, how columns read, and the notes."""
        legend = _legend(self.columns)
        lines = (f"# {one_line(each)}\n" for each in (title, *legend, *self.notes))
        return f"{''.join(lines)}{self.text}"


def _legend(columns: Sequence[Column]) -> Iterator[str]:
    times = [each.name for each in columns if each.type == "timestamp"]
    if times:
        yield f"{', '.join(times)} in Unix seconds"
    for each in columns:
        if each.is_protocol:
            yield f"{each.name}: the number in {each.field}"
        elif not each.field and each.constant:
            yield f"{each.name}: {each.constant} in every row"


def notes_of_distinct(commands: Sequence[str]) -> Iterator[str]:
    """What to know of ``count_distinct``, if it occurs."""
    if any("count_distinct(" in each for each in commands):
        yield "count_distinct is an estimate where there are many values"
