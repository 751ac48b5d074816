"""Tables and views that are not as a command expects them."""

from typing import Any

from tests.hostile.case import AwsCase, Case
from tests.rig.client import Rig

_TABLE = "network.vpc_flow_logs"
_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"


def _taken(rig: Rig) -> None:
    """A table has the name of a view."""
    given: dict[str, Any] = {
        "Name": "vpc_flow_logs_daily",
        "TableType": "EXTERNAL_TABLE",
        "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}], "Location": "s3://x/"},
    }
    rig.client("glue").create_table(DatabaseName="network", TableInput=given)


def _another(rig: Rig) -> None:
    """Another table has the target's name."""
    glue = rig.client("glue")
    glue.delete_table(DatabaseName="network", Name="vpc_flow_logs")
    given: dict[str, Any] = {
        "Name": "vpc_flow_logs",
        "TableType": "EXTERNAL_TABLE",
        "StorageDescriptor": {
            "Columns": [{"Name": "start", "Type": "bigint"}],
            "Location": "s3://x/",
            "SerdeInfo": {"SerializationLibrary": _CSV},
        },
    }
    glue.create_table(DatabaseName="network", TableInput=given)


def _gone(rig: Rig) -> None:
    rig.client("glue").delete_table(DatabaseName="network", Name="vpc_flow_logs")


def _denied(op: str) -> Any:  # noqa: ANN401 - a function of a rig
    return lambda rig: rig.faults([{"service": "glue", "op": op, "kind": "access_denied"}])


CASES = [
    Case("a conversion to nonsense", "table convert x", 2, "partitioning 'x' is not one of"),
    Case(
        "a kind of partitioning that does not exist",
        "table convert projected --yes",
        2,
        "partitioning 'projected' is not one of registered, projection",
    ),
    Case(
        "a projection of a folder",
        "table convert projection --yes",
        2,
        "partition projection is a feature of Athena; a local target needs 'registered'",
    ),
    Case(
        "a folder's table that is registered already",
        "table convert registered --yes",
        0,
        "nothing to change: table flowathena.vpc_flow_logs has registered partitions",
    ),
    Case(
        "a conversion that nobody confirms",
        "table convert registered",
        2,
        "table convert asks on a terminal; without one it needs --yes",
    ),
    AwsCase(
        "a conversion of a table that is gone",
        "table convert projection --yes",
        1,
        f"table {_TABLE} does not exist; 'flowathena table create -t prod' creates it",
        break_aws=_gone,
    ),
    AwsCase(
        "a conversion of another's table",
        "table convert projection --yes",
        1,
        f"table {_TABLE} has the SerDe {_CSV}; only text and Parquet tables can be read",
        break_aws=_another,
    ),
    AwsCase(
        "a conversion with an account that is none",
        "table convert projection --yes --account 1234",
        2,
        "account: '1234' is not an account id",
    ),
    AwsCase(
        "options of a projection for registered partitions",
        "table convert registered --yes --since 2026-01-01",
        0,
        f"nothing to change: table {_TABLE} has registered partitions",
    ),
    AwsCase(
        "a conversion that may not change the table",
        "table convert projection --yes",
        1,
        f"Glue table {_TABLE}: UpdateTable: AccessDenied",
        break_aws=_denied("UpdateTable"),
        says_more=True,
    ),
    AwsCase(
        "a view's name that a table has",
        "view create daily",
        1,
        "network.vpc_flow_logs_daily is a table, not a view, and is left unchanged",
        break_aws=_taken,
    ),
    AwsCase(
        "a view's name that a table has, beside one that is free",
        "view create",
        4,
        "created view network.vpc_flow_logs_readable",
        break_aws=_taken,
    ),
    AwsCase(
        "a view's name that a table has, compared",
        "view diff daily",
        3,
        "network.vpc_flow_logs_daily is a table, not a view, and is left unchanged",
        break_aws=_taken,
    ),
    AwsCase(
        "a drop by somebody who may not list the database",
        "table drop --dry-run",
        0,
        "other views may read it: ",
        break_aws=_denied("GetTables"),
    ),
    AwsCase(
        "a drop of another's table",
        "table drop --yes",
        1,
        f"table {_TABLE} has the SerDe {_CSV}; only text and Parquet tables can be read",
        break_aws=_another,
    ),
]
