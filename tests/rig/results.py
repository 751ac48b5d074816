"""Results as Athena hands them out: pages of texts, and the file in S3."""

from typing import Any

from tests.rig import backends
from tests.rig.executions import Execution
from tests.rig.executor.base import ResultColumn, Rows
from tests.rig.objects import split_uri
from tests.rig.workgroups import refused

PAGE = 1000
_CASE_SENSITIVE = ("varchar", "string", "char")


def _quoted(value: str | None) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def csv_text(rows: Rows) -> str:
    """Write a result as Athena does: everything quoted, NULL as nothing at all."""
    header = ",".join(_quoted(column.name) for column in rows.columns)
    lines = [header, *(",".join(_quoted(value) for value in row) for row in rows.rows)]
    return "".join(f"{line}\n" for line in lines)


def plain_text(rows: Rows) -> str:
    """Write the answer of a DDL statement: tab-separated lines without a header."""
    lines = ("\t".join(value or "" for value in row) for row in rows.rows)
    return "".join(f"{line}\n" for line in lines)


def write(execution: Execution, rows: Rows) -> None:
    """Put the result of a query at its reported place."""
    bucket, key = split_uri(execution.output)
    text = csv_text(rows) if execution.statement_type == "DML" else plain_text(rows)
    files = [(key, text.encode()), (f"{key}.metadata", b"")]
    if rows.manifest is not None:
        files = [(split_uri(execution.manifest)[1], "\n".join(rows.manifest).encode())]
    backends.put_objects(bucket, files)


def check_bucket(location: str) -> None:
    """Refuse a result location that Athena could not write to."""
    try:
        bucket, _ = split_uri(location)
    except ValueError:
        raise refused(f"outputLocation is not a valid S3 path: {location}") from None
    if not backends.has_bucket(bucket):
        raise refused(f"Unable to verify/create output bucket {bucket}")


def _column(column: ResultColumn) -> dict[str, Any]:
    return {
        "CatalogName": "hive",
        "SchemaName": "",
        "TableName": "",
        "Name": column.name,
        "Label": column.name,
        "Type": column.type,
        "Precision": column.precision,
        "Scale": column.scale,
        "Nullable": "UNKNOWN",
        "CaseSensitive": column.type in _CASE_SENSITIVE,
    }


def _row(values: tuple[str | None, ...]) -> dict[str, Any]:
    return {"Data": [{} if value is None else {"VarCharValue": value} for value in values]}


def _finished(execution: Execution) -> Rows:
    outcome = execution.outcome
    state = outcome.state if outcome else "RUNNING"
    if outcome is None:
        raise refused(f"Query has not yet finished. Current state: {state}", "INVALID_QUERY_STATUS")
    if state != "SUCCEEDED":
        raise refused(
            f"Query did not finish successfully. Final query state: {state}",
            "INVALID_QUERY_STATUS",
        )
    return outcome.rows


def page(execution: Execution, params: dict[str, Any]) -> dict[str, Any]:
    """Give one page; the first page of a query starts with the header as a row."""
    rows = _finished(execution)
    token = params.get("NextToken", "0")
    if not token.isdigit():
        raise refused(f"Invalid NextToken: {token}")
    header = [tuple(column.name for column in rows.columns)]
    lines = [*(header if execution.statement_type == "DML" else []), *rows.rows]
    start, size = int(token), params.get("MaxResults", PAGE)
    shown = [_row(values) for values in lines[start : start + size]]
    metadata = {"ColumnInfo": [_column(column) for column in rows.columns]}
    more = {"NextToken": str(start + size)} if start + size < len(lines) else {}
    result_set = {"Rows": shown, "ResultSetMetadata": metadata}
    return {"UpdateCount": 0, "ResultSet": result_set, **more}
