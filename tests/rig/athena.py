"""Athena: operations, and the threads in which queries really run."""

import json
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from tests.rig import catalog, metadata, results
from tests.rig.answers import Answer, json_answer
from tests.rig.calls import Call
from tests.rig.catalog import Table
from tests.rig.executions import Execution, Outcome, described, statistics
from tests.rig.executor.base import (
    SYSTEM_ERROR,
    Engine,
    InterruptedQueryError,
    QueryFailedError,
    Rows,
    Statement,
    StatementRefusedError,
)
from tests.rig.faults import Fault
from tests.rig.named_queries import NamedQueries
from tests.rig.settings import Settings
from tests.rig.statements import Plan, plan
from tests.rig.workgroups import Workgroups, refused

_Params = dict[str, Any]
_Operation = Callable[[_Params], _Params]
_TOO_MUCH = "Bytes scanned limit was exceeded"


class RegionTables:
    """The Glue catalogue of a Region, read when it is asked."""

    def __init__(self, region: str) -> None:
        self._region = region

    def has_database(self, database: str) -> bool:
        """Whether a database exists."""
        return catalog.has_database(self._region, database)

    def table(self, database: str, name: str) -> Table | None:
        """Give a table, or nothing."""
        return catalog.read_table(self._region, database, name)


def _reuse_minutes(params: _Params) -> int | None:
    asked = (params.get("ResultReuseConfiguration") or {}).get("ResultReuseByAgeConfiguration")
    if not asked or not asked.get("Enabled"):
        return None
    return int(asked.get("MaxAgeInMinutes", 60))


def _digest(params: _Params) -> str:
    kept = {key: value for key, value in params.items() if key != "ClientRequestToken"}
    return json.dumps(kept, sort_keys=True)


class Athena:
    """Every operation of Athena the rig plays."""

    def __init__(self, settings: Settings, engine: Engine) -> None:
        self._settings = settings
        self.engine = engine
        self._workgroups = Workgroups()
        self._named = NamedQueries(self._workgroups)
        self._executions: dict[str, Execution] = {}
        self._tokens: dict[str, tuple[str, str]] = {}
        self._lock = threading.Lock()
        groups = self._workgroups
        self._ops: dict[str, _Operation] = {
            "GetQueryExecution": self._get,
            "BatchGetQueryExecution": self._batch_get,
            "ListQueryExecutions": self._list,
            "StopQueryExecution": self._stop,
            "GetQueryResults": lambda params: results.page(self._find(params), params),
            "GetQueryRuntimeStatistics": self._runtime,
            "GetWorkGroup": groups.get,
            "CreateWorkGroup": groups.create,
            "UpdateWorkGroup": groups.update,
            "DeleteWorkGroup": groups.delete,
            "ListWorkGroups": groups.list,
            **self._named.operations,
        }

    def knows(self, op: str) -> bool:
        """Whether the rig plays an operation."""
        return op in self._ops or op == "StartQueryExecution" or op in metadata.OPERATIONS

    def reset(self) -> None:
        """Stop every query and forget everything."""
        with self._lock:
            running = list(self._executions.values())
            self._executions.clear()
            self._tokens.clear()
        for execution in running:
            execution.cancel()
        self._workgroups.reset()
        self._named.reset()

    def release(self) -> None:
        """End the time that queries take beside their work."""
        for execution in list(self._executions.values()):
            execution.wake.set()

    def answer(self, call: Call, partial: Fault | None = None) -> Answer:
        """Answer one call; a batch as far as a fault lets it."""
        if call.op == "StartQueryExecution":
            return json_answer(self._start(call))
        if call.op in metadata.OPERATIONS:
            return json_answer(metadata.answer(call))
        if partial:
            return json_answer(self._named.batch_get(call.params, partial))
        return json_answer(self._ops[call.op](call.params))

    def _find(self, params: _Params) -> Execution:
        wanted = params["QueryExecutionId"]
        execution = self._executions.get(wanted)
        if execution is None:
            raise refused(f"QueryExecution {wanted} was not found")
        return execution

    def _start(self, call: Call) -> _Params:
        token, digest = call.params.get("ClientRequestToken"), _digest(call.params)
        with self._lock:
            known = self._tokens.get(token or "")
            if known and known[1] != digest:
                raise refused("Idempotent parameters do not match")
            if known:
                return {"QueryExecutionId": known[0]}
            execution, planned = self._prepare(call)
            self._executions[execution.id] = execution
            if token:
                self._tokens[token] = (execution.id, digest)
        work = threading.Thread(target=self._work, args=(execution, planned), daemon=True)
        work.start()
        return {"QueryExecutionId": execution.id}

    def _prepare(self, call: Call) -> tuple[Execution, Plan]:
        params, context = call.params, call.params.get("QueryExecutionContext") or {}
        name = params.get("WorkGroup") or "primary"
        if self._workgroups.find(name)["State"] != "ENABLED":
            raise refused(f"WorkGroup {name} is disabled.")
        asked = (params.get("ResultConfiguration") or {}).get("OutputLocation")
        folder = self._workgroups.output(name, asked)
        results.check_bucket(folder)
        parameters = tuple(params.get("ExecutionParameters") or ())
        statement = Statement(params["QueryString"], context.get("Database"), parameters)
        executor = self.engine()
        try:
            planned = plan(statement, executor, folder)
        except StatementRefusedError as error:
            raise refused(str(error), "MALFORMED_QUERY") from None
        execution = Execution(
            statement=statement,
            region=call.region,
            workgroup=name,
            statement_type=planned.kind,
            substatement=planned.name,
            folder=folder,
            executor=executor,
            queue_polls=self._settings.queue_polls,
            catalog=context.get("Catalog"),
            reuse_minutes=_reuse_minutes(params),
        )
        execution.reused = self._earlier(execution)
        return execution, planned

    def _earlier(self, execution: Execution) -> Execution | None:
        """The query whose result is young enough to be given again: same text, same workgroup.

        https://docs.aws.amazon.com/athena/latest/ug/reusing-query-results.html
        """
        if execution.reuse_minutes is None or execution.statement_type != "DML":
            return None
        oldest = time.time() - 60 * execution.reuse_minutes
        for known in reversed(self._executions.values()):
            outcome = known.outcome
            same = (known.statement, known.workgroup) == (execution.statement, execution.workgroup)
            if same and known.reused is None and outcome and outcome.state == "SUCCEEDED":
                return known if outcome.finished >= oldest else None
        return None

    def _work(self, execution: Execution, planned: Plan) -> None:
        if execution.reused is not None and execution.reused.outcome is not None:
            execution.finish(Outcome("SUCCEEDED", execution.reused.outcome.rows))
            return
        try:
            outcome = self._ran(execution, planned)
        except QueryFailedError as error:
            outcome = Outcome("FAILED", Rows((), ()), error.reason, error.category, error.kind)
        except InterruptedQueryError:
            outcome = Outcome("CANCELLED", reason="Query cancelled by user")
        except Exception as error:  # noqa: BLE001 - a fault of the rig has to show in the query
            traceback.print_exc(file=sys.stderr)
            reason = f"GENERIC_INTERNAL_ERROR: the rig fell over this query: {error!r}"
            outcome = Outcome("FAILED", Rows((), ()), reason, SYSTEM_ERROR)
        execution.finish(outcome)

    def _ran(self, execution: Execution, planned: Plan) -> Outcome:
        # A change of the catalogue happens at its end: cancelled in time, it does not happen.
        if planned.kind == "DDL":
            self._take_time(execution)
        rows = planned.run(execution.region, RegionTables(execution.region))
        cutoff = self._workgroups.cutoff(execution.workgroup)
        if cutoff is not None and rows.scanned_bytes > cutoff:
            return Outcome("CANCELLED", Rows((), (), rows.scanned_bytes), _TOO_MUCH)
        if planned.kind != "DDL":
            self._take_time(execution)
        results.write(execution, rows)
        return Outcome("SUCCEEDED", rows)

    def _take_time(self, execution: Execution) -> None:
        execution.wake.wait(self._settings.query_seconds)
        if execution.cancelled:
            raise InterruptedQueryError

    def _get(self, params: _Params) -> _Params:
        return {"QueryExecution": described(self._find(params))}

    def _batch_get(self, params: _Params) -> _Params:
        wanted = params["QueryExecutionIds"]
        found = [described(self._executions[item]) for item in wanted if item in self._executions]
        missing = [
            {"QueryExecutionId": item, "ErrorCode": "INVALID_INPUT", "ErrorMessage": "not found"}
            for item in wanted
            if item not in self._executions
        ]
        return {"QueryExecutions": found, "UnprocessedQueryExecutionIds": missing}

    def _list(self, params: _Params) -> _Params:
        name = params.get("WorkGroup") or "primary"
        self._workgroups.find(name)
        own = [item.id for item in self._executions.values() if item.workgroup == name]
        size, start = params.get("MaxResults", 50), int(params.get("NextToken", 0))
        newest = own[::-1]
        more = {"NextToken": str(start + size)} if start + size < len(newest) else {}
        return {"QueryExecutionIds": newest[start : start + size], **more}

    def _stop(self, params: _Params) -> _Params:
        self._find(params).cancel()
        return {}

    def _runtime(self, params: _Params) -> _Params:
        execution = self._find(params)
        outcome = execution.outcome
        if outcome is None:
            raise refused("Query has not yet finished.", "INVALID_QUERY_STATUS")
        rows = {
            "InputBytes": outcome.rows.scanned_bytes,
            "OutputRows": len(outcome.rows.rows),
        }
        return {"QueryRuntimeStatistics": {"Timeline": statistics(execution), "Rows": rows}}
