"""Faults a test plans, and when each strikes."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.rig.answers import AwsError
from tests.rig.calls import Call

_Maker = Callable[[str], AwsError]


def _internal(service: str) -> AwsError:
    if service == "s3":
        return AwsError("InternalError", "We encountered an internal error.", 500)
    code = "InternalServerException" if service == "athena" else "InternalServiceException"
    return AwsError(code, "Internal service error.", 500)


def _denied(service: str) -> AwsError:
    if service == "s3":
        return AwsError("AccessDenied", "Access Denied", 403)
    return AwsError("AccessDeniedException", "User is not authorized to perform this action.")


def _expired(service: str) -> AwsError:
    if service == "s3":
        return AwsError("ExpiredToken", "The provided token has expired.")
    text = "The security token included in the request is expired"
    return AwsError("ExpiredToken" if service == "sts" else "ExpiredTokenException", text)


def _too_many(_service: str) -> AwsError:
    reason = {"Reason": "CONCURRENT_QUERY_LIMIT_EXCEEDED"}
    return AwsError("TooManyRequestsException", "You have exceeded the limit.", extra=reason)


_ERRORS: dict[str, _Maker] = {
    "slowdown": lambda _: AwsError("SlowDown", "Please reduce your request rate.", 503),
    "throttle": lambda _: AwsError("ThrottlingException", "Rate exceeded"),
    "too_many_requests": _too_many,
    "internal": _internal,
    "access_denied": _denied,
    "expired_token": _expired,
}
_REFUSAL = "refuse"
_SHAPES = (_REFUSAL, "reset", "lose", "truncate_body", "stall", "hold", "partial")
_BATCHES = (
    *("BatchCreatePartition", "BatchUpdatePartition", "BatchDeletePartition"),
    "BatchGetNamedQuery",
)


@dataclass
class Fault:
    """One planned fault: which calls, after how many, how many times.

    A call is hit only if it mentions ``match``, and unless it mentions ``unless``: with that, a
    plan denies all but one folder.

    A ``reset`` drops the connection before the call is heard, a ``lose`` when it is done and its
    answer is ready. The answer of a ``stall`` is late by ``seconds``; that of a ``hold`` waits
    until the test releases it. A ``partial`` one has the first ``count`` entries of a batch fail
    with ``code``, which may be one to be tried again (InternalServiceException,
    ThrottlingException) or not. A ``refuse`` answers with ``code``, ``text`` and ``status``: AWS's
    own words.
    """

    service: str
    op: str
    kind: str
    after: int = 0
    times: int | None = None
    match: str | None = None
    unless: str | None = None
    seconds: float = 1.0
    count: int = 1
    code: str = "InternalServiceException"
    text: str = ""
    status: int = 400
    seen: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.kind not in {*_ERRORS, *_SHAPES}:
            raise ValueError(f"no fault kind {self.kind!r}; there are {[*_ERRORS, *_SHAPES]}")
        if self.kind == "partial" and self.op not in _BATCHES:
            raise ValueError(f"{self.op} does not fail in part; {', '.join(_BATCHES)} do")

    def strikes(self, call: Call) -> bool:
        """Count a call that the plan names, and say whether it is hit."""
        if (call.service, call.op) != (self.service, self.op):
            return False
        if self.match is not None and not call.mentions(self.match):
            return False
        if self.unless is not None and call.mentions(self.unless):
            return False
        self.seen += 1
        last = None if self.times is None else self.after + self.times
        return self.seen > self.after and (last is None or self.seen <= last)

    def detail(self) -> dict[str, str]:
        """Give the error of an entry, of a batch that fails in part."""
        said = {"ThrottlingException": "Rate exceeded"}.get(self.code, "Internal service error")
        return {"ErrorCode": self.code, "ErrorMessage": said}

    def error(self) -> AwsError | None:
        """Give the error the call is answered with, if the kind is an error."""
        if self.kind == _REFUSAL:
            return AwsError(self.code, self.text, self.status)
        maker = _ERRORS.get(self.kind)
        return maker(self.service) if maker else None


class Gate:
    """Where answers wait that are ready."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._opened = 0
        self._held = 0

    def pause(self, seconds: float) -> None:
        """Wait so long, or until the gate is opened."""
        with self._changed:
            opened = self._opened
            self._changed.wait_for(lambda: self._opened != opened, seconds)

    def hold(self) -> None:
        """Wait until the gate is opened."""
        with self._changed:
            opened = self._opened
            self._held += 1
            self._changed.wait_for(lambda: self._opened != opened)

    @property
    def held(self) -> int:
        """How many are held."""
        return self._held

    def open(self) -> None:
        """Let everyone go who waits."""
        with self._changed:
            self._opened += 1
            self._held = 0
            self._changed.notify_all()


class FaultPlan:
    """The faults in force."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, plans: list[dict[str, Any]]) -> None:
        """Put faults in force beside those already there."""
        fresh = [Fault(**plan) for plan in plans]
        with self._lock:
            self._faults.extend(fresh)

    def clear(self) -> None:
        """Take every fault out of force."""
        with self._lock:
            self._faults.clear()

    def take(self, call: Call) -> Fault | None:
        """Give the first fault that strikes a call; each plan counts the call."""
        with self._lock:
            struck = [fault for fault in self._faults if fault.strikes(call)]
        return struck[0] if struck else None
