"""A plan carried out against a catalog that fails as it is told."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Lock
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena.catalog import Cause, Change, Outcome, Page, Status
from flowathena.concurrency import Backoff, Watch
from flowathena.logs.layout import Scope
from flowathena.partitions.apply import apply, plan_backoff
from flowathena.partitions.plan import Misspelling, Steps
from flowathena.shape.shape import Shape, Values
from flowathena.shape.table import Table

Failures = Callable[[Values, int], Cause | None]


class Shelf:
    """A catalog in memory. ``fails`` tells, of values and the number of the try, how it fails."""

    add_size = 100
    drop_size = 25

    def __init__(self, fails: Failures = lambda _values, _try: None, writers: int = 4) -> None:
        self.held: dict[Values, str] = {}
        self.tries: Counter[Values] = Counter()
        self.sizes: dict[str, list[int]] = {"add": [], "relocate": [], "drop": []}
        self.writers = writers
        self._fails = fails
        self._lock = Lock()

    @property
    def calls(self) -> Counter[str]:
        return Counter()

    def table(self) -> Table | None:
        raise AssertionError

    def create(self, table: Table) -> None:  # noqa: ARG002 - the protocol's name
        raise AssertionError

    def change_properties(self, table: Table, properties: Mapping[str, str]) -> None:  # noqa: ARG002 - likewise
        raise AssertionError

    def drop(self) -> None:
        raise AssertionError

    def pages(self, scope: Scope, shape: Shape) -> Iterator[Page]:  # noqa: ARG002 - likewise
        raise AssertionError

    def add(self, batch: Sequence[Change]) -> list[Outcome]:
        return self._written("add", batch, Status.ADDED)

    def relocate(self, batch: Sequence[Change]) -> list[Outcome]:
        return self._written("relocate", batch, Status.RELOCATED)

    def drop_partitions(self, batch: Sequence[Change]) -> list[Outcome]:
        return self._written("drop", batch, Status.DROPPED)

    def _written(self, how: str, batch: Sequence[Change], done: Status) -> list[Outcome]:
        with self._lock:
            self.sizes[how].append(len(batch))
            return [self._one(change, done) for change in batch]

    def _one(self, change: Change, done: Status) -> Outcome:
        self.tries[change.values] += 1
        cause = self._fails(change.values, self.tries[change.values])
        if cause:
            return Outcome(change.values, Status.FAILED, f"{cause} failure", cause)
        if done is Status.DROPPED:
            self.held.pop(change.values, None)
        else:
            self.held[change.values] = change.location
        return Outcome(change.values, done)


def changes(count: int, kind: str = "a") -> tuple[Change, ...]:
    return tuple(Change((kind, f"{n:04d}"), f"s3://logs/{kind}/{n}/") for n in range(count))


def quick() -> Backoff:
    return plan_backoff(sleep=lambda _: None)


def applied(shelf: Shelf, steps: Steps, backoff: Backoff | None = None) -> list[Outcome]:
    outcomes: dict[Values, Outcome] = {}
    apply(steps, shelf, outcomes, backoff=backoff or quick())
    return [outcomes[change.values] for change in steps]


def interrupted(
    shelf: Shelf, steps: Steps, backoff: Backoff | None = None, watch: Watch = lambda _d, _t: None
) -> dict[Values, Outcome]:
    """What is told of steps in which an interrupt strikes."""
    outcomes: dict[Values, Outcome] = {}
    with pytest.raises(KeyboardInterrupt):
        apply(steps, shelf, outcomes, backoff=backoff or quick(), watch=watch)
    return outcomes


def test_batches_are_a_hundred_and_twenty_five() -> None:
    shelf = Shelf()
    steps = Steps(changes(250), changes(101, "b"), changes(51, "c"))
    outcomes = applied(shelf, steps)
    assert {how: sorted(sizes) for how, sizes in shelf.sizes.items()} == {
        "add": [50, 100, 100],
        "relocate": [1, 100],
        "drop": [1, 25, 25],
    }
    assert Counter(outcome.status for outcome in outcomes) == {
        Status.ADDED: 250,
        Status.RELOCATED: 101,
        Status.DROPPED: 51,
    }


def test_nothing_is_no_call() -> None:
    shelf = Shelf()
    assert applied(shelf, Steps()) == []
    assert shelf.sizes == {"add": [], "relocate": [], "drop": []}


def test_what_fails_in_passing_is_tried_again_alone() -> None:
    throttled = {("a", "0007"), ("a", "0130")}
    shelf = Shelf(lambda values, n: Cause.TRANSIENT if values in throttled and n < 3 else None)
    outcomes = applied(shelf, Steps(changes(150)))
    assert all(outcome.status is Status.ADDED for outcome in outcomes)
    assert len(outcomes) == len({outcome.values for outcome in outcomes}) == 150
    assert {values for values, n in shelf.tries.items() if n > 1} == throttled
    assert sorted(shelf.sizes["add"]) == [2, 2, 50, 100]


def test_what_the_catalog_refuses_is_told_and_not_tried_again() -> None:
    shelf = Shelf(lambda values, _: Cause.ITEM if values == ("a", "0001") else None)
    outcomes = applied(shelf, Steps(changes(3)))
    assert [outcome.status for outcome in outcomes] == [
        Status.ADDED,
        Status.FAILED,
        Status.ADDED,
    ]
    assert outcomes[1] == Outcome(("a", "0001"), Status.FAILED, "item failure", Cause.ITEM)
    assert shelf.tries["a", "0001"] == 1


def test_the_budget_ends_the_tries_and_every_failure_is_told() -> None:
    slept: list[float] = []
    shelf = Shelf(lambda _values, _n: Cause.TRANSIENT)
    outcomes = applied(shelf, Steps(changes(3)), plan_backoff(10.0, slept.append, lambda: 0.5))
    # 0.75 of 0.5, 1, 2, 4 and so on, as long as the sum is at most ten seconds
    assert slept == [0.375, 0.75, 1.5, 3.0]
    assert [outcome.error for outcome in outcomes] == ["transient failure"] * 3
    assert set(shelf.tries.values()) == {5}


def test_one_budget_serves_all_steps() -> None:
    slept: list[float] = []
    shelf = Shelf(lambda _values, _n: Cause.TRANSIENT)
    steps = Steps(changes(1), changes(1, "b"), changes(1, "c"))
    outcomes = applied(shelf, steps, plan_backoff(5.0, slept.append, lambda: 0.0))
    assert sum(slept) <= 5.0
    assert len(outcomes) == 3
    assert shelf.tries["c", "0000"] == 1


def test_pauses_grow_to_twenty_seconds_and_are_drawn_from_their_upper_half() -> None:
    slept: list[float] = []
    backoff = plan_backoff(1_000.0, slept.append, lambda: 0.0)
    assert all(backoff.pause() for _ in range(8))
    assert slept == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_what_would_fail_with_every_call_ends_it_early() -> None:
    shelf = Shelf(lambda _values, _n: Cause.ALL, writers=1)
    steps = Steps(changes(1_000), changes(5, "b"), changes(5, "c"))
    outcomes = applied(shelf, steps)
    assert shelf.sizes == {"add": [100], "relocate": [], "drop": []}
    told = Counter(outcome.error for outcome in outcomes)
    assert told == {"all failure": 100, "not tried: all failure": 910}


def test_what_would_fail_with_every_call_of_a_kind_ends_that_kind() -> None:
    shelf = Shelf(lambda values, _n: Cause.OPERATION if values[0] == "a" else None, writers=1)
    outcomes = applied(shelf, Steps(changes(1_000), changes(5, "b"), changes(5, "c")))
    assert shelf.sizes == {"add": [100], "relocate": [5], "drop": [5]}
    told = Counter((outcome.status, outcome.error) for outcome in outcomes)
    assert told == {
        (Status.FAILED, "operation failure"): 100,
        (Status.FAILED, "not tried: operation failure"): 900,
        (Status.RELOCATED, ""): 5,
        (Status.DROPPED, ""): 5,
    }


def test_another_spelling_is_dropped_only_once_the_right_one_is_there() -> None:
    twice = [Misspelling((name.upper(),), "s3://a/", (name,)) for name in ("a1", "a2", "a3")]
    added = [Change(("a1",), "s3://a/"), Change(("a2",), "s3://a/")]  # a3 is registered already

    def fails(values: Values, _try: int) -> Cause | None:
        return Cause.ITEM if values == ("a2",) else None

    shelf = Shelf(fails)
    outcomes = {each.values[0]: each for each in applied(shelf, Steps(tuple(added), (), (*twice,)))}
    assert {name: each.status for name, each in outcomes.items()} == {
        "a1": Status.ADDED,
        "a2": Status.FAILED,
        "A1": Status.DROPPED,
        "A2": Status.FAILED,
        "A3": Status.DROPPED,
    }
    assert outcomes["A2"].error == "not tried: item failure"
    assert shelf.tries[("A2",)] == 0


def test_it_is_told_how_many_are_done() -> None:
    told: list[tuple[int, int]] = []
    steps = Steps(changes(150), (), changes(1, "c"))
    apply(steps, Shelf(), {}, watch=lambda done, total: told.append((done, total)))
    assert told == [(100, 151), (150, 151), (151, 151)]


class Struck(Shelf):
    """Is interrupted while the first batch is being added, which lasts until it is heard."""

    heard = threading.Event()

    def add(self, batch: Sequence[Change]) -> list[Outcome]:
        outcomes = super().add(batch)
        os.kill(os.getpid(), signal.SIGINT)  # wakes the main thread; its own would wake this one
        self.heard.wait()
        return outcomes


@pytest.fixture
def _hearing() -> Iterator[None]:
    def hear(_number: int, _frame: FrameType | None) -> None:
        Struck.heard.set()
        raise KeyboardInterrupt

    Struck.heard.clear()
    before = signal.signal(signal.SIGINT, hear)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_hearing")
def test_an_interrupt_begins_nothing_more_and_what_was_under_way_is_told() -> None:
    shelf = Struck(writers=1)
    outcomes = interrupted(shelf, Steps(changes(1_000), (), changes(3, "c")))
    assert len(shelf.held) == len(outcomes) >= 100
    assert len(shelf.held) <= 300  # the batches that were under way when it was heard
    assert shelf.sizes["drop"] == []


@pytest.mark.usefixtures("_hearing")
def test_an_interrupt_while_the_only_batch_is_under_way_drops_nothing() -> None:
    shelf = Struck(writers=4)
    outcomes = interrupted(shelf, Steps(changes(3), (), changes(3, "c")))
    assert set(outcomes) == set(shelf.held) == {change.values for change in changes(3)}
    assert shelf.sizes == {"add": [3], "relocate": [], "drop": []}


def test_an_interrupt_while_outcomes_are_told_writes_no_more_than_it_tells() -> None:
    def strikes(done: int, _total: int) -> None:
        if done >= 200:
            raise KeyboardInterrupt

    shelf = Shelf(writers=4)
    outcomes = interrupted(shelf, Steps(changes(20_000)), watch=strikes)
    assert set(outcomes) == set(shelf.held)
    assert len(outcomes) < 20_000


def test_an_interrupt_while_it_pauses_tells_what_waited() -> None:
    def struck(_seconds: float) -> None:
        raise KeyboardInterrupt

    shelf = Shelf(lambda _values, _n: Cause.TRANSIENT)
    outcomes = interrupted(shelf, Steps(changes(2)), plan_backoff(sleep=struck))
    assert [outcome.error for outcome in outcomes.values()] == ["transient failure"] * 2


causes = st.sampled_from([None, None, None, Cause.TRANSIENT, Cause.ITEM])
scripts = st.dictionaries(st.integers(0, 149), st.lists(causes, max_size=4), max_size=30)


@given(scripts, st.integers(1, 4))
def test_every_change_has_one_outcome_and_the_catalog_is_as_told(
    script: dict[int, list[Cause | None]], writers: int
) -> None:
    def fails(values: Values, number: int) -> Cause | None:
        told = script.get(int(values[1]), [])
        return told[number - 1] if number <= len(told) else None

    shelf = Shelf(fails, writers)
    planned = changes(150)
    outcomes = applied(shelf, Steps(planned), plan_backoff(1e9, lambda _: None))
    assert sorted(outcome.values for outcome in outcomes) == [each.values for each in planned]
    added = {outcome.values for outcome in outcomes if outcome.status is Status.ADDED}
    assert shelf.held == {each.values: each.location for each in planned if each.values in added}
    refused = {values for values, n in shelf.tries.items() if fails(values, n) is Cause.ITEM}
    assert {outcome.values for outcome in outcomes if outcome.status is Status.FAILED} == refused
