"""Sizes as people write them: ``20GB``, ``500 MB``, ``1.5TiB``; pure."""

import re
from decimal import Decimal

_SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)(i?)b?\s*", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
EXPECTED = "a size such as 20GB or 500MB"


def parse_size(text: str) -> int:
    """The bytes of a size; powers of ten, as AWS bills, unless it is written ``GiB``.

    Raises:
        ValueError: it is not a size, or it is 0.
    """
    found = _SIZE.fullmatch(text)
    if found is None or (found[3] and not found[2]):
        raise ValueError(f"{text!r} is not {EXPECTED}")
    number, unit, binary = found.groups()
    size_bytes = int(Decimal(number) * (1024 if binary else 1000) ** _POWERS[unit.lower()])
    if size_bytes < 1:
        raise ValueError(f"{text!r} is less than a byte")
    return size_bytes
