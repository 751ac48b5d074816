"""Which addresses are public, by both engines' means, against IANA's registries read by hand."""

import ipaddress
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowathena.catalog import wanted
from flowathena.engine.local.translate import to_duckdb
from flowathena.logs.addresses import (
    REACHABLE_IPV4,
    REACHABLE_IPV6,
    SPECIAL_IPV4,
    SPECIAL_IPV6,
    UNICAST_IPV6,
)
from flowathena.query import relation
from flowathena.sql.statement import Statement
from flowathena.target.target import Target

NOW = datetime(2026, 11, 8, tzinfo=UTC)
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# First and last address of each range, and their neighbours outside.
PUBLIC = (
    *("1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"),
    *("128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "8.8.8.8"),
    *("191.255.255.255", "192.0.0.9", "192.0.0.10", "192.0.1.0", "192.0.1.255", "192.0.3.0"),
    *("192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "192.31.196.1"),
    *("198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0", "203.0.112.255"),
    *("203.0.114.0", "223.255.255.255", "192.175.48.1", "192.52.193.1"),
    *("2000::", "2001:200::", "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::", "2003::"),
    *("2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe:ffff::1", "3fff:1000::", "2620:4f:8000::1"),
    *("64:ff9b::808:808", "2001:1::1", "2001:1::2", "2001:1::3", "2001:3::1", "2001:4:112::1"),
    *("2001:20::1", "2001:2f::1", "2001:30::1", "2600:1f18::1", "2A00:1450:4001:800::200E"),
)
NOT_PUBLIC = (
    *("0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255"),  # noqa: S104 - an address as text
    *("127.0.0.1", "127.255.255.255", "169.254.0.0", "169.254.169.254", "169.254.255.255"),
    *("172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.8", "192.0.0.11", "192.0.0.100"),
    *("192.0.0.90", "192.0.0.109", "192.0.0.255", "192.0.2.0", "192.0.2.255", "192.88.99.0"),
    *("192.88.99.255", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255"),
    *("198.51.100.0", "198.51.100.255", "203.0.113.0", "203.0.113.255", "224.0.0.0"),
    *("239.255.255.255", "240.0.0.0", "255.255.255.255"),
    *("::", "::1", "::ffff:8.8.8.8", "::ffff:10.0.0.1", "64:ff9b:1::1", "64:ff9a::1", "100::1"),
    *("100:0:0:1::1", "2001::1", "2001:1::4", "2001:2::1", "2001:4:111::1", "2001:10::1"),
    *("2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::", "2001:db8:ffff::1", "2002::1"),
    *("2002:ffff::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1", "fc00::1", "fdff::1"),
    *("fe80::1", "febf::1", "fec0::1", "ff02::1", "1fff::1", "::8.8.8.8"),
)
NO_ADDRESS = ("-", "", "eth0", "1.2.3", "1.2.3.4.5", "1.2.3.4/32", "ab:cd", None)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as made:
        made.execute("CREATE SCHEMA flowathena")
        made.execute("CREATE TABLE flowathena.vpc_flow_logs (srcaddr VARCHAR)")
        yield made


def verdicts(
    connection: duckdb.DuckDBPyConnection, addresses: list[str | None], *networks: str
) -> dict[str | None, bool | None]:
    """``src_public`` of addresses, as the local engine computes it."""
    target = Target("local", "/logs", own_networks=networks)
    source = wanted.flow_table(wanted.wanted_table(target), target)
    expression = relation.column_expressions(source)["src_public"]
    table = "flowathena.vpc_flow_logs"
    schema = {"flowathena": {"vpc_flow_logs": {"srcaddr": "string"}}}
    sql = to_duckdb(Statement(f"SELECT srcaddr, {expression} FROM {table}"), schema, NOW)
    connection.execute(f"DELETE FROM {table}")
    connection.executemany(f"INSERT INTO {table} VALUES (?)", [[each] for each in addresses])
    return dict(connection.execute(sql).fetchall())


def is_in(address: Address, networks: tuple[str, ...]) -> bool:
    return any(address in ipaddress.ip_network(network) for network in networks)


def is_public(address: Address) -> bool:
    """By the lists of ranges, with Python's own arithmetic of networks."""
    if address.version == 4:
        return not is_in(address, SPECIAL_IPV4) or is_in(address, REACHABLE_IPV4)
    unicast = is_in(address, (UNICAST_IPV6,)) and not is_in(address, SPECIAL_IPV6)
    return unicast or is_in(address, REACHABLE_IPV6)


def test_edges_of_every_range(connection: duckdb.DuckDBPyConnection) -> None:
    expected = dict.fromkeys(PUBLIC, True) | dict.fromkeys(NOT_PUBLIC, False)
    expected |= dict.fromkeys(NO_ADDRESS)  # type: ignore[arg-type] # None: unknown
    assert verdicts(connection, list(expected)) == expected


def test_the_lists_and_the_edges_agree() -> None:
    addresses = {each: ipaddress.ip_address(each) for each in (*PUBLIC, *NOT_PUBLIC)}
    found = {each for each, address in addresses.items() if is_public(address)}
    assert found == set(PUBLIC)


def test_every_ipv4_slash_24_and_slash_32_of_the_odd_one(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """The pattern of IPv4 and the list of ranges are two ways to say the same."""
    addresses: list[str | None] = [f"192.0.0.{n}" for n in range(256)]
    addresses += [f"{a}.{b}.7.200" for a in range(0, 256, 3) for b in range(0, 256, 17)]
    addresses += [f"{a}.{b}.{c}.9" for a, b in ((192, 0), (192, 88), (198, 51), (203, 0))
                  for c in range(256)]  # fmt: skip
    addresses += [f"{a}.{b}.0.1" for a in (100, 169, 172, 192, 198) for b in range(256)]
    expected = {each: is_public(ipaddress.ip_address(str(each))) for each in addresses}
    assert verdicts(connection, list(expected)) == expected


@settings(max_examples=15)
@given(st.lists(st.ip_addresses(), min_size=50, max_size=50))
def test_any_address(found: list[Address]) -> None:
    expected = {str(each): is_public(each) for each in found}
    with duckdb.connect(":memory:") as connection:
        connection.execute("CREATE SCHEMA flowathena")
        connection.execute("CREATE TABLE flowathena.vpc_flow_logs (srcaddr VARCHAR)")
        assert verdicts(connection, list(expected)) == expected


def test_own_networks_are_not_public(connection: duckdb.DuckDBPyConnection) -> None:
    networks = ("2600:1f18:100::/40", "26.7.0.0/16")
    expected = {
        "2600:1f18:100::1": False, "2600:1f18:200::1": True, "26.7.255.255": False,
        "26.8.0.0": True, "10.0.0.1": False, "-": None,
    }  # fmt: skip
    assert verdicts(connection, list(expected), *networks) == expected


def test_star_leaves_hidden_columns_out_unless_they_are_named() -> None:
    columns = ["srcaddr", "src_public", "dst_public", "day"]
    assert relation.columns_of_star(columns) == ["srcaddr", "day"]
    assert relation.columns_of_star(columns, ["dst_public"]) == ["srcaddr", "dst_public", "day"]


def test_no_range_is_written_with_host_bits() -> None:
    for each in (*SPECIAL_IPV4, *SPECIAL_IPV6, *REACHABLE_IPV4, *REACHABLE_IPV6):
        assert re.fullmatch(r"[0-9a-f.:]+/[0-9]+", each)
        assert str(ipaddress.ip_network(each)) == each
