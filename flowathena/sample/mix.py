"""A tree as a bucket grows: flow logs of several formats, each in the place of an older one.

Every VPC has a flow log of its own, and each record is in one of them: the records are those of any
other tree of the same arguments. A flow log cannot be changed, so another format is another id.

* At first, all are text with the fields of version 2.
* A third of the way (on day 10 of 30), the second VPC of the second account gets the text format
  ``CUSTOM``, in both Regions. From then on, the account's day folders hold two formats.
* Two thirds of the way (on day 20 of 30), every flow log is replaced by one with all fields of
  version 5 in Parquet.

Both happen at noon UTC: the day's folder holds what was before and what is after. In layouts with
hours, no folder of an hour holds both.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from flowathena.logs.fields import FIELDS
from flowathena.sample.files import ACCOUNTS, EPOCH, SITES, File
from flowathena.sample.variant import Variant

SHORTEST = 3
"""The fewest days with a day of each change and a day after."""
_CUSTOM = """
    version vpc-id subnet-id instance-id interface-id account-id type srcaddr dstaddr srcport
    dstport pkt-srcaddr pkt-dstaddr protocol bytes packets start end action tcp-flags log-status
    region az-id pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path
"""
CUSTOM = tuple(_CUSTOM.split())
"""Fields up to version 5, in the order of an example of AWS: bytes come before packets."""
VERSION_5 = tuple(field.name for field in FIELDS if field.version <= 5)  # noqa: PLR2004

_DAY = 86400
_NOON = 144  # slot


def mixed(
    files: Iterable[File], dates: Sequence[date], layout: str
) -> Mapping[Variant, list[File]]:
    """The files of each variant in the tree; a file of two VPCs becomes two.

    Args:
        files: the tree's files; none has records from before and after a noon.
        dates: the tree's days.
        layout: the layout of its folders.
    """
    text, custom = Variant(layout), Variant(layout, log_format=CUSTOM)
    parquet = Variant(layout, "parquet", VERSION_5)
    parts: dict[Variant, list[File]] = {text: [], custom: [], parquet: []}
    first_change, second_change = (_noon(dates[len(dates) * n // 3 - 1]) for n in (1, 2))
    for file in (replace(file, vpc=vpc) for file in files for vpc in (0, 1)):
        moment = file.midnight + 300 * file.slot
        changes_first = file.vpc == 1 and SITES[file.site][0] == ACCOUNTS[1]
        if moment >= second_change:
            parts[parquet].append(file)
        elif changes_first and moment >= first_change:
            parts[custom].append(file)
        else:
            parts[text].append(file)
    return parts


def _noon(day: date) -> int:
    return (day - EPOCH).days * _DAY + 300 * _NOON
