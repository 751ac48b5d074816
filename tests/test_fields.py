"""The registry of flow-log fields, and what their values mean."""

import re
import socket

import pytest

from flowathena.logs import values as enumerations
from flowathena.logs.fields import BY_COLUMN, BY_NAME, DEFAULT_FORMAT, EVERY_FIELD, FIELDS

# Fields of AWS's table that Parquet files hold as numbers; all others are STRING.
INT_32 = {
    *("version", "srcport", "dstport", "protocol"),
    *("tcp-flags", "traffic-path", "encryption-status"),
}
INT_64 = {"packets", "bytes", "start", "end"}


@pytest.mark.parametrize(
    ("version", "total"),
    [(2, 14), (3, 21), (4, 25), (5, 29), (7, 39), (8, 40), (9, 41), (10, 42), (11, 54)],
)
def test_a_version_has_its_fields_and_those_of_the_versions_before(
    version: int, total: int
) -> None:
    assert len([field for field in FIELDS if field.version <= version]) == total


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(EVERY_FIELD) == 54 + 18


def test_column_names_are_unique() -> None:
    assert len(BY_COLUMN) == 54 + 18


def test_fields_stand_in_order_of_their_version() -> None:
    assert [field.version for field in FIELDS] == sorted(field.version for field in FIELDS)


def test_default_format_is_the_one_aws_documents() -> None:
    assert " ".join(DEFAULT_FORMAT) == (
        "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
        "start end action log-status"
    )


def test_column_is_the_name_with_underscores() -> None:
    assert BY_NAME["pkt-src-aws-service"].column == "pkt_src_aws_service"


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_types_follow_the_parquet_types_aws_documents(field: object) -> None:
    name = getattr(field, "name", "")
    wanted = ("STRING", "string")
    if name in INT_32:
        wanted = ("INT_32", "int")
    elif name in INT_64:
        wanted = ("INT_64", "bigint")
    found = BY_NAME[name]
    assert (found.parquet_type, found.parquet_hive_type) == wanted
    assert found.hive_type == wanted[1]
    assert found.meaning


def test_these_fields_have_known_values_and_no_others() -> None:
    assert {field.name for field in FIELDS if field.enumeration} == {
        *("protocol", "action", "log-status", "tcp-flags", "type", "sublocation-type"),
        *("pkt-src-aws-service", "pkt-dst-aws-service", "flow-direction", "traffic-path"),
        *("reject-reason", "encryption-status", "interface-type", "next-hop-interface-type"),
    }


def test_every_enumeration_belongs_to_fields_and_names_its_page() -> None:
    for title, found in enumerations.load().items():
        assert found.title == title
        assert set(found.fields) <= set(BY_NAME)
        assert re.match(r"https://(docs\.aws\.amazon\.com|www\.iana\.org)/", found.source)
        kinds = {BY_NAME[name].hive_type for name in found.fields}
        assert {type(each.value) for each in found.values} == {int if kinds == {"int"} else str}
        assert len({each.value for each in found.values}) == len(found.values)
        assert all(each.meaning.isprintable() and each.meaning for each in found.values)
        assert "|" not in "".join(each.meaning + each.name for each in found.values)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("action", ["ACCEPT", "REJECT"]),
        ("log-status", ["OK", "NODATA", "SKIPDATA"]),
        ("type", ["IPv4", "IPv6", "EFA"]),
        ("sublocation-type", ["wavelength", "outpost", "localzone"]),
        ("flow-direction", ["ingress", "egress"]),
        ("traffic-path", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("reject-reason", ["BPA", "EC"]),
        ("encryption-status", [0, 1, 2, 3]),
        (
            "next-hop-interface-type",
            [
                *("nat_gateway", "network_load_balancer", "regional_nat_gateway"),
                *("transit_gateway", "vpc_endpoint"),
            ],
        ),
    ],
)
def test_values_are_the_ones_aws_documents(field: str, values: list[int | str]) -> None:
    found = BY_NAME[field].enumeration
    assert found
    assert [each.value for each in found.values] == values


def test_aws_services_are_the_same_on_both_sides() -> None:
    source = BY_NAME["pkt-src-aws-service"].enumeration
    assert source is BY_NAME["pkt-dst-aws-service"].enumeration
    assert source
    assert len(source.values) == 26
    assert {"AMAZON", "CLOUDFRONT", "S3", "WORKSPACES_GATEWAYS"} < set(source.names)


def test_a_text_is_its_own_name_and_a_number_has_one() -> None:
    action, path = BY_NAME["action"].enumeration, BY_NAME["traffic-path"].enumeration
    assert action
    assert path
    assert action.names == {"ACCEPT": "ACCEPT", "REJECT": "REJECT"}
    assert path.names[8] == "internet gateway"


@pytest.mark.parametrize(
    ("mask", "flags"),
    [
        (0, ()),
        (1, ("FIN",)),
        (2, ("SYN",)),
        (3, ("SYN", "FIN")),
        (4, ("RST",)),
        (6, ("SYN", "RST")),
        (7, ("SYN", "FIN", "RST")),
        (16, ("ACK",)),
        (18, ("SYN", "ACK")),
        (19, ("SYN", "ACK", "FIN")),
        (24, ("ACK", "PSH")),
        (32, ("URG",)),
        (63, ("SYN", "ACK", "PSH", "URG", "FIN", "RST")),
        (255, ("SYN", "ACK", "PSH", "URG", "FIN", "RST", "ECE", "CWR")),
    ],
)
def test_a_mask_of_tcp_flags_is_told_in_the_order_of_a_connection(
    mask: int, flags: tuple[str, ...]
) -> None:
    assert enumerations.tcp_flags(mask) == flags


@pytest.mark.parametrize("mask", [-1, 256])
def test_what_is_no_octet_is_no_mask(mask: int) -> None:
    with pytest.raises(ValueError, match=f"0 to 255, not {mask}"):
        enumerations.tcp_flags(mask)


@pytest.mark.parametrize(
    ("number", "name"),
    [
        *[(0, "HOPOPT"), (1, "ICMP"), (2, "IGMP"), (4, "IPv4"), (6, "TCP"), (17, "UDP")],
        *[(41, "IPv6"), (47, "GRE"), (50, "ESP"), (51, "AH"), (58, "IPv6-ICMP"), (88, "EIGRP")],
        *[(89, "OSPFIGP"), (103, "PIM"), (112, "VRRP"), (115, "L2TP"), (132, "SCTP")],
        *[(136, "UDPLite"), (142, "ROHC"), (145, "NSH")],
    ],
)
def test_protocols_have_ianas_keywords(number: int, name: str) -> None:
    assert enumerations.protocol_names()[number] == name


def test_no_protocol_number_is_left_out() -> None:
    protocol = BY_NAME["protocol"].enumeration
    assert protocol
    assert [each.value for each in protocol.values] == [*range(148), 253, 254, 255]
    unnamed = {each.value for each in protocol.values if not each.name}
    assert unnamed == {61, 63, 68, 99, 114, 253, 254, 255}
    assert set(enumerations.protocol_names()) == {*range(148)} - unnamed
    assert len(set(enumerations.protocol_names().values())) == 143


def test_protocols_have_the_numbers_the_system_gives_them() -> None:
    """Judged by /etc/protocols, as far as the system has it and uses IANA's keywords."""
    resolved = {}
    for number, name in enumerations.protocol_names().items():
        try:
            resolved[number] = socket.getprotobyname(name.lower())
        except OSError:
            continue
    if not resolved:
        pytest.skip("this system has no /etc/protocols")
    assert list(resolved) == list(resolved.values())
