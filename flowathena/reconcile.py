"""Wanted, live, diff, confirm, apply: how whatever flowathena sets up is kept up to date.

A kind of resource (views, alarms, named queries, …) offers four methods::

    class Alarms(Resources[Alarm]):
        kind = "alarm"

        def wanted(self) -> Mapping[str, Alarm]: ...  # by name; what others need comes first
        def live(self) -> Mapping[str, Alarm]: ...  # those that exist, likewise ordered
        def describe(self, operation: Operation[Alarm]) -> str: ...  # "threshold 10 -> 20"
        def do(self, operation: Operation[Alarm]) -> None: ...  # one change

    operations = plan(alarms)  # looks, and changes nothing
    results = apply(alarms, operations, confirm=ask, dry_run=False)

Several kinds that build on each other are brought up to date by ``reconcile``. A command shows
``summary`` or ``to_json()`` of each result, and exits 3 if the plan ``differs``.
As in alembic, a change is a value before it is an action: one plan is shown, confirmed, applied.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from flowathena.errors import FlowathenaError

T = TypeVar("T")


class Action(StrEnum):
    """What makes a live resource the wanted one."""

    CREATE = "create"
    REPLACE = "replace"
    DELETE = "delete"
    KEEP = "keep"


class State(StrEnum):
    """What became of an operation; ``DONE``: the resource is as wanted now, or was before."""

    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    PLANNED = "planned"


_PAST = {Action.CREATE: "created", Action.REPLACE: "replaced", Action.DELETE: "deleted"}
_INTERRUPTED = "interrupted while it was under way; run the same again, which looks first"


@dataclass(frozen=True)
class Operation(Generic[T]):
    """What to do about one resource: ``wanted`` is None to delete it, ``live`` to create it."""

    kind: str
    name: str
    action: Action
    wanted: T | None
    live: T | None
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.action} {self.kind} {self.name}"

    def to_json(self) -> dict[str, object]:
        """The stable shape of one change: ``{"kind", "name", "action", "detail"}``."""
        detail = self.detail or None
        return {"kind": self.kind, "name": self.name, "action": self.action, "detail": detail}


@dataclass(frozen=True)
class OperationResult(Generic[T]):
    """What became of one operation; ``error`` is None unless it failed."""

    operation: Operation[T]
    state: State
    error: FlowathenaError | None = None

    @property
    def changed(self) -> bool:
        """Whether it changed the resource."""
        return self.state is State.DONE and self.operation.action is not Action.KEEP

    @property
    def is_unknown(self) -> bool:
        """Whether the change was asked for, and may have been made."""
        return isinstance(self.error, OutcomeUnknownError)

    @property
    def summary(self) -> str:
        """One line for display: ``created view x``, ``view x is not created: the error``."""
        resource = f"{self.operation.kind} {self.operation.name}"
        if self.operation.action is Action.KEEP:
            return f"nothing to change: {resource} is as wanted"
        if self.state is State.PLANNED:
            return f"would {self.operation}"
        past = _PAST[self.operation.action]
        if self.state is State.DONE:
            return f"{past} {resource}"
        if self.is_unknown:
            return f"whether {resource} is {past} is not known: {self.error}"
        return f"{resource} is not {past}{f': {self.error}' if self.error else ''}"

    def to_json(self) -> dict[str, object]:
        """The shape of the operation with ``"state"`` and ``"error"``."""
        error = str(self.error) if self.error else None
        return {**self.operation.to_json(), "state": self.state, "error": error}


class OutcomeUnknownError(FlowathenaError):
    """Raised when a change was asked for, and what became of it is not known."""


class ApplyInterruptedError(KeyboardInterrupt):
    """Raised when ``apply`` is interrupted; ``results`` has one result per operation."""

    def __init__(self, results: Sequence[OperationResult[Any]], message: str = "") -> None:
        super().__init__(*([message] if message else []))
        self.results = tuple(results)


class Resources(Protocol[T]):
    """The resources of one kind: as they should be, as they are, and how to change one."""

    kind: str
    stops_on_failure: bool = True  # False if they do not depend on each other

    def wanted(self) -> Mapping[str, T]:
        """The resources as they should be, by full name, in the order to create them."""
        ...

    def live(self) -> Mapping[str, T]:
        """Those that exist, in the same order; what is not wanted will be deleted."""
        ...

    def same(self, wanted: T, live: T) -> bool:
        """Whether a live resource is as wanted."""
        return wanted == live

    def describe(self, operation: Operation[T]) -> str:
        """What a change means, in a few words; empty if its name and action say it all."""
        ...

    def do(self, operation: Operation[T]) -> None:
        """Carry out one change; raises a ``FlowathenaError`` if that fails."""
        ...


def plan(resources: Resources[T]) -> tuple[Operation[T], ...]:
    """One operation per resource: those wanted in their order, then deletions in reverse."""
    live, wanted = resources.live(), resources.wanted()
    names = (*wanted, *(name for name in reversed(list(live)) if name not in wanted))
    return tuple(_operation(resources, name, wanted.get(name), live.get(name)) for name in names)


def reconcile(
    kinds: Sequence[Resources[Any]],
    *,
    confirm: Callable[[Sequence[Operation[Any]]], bool] = lambda _: True,
    dry_run: bool = False,
) -> tuple[OperationResult[Any], ...]:
    """Plan several kinds that build on each other, in their order, and carry the plans out.

    Arguments and errors as of ``apply_in_turn``.
    """
    plans = [(each, plan(each)) for each in kinds]
    return apply_in_turn(plans, confirm=confirm, dry_run=dry_run)


def differs(operations: Iterable[Operation[T]]) -> bool:
    """Whether anything is not as wanted."""
    return any(operation.action is not Action.KEEP for operation in operations)


def apply(
    resources: Resources[T],
    operations: Sequence[Operation[T]],
    *,
    confirm: Callable[[Sequence[Operation[T]]], bool] = lambda _: True,
    dry_run: bool = False,
) -> tuple[OperationResult[T], ...]:
    """Carry out a plan in order; one result per operation. A failure is a result, not raised.

    Args:
        resources: the kind of resource; says whether a failure stops the rest.
        operations: its plan.
        confirm: asked once, with the whole plan, if there is anything to change.
        dry_run: neither ask nor change anything.

    Raises:
        ApplyInterruptedError: interrupted; carries every result.
    """
    return apply_in_turn([(resources, operations)], confirm=confirm, dry_run=dry_run)


def apply_in_turn(
    plans: Sequence[tuple[Resources[Any], Sequence[Operation[Any]]]],
    *,
    confirm: Callable[[Sequence[Operation[Any]]], bool] = lambda _: True,
    dry_run: bool = False,
) -> tuple[OperationResult[Any], ...]:
    """Carry out the plans of several kinds; one result per operation, in the order of the plans.

    Each kind may need those before it: what is wanted is made in the order of the kinds, and what
    is not is deleted afterwards, the last kind first. After a failure of a kind that stops on
    failure nothing further is done. Arguments and errors as of ``apply``.
    """
    steps = [(resources, each) for resources, operations in plans for each in operations]
    pending = State.PLANNED if dry_run else State.SKIPPED
    results = [
        OperationResult(each, State.DONE if each.action is Action.KEEP else pending)
        for _, each in steps
    ]
    places = _places_in_turn(plans)
    if dry_run or not places or not confirm(tuple(each for _, each in steps)):
        return tuple(results)
    try:
        for place in places:
            resources, operation = steps[place]
            # Until it returns: an interrupt leaves a call behind that may have taken effect.
            unknown = OutcomeUnknownError(_INTERRUPTED)
            results[place] = OperationResult(operation, State.FAILED, unknown)
            results[place] = _attempt(resources, operation)
            if resources.stops_on_failure and results[place].state is State.FAILED:
                break
    except KeyboardInterrupt as interrupt:
        raise ApplyInterruptedError(results, str(interrupt)) from interrupt
    return tuple(results)


def _places_in_turn(
    plans: Sequence[tuple[Resources[Any], Sequence[Operation[Any]]]],
) -> list[int]:
    """Where the changes stand among all operations, in the order in which to make them."""
    made: list[int] = []
    deleted: list[list[int]] = []
    start = 0
    for _, operations in plans:
        places = list(enumerate(operations, start))
        start += len(operations)
        made += [place for place, each in places if each.action in {Action.CREATE, Action.REPLACE}]
        deleted.append([place for place, each in places if each.action is Action.DELETE])
    return [*made, *(place for places in reversed(deleted) for place in places)]


def _operation(
    resources: Resources[T], name: str, wanted: T | None, live: T | None
) -> Operation[T]:
    if wanted is None or live is None:
        action = Action.DELETE if wanted is None else Action.CREATE
    else:
        action = Action.KEEP if resources.same(wanted, live) else Action.REPLACE
    operation = Operation(resources.kind, name, action, wanted, live)
    detail = "" if action is Action.KEEP else resources.describe(operation)
    return replace(operation, detail=detail)


def _attempt(resources: Resources[T], operation: Operation[T]) -> OperationResult[T]:
    try:
        resources.do(operation)
    except FlowathenaError as error:
        return OperationResult(operation, State.FAILED, error)
    return OperationResult(operation, State.DONE)
