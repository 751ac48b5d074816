"""Ranges of thresholds, by the table of the guidelines for Nagios plugins and by hand."""

from decimal import Decimal

import pytest

from flowathena.check.threshold import Number, Range, written
from flowathena.errors import UsageError

# https://nagios-plugins.org/doc/guidelines.html#THRESHOLDFORMAT: "generate an alert if x…"
TABLE = [
    ("10", [-1, 11], [0, 5, 10]),  # < 0 or > 10
    ("10:", [9, -5], [10, 1_000_000]),  # < 10
    ("~:10", [11], [10, 0, -1_000_000]),  # > 10
    ("10:20", [9, 21], [10, 15, 20]),  # < 10 or > 20
    ("@10:20", [10, 15, 20], [9, 21]),  # >= 10 and <= 20
]
BY_HAND = [
    ("0", [-1, 1], [0]),
    (":10", [-1, 11], [0, 10]),
    ("@10", [0, 10], [-1, 11]),
    ("@~:10", [-5, 10], [11]),
    ("@10:", [10, 11], [9]),
    ("-5:-1", [-6, 0], [-5, -1]),
    ("1.5:2.5", [1, 3, Decimal("2.51")], [2, Decimal("1.5"), Decimal("2.5")]),
    (" 7 ", [8], [7]),
    ("~:", [], [-9, 0, 9]),
]


@pytest.mark.parametrize(("text", "alerts", "fine"), [*TABLE, *BY_HAND], ids=str)
def test_what_alerts(text: str, alerts: list[int], fine: list[int]) -> None:
    parsed = Range.parse(text, "--warn")
    assert [each for each in (*alerts, *fine) if parsed.alerts(each)] == alerts


@pytest.mark.parametrize(
    "text",
    ["", " ", ":", "@", "~", "@~", "20:10", "1:2:3", "ten", "10%", "1e3", "nan", "inf", ">10", "٣",
     "10,5", "--5", "1.", ".5", "10:~", "@@5"],
)  # fmt: skip
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(UsageError, match=r"^--critical: .*write 10, 10:, ~:10, 10:20 or @10:20$"):
        Range.parse(text, "--critical")


@pytest.mark.parametrize("text", ["10", "10:", "~:10", "10:20", "@10:20", "@10", "-5:-1", "~:"])
def test_a_range_is_written_as_it_was(text: str) -> None:
    assert str(Range.parse(text, "--warn")) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("10", "outside 0 to 10"),
        ("10:", "less than 10"),
        ("~:10", "more than 10"),
        ("10:20", "outside 10 to 20"),
        ("@10:20", "10 to 20"),
        ("@~:10", "10 or less"),
        ("@10:", "10 or more"),
        ("~:", "no value"),
        ("@~:", "any value"),
    ],
)
def test_words(text: str, words: str) -> None:
    assert Range.parse(text, "--warn").describe() == words


@pytest.mark.parametrize("text", [text for text, _, _ in (*TABLE, *BY_HAND)])
@pytest.mark.parametrize("most", [0, 1, 9, 10, 11, 19, 20, 25])
def test_whether_a_count_can_alert_is_what_trying_every_count_says(text: str, most: int) -> None:
    parsed = Range.parse(text, "--warn")
    assert parsed.can_alert(0, most) == any(map(parsed.alerts, range(most + 1))) or "." in text


def test_numbers_have_no_exponent_and_no_zeros_at_the_end() -> None:
    values: list[Number] = [
        Decimal("1E+3"),
        Decimal("1.50"),
        Decimal("2.0"),
        1000,
        Decimal("1E-7"),
        -3,
    ]
    assert [written(each) for each in values] == ["1000", "1.5", "2", "1000", "0.0000001", "-3"]
