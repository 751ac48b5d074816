"""Typed parameter values."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Address, ip_address, ip_network

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowathena.errors import ParameterError
from flowathena.inputs.params import Param, bind
from flowathena.inputs.types import TYPES, known_type

MOMENT = datetime(2026, 11, 1, 6, tzinfo=UTC)


def parsed(kind: str, value: object) -> object:
    return Param("p", kind).parse(value)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("int", "7", 7),
        ("int", " -7 ", -7),
        ("int", "+7", 7),
        ("int", 7, 7),
        ("int", "9223372036854775807", 2**63 - 1),
        ("int", "-9223372036854775808", -(2**63)),
        ("number", "1.50", Decimal("1.50")),
        ("number", "-3", Decimal(-3)),
        ("number", "1e3", Decimal(1000)),
        ("number", 2.5, Decimal("2.5")),
        ("number", Decimal("0.1"), Decimal("0.1")),
        ("text", "x' OR 1=1 --", "x' OR 1=1 --"),
        ("text", " kept ", " kept "),
        ("text", "", ""),
        ("date", "2026-11-01", date(2026, 11, 1)),
        ("date", date(2026, 11, 1), date(2026, 11, 1)),
        ("timestamp", "2026-11-01T06:00:00Z", MOMENT),
        ("timestamp", "2026-11-01T08:00:00+02:00", MOMENT),
        ("timestamp", "2026-11-01 06:00", MOMENT),
        ("timestamp", "2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("timestamp", MOMENT, MOMENT),
        ("timestamp", date(2026, 11, 1), datetime(2026, 11, 1, tzinfo=UTC)),
        ("duration", "90m", 5400),
        ("duration", timedelta(days=1, seconds=1), 86_401),
        ("duration", "2w", 1_209_600),
        ("ip", "10.0.0.1", "10.0.0.1"),
        ("ip", "2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("ip", ip_address("10.0.0.1"), "10.0.0.1"),
        ("cidr", "10.0.0.0/8", "10.0.0.0/8"),
        ("cidr", "2001:DB8::/32", "2001:db8::/32"),
        ("cidr", "10.0.0.1", "10.0.0.1/32"),
        ("cidr", IPv4Network("10.0.0.0/8"), "10.0.0.0/8"),
        ("cidr", "2001:db8::1", "2001:db8::1/128"),
        ("cidr", "0.0.0.0/0", "0.0.0.0/0"),
        ("cidr", "::/0", "::/0"),
        ("cidr", "::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ("cidr", "::ffff:10.1.2.3", "10.1.2.3/32"),
        ("ip", "::ffff:10.1.2.3", "10.1.2.3"),
        ("port", "0", 0),
        ("port", 65535, 65535),
        ("account", "000011112222", "000011112222"),
        ("region", "us-gov-west-1", "us-gov-west-1"),
        ("timezone", "Europe/Berlin", "Europe/Berlin"),
        ("timezone", "UTC", "UTC"),
    ],
)
def test_a_value_of_the_type_is_taken(kind: str, value: object, expected: object) -> None:
    assert parsed(kind, value) == expected


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("int", "", "is not a whole number"),
        ("int", "1.5", "is not a whole number"),
        ("int", "1_000", "is not a whole number"),
        ("int", "0x10", "is not a whole number"),
        ("int", "9223372036854775808", "is not a number that Athena can hold; write -922337"),
        ("int", "-9223372036854775809", "is not a number that Athena can hold; write -922337"),
        ("int", "9" * 5000, "is not a number that Athena can hold; write -922337"),
        ("port", "9" * 5000, "is not a port; write 0 to 65535"),
        ("int", "\u0667", "is not a whole number"),
        ("int", "1; DROP TABLE t", "is not a whole number"),
        ("number", "", "is not a number"),
        ("number", "NaN", "is not a number"),
        ("number", "Infinity", "is not a number"),
        ("number", "1e400", "is not a number"),
        ("number", "1e-400", "is not a number"),
        ("number", "1_000", "is not a number"),
        ("number", "\u0667", "is not a number"),
        ("text", "a\0b", "NUL"),
        ("date", "2026-02-30", "is not a date"),
        ("date", "1.11.2026", "is not a date"),
        ("date", "\u0662\u0660\u0662\u0666-11-01", "is not a date"),
        ("timestamp", "noon", "is not a time"),
        ("timestamp", "2026-11-01T24:30", "is not a time"),
        ("duration", "7", "is not a duration"),
        ("duration", "-7d", "is not a duration"),
        ("ip", "10.0.0.256", "is not an IPv4 or IPv6 address"),
        ("ip", "10.0.0", "is not an IPv4 or IPv6 address"),
        ("ip", "010.0.0.1", "is not an IPv4 or IPv6 address"),
        ("ip", "fe80::1%eth0", "is not an IPv4 or IPv6 address"),
        ("ip", "10.0.0.0/8", "is not an IPv4 or IPv6 address"),
        ("ip", "\u0661\u0660.0.0.1", "is not an IPv4 or IPv6 address"),
        ("cidr", "10.0.0.0/33", "is not a network"),
        ("cidr", "fe80::%eth0/64", "is not a network"),
        ("cidr", "everything", "is not a network"),
        ("port", "65536", "is not a port"),
        ("port", "-1", "is not a port"),
        ("port", "https", "is not a port"),
        ("port", "\u0664\u0664\u0663", "is not a port"),
        ("account", "11112222333", "is not an account id"),
        ("account", 11112222333, "is not an account id; write 12 digits, leading zeros included"),
        ("timestamp", MOMENT.replace(tzinfo=None), "has no time zone"),
        ("duration", timedelta(seconds=-1), "is negative"),
        ("duration", 90, "is not a duration"),
        ("text", None, "None is a NoneType"),
        ("text", b"x", "is a bytes, not a value of this type"),
        ("text", ["x"], "is a list, not a value of this type"),
        ("text", object(), "is an object, not a value of this type"),
        ("text", {"x": 1}, "is a dict"),
        ("list[text]", ["x", None], "None is a NoneType"),
        ("list[text]", [["x"]], "is a list"),
        ("list[text]", {"x": 1}, "is a dict"),
        ("list[text]", b"x", "is a bytes"),
        ("list[ip]", [], "needs at least one value"),
        ("region", "Ireland", "is not a Region"),
        ("timezone", "Europe/Atlantis", "is not a time zone"),
        ("timezone", "../../etc/passwd", "is not a time zone"),
        ("timezone", "Europe", "is not a time zone"),
        ("timezone", "", "is not a time zone"),
    ],
)
def test_another_value_is_refused_and_the_parameter_named(
    kind: str, value: object, told: str
) -> None:
    with pytest.raises(ParameterError, match=f"^p: .*{told}"):
        parsed(kind, value)


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("value", [True, False])
def test_a_truth_value_is_no_value_of_any_type(kind: str, value: bool) -> None:
    with pytest.raises(ParameterError, match="is a boolean"):
        parsed(kind, value)


@pytest.mark.parametrize(
    ("given_", "meant"),
    [("10.0.0.1/8", "10.0.0.0/8"), ("2001:db8::1/32", "2001:db8::/32")],
)
def test_host_bits_are_refused_with_the_network_that_was_meant(given_: str, meant: str) -> None:
    with pytest.raises(ParameterError, match=f"did you mean {meant}"):
        parsed("cidr", given_)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("list[int]", "1,2, 3", (1, 2, 3)),
        ("list[int]", [1, "2"], (1, 2)),
        ("list[int]", 7, (7,)),
        ("list[int]", (n for n in (1, 2)), (1, 2)),
        ("list[int]", {"a": 1}.values(), (1,)),
        ("list[int]", np.array([1, 2]), (1, 2)),
        ("list[text]", pd.Series(["a", "b"]), ("a", "b")),
        ("list[account]", 111122223333, ("111122223333",)),
        ("list[cidr]", IPv4Network("10.0.0.0/8"), ("10.0.0.0/8",)),
        ("list[int]", ("1,2", "3"), (1, 2, 3)),
        ("list[int]", "1,,2,", (1, 2)),
        ("list[cidr]", "10.0.0.0/8,192.168.0.0/16", ("10.0.0.0/8", "192.168.0.0/16")),
        ("list[account]", "000011112222", ("000011112222",)),
        ("list[date]", "2026-11-01", (date(2026, 11, 1),)),
        ("list[int]", "3,1,3,+1", (3, 1)),
        ("list[cidr]", "10.0.0.1,10.0.0.1/32,::1", ("10.0.0.1/32", "::1/128")),
        ("list[text]", "a,b", ("a", "b")),
        ("list[text]", ["a,b", "c"], ("a,b", "c")),
    ],
)
def test_lists(kind: str, value: object, expected: Sequence[object]) -> None:
    assert parsed(kind, value) == expected


@pytest.mark.parametrize("value", ["", " ", ",", [], ()])
def test_an_empty_list_is_refused(value: object) -> None:
    with pytest.raises(ParameterError, match="needs at least one value"):
        parsed("list[int]", value)


def test_an_empty_list_is_one_where_none_is_the_default() -> None:
    assert Param("p", "list[int]", required=False, default=()).parse([]) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Europe/Berln", "did you mean 'Europe/Berlin'? write for example Europe/Berlin or UTC"),
        ("europe/berlin", "did you mean 'Europe/Berlin'? "),
        ("localtime", "is not a time zone; "),
        ("posix/UTC", "is not a time zone; "),
        ("../etc/passwd", "is not a time zone; "),
    ],
)
def test_a_time_zone_is_one_that_has_a_name(text: str, told: str) -> None:
    with pytest.raises(ParameterError) as caught:
        parsed("timezone", text)
    assert told in str(caught.value)


def test_choices_are_compared_as_values() -> None:
    spans = Param("p", "duration", choices=("1h", "1d"))
    assert [spans.parse(text) for text in ("60m", "24h", "1d")] == [3600, 86_400, 86_400]
    with pytest.raises(ParameterError, match="'2h' is not one of 1h, 1d"):
        spans.parse("2h")


def test_bounds_of_a_duration_are_told_as_people_write_them() -> None:
    gap = Param("p", "duration", minimum=60, maximum=86_400)
    with pytest.raises(ParameterError, match="'2d' is more than 1d"):
        gap.parse("2d")
    assert gap.limits == "1m to 1d"


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        ("duration", 5400, "90m"),
        ("duration", 604_800, "7d"),
        ("duration", 90, "90 s"),
        ("duration", 0, "0 s"),
        ("list[duration]", (60, 3600), "1m,1h"),
        ("timestamp", MOMENT, "2026-11-01T06:00:00Z"),
        ("date", date(2026, 11, 1), "2026-11-01"),
        ("list[port]", (22, 443), "22,443"),
        ("number", Decimal("0.045"), "0.045"),
        ("text", None, ""),
    ],
)
def test_a_value_is_written_as_people_write_it(kind: str, value: object, written: str) -> None:
    assert Param("p", kind).written(value) == written  # type: ignore[arg-type]


def test_one_wrong_item_refuses_the_list() -> None:
    with pytest.raises(ParameterError, match="'x' is not a port"):
        parsed("list[port]", "443,x")


def test_a_choice_is_one_of_its_choices() -> None:
    assert Param("p", "choice", choices=("ACCEPT", "REJECT")).parse("REJECT") == "REJECT"


def test_another_choice_is_refused_and_the_choices_named() -> None:
    with pytest.raises(ParameterError, match="'reject' is not one of ACCEPT, REJECT"):
        Param("p", "choice", choices=("ACCEPT", "REJECT")).parse("reject")


def test_every_item_of_a_list_is_one_of_the_choices() -> None:
    with pytest.raises(ParameterError, match="'c' is not one of a, b"):
        Param("p", "list[choice]", choices=("a", "b")).parse("a,c")


@pytest.mark.parametrize("value", ["1", "10"])
def test_bounds_are_allowed(value: str) -> None:
    assert Param("p", "int", minimum=1, maximum=10).parse(value) == int(value)


@pytest.mark.parametrize(("value", "told"), [("0", "is less than 1"), ("11", "is more than 10")])
def test_values_out_of_bounds_are_refused(value: str, told: str) -> None:
    with pytest.raises(ParameterError, match=told):
        Param("p", "int", minimum=1, maximum=10).parse(value)


def test_bounds_of_a_number_may_be_fractions() -> None:
    with pytest.raises(ParameterError, match=r"is less than 0\.5"):
        Param("p", "number", minimum=Decimal("0.5")).parse("0.4")


def test_a_long_value_is_shortened_in_the_message() -> None:
    with pytest.raises(ParameterError) as caught:
        parsed("int", "x" * 1_000_000)
    assert len(str(caught.value)) < 100


def test_control_characters_are_escaped_in_the_message() -> None:
    with pytest.raises(ParameterError) as caught:
        parsed("int", "\x1b[31m")
    assert "\x1b" not in str(caught.value)


def test_types_are_known_alone_and_in_lists() -> None:
    assert all(known_type(kind) and known_type(f"list[{kind}]") for kind in TYPES)


@pytest.mark.parametrize("kind", ["", "float", "list", "list[]", "list[list[int]]", "INT"])
def test_other_types_are_not_known(kind: str) -> None:
    assert not known_type(kind)


PARAMS = (
    Param("port", "port", required=False, default=443),
    Param("source", "ip"),
    Param("note", "text", required=False),
)


def test_bind_takes_what_is_given_and_else_the_default() -> None:
    assert bind(PARAMS, {"source": "10.0.0.1"}) == {
        "port": 443,
        "source": "10.0.0.1",
        "note": None,
    }


def test_bind_parses_what_is_given() -> None:
    bound = bind(PARAMS, {"source": "10.0.0.1", "port": "22"})
    assert bound["port"] == 22


def test_bind_needs_the_required_ones() -> None:
    with pytest.raises(ParameterError, match="source: needs a value"):
        bind(PARAMS, {"source": None})


def test_bind_refuses_unknown_names_and_names_the_known_ones() -> None:
    with pytest.raises(ParameterError, match=r"sorce: .* it has: port, source, note"):
        bind(PARAMS, {"sorce": "10.0.0.1"})


def test_a_query_without_parameters_takes_none() -> None:
    with pytest.raises(ParameterError, match="it has: none"):
        bind((), {"port": 1})


@given(st.integers(-(2**63), 2**63 - 1))
def test_every_bigint_is_an_int(number: int) -> None:
    assert parsed("int", str(number)) == number


@given(st.ip_addresses())
def test_every_address_is_spelled_canonically(address: object) -> None:
    typed = str(parsed("ip", str(address)))
    assert ip_address(typed) == (getattr(address, "ipv4_mapped", None) or address)
    assert typed == typed.lower()


@given(st.ip_addresses(v=6))
def test_a_long_spelling_means_the_same_address(address: IPv6Address) -> None:
    assert parsed("ip", address.exploded.upper()) == str(address.ipv4_mapped or address)


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_a_network_is_taken_when_no_host_bit_is_set(address: object, bits: int) -> None:
    network = ip_network(f"{address}/{bits}", strict=False)
    assert parsed("cidr", str(network)) == str(network)


@given(st.text(alphabet=st.characters(exclude_characters="\0", codec="utf-8")))
def test_every_text_without_nul_is_kept_as_it_is(text: str) -> None:
    assert parsed("text", text) == text
