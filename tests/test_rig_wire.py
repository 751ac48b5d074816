import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import pytest

from tests.rig.answers import Answer
from tests.rig.calls import Request
from tests.rig.wire import Reply, Server

HELLO = Answer(200, b"hello", (("Content-Type", "text/plain"), ("X-Odd", "1")))


def echo(request: Request) -> Reply:
    if request.path == "/dropped":
        return Reply(None)
    if request.path == "/cut":
        return Reply(HELLO, cut=True)
    if request.path == "/gone":
        return Reply(Answer(204, b""))
    if request.method == "HEAD":
        return Reply(Answer(200, b"", (("Content-Length", "77"),)))
    told = [request.method, request.path, request.query, request.body.decode()]
    told.append(request.headers.get("x-twice", ""))
    return Reply(Answer(200, json.dumps(told).encode()))


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with Server(0, echo) as server:
        server.start()
        yield server.port
        server.shutdown()


@contextmanager
def connected(port: int) -> Iterator[BinaryIO]:
    wire = socket.create_connection(("127.0.0.1", port), timeout=60)
    with wire, wire.makefile("rwb", buffering=0) as file:
        yield file  # type: ignore[misc]  # a SocketIO reads and writes as one


def head(file: BinaryIO) -> tuple[str, dict[str, str]]:
    status = file.readline().decode().strip()
    fields = {}
    while line := file.readline().decode().strip():
        name, _, value = line.partition(": ")
        fields[name.lower()] = value
    return status, fields


def body(file: BinaryIO) -> list[str]:
    status, fields = head(file)
    assert status == "HTTP/1.1 200 OK"
    found: list[str] = json.loads(file.read(int(fields["content-length"])))
    return found


def test_a_connection_takes_one_request_after_the_other(port: int) -> None:
    with connected(port) as file:
        for number in range(3):
            file.write(f"GET /a%20b?n={number} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert body(file) == ["GET", "/a%20b", f"n={number}", "", ""]


def test_two_requests_may_be_sent_at_once(port: int) -> None:
    with connected(port) as file:
        one = b"POST /p HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"
        file.write(one + one.replace(b"abc", b"def"))
        assert [body(file)[3], body(file)[3]] == ["abc", "def"]


def test_a_connection_closes_when_asked(port: int) -> None:
    with connected(port) as file:
        file.write(b"GET / HTTP/1.1\r\nConnection: Close\r\n\r\n")
        body(file)
        assert file.read(1) == b""


def test_a_body_comes_in_chunks(port: int) -> None:
    with connected(port) as file:
        file.write(b"PUT /k HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        file.write(b"5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: 1\r\n\r\n")
        assert body(file)[3] == "hello world"
        file.write(b"GET /next HTTP/1.1\r\n\r\n")
        assert body(file)[1] == "/next"


def test_who_waits_for_a_word_before_the_body_gets_one(port: int) -> None:
    with connected(port) as file:
        file.write(b"PUT /k HTTP/1.1\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n")
        assert head(file)[0] == "HTTP/1.1 100 Continue"
        file.write(b"ok")
        assert body(file)[3] == "ok"


def test_a_header_given_twice_is_one(port: int) -> None:
    with connected(port) as file:
        file.write(b"GET / HTTP/1.1\r\nX-Twice: a\r\nx-twice:  b\r\n\r\n")
        assert body(file)[4] == "a,b"


def test_a_head_tells_the_length_it_was_given(port: int) -> None:
    with connected(port) as file:
        file.write(b"HEAD /k HTTP/1.1\r\n\r\nGET /next HTTP/1.1\r\n\r\n")
        assert head(file)[1]["content-length"] == "77"
        assert body(file)[1] == "/next"


def test_no_content_has_no_length(port: int) -> None:
    with connected(port) as file:
        file.write(b"DELETE /gone HTTP/1.1\r\n\r\nGET /next HTTP/1.1\r\n\r\n")
        status, fields = head(file)
        assert (status, "content-length" in fields) == ("HTTP/1.1 204 No Content", False)
        assert body(file)[1] == "/next"


def test_an_answer_can_be_cut_and_a_line_dropped(port: int) -> None:
    with connected(port) as file:
        file.write(b"GET /cut HTTP/1.1\r\n\r\n")
        assert head(file)[1]["content-length"] == "5"
        assert file.read() == b"he"
    with connected(port) as file:
        file.write(b"GET /dropped HTTP/1.1\r\n\r\n")
        assert file.read() == b""


def test_half_a_request_is_answered_by_nothing(port: int) -> None:
    for half in (b"GET / HTT", b"PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc"):
        with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
            wire.sendall(half)
            wire.shutdown(socket.SHUT_WR)
            assert wire.recv(1) == b""


def test_many_are_served_at_once() -> None:
    met = threading.Barrier(8, timeout=60)

    def together(_: Request) -> Reply:
        met.wait()
        return Reply(HELLO)

    with Server(0, together) as server:
        server.start()
        wires = [socket.create_connection(("127.0.0.1", server.port), timeout=60) for _ in range(8)]
        for wire in wires:
            wire.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        for wire in wires:
            with wire, wire.makefile("rb") as file:
                assert file.read().endswith(b"\r\n\r\nhello")
        server.shutdown()
