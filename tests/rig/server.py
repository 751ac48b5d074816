"""The front: reads a request, spoils it as planned, answers it, writes it down."""

import re
import sys
import threading
import time
import traceback
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.rig import admin, backends, limits, listing, policies
from tests.rig.answers import Answer, AwsError, error_answer, json_body, not_implemented
from tests.rig.athena import Athena
from tests.rig.calls import Call, Request, decode, service_of
from tests.rig.cloudwatch import CloudWatch
from tests.rig.ec2 import Ec2
from tests.rig.executor.base import Engine
from tests.rig.executor.duckdb import DuckDbExecutor
from tests.rig.faults import Fault, FaultPlan, Gate
from tests.rig.glue import Glue, folded
from tests.rig.iam import Iam
from tests.rig.journal import Journal
from tests.rig.kms import Kms
from tests.rig.logs import Logs
from tests.rig.quicksight import QuickSight
from tests.rig.settings import Settings
from tests.rig.sns import Sns
from tests.rig.wire import Reply

if TYPE_CHECKING:
    from tests.rig.service import Service

_EXPIRATION = re.compile(rb"<Expiration>[^<]*</Expiration>")


class Front:
    """Everything behind the wire."""

    def __init__(self) -> None:
        self.settings = Settings()
        self.faults = FaultPlan()
        self.gate = Gate()
        self.journal = Journal()
        iam = Iam(self.settings)
        self.ec2 = Ec2(self.settings, iam.trust)
        self.services: dict[str, Service] = {
            "quicksight": QuickSight(self.settings),
            "cloudwatch": CloudWatch(self.settings),
            "logs": Logs(self.settings),
            "sns": Sns(self.settings),
            "iam": iam,
            "ec2": self.ec2,
            "kms": Kms(self.settings),
        }
        self._serving = threading.RLock()
        self._glue = Glue(self.settings)
        self._athena = Athena(self.settings, DuckDbExecutor)

    def use(self, engine: Engine) -> None:
        """Put another engine behind Athena."""
        self._athena.engine = engine

    def reset(self) -> None:
        """Put everything back to empty."""
        self._athena.reset()
        self._glue.reset()
        with self._serving:
            for service in self.services.values():
                service.reset()
        backends.reset()
        self.faults.clear()
        self.gate.open()
        self.journal.clear()
        self.settings.restore()

    def arrange(self, name: str, given: dict[str, Any]) -> object:
        """Have something in a service be as a test wants it."""
        with self._serving:
            return self.services[name].arrange(given)

    def release(self) -> None:
        """Let answers go that are held, and queries end that take their time."""
        self.gate.open()
        self._athena.release()

    def reply(self, request: Request) -> Reply:
        """Answer one request, well or as a fault wants it."""
        if request.path.startswith("/_rig/"):
            return Reply(admin.answer(self, request))
        try:
            call = decode(request)
        except AwsError as error:
            head = request.method == "HEAD"
            return Reply(error_answer(error, service_of(request), head=head))
        if request.by_engine:
            return Reply(self._answer(call, request, None))
        return self._called(call, request)

    def _called(self, call: Call, request: Request) -> Reply:
        started = time.monotonic()
        time.sleep(self.settings.latency_ms / 1000)
        fault = self.faults.take(call)
        if fault and fault.kind == "reset":
            self.journal.record(call, None, started)
            return Reply(None)
        answer = self._answer(call, request, fault)
        if fault and fault.kind == "stall":
            self.gate.pause(fault.seconds)
        elif fault and fault.kind == "hold":
            self.gate.hold()
        self.journal.record(call, answer, started)
        if fault and fault.kind == "lose":
            return Reply(None)
        return Reply(answer, cut=fault is not None and fault.kind == "truncate_body")

    def _answer(self, call: Call, request: Request, fault: Fault | None) -> Answer:
        try:
            return self._dispatch(call, request, fault)
        except AwsError as error:
            refusal = error
        except Exception as error:  # noqa: BLE001 - never an HTML page, always the reason
            traceback.print_exc(file=sys.stderr)
            text = f"the rig fell over {call.service}:{call.op}: {error!r}"
            refusal = AwsError("RigBroken", text, status=501)
        return error_answer(refusal, call.service, head=request.method == "HEAD")

    def _dispatch(self, call: Call, request: Request, fault: Fault | None) -> Answer:
        planned = fault.error() if fault else None
        if planned:
            raise planned
        partial = fault if fault and fault.kind == "partial" else None
        if call.service == "athena":
            return self._to_athena(call, partial)
        if call.service in self.services:
            limits.check(call)
            with self._serving:
                return self.services[call.service].answer(call, partial)
        if self._unpaid(call):
            raise AwsError("AccessDenied", "Access Denied", 403)
        if call.service == "glue" and not self._glue.knows(call.op):
            raise not_implemented(call.service, call.op)
        if call.op == "ListObjectsV2":
            return listing.answer(call)
        policies.check(call)
        limits.check(call)
        if call.service == "glue" and self._glue.answers(call.op):
            return self._glue.answer(call, partial)
        if not backends.known(call.service, call.op):
            raise not_implemented(call.service, call.op)
        answered = _to_moto(call, request)
        return self._shortened(answered) if call.op == "AssumeRole" else answered

    def _unpaid(self, call: Call) -> bool:
        """Whether a read of the requester-pays bucket comes without an agreement to pay."""
        reads = call.op in ("ListObjectsV2", "GetObject", "HeadObject")
        paid = call.params.get("RequestPayer") == "requester" or call.by_engine
        return reads and not paid and call.params["Bucket"] == self.settings.requester_pays

    def _shortened(self, answer: Answer) -> Answer:
        """Let credentials of a role end soon."""
        if not self.settings.role_seconds:
            return answer
        end = datetime.now(UTC) + timedelta(seconds=self.settings.role_seconds)
        stamp = f"<Expiration>{end:%Y-%m-%dT%H:%M:%SZ}</Expiration>".encode()
        return replace(answer, body=_EXPIRATION.sub(stamp, answer.body))

    def _to_athena(self, call: Call, partial: Fault | None) -> Answer:
        if not self._athena.knows(call.op):
            raise not_implemented(call.service, call.op)
        limits.check(call)
        return self._athena.answer(call, partial)


def _to_moto(call: Call, request: Request) -> Answer:
    body = json_body(folded(call.params)) if call.service == "glue" else call.body
    return backends.run_app(request, limits.capped_query(call.op, request.query), body, call)
