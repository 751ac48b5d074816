"""Addresses, and whether one is in a network: ``contains('10.0.0.0/8', CAST(x AS ipaddress))``.

An address is kept as 32 hexadecimal digits. A literal network is parsed before anything runs; an
IPv4 address that is cast to be searched in one is compared by its text. As in Trino,
``::ffff:10.0.0.1`` is ``10.0.0.1``, and an IPv6 network may be written with host bits, an IPv4
network may not.
"""

import ipaddress
from ipaddress import IPv4Network, IPv6Network

from sqlglot import exp

from flowathena.engine.local.semantics.base import athena_only, duckdb, fail
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


_SEARCHED = "searched"
_DIGITS16 = "0123456789abcdef"
_OCTETS_AT = (25, 27, 29, 31)
# A digit after the prefix that is not 0, or the bits of the prefix's last digit.
_HOST_BITS = (
    "(regexp_matches(substr(fa_h, (fa_b + 3) // 4 + 1), '[^0]') OR "
    f"(strpos('{_DIGITS16}', substr(fa_h || '0', fa_b // 4 + 1, 1)) - 1) "
    "% CAST(pow(2, 4 - fa_b % 4) AS INTEGER) <> 0 AND fa_b % 4 <> 0)"
)
_BOUND_ERRORS = {
    "cidr": fail("INVALID_FUNCTION_ARGUMENT", "Invalid CIDR"),
    "odd": athena_only("a network of mapped addresses, or with +,"),
}


def _let(name: str, value: str, body: str) -> str:
    """SQL in which a name stands for a value: DuckDB computes a lambda's argument once a row."""
    return f"list_extract(list_transform([{value}], lambda {name}: {body}), 1)"


_WRITTEN_OUT = _let("g", _GROUPS, _let("a", _DIGITS.format(1), _let("b", _DIGITS.format(2), _SIX)))


def is_searched(node: exp.Expr) -> bool:
    """Whether a ``contains`` looks for an address in a network, not for an element."""
    return is_a(node.expression, ADDRESS) and is_a(node.this, TEXTS)


def note_search(node: exp.Expr) -> None:
    """Mark the cast of what is searched in a literal network: it stays a text, see ``contains``."""
    searched = node.expression.unnest()
    if isinstance(node.this.unnest(), exp.Literal) and isinstance(searched, exp.Cast):
        searched.meta[_SEARCHED] = is_a(searched.this, TEXTS)


def read(cast: exp.Cast) -> exp.Expr:
    """An address as its 32 hexadecimal digits, whose order is that of addresses."""
    if cast.meta.get(_SEARCHED):
        return cast
    if is_a(cast.this, ADDRESS):
        return exp.paren(cast.this)
    if is_a(cast.this, {exp.DType.NULL}):
        return duckdb("CAST(NULL AS VARCHAR)")
    if not is_a(cast.this, TEXTS):
        raise unsupported("cast of bytes to ipaddress")
    quiet = isinstance(cast, exp.TryCast)
    if quiet:
        return duckdb(_let("fa_x", ":x", _digits("fa_x")), x=cast.this)
    known = "CASE WHEN fa_x IS NOT NULL AND fa_h IS NULL THEN :error ELSE fa_h END"
    sql = _let("fa_x", ":x", _let("fa_h", _digits("fa_x"), known))
    return duckdb(sql, x=cast.this, error=_no_address())


def written(digits: exp.Expr) -> exp.Expr:
    """The text of an address: IPv6 in lower case, the longest run of zeros as ``::``."""
    octets = (f"CAST(CAST('0x' || substr(fa_h, {n}, 2) AS INTEGER) AS VARCHAR)" for n in _OCTETS_AT)
    groups = (
        f"CASE WHEN substr(fa_h, {n}, 3) = '000' THEN '' ELSE ltrim(substr(fa_h, {n}, 3), '0') END"
        f" || substr(fa_h, {n + 3}, 1)"
        for n in range(1, 33, 4)
    )
    runs = (rf"(^|:)0(:0){{{count - 1}}}(:|$)" for count in range(8, 1, -1))
    short = " ".join(
        f"WHEN regexp_matches(fa_g, '{run}') THEN regexp_replace(fa_g, '{run}', '::')"
        for run in runs
    )
    six = _let("fa_g", " || ':' || ".join(groups), f"CASE {short} ELSE fa_g END")
    four = " || '.' || ".join(octets)
    sql = f"CASE WHEN starts_with(fa_h, '{_MAPPED_HEX}') THEN {four} ELSE {six} END"
    return duckdb(_let("fa_h", ":h", sql), h=digits)


def contains(node: exp.Expr) -> exp.Expr:
    """The DuckDB form of ``contains`` of a network and an address."""
    network, address = node.this.unnest(), node.expression.unnest()
    if isinstance(address, exp.Cast) and address.meta.get(_SEARCHED):
        return _contains_text(_network(network.name), address)
    if isinstance(network, exp.Literal):
        return duckdb(_let("fa_h", ":h", _is_in("fa_h", _network(network.name))), h=address)
    # Two plain comparisons: DuckDB joins by them, and reads every network and address once.
    low, high = (duckdb(_bound(ones=ones), n=node.this, **_BOUND_ERRORS) for ones in (False, True))
    return exp.paren(
        exp.and_(
            exp.GTE(this=address.copy(), expression=low),
            exp.LTE(this=address.copy(), expression=high),
        )
    )


def _contains_text(block: IPv4Network | IPv6Network, cast: exp.Cast) -> exp.Expr:
    """Whether a text's address is in a literal network."""
    otherwise = "" if isinstance(cast, exp.TryCast) else "WHEN x IS NOT NULL THEN :error "
    six = f"CASE WHEN h IS NOT NULL THEN {_is_in('h', block)} {otherwise}END"
    sql = (
        f"CASE WHEN regexp_full_match(:x, '{_FOUR}') THEN {_let('x', ':x', _is_in_by_text(block))} "
        f"ELSE {_let('x', ':x', _let('h', _WRITTEN_OUT, six))} END"
    )
    return duckdb(sql, x=cast.this, error=_no_address())


def _no_address() -> exp.Expr:
    return fail("INVALID_CAST_ARGUMENT", "Cannot cast value to IPADDRESS")


def _digits(name: str) -> str:
    """The 32 digits of the address of this text, NULL if it is none."""
    four = f"'{_MAPPED_HEX}' || {_HEX}"
    return (
        f"CASE WHEN regexp_full_match({name}, '{_FOUR}') THEN {_let('x', name, four)} "
        f"ELSE {_let('x', name, _WRITTEN_OUT)} END"
    )


def _bound(*, ones: bool) -> str:
    """The first address of the network ``:n``, or the last: its other bits are ones."""
    value = f"strpos('{_DIGITS16}', substr(fa_h, fa_b // 4 + 1, 1)) - 1"
    unit = "CAST(pow(2, 4 - fa_b % 4) AS INTEGER)"
    digit = f"({value}) // {unit} * {unit}" + (f" + {unit} - 1" if ones else "")
    fill = "f" if ones else "0"
    filled = (
        f"substr(fa_h, 1, fa_b // 4) || CASE WHEN fa_b < 128 THEN "
        f"substr('{_DIGITS16}', {digit} + 1, 1) || repeat('{fill}', 31 - fa_b // 4) "
        "ELSE '' END"
    )
    # The bits after the prefix of an IPv4 network must be zeros.
    host = f"starts_with(fa_h, '{_MAPPED_HEX}') AND NOT contains(fa_t, ':') AND {_HOST_BITS}"
    checked = (
        "CASE WHEN fa_t IS NULL THEN NULL WHEN contains(fa_t, '+') THEN :odd "
        "WHEN fa_h IS NULL OR fa_b IS NULL OR fa_b > 128 THEN :cidr "
        f"WHEN fa_b < 96 AND starts_with(fa_h, '{_MAPPED_HEX}') THEN :odd "
        f"WHEN {host} THEN :cidr ELSE {filled} END"
    )
    bits = (
        "CASE WHEN regexp_full_match(fa_t, '[^/]*/[0-9]{1,3}') THEN "
        "CAST(split_part(fa_t, '/', 2) AS INTEGER) "
        "+ CASE WHEN contains(fa_t, ':') THEN 0 ELSE 96 END END"
    )
    address = _let("fa_a", "split_part(fa_t, '/', 1)", _digits("fa_a"))
    return _let("fa_t", ":n", _let("fa_h", address, _let("fa_b", bits, checked)))


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
