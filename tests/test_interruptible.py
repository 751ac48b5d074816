"""An interrupt of a call of DuckDB, at the worst moment: while its thread is being started."""

from threading import Event, Thread

import duckdb
import pytest

from flowathena.result import interruptible

LONG = "SELECT count(*) FROM range(100000000) a, range(100000000) b WHERE a.range * b.range = 7"


class Started(Thread):
    """Struck when it runs, and before ``start`` could say so."""

    begun = Event()

    def start(self) -> None:
        super().start()
        self.begun.wait()
        raise KeyboardInterrupt

    def is_alive(self) -> bool:
        return False


class Unstarted(Thread):
    """Struck before it runs; the system starts it later all the same."""

    late: list[Thread] = []  # noqa: RUF012 - for one test

    def start(self) -> None:
        self.late.append(self)
        raise KeyboardInterrupt


def test_a_call_that_has_begun_is_ended_before_the_interrupt_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(interruptible, "Thread", Started)
    with duckdb.connect() as connection:

        def long() -> None:
            Started.begun.set()
            connection.execute(LONG)

        with pytest.raises(KeyboardInterrupt):
            interruptible.call(connection, long)
        assert connection.execute("SELECT 1").fetchall() == [(1,)]  # refused while it is busy


def test_a_call_that_has_not_begun_does_not_begin_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interruptible, "Thread", Unstarted)
    called: list[int] = []
    with duckdb.connect() as connection, pytest.raises(KeyboardInterrupt):
        interruptible.call(connection, lambda: called.append(1))
    [thread] = Unstarted.late
    Thread.start(thread)
    thread.join()
    assert not called
