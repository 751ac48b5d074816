"""Views in the Glue Data Catalog: entries that contain their queries."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from sqlglot import exp
from sqlglot.errors import SqlglotError

from flowathena.aws.session import Aws, error_code, translate_errors
from flowathena.errors import CatalogError, TableMismatchError
from flowathena.sql.statement import Statement

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import TableTypeDef

_MISSING = "EntityNotFoundException"
_VIEW = "VIRTUAL_VIEW"
# What Athena, like Trino, puts around a view's JSON.
_BEFORE, _AFTER = "/* Presto View: ", " */"
_MOST_PAGES = 20  # of a database's tables and views, 100 a page


@dataclass(frozen=True)
class Readers:
    """The views of a database that read a table, directly or through other views.

    Attributes:
        views: their full names, in order.
        complete: whether all of the database was looked at.
    """

    views: tuple[str, ...]
    complete: bool = True


def find_readers(aws: Aws, database: str, name: str) -> Readers:
    """The views of the table's database that read it; the definitions come 100 a call.

    Views of other databases, and what reads the table without a view, are not found.

    Raises:
        CatalogError: Glue cannot be read.
    """
    queries: dict[str, str] = {}
    complete = True
    with translate_errors(f"Glue database {database}", CatalogError):
        pages = aws.glue.get_paginator("get_tables").paginate(DatabaseName=database)
        for number, page in enumerate(pages, 1):
            views = (entry for entry in page["TableList"] if entry.get("TableType") == _VIEW)
            queries.update({entry["Name"].lower(): _query(entry) for entry in views})
            if number == _MOST_PAGES:
                complete = "NextToken" not in page
                break
    read = {view: set(_tables_read(query, database)) for view, query in queries.items()}
    found = _readers({f"{database}.{name}".lower()}, database, read)
    return Readers(tuple(sorted(f"{database}.{view}" for view in found)), complete)


def _readers(tables: set[str], database: str, read: Mapping[str, set[str]]) -> set[str]:
    """The views that read one of the tables, and the views that read those."""
    found: set[str] = set()
    while more := {view for view, names in read.items() if names & tables} - found:
        found |= more
        tables = {f"{database}.{view}" for view in more}
    return found


def _tables_read(query: str, database: str) -> Iterator[str]:
    """``database.table`` of what a query may read, in lower case."""
    try:
        names = [part for tree in Statement(query).trees for part in tree.find_all(exp.Table)]
    except SqlglotError:  # Hive's, or another engine's: any name that occurs in it
        for word in re.findall(r"[\w-]+", query.lower()):
            yield f"{database}.{word}"
        return
    for table in names:
        yield f"{table.db or database}.{table.name}".lower()


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
