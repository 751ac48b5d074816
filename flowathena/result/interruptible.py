"""Calls of DuckDB that an interrupt ends.

In the main thread DuckDB looks at no signal while it works, or makes a RuntimeError of it. So each
call gets a thread of its own, and the main thread waits for it.
"""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

import duckdb

Answer = TypeVar("Answer")

_LOOK_SECONDS = 0.05


def call(connection: duckdb.DuckDBPyConnection, function: Callable[[], Answer]) -> Answer:
    """What a call of DuckDB returns; an interrupt ends it.

    Raises:
        KeyboardInterrupt: interrupted; DuckDB has stopped.
    """
    done: Future[Answer] = Future()
    thread = Thread(target=_settle, args=(done, function), daemon=True)
    try:
        thread.start()
        return done.result()
    except KeyboardInterrupt:
        while thread.is_alive():  # an interrupt before its statement has begun is lost
            connection.interrupt()
            thread.join(_LOOK_SECONDS)
        raise


def _settle(done: Future[Answer], function: Callable[[], Answer]) -> None:
    try:
        done.set_result(function())
    except BaseException as error:  # noqa: BLE001 - raised where the answer is read
        done.set_exception(error)


def run(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Execute a statement; an interrupt ends it."""
    call(connection, lambda: connection.execute(sql))
