"""What of a check's states has been told to whom, and who is about to tell: one document. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from flowathena.check.criteria import CheckState
from flowathena.errors import FlowathenaError
from flowathena.text import iso

_VERSION = 1
_KEYS = ("flowathena_check", "query", "target", "told", "claim")
CLAIM = timedelta(minutes=10)
"""How long a run may take to send: SNS is tried six times. Killed meanwhile, it has the next runs
wait until then."""


@dataclass(frozen=True)
class Claim:
    """A run's announcement that it is sending: nobody else does until then.

    Attributes:
        run: an id of the run.
        until: when it lapses, UTC.
    """

    run: str
    until: datetime


@dataclass(frozen=True)
class Memory:
    """What has been told of one check.

    Attributes:
        query: the query's name.
        target: the target's name.
        told: the state that each destination was told last; of a new one that is OK.
        claim: who is sending; None if nobody is.
    """

    query: str
    target: str
    told: Mapping[str, CheckState] = field(default_factory=dict)
    claim: Claim | None = None

    def last(self, destination: str) -> CheckState:
        """The state that a destination was told last."""
        return self.told.get(destination, CheckState.OK)

    def due(self, destinations: Iterable[str], state: CheckState) -> list[str]:
        """The destinations that have to be told a state."""
        return [each for each in destinations if self.last(each) is not state]

    def is_claimed(self, now: datetime) -> bool:
        """Whether another run is sending."""
        return self.claim is not None and self.claim.until > now

    def claimed(self, run: str, now: datetime) -> "Memory":
        """The memory in which a run announces that it is sending."""
        return replace(self, claim=Claim(run, now + CLAIM))

    def after(self, told: Iterable[str], state: CheckState) -> "Memory":
        """The memory in which some destinations have been told a state and nobody is sending."""
        return replace(self, told={**self.told, **dict.fromkeys(told, state)}, claim=None)

    def encode(self) -> bytes:
        """The document."""
        claim = self.claim and {"run": self.claim.run, "until": iso(self.claim.until)}
        document = {
            "flowathena_check": _VERSION,
            "query": self.query,
            "target": self.target,
            "told": {name: str(state) for name, state in sorted(self.told.items())},
            "claim": claim,
        }
        return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def decode(content: bytes) -> Memory:
    """The memory that a document has.

    Raises:
        FlowathenaError: it is not such a document, or a later version's.
    """
    try:
        document = json.loads(content)
        known = isinstance(document, dict) and document.get("flowathena_check")
        if not known:
            raise FlowathenaError("it is not the state of a check; name another file")
        if known != _VERSION or not document.keys() <= set(_KEYS):
            raise FlowathenaError("it was written by a later version of flowathena")
        return _memory(document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise FlowathenaError(
            "it is damaged, or not the state of a check; move it away, or name another file"
        ) from error


def refuse_other(memory: Memory, query: str, target: str) -> None:
    """Make sure that a memory is that of a check.

    Raises:
        FlowathenaError: it is another's; the two would tell each other's changes.
    """
    if (memory.query, memory.target) != (query, target):
        raise FlowathenaError(
            f"it is the state of the check {memory.query} ({memory.target}); give each check a "
            "file of its own"
        )


def _memory(document: Mapping[str, Any]) -> Memory:
    told = {str(name): CheckState(state) for name, state in document["told"].items()}
    claim = document.get("claim")
    made = None
    if claim is not None:
        until = datetime.fromisoformat(claim["until"])
        if until.tzinfo is None:
            raise ValueError("a time without a zone")
        made = Claim(str(claim["run"]), until)
    return Memory(str(document["query"]), str(document["target"]), told, made)
