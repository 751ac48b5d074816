"""What is to be known of flow logs although nothing is wrong: what they lack, when they come; pure.

Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-limitations.html,
https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html,
https://docs.aws.amazon.com/athena/latest/ug/service-limits.html and
https://docs.aws.amazon.com/general/latest/gr/glue.html
"""

from collections.abc import Iterator
from dataclasses import dataclass

from flowathena.target.target import Target

_HOURS = 24
_DAYS_OF_YEAR = 365
_TABLE_PARTITIONS = 10_000_000
_SCANNED_PARTITIONS = 1_000_000


@dataclass(frozen=True)
class Note:
    """One thing to know; ``about`` is ``never recorded``, ``delivery``, …."""

    about: str
    text: str

    def to_json(self) -> dict[str, str]:
        """The stable shape in JSON."""
        return {"about": self.about, "note": self.text}


def notes_on(target: Target) -> Iterator[Note]:
    """What is to be known of the flow logs of a target."""
    yield from _RECORDS
    yield Note("delivery", _DELIVERY)
    yield Note(
        "overlapping scopes",
        "a flow log of a VPC and one of a subnet or interface in it record the same flows: each "
        "counts twice in one folder: that is a finding. A flow between two interfaces of yours is "
        "recorded at each, which is none: --ends one counts it once",
    )
    if target.is_local:
        return
    yield Note("policies", _POLICIES)
    yield Note("partitions", _partitions(target))


_RECORDS = (
    Note(
        "never recorded",
        "traffic to Amazon's DNS servers (to your own it is), Windows licence activation, instance "
        "metadata (169.254.169.254), time (169.254.169.123), DHCP, ARP, mirrored traffic at its "
        "source, the router's reserved address, and between an endpoint's interface and that of a "
        "Network Load Balancer",
    ),
    Note(
        "addresses",
        "a secondary private address shows as the primary one in dstaddr; pkt_dstaddr (version 3) "
        "has it",
    ),
    Note(
        "skipped records",
        "a SKIPDATA record stands for flows that AWS could not record, possibly many: sums of such "
        "hours are too low ('run skipped_records')",
    ),
)
_DELIVERY = (
    "logs come some ten minutes after the end of their interval, which is one or ten minutes; that "
    "is no promise, and some come more than a day late ('run delivery_delay', 'run late_records'). "
    "The folder is that of the delivery: a flow that begins before midnight may be in the day after"
)
_POLICIES = (
    "a bucket policy has 20 KB (name the organization, not its accounts), a key policy 32 KB, a "
    "managed policy 6,144 characters, a role's inline policies 10,240 together"
)


def _partitions(target: Target) -> str:
    """The limits of partitions, and how soon an account and Region reach them."""
    if target.partitioning == "projection":
        return "Athena computes them: Glue stores none, and one scan reads a million at most"
    hours = _HOURS if target.granularity == "hour" else 1
    yearly = hours * _DAYS_OF_YEAR
    return (
        f"a table of Glue takes {_TABLE_PARTITIONS:,}, an account 20,000,000, one scan of Athena "
        f"reads {_SCANNED_PARTITIONS:,}; each account and Region makes {yearly:,} a year here: a "
        f"query over a year reads {_SCANNED_PARTITIONS // yearly:,} of these at most"
    )
