"""A part of a file of Athena's as lines of CSV, without a look at any of its values.

Athena quotes every value, CSV of ours only those that need it. Where none does, the lines are the
bytes of the part without their quotes, much sooner than DuckDB would read and write the values
(``benchmarks/results.py``). ``lines.csv`` writes the others; ``tests/test_unquoted.py`` compares
the two.
"""

import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

_AS_THEY_ARE = frozenset({"BOOLEAN", "BIGINT", "VARCHAR", "DATE"})
_TIME = "TIMESTAMP"
_END_OF_TIME = re.compile(rb'\.000"')  # quicker than replace, which searches twice
_END_BYTES = 5
_MARKS = b',"\n\r'
_BLANK = b" "
_BLANK_TO_T = bytes.maketrans(_BLANK, b"T")
_STEP_BYTES = 1 << 18  # what a processor has at hand


def possible(types: Sequence[str]) -> bool:
    """Whether values of these DuckDB types may have the text that Athena gives them."""
    return len(types) > 1 and {*types} <= {*_AS_THEY_ARE, _TIME}  # one NULL alone is not nothing


def lines(file: BinaryIO, rows: int, columns: int, filled: int, times: int) -> list[bytes] | None:
    """The lines of a part, many in one; None if a value decides on them.

    Args:
        file: whole rows of Athena's, without the header: each value has quotes, each row a line.
        rows: how many they are.
        columns: how many each has.
        filled: how many of their values are neither NULL nor empty.
        times: how many of their values are timestamps, each of which ends in ``.000``.
    """
    # So many there are at least: what ends values and rows, two quotes of each that is filled, a
    # blank and an end of each time. Is there no further one, no value holds any; an empty value
    # and a quote in a value have two quotes more.
    missing = rows * columns + 2 * filled + times
    shorter = times * (_END_BYTES - 1)
    counted = _MARKS + _BLANK if times else _MARKS
    made = []
    for step in _steps(file):
        if not step.endswith(b"\n"):
            return None
        missing -= len(step) - len(step.translate(None, counted))
        if not times:
            made.append(step.translate(None, b'"'))
            continue
        ended = b"Z".join(_END_OF_TIME.split(step))
        shorter -= len(step) - len(ended)
        made.append(ended.translate(_BLANK_TO_T, b'"'))
    return None if missing or shorter else made


def _steps(file: BinaryIO) -> Iterator[bytes]:
    """The content of a file, up to the end of a line each."""
    while step := file.read(_STEP_BYTES):
        yield step + file.readline()
