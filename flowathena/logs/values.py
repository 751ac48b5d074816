"""What the values of record fields mean: actions, TCP flags, traffic paths, protocol numbers.

``values.toml``, beside this module, lists them with the page each comes from: AWS's
https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html and IANA's protocol numbers.
It is read on first use.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = "values.toml"
"""The data, beside this module."""

_OCTET = 255


@dataclass(frozen=True)
class FieldValue:
    """A value that a field may have.

    Attributes:
        value: as in records.
        name: its name; the value itself for texts, empty for a number without a name.
        meaning: one line of explanation.
    """

    value: int | str
    name: str
    meaning: str


@dataclass(frozen=True)
class Enumeration:
    """The known values of one or more fields; a record may have others, and ``-``.

    Attributes:
        title: what the values are, in one word: ``traffic-path``.
        fields: names of the record fields that have these values.
        source: address of the page that lists them.
        note: what else to know about them; may be empty.
        values: the values, in the order to show them.
    """

    title: str
    fields: tuple[str, ...]
    source: str
    note: str
    values: tuple[FieldValue, ...]

    @property
    def names(self) -> dict[int | str, str]:
        """The name of every value that has one."""
        return {each.value: each.name for each in self.values if each.name}

    @property
    def has_names(self) -> bool:
        """Whether the names say more than the values themselves."""
        return any(each.name != each.value for each in self.values)


@cache
def load() -> dict[str, Enumeration]:
    """Every enumeration by its title."""
    text = (Path(__file__).parent / FILE).read_text(encoding="utf-8")
    return {
        title: Enumeration(
            title,
            tuple(table["fields"]),
            table["source"],
            table.get("note", ""),
            # In a row of two, the value is its own name.
            tuple(FieldValue(row[0], row[-2], row[-1]) for row in table["values"]),
        )
        for title, table in tomllib.loads(text).items()
    }


def enumeration_of(field: str) -> Enumeration | None:
    """The enumeration of a record field (``tcp-flags``); None if it has none."""
    return next((each for each in load().values() if field in each.fields), None)


def protocol_names() -> dict[int, str]:
    """IANA's keyword of every protocol number that has one: ``{6: "TCP", …}``."""
    return {int(number): name for number, name in load()["protocol"].names.items()}


def traffic_path_names() -> dict[int, str]:
    """The name of every path of egress traffic: ``{1: "same VPC", …}``."""
    return {int(path): name for path, name in load()["traffic-path"].names.items()}


def tcp_flag_names() -> dict[int, str]:
    """The flag of every bit, in the order a connection has them: ``{2: "SYN", 16: "ACK", …}``."""
    names = load()["tcp-flags"].names.items()
    return {int(bits): name for bits, name in names if int(bits).bit_count() == 1}


def tcp_flags(mask: int) -> tuple[str, ...]:
    """The flags of a ``tcp-flags`` value, in the order a connection has them: 18 is SYN, ACK.

    Raises:
        ValueError: it is not an octet.
    """
    if not 0 <= mask <= _OCTET:
        raise ValueError(f"TCP flags are 0 to {_OCTET}, not {mask}")
    return tuple(name for bit, name in tcp_flag_names().items() if mask & bit)
