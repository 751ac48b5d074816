"""The table ``[chart]`` of a query's header: how to look at its rows.

A header says it::

    [chart]
    kind = "bar"
    x = "address"
    y = ["sent_bytes", "received_bytes"]
"""

from collections.abc import Mapping

from flowathena.inputs import toml
from flowathena.inputs.toml_reader import TomlReader
from flowathena.result.chart.chart import Chart, Kind

KEYS = ("kind", "x", "y", "color")
"""The keys of the table ``[chart]``."""


def read(
    reader: TomlReader, header: Mapping[str, object], where: str, title: str, description: str
) -> Chart | None:
    """The chart of a header; None if it has none, or if something is wrong with it.

    Args:
        reader: reads the header, and collects what is wrong.
        header: the header.
        where: says of what a key is unknown, in a message.
        title: the query's title.
        description: the query's description.
    """
    if "chart" not in header:
        return None
    before = len(reader.problems)
    table = reader.table(header, "chart")
    reader.refuse_unknown(table, KEYS, "chart", where=where)
    kind = reader.text(table, "kind", "", "chart")
    if kind not in set(Kind) and len(reader.problems) == before:
        message = f"chart: kind {kind!r} is not one of {', '.join(Kind)}"
        reader.add_problem(message, "chart", "kind")
    x, y = (_names(reader, table, key) for key in ("x", "y"))
    color = reader.text(table, "color", "", "chart")
    if len(reader.problems) > before:
        return None
    chart = Chart(Kind(kind), x, y, color, title, description, reader.line("chart"))
    for problem in chart.problems():
        reader.add_problem(f"chart: {problem}", "chart")
    return chart if len(reader.problems) == before else None


def _names(reader: TomlReader, table: Mapping[str, object], key: str) -> tuple[str, ...]:
    """One column, or several."""
    value = table.get(key, [])
    if isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    message = f"chart: {key} must be a column, or a list of columns, not {toml.describe(value)}"
    reader.add_problem(message, "chart", key)
    return ()
