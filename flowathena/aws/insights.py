"""CloudWatch Logs Insights: start a query, poll with backoff, fetch; an interrupt stops it.

Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    IncompleteReadError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from flowathena.aws.answers import THROTTLES
from flowathena.aws.messages import describe_failure
from flowathena.aws.session import Aws, describe_error, error_code
from flowathena.concurrency import Backoff
from flowathena.errors import EngineError, FlowathenaError
from flowathena.result.result import Listener, Progress

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import GetQueryResultsResponseTypeDef

_WAITING = frozenset({"Scheduled", "Running", "Unknown"})
_LOST_ANSWERS = (ConnectionClosedError, IncompleteReadError, ReadTimeoutError, ResponseParserError)

_START_SECONDS = 60.0
"""How long to wait at most until CloudWatch takes a query: it runs 30 at once."""

Record = Mapping[str, str]
"""A row: values by field; a field without a value is missing."""


@dataclass(frozen=True)
class Rows:
    """The answer of a query.

    Attributes:
        query_id: its id.
        records: the rows.
        scanned_bytes: bytes of log events that were read.
        scanned_records: how many log events that were.
        seconds: from start to the last row.
    """

    query_id: str
    records: tuple[Record, ...]
    scanned_bytes: int
    scanned_records: int
    seconds: float


class LogsInsights:
    """Runs queries over one log group, each to its end.

    Args:
        aws: the clients.
        log_group: the name of the log group.
        backoff: makes the pauses between polls.
    """

    def __init__(
        self,
        aws: Aws,
        log_group: str,
        backoff: Callable[[], Backoff] = lambda: Backoff(0.2, 5.0, growth=1.5),
    ) -> None:
        self._aws = aws
        self._log_group = log_group
        self._backoff = backoff

    def execute(self, text: str, start: int, end: int, listener: Listener | None = None) -> Rows:
        """Run one query to its end.

        Args:
            text: the query.
            start: the first Unix second that it reads.
            end: the last.
            listener: called with every state seen.

        Raises:
            EngineError: Insights refuses it or fails; says what became of a query that had started.
            KeyboardInterrupt: interrupted; the query has been stopped, or the message says how.
        """
        began = time.monotonic()
        query_id = self._start(text, start, end)
        with self._stopping(query_id):
            answer = self._wait(query_id, began, listener)
            records = tuple(self._records(query_id, answer))
        statistics = answer.get("statistics", {})
        return Rows(
            query_id,
            records,
            int(statistics.get("bytesScanned", 0)),
            int(statistics.get("recordsScanned", 0)),
            time.monotonic() - began,
        )

    def _start(self, text: str, start: int, end: int) -> str:
        options = self._aws.command_options
        look = f"; if it has started nevertheless, 'aws logs describe-queries{options}' shows it"
        try:
            return self._start_once(text, start, end)
        except ClientError as error:
            if error_code(error) == "ResourceNotFoundException":
                raise EngineError(
                    f"log group {self._log_group} does not exist; 'aws logs describe-log-groups"
                    f"{options}' lists those of the Region"
                ) from error
            raise EngineError(f"Logs Insights: {describe_error(error)}") from error
        except (BotoCoreError, ResponseParserError) as error:
            lost = look if isinstance(error, _LOST_ANSWERS) else ""
            raise EngineError(f"Logs Insights: {describe_failure(error)}{lost}") from error
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"interrupted while the query was started{look}") from None

    def _start_once(self, text: str, start: int, end: int) -> str:
        """Start a query; again only if CloudWatch said that it has too many.

        StartQuery takes no token, as Athena's does: one whose answer is lost may be running.
        """
        pause = Backoff(0.5, 8.0, jitter=1.0, budget=_START_SECONDS)
        while True:
            try:
                return self._aws.logs_once.start_query(
                    logGroupName=self._log_group, startTime=start, endTime=end, queryString=text
                )["queryId"]
            except ClientError as error:
                if error_code(error) not in THROTTLES or not pause.pause():
                    raise

    def _wait(
        self, query_id: str, began: float, listener: Listener | None
    ) -> "GetQueryResultsResponseTypeDef":
        backoff = self._backoff()
        while True:
            answer = self._aws.logs.get_query_results(queryId=query_id)
            state = answer["status"]
            scanned = int(answer.get("statistics", {}).get("bytesScanned", 0))
            if listener:
                listener(Progress(state.upper(), time.monotonic() - began, scanned))
            if state == "Complete":
                return answer
            if state not in _WAITING:
                hint = "; give a narrower window" if state == "Timeout" else ""
                raise EngineError(f"Logs Insights: query {query_id} is {state.upper()}{hint}")
            backoff.pause()

    def _records(self, query_id: str, answer: "GetQueryResultsResponseTypeDef") -> Iterator[Record]:
        while True:
            for row in answer["results"]:
                yield {each["field"]: each["value"] for each in row if "value" in each}
            token = answer.get("nextToken")
            if not token:
                return
            answer = self._aws.logs.get_query_results(queryId=query_id, nextToken=token)

    @contextmanager
    def _stopping(self, query_id: str) -> Iterator[None]:
        """Leave no query running, whatever ends the wait."""
        try:
            yield
        except KeyboardInterrupt:
            raise KeyboardInterrupt(self._stop(query_id)) from None
        except ClientError as error:
            reason = f"Logs Insights: {describe_error(error)}"
            raise EngineError(f"{reason}; {self._stop(query_id)}") from error
        except (BotoCoreError, ResponseParserError) as error:
            reason = f"Logs Insights: {describe_failure(error)}"
            raise EngineError(f"{reason}; {self._stop(query_id)}") from error

    def _stop(self, query_id: str) -> str:
        """Stop a query; what became of it."""
        try:
            self._aws.logs.stop_query(queryId=query_id)
        except ClientError as error:
            obstacle = describe_error(error)
        except (BotoCoreError, ResponseParserError, FlowathenaError) as error:
            obstacle = describe_failure(error)
        except KeyboardInterrupt:
            obstacle = "interrupted again"
        else:
            return f"query {query_id} has been stopped"
        command = f"aws logs stop-query --query-id {query_id}{self._aws.command_options}"
        return (
            f"query {query_id} may go on, and what it scans is billed: it could not be stopped "
            f"({obstacle}); stop it with '{command}'"
        )
