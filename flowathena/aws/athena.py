"""Amazon Athena through PyAthena: start, poll with backoff, fetch; an interrupt cancels.

PyAthena stops the query on ``KeyboardInterrupt`` and waits for its last state; the command line
turns SIGTERM and SIGHUP into one. If anything else ends the wait (polling fails for good, say), the
query is stopped here. What cannot be stopped is named, with the command that stops it.
Error categories: https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
"""

import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol

import pyathena
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    IncompleteReadError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from pyathena.util import RetryConfig

from flowathena.aws import results
from flowathena.aws.messages import describe_failure, plain
from flowathena.aws.session import Aws, describe_error
from flowathena.aws.unload import Unload
from flowathena.concurrency import Backoff
from flowathena.errors import EngineError, FlowathenaError
from flowathena.result.result import Listener, Progress, Result, Stats
from flowathena.text import human_bytes

if TYPE_CHECKING:
    from pyathena.cursor import Cursor
    from pyathena.model import AthenaQueryExecution

STATEMENT_LIMIT = 262_144
"""Bytes of UTF-8 that a statement may have.

https://docs.aws.amazon.com/athena/latest/ug/service-limits.html (Query string length)
"""

_AWS_ERRORS = (ClientError, BotoCoreError, ResponseParserError)
# Errors after which nobody knows whether Athena got the call.
_LOST_ANSWERS = (
    ConnectionClosedError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseParserError,
)
_SERVER_ERRORS = 500  # and above, as HTTP counts
_FINAL = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})
_CATEGORIES = {1: "system error", 2: "user error", 3: "other error"}

# PyAthena logs each failure with its traceback before it raises; we report it once, on one line. No
# level would do: what is throttled it logs at whatever level its logger has.
_LOGGER = logging.getLogger("pyathena")
_LOGGER.propagate = False
_LOGGER.addHandler(logging.NullHandler())


# Refusals for which the workgroup or the place for results is to blame.
_WORKGROUP = re.compile(r"output (?:location|bucket)|WorkGroup", re.IGNORECASE)


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

    def __init__(
        self, aws: Aws, settings: Settings, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        """``sleep`` pauses between two polls, for a number of seconds."""
        self._aws = aws
        self._settings = settings
        self._sleep = sleep

    def execute(
        self,
        sql: str,
        *,
        database: str = "",
        listener: Listener | None = None,
        unload: Unload | None = None,
        names: Sequence[str] = (),
    ) -> Result:
        """Run one statement, a query or DDL, to its end.

        Args:
            sql: the statement.
            database: the database of names without one; empty for none, where every name of the
                statement has its own (the database need not exist then).
            listener: called with every state seen.
            unload: where a SELECT writes its rows as Parquet, from which they are read; None for
                a plain result.
            names: the columns of a SELECT that is unloaded, should it have no rows.

        Raises:
            EngineError: Athena refuses it or fails; carries Athena's reason, and what became of a
                statement that had started.
            KeyboardInterrupt: interrupted; the statement has been cancelled, or the message says
                how to do it.
        """
        sql = unload.wrap(sql) if unload else sql
        size_bytes = len(sql.encode())
        if size_bytes > STATEMENT_LIMIT:
            raise EngineError(
                f"the statement has {size_bytes:,} bytes; Athena takes {STATEMENT_LIMIT:,}"
            )
        began = time.monotonic()
        watch = _StatementWatch(listener, began, self._sleep)
        warnings: list[str] = []
        clearing = (
            unload.clearing(lambda: self._aws.s3, warnings.append) if unload else nullcontext()
        )
        with clearing, self._translate_errors(watch), self._cursor(watch, database) as cursor:
            cursor.execute(sql)
            if unload:
                manifest = cursor.data_manifest_location
                columns, rows = unload.read(self._aws.s3, manifest, names)
            else:
                columns, rows = results.read(cursor, lambda: self._aws.s3, warnings.append)
        stats = Stats(
            engine="athena",
            rows=len(rows),
            seconds=time.monotonic() - began,
            scanned_bytes=watch.scanned_bytes,
            query_id=watch.query_id,
            warnings=tuple(warnings),
        )
        return Result(columns, rows, stats)

    @contextmanager
    def _cursor(self, watch: "_StatementWatch", database: str) -> Iterator["Cursor"]:
        session = self._aws.session
        with self._aws.making_clients():
            connection = pyathena.connect(
                session=session,
                region_name=session.region_name,
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
            raise KeyboardInterrupt(self._end_interrupted(watch, interrupt)) from None
        except (pyathena.Error, EngineError, *_AWS_ERRORS) as error:
            reason = self._reason(error, watch)
            raise EngineError(f"{reason}{self._end(watch, error)}") from error
        except BaseException as error:  # a listener's, or out of memory
            error.add_note(f"Athena{self._end(watch, error)}")
            raise

    def _reason(self, error: Exception, watch: "_StatementWatch") -> str:
        if isinstance(error, EngineError):
            return str(error)
        cause = _aws_error(error)
        if isinstance(cause, ClientError):
            text = f"Athena: {describe_error(cause)}"
            if _WORKGROUP.search(text):
                return f"{text.rstrip('.')}; 'flowathena doctor' says what to set"
            return text
        if cause is not None:
            return f"Athena: {describe_failure(cause)}"
        return f"Athena {watch.describe_outcome()}: {watch.failure or plain(error)}"

    def _end(self, watch: "_StatementWatch", error: BaseException) -> str:
        """Leave no statement running; the rest of a message that says what became of it."""
        if not watch.query_id:
            return self._maybe_started(error)
        if watch.state == "SUCCEEDED":
            where = watch.output_location or f"'{self._command('get-query-results', watch)}'"
            return f"; query {watch.query_id} SUCCEEDED, its result is kept: {where}"
        if watch.state in _FINAL:
            return ""
        obstacle = self._stop(watch)
        if obstacle is None:
            return f"; query {watch.query_id} has been cancelled"
        return f"; {self._describe_running(watch, obstacle)}"

    def _end_interrupted(self, watch: "_StatementWatch", interrupt: KeyboardInterrupt) -> str:
        """What became of the statement after the interrupt; stops it if PyAthena could not."""
        if not watch.query_id:
            # A second interrupt, while PyAthena waited for the id in order to stop the query.
            again = isinstance(interrupt.__context__, KeyboardInterrupt)
            return f"interrupted before the query started{self._look() if again else ''}"
        if watch.state in _FINAL:
            scanned = human_bytes(watch.scanned_bytes)
            return f"query {watch.query_id} is {watch.state}, {scanned} scanned"
        obstacle = self._stop(watch)
        if obstacle is None:
            return f"query {watch.query_id} has been cancelled"
        return self._describe_running(watch, obstacle)

    def _stop(self, watch: "_StatementWatch") -> str | None:
        """Stop a statement; None if Athena agreed, else what it said."""
        try:
            self._aws.athena.stop_query_execution(QueryExecutionId=watch.query_id)
        except ClientError as error:
            return describe_error(error)
        except (BotoCoreError, ResponseParserError, FlowathenaError) as error:
            return describe_failure(error)
        except KeyboardInterrupt:
            return "interrupted again"
        return None

    def _describe_running(self, watch: "_StatementWatch", obstacle: str) -> str:
        command = self._command("stop-query-execution", watch)
        return (
            f"query {watch.query_id} goes on, and what it scans is billed: it could not be "
            f"cancelled ({obstacle}); cancel it with '{command}'"
        )

    def _maybe_started(self, error: BaseException) -> str:
        """Whether a query may run that has no id here: its start was asked for, the answer lost."""
        cause = _aws_error(error)
        if isinstance(cause, ClientError):
            status = cause.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            lost = status >= _SERVER_ERRORS and cause.operation_name == "StartQueryExecution"
        else:
            lost = isinstance(cause, _LOST_ANSWERS)
        return self._look() if lost else ""

    def _look(self) -> str:
        options = self._aws.command_options
        command = f"aws athena list-query-executions --work-group {self._settings.workgroup}"
        return f"; if it has started nevertheless, '{command}{options}' shows its id"

    def _command(self, operation: str, watch: "_StatementWatch") -> str:
        options = self._aws.command_options
        return f"aws athena {operation} --query-execution-id {watch.query_id}{options}"


def _aws_error(error: BaseException | None) -> Exception | None:
    """The error of botocore that an error is, or that is behind it."""
    while error is not None:
        if isinstance(error, _AWS_ERRORS):
            return error
        error = error.__cause__
    return None


class _StatementWatch:
    """Follows one execution from its callbacks."""

    def __init__(
        self, listener: Listener | None, began: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._listener = listener
        self._began = began
        self._backoff = Backoff(0.2, 5.0, growth=1.5, sleep=sleep)
        self._last: AthenaQueryExecution | None = None
        self._started = ""

    @property
    def query_id(self) -> str:
        """Athena's id; also of a query that was interrupted while it started."""
        return self._started or str((self._last and self._last.query_id) or "")

    @property
    def state(self) -> str:
        """The state when last seen; empty before the first poll."""
        return str((self._last and self._last.state) or "")

    @property
    def output_location(self) -> str:
        """The object that the result is written to; empty if Athena names none."""
        return str((self._last and self._last.output_location) or "")

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
            state, read = str(execution.state), self.scanned_bytes
            self._listener(Progress(state, seconds, read, query_id=self.query_id))
        if execution.state not in execution.TERMINAL_STATES:
            self._backoff.pause()

    def describe_outcome(self) -> str:
        """The last state with its error category, and the query id."""
        if self._last is None:
            return "refused the query"
        category = _CATEGORIES.get(self._last.error_category or 0, "")
        suffix = f" ({category})" if category else ""
        return f"query {self.query_id} {self._last.state}{suffix}"

    @property
    def failure(self) -> str:
        """Athena's reason for a query that failed or was cancelled; empty of any other."""
        last = self._last
        if last is None or last.state not in _FINAL:
            return ""
        reason = plain(last.state_change_reason or last.error_message or "no reason given")
        kind = f" (error type {last.error_type})" if last.error_type else ""
        again = "; it may succeed if it is run again" if last.retryable else ""
        return f"{reason}{kind}{again}"
