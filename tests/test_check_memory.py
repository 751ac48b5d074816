"""What has been told to whom: due, claimed, recorded; documents that are none of ours."""

from datetime import UTC, datetime, timedelta

import pytest

from flowathena.check.criteria import CheckState
from flowathena.check.memory import CLAIM, Memory, decode, refuse_other
from flowathena.errors import FlowathenaError

OK, WARNING, CRITICAL, UNKNOWN = CheckState
_NO_ZONE = (
    b'{"flowathena_check": 1, "query": "q", "target": "p", "told": {}, '
    b'"claim": {"run": "r", "until": "2026-01-01T00:00:00"}}'
)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_destination_is_told_when_the_state_is_another_than_it_was_told() -> None:
    memory = Memory("q", "prod", {"a": CRITICAL, "b": OK})
    assert memory.due(["a", "b", "new"], CRITICAL) == ["b", "new"]
    assert memory.due(["a", "b", "new"], OK) == ["a"]
    assert memory.due(["a", "b", "new"], UNKNOWN) == ["a", "b", "new"]


def test_every_change_is_told_once() -> None:
    memory, told = Memory("q", "prod"), []
    for state in (OK, OK, WARNING, WARNING, CRITICAL, CRITICAL, UNKNOWN, CRITICAL, OK, OK):
        if due := memory.due(["a"], state):
            told.append(state)
        memory = memory.after(due, state)
    assert told == [WARNING, CRITICAL, UNKNOWN, CRITICAL, OK]


def test_a_claim_lapses() -> None:
    memory = Memory("q", "prod").claimed("run", NOW)
    assert memory.is_claimed(NOW)
    assert memory.is_claimed(NOW + CLAIM - timedelta(seconds=1))
    assert not memory.is_claimed(NOW + CLAIM)
    assert not memory.after([], OK).is_claimed(NOW)


def test_a_document_is_read_as_it_was_written() -> None:
    memory = Memory("q", "prod", {"arn:…": CRITICAL, "slack:1": OK}).claimed("run", NOW)
    assert decode(memory.encode()) == memory
    assert decode(memory.after([], OK).encode()) == memory.after([], OK)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "damaged"),
        (b"{", "damaged"),
        (b"\xff\xfe", "damaged"),
        (b"export PATH=/bin\n", "damaged"),
        (b"[" * 100_000, "damaged"),
        (b"[]", "not the state of a check"),
        (b"{}", "not the state of a check"),
        (b'{"told": {}}', "not the state of a check"),
        (b'{"flowathena_check": 2}', "later version"),
        (b'{"flowathena_check": 1, "query": "q", "more": 1}', "later version"),
        (b'{"flowathena_check": 1, "query": "q"}', "damaged"),
        (b'{"flowathena_check": 1, "query": "q", "target": "p", "told": {"a": "FINE"}}', "damaged"),
        (b'{"flowathena_check": 1, "query": "q", "target": "p", "told": []}', "damaged"),
        (_NO_ZONE, "damaged"),
    ],
)  # fmt: skip
def test_other_documents_are_refused(content: bytes, reason: str) -> None:
    with pytest.raises(FlowathenaError, match=reason):
        decode(content)


def test_a_memory_belongs_to_one_check() -> None:
    refuse_other(Memory("q", "prod"), "q", "prod")
    for query, target in (("other", "prod"), ("q", "test")):
        with pytest.raises(FlowathenaError, match=r"check q \(prod\); give each check a file"):
            refuse_other(Memory("q", "prod"), query, target)
