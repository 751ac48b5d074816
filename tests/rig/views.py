"""CREATE VIEW for an engine that writes nothing: the text is kept in Glue as Athena keeps it."""

import base64
import json
import re
from typing import Any

from moto.core.exceptions import JsonRESTError

from tests.rig import backends
from tests.rig.executor.base import QueryFailedError, Rows, Statement, StatementRefusedError

_VIEW = "VIRTUAL_VIEW"
_CREATE = re.compile(
    r"CREATE\s+(?P<replace>OR\s+REPLACE\s+)?VIEW\s+"
    r'(?:"?(?P<database>\w+)"?\.)?"?(?P<name>\w+)"?\s+AS\s+(?P<query>.+)',
    re.IGNORECASE | re.DOTALL,
)


def begins(body: str) -> bool:
    """Whether a statement creates a view."""
    return re.match(r"CREATE\s+(OR\s+REPLACE\s+)?VIEW\b", body, re.IGNORECASE) is not None


def create(body: str, statement: Statement, region: str) -> Rows:
    """Keep a view; its query is neither checked nor run."""
    match = _CREATE.fullmatch(body.strip())
    if match is None:
        raise StatementRefusedError("line 1:1: mismatched input in CREATE VIEW")
    database = (match["database"] or statement.database or "default").lower()
    name, backend = match["name"].lower(), backends.glue(region)
    with backends.LOCK:
        try:
            live: dict[str, Any] | None = backend.get_table(database, name).as_dict()
        except JsonRESTError:
            live = None
        if live and (live.get("TableType") != _VIEW or not match["replace"]):
            raise QueryFailedError(f"line 1:1: Table already exists: '{database}.{name}'")
        told = {"originalSql": match["query"], "catalog": "awsdatacatalog", "schema": database}
        kept = {
            "Name": name,
            "TableType": _VIEW,
            "StorageDescriptor": {"Columns": [], "Location": ""},
            "Parameters": {"presto_view": "true"},
            "ViewOriginalText": "/* Presto View: "
            f"{base64.b64encode(json.dumps(told).encode()).decode()} */",
            "ViewExpandedText": "/* Presto View */",
        }
        if live:
            backend.get_table(database, name).update(kept)
        else:
            backend.create_table(database, name, kept)
    return Rows((), ())
