"""A stand-in for Slack's incoming webhooks, on the loopback interface."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATH = "/services/T000/B000/secret"


@dataclass
class Slack:
    """What was posted, and how the next posts are answered.

    Of ``answers`` each is a status and a body, taken in turn; after them everything is taken. Posts
    wait while ``go_on`` is cleared; then ``waiting`` is set. If it ``drips``, a body never ends.
    """

    url: str = ""
    posted: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    waiting: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    drips: bool = False

    def __post_init__(self) -> None:
        self.go_on.set()

    @property
    def texts(self) -> list[str]:
        """The texts that were taken."""
        return [str(each["text"]) for each in self.posted]


@contextmanager
def serving() -> Iterator[Slack]:
    """Slack, until the block ends."""
    slack = Slack()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            slack.waiting.set()
            slack.go_on.wait()
            status, said = slack.answers.pop(0) if slack.answers else (200, "ok")
            assert self.path == PATH
            assert self.headers["Content-Type"] == "application/json; charset=utf-8"
            if status == 200:
                slack.posted.append(json.loads(body))
            self.send_response(status)
            for name, value in slack.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said) + 1_000 * slack.drips))
            self.end_headers()
            self.wfile.write(said.encode())
            while slack.drips and self.is_heard():
                time.sleep(0.2)

        def is_heard(self) -> bool:
            try:
                self.wfile.write(b" ")
            except OSError:
                return False
            return True

        def do_GET(self) -> None:
            raise AssertionError("Slack was asked by GET")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    slack.url = f"http://127.0.0.1:{server.server_port}{PATH}"
    try:
        yield slack
    finally:
        slack.go_on.set()
        server.shutdown()
        server.server_close()
        thread.join()
