"""Whether an address is in a network: ``contains('10.0.0.0/8', CAST(x AS ipaddress))``.

The network is parsed before anything runs. An IPv4 address is compared by its text; an IPv6 address
is written out as 32 hexadecimal digits first. As in Trino, ``::ffff:10.0.0.1`` is ``10.0.0.1``, and
an IPv6 network may be written with host bits, an IPv4 network may not.
"""

import ipaddress
from ipaddress import IPv4Network, IPv6Network

from sqlglot import exp

from flowathena.engine.local.semantics.base import duckdb, fail
from flowathena.engine.local.semantics.types import ADDRESS, TEXTS, invalid, is_a, unsupported

# An IPv4 address is an IPv6 address with 32 bits after these 96: ::ffff:10.0.0.1.
_MAPPED = 96
_MAPPED_HEX = "00000000000000000000ffff"
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_FOUR = rf"{_OCTET}(\.{_OCTET}){{3}}"
_OCTETS = [f"TRY_CAST(split_part(x, '.', {n}) AS INTEGER)" for n in (1, 2, 3, 4)]
_HEX = f"printf('%02x%02x%02x%02x', {', '.join(_OCTETS)})"
# An IPv4 ending is written as two groups; a zone is left out, but not after such an ending.
_TAIL_OCTETS = [octet.replace("x, '.'", "regexp_extract(x, '[^:]*$'), '.'") for octet in _OCTETS]
_TAIL = "printf('%x:%x', {} * 256 + {}, {} * 256 + {})".format(*_TAIL_OCTETS)
_GROUPS = (
    f"CASE WHEN regexp_full_match(x, '.*:{_FOUR}') "
    f"THEN lower(regexp_extract(x, '^.*:')) || {_TAIL} "
    "ELSE lower(regexp_replace(x, '%.*$', '')) END"
)
# Each group with four digits, the colons left out.
_DIGITS = (
    "regexp_replace(regexp_replace(split_part(g, '::', {}), '([0-9a-f]+)', '000\\1', 'g'),"
    " '[0-9a-f]*([0-9a-f]{{4}})(:|$)', '\\1', 'g')"
)
_PART = "(([0-9a-f]{1,4}:)*[0-9a-f]{1,4})?"
_LONG, _SHORT = "([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}", f"{_PART}::{_PART}"
_PADDED = "rpad(a, CAST(32 - length(b) AS INTEGER), '0') || b"
_SIX = (
    f"CASE WHEN regexp_full_match(g, '{_LONG}') OR "
    f"(regexp_full_match(g, '{_SHORT}') AND length(a) + length(b) <= 28) THEN {_PADDED} END"
)


def _let(name: str, value: str, body: str) -> str:
    """SQL in which a name stands for a value: DuckDB computes a lambda's argument once a row."""
    return f"list_extract(list_transform([{value}], lambda {name}: {body}), 1)"


_WRITTEN_OUT = _let("g", _GROUPS, _let("a", _DIGITS.format(1), _let("b", _DIGITS.format(2), _SIX)))


def is_searched(node: exp.Expr) -> bool:
    """Whether a ``contains`` looks for an address in a network, not for an element."""
    return is_a(node.expression, ADDRESS) and is_a(node.this, TEXTS)


def contains(node: exp.Expr) -> exp.Expr:
    """The DuckDB form of ``contains`` of a literal network and a text cast to an address."""
    network, cast = node.this.unnest(), node.expression.unnest()
    if not isinstance(network, exp.Literal) or not isinstance(cast, exp.Cast):
        raise unsupported("contains of a computed network or address")
    block = _network(network.name)
    otherwise = "" if isinstance(cast, exp.TryCast) else "WHEN x IS NOT NULL THEN :error "
    six = f"CASE WHEN h IS NOT NULL THEN {_is_in('h', block)} {otherwise}END"
    sql = (
        f"CASE WHEN regexp_full_match(:x, '{_FOUR}') THEN {_let('x', ':x', _is_in_by_text(block))} "
        f"ELSE {_let('x', ':x', _let('h', _WRITTEN_OUT, six))} END"
    )
    return duckdb(
        sql,
        x=cast.this,
        error=fail("INVALID_CAST_ARGUMENT", "Cannot cast value to IPADDRESS"),
    )


def _network(written: str) -> IPv4Network | IPv6Network:
    error = invalid("INVALID_FUNCTION_ARGUMENT", f"Invalid CIDR ({written})")
    if not written.partition("/")[2].isdigit():
        raise error
    try:
        network = ipaddress.ip_network(written, strict=":" not in written)
    except ValueError:
        raise error from None
    mapped = network.network_address.ipv4_mapped if isinstance(network, IPv6Network) else None
    if mapped is not None and network.prefixlen >= _MAPPED:
        return IPv4Network((mapped, network.prefixlen - _MAPPED))
    return network


def _is_in_by_text(network: IPv4Network | IPv6Network) -> str:
    """Whether an IPv4 address ``x`` is in the network: whole octets are compared as a prefix."""
    if isinstance(network, IPv6Network):
        return _is_in(f"('{_MAPPED_HEX}' || {_HEX})", network)
    octets = list(network.network_address.packed)
    whole, bits = divmod(network.prefixlen, 8)
    if whole == len(octets):
        return f"x = '{network.network_address}'"
    tests = ["true"]
    if whole:
        tests.append(f"starts_with(x, '{'.'.join(map(str, octets[:whole]))}.')")
    if bits:
        low, high = octets[whole], octets[whole] + 2 ** (8 - bits) - 1
        tests.append(f"{_OCTETS[whole]} BETWEEN {low} AND {high}")
    return " AND ".join(tests)


def _is_in(digits: str, network: IPv4Network | IPv6Network) -> str:
    """Whether the address of these 32 digits is in the network."""
    prefix, length = network.network_address.packed.hex(), network.prefixlen
    if isinstance(network, IPv4Network):
        prefix, length = _MAPPED_HEX + prefix, length + _MAPPED
    whole, bits = divmod(length, 4)
    tests = [f"starts_with({digits}, '{prefix[:whole]}')"]
    if bits:
        low = int(prefix[whole], 16)
        values = ", ".join(f"'{value:x}'" for value in range(low, low + 2 ** (4 - bits)))
        tests.append(f"substr({digits}, {whole + 1}, 1) IN ({values})")
    return " AND ".join(tests)
