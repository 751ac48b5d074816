"""A view in the Glue Data Catalog: an entry that contains its query."""

import base64
import json
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, error_code, translate_errors
from flowathena.errors import CatalogError, TableMismatchError

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import TableTypeDef

_MISSING = "EntityNotFoundException"
_VIEW = "VIRTUAL_VIEW"
# What Athena, like Trino, puts around a view's JSON.
_BEFORE, _AFTER = "/* Presto View: ", " */"


def read_view(aws: Aws, database: str, name: str) -> str | None:
    """The query of a view; None if it does not exist.

    Raises:
        TableMismatchError: a table has this name.
        CatalogError: Glue cannot be read.
    """
    full_name = f"{database}.{name}"
    with translate_errors(f"Glue view {full_name}", CatalogError):
        try:
            entry = aws.glue.get_table(DatabaseName=database, Name=name)["Table"]
        except ClientError as error:
            if error_code(error) == _MISSING:
                return None
            raise
    if entry.get("TableType") != _VIEW:
        raise TableMismatchError(
            f"{full_name} is a table, not a view, and is left unchanged: "
            "drop or rename it to make room for the view"
        )
    return _query(entry)


def _query(entry: "TableTypeDef") -> str:
    """The query in a view's entry, as Athena keeps it; another engine's text unchanged."""
    text = entry.get("ViewOriginalText", "")
    try:
        encoded = text.removeprefix(_BEFORE).removesuffix(_AFTER)
        return str(json.loads(base64.b64decode(encoded, validate=True))["originalSql"])
    except (ValueError, KeyError, TypeError):
        return text
