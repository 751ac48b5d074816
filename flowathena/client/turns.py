"""Work on several targets under way: the turn of each, and what becomes of it."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Generic, Self, TypeVar

from flowathena.client.client import Client
from flowathena.concurrency import Crew, Halt
from flowathena.errors import ConfigError, FlowathenaError
from flowathena.result.result import Progress
from flowathena.text import counted, one_line

PATIENCE_SECONDS = 15.0
"""How long is waited for targets that are being stopped."""

NOT_STARTED = "not started"
"""The reason of a target that had not been begun when a fleet was stopped."""

_LOOK_SECONDS = 0.1
Value = TypeVar("Value")


class TargetState(StrEnum):
    """How the work on a target ended."""

    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class TargetOutcome(Generic[Value]):
    """What became of the work on one target.

    Attributes:
        target: the target's name.
        state: ``done``; ``failed``; or ``stopped``, by an interrupt or ``close``.
        seconds: how long it took.
        value: what the work returned; None if it is not done.
        error: why it failed, or the interrupt that stopped it, which may carry what was done until
            then; None of others.
        reason: one line that says why it is not done; empty if it is.
    """

    target: str
    state: TargetState
    seconds: float = 0.0
    value: Value | None = None
    error: BaseException | None = None
    reason: str = ""


@dataclass(frozen=True)
class FleetProgress:
    """How far a fleet is.

    Attributes:
        ended: how many targets have ended, in whatever way.
        total: how many there are.
        failed: how many of those that ended failed.
        running: the names of those that are worked on, in the order in which they were begun.
    """

    ended: int
    total: int
    failed: int
    running: tuple[str, ...]


@dataclass(frozen=True)
class Turn:
    """The turn of one target: what an interrupt needs to stop the work on it.

    Handed on as the ``watch`` of partitions or the ``listener`` of a run, it ends them where they
    can end: batches under way are finished, a query is cancelled.
    """

    _halt: Halt = field(repr=False)

    def watch(self, _what: str, _done: int, _total: int) -> None:
        """Follow partitions.

        Raises:
            KeyboardInterrupt: the fleet is stopped.
        """
        self._halt.sleep(0)

    def listen(self, _progress: Progress) -> None:
        """Follow a run.

        Raises:
            KeyboardInterrupt: the fleet is stopped.
        """
        self._halt.sleep(0)

    def sleep(self, seconds: float) -> None:
        """Wait.

        Raises:
            KeyboardInterrupt: the fleet is stopped.
        """
        self._halt.sleep(seconds)


class FleetRun(Generic[Value]):
    """Work on the targets of a fleet; iterating begins it and gives each outcome as it ends.

    Attributes:
        outcomes: what became of the targets that have ended, in the order in which they did.
    """

    def __init__(
        self,
        members: Mapping[str, Client | ConfigError],
        work: Callable[[Client, Turn], Value],
        at_once: int,
        patience_seconds: float,
        listener: Callable[[FleetProgress], None] | None,
    ) -> None:
        self.outcomes: list[TargetOutcome[Value]] = []
        self._names = list(members)
        self._clients = {k: each for k, each in members.items() if isinstance(each, Client)}
        self._invalid = {k: each for k, each in members.items() if isinstance(each, ConfigError)}
        self._work = work
        self._at_once = at_once
        self._patience_seconds = patience_seconds
        self._listener = listener or (lambda _progress: None)
        self._begun: list[str] = []
        self._crew: Crew[Client, TargetOutcome[Value]] | None = None
        self._is_closed = False
        self._signal: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[TargetOutcome[Value]]:
        """Work on the targets; each as it ends, first those whose settings are invalid.

        Raises:
            KeyboardInterrupt: interrupted; the message says what became of each target.
        """
        try:
            for name, error in self._invalid.items():
                if name not in self._ended:
                    yield self._keep(_failed(name, error))
            yield from self._sign_in()
            crew = self._start()
            while len(self.outcomes) < len(self._names) and not self._is_closed:
                self._listener(self._progress())
                # With a time limit, so that an interrupt takes effect at once.
                outcome = crew.take(_LOOK_SECONDS)
                if outcome is not None:
                    yield self._keep(outcome)
        except KeyboardInterrupt as interrupt:
            raise self.interrupted(interrupt) from None
        finally:
            self.close()

    def interrupted(self, interrupt: KeyboardInterrupt) -> KeyboardInterrupt:
        """Stop; what to raise instead of an interrupt: by which signal, and what became of each.

        Args:
            interrupt: what struck first, or what this has given for it.
        """
        if self._signal is None:
            self._signal = one_line(interrupt)
        self.close()
        return KeyboardInterrupt("; ".join(filter(None, (self._signal, self.describe()))))

    def close(self) -> None:
        """Stop what is under way, and wait until it has stopped; nothing more is begun.

        After that, ``outcomes`` has every target.
        """
        self._is_closed = True
        try:
            if self._crew:
                self._crew.stop()
                self._crew.wait(self._patience_seconds)
        finally:
            known = self._ended
            answers = list(self._crew.answers) if self._crew else []
            self.outcomes += [each for each in answers if each.target not in known]
            known = self._ended
            self.outcomes += [self._left(name) for name in self._names if name not in known]

    def describe(self) -> str:
        """Which targets are done, and what became of the others, on one line."""
        states = {state: self._of_state(state) for state in TargetState}
        done = [each.target for each in states[TargetState.DONE]]
        parts = [f"{len(done)} of {counted(len(self._names), 'target')} done"]
        parts[0] += f" ({', '.join(done)})" if done else ""
        failed = [each.target for each in states[TargetState.FAILED]]
        parts += [f"failed: {', '.join(failed)}"] if failed else []
        stopped = states[TargetState.STOPPED]
        parts += [f"{each.target}: {each.reason}" for each in stopped if each.reason != NOT_STARTED]
        never = [each.target for each in stopped if each.reason == NOT_STARTED]
        return "; ".join([*parts, *([f"{NOT_STARTED}: {', '.join(never)}"] if never else [])])

    @property
    def _ended(self) -> set[str]:
        return {each.target for each in self.outcomes}

    def _of_state(self, state: TargetState) -> "Sequence[TargetOutcome[Value]]":
        order = self._names.index
        found = (each for each in self.outcomes if each.state is state)
        return sorted(found, key=lambda each: order(each.target))

    def _keep(self, outcome: TargetOutcome[Value]) -> TargetOutcome[Value]:
        self.outcomes.append(outcome)
        return outcome

    def _sign_in(self) -> Iterator[TargetOutcome[Value]]:
        """Ask for the codes that profiles need: a person answers one question at a time."""
        for name, client in self._clients.items():
            if name in self._ended:
                continue
            try:
                client._aws.sign_in()  # noqa: SLF001 - it is one of ours
            except FlowathenaError as error:
                yield self._keep(_failed(name, error))

    def _start(self) -> "Crew[Client, TargetOutcome[Value]]":
        if self._crew is None:
            ended = self._ended
            able = [client for name, client in self._clients.items() if name not in ended]
            self._crew = Crew(self._outcome, able, self._at_once)
        if not self._is_closed:
            self._crew.start()
        return self._crew

    def _outcome(self, client: Client, halt: Halt) -> TargetOutcome[Value]:
        name, began = client.target.name, time.monotonic()
        self._begun.append(name)
        state, value, reason = TargetState.DONE, None, ""
        failure: BaseException | None = None
        try:
            value = self._work(client, Turn(halt))
        except KeyboardInterrupt as interrupt:
            state, failure, reason = TargetState.STOPPED, interrupt, one_line(interrupt)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is not the others'
            state, failure, reason = TargetState.FAILED, error, describe(error)
        seconds = time.monotonic() - began
        return TargetOutcome(name, state, seconds, value, failure, reason or _STOPPED[state])

    def _left(self, name: str) -> TargetOutcome[Value]:
        """The outcome of a target that has none of its own."""
        reason = NOT_STARTED
        if name in self._begun:
            reason = _LASTS if self._patience_seconds else _STOPPED[TargetState.STOPPED]
        return TargetOutcome(name, TargetState.STOPPED, reason=reason)

    def _progress(self) -> FleetProgress:
        ended = self._ended
        return FleetProgress(
            ended=len(ended),
            total=len(self._names),
            failed=len(self._of_state(TargetState.FAILED)),
            running=tuple(name for name in list(self._begun) if name not in ended),
        )


_LASTS = "it may go on: it has not answered yet"
_STOPPED = {TargetState.STOPPED: "stopped", TargetState.FAILED: "failed", TargetState.DONE: ""}


def describe(error: BaseException) -> str:
    """Why a target failed, on one line."""
    if isinstance(error, FlowathenaError):
        return one_line(error)
    if isinstance(error, OSError):
        return one_line(f"{error.filename}: {error.strerror}" if error.filename else error)
    return one_line(f"unexpected {type(error).__name__}: {error}")


def _failed(name: str, error: FlowathenaError) -> TargetOutcome[Value]:
    return TargetOutcome(name, TargetState.FAILED, error=error, reason=describe(error))
