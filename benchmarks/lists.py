"""A parameter with 6,000 and with 60,000 values: seconds until the statement is ready to run.

The promise: ten times as many values take about ten times as long, on both engines' way: rendered
for Athena, and translated for DuckDB. Each is the best of three runs in one process.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from flowathena.catalog import wanted
from flowathena.engine.local import scan
from flowathena.engine.local.translate import to_duckdb
from flowathena.inputs import params
from flowathena.inputs.params import Param
from flowathena.inputs.selection import select
from flowathena.query.query import Query
from flowathena.query.render import Rendered, render

_NOW = datetime(2026, 11, 28, tzinfo=UTC)
_SIZES = (6_000, 60_000)
_VALUES: dict[str, tuple[str, Callable[[int], object]]] = {
    "ip": ("srcaddr", lambda n: f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}"),
    "port": ("dstport", lambda n: n),
}


def main() -> None:
    """Measure and print."""
    print(f"{'':6}{'step':10}" + "".join(f"{size:>12,}" for size in _SIZES) + f"{'ratio':>8}")
    for kind in _VALUES:
        rows = [_measured(kind, size) for size in _SIZES]
        for step, times in zip(("rendered", "translated"), zip(*rows, strict=True), strict=True):
            shown = "".join(f"{seconds:>10.2f} s" for seconds in times)
            print(f"{kind:6}{step:10}{shown}{times[1] / times[0]:>8.1f}")


def _measured(kind: str, size: int) -> tuple[float, float]:
    column, value = _VALUES[kind]
    param = Param("many", f"list[{kind}]")
    sql = f"SELECT count(*) AS n FROM flow_logs WHERE {column} IN {{{{ many }}}}"  # noqa: S608 - ours
    query = Query("many", "Many", sql, params=(param,))
    source, selection = wanted.every_field(), select(_NOW, "7d")
    given = {"many": [value(n) for n in range(size)]}
    schema = {source.table.database: {source.table.name: scan.schema(source.table)}}

    def rendered() -> Rendered:
        return render(query, params.bind(query.params, given), selection, source)

    statement = rendered().statement
    return _best(rendered), _best(lambda: to_duckdb(statement, schema, _NOW))


def _best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


if __name__ == "__main__":
    main()
