"""Amazon Athena through PyAthena: start, poll with backoff, fetch; an interrupt cancels.

PyAthena stops the query on ``KeyboardInterrupt`` and waits for its last state; the command line
turns SIGTERM and SIGHUP into one. If anything else ends the wait (polling fails for good, say), the
query is stopped here. What cannot be stopped is named, with the command that stops it.
"""

import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol, cast
from uuid import uuid4

import pyathena
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    IncompleteReadError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError
from pyathena.model import AthenaQueryExecution
from pyathena.result_set import AthenaResultSet
from pyathena.util import RetryConfig

from flowathena.aws import results
from flowathena.aws.messages import describe_failure, plain
from flowathena.aws.session import Aws, describe_error
from flowathena.aws.unload import Unload
from flowathena.aws.watch import FINAL, StatementWatch
from flowathena.errors import EngineError, FlowathenaError
from flowathena.result.result import Listener, Result, Stats
from flowathena.text import human_bytes

if TYPE_CHECKING:
    from mypy_boto3_athena.type_defs import StartQueryExecutionInputTypeDef
    from pyathena.cursor import Cursor

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

    def command(self, words: str) -> str:
        """A command of flowathena as it is typed, for messages."""
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
        reuse_minutes: int | None = None,
        unload: Unload | None = None,
        names: Sequence[str] = (),
    ) -> Result:
        """Run one statement, a query or DDL, to its end.

        Args:
            sql: the statement.
            database: the database of names without one; empty for none, where every name of the
                statement has its own (the database need not exist then).
            listener: called with every state seen.
            reuse_minutes: how old a result of the same statement may be that Athena gives again;
                None to have it run.
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
        _refuse_long(sql)
        began = time.monotonic()
        watch = StatementWatch(listener, began, self._sleep)
        warnings: list[str] = []
        with (
            self._clearing(unload, watch, warnings),
            self._translate_errors(watch, unload=unload),
            self._cursor(watch, database) as cursor,
        ):
            if reuse_minutes is None:
                cursor.execute(sql)
            else:
                cursor.execute(sql, result_reuse_enable=True, result_reuse_minutes=reuse_minutes)
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
            reused=None if reuse_minutes is None else watch.is_reused,
            unloaded=unload.folder if unload and unload.keep else "",
        )
        return Result(columns, rows, stats)

    def _clearing(
        self, unload: Unload | None, watch: StatementWatch, warnings: list[str]
    ) -> AbstractContextManager[None]:
        if unload is None:
            return nullcontext()
        return unload.clearing(
            lambda: self._aws.s3, warnings.append, lambda: watch.state == "SUCCEEDED"
        )

    def start(self, sql: str, *, database: str = "", reuse_minutes: int | None = None) -> str:
        """Start a statement and leave it to Athena; its id, with which ``fetch`` gets the rows.

        Args:
            sql: the statement.
            database: as of ``execute``.
            reuse_minutes: as of ``execute``.

        Raises:
            EngineError: Athena refuses it.
            KeyboardInterrupt: interrupted; the statement has been cancelled, or the message says
                how to do it.
        """
        _refuse_long(sql)
        request = self._request(sql, database, reuse_minutes)
        watch = StatementWatch(None, time.monotonic())
        with self._translate_errors(watch):
            try:
                answer = self._aws.athena.start_query_execution(**request)
            except KeyboardInterrupt:
                # With the same token Athena tells the id of what the first call has started.
                answer = self._aws.athena.start_query_execution(**request)
                watch.started(answer["QueryExecutionId"])
                raise
        return str(answer["QueryExecutionId"])

    def fetch(self, query_id: str, listener: Listener | None = None) -> Result:
        """The rows of a statement that was started before, waiting for its end.

        Args:
            query_id: Athena's id.
            listener: called with every state seen.

        Raises:
            EngineError: there is no such statement, it has failed, or it was cancelled.
            KeyboardInterrupt: interrupted; a statement of ours has been cancelled, another goes on.
        """
        watch = StatementWatch(listener, time.monotonic())
        watch.started(query_id)
        warnings: list[str] = []
        with self._translate_errors(watch, attached=True), self._cursor(watch, "") as cursor:
            execution = self._wait(query_id, watch)
            cursor.query_id = query_id
            cursor.result_set = AthenaResultSet(
                cursor.connection,
                results.AsTexts(),
                execution,
                cursor.arraysize,
                RetryConfig(attempt=1),
            )
            columns, rows = results.read(cursor, lambda: self._aws.s3, warnings.append)
        stats = Stats(
            engine="athena",
            rows=len(rows),
            seconds=(execution.total_execution_time_in_millis or 0) / 1000,
            scanned_bytes=watch.scanned_bytes,
            query_id=query_id,
            warnings=tuple(warnings),
            cost_usd=None if execution.statement_type == "DML" else 0.0,  # DDL is not billed
            reused=True if watch.is_reused else None,
        )
        return Result(columns, rows, stats)

    def _wait(self, query_id: str, watch: StatementWatch) -> "AthenaQueryExecution":
        """Wait for the end of a statement that was started before.

        Raises:
            pyathena.Error: it has failed.
        """
        while True:
            answer = self._aws.athena.get_query_execution(QueryExecutionId=query_id)
            execution = AthenaQueryExecution(cast("dict[str, Any]", answer))
            watch.polled(execution)
            if execution.state == AthenaQueryExecution.STATE_SUCCEEDED:
                return execution
            if execution.state in AthenaQueryExecution.TERMINAL_STATES:
                raise pyathena.OperationalError(execution.state_change_reason)

    def _request(
        self, sql: str, database: str, reuse_minutes: int | None
    ) -> "StartQueryExecutionInputTypeDef":
        """What starts a statement; the same request starts it once only."""
        request: StartQueryExecutionInputTypeDef = {
            "QueryString": sql,
            "ClientRequestToken": str(uuid4()),
            "WorkGroup": self._settings.workgroup,
        }
        if database:
            request["QueryExecutionContext"] = {"Database": database}
        if self._settings.output_location:
            request["ResultConfiguration"] = {"OutputLocation": self._settings.output_location}
        if reuse_minutes is not None:
            by_age = {"Enabled": True, "MaxAgeInMinutes": reuse_minutes}
            request["ResultReuseConfiguration"] = {"ResultReuseByAgeConfiguration": by_age}  # type: ignore[typeddict-item]
        return request

    @contextmanager
    def _cursor(self, watch: StatementWatch, database: str) -> Iterator["Cursor"]:
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
    def _translate_errors(
        self, watch: StatementWatch, *, attached: bool = False, unload: Unload | None = None
    ) -> Iterator[None]:
        """Errors as ours; what is under way then is stopped, unless it is ``attached``: not ours.

        Of what was started before by a flowathena, only an interrupt stops it.
        """
        try:
            yield
        except KeyboardInterrupt as interrupt:
            if attached and not watch.is_ours:
                raise KeyboardInterrupt(f"query {watch.query_id} goes on") from None
            raise KeyboardInterrupt(self._end_interrupted(watch, interrupt)) from None
        except (pyathena.Error, EngineError, *_AWS_ERRORS) as error:
            reason = self._reason(error, watch)
            rest = "" if attached else self._end(watch, error, unload)
            raise EngineError(f"{reason}{rest}") from error
        except BaseException as error:  # a listener's, or out of memory
            if attached:
                raise
            error.add_note(f"Athena{self._end(watch, error, unload)}")
            raise

    def _reason(self, error: Exception, watch: StatementWatch) -> str:
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

    def _end(
        self, watch: StatementWatch, error: BaseException, unload: Unload | None = None
    ) -> str:
        """Leave no statement running; the rest of a message that says what became of it."""
        if not watch.query_id:
            return self._maybe_started(error)
        if watch.state == "SUCCEEDED":
            folder = unload.folder if unload else ""
            return f"; {describe_kept(watch.query_id, self._settings, folder)}"
        if watch.state in FINAL:
            return ""
        obstacle = self._stop(watch)
        if obstacle is None:
            return f"; query {watch.query_id} has been cancelled"
        return f"; {self._describe_running(watch, obstacle)}"

    def _end_interrupted(self, watch: StatementWatch, interrupt: KeyboardInterrupt) -> str:
        """What became of the statement after the interrupt; stops it if PyAthena could not."""
        if not watch.query_id:
            # A second interrupt, while PyAthena waited for the id in order to stop the query.
            again = isinstance(interrupt.__context__, KeyboardInterrupt)
            return f"interrupted before the query started{self._look() if again else ''}"
        if watch.state in FINAL:
            scanned = human_bytes(watch.scanned_bytes)
            return f"query {watch.query_id} is {watch.state}, {scanned} scanned"
        obstacle = self._stop(watch)
        if obstacle is None:
            return f"query {watch.query_id} has been cancelled"
        return self._describe_running(watch, obstacle)

    def _stop(self, watch: StatementWatch) -> str | None:
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

    def _describe_running(self, watch: StatementWatch, obstacle: str) -> str:
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

    def _command(self, operation: str, watch: StatementWatch) -> str:
        options = self._aws.command_options
        return f"aws athena {operation} --query-execution-id {watch.query_id}{options}"


def describe_kept(query_id: str, settings: Settings, unloaded: str = "") -> str:
    """Where the rows of a query are that has succeeded: they are paid for.

    Args:
        query_id: Athena's id.
        settings: what names the command that fetches them.
        unloaded: the folder in which they are Parquet files; empty for a plain result.
    """
    if unloaded:
        return f"query {query_id} SUCCEEDED, its rows are kept as Parquet files in {unloaded}"
    command = settings.command(f"results {query_id}")
    return f"query {query_id} SUCCEEDED, '{command}' fetches its rows"


def _refuse_long(sql: str) -> None:
    size_bytes = len(sql.encode())
    if size_bytes > STATEMENT_LIMIT:
        raise EngineError(
            f"the statement has {size_bytes:,} bytes; Athena takes {STATEMENT_LIMIT:,}"
        )


def _aws_error(error: BaseException | None) -> Exception | None:
    """The error of botocore that an error is, or that is behind it."""
    while error is not None:
        if isinstance(error, _AWS_ERRORS):
            return error
        error = error.__cause__
    return None
