"""Calls over a network: several under way at once, and the pauses before further tries."""

import math
import random
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, Full, Queue
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")

Watch = Callable[[int, int], None]
"""Follows progress: called with how many of how many are done."""

CONCURRENCY = 16
"""Calls under way at once by default; boto3 clients are safe to share between threads."""

_LOOK_UP_SECONDS = 0.05
"""How often a thread that waits looks whether it is still wanted."""

_LEAVE_SECONDS = 1.0

_LARGEST_EXPONENT = 64
"""Pauses have long reached their longest; a float would overflow at some thousand polls."""


class Backoff:
    """Pauses between tries or polls: each longer than the last, drawn at random, under a budget.

    It is our own because tenacity, stamina and backoff retry one function call to its end, while
    here a whole plan shares one budget, botocore asks for a number of seconds, and a poll is no
    retry.

    Args:
        first: seconds of the first pause.
        longest: no pause is longer, in seconds.
        growth: how many times as long as the last one a pause is.
        jitter: the share of a pause that is drawn at random: 0 none, 0.5 its upper half, 1 all.
        budget: how long all pauses may be together, in seconds.
        sleep: pauses for a number of seconds.
        draw: a random number of [0, 1).
    """

    def __init__(  # noqa: PLR0913 - keyword options of one value
        self,
        first: float,
        longest: float,
        *,
        growth: float = 2.0,
        jitter: float = 0.0,
        budget: float = math.inf,
        sleep: Callable[[float], None] = time.sleep,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._first = first
        self._longest = longest
        self._growth = growth
        self._jitter = jitter
        self._left = budget
        self._sleep = sleep
        self._draw = draw
        self._pauses = 0

    def seconds(self, earlier: int) -> float:
        """How long to pause after a number of earlier pauses, whatever the budget."""
        grown = self._first * self._growth ** min(earlier, _LARGEST_EXPONENT)
        return min(grown, self._longest) * (1 - self._jitter * (1 - self._draw()))

    def pause(self) -> bool:
        """Pause; False, at once, if the budget does not allow it."""
        seconds = self.seconds(self._pauses)
        if seconds > self._left:
            return False
        self._left -= seconds
        self._pauses += 1
        self._sleep(seconds)
        return True


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
