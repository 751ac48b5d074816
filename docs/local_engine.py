"""Write ``docs/local-engine.md`` from the cases of ``tests/semantics``.

``python docs/local_engine.py`` writes it, ``--check`` fails when it is stale.
"""

import json
import sys
from pathlib import Path

_PAGE = Path(__file__).with_name("local-engine.md")
sys.path.insert(0, str(_PAGE.parents[1]))  # the cases are not in the package

from tests.semantics.cases import Case, topics  # noqa: E402 - after the path

_HEAD = """\
# The local engine and Athena

Athena's engine version 3 is Trino. The local engine is DuckDB with Trino's semantics: a statement
runs with the values and types it has on Athena, or it is refused by name before anything runs, or
it fails where Athena fails. Written by `docs/local_engine.py` from the {count} cases in
`tests/semantics`: `make test` runs them on the local engine, `make test-trino` on Trino 470.

**Equal** ({equal} cases, and {errors} errors): integers that divide to integers and overflow with
an error, also in `sum`; dates that stay dates; NULL last in every order; Trino's reading of texts
in casts (` 7 `, `+7`, not `1.5` or `0x10`); decimals with Trino's digits; NaN, which equals nothing
and is in no order; quotients of decimals; times of a zone, whose hours, days and texts are that
zone's, clocks put forward and back included; intervals; parts, matches and elements that are not
there; types that are not mixed (`1 = '1'`); arrays, maps and rows with their NULLs, functions of
their parts (`transform`, `map_filter`, `reduce`), `UNNEST` of them; aggregates into maps; JSON;
addresses, compared, ordered and looked for in networks of a column or a list. What only other
databases read (`::`, `ILIKE`, `QUALIFY`, `LIMIT 5, 10`, `GROUP BY ALL`,
`* EXCLUDE`) is refused as on Athena, and so are unknown functions and wrong numbers of arguments;
`flowathena queries check` reports them with their line.

**Refused, runs on Athena only** ({refused} cases): functions that nobody has compared yet; order of
arrays, rows, maps and JSON, and maps and JSON as keys of groups; JSON with objects in objects that
`json_parse` would have to order (unless written out), numbers in it beyond 1e7 or below 1e-3,
paths of it with wildcards; URLs with letters beyond ASCII; `approx_percentile` with weights;
`real`, `smallint`, a time of day with a zone, more than six digits of a second; time zones that are
computed, and those with a name before 1970 (the engines' differ); names of zones in
`format_datetime`; `DISTINCT` in a window, where Trino 470 errs, and frames of months; `json_object`
of keys that Trino orders anew; shifts by a negative number; `rand`, `uuid`; texts of
doubles beyond 9e15 or below 1e-5; `format` by a computed pattern or by `%e`, `%g`, `%o`, `%h`,
`%c`; date patterns that are computed; patterns that Java and RE2 read differently (look-around,
back references, Unicode classes) or that are computed; `\\b` and `\\w` in texts beyond ASCII;
`WITH TIES`; `TABLESAMPLE`; `WITH RECURSIVE`; parentheses nested 50 deep.

**Differs**, and why:

| what | on Athena | here |
|---|---|---|
| a bigint `sum` that leaves the range and comes back | an error, by the order of rows | the sum |
| `sum(…) OVER (…)` beyond bigint | wraps around (Trino 470) | an error |
| `avg`, `sum`, `stddev` of doubles | by the order of rows | last digits may differ (1e-12) |
| `approx_distinct` | an estimate, 2.3 % standard error | an estimate of another algorithm |
| `approx_percentile` of many values | an estimate between values | the value at that rank |
| the order of a map's entries | any | any |
| `map_agg` of a key that comes twice | one of its values | one of its values |
| letters of Unicode 16 (2024) in `upper`, `lower` | by Athena's Java | unchanged |
| `(?i)` with letters beyond ASCII | by Java's rules | by RE2's rules |
| overflow in a comparison, as in `i + 1 > 5` | an error | may be none: it becomes `i > 4` |
| rules of time zones that changed lately | by Java's release | by DuckDB's release |
| `cbrt`, `cosh`, `log` and the like | by Java's rules | the last digit may differ |
| NaN in `BETWEEN` beside a NULL | NULL | may be false |
| `CASE x WHEN x` where `x` is NULL | taken (Trino 470) | not taken |
| `mod(7, 0)` | `GENERIC_INTERNAL_ERROR` | `DIVISION_BY_ZERO` |
| the order of rows without `ORDER BY` | any | any |

The list of functions is Trino 470's (`flowathena/sql/functions.txt`). Athena follows Trino at some
distance and may lack the newest; Athena has the last word.

## Files

Text is read as Hive's LazySimpleSerDe reads it: a short line ends in NULLs, surplus values are
dropped, what is not a number is NULL in a number column. Lines end with LF, CR or both. The first
one is the header; a byte-order mark before it is ignored. Several gzip members make one file; an
empty file has no rows.

| file | on Athena | here |
|---|---|---|
| truncated gzip, a wrong checksum | fails | damaged |
| text that is not compressed under a `.gz` name | fails | read, with a warning |
| a Parquet file that is truncated, or damaged inside | fails | damaged |
| a Parquet column of another type (ports as text) | fails | damaged |
| an HTML page, JSON, zipped Parquet or UTF-16 instead of text | rows of NULLs | damaged |
| a line of more than 1,999,000 bytes | read, up to 100 MB | damaged |
| invalid UTF-8 | read, shown as `�` | damaged |
| data after the end of a gzip file | ignored | damaged |
| gzip without `.gz` in its name | rows of NULLs | read, with a warning |
| Parquet among the text of a text table | rows of NULLs | read by name, with a warning |
| text among the Parquet of a Parquet table | fails | read by name, with a warning |
| text without a header line in a Parquet table | fails | damaged |
| text with its fields in another order | wrong values | read by name, with a warning |
| a name that is not a log's | read | ignored, with a warning |
| a name that begins with `_` or `.` | ignored | ignored |
| a pipe or device | there are none | ignored, with a warning |
| a link, also to another disk | there are none | followed |
| a link to a folder that contains it | there are none | damaged |

What a file is, its content tells: text or Parquet, compressed or not. A log's name ends with
`.log`, `.gz` or `.parquet`; those of Firehose and Spark may have no ending (but a digit). Others
are leftovers, such as `x.log.gz.a1B2c3D4` of an unfinished copy, `x.tmp` or `notes.txt`. A folder
that contains nothing else is no partition.

A damaged file stops the run, and an error names it with the reason; all of them are found at once.
`--skip-bad-files` reads the others. Names may contain anything, also bytes that are not UTF-8.
"""


def main() -> None:
    """Write the page, or compare it."""
    text = _page()
    if _PAGE.exists() and _PAGE.read_text() == text:
        return
    if "--check" in sys.argv:
        sys.exit(f"stale: {_PAGE.name}; 'make format' writes it anew")
    _PAGE.write_text(text)


def _page() -> str:
    found = list(topics())
    cases = [case for _, group in found for case in group]
    head = _HEAD.format(
        count=len(cases),
        equal=sum(not case.error and not case.refused for case in cases),
        errors=sum(bool(case.error) and not case.refused for case in cases),
        refused=sum(bool(case.refused) for case in cases),
    )
    parts = [head]
    for topic, group in found:
        note = f"{topic.note}\n\n" if topic.note else ""
        rows = "".join(map(_row, group))
        table = f"| statement | on Athena | type | here |\n|---|---|---|---|\n{rows}"
        parts.append(f"## {topic.title}\n\n{note}{table}")
    return "\n".join(parts)


def _row(case: Case) -> str:
    value = (
        f"error {case.error}" if case.error else _code(json.dumps(case.gives, ensure_ascii=False))
    )
    types = ", ".join(case.types)
    return f"| {_code(case.text)} | {value} | {types} | {_here(case)} |\n"


def _here(case: Case) -> str:
    if case.refused:
        return "refused"
    if case.differs:
        return f"{_code(json.dumps(case.local, ensure_ascii=False))}: {case.differs}"
    return f"error {case.local_error}" if case.local_error else "equal"


def _code(text: str) -> str:
    """Code in a cell of a table; a bar would end the cell."""
    plain = text.replace("\n", "⏎").replace("|", "\\|")
    ticks = "``" if "`" in plain else "`"
    return f"{ticks}{plain}{ticks}"


if __name__ == "__main__":
    main()
