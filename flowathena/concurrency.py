"""Calls that wait for a network, several under way at once."""

import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, Full, Queue
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

CONCURRENCY = 16
"""Calls under way at once by default; boto3 clients are safe to share between threads."""

_LOOK_UP_SECONDS = 0.05
"""How often a thread that waits looks whether it is still wanted."""

_LEAVE_SECONDS = 1.0


def each(
    function: Callable[[Item], Answer], items: Iterable[Item], workers: int
) -> Iterator[Answer]:
    """The function's answer for every item, in order, at most ``workers`` under way.

    An exception (an interrupt too) drops what has not begun and ends the iteration; it waits for
    none of the calls under way, which may hang.
    """
    pool = ThreadPoolExecutor(max_workers=workers)
    try:
        yield from pool.map(function, items)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True)
class _End:
    """The last word of a source: it is exhausted, or it failed."""

    error: BaseException | None = None


@contextmanager
def merged(sources: Sequence[Iterable[Item]], ahead: int) -> Iterator[Iterator[Item]]:
    """The items of several sources in the order they come, made ahead of need.

    Each source advances in a thread of its own from the beginning of the ``with`` block, until
    ``ahead`` items wait. The first error of a source is raised to the reader. Leaving the block
    closes the sources, whether they are exhausted or not.
    """
    waiting: Queue[Item | _End] = Queue(ahead)
    unwanted = threading.Event()
    threads = [
        threading.Thread(target=_advance, args=(source, waiting, unwanted), daemon=True)
        for source in sources
    ]
    for thread in threads:
        thread.start()
    try:
        yield _taken(waiting, len(threads))
    finally:
        unwanted.set()
        for thread in threads:
            thread.join(_LEAVE_SECONDS)  # one may hang in a call; it ends with the process


def _advance(
    source: Iterable[Item], waiting: "Queue[Item | _End]", unwanted: threading.Event
) -> None:
    items = iter(source)
    end = _End()
    try:
        for item in items:
            if not _put(item, waiting, unwanted):
                break
    except BaseException as error:  # noqa: BLE001 - raised where the items are read
        end = _End(error)
    finally:
        if isinstance(items, Generator):
            items.close()
    _put(end, waiting, unwanted)


def _put(item: Item, waiting: "Queue[Item]", unwanted: threading.Event) -> bool:
    """Hand an item over; False when nobody wants it any more."""
    while not unwanted.is_set():
        try:
            waiting.put(item, timeout=_LOOK_UP_SECONDS)
        except Full:
            continue
        return True
    return False


def _taken(waiting: "Queue[Item | _End]", sources: int) -> Iterator[Item]:
    while sources:
        try:
            # With a timeout, so that an interrupt is heard at once.
            item = waiting.get(timeout=_LOOK_UP_SECONDS)
        except Empty:
            continue
        if not isinstance(item, _End):
            yield item
        elif item.error:
            raise item.error
        else:
            sources -= 1
