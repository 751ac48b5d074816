"""Several sources read at once."""

import signal
import sys
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena.concurrency import Backoff, interrupt_after, map_concurrently, read_ahead
from tests.waiting import until

_OVER = "the time is over"


def test_answers_are_in_order() -> None:
    done = [threading.Event() for _ in range(6)]
    done[5].set()

    def late(number: int) -> int:
        done[number + 1].wait()
        done[number].set()
        return number

    assert list(map_concurrently(late, range(5), 5)) == list(range(5))


def test_an_error_drops_what_has_not_begun() -> None:
    begun = []
    raised = threading.Event()

    def fails(number: int) -> int:
        begun.append(number)
        if number:
            raised.wait()
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        list(map_concurrently(fails, range(1_000), 2))
    assert len(begun) <= 3  # two wait, the first has failed
    raised.set()


@given(st.lists(st.lists(st.integers(), max_size=20), max_size=5), st.integers(1, 4))
def test_every_item_of_every_source_comes_once(sources: list[list[int]], ahead: int) -> None:
    with read_ahead(sources, ahead) as items:
        assert sorted(items) == sorted(item for source in sources for item in source)


def test_the_items_of_one_source_stay_in_order() -> None:
    with read_ahead([range(1_000)], 3) as items:
        assert list(items) == list(range(1_000))


def test_sources_begin_before_they_are_read_and_stop_when_enough_waits() -> None:
    asked, unread = 0, [0]

    def source() -> Iterator[int]:
        for number in range(100):
            unread.append(number + 1 - asked)
            yield number

    with read_ahead([source()], 4) as items:
        until(lambda: unread[-1] == 5)  # four wait, one more is in the hand of its thread
        for number in range(100):
            asked += 1
            assert next(items) == number
        assert next(items, None) is None
    assert max(unread) == 5


def test_the_error_of_a_source_reaches_the_reader() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("the wire broke")

    with (
        pytest.raises(OSError, match="the wire broke"),
        read_ahead([broken(), range(3)], 2) as items,
    ):
        list(items)


def test_leaving_early_closes_the_sources_and_ends_the_threads() -> None:
    closed = threading.Event()

    def source() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    before = threading.active_count()
    with read_ahead([source()], 2) as items:
        assert next(items) == 1
    closed.wait()
    until(lambda: threading.active_count() <= before)


def test_an_error_of_the_reader_ends_the_threads_too() -> None:
    before = threading.active_count()
    with pytest.raises(KeyError), read_ahead([iter(int, 1)], 2):
        raise KeyError
    until(lambda: threading.active_count() <= before)


def test_no_source_is_no_item() -> None:
    sources: list[list[int]] = []
    with read_ahead(sources, 1) as items:
        assert list(items) == []


def test_pauses_grow_to_the_longest() -> None:
    slept: list[float] = []
    backoff = Backoff(1.0, 5.0, growth=2.0, sleep=slept.append)
    assert all(backoff.pause() for _ in range(5))
    assert slept == [1.0, 2.0, 4.0, 5.0, 5.0]


@pytest.mark.parametrize(
    ("jitter", "drawn", "expected"),
    [(0.0, 0.25, 8.0), (0.5, 0.0, 4.0), (0.5, 0.25, 5.0), (1.0, 0.0, 0.0), (1.0, 0.25, 2.0)],
)
def test_jitter_is_the_share_that_is_drawn(jitter: float, drawn: float, expected: float) -> None:
    assert Backoff(2.0, 100.0, jitter=jitter, draw=lambda: drawn).seconds(2) == expected


def test_a_budget_is_never_exceeded() -> None:
    slept: list[float] = []
    backoff = Backoff(1.0, 60.0, budget=8.0, sleep=slept.append)
    assert [backoff.pause() for _ in range(5)] == [True, True, True, False, False]
    assert slept == [1.0, 2.0, 4.0]  # another 8 would make 15


def test_a_poll_may_go_on_for_days() -> None:
    assert Backoff(0.2, 5.0, growth=1.5).seconds(1_000_000) == 5.0


@pytest.fixture
def no_timer() -> Iterator[None]:
    """No timer before, and what there was after."""
    handler, timer = signal.getsignal(signal.SIGALRM), signal.setitimer(signal.ITIMER_REAL, 0)
    yield
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, *timer)


@pytest.mark.usefixtures("no_timer")
def test_a_block_that_takes_too_long_is_interrupted_once() -> None:
    never = threading.Event()
    hook = sys.unraisablehook
    with pytest.raises(KeyboardInterrupt, match="the time is over"), interrupt_after(0.05, _OVER):
        never.wait()
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert sys.unraisablehook is hook


@pytest.mark.usefixtures("no_timer")
def test_a_block_that_ends_in_time_leaves_the_timer_of_others() -> None:
    heard = threading.Event()
    handler = signal.signal(signal.SIGALRM, lambda *_: heard.set())
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    with interrupt_after(60, _OVER):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 1
    heard.wait()
    signal.signal(signal.SIGALRM, handler)


@pytest.mark.usefixtures("no_timer")
def test_a_block_of_another_thread_is_never_interrupted() -> None:
    ended = threading.Event()

    def work() -> None:
        with interrupt_after(0.01, _OVER):
            assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
            ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ended.is_set()
