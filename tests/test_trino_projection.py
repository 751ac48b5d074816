"""Projected tables on a real Trino: the registered table's rows, and no partition registered."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from flowathena.sample import ACCOUNTS, generate
from tests.aws import BUCKET, configured
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = pytest.mark.trino

UNTIL = date(2026, 10, 7)
WINDOW = ("--since", "2026-10-04T05:00:00Z", "--until", "2026-10-06T18:30:00Z")
FIELDS = ("version", "start", "dstaddr", "srcaddr", "protocol", "dstport", "bytes", "packets",
          "srcport", "action", "log-status", "end", "flow-direction", "region")  # fmt: skip


@dataclass(frozen=True)
class Tree:
    """Logs of one shape, and the settings that a table of it needs."""

    layout: str
    file_format: str
    settings: dict[str, str]


TREES = {
    "plain-daily-text": Tree("plain-daily", "text", {}),
    "plain-hourly-text": Tree("plain-hourly", "text", {"GRANULARITY": "hour"}),
    "hive-hourly-parquet": Tree(
        "hive-hourly", "parquet", {"GRANULARITY": "hour", "PARTITION_KEYS": "hive"}
    ),
    "hive-daily-parquet": Tree("hive-daily", "parquet", {"PARTITION_KEYS": "hive"}),
}


@dataclass
class Project:
    """A folder with a configuration, and the tables that the same objects get."""

    rig: Rig
    shell: Shell
    settings: dict[str, str]

    def of(self, table: str, **settings: str) -> Shell:
        given = {**self.settings, "TABLE": table, **settings}
        environment = {f"FLOWATHENA_{name}": value for name, value in given.items()}
        return Shell(self.shell.folder, {**self.shell.env, **environment})

    def partitions(self, table: str) -> int:
        pages = self.rig.client("glue").get_paginator("get_partitions")
        found = pages.paginate(DatabaseName="network", TableName=table)
        return sum(len(page["Partitions"]) for page in found)


@pytest.fixture(scope="module", params=list(TREES.values()), ids=list(TREES))
def project(
    request: pytest.FixtureRequest, rig_server: Rig, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    tree: Tree = request.param
    folder = tmp_path_factory.mktemp("projection")
    generate(
        folder / "logs",
        until=UNTIL,
        days=4,
        records=3_000,
        layout=tree.layout,
        file_format=tree.file_format,
        log_format=FIELDS,
    )
    rig_server.reset()
    rig_server.settings(queue_polls=0)
    rig_server.load_tree(BUCKET, folder / "logs")
    shell = configured(folder, rig_server)
    config = folder / "flowathena.toml"
    config.write_text(f"{config.read_text()}log_format = {list(FIELDS)}\n")
    settings = {"LAYOUT": tree.layout, "FILE_FORMAT": tree.file_format, **tree.settings}
    made = Project(rig_server, shell, settings)
    registered = made.of("registered")
    registered.run("table", "create", "--via", "athena")
    registered.run("partitions", "sync", "--all")
    return made


def rows(shell: Shell, *options: str) -> Any:  # noqa: ANN401 - JSON
    asked = ("run", "top_https_servers", *WINDOW, "--limit", "1000", *options)
    return shell.run(*asked, "--format", "json").json


def test_our_own_keys_over_folders_of_either_kind(project: Project) -> None:
    shell = project.of("standard", PARTITION_KEYS="standard", GRANULARITY="day")
    shell.run("partitions", "sync", "--all")
    assert project.partitions("standard") == 16  # four days, accounts and Regions
    assert rows(shell) == rows(project.of("registered"))


@pytest.mark.parametrize("via", ["glue", "athena"])
def test_a_projection_answers_as_registered_partitions_do(project: Project, via: str) -> None:
    expected = rows(project.of("registered"))
    assert len(expected) > 5
    assert project.partitions("registered") > 0
    shell = project.of(f"projected_{via}", PARTITIONING="projection")
    shell.run("table", "create", "--via", via, "--since", "2026-09-01")
    shell.run("table", "diff")
    assert rows(shell) == expected
    assert project.partitions(f"projected_{via}") == 0


def test_filters_and_a_day_before_the_range(project: Project) -> None:
    asked = ("--account", ACCOUNTS[1], "--region", "us-east-1")
    expected = rows(project.of("registered"), *asked)
    assert expected
    shell = project.of("filtered", PARTITIONING="projection")
    shell.run("table", "create", "--account", ACCOUNTS[1], "--region", "us-east-1")
    assert rows(shell) == rows(shell, *asked) == expected

    late = project.of("late", PARTITIONING="projection")
    late.run("table", "create", "--since", "2026-10-06")
    # Outside the range there is nothing, and no error; where years are a key, all of 2026 is in.
    before = ("run", "top_https_servers", "--since", "2026-10-04", "--until", "2026-10-05")
    found = late.run(*before, "--format", "json").json
    assert bool(found) == ("PARTITION_KEYS" in project.settings)


def test_injected_accounts_answer_where_they_are_named(project: Project) -> None:
    shell = project.of("injected", PARTITIONING="projection")
    shell.run("table", "create", "--injected-accounts")
    for account in ACCOUNTS:  # Trino takes one at a time; Athena says it takes several
        expected = rows(project.of("registered"), "--account", account)
        assert expected
        assert rows(shell, "--account", account) == expected
    assert "is injected" in shell.refused("run", "top_https_servers", *WINDOW)
