"""The tables of a Glue database, by their names."""

from collections.abc import Iterator
from datetime import datetime

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, error_code, translate_errors
from flowathena.errors import CatalogError

_MISSING = "EntityNotFoundException"


def tables_with(aws: Aws, database: str, prefix: str) -> dict[str, datetime]:
    """The tables whose names begin alike and go on, with when each was created (aware).

    Args:
        aws: the clients.
        database: the database; none has no tables.
        prefix: what the names begin with.

    Raises:
        CatalogError: Glue cannot be read.
    """
    with translate_errors(f"Glue database {database}", CatalogError):
        return dict(_tables_with(aws, database, prefix))


def _tables_with(aws: Aws, database: str, prefix: str) -> Iterator[tuple[str, datetime]]:
    pages = aws.glue.get_paginator("get_tables").paginate(
        DatabaseName=database, Expression=f"{prefix}.*"
    )
    try:
        for page in pages:
            for entry in page["TableList"]:
                if entry["Name"].startswith(prefix) and "CreateTime" in entry:
                    yield entry["Name"], entry["CreateTime"]
    except ClientError as error:
        if error_code(error) != _MISSING:
            raise
