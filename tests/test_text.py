"""Similar names in messages."""

import pytest
from rich.cells import cell_len

from flowathena.text import closest, counted, did_you_mean, display_width, one_line, sized

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


WIDTHS = [
    ("", 0), ("10.0.0.1", 8), ("ünï", 3), ("e\u0301", 1), ("東京", 4), ("ﾊﾝ", 2), ("한글", 4),
    ("\u1112\u1161\u11ab", 2), ("👍🏽!", 3), ("👩\u200d👩\u200d👧", 2), ("❤\ufe0f", 2), ("🇩🇪", 2),
    ("░▒▓█⣿", 5), ("a\u200bb", 2),
]  # fmt: skip


@pytest.mark.parametrize(("text", "columns"), WIDTHS)
def test_the_columns_that_a_text_takes(text: str, columns: int) -> None:
    """By hand, and as what draws on a terminal counts them."""
    assert display_width(text) == cell_len(text) == columns


@pytest.mark.parametrize("text", [text for text, _ in WIDTHS])
@pytest.mark.parametrize("columns", [0, 1, 2, 3, 9])
def test_a_text_of_so_many_columns(text: str, columns: int) -> None:
    made = sized(text, columns)
    assert display_width(made) == columns
    assert text.startswith(made.rstrip(" "))
