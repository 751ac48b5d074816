"""Compares an answer with the rows of a case, and shows where they differ; pure.

Values must be equal, and of one kind: ``1`` is neither ``true`` nor ``"1"``. A number that SQL
computes as a decimal equals the one that TOML writes (``0.10`` and ``0.1``).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from difflib import SequenceMatcher

from flowathena.result import formats

Rows = Sequence[Sequence[object]]

_NUMBERS = (int, float, Decimal)


def same_rows(
    columns: Sequence[str],
    expected: Rows,
    answer: Rows,
    tolerance: Mapping[str, float] | None = None,
) -> bool:
    """Whether an answer is the expected one, in its order.

    Args:
        columns: the names of the columns of both.
        expected: the rows worked out by hand.
        answer: the rows that came.
        tolerance: by column, the share by which a number may differ.
    """
    shares = [(tolerance or {}).get(column, 0.0) for column in columns]
    return len(expected) == len(answer) and all(
        _same_row(one, other, shares) for one, other in zip(expected, answer, strict=True)
    )


def same(expected: object, value: object, share: float = 0.0) -> bool:
    """Whether a value is the expected one, or a number within a share of it."""
    if isinstance(expected, list | tuple) and isinstance(value, list | tuple):
        return len(expected) == len(value) and all(
            same(one, other, share) for one, other in zip(expected, value, strict=True)
        )
    if isinstance(expected, dict) and isinstance(value, dict):
        known = {str(key): item for key, item in value.items()}
        return expected.keys() == known.keys() and all(
            same(item, known[key], share) for key, item in expected.items()
        )
    if _is_number(expected) and _is_number(value):
        return _same_number(expected, value, share)
    if isinstance(expected, datetime) != isinstance(value, datetime):
        return False  # a date is no time
    if isinstance(expected, bool) != isinstance(value, bool):
        return False
    return expected == value


def difference(
    columns: Sequence[str],
    expected: Rows,
    answer: Rows,
    tolerance: Mapping[str, float] | None = None,
) -> list[str]:
    """Both answers as one aligned table: ``-`` before rows that are missing, ``+`` before others.

    Rows that are equal have neither. The arguments are those of ``same_rows``.
    """
    shares = [(tolerance or {}).get(column, 0.0) for column in columns]
    wanted = list(map(tuple, expected))
    came = list(_as_wanted(wanted, answer, shares))
    head, rule, *lines = formats.table(columns, [*wanted, *came]).splitlines() or ["", ""]
    kinds = [tuple(map(type, row)) for row in (*wanted, *came)]
    marked = list(zip(lines, kinds, strict=True))
    before, after = marked[: len(wanted)], marked[len(wanted) :]
    found, missing, others = [f"  {head}", f"  {rule}"], set(), set()
    for what, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            found += [f"  {line}" for line, _ in before[i1:i2]]
            continue
        missing |= {line for line, _ in before[i1:i2]}
        others |= {line for line, _ in after[j1:j2]}
        found += [f"- {line}" for line, _ in before[i1:i2]]
        found += [f"+ {line}" for line, _ in after[j1:j2]]
    if missing & others:
        found.append(
            "  (rows that look alike have values of other types: 1 and a text, NULL and '')"
        )
    return [line.rstrip() for line in found]


def _as_wanted(
    wanted: list[tuple[object, ...]], answer: Rows, shares: Sequence[float]
) -> Iterator[tuple[object, ...]]:
    """The rows of an answer, each as the expected row that it equals, if there is one.

    So that ``0.10`` and ``0.1``, or a number within its tolerance, is no line of the difference.
    """
    free = list(wanted)
    for row in answer:
        match = next((one for one in free if _same_row(one, row, shares)), None)
        if match is not None:
            free.remove(match)
        yield tuple(row) if match is None else match


def _same_row(expected: Sequence[object], row: Sequence[object], shares: Sequence[float]) -> bool:
    return len(expected) == len(row) and all(
        same(one, other, share) for one, other, share in zip(expected, row, shares, strict=True)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, _NUMBERS) and not isinstance(value, bool)


def _same_number(expected: object, value: object, share: float) -> bool:
    one, other = _exact(expected), _exact(value)
    if not (one.is_finite() and other.is_finite()):
        return str(one) == str(other)
    return abs(one - other) <= abs(one) * Decimal(str(share))


def _exact(number: object) -> Decimal:
    """A number as it is written: the float 0.1 is the decimal 0.1."""
    if isinstance(number, float) and not math.isfinite(number):
        return Decimal(str(number))
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)  # type: ignore[arg-type]
