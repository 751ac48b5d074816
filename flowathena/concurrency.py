"""Calls that wait for a network, several under way at once."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def each(
    function: Callable[[Item], Answer], items: Iterable[Item], workers: int
) -> Iterator[Answer]:
    """The function's answer for every item, in order, at most ``workers`` under way.

    An exception (an interrupt too) drops what has not begun and ends the iteration.
    """
    pool = ThreadPoolExecutor(max_workers=workers)
    try:
        yield from pool.map(function, items)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
