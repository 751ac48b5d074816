"""One query's life, from QUEUED to its end."""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.rig.executor.base import Executor, Rows, Statement

_FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")
_NOTHING = Rows((), ())


@dataclass(frozen=True)
class Outcome:
    """How a query ended."""

    state: str
    rows: Rows = _NOTHING
    reason: str | None = None
    category: int | None = None
    kind: int = 0
    finished: float = field(default_factory=time.time)


@dataclass(eq=False)
class Execution:
    """A submitted query. The outcome is written once, under the lock."""

    statement: Statement
    region: str
    workgroup: str
    statement_type: str
    substatement: str
    folder: str
    executor: Executor
    queue_polls: int
    catalog: str | None = None
    reuse_minutes: int | None = None
    reused: "Execution | None" = None
    id: str = field(default_factory=lambda: str(uuid4()))
    submitted: float = field(default_factory=time.time)
    wake: threading.Event = field(default_factory=threading.Event)
    cancelled: bool = False
    outcome: Outcome | None = None
    polls: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def output(self) -> str:
        """The object the result goes to; of a reused result, where the first query put it."""
        if self.reused is not None:
            return self.reused.output
        ending = "csv" if self.statement_type == "DML" else "txt"
        return f"{self.folder.rstrip('/')}/{self.id}.{ending}"

    @property
    def manifest(self) -> str:
        """The object that names the files of an UNLOAD."""
        return f"{self.folder.rstrip('/')}/{self.id}-manifest.csv"

    def finish(self, outcome: Outcome) -> bool:
        """Set the outcome unless there is one."""
        with self._lock:
            if self.outcome is not None:
                return False
            self.outcome = outcome
            return True

    def poll(self) -> str:
        """Give the state; the first polls of a query find it in the queue."""
        self.polls += 1
        if self.polls <= self.queue_polls and not self.cancelled:
            return "QUEUED"
        return self.outcome.state if self.outcome else "RUNNING"

    def cancel(self) -> None:
        """Stop a query that has not ended."""
        if self.finish(Outcome("CANCELLED", reason="Query cancelled by user")):
            self.cancelled = True
            self.wake.set()
            self.executor.interrupt()


def _error(outcome: Outcome) -> Mapping[str, Any]:
    if outcome.category is None:
        return {}
    detail = {
        "ErrorCategory": outcome.category,
        "ErrorType": outcome.kind,
        "Retryable": False,
        "ErrorMessage": outcome.reason,
    }
    return {"AthenaError": detail}


def _status(execution: Execution, state: str) -> dict[str, Any]:
    status: dict[str, Any] = {"State": state, "SubmissionDateTime": round(execution.submitted, 3)}
    outcome = execution.outcome
    if outcome is None or state not in _FINAL:
        return status
    if outcome.reason:
        status["StateChangeReason"] = outcome.reason
    return {**status, "CompletionDateTime": round(outcome.finished, 3), **_error(outcome)}


def _scanned(execution: Execution) -> int:
    reused = execution.reused is not None
    return 0 if reused or execution.outcome is None else execution.outcome.rows.scanned_bytes


def _reuse(execution: Execution) -> dict[str, Any]:
    minutes = execution.reuse_minutes
    if minutes is None:
        return {"Enabled": False}
    return {"Enabled": True, "MaxAgeInMinutes": minutes}


def statistics(execution: Execution) -> dict[str, Any]:
    """Give the figures of a query as GetQueryExecution does."""
    outcome = execution.outcome
    end = outcome.finished if outcome else time.time()
    total = max(1, round((end - execution.submitted) * 1000))
    written = outcome is not None and outcome.rows.manifest is not None
    return {
        **({"DataManifestLocation": execution.manifest} if written else {}),
        "EngineExecutionTimeInMillis": total,
        "DataScannedInBytes": _scanned(execution),
        "TotalExecutionTimeInMillis": total,
        "QueryQueueTimeInMillis": 0,
        "ServicePreProcessingTimeInMillis": 0,
        "QueryPlanningTimeInMillis": 0,
        "ServiceProcessingTimeInMillis": 0,
        "ResultReuseInformation": {"ReusedPreviousResult": execution.reused is not None},
    }


def described(execution: Execution) -> dict[str, Any]:
    """Give a query as GetQueryExecution does; being asked counts as a poll."""
    statement = execution.statement
    context = {"Database": statement.database, "Catalog": execution.catalog}
    shown: dict[str, Any] = {
        "QueryExecutionId": execution.id,
        "Query": statement.sql,
        "StatementType": execution.statement_type,
        "SubstatementType": execution.substatement,
        "ResultConfiguration": {"OutputLocation": execution.output},
        "ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": _reuse(execution)},
        "QueryExecutionContext": {key: value for key, value in context.items() if value},
        "Status": _status(execution, execution.poll()),
        "Statistics": statistics(execution),
        "WorkGroup": execution.workgroup,
        "EngineVersion": {
            "SelectedEngineVersion": "AUTO",
            "EffectiveEngineVersion": "Athena engine version 3",
        },
    }
    if statement.parameters:
        shown["ExecutionParameters"] = list(statement.parameters)
    return shown
