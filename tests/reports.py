"""What the panels of a report must say: asked of each saved query, one by one."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flowathena import Client
from flowathena.report.report import Report

ROWS = 7
"""Rows of a ranking."""
_ALONE = {
    "talkers": "top_talkers",
    "pairs": "top_pairs",
    "ports": "top_ports",
    "rejected_sources": "top_rejected_sources",
    "rejected_ports": "rejected_by_port",
    "port_scans": "port_scan",
    "host_sweeps": "host_sweep",
}
"""Panels that are rankings, each with the saved query that has the same rows."""


def check_against_saved_queries(report: Report, client: Client, since: str, until: str) -> None:
    """Each panel has the rows that the saved query of its question gives in its own scan."""

    def ask(name: str, **values: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - of queries
        return client.run(name, since=since, until=until, **values).rows()

    for panel, query in _ALONE.items():
        rows = _rows(report, panel)
        expected = ask(query, limit=ROWS)
        assert (
            rows == [{name: row[name] for name in rows[0]} for row in expected]
            if rows
            else (not expected)
        ), panel
    _check_volume(report, ask)
    _check_paths(report, ask)
    _check_exposure(report, ask)
    _check_log_status(report, client, since, until)


def _rows(report: Report, panel: str) -> list[dict[str, Any]]:
    result = report[panel].result
    assert result is not None, (panel, report[panel].reason)
    return result.rows()


Ask = Callable[..., list[dict[str, Any]]]


def _check_volume(report: Report, ask: Ask) -> None:
    minutes = report["volume"].panel.values["minutes"]
    expected = {}
    for row in ask("traffic_by_hour", minutes=minutes):
        for action, word in (("ACCEPT", "accepted"), ("REJECT", "rejected")):
            if row[f"{word}_flows"]:
                expected[row["interval_start"], action] = row, word
    for panel, measures in (("volume", ("bytes", "packets")), ("actions", ("flows",))):
        rows = _rows(report, panel)
        assert [(row["interval_start"], row["action"]) for row in rows] == sorted(expected)
        for row in rows:
            whole, word = expected[row["interval_start"], row["action"]]
            assert [row[name] for name in measures] == [whole[f"{word}_{n}"] for n in measures]


def _check_paths(report: Report, ask: Ask) -> None:
    rows = _rows(report, "paths")
    prices = {2: 0.09, 8: 0.09, 5: 0.02}
    names = ("traffic_path", "traffic_path_name", "flows", "packets", "bytes")
    assert [tuple(row[n] for n in names) for row in rows] == [
        tuple(row[n] for n in names) for row in ask("traffic_by_path")
    ]
    for row in rows:
        price = prices.get(row["traffic_path"])
        usd = None if price is None else round(row["bytes"] / 2**30 * price, 4)
        assert row["transfer_usd"] is None if usd is None else float(row["transfer_usd"]) == usd


def _check_exposure(report: Report, ask: Ask) -> None:
    keys = ("dstaddr", "protocol_name", "dstport")
    sums = _sums(ask("public_inbound", limit=100_000), keys, ("flows", "packets", "bytes"))
    ranked = sorted(sums.items(), key=lambda item: (-item[1]["flows"], item[0]))[:ROWS]
    assert [
        (tuple(row[name] for name in keys), {n: row[n] for n in ("flows", "packets", "bytes")})
        for row in _rows(report, "exposure")
    ] == [(key, dict(own)) for key, own in ranked]


def _check_log_status(report: Report, client: Client, since: str, until: str) -> None:
    counted = client.sql(
        "SELECT date_format(start_time, '%Y-%m-%d') AS day, log_status, count(*) AS records "
        "FROM flow_logs WHERE log_status IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2",
        since=since,
        until=until,
    ).data
    rows = _rows(report, "log_status")
    assert [(str(r["day"]), r["log_status"], r["records"]) for r in rows] == counted


def _sums(
    rows: Iterable[Mapping[str, Any]], keys: tuple[str, ...], measures: tuple[str, ...]
) -> dict[tuple[Any, ...], Counter[str]]:
    sums: dict[tuple[Any, ...], Counter[str]] = {}
    for row in rows:
        own = sums.setdefault(tuple(row[name] for name in keys), Counter())
        own.update({name: row[name] or 0 for name in measures})
    return sums
