"""Projected tables on a real Trino: the registered table's rows, and no partition registered."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from flowathena import Client
from flowathena.errors import FlowathenaError
from flowathena.sample import ACCOUNTS, generate
from tests.aws import BUCKET, configured, pointed_at
from tests.rig.client import Rig

pytestmark = pytest.mark.trino

UNTIL = date(2026, 10, 7)
WINDOW = {"since": "2026-10-05T05:00:00Z", "until": "2026-10-06T18:30:00Z"}
FIELDS = ("version", "start", "dstaddr", "srcaddr", "protocol", "dstport", "bytes", "packets",
          "srcport", "action", "log-status", "end", "flow-direction", "region")  # fmt: skip
Settings = dict[str, str]
Rows = list[tuple[object, ...]]


@dataclass(frozen=True)
class Tree:
    """Logs of one shape, and the settings that a table of it needs."""

    layout: str
    file_format: str
    settings: Settings


TREES = {
    "plain-daily-text": Tree("plain-daily", "text", {}),
    "plain-hourly-text": Tree("plain-hourly", "text", {"granularity": "hour"}),
    "hive-hourly-parquet": Tree(
        "hive-hourly", "parquet", {"granularity": "hour", "partition_keys": "hive"}
    ),
    "hive-daily-parquet": Tree("hive-daily", "parquet", {"partition_keys": "hive"}),
}


@dataclass(frozen=True)
class Project:
    """A client of a table of registered partitions; others over the same objects."""

    rig: Rig
    registered: Client
    settings: Settings

    def of(self, table: str, **settings: Any) -> Client:  # noqa: ANN401 - of a Target
        return Client(replace(self.registered.target, table=table, **settings))

    def partitions(self, table: str) -> int:
        pages = self.rig.client("glue").get_paginator("get_partitions")
        found = pages.paginate(DatabaseName="network", TableName=table)
        return sum(len(page["Partitions"]) for page in found)


@pytest.fixture(scope="module", params=list(TREES.values()), ids=list(TREES))
def project(
    request: pytest.FixtureRequest, rig_server: Rig, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    tree: Tree = request.param
    folder = tmp_path_factory.mktemp("projection")
    generate(
        folder / "logs",
        until=UNTIL,
        days=2,
        records=600,
        layout=tree.layout,
        file_format=tree.file_format,
        log_format=FIELDS,
    )
    rig_server.reset()
    rig_server.settings(queue_polls=0)
    rig_server.load_tree(BUCKET, folder / "logs")
    configured(folder, rig_server)
    shape: dict[str, Any] = {
        "layout": tree.layout,
        "file_format": tree.file_format,
        **tree.settings,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        target = replace(Client().target, log_format=FIELDS, **shape)
        with pointed_at(rig_server):
            registered = Client(replace(target, table="registered"))
            registered.table.create(via="athena")
            registered.partitions.sync(everything=True)
        yield Project(rig_server, registered, tree.settings)


@pytest.fixture(autouse=True)
def aws(rig_server: Rig) -> Iterator[None]:
    with pointed_at(rig_server):
        yield


def rows(*clients: Client, **asked: object) -> list[Rows]:
    """What each of them answers; all are asked at once, for most of it is waiting."""
    options: dict[str, Any] = {**WINDOW, "limit": 1000, **asked}
    with ThreadPoolExecutor(len(clients)) as pool:
        answers = pool.map(lambda client: client.run("top_https_servers", **options), clients)
        return [answer.data for answer in answers]


def test_our_own_keys_over_folders_of_either_kind(project: Project) -> None:
    client = project.of("standard", partition_keys="standard", granularity="day")
    client.partitions.sync(everything=True)
    assert project.partitions("standard") == 8  # two days, accounts and Regions
    found, expected = rows(client, project.registered)
    assert found == expected


@pytest.mark.parametrize("via", ["glue", "athena"])
def test_a_projection_answers_as_registered_partitions_do(project: Project, via: str) -> None:
    client = project.of(f"projected_{via}", partitioning="projection")
    client.table.create(via=via, since="2026-09-01")
    assert client.table.diff().equal
    found, expected = rows(client, project.registered)
    assert len(expected) > 5
    assert project.partitions("registered") > 0
    assert found == expected
    assert project.partitions(f"projected_{via}") == 0


def test_filters_and_a_day_before_the_range(project: Project) -> None:
    reach = {"account": ACCOUNTS[1], "region": "us-east-1"}
    client = project.of("filtered", partitioning="projection")
    client.table.create(account=ACCOUNTS[1], region="us-east-1")
    expected, found = rows(project.registered, client, **reach)
    assert expected
    assert found == expected
    assert rows(client) == [expected]

    late = project.of("late", partitioning="projection")
    late.table.create(since="2026-10-06")
    # Outside the range there is nothing, and no error; where years are a key, all of 2026 is in.
    (found,) = rows(late, since="2026-10-05", until="2026-10-05T20:00:00Z")
    assert bool(found) == ("partition_keys" in project.settings)


def test_injected_accounts_answer_where_they_are_named(project: Project) -> None:
    client = project.of("injected", partitioning="projection")
    client.table.create(injected=True)
    for account in ACCOUNTS:  # Trino takes one at a time; Athena says it takes several
        found, expected = rows(client, project.registered, account=account)
        assert expected
        assert found == expected
    with pytest.raises(FlowathenaError, match="is injected"):
        rows(client)
