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
        self._changed = threading.Condition()

    def clear(self) -> None:
        """Forget every entry, and every call under way."""
        with self._changed:
            self._entries.clear()
            self._cleared = time.monotonic()

    def record(self, call: Call, answer: Answer | None, started: float) -> None:
        """Add a call; no answer means that the connection was dropped."""
        status = answer.status if answer else 0
        error = answer.error if answer else "ConnectionReset"
        ms = round((time.monotonic() - started) * 1000, 2)
        with self._changed:
            if started < self._cleared:
                return
            n = len(self._entries) + 1
            entry = Entry(n, call.service, call.op, call.params, status, error, ms, call.user_agent)
            self._entries.append(entry)
            self._changed.notify_all()

    def entries(
        self, service: str | None, op: str | None, at_least: int = 0
    ) -> list[dict[str, Any]]:
        """Give the entries of a service and an operation, or all, once there are so many."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._chosen(service, op)) >= at_least)
            chosen = self._chosen(service, op)
        return [asdict(entry) for entry in chosen]

    def _chosen(self, service: str | None, op: str | None) -> list[Entry]:
        return [
            entry
            for entry in self._entries
            if service in (None, entry.service) and op in (None, entry.op)
        ]
