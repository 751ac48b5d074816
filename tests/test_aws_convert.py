"""``flowathena table convert`` over AWS's wire: the same answer at every call, there and back."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flowathena import Client
from flowathena.errors import FlowathenaError, TableMismatchError
from tests.aws import BUCKET, RESULTS, configured, create_bucket, log, pointed_at, record
from tests.rig.client import Rig
from tests.shell import Shell

pytestmark = pytest.mark.rig

_A, _B = "111122223333", "444455556666"
_REGION = "eu-west-1"
_WINDOW = {"since": "2026-10-01", "until": "2026-10-04"}
_SQL = "SELECT aws_account, aws_region, day, dstport FROM flow_logs ORDER BY 1, 2, 3, 4"
_TEMPLATE = "s3://flow-logs/AWSLogs/${aws_account}/vpcflowlogs/${aws_region}/${day}/"
Json = dict[str, Any]


@dataclass(frozen=True)
class Form:
    """Folders and keys of a table: its settings, and the folder of a day's noon."""

    settings: dict[str, str]
    folder: str
    accounts: tuple[str, ...] = (_A, _B)


FORMS = {
    "standard": Form({}, "{account}/vpcflowlogs/eu-west-1/2026/10/{day:02d}/"),
    "hours": Form(
        {"layout": "plain-hourly", "granularity": "hour"},
        "{account}/vpcflowlogs/eu-west-1/2026/10/{day:02d}/12/",
    ),
    "hive": Form(
        {"layout": "hive-hourly", "granularity": "hour", "partition_keys": "hive"},
        "aws-account-id={account}/aws-service=vpcflowlogs/aws-region=eu-west-1/"
        "year=2026/month=10/day={day:02d}/hour=12/",
    ),
    "single": Form(
        {"partition_keys": "single", "account": _A, "log_region": _REGION},
        "{account}/vpcflowlogs/eu-west-1/2026/10/{day:02d}/",
        (_A,),
    ),
    "organization": Form({}, "o-exampleorgid/{account}/vpcflowlogs/eu-west-1/2026/10/{day:02d}/"),
}


@dataclass(frozen=True)
class Project:
    """Logs of three days of some accounts, and a client of a table over them."""

    rig: Rig
    shell: Shell
    client: Client
    other: Client
    expected: list[list[object]]

    def answer(self) -> list[list[object]]:
        """What the query finds now, asked by another client."""
        rows = self.other.sql(_SQL, since="2026-10-01", until="2026-10-04")
        return [list(row.values()) for row in rows]

    def live(self) -> Json:
        glue = self.rig.client("glue")
        table: Json = glue.get_table(DatabaseName="network", Name="vpc_flow_logs")["Table"]
        return table

    def registered(self) -> int:
        pages = self.rig.client("glue").get_paginator("get_partitions")
        found = pages.paginate(DatabaseName="network", TableName="vpc_flow_logs")
        return sum(len(page["Partitions"]) for page in found)

    def calls(self) -> list[str]:
        return [call["op"] for call in self.rig.journal() if call["service"] in ("glue", "athena")]


def project_of(rig: Rig, folder: Path, form: Form) -> Project:
    create_bucket(rig, BUCKET)
    rig.settings(queue_polls=0)
    expected: list[list[object]] = []
    for place, account in enumerate(form.accounts):
        for day in (1, 2, 3):
            moment = datetime(2026, 10, day, 12, tzinfo=UTC)
            port = 100 * place + day
            body = log(record(int(moment.timestamp()), account=account, dstport=port))
            key = f"AWSLogs/{form.folder.format(account=account, day=day)}x.log.gz"
            rig.put_keys(BUCKET, [key], body)
            expected.append([account, _REGION, f"2026-10-{day:02d}", port])
    shell = configured(folder, rig)
    settings = "".join(f'{key} = "{value}"\n' for key, value in form.settings.items())
    with (folder / "flowathena.toml").open("a") as file:
        file.write(settings)
    client = Client(config_path=folder / "flowathena.toml")
    return Project(rig, shell, client, Client(client.target), expected)


@pytest.fixture(autouse=True)
def aws(rig: Rig) -> Iterator[None]:
    with pointed_at(rig):
        yield


@pytest.fixture
def project(rig: Rig, tmp_path: Path) -> Project:
    made = project_of(rig, tmp_path, FORMS["standard"])
    made.client.partitions.sync(everything=True)
    rig.clear_journal()
    return made


SOME_FORMS = [
    pytest.param(form, id=name, marks=() if name in {"standard", "hours"} else pytest.mark.slow)
    for name, form in FORMS.items()
]


@pytest.mark.few(1)
@pytest.mark.parametrize("form", SOME_FORMS)
def test_there_and_back_the_answer_is_the_same(rig: Rig, tmp_path: Path, form: Form) -> None:
    project = project_of(rig, tmp_path, form)
    client = project.client
    client.partitions.sync(everything=True)
    registered = project.registered()
    before = project.live()
    assert project.answer() == project.expected

    done = client.table.convert("projection")
    assert (done.changed, done.before, done.unread) == (True, "registered", ())
    assert project.answer() == project.expected
    assert project.registered() == registered  # they stay, unused
    # It is the table that the settings would have made.
    projected = Client(replace(client.target, partitioning="projection"))
    assert projected.table.diff().equal
    assert not client.table.convert("projection").changed

    # A log in the meantime: nobody registers it.
    moment = datetime(2026, 10, 4, 12, tzinfo=UTC)
    key = f"AWSLogs/{form.folder.format(account=_A, day=4)}x.log.gz"
    rig.put_keys(BUCKET, [key], log(record(int(moment.timestamp()), dstport=9)))
    done = client.table.convert("registered")
    assert (done.changed, done.before) == (True, "projection")
    assert done.registration
    assert done.registration.add >= 1
    assert not done.failed
    assert project.answer() == project.expected
    later = client.sql("SELECT dstport FROM flow_logs", since="2026-10-04", until="2026-10-05")
    assert [list(row.values()) for row in later] == [[9]]
    assert client.table.diff().equal
    assert not client.table.convert("registered").changed
    # Nothing but the properties has changed.
    after = project.live()
    for part in ("StorageDescriptor", "PartitionKeys", "TableType"):
        assert after[part] == before[part]


def test_the_properties_are_set_in_one_call(rig: Rig, project: Project) -> None:
    before = project.live()
    project.client.table.convert("projection")
    (call,) = rig.journal("glue", "UpdateTable")
    assert call["params"]["VersionId"] == before["VersionId"]
    assert project.live()["Parameters"] == {
        "EXTERNAL": "TRUE",
        "skip.header.line.count": "1",
        "projection.enabled": "true",
        "projection.aws_account.type": "enum",
        "projection.aws_account.values": f"{_A},{_B}",
        "projection.aws_region.type": "enum",
        "projection.aws_region.values": _REGION,
        "projection.day.type": "date",
        "projection.day.format": "yyyy/MM/dd",
        "projection.day.range": "2020/01/01,NOW",
        "projection.day.interval": "1",
        "projection.day.interval.unit": "DAYS",
        "storage.location.template": _TEMPLATE,
        "flowathena.flow_logs": '[""]',  # the files' names have no id
    }
    rig.clear_journal()
    project.client.table.convert("registered")
    (call,) = rig.journal("glue", "UpdateTable")
    assert call["params"]["TableInput"]["Parameters"]["projection.enabled"] == "false"


def forget(rig: Rig, day: str) -> None:
    """Unregister a day of the first account, if it is registered."""
    rig.client("glue").batch_delete_partition(
        DatabaseName="network",
        TableName="vpc_flow_logs",
        PartitionsToDelete=[{"Values": [_A, _REGION, day]}],
    )


_WRITES = {"UpdateTable", "BatchCreatePartition", "BatchDeletePartition", "BatchUpdatePartition"}


@pytest.mark.parametrize("kind", ["projection", pytest.param("registered", marks=pytest.mark.slow)])
def test_stopped_at_any_call_the_table_answers_as_before(
    rig: Rig, tmp_path: Path, kind: str
) -> None:
    """Each call of a conversion is refused in turn; another run then completes it."""
    project = project_of(rig, tmp_path, FORMS["standard"])
    client = project.client
    client.partitions.sync(everything=True)
    if kind == "registered":
        client.table.convert("projection")
    rig.clear_journal()
    assert client.table.convert(kind, dry_run=True).needed
    looks = [op for op in project.calls() if op != "GetTables"]  # without it, views are not named
    assert not _WRITES & set(looks)
    # Of calls of one kind the first and the last: a table is listed in ten segments.
    stops = [(op, n) for op in dict.fromkeys(looks) for n in {0, looks.count(op) - 1}]
    stops += [("BatchCreatePartition", 0)] if kind == "registered" else []
    for op, after in [*stops, ("UpdateTable", 0)]:
        if kind == "registered":  # a day is yet to be registered
            forget(rig, "2026-10-03")
        rig.faults([{"service": "glue", "op": op, "kind": "access_denied", "after": after}])
        try:
            done = client.table.convert(kind)
            assert done.failed, (op, after)
        except FlowathenaError as error:
            assert "AccessDenied" in str(error), (op, after)  # noqa: PT017 - or a result
        rig.clear_faults()
        assert project.answer() == project.expected, (op, after)
    assert client.table.convert(kind).changed
    assert project.answer() == project.expected


@pytest.mark.parametrize("kind", ["projection", pytest.param("registered", marks=pytest.mark.slow)])
def test_between_any_two_calls_the_answer_is_the_same(
    rig: Rig, project: Project, kind: str
) -> None:
    """Every call that changes something waits while another client asks."""
    client = project.client
    client.views.create()
    if kind == "registered":
        client.table.convert("projection")
        forget(rig, "2026-10-02")
    held = [
        {"service": "glue", "op": "UpdateTable", "kind": "hold"},
        {"service": "glue", "op": "BatchCreatePartition", "kind": "hold"},
        {"service": "athena", "op": "StartQueryExecution", "kind": "hold", "match": "CREATE OR"},
    ]
    rig.clear_journal()
    rig.faults(held)
    done: list[object] = []
    thread = threading.Thread(target=lambda: done.append(client.table.convert(kind).changed))
    thread.start()
    seen = 0
    while thread.is_alive():
        if rig.held():
            assert project.answer() == project.expected
            seen += 1
            rig.release()
        thread.join(0.05)
    assert done == [True]
    assert seen >= 3
    assert project.answer() == project.expected
    changes = [op for op in project.calls() if op in _WRITES]
    views = rig.journal("athena", "StartQueryExecution")
    created = [c["n"] for c in views if "CREATE OR REPLACE VIEW" in c["params"]["QueryString"]]
    (switched,) = [call["n"] for call in rig.journal("glue", "UpdateTable")]
    assert len(created) == 2
    # The text for a projection is right for both, that for registered partitions for them alone.
    if kind == "projection":
        assert max(created) < switched
        assert changes == ["UpdateTable"]
    else:
        assert min(created) > switched
        assert changes == ["BatchCreatePartition", "UpdateTable"]
    assert all(each.equal for each in client.views.diff())


def test_a_view_of_a_projection_is_right_over_registered_partitions_too(
    rig: Rig, project: Project
) -> None:
    def rows(statement: str) -> list[str]:
        query = statement.partition(" AS\n")[2]
        asked = f"SELECT day, dstport FROM ({query}) WHERE day >= '2026-10-02' ORDER BY 1, 2"
        athena = rig.client("athena")
        started = athena.start_query_execution(
            QueryString=asked, ResultConfiguration={"OutputLocation": f"s3://{RESULTS}/x/"}
        )["QueryExecutionId"]
        while True:
            status = athena.get_query_execution(QueryExecutionId=started)["QueryExecution"]
            if status["Status"]["State"] == "SUCCEEDED":
                break
            assert status["Status"]["State"] in {"QUEUED", "RUNNING"}, status["Status"]
        found = athena.get_query_results(QueryExecutionId=started)["ResultSet"]["Rows"][1:]
        return [" ".join(cell["VarCharValue"] for cell in row["Data"]) for row in found]

    expected = ["2026-10-02 102", "2026-10-02 2", "2026-10-03 103", "2026-10-03 3"]
    (plain,) = project.client.views.ddl("readable")
    project.client.table.convert("projection")
    (projected,) = project.client.views.ddl("readable")
    assert plain.statement != projected.statement
    assert sorted(rows(projected.statement)) == expected
    project.client.table.convert("registered")
    assert sorted(rows(projected.statement)) == expected
    assert sorted(rows(plain.statement)) == expected


def test_what_the_command_says_and_writes(rig: Rig, project: Project) -> None:
    shell, file = project.shell, project.shell.folder / "flowathena.toml"
    project.client.views.create("daily")
    rig.client("glue").create_table(
        DatabaseName="network",
        TableInput={
            "Name": "mine",
            "TableType": "VIRTUAL_VIEW",
            "ViewOriginalText": "SELECT day FROM vpc_flow_logs",
            "StorageDescriptor": {},
        },
    )
    before, text = project.live(), file.read_text()
    assert shell.refused("table", "convert", "projection") == (
        "error: table convert asks on a terminal; without one it needs --yes"
    )
    told = [
        (
            "table network.vpc_flow_logs will be converted to partition projection; it answers as "
            "before at every moment, and its registered partitions stay, unused"
        ),
        f"  projection.aws_account.values = {_A},{_B}",
        f"  storage.location.template = {_TEMPLATE}",
        (
            "days are then written yyyy/MM/dd, now yyyy-MM-dd: views network.vpc_flow_logs_daily "
            "are written anew, check network.mine, check statements of your own that filter the "
            "table by day"
        ),
    ]
    dry = shell.run("table", "convert", "projection", "--dry-run")
    assert [line for line in told if line not in dry.err.splitlines()] == []
    assert (project.live(), file.read_text()) == (before, text)

    done = shell.run("table", "convert", "projection", "--yes", "--format", "json")
    assert done.err.splitlines()[-2:] == [
        "converted table network.vpc_flow_logs to partition projection",
        f"set partitioning = projection in {file}:6",
    ]
    found = done.json
    assert (found["changed"], found["before"], found["partitioning"]) == (
        True, "registered", "projection",
    )  # fmt: skip
    assert found["views"] == ["network.mine", "network.vpc_flow_logs_daily"]
    assert found["rewritten"] == ["network.vpc_flow_logs_daily"]
    assert found["days"] == {"before": "yyyy-MM-dd", "after": "yyyy/MM/dd"}
    lines = file.read_text().splitlines()
    assert lines[5] == 'partitioning = "projection"'
    assert [line for line in lines if line != lines[5]] == text.splitlines()
    assert shell.run("table", "diff").code == 0
    again = shell.run("table", "convert", "projection", "--yes")
    assert again.err == (
        "nothing to change: table network.vpc_flow_logs has partition projection\n"
    )

    done = shell.run("table", "convert", "registered", "--yes")
    assert done.err.splitlines()[:2] == [
        (
            "table network.vpc_flow_logs will be converted to registered partitions; it answers as "
            "before at every moment"
        ),
        "4 partitions will be registered first",
    ]
    assert file.read_text().splitlines()[5] == 'partitioning = "registered"'
    assert shell.run("table", "diff").code == 0
    assert shell.run("view", "diff", "daily").code == 0


@pytest.mark.asks_no_query
def test_a_variable_that_says_otherwise_is_named(project: Project) -> None:
    shell = project.shell
    env = Shell(shell.folder, {**shell.env, "FLOWATHENA_PARTITIONING": "registered"})
    text = (shell.folder / "flowathena.toml").read_text()
    done = env.run("table", "convert", "projection", "--yes")
    assert done.err.splitlines()[-1] == (
        "warning: FLOWATHENA_PARTITIONING says otherwise: set it to projection"
    )
    assert (shell.folder / "flowathena.toml").read_text() == text


@pytest.mark.asks_no_query
def test_partitions_elsewhere_are_not_lost(rig: Rig, project: Project) -> None:
    glue = rig.client("glue")
    names = {"DatabaseName": "network", "TableName": "vpc_flow_logs"}
    values = [_A, _REGION, "2026-10-02"]
    entry = glue.get_partition(**names, PartitionValues=values)["Partition"]
    descriptor = {**entry["StorageDescriptor"], "Location": "s3://flow-logs/AWSLogs/elsewhere/"}
    glue.update_partition(
        **names,
        PartitionValueList=values,
        PartitionInput={"Values": values, "StorageDescriptor": descriptor},
    )
    line = project.shell.refused("table", "convert", "projection", "--yes", code=1)
    assert line.startswith(
        "error: table network.vpc_flow_logs cannot be projected without losing logs: 1 registered "
        f"partition ({_A}/{_REGION}/2026-10-02) would not be read: storage.location.template = "
    )
    assert "'flowathena partitions sync --all --relocate --prune -t prod' corrects" in line
    assert not rig.journal("glue", "UpdateTable")
    # Who names what is to be read is told what is not.
    done = project.shell.run(
        *("table", "convert", "projection", "--yes", "--account", _B, "--since", "2026-10-02"),
        *("--format", "json"),
    )
    # Three days of one account, and the first day of the other.
    assert sum(int(line.split()[0]) for line in done.json["unread"]) == 4
    assert all(line in done.err for line in done.json["unread"])


def test_leftovers_that_would_count_twice_are_dropped_first(rig: Rig, project: Project) -> None:
    client = project.client
    client.table.convert("projection")
    glue = rig.client("glue")
    names = {"DatabaseName": "network", "TableName": "vpc_flow_logs"}
    entry = glue.get_partition(**names, PartitionValues=[_A, _REGION, "2026-10-02"])["Partition"]
    for values in ([_A, _REGION, "2026/10/02"], [_A, "EU-WEST-1", "2026-10-02"]):
        given = {"Values": values, "StorageDescriptor": entry["StorageDescriptor"]}
        glue.create_partition(**names, PartitionInput=given)
    assert project.answer() == project.expected
    planned = client.table.convert("registered", dry_run=True)
    assert planned.registration
    assert planned.registration.drop == 2
    done = project.shell.run("table", "convert", "registered", "--yes")
    assert (
        "2 registered partitions that would read other logs, or logs twice, will be dropped"
        in done.err.splitlines()
    )
    assert project.answer() == project.expected


def test_what_cannot_be_registered_leaves_the_projection(rig: Rig, project: Project) -> None:
    project.client.table.convert("projection")
    forget(rig, "2026-10-01")
    forget(rig, "2026-10-02")
    rig.faults(
        [
            {
                "service": "glue", "op": "BatchCreatePartition", "kind": "partial", "count": 1,
                "code": "InvalidInputException",
            }
        ]
    )  # fmt: skip
    done = project.shell.run("table", "convert", "registered", "--yes", code=4)
    assert done.err.splitlines()[-1] == "table network.vpc_flow_logs stays as it is"
    assert any("InvalidInputException" in line for line in done.err.splitlines())
    assert project.live()["Parameters"]["projection.enabled"] == "true"
    assert project.answer() == project.expected
    rig.clear_faults()
    project.shell.run("table", "convert", "registered", "--yes")
    assert project.answer() == project.expected


@pytest.mark.asks_no_query
def test_somebody_elses_change_in_between_is_not_overwritten(rig: Rig, project: Project) -> None:
    def change(_: object) -> bool:
        table = project.live()
        taken = ("Name", "TableType", "Parameters", "PartitionKeys", "StorageDescriptor")
        given = {key: table[key] for key in taken}
        given["Parameters"] = {**given["Parameters"], "comment": "theirs"}
        rig.client("glue").update_table(DatabaseName="network", TableInput=given)
        return True

    with pytest.raises(FlowathenaError, match="was changed by somebody else at the same time"):
        project.client.table.convert("projection", confirmed=change)
    assert project.live()["Parameters"]["comment"] == "theirs"
    assert "projection.enabled" not in project.live()["Parameters"]
    rig.faults([{"service": "glue", "op": "UpdateTable", "kind": "access_denied"}])
    with pytest.raises(FlowathenaError, match="UpdateTable: AccessDenied"):
        project.client.table.convert("projection")
    rig.clear_faults()
    assert project.client.table.convert("projection").changed
    assert project.live()["Parameters"]["comment"] == "theirs"


def test_a_key_of_type_date_is_not_projected(rig: Rig, project: Project) -> None:
    glue = rig.client("glue")
    table = project.live()
    glue.delete_table(DatabaseName="network", Name="vpc_flow_logs")
    taken = ("Name", "TableType", "Parameters", "PartitionKeys", "StorageDescriptor")
    given = {key: table[key] for key in taken}
    given["PartitionKeys"][2]["Type"] = "date"
    glue.create_table(DatabaseName="network", TableInput=given)
    project.client.partitions.sync(everything=True)
    rig.clear_journal()
    with pytest.raises(TableMismatchError, match="its key day is of type date, and only string"):
        project.client.table.convert("projection")
    assert [call["op"] for call in rig.journal()] == ["GetTable"]


def test_a_view_that_cannot_be_written_leaves_the_table(rig: Rig, project: Project) -> None:
    project.client.views.create("daily")
    rig.faults([{"service": "athena", "op": "StartQueryExecution", "kind": "access_denied"}])
    done = project.shell.run("table", "convert", "projection", "--yes", code=1)
    line = done.err.splitlines()[-1]
    assert line.startswith("error: view network.vpc_flow_logs_daily: Athena: StartQueryExecution: ")
    assert line.endswith("; table network.vpc_flow_logs is left as it is")
    assert not rig.journal("glue", "UpdateTable")
    rig.clear_faults()
    assert project.answer() == project.expected


def test_run_again_it_writes_the_views_that_were_left(rig: Rig, project: Project) -> None:
    """The switch was made, and then Athena refused the views, or somebody pressed Ctrl-C."""
    view = "network.vpc_flow_logs_daily"
    project.client.views.create("daily")
    project.shell.run("table", "convert", "projection", "--yes")
    rig.faults([{"service": "athena", "op": "StartQueryExecution", "kind": "access_denied"}])
    done = project.shell.run("table", "convert", "registered", "--yes", code=4)
    assert done.err.splitlines()[-2] == (
        "table network.vpc_flow_logs has registered partitions; run 'flowathena table convert "
        "registered -t prod' again to write its views anew"
    )
    rig.clear_faults()
    told = (
        "table network.vpc_flow_logs has registered partitions already; views "
        f"{view} are written anew\n"
    )
    assert project.shell.run("table", "convert", "registered", "--dry-run").err == told
    again = project.shell.run("table", "convert", "registered", "--yes")
    assert again.err == f"{told}wrote views {view} anew\n"
    assert project.shell.run("view", "diff", "daily").code == 0
    assert project.shell.run("table", "convert", "registered", "--yes").err == (
        "nothing to change: table network.vpc_flow_logs has registered partitions\n"
    )


def test_a_view_that_is_right_already_is_not_to_be_checked(rig: Rig, project: Project) -> None:
    project.client.views.create("daily")
    rig.faults([{"service": "glue", "op": "UpdateTable", "kind": "access_denied"}])
    project.shell.run("table", "convert", "projection", "--yes", code=1)
    rig.clear_faults()
    dry = project.shell.run("table", "convert", "projection", "--dry-run", "--format", "json")
    assert (dry.json["views"], dry.json["rewritten"]) == ([], [])
