"""The whole query library: seconds to load, render and check it, and ``run NAME --help``.

The promises: loading, rendering and checking takes under 2 s, as ``queries check`` does it, which
renders each query along every branch of its template; ``run NAME --help`` takes at most twice as
long as a command of typer that does nothing but parse its options. Both are compared with a floor
that is measured in the same run, as machines differ: the library with sqlglot's parsing of the
statements. All are seconds of a processor. More queries: name their folders.
"""

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from flowathena.catalog import wanted
from flowathena.engine.gates import gates
from flowathena.inputs.selection import select
from flowathena.query import check, relation, samples
from flowathena.query.library import load
from flowathena.query.render import render
from flowathena.sql.statement import Statement

_NOW = datetime(2026, 11, 28, tzinfo=UTC)
_ROUNDS = 9
_MOST_SECONDS = 2.0
_MOST_RATIO = 2.0
_BARE = """
import sys, typer
from typing import Annotated
def command(one: Annotated[list[str] | None, typer.Option(help="One")] = None) -> None: "Do."
sys.argv[1:] = ["--one", "x"]
app = typer.Typer(rich_markup_mode=None)
app.command()(command)
app()
"""


def main() -> None:
    """Measure and print; exit 1 when a promise is broken."""
    folders = [Path(name) for name in sys.argv[1:]]
    broken = [*_library(folders), *_help()]
    if broken:
        sys.exit("\n".join(broken))


def _library(folders: list[Path]) -> list[str]:
    library = load(folders)
    queries = list(library.queries.values())
    source, selection = wanted.every_field(), select(_NOW, "7d")
    columns = relation.column_types(source)
    values = {query.name: samples.defaults(query) for query in queries}

    def rendered() -> list[Statement]:
        return [render(q, values[q.name], selection, source).statement for q in queries]

    texts = [statement.sql for statement in rendered()]
    steps: dict[str, Callable[[], object]] = {
        "parsed (the floor)": lambda: [Statement(text).trees for text in texts],
        "loaded": lambda: load(folders),
        "rendered for a table": rendered,
        "rendered and checked": lambda: [check.check_query(query, columns) for query in queries],
        "gated for Athena": lambda: gates(queries, source),
        "gated for a local target": lambda: gates(queries, source, _NOW),
    }
    print(f"{len(queries)} queries")
    seconds = {name: _best(step) for name, step in steps.items()}
    floor = seconds["parsed (the floor)"]
    for name, taken in seconds.items():
        print(f"{name:<26}{taken:6.2f} s  {taken / floor:5.2f} x")
    total = seconds["loaded"] + seconds["rendered and checked"]
    print(f"{'loaded, rendered, checked':<26}{total:6.2f} s  {total / floor:5.2f} x")
    if total <= _MOST_SECONDS:
        return []
    return [f"the library takes {total:.2f} s to load, render and check, not {_MOST_SECONDS}"]


def _help() -> list[str]:
    commands = {
        "a bare command": [sys.executable, "-c", _BARE],
        "run NAME --help": [sys.executable, "-m", "flowathena", "run", "ssh_rejects", "--help"],
        "run --help": [sys.executable, "-m", "flowathena", "run", "--help"],
    }
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(_ROUNDS):
        for name, command in commands.items():
            began = _children_seconds()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            seconds[name].append(_children_seconds() - began)
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    floor = medians["a bare command"]
    for name, median in medians.items():
        print(f"{name:<26}{median * 1000:6.0f} ms {median / floor:5.2f} x")
    ratio = medians["run NAME --help"] / floor
    if ratio <= _MOST_RATIO:
        return []
    return [f"run NAME --help takes {ratio:.2f} times a bare command's, not {_MOST_RATIO}"]


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        began = time.process_time()
        work()
        times.append(time.process_time() - began)
    return min(times)


if __name__ == "__main__":
    main()
