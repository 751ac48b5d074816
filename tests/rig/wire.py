"""HTTP/1.1 over sockets: connections that are kept, a thread each, and nothing but the journal."""

import io
import socketserver
import threading
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

from tests.rig.answers import Answer
from tests.rig.calls import Request

_BODILESS = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_OURS = ("connection", "content-length", "date", "transfer-encoding")


@dataclass(frozen=True)
class Reply:
    """What goes back over the wire; a cut one ends halfway, and no answer is a dropped line."""

    answer: Answer | None
    cut: bool = False


class _Closed(Exception):  # noqa: N818 - nothing is wrong
    """The other side has gone."""


def _head(request: Request, answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {_reason(answer.status)}"]
    lines.append(f"Date: {formatdate(usegmt=True)}")
    length: str | None = str(len(answer.body))
    for name, value in answer.headers:
        if name.lower() not in _OURS:
            lines.append(f"{name}: {value}")
        elif name.lower() == "content-length" and request.method == "HEAD":
            length = value
    if answer.status not in _BODILESS:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Answered"


class _Connection(socketserver.StreamRequestHandler):
    """One connection, request after request."""

    disable_nagle_algorithm = True
    server: "Server"

    def handle(self) -> None:
        try:
            while self._served():
                pass
        except (_Closed, OSError):
            # Clients come and go as they please, in the middle of a word too.
            return

    def _served(self) -> bool:
        """Answer one request; tell whether another may follow."""
        request = self._request()
        reply = self.server.answering(request)
        if reply.answer is None:
            raise _Closed
        body = b"" if request.method == "HEAD" else reply.answer.body
        sent = body[: len(body) // 2] if reply.cut else body
        self.wfile.write(_head(request, reply.answer) + sent)
        return not reply.cut and request.headers.get("connection", "").lower() != "close"

    def _line(self) -> str:
        line = self.rfile.readline(65537)
        if not line.endswith(b"\n"):
            raise _Closed
        return line.rstrip(b"\r\n").decode("latin-1")

    def _request(self) -> Request:
        method, target, _version = self._line().split(" ", 2)
        headers: dict[str, str] = {}
        while line := self._line():
            name, _, value = line.partition(":")
            name, value = name.lower(), value.strip()
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        path, _, query = target.partition("?")
        return Request(method, path, query, headers, self._body(headers))

    def _body(self, headers: dict[str, str]) -> bytes:
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return self._chunks()
        return self._exactly(int(headers.get("content-length") or 0))

    def _chunks(self) -> bytes:
        whole = io.BytesIO()
        while size := int(self._line().partition(";")[0], 16):
            whole.write(self._exactly(size))
            self._line()
        while self._line():
            pass
        return whole.getvalue()

    def _exactly(self, size: int) -> bytes:
        body = self.rfile.read(size)
        if len(body) < size:
            raise _Closed
        return body


class Server(socketserver.ThreadingTCPServer):
    """A server on the loopback interface; port 0 takes a free one."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, answering: Callable[[Request], Reply]) -> None:
        self.answering = answering
        super().__init__(("127.0.0.1", port), _Connection)

    @property
    def port(self) -> int:
        """The port in use."""
        return int(self.server_address[1])

    def start(self) -> threading.Thread:
        """Serve from a thread of its own."""
        thread = threading.Thread(target=self.serve_forever, daemon=True)
        thread.start()
        return thread
