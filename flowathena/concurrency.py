"""Several calls at once: what stops and interrupts them; pauses before further tries."""

import math
import random
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from queue import Empty, Full, Queue
from types import FrameType
from typing import TYPE_CHECKING, Generic, NoReturn, TypeVar

Item = TypeVar("Item")
Output = TypeVar("Output")

Watch = Callable[[int, int], None]
"""Follows progress: called with how many of how many are done."""

CONCURRENCY = 16
"""Calls under way at once by default; boto3 clients are safe to share between threads."""

_CHECK_SECONDS = 0.05
"""How often a waiting thread checks whether it should go on."""

_JOIN_SECONDS = 1.0

_HALFWAY = frozenset({"__enter__", "__exit__", "_release_save", "_acquire_restore"})
_PAUSE_SECONDS = 0.01
_MOST_PAUSES = 100
"""After a second the interrupt is raised wherever it strikes: the lock may be what hangs."""

_LARGEST_EXPONENT = 64
"""By then every pause has its longest value; more would overflow after thousands of polls."""


if TYPE_CHECKING:
    property_once = cached_property
else:

    class property_once(cached_property):  # noqa: N801 - as what it stands for
        """A ``cached_property`` that computes without a lock, as that of Python 3.12 does.

        Before, all instances share one: a call to AWS for one target would have others wait.
        """

        def __get__(self, instance: object, owner: type | None = None) -> object:
            """The value, computed when it is first asked for."""
            if instance is None:
                return self
            cache = instance.__dict__
            if self.attrname not in cache:
                cache[self.attrname] = self.func(instance)
            return cache[self.attrname]


class Backoff:
    """Pauses between attempts or polls: growing, jittered and limited by a budget of time.

    It is our own because tenacity, stamina and backoff retry one function call to its end, while
    here a whole plan shares one budget, botocore asks for a number of seconds, and a poll is not a
    retry.

    Args:
        first: seconds of the first pause.
        longest: no pause is longer, in seconds.
        growth: the factor from one pause to the next.
        jitter: the share of a pause that is random: 0 none, 0.5 its upper half, 1 all of it.
        budget: limit for the sum of all pauses, in seconds.
        sleep: sleeps for a number of seconds.
        draw: returns a random number in [0, 1).
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


def map_concurrently(
    function: Callable[[Item], Output], items: Iterable[Item], workers: int
) -> Iterator[Output]:
    """The function's results in the order of the items, from at most ``workers`` calls at once.

    An exception (or an interrupt) cancels the calls that have not begun and ends the iteration. It
    does not wait for the calls under way, which may hang.
    """
    pool = ThreadPoolExecutor(max_workers=workers)
    try:
        yield from pool.map(function, items)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class Halt:
    """Interrupts one thread, once, where it waits: afterwards it has to end what it has begun."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._struck = False

    def sleep(self, seconds: float) -> None:
        """Wait.

        Raises:
            KeyboardInterrupt: the crew is stopped.
        """
        if self._struck:
            time.sleep(seconds)
        elif self._stop.wait(seconds):
            self._struck = True
            raise KeyboardInterrupt


class Crew(Generic[Item, Output]):
    """Works on items, a few at a time, each in a thread that a ``Halt`` can interrupt.

    Args:
        work: what is done with an item. It answers whatever happens, interrupted or not; what it
            raises nevertheless is raised by ``take``.
        items: what is worked on, in this order.
        size: how many threads there are at most.

    Attributes:
        answers: all answers so far, taken or not: an interrupt may come between the taking of one
            and whatever is done with it.
    """

    def __init__(
        self, work: Callable[[Item, Halt], Output], items: Iterable[Item], size: int
    ) -> None:
        self._work = work
        self._waiting = deque(items)
        self._size = size
        self.answers: list[Output] = []
        self._ended: Queue[Output | _End] = Queue()
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()

    @property
    def is_stopped(self) -> bool:
        """Whether nothing is begun any more."""
        return self._stop.is_set()

    def start(self) -> None:
        """Begin, unless that has been done or it is stopped."""
        if self._threads or self.is_stopped:
            return
        for _ in range(min(self._size, len(self._waiting))):
            self._threads.append(threading.Thread(target=self._run, daemon=True))
        for thread in self._threads:
            thread.start()

    def next_waiting(self) -> Item | None:
        """Take an item away from the threads, to work on it elsewhere; None if there is none."""
        try:
            return self._waiting.popleft()
        except IndexError:
            return None

    def take(self, seconds: float) -> Output | None:
        """The next answer; None if there is none within so many seconds."""
        try:
            ended = self._ended.get(timeout=seconds)
        except Empty:
            return None
        if isinstance(ended, _End):
            assert ended.error is not None  # noqa: S101 - of an error alone
            raise ended.error
        return ended

    def stop(self) -> None:
        """Begin nothing more, and interrupt what is under way where it waits."""
        self._stop.set()

    def wait(self, seconds: float) -> None:
        """Wait until all threads have ended, at most so long."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while not self.is_stopped:
            try:
                item = self._waiting.popleft()
            except IndexError:
                return
            try:
                answer = self._work(item, Halt(self._stop))
                self.answers.append(answer)
                self._ended.put(answer)
            except Exception as error:  # noqa: BLE001 - raised where the answers are taken
                self._ended.put(_End(error))


@dataclass(frozen=True)
class _End:
    """The end of a source: it is exhausted, or it failed."""

    error: BaseException | None = None


@contextmanager
def read_ahead(sources: Sequence[Iterable[Item]], ahead: int) -> Iterator[Iterator[Item]]:
    """The items of several sources in the order in which they arrive, read ahead in threads.

    From the beginning of the ``with`` block, each source advances in a thread of its own until
    ``ahead`` items wait. The first error of a source is raised to the reader. Leaving the block
    closes the sources, whether they are exhausted or not.
    """
    waiting: Queue[Item | _End] = Queue(ahead)
    stopped = threading.Event()
    threads = [
        threading.Thread(target=_feed, args=(source, waiting, stopped), daemon=True)
        for source in sources
    ]
    for thread in threads:
        thread.start()
    try:
        yield _items(waiting, len(threads))
    finally:
        stopped.set()
        for thread in threads:
            thread.join(_JOIN_SECONDS)  # one that hangs in a call ends with the process


def _feed(source: Iterable[Item], waiting: "Queue[Item | _End]", stopped: threading.Event) -> None:
    items = iter(source)
    end = _End()
    try:
        for item in items:
            if not _put(item, waiting, stopped):
                break
    except BaseException as error:  # noqa: BLE001 - raised where the items are read
        end = _End(error)
    finally:
        if isinstance(items, Generator):
            items.close()
    _put(end, waiting, stopped)


def _put(item: Item, waiting: "Queue[Item]", stopped: threading.Event) -> bool:
    """Hand an item over; False if reading has stopped."""
    while not stopped.is_set():
        try:
            waiting.put(item, timeout=_CHECK_SECONDS)
        except Full:
            continue
        return True
    return False


def _items(waiting: "Queue[Item | _End]", sources: int) -> Iterator[Item]:
    while sources:
        try:
            # With a timeout, so that an interrupt takes effect at once.
            item = waiting.get(timeout=_CHECK_SECONDS)
        except Empty:
            continue
        if not isinstance(item, _End):
            yield item
        elif item.error:
            raise item.error
        else:
            sources -= 1


class Interrupt:
    """A signal's handler that raises ``KeyboardInterrupt``, where a block can be left.

    Inside an ``__enter__`` or ``__exit__`` written in Python, such as that of the lock around
    urllib3's pool of connections, the block would be left with its lock held: the next call, the
    one that cancels the query, would wait for ever. The same where ``threading.Condition`` lets go
    of its lock and takes it back. There the interrupt waits a moment.

    Args:
        message: the message of the ``KeyboardInterrupt``; empty for none.
        once: ignore the signal from then on: a hangup comes from the kernel and from the shell, and
            the second must not end the cancelling of a query.
    """

    def __init__(self, message: str = "", *, once: bool = False) -> None:
        self._message = message
        self._once = once
        self._pauses = 0

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Raise the interrupt, or try again in a moment."""
        if self._once and number != signal.SIGALRM:
            signal.signal(number, signal.SIG_IGN)
        if frame is not None and _is_halfway(frame) and self._pauses < _MOST_PAUSES:
            self._pauses += 1
            self.strike_later()
            return
        self._pauses = 0
        signal.setitimer(signal.ITIMER_REAL, 0)
        self._raise()

    def strike_later(self) -> None:
        """Let the current call end, then raise the interrupt."""
        signal.signal(signal.SIGALRM, self)
        signal.setitimer(signal.ITIMER_REAL, _PAUSE_SECONDS)

    def _raise(self) -> NoReturn:
        raise KeyboardInterrupt(*([self._message] if self._message else []))


def _is_halfway(frame: FrameType) -> bool:
    """Whether a lock may be neither held nor free where a frame has stopped."""
    if frame.f_code.co_name == "wait":  # Condition.wait sets "gotit" when it is sure of its lock
        names = frame.f_locals
        return "waiter" in names and "gotit" not in names
    return frame.f_code.co_name in _HALFWAY


def strike_again(unraisable: "sys.UnraisableHookArgs") -> None:
    """Raise an interrupt again that came while Python cleared an object away.

    For ``sys.unraisablehook``: from a destructor, Python would print the exception and go on.
    """
    error = unraisable.exc_value
    if isinstance(error, KeyboardInterrupt):
        Interrupt(str(error)).strike_later()
    else:
        sys.__unraisablehook__(unraisable)


@contextmanager
def interrupt_after(seconds: float, message: str) -> Iterator[None]:
    """Raise a ``KeyboardInterrupt`` in a block that takes longer; only in the main thread.

    Elsewhere, where Python hears no signals, the block may take as long as it does.

    Args:
        seconds: how long it may take; more than 0.
        message: the message of the interrupt.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    began, hook = time.monotonic(), sys.unraisablehook
    handler = signal.signal(signal.SIGALRM, Interrupt(message))
    sys.unraisablehook = strike_again
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        sys.unraisablehook = hook
        if left:  # somebody else's timer goes on
            rest = max(left - (time.monotonic() - began), _PAUSE_SECONDS)
            signal.setitimer(signal.ITIMER_REAL, rest, interval)
