"""Athena's view of a table: GetTableMetadata and ListTableMetadata."""

import re
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.glue.models import FakeTable

from tests.rig import backends
from tests.rig.answers import AwsError
from tests.rig.calls import Call
from tests.rig.workgroups import refused

OPERATIONS = ("GetTableMetadata", "ListTableMetadata")
_CATALOG = "awsdatacatalog"
_PAGE = 50
_ATTRIBUTES = {"NAME": "Name", "TABLE_TYPE": "TableType"}
_Params = dict[str, Any]


def _columns(given: list[_Params] | None) -> list[_Params]:
    return [
        {name: column[name] for name in ("Name", "Type", "Comment") if column.get(name)}
        for column in given or ()
    ]


def _parameters(stored: _Params) -> dict[str, str]:
    descriptor = stored.get("StorageDescriptor") or {}
    serde = descriptor.get("SerdeInfo") or {}
    told = {
        "EXTERNAL": "TRUE" if stored.get("TableType") == "EXTERNAL_TABLE" else None,
        "inputformat": descriptor.get("InputFormat"),
        "location": descriptor.get("Location"),
        "outputformat": descriptor.get("OutputFormat"),
        "serde.serialization.lib": serde.get("SerializationLibrary"),
        **{f"serde.param.{name}": text for name, text in (serde.get("Parameters") or {}).items()},
        **(stored.get("Parameters") or {}),
    }
    return {name: text for name, text in told.items() if text is not None}


def _described(table: FakeTable) -> _Params:
    stored = table.as_dict()
    descriptor = stored.get("StorageDescriptor") or {}
    return {
        "Name": stored["Name"],
        "CreateTime": stored["CreateTime"],
        "LastAccessTime": stored.get("LastAccessTime", 0),
        "TableType": stored.get("TableType", ""),
        "Columns": _columns(descriptor.get("Columns")),
        "PartitionKeys": _columns(stored.get("PartitionKeys")),
        "Parameters": _parameters(stored),
    }


def answer(call: Call) -> _Params:
    """Answer a call; what Glue does not have is Athena's MetadataException."""
    params = call.params
    if params["CatalogName"].lower() != _CATALOG:
        raise refused(f"Data catalog {params['CatalogName']} was not found.")
    backend, database = backends.glue(call.region), params["DatabaseName"].lower()
    try:
        with backends.LOCK:
            if call.op == "GetTableMetadata":
                table = backend.get_table(database, params["TableName"].lower())
                return {"TableMetadata": _described(table)}
            backend.get_database(database)
            return _listed(backend.get_tables(database, None), params)
    except JsonRESTError as error:
        raise AwsError("MetadataException", f"{error.error_type}: {error.message}") from None


def _listed(tables: list[FakeTable], params: _Params) -> _Params:
    start, size = int(params.get("NextToken", 0)), params.get("MaxResults", _PAGE)
    shape = re.compile(params.get("Expression") or ".*", re.IGNORECASE)
    found = sorted((table for table in tables if shape.fullmatch(table.name)), key=_name)
    more = {"NextToken": str(start + size)} if start + size < len(found) else {}
    shown = [_described(table) for table in found[start : start + size]]
    if "AttributesToGet" in params:
        kept = [_ATTRIBUTES[name] for name in params["AttributesToGet"]]
        shown = [{name: table[name] for name in kept} for table in shown]
    return {"TableMetadataList": shown, **more}


def _name(table: FakeTable) -> str:
    return str(table.name)
