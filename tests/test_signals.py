"""Interrupts that strike where Python cannot take them."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import TracebackType

import pytest

from flowathena.cli import signals

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM")


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Handlers as they were."""
    before = {name: signal.getsignal(getattr(signal, name)) for name in _NAMES}
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for name, handler in before.items():
        signal.signal(getattr(signal, name), handler)


def _strike(name: str = "SIGINT") -> None:
    """Send this process a signal; its handler runs before the next line of the caller."""
    os.kill(os.getpid(), getattr(signal, name))


class Door:
    """A lock that is taken and given back in Python, like ``threading.Condition``."""

    def __init__(self, *, entering: bool) -> None:
        self.lock = threading.Lock()
        self.entering = entering

    def __enter__(self) -> None:
        self.lock.acquire()
        if self.entering:
            os.kill(os.getpid(), signal.SIGINT)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self.entering:
            os.kill(os.getpid(), signal.SIGINT)
        self.lock.release()


def _wait_for_the_signal() -> None:
    never = threading.Event()
    never.wait()


@pytest.mark.parametrize("entering", [True, False])
def test_an_interrupt_at_a_door_leaves_no_lock_held(entering: bool) -> None:
    signals.hear()
    door = Door(entering=entering)

    def pass_through() -> None:
        with door:
            if entering:
                _wait_for_the_signal()
        _wait_for_the_signal()

    with pytest.raises(KeyboardInterrupt):
        pass_through()
    assert not door.lock.locked()


def test_a_door_that_never_opens_is_left_all_the_same() -> None:
    signals.hear()

    class Stuck:
        def __enter__(self) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            lock = threading.Lock()
            lock.acquire()
            lock.acquire()

        def __exit__(self, *_: object) -> None:
            """Never."""

    with pytest.raises(KeyboardInterrupt), Stuck():
        pass


@pytest.mark.parametrize(
    ("name", "told"), [("SIGINT", ""), ("SIGTERM", "terminated"), ("SIGHUP", "hung up")]
)
def test_each_signal_is_an_interrupt_that_says_which(name: str, told: str) -> None:
    signals.hear()
    with pytest.raises(KeyboardInterrupt) as caught:
        _strike(name)
    assert str(caught.value) == told


def test_a_second_hangup_does_not_end_what_the_first_has_begun() -> None:
    signals.hear()
    with pytest.raises(KeyboardInterrupt):
        _strike("SIGHUP")
    _strike("SIGHUP")


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP"])
def test_a_signal_that_is_ignored_stays_so(name: str) -> None:
    signal.signal(getattr(signal, name), signal.SIG_IGN)
    signals.hear()
    _strike(name)
    assert signal.getsignal(getattr(signal, name)) is signal.SIG_IGN


def test_an_interrupt_inside_a_destructor_is_raised_again() -> None:
    signals.hear()

    class Last:
        def __del__(self) -> None:
            _strike("SIGTERM")

    def clear_away() -> None:
        last = Last()
        del last
        _wait_for_the_signal()

    with pytest.raises(KeyboardInterrupt, match="terminated"):
        clear_away()


def test_what_comes_while_an_interrupt_is_reported_changes_nothing() -> None:
    signals.hear()
    with pytest.raises(KeyboardInterrupt):
        _strike()
    signals.ignore()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        _strike(name)


def test_a_condition_that_lets_go_of_its_lock_takes_it_back_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signals.hear()
    door = threading.Condition(threading.Lock())

    def _release_save() -> None:
        door.release()
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(door, "_release_save", _release_save, raising=False)
    with pytest.raises(KeyboardInterrupt), door:
        door.wait()
    assert door.acquire(blocking=False)
