"""Query files, templates and windows."""

import re
from collections.abc import Callable
from pathlib import Path

from tests.hostile.case import WINDOW, Case

_STEPS = "own.sql:4: template: does more than 500,000 steps; simplify its loops"
_LOOPS = "{% for n in ordinals %}" * 9
_DOUBLED = "{% set a = a ~ a %}" * 60
_LONG = "".join(f" OR srcport = {n}" for n in range(4000))


def own(text: str, header: str = "") -> Callable[[Path], object]:
    """A query ``own`` of one's own; its statement begins on line 4, or after the header's lines."""

    def spoil(folder: Path) -> None:
        (folder / "mine").mkdir()
        (folder / "mine" / "own.sql").write_text(f'/* ---\ntitle = "Own"\n{header}--- */\n{text}\n')
        config = folder / "flowathena.toml"
        config.write_text(f'query_paths = ["mine"]\n{config.read_text()}')

    return spoil


def check(name: str, text: str, line: str, header: str = "") -> Case:
    """``queries check`` finds it."""
    said = re.sub(r"(own\.sql:\d+: )", r"\1error: ", line)
    return Case(name, "queries check own", 3, said, own(text, header))


def run(name: str, text: str, line: str) -> Case:
    """``run`` refuses it."""
    return Case(name, f"run own {WINDOW}", 2, line, own(text))


CASES = [
    check("loops in loops", f"SELECT 1 {_LOOPS}{'{% endfor %}' * 9}", _STEPS),
    check("a text of a gigabyte", "SELECT {{ 'x' * 10**9 }}", _STEPS),
    check("a list of a billion", "SELECT {{ [0] * 10**9 }}", _STEPS),
    run("sixty doublings", f"{{% set a = 'x' %}}{_DOUBLED}SELECT {{{{ a }}}}", _STEPS),
    run("a text centred in a gigabyte", "SELECT {{ 'x'|center(10**9) }}", "No filter named 'cent"),
    run("a method that pads", "SELECT {{ 'x'.ljust(10**9) }}", "own.sql:4: template: access to"),
    run("a format that pads", "SELECT {{ '%999999999d' % 1 }}", "own.sql:4: template: text % val"),
    run("a power of powers", "SELECT {{ 9**9**9**99 }}", "a number of more than 4096 bits"),
    run("a product of two texts", "SELECT {{ ('x'*9999)|replace('x', 'y'*99999) }}", _STEPS),
    run("a deep bracket", f"SELECT {{{{ {'(' * 9999}1{')' * 9999} }}}}", "is nested too deeply"),
    run("a deep loop", f"{'{% for n in [1] %}' * 40}{'{% endfor %}' * 40}", "nested too deeply"),
    check(
        "a macro that calls itself",
        "{% macro m() %}{{ m() }}{% endmacro %}SELECT {{ m() }}",
        "own.sql:4: a macro is not allowed in a saved query",
    ),
    check("a query that includes itself", "{% include 'own.sql' %}", "own.sql:4: an include"),
    check(
        "a loop that calls itself",
        "SELECT {% for n in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "own.sql:4: a recursive loop is not allowed",
    ),
    run("a chain of OR", f"SELECT 1 FROM flow_logs WHERE 1 = 2{_LONG}", "instead of a long chain"),
    run("brackets without end", f"SELECT {'(' * 9999}1{')' * 9999}", "nested too deeply"),
    check(
        "a quote that is open",
        "SELECT srcaddr\nFROM flow_logs\nWHERE action = 'ACCEPT\n",
        "own.sql:6: cannot be read as SQL: a quote or comment is not closed",
    ),
    check("a comment that is open", "SELECT 1 /* why\n\n", "own.sql:4: cannot be read as SQL"),
    check(
        "min above max",
        "SELECT {{ n }}",
        "own.sql:5: params.n: min 9 is more than max 3",
        '[params.n]\ntype = "int"\nmin = 9\nmax = 3\n',
    ),
    check(
        "a default out of bounds",
        "SELECT {{ n }}",
        "own.sql:5: params.n: default: '11' is more than 10",
        '[params.n]\ntype = "int"\ndefault = 11\nmax = 10\n',
    ),
    check(
        "a type that nobody knows",
        "SELECT {{ n }}",
        "params.n: type 'integer' is not one of int, number",
        '[params.n]\ntype = "integer"\n',
    ),
    check(
        "a parameter twice",
        "SELECT {{ n }}",
        "own.sql:4: header: table [params.n] is declared twice",
        "[params.n]\n[params.n]\n",
    ),
    Case("an empty day", "run preview --since today --until today", 2, "the window is empty"),
    Case("an empty month", "run preview --since 2026-11 --until 2026-11", 2, "the window is empty"),
    Case("a word misspelt", "run preview --since yesterdy", 2, "did you mean 'yesterday'?"),
    Case("a month that is none", "run preview --since 2026-13", 2, "'2026-13' is not a time"),
    Case(
        "a part of a second",
        "run preview --since 2026-11-01T00:00:00.1Z --until 2026-11-01T00:00:00.9Z",
        2,
        "the window is empty: no second begins",
    ),
    Case("a window that has not begun", "partitions plan --since tomorrow", 2, "ends before it st"),
    Case("a window of two months", "run preview --since 2026-11 --until 2026-12", 0, "2 rows"),
    Case("a limit that is reached", f"run preview {WINDOW} --limit 1", 0, "there may be more"),
    Case("a target misspelt in a list", "queries list -t lcal", 2, "did you mean 'local'?"),
]
