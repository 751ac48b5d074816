"""Amazon Athena through PyAthena: start, poll with backoff, fetch; an interrupt cancels.

PyAthena stops the query on ``KeyboardInterrupt`` and waits for its last state; the command line
turns SIGTERM into one. Error categories: https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import pyathena
from botocore.exceptions import BotoCoreError, ClientError
from pyathena.util import RetryConfig

from flowathena.aws import results
from flowathena.aws.session import Aws, describe_error
from flowathena.concurrency import Backoff
from flowathena.errors import EngineError
from flowathena.result.result import Listener, Progress, Result, Stats
from flowathena.text import one_line

if TYPE_CHECKING:
    from pyathena.cursor import Cursor
    from pyathena.model import AthenaQueryExecution

STATEMENT_LIMIT = 262_144
"""Bytes of UTF-8 that a statement may have.

https://docs.aws.amazon.com/athena/latest/ug/service-limits.html (Query string length)
"""

_CATEGORIES = {1: "system error", 2: "user error", 3: "other error"}

# PyAthena logs each failure with its traceback before it raises; we report it once, on one line.
logging.getLogger("pyathena").setLevel(logging.CRITICAL)


class Settings(Protocol):
    """Where statements run and where their results go: what is needed of a target."""

    @property
    def workgroup(self) -> str:
        """The workgroup."""
        ...

    @property
    def output_location(self) -> str | None:
        """Where results are written; None leaves it to the workgroup."""
        ...


class Athena:
    """Runs statements in a workgroup, each to its end."""

    def __init__(self, aws: Aws, settings: Settings) -> None:
        self._aws = aws
        self._settings = settings

    def execute(self, sql: str, *, database: str = "", listener: Listener | None = None) -> Result:
        """Run one statement, a query or DDL, to its end.

        Args:
            sql: the statement.
            database: the database of names without one; empty for none, where every name of the
                statement has its own (the database need not exist then).
            listener: called with every state seen.

        Raises:
            EngineError: Athena refuses it or fails; carries Athena's reason.
            KeyboardInterrupt: interrupted; the statement has been cancelled.
        """
        size_bytes = len(sql.encode())
        if size_bytes > STATEMENT_LIMIT:
            raise EngineError(
                f"the statement has {size_bytes:,} bytes; Athena takes {STATEMENT_LIMIT:,}"
            )
        began = time.monotonic()
        watch = _StatementWatch(listener, began)
        with self._translate_errors(watch), self._cursor(watch, database) as cursor:
            cursor.execute(sql)
            columns, rows = results.read(cursor, lambda: self._aws.s3)
        stats = Stats(
            engine="athena",
            rows=len(rows),
            seconds=time.monotonic() - began,
            scanned_bytes=watch.scanned_bytes,
            query_id=watch.query_id,
        )
        return Result(columns, rows, stats)

    @contextmanager
    def _cursor(self, watch: "_StatementWatch", database: str) -> Iterator["Cursor"]:
        connection = pyathena.connect(
            session=self._aws.session,
            region_name=self._aws.session.region_name,
            config=self._aws.config(),
            schema_name=database,
            work_group=self._settings.workgroup,
            # An empty text, not None: the output location is the target's or the workgroup's.
            s3_staging_dir=self._settings.output_location or "",
            poll_interval=0,  # the watch pauses
            on_start_query_execution=watch.started,
            on_poll=watch.polled,
            retry_config=RetryConfig(attempt=1),  # botocore retries already
            converter=results.AsTexts(),
        )
        with connection, connection.cursor() as cursor:
            yield cursor

    @contextmanager
    def _translate_errors(self, watch: "_StatementWatch") -> Iterator[None]:
        try:
            yield
        except KeyboardInterrupt as interrupt:
            raise KeyboardInterrupt(watch.describe_cancellation(interrupt)) from None
        except pyathena.Error as error:
            raise EngineError(self._reason(error, watch)) from error
        except ClientError as error:
            raise EngineError(f"Athena: {describe_error(error)}") from error
        except BotoCoreError as error:
            raise EngineError(f"Athena: {one_line(error)}") from error

    def _reason(self, error: Exception, watch: "_StatementWatch") -> str:
        cause = error.__cause__
        if isinstance(cause, ClientError):
            return f"Athena: {describe_error(cause)}"
        return f"Athena {watch.describe_outcome()}: {one_line(error)}"


class _StatementWatch:
    """Follows one execution from its callbacks."""

    def __init__(self, listener: Listener | None, began: float) -> None:
        self._listener = listener
        self._began = began
        self._backoff = Backoff(0.2, 5.0, growth=1.5)
        self._last: AthenaQueryExecution | None = None
        self._started = ""

    @property
    def query_id(self) -> str:
        """Athena's id; also of a query that was interrupted while it started."""
        return self._started or str((self._last and self._last.query_id) or "")

    @property
    def scanned_bytes(self) -> int:
        """Bytes scanned when last seen."""
        return int((self._last and self._last.data_scanned_in_bytes) or 0)

    def started(self, query_id: str) -> None:
        """Remember the query id."""
        self._started = query_id

    def polled(self, execution: Any) -> None:  # noqa: ANN401 - PyAthena's union of three models
        """Report the state; pause before the next poll, longer each time."""
        self._last = execution
        if self._listener:
            seconds = time.monotonic() - self._began
            self._listener(Progress(str(execution.state), seconds, self.scanned_bytes))
        if execution.state not in execution.TERMINAL_STATES:
            self._backoff.pause()

    def describe_outcome(self) -> str:
        """The last state with its error category, and the query id."""
        if self._last is None:
            return "refused the query"
        category = _CATEGORIES.get(self._last.error_category or 0, "")
        suffix = f" ({category})" if category else ""
        return f"query {self.query_id} {self._last.state}{suffix}"

    def describe_cancellation(self, interrupt: BaseException) -> str:
        """What became of the query after the interrupt, for display."""
        if not self.query_id:
            return "interrupted before the query started"
        if interrupt.__cause__ is not None:
            return f"could not cancel query {self.query_id}: {interrupt.__cause__}"
        state = str(self._last.state) if self._last else "state unknown"
        return f"query {self.query_id} is {state}, {self.scanned_bytes} bytes scanned"
