"""Similar names in messages."""

import pytest

from flowathena.text import closest, counted, did_you_mean, one_line

FIELDS = ["srcaddr", "dstaddr", "srcport"]


def test_letters_of_another_case_are_no_other_name() -> None:
    assert closest("PROD", ["pod", "prod"]) == "prod"


@pytest.mark.parametrize(
    ("name", "match"), [("srcadr", "srcaddr"), ("dst_addr", "dstaddr"), ("bytes", None), ("", None)]
)
def test_the_closest_name(name: str, match: str | None) -> None:
    assert closest(name, iter(FIELDS)) == match


def test_a_hint_goes_before_the_rest_of_a_message() -> None:
    assert f"unknown; {did_you_mean('srcadr', FIELDS)}write it" == (
        "unknown; did you mean 'srcaddr'? write it"
    )
    assert f"unknown; {did_you_mean('bytes', FIELDS)}write it" == "unknown; write it"


def test_a_message_is_one_line() -> None:
    assert one_line(ValueError("no such\n  table:\t x ")) == "no such table: x"


@pytest.mark.parametrize(
    ("number", "noun", "shown"),
    [(0, ("row",), "0 rows"), (1, ("row",), "1 row"), (2, ("query", "queries"), "2 queries")],
)
def test_a_number_and_its_noun(number: int, noun: tuple[str, ...], shown: str) -> None:
    assert counted(number, *noun) == shown
