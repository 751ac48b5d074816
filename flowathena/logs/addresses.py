"""The special-purpose address ranges: no address within them is public; pure.

Source: the IANA special-purpose registries of IPv4 and IPv6 and their column "Globally Reachable",
https://www.iana.org/assignments/iana-ipv4-special-registry and
https://www.iana.org/assignments/iana-ipv6-special-registry, with multicast and, of IPv6, everything
outside of 2000::/3, which is not assigned. Where the registry says "N/A" (6to4 and its relays), a
range is not public.
"""

SPECIAL_IPV4 = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
    *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
)
"""IPv4 ranges that are not globally reachable."""

REACHABLE_IPV4 = ("192.0.0.9/32", "192.0.0.10/32")
"""Parts of them that are."""

SPECIAL_IPV6 = ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
"""Ranges within 2000::/3 that are not globally reachable."""

REACHABLE_IPV6 = (
    *("64:ff9b::/96", "2001:1::1/128", "2001:1::2/128", "2001:1::3/128", "2001:3::/32"),
    *("2001:4:112::/48", "2001:20::/28", "2001:30::/28"),
)
"""Parts of them, or ranges outside of 2000::/3, that are."""

UNICAST_IPV6 = "2000::/3"
"""The IPv6 space whose addresses are assigned."""
