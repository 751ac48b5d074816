"""The panels of the report: the state of a network, question by question; pure.

What a panel counts is what the saved query of its ``query`` counts, so that whoever doubts a number
can ask again.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain

from flowathena.errors import UsageError
from flowathena.inputs.window import Window
from flowathena.logs.values import traffic_path_names
from flowathena.query.query import Query
from flowathena.report.panel import EVERY_RANKING, Group, Key, Panel
from flowathena.result.chart.chart import Chart, Kind
from flowathena.sql.quoting import literal
from flowathena.text import did_you_mean

COVERAGE = "coverage"
"""The panel that asks the storage and the catalog, and no engine."""
VOLUME = "volume"
"""The panel whose rows the figures of the report are sums of."""
SHARED = "report"
"""The statement that several panels share."""
RESERVED = frozenset({COVERAGE, SHARED, "scans"})
"""Names in a report that are no query's: of a panel, a statement and a part of the page."""
MOST_INTERVALS = 200
"""Points of a line over a window that is no longer than so many days."""
_MINUTES = (1, 5, 15, 60, 6 * 60, 24 * 60)  # whole parts of a day, each of the next one
_LISTED = "flows", "packets", "bytes"
_MOST_PORT = 32767  # those above it are mostly clients' own
_ACCEPTED = "action = 'ACCEPT'"
_REJECTED = "action = 'REJECT'"
_PATH_USD = (
    "CAST(bytes / 1073741824e0 * "
    "CASE traffic_path WHEN 2 THEN 0.09e0 WHEN 8 THEN 0.09e0 WHEN 5 THEN 0.02e0 END "
    "AS decimal(18, 4))"
)
_ADDRESSES = (Key("srcaddr", "srcaddr"), Key("dstaddr", "dstaddr"))
_PORT = (Key("protocol_name", "protocol_name"), Key("dstport", "dstport"))


def interval_minutes(window: Window) -> int:
    """The length of the intervals of lines over a window: a day at most.

    They are as short as ``MOST_INTERVALS`` points allow.
    """
    length = window.until - window.since
    fitting = (n for n in _MINUTES if length <= timedelta(minutes=n) * MOST_INTERVALS)
    return next(fitting, _MINUTES[-1])


def standard_panels(window: Window, rows: int) -> tuple[Panel, ...]:
    """Every panel of the report, in its order.

    Args:
        window: the window that is reported of.
        rows: how many rows a ranking has.
    """
    minutes = interval_minutes(window)
    ranked = {"limit": rows}
    return tuple(
        chain(
            _over_time(minutes),
            _talkers(ranked),
            (_services(ranked), _paths()),
            _refused(ranked),
            _open_to_attack(ranked),
            _health(),
        )
    )


def names() -> tuple[str, ...]:
    """The names of all panels."""
    now = datetime.now(UTC)
    panels = standard_panels(Window(now - timedelta(days=1), now), EVERY_RANKING)
    return tuple(panel.name for panel in panels)


def choose(panels: Sequence[Panel], names: Sequence[str]) -> tuple[Panel, ...]:
    """The panels with these names, in their order; all if no name is given.

    Raises:
        UsageError: there is no panel of a name.
    """
    known = [panel.name for panel in panels]
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            raise UsageError(f"there is no panel {name!r}; {hint}known: {', '.join(known)}")
    return tuple(panel for panel in panels if not names or panel.name in names)


def with_queries(panels: Sequence[Panel], queries: Iterable[Query]) -> tuple[Panel, ...]:
    """The panels, and one for each of some saved queries, with their parameters' defaults.

    Raises:
        UsageError: a panel is that query, or something else of the report has its name.
    """
    made = list(panels)
    for query in queries:
        if query.name in RESERVED:
            raise UsageError(f"query {query.name}: something else of the report has this name")
        for panel in made:
            if query.name == panel.name or (panel.group is None and query.name == panel.query):
                raise UsageError(f"query {query.name}: panel {panel.name} is in the report already")
        made.append(Panel(query.name, query.title, query.description, query=query.name))
    return tuple(made)


def _over_time(minutes: int) -> tuple[Panel, ...]:
    moment = f'CAST(from_unixtime("start" - "start" % {minutes * 60}) AS timestamp)'
    volume = Group(
        VOLUME,
        "action IN ('ACCEPT', 'REJECT')",
        ((Key("interval_start", moment), Key("action", "action")),),
    )
    interval = _length(minutes)
    values = {"minutes": minutes}
    return (
        Panel(
            VOLUME,
            "How much traffic was there, and when?",
            f"Bytes per {interval} by what the security groups and network ACLs did with them. "
            "Times are UTC; a record counts where it starts, and a flow that two interfaces "
            "recorded counts at each.",
            _shown("interval_start", "action", "bytes", "flows", "packets"),
            Chart(Kind.LINE, ("interval_start",), ("bytes",), "action"),
            volume,
            "traffic_by_hour",
            values,
        ),
        Panel(
            "actions",
            "How much was accepted, and how much was refused?",
            f"Flows per {interval}, accepted and rejected.",
            _shown("interval_start", "action", "flows"),
            Chart(Kind.LINE, ("interval_start",), ("flows",), "action"),
            volume,
            "traffic_by_hour",
            values,
        ),
    )


def _talkers(ranked: dict[str, int]) -> tuple[Panel, ...]:
    talkers = Group(
        "talkers",
        _ACCEPTED,
        ((Key("address", "srcaddr"),), (Key("address", "dstaddr"),)),
        "bytes",
        is_ranking=True,
    )
    pairs = Group("pairs", _ACCEPTED, (_ADDRESSES,), "bytes", is_ranking=True)
    return (
        Panel(
            "talkers",
            "Who has the most traffic?",
            "Addresses by the bytes of accepted flows, sent and received together. A flow that two "
            "interfaces recorded counts at each.",
            _shown("address", "flows", "packets", "bytes", "sent_bytes", "received_bytes"),
            Chart(Kind.BAR, ("address",), ("sent_bytes", "received_bytes")),
            talkers,
            "top_talkers",
            ranked,
        ),
        Panel(
            "pairs",
            "Who talked to whom?",
            "Pairs of addresses by the bytes of accepted flows; the other direction is a pair of "
            "its own.",
            _shown("srcaddr", "dstaddr", *_LISTED),
            Chart(Kind.BAR, ("srcaddr", "dstaddr"), ("bytes",)),
            pairs,
            "top_pairs",
            ranked,
        ),
    )


def _services(ranked: dict[str, int]) -> Panel:
    ports = Group(
        "ports",
        f"{_ACCEPTED} AND protocol IN (6, 17) AND dstport <= {_MOST_PORT} "
        "AND (dstport < 1024 OR srcport >= 1024)",
        (_PORT,),
        "bytes",
        is_ranking=True,
    )
    return Panel(
        "ports",
        "Which services are used?",
        "TCP and UDP destination ports by the bytes of accepted flows. Replies do not count, as "
        f"far as ports tell them; nor do ports above {_MOST_PORT}, mostly clients' own.",
        _shown(*_columns(_PORT), *_LISTED),
        Chart(Kind.BAR, ("protocol_name", "dstport"), ("bytes",)),
        ports,
        "top_ports",
        ranked,
    )


def _paths() -> Panel:
    names = traffic_path_names().items()
    cases = " ".join(f"WHEN {number} THEN {literal(name)}" for number, name in names)
    name = f"CASE traffic_path {cases} END"
    paths = Group(
        "paths",
        f"{_ACCEPTED} AND traffic_path IS NOT NULL",
        ((Key("traffic_path", "traffic_path"), Key("traffic_path_name", name)),),
        "bytes",
        further={"transfer_usd": _PATH_USD},
    )
    return Panel(
        "paths",
        "Which paths does the traffic take, and what does that cost?",
        "Bytes that interfaces sent, by their way out. The money is data transfer at the list "
        "prices of us-east-1 (first tier): $0.09 per GB to the internet, $0.02 per GB of peering "
        "across Regions. Gateway endpoints are free, though one path holds both; other paths have "
        "no price by themselves.",
        _shown("traffic_path", "traffic_path_name", *_LISTED, "transfer_usd"),
        Chart(Kind.BAR, ("traffic_path_name",), ("bytes",)),
        paths,
        "traffic_by_path",
    )


def _refused(ranked: dict[str, int]) -> tuple[Panel, ...]:
    sources = Group("rejected_sources", _REJECTED, (_ADDRESSES[:1],), "flows", is_ranking=True)
    with_ports = f"{_REJECTED} AND protocol IN (6, 17, 132)"
    ports = Group("rejected_ports", with_ports, (_PORT,), "flows", is_ranking=True)
    seen = ("first_seen", "last_seen")
    return (
        Panel(
            "rejected_sources",
            "Who is refused most?",
            "Source addresses by their rejected flows.",
            _shown("srcaddr", "flows", "packets", *seen),
            Chart(Kind.BAR, ("srcaddr",), ("flows",)),
            sources,
            "top_rejected_sources",
            ranked,
        ),
        Panel(
            "rejected_ports",
            "Which ports are refused most?",
            "Destination ports of rejected TCP, UDP and SCTP flows. High ports are often the late "
            "packets of connections that were closed.",
            _shown(*_columns(_PORT), *_LISTED),
            Chart(Kind.BAR, ("protocol_name", "dstport"), ("flows",)),
            ports,
            "rejected_by_port",
            ranked,
        ),
    )


def _open_to_attack(ranked: dict[str, int]) -> tuple[Panel, ...]:
    exposure = Group(
        "exposure",
        f"{_ACCEPTED} AND protocol IN (6, 17) AND dstport NOT IN (80, 443) "
        "AND dstport <= greatest(srcport, 1023) AND src_public AND NOT dst_public",
        ((Key("dstaddr", "dstaddr"), *_PORT),),
        "flows",
        is_ranking=True,
    )
    return (
        Panel(
            "exposure",
            "What does the internet reach?",
            "Accepted TCP and UDP flows from public addresses to ports other than 80 and 443. "
            "Accepted means that they were let in, not that something answered. Your own offices "
            "have public addresses too: list them in the target's own_networks.",
            _shown("dstaddr", *_columns(_PORT), *_LISTED, "first_seen", "last_seen"),
            Chart(Kind.HEATMAP, ("dstport",), ("dstaddr",), "flows"),
            exposure,
            "public_inbound",
            ranked,
            "It ranks by the number of sources, and has a row for each interface.",
        ),
        Panel(
            "port_scans",
            "Who probes many ports of one target?",
            "Sources that tried at least 10 ports of one address within an hour; not what looks "
            "like a server's answers. Expect monitoring among them.",
            query="port_scan",
            values=ranked,
        ),
        Panel(
            "host_sweeps",
            "Who tries one port on many targets?",
            "Sources that tried one port on at least 25 addresses within an hour.",
            query="host_sweep",
            values=ranked,
        ),
    )


def _health() -> tuple[Panel, ...]:
    records = Group(
        "log_status",
        "log_status IS NOT NULL",
        (
            (
                Key("day", "CAST(date_trunc('day', start_time) AS date)"),
                Key("log_status", "log_status"),
            ),
        ),
    )
    return (
        Panel(
            "log_status",
            "Is every flow in the logs?",
            "Records per day (UTC). OK is a flow; NODATA an interface without traffic; "
            "SKIPDATA flows that AWS could not record, possibly many a record: sums of that day "
            "are too low.",
            {"day": "day", "log_status": "log_status", "flows": "records"},
            Chart(Kind.HEATMAP, ("day",), ("log_status",), "records"),
            records,
            "log_status",
            difference="It adds the days up.",
        ),
        Panel(
            COVERAGE,
            "Are all logs there, and does Athena see them?",
            "Days of the window before today, for each account and Region: those whose logs are "
            "registered in the catalog, those whose logs are not, and those that have none.",
        ),
    )


def _columns(keys: Sequence[Key]) -> tuple[str, ...]:
    return tuple(key.name for key in keys)


def _shown(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _length(minutes: int) -> str:
    names = {1: "minute", 60: "hour", 24 * 60: "day"}
    if minutes in names:
        return names[minutes]
    hours, rest = divmod(minutes, 60)
    return f"{minutes} minutes" if rest else f"{hours} hours"
