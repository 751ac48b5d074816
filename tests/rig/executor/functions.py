"""The functions a query may call, by Athena's names, and how DuckDB is taught the missing ones."""

import ipaddress
import re
import urllib.parse
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
from duckdb.func import FunctionNullHandling
from duckdb.sqltypes import BLOB, BOOLEAN, DOUBLE, VARCHAR, DuckDBPyType

from tests.rig.executor.texts import java_double

# Every name here has been seen to give Trino's value in tests/test_rig_functions.py or is a plain
# name of both engines. A name that is not here fails as not registered, never runs by luck.
_NAMES = """
    abs approx_distinct approx_percentile arbitrary array_agg array_distinct array_join array_max
    array_min array_sort avg bitwise_and bitwise_or bitwise_xor bool_and
    bool_or cardinality ceil ceiling checksum chr coalesce codepoint concat contains count
    count_if
    cume_dist current_date current_timestamp date date_add date_diff date_format date_parse
    date_trunc day day_of_month day_of_week day_of_year dense_rank dow doy element_at every exp
    first_value flatten floor format format_datetime from_hex from_iso8601_date
    from_iso8601_timestamp from_unixtime greatest histogram hour if json_extract
    json_extract_scalar lag last_value lead least length listagg ln localtimestamp log10 log2
    lower lpad ltrim map map_keys map_values max max_by min min_by minute mod month now
    nth_value ntile nullif percent_rank pi position pow power quarter rand random rank
    regexp_extract regexp_like regexp_replace replace reverse round row_number rpad rtrim second
    sequence sign slice split split_part sqrt starts_with stddev stddev_pop stddev_samp strpos
    substr substring sum to_hex to_unixtime transform trim truncate try unnest upper
    url_decode url_encode var_pop var_samp variance week week_of_year year year_of_week yow
    filter cast try_cast case extract interval grouping array row values any_value
"""
NAMES = frozenset(_NAMES.split())

_MACROS = (
    # Not Trino's number: of two checksums only whether they are equal means anything.
    "CREATE MACRO checksum(x) AS unhex(md5(CAST(sum(hash(x)) AS VARCHAR)))",
    "CREATE MACRO rig_split_part(s, d, n) AS string_split(s, d)[n]",
    """CREATE MACRO rig_regexp_extract(s, p, g) AS
    CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) END""",
    "CREATE MACRO rig_zoned_text(t) AS strftime(t, '%Y-%m-%d %H:%M:%S.%g UTC')",
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_V4_MAPPED = 0xFFFF << 32


def _wide(address: Address) -> int:
    return int(address) + (_V4_MAPPED if address.version == 4 else 0)


def _parsed(text: str) -> Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(f"INVALID_CAST_ARGUMENT: Cannot cast value to IPADDRESS: {text}") from None


def _ip(text: str) -> bytes:
    return _wide(_parsed(text)).to_bytes(16, "big")


def _try_ip(text: str | None) -> bytes | None:
    try:
        return None if text is None else _ip(text)
    except ValueError:
        return None


def _ip_text(raw: bytes) -> str:
    number = int.from_bytes(raw, "big")
    if number >> 32 == 0xFFFF:
        return str(ipaddress.IPv4Address(number & 0xFFFFFFFF))
    return str(ipaddress.IPv6Address(number))


def _in_network(cidr: str, raw: bytes) -> bool:
    try:
        network = ipaddress.ip_network(cidr)
    except ValueError:
        raise ValueError(f"INVALID_FUNCTION_ARGUMENT: Invalid CIDR: {cidr}") from None
    low, high = _wide(network.network_address), _wide(network.broadcast_address)
    return low <= int.from_bytes(raw, "big") <= high


def _decode(text: str) -> str:
    return urllib.parse.unquote_plus(text)


def _encode(text: str) -> str:
    return urllib.parse.quote_plus(text, safe="*-._")


# Joda's letters, as far as a text of a log needs them.
_JODA = {
    "yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "SSS": "%g",
    "EEE": "%a", "EEEE": "%A", "MMM": "%b", "hh": "%I", "a": "%p", "yy": "%y", "Z": "+0000",
}  # fmt: skip
_JODA_PIECES = re.compile(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+")


def _piece(found: re.Match[str]) -> str | None:
    if found[1] is not None:
        return found[1] or "'"
    return _JODA.get(found[0]) if found[2] else found[0].replace("%", "%%")


def joda(pattern: str) -> str | None:
    """Turn a Joda pattern into one of strftime, or nothing when a letter is not known."""
    pieces = [_piece(found) for found in _JODA_PIECES.finditer(pattern)]
    known = [piece for piece in pieces if piece is not None]
    return "".join(known) if len(known) == len(pieces) else None


def _double_text(value: float) -> str:
    """As SQL writes an approximate number: always with an exponent, 1.2E1 for twelve."""
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 - NaN
        return java_double(value)
    digits, _, exponent = f"{Decimal(repr(value)).normalize():E}".partition("E")
    return f"{digits if '.' in digits or value == 0 else digits + '.0'}E{int(exponent)}"


_TAUGHT: tuple[tuple[str, Callable[..., Any], list[Any], DuckDBPyType], ...] = (
    ("rig_ip", _ip, [VARCHAR], BLOB),
    ("rig_try_ip", _try_ip, [VARCHAR], BLOB),
    ("rig_ip_text", _ip_text, [BLOB], VARCHAR),
    ("rig_in_network", _in_network, [VARCHAR, BLOB], BOOLEAN),
    ("rig_double_text", _double_text, [DOUBLE], VARCHAR),
    ("rig_url_decode", _decode, [VARCHAR], VARCHAR),
    ("rig_url_encode", _encode, [VARCHAR], VARCHAR),
)


def teach(connection: duckdb.DuckDBPyConnection) -> None:
    """Give a database the functions of Athena that DuckDB does not have."""
    for macro in _MACROS:
        connection.execute(macro)
    for name, call, types, result in _TAUGHT:
        # A function that answers NULL for a value has to be asked about NULLs too.
        nulls = FunctionNullHandling.SPECIAL if call is _try_ip else FunctionNullHandling.DEFAULT
        connection.create_function(name, call, types, result, null_handling=nulls)
