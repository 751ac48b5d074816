"""The fields of records in a log group, and what stands for them; pure.

``-`` in a record is NULL in SQL and a text in Insights, so a term knows whether it can be ``-``.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from sqlglot import exp

from flowathena.logs.fields import BY_COLUMN, DEFAULT_FORMAT, column_name
from flowathena.query.derived import DERIVED

DISCOVERED: Mapping[str, str] = {
    "version": "version",
    "account-id": "accountId",
    "interface-id": "interfaceId",
    "srcaddr": "srcAddr",
    "dstaddr": "dstAddr",
    "srcport": "srcPort",
    "dstport": "dstPort",
    "protocol": "protocol",
    "packets": "packets",
    "bytes": "bytes",
    "start": "startTime",
    "end": "endTime",
    "action": "action",
    "log-status": "logStatus",
}
"""The fields that Insights finds by itself in records of the default format, by AWS's names.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html
"""

ALWAYS = frozenset({"version", "account_id", "interface_id", "start", "end", "log_status"})
"""The columns that no record has ``-`` for."""
OF_FLOWS = frozenset(column_name(name) for name in DISCOVERED) - ALWAYS
"""The columns that NODATA and SKIPDATA records have ``-`` for, and flows never."""

ACCOUNT = "aws_account"
REGION = "aws_region"
PROTOCOL_NAME = "protocol_name"

NO_FORM = "has no counterpart in Logs Insights"
"""How a message goes on about what Insights does not have."""
_SQL_TYPES = {"int": "integer", "bigint": "bigint", "string": "varchar"}


class RefusalError(Exception):
    """Raised where a part of a statement has no form in Insights; the text says which and why."""


@dataclass(frozen=True)
class Term:
    """A value in Insights.

    Attributes:
        text: a field's name, or an expression; empty if it is ``constant``.
        type: its type in Athena.
        nullable: whether it is ``-`` where SQL has NULL.
        is_field: whether ``text`` is a name.
        constant: the value that it has in every row.
        names: ``protocol_name`` if the field has the number, and its name is to be looked up.
        is_operation: whether it needs brackets as an operand.
        is_signed: whether it may be negative.
        is_count: whether it is 0 where there is nothing.
    """

    text: str
    type: str
    nullable: bool = False
    is_field: bool = False
    constant: str | None = None
    names: str = ""
    is_operation: bool = False
    is_signed: bool = False
    is_count: bool = False

    @property
    def operand(self) -> str:
        """The text as a part of an expression."""
        return f"({self.text})" if self.is_operation else self.text


Scope = Mapping[str, "Term | RefusalError"]
"""What names stand for, and what parts of a statement that are there already do, by their SQL."""


def base_scope(log_format: Iterable[str], region: str) -> dict[str, Term | RefusalError]:
    """What the columns of ``flow_logs`` are in a log group with records of a format.

    Args:
        log_format: the record's fields in order.
        region: the log group's; empty if it is not known.
    """
    names = tuple(log_format)
    scope: dict[str, Term | RefusalError] = {
        name: RefusalError(f"{name} is of the files in S3, a log group has none")
        for name in ("day", "file", "delivery_time", "flow_log")
    }
    for name in names:
        column = column_name(name)
        text = DISCOVERED[name] if names == DEFAULT_FORMAT else column
        kind = _SQL_TYPES[BY_COLUMN[column].hive_type] if column in BY_COLUMN else "varchar"
        scope[column] = Term(text, kind, column not in ALWAYS, is_field=True)
    for name, derived in DERIVED.items():
        source = scope.get(derived.field)
        if isinstance(source, Term):
            scope[name] = _derived(name, source)
    scope[ACCOUNT] = Term(ACCOUNT, "varchar", is_field=True)
    scope[REGION] = Term("", "varchar", constant=region)
    return scope


def _derived(name: str, source: Term) -> Term | RefusalError:
    if name in ("start_time", "end_time"):
        return replace(source, type="timestamp")
    if name == PROTOCOL_NAME:
        return replace(source, type="varchar", names=PROTOCOL_NAME)
    return RefusalError(f"{name} {NO_FORM}")


def present(scope: Scope, columns: Collection[str]) -> Scope:
    """The same where some columns are never ``-``."""
    fields = {term.text for name in columns if isinstance(term := scope.get(name), Term)}
    return {
        name: replace(term, nullable=False)
        if isinstance(term, Term) and term.text in fields
        else term
        for name, term in scope.items()
    }


def key_of(node: exp.Expr) -> str:
    """What a part of a statement is called in a scope; a column by its name alone."""
    if isinstance(node, exp.Column):
        return node.name.lower()
    return " ".join(node.sql(dialect="trino", normalize_functions=False).lower().split())


def quoted(text: str) -> str:
    """A text as a literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
