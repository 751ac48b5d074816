"""Who reads an archive in Athena: kept statements, views, estimates, and buckets of others."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client
from flowathena.catalog import open_catalog
from flowathena.catalog.archive import archive_table
from flowathena.errors import FlowathenaError
from flowathena.target.target import Target
from tests.archives import ACCOUNTS, body
from tests.aws import BUCKET, RESULTS, Place, create_bucket, log, pointed_at, record
from tests.portion import left_to_slow
from tests.rig.client import Rig
from tests.rig.scenes import run

pytestmark = pytest.mark.rig

ARCHIVE = "archive-bucket"
TODAY = datetime.now(UTC).date()
RECENT = [TODAY - timedelta(days=n) for n in range(12, 0, -1)]
"""The newest three are not closed, or hardly."""


def target(**settings: Any) -> Target:  # noqa: ANN401 - of a target
    return Target(
        "prod",
        f"s3://{BUCKET}/",
        "network",
        region="eu-west-1",
        output_location=f"s3://{RESULTS}/",
        archive_location=f"s3://{ARCHIVE}/flows/",
        **settings,
    )


def put(rig: Rig, days: list[date], records: Callable[[int], int]) -> dict[date, int]:
    """Logs of one account, the n-th day with so many records; the bytes of each."""
    for bucket in (BUCKET, RESULTS, ARCHIVE, "out"):
        create_bucket(rig, bucket)
    rig.settings(queue_polls=0)
    sizes = {}
    for number, day in enumerate(days, start=1):
        content = body(ACCOUNTS[0], day, records(number))
        sizes[day] = len(content)
        rig.put_keys(BUCKET, [Place(ACCOUNTS[0], "eu-west-1", day).key], content)
    return sizes


def answer(rig: Rig, sql: str) -> list[list[str | None]]:
    ran = run(rig, sql)
    assert ran.state == "SUCCEEDED", ran.reason
    return ran.data


def archive(client: Client, *days: date) -> None:
    done = client.archive.run(since=days[0], until=days[-1] + timedelta(days=1))
    assert list(done.moved) == list(days)


DAILY = "SELECT day, count(*) AS n, sum(bytes) AS bytes FROM flow_logs GROUP BY 1 ORDER BY 1"
COUNTED = [[str(day), str(n), str(180 * n)] for n, day in enumerate(RECENT, start=1)]


@left_to_slow
def test_a_kept_statement_with_a_moving_window_reads_both(rig: Rig, tmp_path: Path) -> None:
    put(rig, RECENT, lambda n: n)
    (tmp_path / "flows.sql").write_text(f"/* ---\ntitle = 'Flows'\n--- */\n{DAILY}\n")
    with pointed_at(rig):
        client = Client(target(), query_paths=[tmp_path])
        client.partitions.sync(everything=True)
        texts = []
        for moved in ((), RECENT[1:3], RECENT[3:4]):
            if moved:
                archive(client, *moved)
            texts.append(client.render("flows", since="14d", relative=True).sql)
            assert [answer(rig, text) for text in texts] == [COUNTED] * len(texts)
    assert "vpc_flow_logs_archive" not in texts[0]
    assert f"BETWEEN '{RECENT[1]}' AND '{RECENT[3]}'" in texts[2]


@left_to_slow
def test_published_queries_answer_alike_before_and_after(rig: Rig) -> None:
    put(rig, RECENT, lambda n: n)
    with pointed_at(rig):
        client = Client(target())
        client.partitions.sync(everything=True)
        client.saved_queries.publish()
        before = published(rig)
        names = [*sorted(before)[::6], "new_sources"]
        rows = {name: sorted(answer(rig, before[name])) for name in names}
        assert sum(map(bool, rows.values())) >= 3, rows
        archive(client, *RECENT[:9])
        client.saved_queries.publish()
        after = published(rig)
        assert after.keys() == before.keys()
        for name in names:
            assert "vpc_flow_logs_archive" not in before[name]
            assert "vpc_flow_logs_archive" in after[name]
            assert sorted(answer(rig, before[name])) == rows[name], name
            assert sorted(answer(rig, after[name])) == rows[name], name


def published(rig: Rig) -> dict[str, str]:
    """The text of every published query by its name."""
    athena = rig.client("athena")
    pages = athena.get_paginator("list_named_queries").paginate()
    ids = [each for page in pages for each in page["NamedQueryIds"]]
    queries = [athena.get_named_query(NamedQueryId=each)["NamedQuery"] for each in ids]
    return {each["Name"].partition("/")[2]: each["QueryString"] for each in queries}


DAYS = [date(2026, 10, n) for n in range(1, 6)]
VIEWED = "SELECT day, count(*), sum(bytes) FROM ({}) GROUP BY 1 ORDER BY 1"
DAILY_FLOWS = "SELECT day, sum(flows), sum(bytes) FROM ({}) GROUP BY 1 ORDER BY 1"


@pytest.mark.few(1)
@pytest.mark.parametrize(("view", "asked"), [("readable", VIEWED), ("daily", DAILY_FLOWS)])
def test_a_view_reads_each_day_once(rig: Rig, view: str, asked: str) -> None:
    put(rig, DAYS, lambda n: 2 * n)
    counted = [[str(day), str(2 * n), str(360 * n)] for n, day in enumerate(DAYS, start=1)]
    with pointed_at(rig):
        client = Client(target())
        client.partitions.sync(everything=True)
        for moved in ((), DAYS[1:3], DAYS[:1], DAYS[3:]):
            if moved:
                archive(client, *moved)
            (made,) = client.views.ddl(view)
            query = made.statement.partition(" AS\n")[2]
            assert ("vpc_flow_logs_archive" in query) == bool(moved)
            assert answer(rig, asked.format(query)) == counted


def test_an_estimate_knows_what_is_read_of_logs_and_of_the_archive(rig: Rig) -> None:
    sizes = put(rig, DAYS, lambda n: 20 * n)
    window: dict[str, Any] = {"since": DAYS[0], "until": DAYS[-1] + timedelta(days=1)}
    with pointed_at(rig):
        client = Client(target())
        client.partitions.sync(everything=True)
        archive(client, *DAYS[:3])
        logs, archived = client.estimate_sql(DAILY, **window).sources
        assert (logs.partitions, archived.partitions) == (2, 3)
        assert logs.scanned_bytes == sizes[DAYS[3]] + sizes[DAYS[4]]
        of_logs = client.sql(DAILY, since=DAYS[3], until=window["until"]).stats.scanned_bytes
        assert of_logs == logs.scanned_bytes


@left_to_slow
def test_logs_of_others_are_archived_by_who_pays(rig: Rig) -> None:
    put(rig, DAYS, lambda n: n)
    rig.settings(requester_pays=BUCKET)
    with pointed_at(rig):
        client = Client(target(request_payer=True))
        client.partitions.sync(everything=True)
        archive(client, *DAYS)
    for op in ("ListObjectsV2", "GetObject"):
        reads = [each["params"] for each in rig.journal("s3", op)]
        assert {each.get("RequestPayer") for each in reads if each["Bucket"] == BUCKET} <= {
            "requester"
        }


@left_to_slow
def test_a_damaged_log_keeps_its_day_with_its_logs_and_no_other(rig: Rig) -> None:
    put(rig, DAYS, lambda n: n)
    key = Place(ACCOUNTS[0], "eu-west-1", DAYS[1]).key
    rig.put_keys(BUCKET, [key], body(ACCOUNTS[0], DAYS[1], 50)[:60])
    with pointed_at(rig):
        client = Client(target())
        client.partitions.sync(everything=True)
        done = client.archive.run(everything=True)
        assert list(done.moved) == [DAYS[0], *DAYS[2:]]
        (failure,) = done.failures
        assert failure.name == f"{ACCOUNTS[0]} eu-west-1 2026-10-02"
        assert key in failure.reason
        rig.put_keys(BUCKET, [key], body(ACCOUNTS[0], DAYS[1], 2))
        archive(client, DAYS[1])
        assert [row[1] for row in client.sql(DAILY, since=DAYS[0], until="2026-10-08").data] == [
            *range(1, 6)
        ]


@left_to_slow
def test_numbers_whose_sum_is_no_bigint_are_archived(rig: Rig) -> None:
    put(rig, DAYS[:1], lambda n: n)
    noon = int(datetime(2026, 10, 1, 12, tzinfo=UTC).timestamp())
    key = Place(ACCOUNTS[0], "eu-west-1", DAYS[0]).key
    rig.put_keys(BUCKET, [key], log(*[record(noon, bytes=2**63 - 1)] * 3))
    with pointed_at(rig):
        client = Client(target())
        client.partitions.sync(everything=True)
        archive(client, DAYS[0])
        found = client.sql("SELECT bytes FROM flow_logs", since=DAYS[0], until=DAYS[1])
        assert list(found.data) == [(2**63 - 1,)] * 3


@pytest.mark.parametrize(
    ("properties", "kind", "message"),
    [
        ({}, "parquet", "is no archive of flow logs"),
        ({"flowathena.archived_days": ""}, "text", "is no archive of flow logs"),
        (
            {"flowathena.archived_days": "", "flowathena.archive_of": "s3://other/"},
            "parquet",
            "is the archive of s3://other/",
        ),
    ],
)
def test_a_table_that_is_no_archive_of_these_logs_is_refused(
    rig: Rig, properties: dict[str, str], kind: str, message: str
) -> None:
    put(rig, DAYS, lambda n: n)
    with pointed_at(rig):
        client = Client(target())
        client.partitions.sync(everything=True)
        made = archive_table(client.target, client._runs.source(required=True))  # noqa: SLF001
        stored = replace(made, parameters=properties, file_format=kind)
        open_catalog(made_target(client), client._aws).create(stored)  # noqa: SLF001
        for ask in (
            lambda: client.archive.run(everything=True),
            lambda: client.sql(DAILY, since=DAYS[0], until="2026-10-08"),
        ):
            with pytest.raises(FlowathenaError, match=message) as raised:
                ask()
            assert "set another archive_table in [targets.prod]" in str(raised.value)
    assert rig.journal("athena", "StartQueryExecution") == []


def made_target(client: Client) -> Target:
    archived = client.target.archive
    assert archived
    return archived
