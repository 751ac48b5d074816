"""Several targets at once: each in a thread of its own, a few at a time; one fails alone."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

from flowathena.client import arguments
from flowathena.client.client import Client
from flowathena.concurrency import CONCURRENCY, Crew, Halt
from flowathena.errors import FlowathenaError, UsageError
from flowathena.result.result import Progress
from flowathena.target import config
from flowathena.target.choice import ALL, choose
from flowathena.text import counted, one_line

AT_ONCE = 4
"""Targets at once by default; each makes as many calls at once as one target alone."""

NOT_STARTED = "not started"
"""The reason of a target that had not been begun when a fleet was stopped."""

_LOOK_SECONDS = 0.1
_PATIENCE_SECONDS = 15.0  # for targets that are being stopped
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


class Fleet:
    """Targets of one configuration, of whatever accounts and Regions.

    >>> fleet = Fleet("prod-*")                                          # doctest: +SKIP
    >>> for outcome in fleet.run(lambda client, turn: client.doctor()):  # doctest: +SKIP
    ...     print(outcome.target, outcome.value or outcome.reason)

    Args:
        targets: a pattern as of the shell (``prod-*``), ``all``, a name, or several with commas
            between. A target that is really called so is meant before all.
        config_path: the configuration file; None searches as the command line does.
        clock: returns the current time, aware.
        concurrency: how many calls to AWS may be under way at once for each target.
        ask_code: asks a person for the MFA code of an AWS profile, as of ``Client``; it is called
            in the thread that iterates, before the first target is worked on.

    Attributes:
        names: the targets in the order of the file, also those whose settings are invalid.
        invalid: what is wrong with these, by name.

    Raises:
        ConfigError: the configuration is invalid elsewhere than in its targets, or no target is
            meant.
    """

    def __init__(
        self,
        targets: str = ALL,
        *,
        config_path: str | Path | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        concurrency: int = CONCURRENCY,
        ask_code: Callable[[str], str] | None = None,
    ) -> None:
        path = arguments.path_of("config_path", config_path) if config_path else None
        configured = config.load(path, lenient=True)
        if not configured.names:
            configured.target()  # says how to configure one
        self.names = choose(targets, configured.names)
        self.invalid = {
            name: error for name, error in configured.invalid.items() if name in self.names
        }
        self._clients = {
            name: Client._of(configured, name, clock, concurrency, ask_code)  # noqa: SLF001 - ours
            for name in self.names
            if name not in self.invalid
        }

    def __repr__(self) -> str:
        return f"<Fleet of {counted(len(self.names), 'target')}: {', '.join(self.names)}>"

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Client]:
        """The clients of the targets whose settings are valid, in the order of the file."""
        return iter(self._clients.values())

    def run(
        self,
        work: Callable[[Client, Turn], Value],
        *,
        at_once: int = AT_ONCE,
        listener: Callable[[FleetProgress], None] | None = None,
    ) -> "FleetRun[Value]":
        """Do something with every target, a few at a time; iterate over what becomes of each.

        Nothing is begun before the first outcome is asked for; ``with`` stops, at its end, what is
        still under way.

        Args:
            work: what is done with a client, in a thread of its own. ``turn.watch`` is for methods
                that take a ``watch``, ``turn.listen`` for those with a ``listener``: with them an
                interrupt ends the work.
            at_once: how many targets are worked on at once.
            listener: called while they are, in the thread that iterates.

        Raises:
            UsageError: ``at_once`` is not a number of targets.
        """
        if type(at_once) is not int or at_once < 1:
            raise UsageError(f"at_once: {at_once!r} is not a number of targets, 1 or more")
        return FleetRun(self, self._clients, work, at_once, listener)


class FleetRun(Generic[Value]):
    """Work on the targets of a fleet; iterating begins it and gives each outcome as it ends.

    Attributes:
        outcomes: what became of the targets that have ended, in the order in which they did.
    """

    def __init__(
        self,
        fleet: Fleet,
        clients: dict[str, Client],
        work: Callable[[Client, Turn], Value],
        at_once: int,
        listener: Callable[[FleetProgress], None] | None,
    ) -> None:
        self.outcomes: list[TargetOutcome[Value]] = []
        self._fleet = fleet
        self._clients = clients
        self._work = work
        self._at_once = at_once
        self._listener = listener or (lambda _progress: None)
        self._begun: list[str] = []
        self._crew: Crew[Client, TargetOutcome[Value]] | None = None
        self._is_closed = False

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
            for name, error in self._fleet.invalid.items():
                if name not in self._ended:
                    yield self._keep(_failed(name, error))
            yield from self._sign_in()
            crew = self._start()
            while len(self.outcomes) < len(self._fleet) and not self._is_closed:
                self._listener(self._progress())
                # With a time limit, so that an interrupt takes effect at once.
                outcome = crew.take(_LOOK_SECONDS)
                if outcome is not None:
                    yield self._keep(outcome)
        except KeyboardInterrupt:
            self.close()
            raise KeyboardInterrupt(self.describe()) from None
        finally:
            self.close()

    def close(self) -> None:
        """Stop what is under way, and wait until it has stopped; nothing more is begun.

        After that, ``outcomes`` has every target.
        """
        self._is_closed = True
        try:
            if self._crew:
                self._crew.stop()
                self._crew.wait(_PATIENCE_SECONDS)
        finally:
            self.outcomes += self._crew.left() if self._crew else []
            known = self._ended
            self.outcomes += [self._left(name) for name in self._fleet.names if name not in known]

    def describe(self) -> str:
        """Which targets are done, and what became of the others, on one line."""
        states = {state: self._of_state(state) for state in TargetState}
        done = [each.target for each in states[TargetState.DONE]]
        parts = [f"{len(done)} of {counted(len(self._fleet), 'target')} done"]
        parts[0] += f" ({', '.join(done)})" if done else ""
        failed = [each.target for each in states[TargetState.FAILED]]
        parts += [f"failed: {', '.join(failed)}"] if failed else []
        stopped = states[TargetState.STOPPED]
        parts += [f"{each.target}: {each.reason}" for each in stopped if each.error or _lasts(each)]
        never = [each.target for each in stopped if each.reason == NOT_STARTED]
        return "; ".join([*parts, *([f"{NOT_STARTED}: {', '.join(never)}"] if never else [])])

    @property
    def _ended(self) -> set[str]:
        return {each.target for each in self.outcomes}

    def _of_state(self, state: TargetState) -> "Sequence[TargetOutcome[Value]]":
        order = self._fleet.names.index
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
        reason = _LASTS if name in self._begun else NOT_STARTED
        return TargetOutcome(name, TargetState.STOPPED, reason=reason)

    def _progress(self) -> FleetProgress:
        ended = self._ended
        return FleetProgress(
            ended=len(ended),
            total=len(self._fleet),
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


def _lasts(outcome: TargetOutcome[Value]) -> bool:
    return outcome.reason == _LASTS
