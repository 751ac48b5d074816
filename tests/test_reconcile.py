"""Wanted, live, diff, confirm, apply on shelves of jars: order, answers, failures, interrupts."""

from collections.abc import Mapping, Sequence

import pytest

from flowathena.errors import CatalogError
from flowathena.reconcile import (
    Action,
    ApplyInterruptedError,
    Operation,
    OperationResult,
    Resources,
    apply,
    apply_in_turn,
    differs,
    plan,
)


class Jars(Resources[int]):
    """Jars by name, with how much is in each."""

    kind = "jar"

    def __init__(
        self, wanted: Mapping[str, int], live: Mapping[str, int], *, on_failure: str = "stop"
    ) -> None:
        self.target = dict(wanted)
        self.shelf = dict(live)
        self.stops_on_failure = on_failure == "stop"
        self.errors: dict[str, BaseException] = {}
        self.tried: list[str] = []

    def wanted(self) -> Mapping[str, int]:
        return self.target

    def live(self) -> Mapping[str, int]:
        return self.shelf

    def describe(self, operation: Operation[int]) -> str:
        if operation.action is not Action.REPLACE:
            return ""
        return f"{operation.live} -> {operation.wanted}"

    def do(self, operation: Operation[int]) -> None:
        self.tried.append(str(operation))
        if operation.name in self.errors:
            raise self.errors[operation.name]
        if operation.wanted is None:
            del self.shelf[operation.name]
        else:
            self.shelf[operation.name] = operation.wanted


def shelf(on_failure: str = "stop") -> Jars:
    """To create: tea, salt; to replace: rice; to keep: oats; to delete: moss, then rust."""
    return Jars(
        {"tea": 1, "oats": 2, "rice": 3, "salt": 4},
        {"rust": 9, "oats": 2, "moss": 8, "rice": 7},
        on_failure=on_failure,
    )


_ORDER = ["create jar tea", "replace jar rice", "create jar salt", "delete jar moss"]
_ALL = [*_ORDER, "delete jar rust"]


def states(results: Sequence[OperationResult[int]]) -> str:
    """The first letter of each state: done, failed, skipped, planned."""
    return "".join(each.state[0] for each in results)


def never(_: Sequence[Operation[int]]) -> bool:
    raise AssertionError("nothing to ask")


def test_a_plan_creates_in_order_and_deletes_last_in_reverse() -> None:
    jars = shelf()
    operations = plan(jars)
    assert [str(each) for each in operations] == [
        "create jar tea",
        "keep jar oats",
        *_ALL[1:],
    ]
    assert operations[2] == Operation("jar", "rice", Action.REPLACE, 3, 7, "7 -> 3")
    assert differs(operations)
    assert jars.tried == []


def test_apply_asks_once_and_does_all() -> None:
    jars, questions = shelf(), []

    def agree(operations: Sequence[Operation[int]]) -> bool:
        questions.append(operations)
        return True

    operations = plan(jars)
    results = apply(jars, operations, confirm=agree)
    assert questions == [operations]
    assert jars.tried == _ALL
    assert jars.shelf == jars.target
    assert states(results) == "dddddd"
    assert [each.changed for each in results] == [True, False, True, True, True, True]
    assert [each.summary for each in results] == [
        "created jar tea",
        "nothing to change: jar oats is as wanted",
        "replaced jar rice",
        "created jar salt",
        "deleted jar moss",
        "deleted jar rust",
    ]
    assert not differs(plan(jars))


def test_declined_changes_nothing() -> None:
    jars = shelf()
    before = dict(jars.shelf)
    results = apply(jars, plan(jars), confirm=lambda _: False)
    assert (jars.tried, jars.shelf) == ([], before)
    assert states(results) == "sdssss"
    assert results[0].summary == "jar tea is not created"
    assert not any(each.changed for each in results)


def test_a_dry_run_asks_and_changes_nothing() -> None:
    jars = shelf()
    results = apply(jars, plan(jars), confirm=never, dry_run=True)
    assert jars.tried == []
    assert states(results) == "pdpppp"
    assert results[2].summary == "would replace jar rice"


@pytest.mark.parametrize("live", [{}, {"tea": 1}])
def test_nothing_to_do_asks_nothing(live: dict[str, int]) -> None:
    jars = Jars(live, live)
    operations = plan(jars)
    assert not differs(operations)
    assert states(apply(jars, operations, confirm=never)) == "d" * len(live)


@pytest.mark.parametrize(("on_failure", "expected"), [("stop", "ddfsss"), ("go on", "ddfddd")])
def test_a_failure_in_the_middle(on_failure: str, expected: str) -> None:
    jars = shelf(on_failure)
    error = CatalogError("the lid is stuck")
    jars.errors["rice"] = error
    results = apply(jars, plan(jars))
    assert states(results) == expected
    assert results[2].error is error
    assert results[2].summary == "jar rice is not replaced: the lid is stuck"
    assert jars.shelf["rice"] == 7
    assert [each.summary for each in results[3:]] == (
        ["jar salt is not created", "jar moss is not deleted", "jar rust is not deleted"]
        if on_failure == "stop"
        else ["created jar salt", "deleted jar moss", "deleted jar rust"]
    )


@pytest.mark.parametrize("on_failure", ["stop", "go on"])
def test_an_interrupt_in_the_middle_reports_every_operation(on_failure: str) -> None:
    jars = shelf(on_failure)
    jars.errors["rice"] = KeyboardInterrupt("terminated")
    with pytest.raises(ApplyInterruptedError, match=r"^terminated$") as caught:
        apply(jars, plan(jars))
    results = caught.value.results
    assert jars.tried == _ORDER[:2]
    assert states(results) == "ddfsss"
    assert [each.operation for each in results] == list(plan(shelf()))
    assert results[2].summary == (
        "whether jar rice is replaced is not known: interrupted while it was under way; "
        "run the same again, which looks first"
    )
    assert str(ApplyInterruptedError(())) == ""


def test_an_interrupted_question_has_changed_nothing() -> None:
    def interrupt(_: Sequence[Operation[int]]) -> bool:
        raise KeyboardInterrupt

    jars = shelf()
    with pytest.raises(KeyboardInterrupt) as caught:
        apply(jars, plan(jars), confirm=interrupt)
    assert not isinstance(caught.value, ApplyInterruptedError)
    assert jars.tried == []


def test_a_bug_is_not_a_result() -> None:
    jars = shelf()
    jars.errors["rice"] = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        apply(jars, plan(jars))


def test_a_kind_may_say_what_is_the_same() -> None:
    class RoughJars(Jars):
        def same(self, wanted: int, live: int) -> bool:
            return abs(wanted - live) <= 1

    jars = RoughJars({"tea": 1, "oats": 5}, {"tea": 2, "oats": 7})
    assert [each.action for each in plan(jars)] == ["keep", "replace"]


def test_json_has_one_shape_for_every_kind() -> None:
    jars = Jars({"rice": 3, "tea": 1}, {"rice": 7})
    operations = plan(jars)
    shown = {"kind": "jar", "name": "rice", "action": "replace", "detail": "7 -> 3"}
    assert operations[0].to_json() == shown
    jars.errors["rice"] = CatalogError("the lid is stuck")
    assert [each.to_json() for each in apply(jars, operations)] == [
        {**shown, "state": "failed", "error": "the lid is stuck"},
        {
            "kind": "jar",
            "name": "tea",
            "action": "create",
            "detail": None,
            "state": "skipped",
            "error": None,
        },
    ]


def test_kinds_are_made_in_turn_and_deleted_in_reverse() -> None:
    """A lid sits on a jar: jars first when made, lids first when deleted."""
    order: list[str] = []

    class Ordered(Jars):
        def do(self, operation: Operation[int]) -> None:
            order.append(str(operation))
            super().do(operation)

    jars = Ordered({"tea": 1}, {"moss": 8, "rust": 9})
    lids = Ordered({"tea lid": 1}, {"moss lid": 8})
    lids.kind = "lid"
    results = apply_in_turn([(jars, plan(jars)), (lids, plan(lids))])
    assert order == [
        "create jar tea",
        "create lid tea lid",
        "delete lid moss lid",
        "delete jar rust",
        "delete jar moss",
    ]
    assert [each.operation.name for each in results] == [
        *("tea", "rust", "moss"),
        *("tea lid", "moss lid"),
    ]
    assert all(each.changed for each in results)


def test_a_failure_stops_the_kinds_that_follow() -> None:
    jars, lids = Jars({"tea": 1}, {}), Jars({"tea lid": 1}, {})
    jars.errors["tea"] = CatalogError("no shelf")
    results = apply_in_turn([(jars, plan(jars)), (lids, plan(lids))])
    assert [each.state for each in results] == ["failed", "skipped"]
    assert lids.tried == []


def test_one_question_for_all_kinds() -> None:
    jars, lids = Jars({"tea": 1}, {}), Jars({"tea lid": 1}, {})
    asked: list[int] = []

    def refuse(operations: Sequence[Operation[int]]) -> bool:
        asked.append(len(operations))
        return False

    results = apply_in_turn([(jars, plan(jars)), (lids, plan(lids))], confirm=refuse)
    assert asked == [2]
    assert [each.state for each in results] == ["skipped", "skipped"]
    assert (jars.tried, lids.tried) == ([], [])
