"""The front: reads a request, spoils it as planned, answers it, writes it down."""

import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from tests.rig import admin, backends, limits
from tests.rig.answers import Answer, AwsError, error_answer, json_body, not_implemented
from tests.rig.athena import Athena
from tests.rig.calls import Call, Request, decode, service_of
from tests.rig.ec2 import Ec2
from tests.rig.executor.base import Engine
from tests.rig.executor.duckdb import DuckDbExecutor
from tests.rig.faults import Fault, FaultPlan
from tests.rig.glue import Glue, folded
from tests.rig.journal import Journal
from tests.rig.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_REASONS = {200: "OK", 204: "No Content", 206: "Partial Content", 304: "Not Modified"}


def _request(environ: "WSGIEnvironment") -> Request:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    chunked = environ.get("wsgi.input_terminated", False)
    source = environ["wsgi.input"]
    body = source.read() if chunked else source.read(length) if length else b""
    headers = {
        key.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for key, value in environ.items()
        if key.startswith("HTTP_") or key in ("CONTENT_TYPE", "CONTENT_LENGTH")
    }
    path = str(environ.get("RAW_URI") or environ["PATH_INFO"]).partition("?")[0]
    return Request(environ["REQUEST_METHOD"], path, environ["QUERY_STRING"], headers, body)


def _drop(environ: "WSGIEnvironment") -> None:
    # close() would wait for the handler's own files over this socket; shutdown() does not.
    wire: socket.socket = environ["werkzeug.socket"]
    wire.shutdown(socket.SHUT_RDWR)


class Front:
    """The WSGI application."""

    def __init__(self) -> None:
        self.settings = Settings()
        self.faults = FaultPlan()
        self.journal = Journal()
        self.ec2 = Ec2()
        self._glue = Glue(self.settings)
        self._athena = Athena(self.settings, DuckDbExecutor)

    def use(self, engine: Engine) -> None:
        """Put another engine behind Athena."""
        self._athena.engine = engine

    def reset(self) -> None:
        """Put everything back to empty."""
        self._athena.reset()
        self._glue.reset()
        self.ec2.reset()
        backends.reset()
        self.faults.clear()
        self.journal.clear()
        self.settings.restore()

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        request = _request(environ)
        if request.path.startswith("/_rig/"):
            return _sent(admin.answer(self, request), start, request)
        try:
            call = decode(request)
        except AwsError as error:
            head = request.method == "HEAD"
            return _sent(error_answer(error, service_of(request), head=head), start, request)
        return self._called(call, request, environ, start)

    def _called(
        self, call: Call, request: Request, environ: "WSGIEnvironment", start: "StartResponse"
    ) -> Iterable[bytes]:
        if request.by_engine:
            return _sent(self._answer(call, request, environ, None), start, request)
        started = time.monotonic()
        time.sleep(self.settings.latency_ms / 1000)
        fault = self.faults.take(call)
        if fault and fault.kind == "reset":
            self.journal.record(call, None, started)
            _drop(environ)
            raise ConnectionResetError
        answer = self._answer(call, request, environ, fault)
        if fault and fault.kind == "stall":
            time.sleep(fault.seconds)
        self.journal.record(call, answer, started)
        chunks = _sent(answer, start, request)
        return _halved(answer, environ) if fault and fault.kind == "truncate_body" else chunks

    def _answer(
        self, call: Call, request: Request, environ: "WSGIEnvironment", fault: Fault | None
    ) -> Answer:
        try:
            return self._dispatch(call, environ, fault)
        except AwsError as error:
            refusal = error
        except Exception as error:  # noqa: BLE001 - never an HTML page, always the reason
            traceback.print_exc(file=sys.stderr)
            text = f"the rig fell over {call.service}:{call.op}: {error!r}"
            refusal = AwsError("RigBroken", text, status=501)
        return error_answer(refusal, call.service, head=request.method == "HEAD")

    def _dispatch(self, call: Call, environ: "WSGIEnvironment", fault: Fault | None) -> Answer:
        planned = fault.error() if fault else None
        if planned:
            raise planned
        if call.service == "athena":
            return self._to_athena(call)
        if call.service == "ec2" and self.ec2.knows(call.op):
            return self.ec2.answer(call)
        if call.service == "glue" and not self._glue.knows(call.op):
            raise not_implemented(call.service, call.op)
        limits.check(call)
        if call.service == "glue" and self._glue.answers(call.op):
            partial = fault if fault and fault.kind == "partial" else None
            return self._glue.answer(call, partial)
        if not backends.known(call.service, call.op):
            raise not_implemented(call.service, call.op)
        return self._to_moto(call, environ)

    def _to_athena(self, call: Call) -> Answer:
        if not self._athena.knows(call.op):
            raise not_implemented(call.service, call.op)
        limits.check(call)
        return self._athena.answer(call)

    def _to_moto(self, call: Call, environ: "WSGIEnvironment") -> Answer:
        body, changed = call.body, dict(environ)
        if call.service == "glue":
            body = _folded_body(call)
        changed["QUERY_STRING"] = limits.capped_query(call.op, environ["QUERY_STRING"])
        return backends.run_app(changed, body, call.service, call.op)


def _folded_body(call: Call) -> bytes:

    return json_body(folded(call.params))


def _sent(answer: Answer, start: "StartResponse", request: Request) -> Iterable[bytes]:
    names = {name.lower() for name, _ in answer.headers}
    headers = list(answer.headers)
    if "content-length" not in names and request.method != "HEAD":
        headers.append(("Content-Length", str(len(answer.body))))
    reason = _REASONS.get(answer.status, "Answered")
    start(f"{answer.status} {reason}", headers)
    return [answer.body]


def _halved(answer: Answer, environ: "WSGIEnvironment") -> Iterator[bytes]:
    yield answer.body[: len(answer.body) // 2]
    _drop(environ)
    raise ConnectionResetError


class QuietHandler(MotoRequestHandler):
    """A request handler that keeps no access log: the journal is the log."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002, ANN401
        """Write nothing."""


def serve(front: Front, port: int) -> BaseWSGIServer:
    """Make a threaded server on the loopback interface; port 0 takes a free one."""
    return make_server("127.0.0.1", port, front, threaded=True, request_handler=QuietHandler)


def start_thread(server: BaseWSGIServer) -> threading.Thread:
    """Serve from a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    return thread
