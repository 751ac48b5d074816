"""Calls of DuckDB that an interrupt ends.

In the main thread DuckDB looks at no signal while it works, or makes a RuntimeError of it. So each
call gets a thread of its own, and the main thread waits for it.
"""

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

import duckdb

Answer = TypeVar("Answer")

Watch = Callable[[float | None], None]
"""Follows a statement: called with the share of its work that is done, from 0 to 1.

None if DuckDB does not know. It does on connections with ``enable_progress_bar`` alone.
"""

_LOOK_SECONDS = 0.05
_WATCH_SECONDS = 0.25


def call(
    connection: duckdb.DuckDBPyConnection,
    function: Callable[[], Answer],
    watch: Watch | None = None,
) -> Answer:
    """What a call of DuckDB returns; an interrupt ends it.

    Args:
        connection: the connection that the function uses.
        function: calls DuckDB.
        watch: called now and then while it works.

    Raises:
        KeyboardInterrupt: interrupted; DuckDB has stopped.
    """
    done: Future[Answer] = Future()
    thread = Thread(target=_settle, args=(done, function), daemon=True)
    try:
        thread.start()
        while watch and not wait([done], _WATCH_SECONDS).done:
            watch(_share(connection))
        return done.result()
    except KeyboardInterrupt:
        # A thread that is being started may begin later: the future knows, the thread does not.
        if not done.cancel():
            while not done.done():  # an interrupt before its statement has begun is lost
                connection.interrupt()
                wait([done], _LOOK_SECONDS)
        raise


def _settle(done: Future[Answer], function: Callable[[], Answer]) -> None:
    if not done.set_running_or_notify_cancel():
        return
    try:
        done.set_result(function())
    except BaseException as error:  # noqa: BLE001 - raised where the answer is read
        done.set_exception(error)


def _share(connection: duckdb.DuckDBPyConnection) -> float | None:
    percent = connection.query_progress()
    return min(percent / 100, 1.0) if percent >= 0 else None


def run(connection: duckdb.DuckDBPyConnection, sql: str, watch: Watch | None = None) -> None:
    """Execute a statement; an interrupt ends it."""
    call(connection, lambda: connection.execute(sql), watch)
