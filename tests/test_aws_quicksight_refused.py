"""What QuickSight refuses, lacks or has from somebody else: told in one line, and nothing lost."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client
from flowathena.deploy.quicksight.ingestions import IngestionsInterruptedError
from tests.aws import BUCKET, Place, configured, create_bucket, log, pointed_at, record
from tests.rig.client import Rig
from tests.shell import Done, Shell

pytestmark = pytest.mark.rig

ACCOUNT = "123456789012"
DAILY = "flowathena-network-vpc_flow_logs-530e191d-daily"
SECTION = """
[targets.prod.quicksight]
owners = ["user/default/alice"]
queries = ["top_https_servers"]
"""


@pytest.fixture
def shell(rig: Rig, tmp_path: Path) -> Shell:
    """A target whose table and view are there, and an account with users."""
    day = datetime.now(UTC).date() - timedelta(days=1)
    create_bucket(rig, BUCKET)
    start = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
    rig.put_keys(BUCKET, [Place("111122223333", "eu-west-1", day).key], log(record(start)))
    made = configured(tmp_path, rig)
    with (tmp_path / "flowathena.toml").open("a") as file:
        file.write(SECTION)
    made.run("partitions", "sync", "--all")
    made.run("view", "create", "daily")
    rig.arrange("quicksight", identity_region="eu-west-1", users={"alice": "AUTHOR"}, groups=[])
    return made


def edit(shell: Shell, before: str, after: str) -> None:
    path = shell.folder / "flowathena.toml"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def deny(rig: Rig, op: str) -> None:
    rig.faults([{"service": "quicksight", "op": op, "kind": "access_denied"}])


def errors(done: Done) -> list[str]:
    return [line for line in done.err.splitlines() if line.startswith(("error", "warning"))]


def test_a_namesake_in_another_account_is_not_our_user(shell: Shell) -> None:
    theirs = "arn:aws:quicksight:eu-west-1:999999999999:user/default/alice"
    edit(shell, "user/default/alice", theirs)
    done = shell.run("quicksight", "publish", "--yes", code=1)
    (error,) = errors(done)
    assert f"{theirs} is of account 999999999999, not of {ACCOUNT}: correct owners" in error
    edit(shell, theirs, theirs.replace("999999999999", ACCOUNT))
    shell.run("quicksight", "plan")


def test_what_is_not_met_is_told_once(shell: Shell) -> None:
    edit(shell, "user/default/alice", "user/default/nobody")
    (error,) = errors(shell.run("quicksight", "plan", code=1))
    assert "error: QuickSight principal: there is no user/default/nobody in eu-west-1;" in error


@pytest.mark.few(1)
@pytest.mark.parametrize("kind", ["dataset", "dashboard", "analysis", "datasource"])
def test_the_plan_says_that_an_id_is_taken(rig: Rig, shell: Shell, kind: str) -> None:
    shell.run("quicksight", "publish")
    name = {"dataset": "daily", "datasource": "athena"}.get(kind, "overview")
    arn = f"arn:aws:quicksight:eu-west-1:{ACCOUNT}:{kind}/{DAILY.removesuffix('daily')}{name}"
    client: Any = rig.client("quicksight")
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "flowathena:target", "Value": "a.b"}])
    changes = shell.run("quicksight", "plan", "--format", "json").json["changes"]
    (taken,) = [each for each in changes if "did not make" in (each["detail"] or "")]
    assert (taken["action"], taken["name"]) == ("create", name)


def test_what_was_made_and_cannot_be_looked_at_is_not_told_as_not_made(
    rig: Rig, shell: Shell
) -> None:
    deny(rig, "DescribeDataSource")
    done = shell.run("quicksight", "publish", code=4)
    (error,) = errors(done)
    assert error.startswith("error: whether data source athena is created is not known: ")
    rig.clear_faults()
    assert "created dashboard overview" in shell.run("quicksight", "publish").err


def test_what_is_skipped_does_not_say_what_it_would_have_done(rig: Rig, shell: Shell) -> None:
    shell.run("quicksight", "publish")
    deny(rig, "DeleteDashboard")
    done = shell.run("quicksight", "remove", "--yes", code=1)
    assert "data set daily is not deleted\n" in done.err


def test_a_refresh_that_cannot_be_followed_goes_on(rig: Rig, shell: Shell) -> None:
    shell.run("quicksight", "publish")
    deny(rig, "DescribeIngestion")
    done = shell.run("quicksight", "refresh", "--format", "json", code=4)
    assert [each["state"] for each in done.json["data_sets"]] == ["UNKNOWN", "UNKNOWN"]
    assert all("is being refreshed, and how it ends is not known" in e for e in errors(done))
    assert len(errors(done)) == 2


def test_an_interrupt_between_two_refreshes_names_what_goes_on(rig: Rig, shell: Shell) -> None:
    shell.run("quicksight", "publish")
    calls: list[object] = []

    def interrupt(**_: object) -> None:
        calls.append(None)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with pointed_at(rig):
        quicksight = Client("prod", config_path=shell.folder / "flowathena.toml").quicksight
        events = quicksight._api.client.meta.events  # noqa: SLF001 - Ctrl-C at this call
        events.register("before-call.quicksight.CreateIngestion", interrupt)
        with pytest.raises(IngestionsInterruptedError, match="of daily, top_https_servers goes on"):
            quicksight.refresh()


def test_a_data_source_that_is_gone_is_a_fault(rig: Rig, shell: Shell) -> None:
    shell.run("quicksight", "publish")
    client: Any = rig.client("quicksight")
    source = DAILY.replace("daily", "athena")
    client.delete_data_source(AwsAccountId=ACCOUNT, DataSourceId=source)
    done = shell.run("quicksight", "status", code=3)
    (error,) = errors(done)
    assert error.startswith("error: data source: there is none that the data sets could ask: ")
    shell.run("quicksight", "publish")
    shell.run("quicksight", "status")


def test_a_definition_that_nothing_would_have_is_refused(rig: Rig, shell: Shell) -> None:
    rig.arrange("quicksight", edition="STANDARD")
    for words in (("publish", "--definition", "board.json"), ("publish", "--ready-made")):
        assert "Standard edition" in errors(shell.run("quicksight", *words, code=2))[0]
    assert "Standard edition" in errors(shell.run("quicksight", "export", code=1))[0]
    rig.arrange("quicksight", edition="ENTERPRISE")
    edit(shell, 'queries = ["top', 'dashboard = false\nqueries = ["top')
    done = shell.run("quicksight", "publish", "--definition", "board.json", code=2)
    assert "dashboard = false in [targets.prod.quicksight]" in errors(done)[0]


def test_two_removals_at_once_both_succeed(rig: Rig, shell: Shell) -> None:
    shell.run("quicksight", "publish")
    with pointed_at(rig):
        client = Client("prod", config_path=shell.folder / "flowathena.toml")

        def other(_: object) -> bool:
            shell.run("quicksight", "remove", "--yes")
            return True

        results = client.quicksight.remove(confirm=other)
    assert len(results) == 7
    assert all(each.changed for each in results), [each.summary for each in results]


def test_who_may_see_a_data_set_does_not_fill_spice(rig: Rig, shell: Shell) -> None:
    rig.arrange("quicksight", users={"alice": "AUTHOR", "carol": "AUTHOR"})
    assert "SPICE is being filled" in shell.run("quicksight", "publish").err
    edit(shell, "queries = [", 'readers = ["user/default/carol"]\nqueries = [')
    shared = shell.run("quicksight", "publish", "--yes").err
    assert "replaced data set daily (shared with user/default/carol)" in shared
    assert "SPICE is being filled" not in shared
