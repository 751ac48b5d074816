"""Tells what a check found: on every run that is not OK, or once a change if it remembers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from flowathena.aws.session import Aws
from flowathena.check import memory as memories
from flowathena.check.criteria import CheckState
from flowathena.check.destination import Destination, SnsTopic, read_webhook
from flowathena.check.memory import Memory
from flowathena.check.message import Message, message
from flowathena.check.result import CheckResult
from flowathena.check.store import ChangedError, Store, open_store
from flowathena.errors import FlowathenaError, StorageError, UsageError
from flowathena.text import one_line


@dataclass(frozen=True)
class Telling:
    """What became of a message.

    Attributes:
        message: what was to be sent.
        due: the names of those that had to be told.
        sent: the names of those that were.
        problems: what failed, a line each: then the next run tries again.
        notice: why nothing was sent although the state had changed; empty otherwise.
    """

    message: Message
    due: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    notice: str = ""


@dataclass
class _Held:
    """A memory, its version in the store, and what could not be done with it."""

    memory: Memory
    version: str | None
    problems: list[str] = field(default_factory=list)
    is_blank: bool = False


class Notifier:
    """Tells destinations what a check found.

    Without a store every run that is not OK is told. With one, a destination is told when the state
    is another than it was told last. A run says in the store that it is sending before it sends, so
    that two at once send one message; what was not taken is not recorded, and the next run tries
    again.

    Args:
        destinations: those that are told.
        store: what remembers; None to remember nothing.
        clock: returns the current time, aware.

    Attributes:
        warnings: what is wrong with the destinations although they work.
    """

    def __init__(
        self,
        destinations: Sequence[Destination],
        store: Store | None,
        clock: Callable[[], datetime],
        warnings: Sequence[str] = (),
    ) -> None:
        self.warnings = tuple(warnings)
        self._destinations = {each.key: each for each in destinations}
        self._store = store
        self._clock = clock

    def tell(self, result: CheckResult, *, dry_run: bool = False) -> Telling:
        """Tell a result to whom it is news.

        Args:
            result: what the check found.
            dry_run: neither send nor record anything.

        Raises:
            KeyboardInterrupt: interrupted; what was sent before is recorded.
        """
        if self._store is None:
            due = [] if result.state is CheckState.OK else list(self._destinations)
            return self._plain(result, due, (), dry_run=dry_run)
        try:
            held = self._read(self._store, result)
        except FlowathenaError as error:
            return self._untold(result, self._store, error, dry_run=dry_run)
        due = held.memory.due(self._destinations, result.state)
        before = held.memory.last(due[0]) if due else ""
        written = message(result, before)
        if due and held.memory.is_claimed(self._clock()):
            return Telling(written, self._names(due), notice="another run is sending it")
        if dry_run:
            return Telling(written, self._names(due))
        if not due:
            return self._remember_first(self._store, held, written, result.state)
        return self._claim_and_send(self._store, held, written, due, result.state)

    def _plain(
        self, result: CheckResult, due: Sequence[str], problems: Sequence[str], *, dry_run: bool
    ) -> Telling:
        """Tell without a memory."""
        telling = Telling(message(result), self._names(due), problems=tuple(problems))
        if dry_run:
            return telling
        sent, failed = self._send(telling.message, due, [])
        return replace(telling, sent=self._names(sent), problems=(*problems, *failed))

    def _untold(
        self, result: CheckResult, store: Store, error: FlowathenaError, *, dry_run: bool
    ) -> Telling:
        """Tell what cannot be remembered: rather twice than not at all."""
        reason = one_line(error)
        problem = reason if store.name in reason else f"state {store.name}: {reason}"
        due = [] if result.state is CheckState.OK else list(self._destinations)
        return self._plain(result, due, [problem], dry_run=dry_run)

    def _read(self, store: Store, result: CheckResult) -> _Held:
        there = store.read()
        if there is None:
            return _Held(Memory(result.query, result.target), None, is_blank=True)
        memory = memories.decode(there[0])
        memories.refuse_other(memory, result.query, result.target)
        return _Held(memory, there[1])

    def _remember_first(
        self, store: Store, held: _Held, written: Message, state: CheckState
    ) -> Telling:
        """Begin the memory on a first run that is OK, so that a place that fails is found out."""
        if held.is_blank:
            self._record(store, held, held.memory.after(self._destinations, state))
        return Telling(written, problems=tuple(held.problems))

    def _claim_and_send(
        self,
        store: Store,
        held: _Held,
        written: Message,
        due: Sequence[str],
        state: CheckState,
    ) -> Telling:
        claimed = held.memory.claimed(str(uuid4()), self._clock())
        try:
            held.version = store.write(claimed.encode(), held.version)
        except ChangedError:
            return Telling(written, self._names(due), notice="another run is sending it")
        except StorageError as error:
            held.problems.append(f"{one_line(error)}; the next run sends it again")
            sent, failed = self._send(written, due, [])
            return Telling(written, self._names(due), self._names(sent), (*held.problems, *failed))
        sent = []
        try:
            _, failed = self._send(written, due, sent)
        finally:
            # Interrupted or not: what was sent is recorded, and nobody has to wait for the claim.
            self._record(store, held, held.memory.after(sent, state))
        return Telling(written, self._names(due), self._names(sent), (*failed, *held.problems))

    @staticmethod
    def _record(store: Store, held: _Held, memory: Memory) -> None:
        try:
            held.version = store.write(memory.encode(), held.version)
        except ChangedError:
            return  # by a run that took over, or that was first: it has recorded its own
        except FlowathenaError as error:
            held.problems.append(f"{one_line(error)}; the next run may send it again")

    def _send(
        self, written: Message, due: Sequence[str], sent: list[str]
    ) -> tuple[list[str], list[str]]:
        """Send to each; those who took it, who are in ``sent`` at once, and what failed."""
        failed = []
        for key in due:
            try:
                self._destinations[key].send(written)
                sent.append(key)
            except FlowathenaError as error:
                failed.append(f"not notified: {one_line(error)}")
        return sent, failed

    def _names(self, keys: Sequence[str]) -> tuple[str, ...]:
        return tuple(self._destinations[key].name for key in keys)


def open_notifier(
    topics: Sequence[str],
    webhook: Path | None,
    place: str | None,
    aws: Aws,
    clock: Callable[[], datetime],
) -> Notifier:
    """The notifier that options say.

    Args:
        topics: ARNs of SNS topics.
        webhook: the file with the URL of a Slack webhook; None for none.
        place: where it remembers; None to remember nothing.
        aws: the clients.
        clock: returns the current time, aware.

    Raises:
        UsageError: one of them is malformed or cannot be read, or there is nobody to tell.
    """
    destinations: list[Destination] = [SnsTopic(arn, aws) for arn in dict.fromkeys(topics)]
    warnings = []
    if webhook is not None:
        slack, warning = read_webhook(webhook)
        destinations.append(slack)
        warnings += [warning] * bool(warning)
    if place is not None and not destinations:
        raise UsageError(
            "--state remembers who was told what; name one to tell with --notify-sns or "
            "--notify-slack-webhook-file"
        )
    store = open_store(place, aws) if place is not None else None
    return Notifier(destinations, store, clock, warnings)
