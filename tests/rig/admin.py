"""The /_rig/ doors: faults and what they hold, journal, settings, reset, loading, flow logs."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs

from tests.rig import backends, objects
from tests.rig.answers import Answer, json_answer
from tests.rig.calls import Request
from tests.rig.ec2 import Ec2
from tests.rig.faults import FaultPlan, Gate
from tests.rig.journal import Journal
from tests.rig.settings import Settings


class State(Protocol):
    """What the doors act on."""

    faults: FaultPlan
    gate: Gate
    journal: Journal
    settings: Settings
    ec2: Ec2

    def arrange(self, name: str, given: dict[str, Any]) -> object:
        """Have something in a service be as a test wants it."""

    def reset(self) -> None:
        """Put everything back to empty."""

    def release(self) -> None:
        """Let answers go that are held, and queries end that take their time."""


def _payload(request: Request) -> Any:  # noqa: ANN401
    return json.loads(request.body or b"null")


def _faults(state: State, request: Request) -> Answer:
    if request.method == "DELETE":
        state.faults.clear()
    else:
        state.faults.add(_payload(request))
    return json_answer({})


def _journal(state: State, request: Request) -> Answer:
    if request.method == "DELETE":
        state.journal.clear()
        return json_answer({})
    query = parse_qs(request.query)
    service, op = query.get("service", [None])[0], query.get("op", [None])[0]
    return json_answer(state.journal.entries(service, op))


def _held(state: State, _request: Request) -> Answer:
    return json_answer({"answers": state.gate.held})


def _release(state: State, _request: Request) -> Answer:
    state.release()
    return json_answer({})


def _settings(state: State, request: Request) -> Answer:
    state.settings.change(_payload(request))
    return json_answer({})


def _reset(state: State, _request: Request) -> Answer:
    state.reset()
    return json_answer({})


def _load(_state: State, request: Request) -> Answer:
    given = _payload(request)
    backends.ensure_bucket(given["bucket"])
    found = objects.tree(Path(given["root"]), given.get("prefix", ""))
    return json_answer({"objects": backends.put_objects(given["bucket"], found)})


def _keys(_state: State, request: Request) -> Answer:
    given = _payload(request)
    backends.ensure_bucket(given["bucket"])
    body = base64.b64decode(given.get("body_base64", ""))
    pairs = ((key, body) for key in given["keys"])
    return json_answer({"objects": backends.put_objects(given["bucket"], pairs)})


def _flow_logs(state: State, request: Request) -> Answer:
    state.ec2.put(_payload(request))
    return json_answer({})


def _arrange(state: State, request: Request) -> Answer:
    given = _payload(request)
    return json_answer({"answer": state.arrange(given.pop("service"), given)})


def _health(_state: State, _request: Request) -> Answer:
    return json_answer({})


_DOORS: dict[str, Callable[[State, Request], Answer]] = {
    "faults": _faults,
    "journal": _journal,
    "held": _held,
    "release": _release,
    "settings": _settings,
    "reset": _reset,
    "load": _load,
    "keys": _keys,
    "flow_logs": _flow_logs,
    "arrange": _arrange,
    "health": _health,
}


def answer(state: State, request: Request) -> Answer:
    """Answer one request to a door; a wrong one is HTTP 400 with the reason."""
    name = request.path.removeprefix("/_rig/").strip("/")
    door = _DOORS.get(name)
    if door is None:
        return json_answer({"error": f"no door {name!r}"}, 404)
    try:
        return door(state, request)
    except Exception as error:  # noqa: BLE001 - whatever it was, the test has to read it
        return json_answer({"error": f"{type(error).__name__}: {error}"}, 400)
