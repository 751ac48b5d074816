"""Live tables and registered partitions that are not what the target takes them for."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.aws import BUCKET
from tests.hostile.case import WINDOW, AwsCase, Case
from tests.rig.client import Rig

_PLAN = f"partitions plan {WINDOW}"
_SYNC = f"partitions sync {WINDOW}"
_STATUS = f"partitions status {WINDOW}"
_RUN = f"run preview {WINDOW}"
_NOT_OURS = "error: table flowathena.vpc_flow_logs is not the one of target 'local': "
_CATALOG = ("logs/.flowathena",)
Spoil = Callable[[Path], object]


def _catalog(folder: Path, *statements: str) -> None:
    with sqlite3.connect(folder / "logs/.flowathena/catalog.sqlite") as catalog:
        for statement in statements:
            catalog.execute(statement)
    catalog.close()


def _table(**changed: Any) -> Spoil:  # noqa: ANN401 - JSON
    """Another definition of the table."""

    def spoil(folder: Path) -> None:
        with sqlite3.connect(folder / "logs/.flowathena/catalog.sqlite") as catalog:
            (text,) = catalog.execute("SELECT definition FROM tables").fetchone()
            definition = json.dumps({**json.loads(text), **changed})
            catalog.execute("UPDATE tables SET definition = ?", [definition])
        catalog.close()

    return spoil


def _partition(change: str, day: str = "2026-11-01") -> Spoil:
    """The first day, registered otherwise."""
    statement = f"UPDATE partitions SET {change} WHERE partition_values LIKE '%{day}%'"
    return lambda folder: _catalog(folder, statement)


def _beside(old: str, new: str) -> Spoil:
    """The first day registered a second time, spelled differently."""
    statement = (
        "INSERT INTO partitions SELECT database, name, "
        f"replace(partition_values, '{old}', '{new}'), location FROM partitions "
        "WHERE partition_values LIKE '%2026-11-01%'"
    )
    return lambda folder: _catalog(folder, statement)


def _settings(*lines: str) -> Spoil:
    """Other settings of the target."""

    def spoil(folder: Path) -> None:
        with (folder / "flowathena.toml").open("a") as file:
            file.write("\n".join(("", *lines, "")))

    return spoil


def _respelled(old: str, new: str) -> Spoil:
    return _partition(f"partition_values = replace(partition_values, '{old}', '{new}')")


def _glue(**parts: Any) -> Callable[[Rig], object]:  # noqa: ANN401 - of a table input
    """Another table in Glue."""

    def break_aws(rig: Rig) -> None:
        glue = rig.client("glue")
        table = glue.get_table(DatabaseName="network", Name="vpc_flow_logs")["Table"]
        kept = ("Name", "TableType", "Parameters", "PartitionKeys", "StorageDescriptor")
        given = {key: table[key] for key in kept}
        for part, changes in parts.items():
            given[part] = {**given[part], **changes}
        glue.update_table(DatabaseName="network", TableInput=given)

    return break_aws


def _glue_location(rig: Rig) -> None:
    """The first day points at the second one's folder."""
    glue = rig.client("glue")
    names = {"DatabaseName": "network", "TableName": "vpc_flow_logs"}
    values = ["111122223333", "eu-west-1", "2026-11-01"]
    entry = glue.get_partition(**names, PartitionValues=values)["Partition"]
    location = entry["StorageDescriptor"]["Location"].replace("/11/01/", "/11/02/")
    moved = {"Values": values, "StorageDescriptor": {"Location": location}}
    glue.update_partition(**names, PartitionValueList=values, PartitionInput=moved)


_SWAPPED = [["start", "bigint"], ["end", "bigint"], ["srcaddr", "string"]]
_MORE = [
    [name, "string"]
    for name in (
        *("version", "account_id", "interface_id", "srcaddr", "dstaddr", "srcport", "dstport"),
        *("protocol", "packets", "bytes", "start", "end", "action", "log_status", "vpc_id"),
    )
]
_HOURLY = [["aws_account", "string"], ["aws_region", "string"], ["day", "string"], ["hour", "int"]]
_PARQUET = {"SerializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"}

CASES = [
    *(
        Case(
            f"a Parquet table over text, {name}",
            command,
            1,
            f"{_NOT_OURS}it reads Parquet files, and the target's file_format is text.",
            _table(file_format="parquet"),
        )
        for name, command in (
            ("planned", _PLAN),
            ("synced", _SYNC),
            ("its status", _STATUS),
            ("its list", "partitions list --all"),
            ("asked", _RUN),
            ("rendered", f"{_RUN} --dry-run"),
        )
    ),
    Case(
        "a text table for a target of Parquet",
        _RUN,
        1,
        f"{_NOT_OURS}it reads text files, and the target's file_format is parquet.",
        _settings('file_format = "parquet"'),
    ),
    Case(
        "a table of another folder",
        _SYNC,
        1,
        "its location is /somewhere/AWSLogs/, and the target's",
        _table(location="/somewhere/AWSLogs/"),
    ),
    Case(
        "a table of a folder below that has logs of its own",
        _RUN,
        1,
        "logs/team/AWSLogs/, and the target's",
        _table(location="team/AWSLogs/"),
    ),
    Case(
        "a text table with the fields in another order",
        _RUN,
        1,
        "its column 1 is start, while the target's log_format has version there.",
        _table(columns=_SWAPPED),
    ),
    Case(
        "a log_format in another order than the table",
        _PLAN,
        1,
        "its column 1 is version, while the target's log_format has start there.",
        _settings('log_format = ["start", "end", "srcaddr"]'),
    ),
    Case(
        "a table of hours over daily folders",
        _SYNC,
        1,
        "its partitions are hours, and the target's folders are not (layout plain-daily).",
        _table(partition_keys=_HOURLY),
    ),
    Case(
        "what is different is shown",
        "table diff",
        3,
        "file format",
        _table(file_format="parquet"),
    ),
    Case(
        "a table of another folder is not dropped",
        "table drop --yes",
        1,
        "its location is /somewhere/AWSLogs/, and the target's",
        _table(location="/somewhere/AWSLogs/"),
    ),
    Case(
        "a table with more columns works",
        _RUN,
        0,
        "2026-11-02",
        _table(columns=_MORE),
    ),
    Case(
        "a day at a missing folder",
        f"{_STATUS} --exit-code",
        3,
        "pointing elsewhere than at their logs: 1 partition",
        _partition("location = 'gone/'"),
    ),
    Case(
        "a day at a missing folder, run",
        _RUN,
        0,
        "1 registered folder not found",
        _partition("location = 'gone/'"),
    ),
    Case(
        "a day at the folder of another",
        f"{_STATUS} --exit-code",
        3,
        "pointing at the folder of another day, account or Region: 1 partition",
        _partition("location = replace(location, '/11/01/', '/11/02/')"),
    ),
    Case(
        "a day at the folder of another, run",
        _RUN,
        0,
        "pointing at the folder of another day, account or Region: 1 partition",
        _partition("location = replace(location, '/11/01/', '/11/02/')"),
    ),
    Case(
        "a day outside of the location",
        f"{_STATUS} --exit-code",
        3,
        "pointing outside the target's location: 1 partition",
        _partition("location = '/tmp/'"),
    ),
    *(
        Case(
            f"a day twice, {name}",
            f"{_STATUS} --exit-code",
            3,
            "registered twice, so that their records count twice: 1 partition",
            _beside(old, new),
        )
        for name, old, new in (
            ("its Region in capitals", "eu-west-1", "EU-WEST-1"),
            ("its Region with a space", "eu-west-1", "eu-west-1 "),
            ("its day without zeros", "2026-11-01", "2026-11-1"),
            ("its day without hyphens", "2026-11-01", "20261101"),
            ("its account with hyphens", "111122223333", "1111-2222-3333"),
        )
    ),
    Case(
        "a day twice, run",
        _RUN,
        0,
        "registered twice, so that their records count twice: 1 partition",
        _beside("eu-west-1", "EU-WEST-1"),
    ),
    Case(
        "a day twice, synced",
        _SYNC,
        0,
        "kept 1 partition spelled differently from the folders",
        _beside("eu-west-1", "EU-WEST-1"),
        writes=_CATALOG,
    ),
    Case(
        "a day twice, pruned",
        f"{_SYNC} --prune",
        0,
        "added 0, existed 0, dropped 1, failed 0",
        _beside("eu-west-1", "EU-WEST-1"),
        writes=_CATALOG,
    ),
    Case(
        "a day spelled differently is not doubled",
        _SYNC,
        0,
        "added 0, existed 0, failed 0",
        _respelled("eu-west-1", "EU-WEST-1"),
        writes=_CATALOG,
    ),
    Case(
        "a day spelled differently, pruned",
        f"{_SYNC} --prune",
        0,
        "added 1, existed 0, dropped 1, failed 0",
        _respelled("eu-west-1", "EU-WEST-1"),
        writes=_CATALOG,
    ),
    Case(
        "values that are no day",
        _STATUS,
        0,
        "1 missing in the catalog",
        _respelled("2026-11-01", "never"),
    ),
    AwsCase(
        "a Parquet table in Glue",
        _SYNC,
        1,
        "it reads Parquet files, and the target's file_format is text.",
        break_aws=_glue(StorageDescriptor={"SerdeInfo": _PARQUET}),
    ),
    AwsCase(
        "a table of another bucket in Glue",
        _RUN,
        1,
        f"its location is s3://elsewhere/AWSLogs/, and the target's s3://{BUCKET}/.",
        break_aws=_glue(StorageDescriptor={"Location": "s3://elsewhere/AWSLogs/"}),
    ),
    AwsCase(
        "a table that uses partition projection by now",
        _PLAN,
        1,
        "'flowathena partitions status -t prod' shows what they do not reach",
        break_aws=_glue(Parameters={"projection.enabled": "true"}),
    ),
    AwsCase(
        "a projection without ranges",
        f"{_STATUS} --exit-code",
        3,
        "2 stored partitions are outside of the table's projection, projection.aws_account.type",
        break_aws=_glue(Parameters={"projection.enabled": "true"}),
    ),
    AwsCase(
        "a day in Glue at the folder of another",
        f"{_STATUS} --exit-code",
        3,
        "pointing at the folder of another day, account or Region: 1 partition",
        break_aws=_glue_location,
    ),
]
