"""Whether an address is public, as a condition of CloudWatch Logs Insights; pure.

By the ranges of ``src_public`` in SQL. What is no address, such as ``-``, is neither public nor
private.
"""

from collections.abc import Iterable, Sequence
from ipaddress import ip_network

from flowathena.logs.addresses import (
    REACHABLE_IPV4,
    REACHABLE_IPV6,
    SPECIAL_IPV4,
    SPECIAL_IPV6,
    UNICAST_IPV6,
)
from flowathena.query.insights.fields import NO_FORM, RefusalError, Term, quoted


class PublicColumnError(RefusalError):
    """A column such as ``src_public``: a condition, but no value, as Insights has no booleans.

    Attributes:
        address: the field with the address.
        own_networks: networks that are not public to the target.
    """

    def __init__(self, name: str, address: Term, own_networks: Sequence[str]) -> None:
        super().__init__(f"{name}, as a value of true or false, {NO_FORM}")
        self.address = address
        self.own_networks = tuple(own_networks)

    def condition(self, *, positive: bool) -> str:
        """A condition that holds for public addresses, or for all others."""
        own = self._within(self.own_networks)
        reachable = self._within((*REACHABLE_IPV4, *REACHABLE_IPV6))
        special = self._within((*SPECIAL_IPV4, *SPECIAL_IPV6))
        (unicast,) = self._within((UNICAST_IPV6,))
        field = self.address.text
        if positive:
            usual = _all([f"(isValidIpV4({field}) or {unicast})", *_none(special)])
            return _all([*_none(own), f"({_any([*reachable, f'({usual})'])})"])
        unusual = _any([*special, f"(isValidIpV6({field}) and not {unicast})"])
        foreign = _all([*_none(reachable), f"({unusual})"])
        return f"({_any([*own, f'({foreign})'])})" if own else foreign

    def _within(self, networks: Iterable[str]) -> list[str]:
        return [within(self.address.text, each) for each in networks]


def within(field: str, network: str) -> str:
    """The condition that an address is in a network, of either version of IP.

    Raises:
        ValueError: it is not a network.
    """
    block = ip_network(network, strict=False)
    return f"isIpv{block.version}InSubnet({field}, {quoted(str(block))})"


def _none(conditions: Iterable[str]) -> list[str]:
    return [f"not {each}" for each in conditions]


def _all(conditions: Iterable[str]) -> str:
    return " and ".join(conditions)


def _any(conditions: Iterable[str]) -> str:
    return " or ".join(conditions)
