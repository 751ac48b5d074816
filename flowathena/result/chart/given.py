"""What a caller asks a chart to be, over what the query says of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flowathena.errors import UsageError
from flowathena.result.chart.chart import Chart, Kind, choose


@dataclass(frozen=True)
class Given:
    """A chart as a caller gives it; what is empty is not given."""

    kind: str = ""
    x: tuple[str, ...] = ()
    y: tuple[str, ...] = ()
    color: str = ""
    title: str = ""

    def over(self, usual: Chart | None, columns: Sequence[tuple[str, str]]) -> Chart:
        """The chart: this one, else the usual one, else what the columns suggest.

        Args:
            usual: what the query says.
            columns: names and Athena types of the result.

        Raises:
            UsageError: it is given in part, its kind is unknown, or the columns suggest none.
        """
        self._check()
        chart = self._own(usual) or usual or choose(columns)
        return replace(chart, title=self.title) if self.title else chart

    def _own(self, usual: Chart | None) -> Chart | None:
        if not self.kind:
            return None
        return Chart(Kind(self.kind), self.x, self.y, self.color, usual.title if usual else "")

    def _check(self) -> None:
        if self.kind not in {"", *Kind}:
            raise UsageError(f"{self.kind!r} is no kind of chart; known: {', '.join(Kind)}")
        parts = {"kind": self.kind, "x": self.x, "y": self.y}
        missing = [name for name, value in parts.items() if not value]
        if missing and (len(missing) < len(parts) or self.color):
            raise UsageError(f"a chart has kind, x and y together; missing: {', '.join(missing)}")
