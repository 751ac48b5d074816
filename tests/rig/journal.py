"""The list of every call the rig was asked."""

import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

from tests.rig.answers import Answer
from tests.rig.calls import Call


@dataclass(frozen=True)
class Entry:
    """One call and what came of it."""

    n: int
    service: str
    op: str
    region: str
    params: dict[str, Any]
    status: int
    error: str | None
    ms: float
    user_agent: str


class Journal:
    """Entries in the order the answers were ready."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._cleared = 0.0
        self._lock = threading.Lock()

    def clear(self) -> None:
        """Forget every entry, and every call under way."""
        with self._lock:
            self._entries.clear()
            self._cleared = time.monotonic()

    def record(self, call: Call, answer: Answer | None, started: float) -> None:
        """Add a call; no answer means that the connection was dropped."""
        status = answer.status if answer else 0
        error = answer.error if answer else "ConnectionReset"
        ms = round((time.monotonic() - started) * 1000, 2)
        with self._lock:
            if started < self._cleared:
                return
            n = len(self._entries) + 1
            what = (call.service, call.op, call.region, call.params)
            self._entries.append(Entry(n, *what, status, error, ms, call.user_agent))

    def entries(self, service: str | None, op: str | None) -> list[dict[str, Any]]:
        """Give the entries of a service and an operation, or all."""
        with self._lock:
            chosen = list(self._entries)
        return [
            asdict(entry)
            for entry in chosen
            if service in (None, entry.service) and op in (None, entry.op)
        ]
