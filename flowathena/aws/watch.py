"""One execution of Athena, followed from PyAthena's callbacks.

Error categories: https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flowathena.aws.marks import marked_name
from flowathena.aws.messages import plain
from flowathena.concurrency import Backoff
from flowathena.result.result import Listener, Progress

if TYPE_CHECKING:
    from pyathena.model import AthenaQueryExecution

FINAL = frozenset({"SUCCEEDED", "FAILED", "CANCELLED"})
"""The states of an execution that has ended."""

_CATEGORIES = {1: "system error", 2: "user error", 3: "other error"}


class StatementWatch:
    """Follows one execution from its callbacks."""

    def __init__(
        self, listener: Listener | None, began: float, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._listener = listener
        self._began = began
        # A query's end is seen at most a quarter of its time later.
        self._backoff = Backoff(0.2, 5.0, growth=1.25, sleep=sleep)
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

    @property
    def is_reused(self) -> bool:
        """Whether Athena gave the result of an earlier query."""
        return bool(self._last and self._last.reused_previous_result)

    @property
    def is_ours(self) -> bool:
        """Whether it is a statement of a saved query or of ``sql``, as far as it was seen."""
        return bool(self._last and marked_name(self._last.query or ""))

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
        if last is None or last.state not in FINAL:
            return ""
        reason = plain(last.state_change_reason or last.error_message or "no reason given")
        kind = f" (error type {last.error_type})" if last.error_type else ""
        again = "; it may succeed if it is run again" if last.retryable else ""
        return f"{reason}{kind}{again}"
