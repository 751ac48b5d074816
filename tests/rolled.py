"""Logs of some days, and what the view ``daily`` has of them, worked out from the lines."""

import random
from collections import defaultdict
from datetime import UTC, date, datetime

from tests.cases import HEADER, LogFile, record

ACCOUNTS = ("111122223333", "444455556666")
DAYS = [date(2026, 10, number) for number in range(1, 5)]
OPEN = date(2026, 10, 18)
FIELDS = HEADER.split()
GRAIN = ("interface-id", "srcaddr", "dstaddr", "dstport", "protocol", "action")
NAMES = {6: "TCP", 17: "UDP", 250: "250"}

Row = tuple[object, ...]


def logs(day: date, account: str, seed: int = 0) -> LogFile:
    """Records of a day, some of them alike, some without traffic, some of the evening before."""
    rng = random.Random(f"{day} {account} {seed}")  # noqa: S311 - no secret
    midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    lines = [
        record(
            midnight + rng.randrange(-600, 86_400),
            account_id=account,
            interface_id=f"eni-{rng.randrange(2)}",
            srcaddr=f"10.0.0.{rng.randrange(3)}",
            dstport=rng.choice((22, 443)),
            protocol=rng.choice(tuple(NAMES)),
            packets=rng.randrange(1, 50),
            bytes=rng.randrange(1_000_000, 9_000_000_000),
            action=rng.choice(("ACCEPT", "REJECT")),
        )
        for _ in range(60)
    ]
    nothing = dict.fromkeys(("srcaddr", "dstaddr", "srcport", "dstport", "protocol"), "-")
    bare = record(midnight, **nothing, packets="-", bytes="-", action="-", log_status="NODATA")
    return LogFile(str(day), (*lines, bare), account=account, time=f"00{seed:02}")


def expected(*files: LogFile) -> dict[str, set[Row]]:
    """The rows of each day, from the lines themselves, without the day."""
    groups: dict[Row, list[dict[str, str]]] = defaultdict(list)
    for file in files:
        for line in file.records:
            entry = dict(zip(FIELDS, line.split(), strict=True))
            if entry["log-status"] == "OK":
                grain = tuple(entry[name] for name in GRAIN)
                groups[file.day, file.account, file.region, *grain].append(entry)
    days: dict[str, set[Row]] = defaultdict(set)
    for key, own in groups.items():
        day, account, region, interface, source, target, port, protocol, action = map(str, key)
        starts = [datetime.fromtimestamp(int(each["start"]), UTC) for each in own]
        sums = (sum(int(each[name]) for each in own) for name in ("packets", "bytes"))
        row = (
            *(account, region, interface, source, target, int(port), int(protocol), action),
            *(NAMES[int(protocol)], *sums, len(own)),
            *(each.replace(tzinfo=None) for each in (min(starts), max(starts))),
        )
        days[day].add(row)
    return dict(days)


FILES = [logs(day, account) for day in (*DAYS, OPEN) for account in ACCOUNTS]
CLOSED = expected(*(file for file in FILES if file.day != str(OPEN)))
"""The rows of all days but the last, which is open on the 20th of October."""
