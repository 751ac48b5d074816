"""A part of a file of Athena's as lines of CSV, without a look at any of its values.

Athena quotes every value, CSV of ours only those that need it. Where none does, the lines are the
bytes of the part without their quotes: about half of the CPU time in which DuckDB reads and writes
the values. ``lines.csv`` writes the others; ``tests/test_unquoted.py`` compares the two.
"""

from collections.abc import Sequence

_AS_THEY_ARE = frozenset({"BOOLEAN", "BIGINT", "VARCHAR", "DATE"})
_TIME = "TIMESTAMP"
_END_OF_TIME = b'.000"'
_BLANK_TO_T = bytes.maketrans(b" ", b"T")


def possible(types: Sequence[str]) -> bool:
    """Whether values of these DuckDB types may have the text that Athena gives them."""
    return len(types) > 1 and {*types} <= {*_AS_THEY_ARE, _TIME}  # one NULL alone is not nothing


def lines(content: bytes, rows: int, columns: int, times: int) -> bytes | None:
    """The lines of a part; None if a value decides on them.

    Args:
        content: whole rows of Athena's, without the header.
        rows: how many they are.
        columns: how many each has.
        times: how many of their values are timestamps, each of which ends in ``.000``.
    """
    if b'""' in content or b"\r" in content:
        return None
    if (content.count(b","), content.count(b"\n")) != (rows * (columns - 1), rows):
        return None
    if not times:
        return content.translate(None, b'"')
    # Each has one blank and one such end: where there are no more, no text has any.
    ended = content.replace(_END_OF_TIME, b"Z")
    shorter = times * (len(_END_OF_TIME) - 1)
    if content.count(b" ") != times or len(content) - len(ended) != shorter:
        return None
    return ended.translate(_BLANK_TO_T, b'"')
