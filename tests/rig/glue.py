"""Glue with AWS's manners: pages, segments, per-item errors, folded names."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from moto.core.exceptions import JsonRESTError
from moto.glue.models import FakePartition, FakeTable, GlueBackend
from moto.glue.utils import PartitionFilter

from tests.rig import backends
from tests.rig.answers import Answer, AwsError, json_answer
from tests.rig.calls import Call
from tests.rig.descriptors import filled
from tests.rig.faults import Fault
from tests.rig.settings import Settings

_DATE = re.compile(r"\b(?:DATE|TIMESTAMP)\s+(?=')", re.IGNORECASE)
_FOLDED = ("DatabaseName", "TableName", "Name")
_TABLES_PAGE = 100
_STATISTICS = tuple(
    f"{verb}ColumnStatisticsFor{owner}"
    for verb in ("Get", "Update", "Delete")
    for owner in ("Table", "Partition")
)
_Params = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """What a NextToken stands for: the listing as it was, and where to go on."""

    owner: str
    items: Sequence[Any]
    start: int


def folded(params: _Params) -> _Params:
    """Lower the case of the database and table names of a call, as Glue stores them."""
    low = {key: value.lower() for key, value in params.items() if key in _FOLDED}
    for key in ("TableInput", "DatabaseInput"):
        if key in params:
            low[key] = {**params[key], "Name": params[key]["Name"].lower()}
    return {**params, **low}


def invalid(message: str) -> AwsError:
    """Make Glue's refusal of a request."""
    return AwsError("InvalidInputException", message)


def arity(table: FakeTable, values: Sequence[str]) -> None:
    """Refuse a partition whose values do not match the keys of its table."""
    keys = table.as_dict().get("PartitionKeys") or []
    if len(values) != len(keys):
        raise invalid("The number of partition keys do not match the number of partition values")


def _item_error(values: Sequence[str], code: str, message: str) -> _Params:
    detail = {"ErrorCode": code, "ErrorMessage": message}
    return {"PartitionValues": list(values), "ErrorDetail": detail}


def _underscored(table: FakeTable, expression: str) -> list[FakePartition] | None:
    """The partitions of an expression over names with hyphens; None where it has none.

    moto's parser knows no such names, which the keys of Hive-compatible folders have. Athena asks
    for them; whether Glue's own parser takes them from others nobody has tried, so it is refused.
    """
    keys: list[_Params] = table.as_dict().get("PartitionKeys") or []
    names = {key["Name"]: key["Name"].replace("-", "_") for key in keys if "-" in key["Name"]}
    # Every second piece stands between quotes.
    pieces = expression.split("'")
    for name, other in names.items():
        pieces[::2] = [piece.replace(name, other) for piece in pieces[::2]]
    if "'".join(pieces) == expression:
        return None
    renamed = [{**key, "Name": names.get(key["Name"], key["Name"])} for key in keys]
    stand_in = SimpleNamespace(versions={"1": {"PartitionKeys": renamed}})
    return list(filter(PartitionFilter("'".join(pieces), stand_in), table.partitions.values()))


def _segment(items: list[FakePartition], params: _Params) -> list[FakePartition]:
    segment = params.get("Segment")
    if segment is None:
        return items
    number, total = segment["SegmentNumber"], segment["TotalSegments"]
    if number >= total:
        raise invalid("SegmentNumber must be less than TotalSegments")
    return items[number::total]


class Glue:
    """The Glue operations that moto gives no AWS shape to."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pages: dict[str, Page] = {}
        self._ops: dict[str, Callable[[GlueBackend, _Params], _Params]] = {
            "GetPartitions": self._get_partitions,
            "GetPartition": self._get_partition,
            "BatchGetPartition": self._batch_get,
            "CreatePartition": self._create_partition,
            "UpdatePartition": self._update_partition,
            "BatchUpdatePartition": self._batch_update,
            "CreateTable": self._create_table,
            "UpdateTable": self._update_table,
            "GetTable": self._get_table,
            "GetTables": self._get_tables,
            "GetDatabases": self._get_databases,
            **dict.fromkeys(_STATISTICS, self._statistics),
        }

    def knows(self, op: str) -> bool:
        """Whether an operation is answered here or by moto."""
        return op in self._ops or op == "BatchCreatePartition" or backends.known("glue", op)

    def reset(self) -> None:
        """Forget every page token."""
        self._pages.clear()

    def answers(self, op: str) -> bool:
        """Whether an operation is answered here."""
        return op in self._ops or op == "BatchCreatePartition"

    def answer(self, call: Call, fault: Fault | None) -> Answer:
        """Answer one call."""
        params, backend = folded(call.params), backends.glue(call.region)
        try:
            with backends.LOCK:
                if call.op == "BatchCreatePartition":
                    return json_answer(self._batch_create(backend, params, fault))
                if call.op == "GetPartitions" and call.by_engine:
                    return json_answer(self._get_partitions(backend, params, by_engine=True))
                return json_answer(self._ops[call.op](backend, params))
        except JsonRESTError as error:
            raise AwsError(error.error_type, error.message) from None

    def _table(self, backend: GlueBackend, params: _Params) -> FakeTable:
        return backend.get_table(params["DatabaseName"], params.get("TableName") or params["Name"])

    def _page(self, owner: str, params: _Params, size: int, full: Callable[[], Any]) -> _Params:
        token = params.get("NextToken")
        if token is None:
            page = Page(owner, full(), 0)
        else:
            page = self._pages.get(token) or Page("", (), 0)
        if page.owner != owner:
            raise invalid(f"Invalid pagination token provided: {token}")
        end = page.start + size
        answer: _Params = {"items": page.items[page.start : end]}
        if end < len(page.items):
            answer["NextToken"] = uuid4().hex
            self._pages[answer["NextToken"]] = Page(owner, page.items, end)
        return answer

    def _get_partitions(
        self, backend: GlueBackend, params: _Params, *, by_engine: bool = False
    ) -> _Params:
        table = self._table(backend, params)
        expression = _DATE.sub("", params.get("Expression") or "")

        def full() -> list[FakePartition]:
            found = _underscored(table, expression) if by_engine else None
            items = table.get_partitions(expression) if found is None else found
            return _segment(items, params)

        size = params.get("MaxResults") or self._settings.glue_page
        page = self._page(f"{table.database_name}.{table.name}", params, size, full)
        columns = not params.get("ExcludeColumnSchema")
        items = page.pop("items")
        return {"Partitions": [self._shown(item, columns=columns) for item in items], **page}

    def _shown(self, partition: FakePartition, *, columns: bool = True) -> _Params:
        whole = {"CatalogId": backends.ACCOUNT, **partition.as_dict()}
        return filled(whole, columns=columns)

    def _get_partition(self, backend: GlueBackend, params: _Params) -> _Params:
        table = self._table(backend, params)
        return {"Partition": self._shown(table.get_partition(params["PartitionValues"]))}

    def _batch_get(self, backend: GlueBackend, params: _Params) -> _Params:
        table = self._table(backend, params)
        wanted = [str(entry["Values"]) for entry in params["PartitionsToGet"]]
        found = [table.partitions[key] for key in wanted if key in table.partitions]
        return {"Partitions": [self._shown(item) for item in found], "UnprocessedKeys": []}

    def _create_partition(self, backend: GlueBackend, params: _Params) -> _Params:
        table = self._table(backend, params)
        arity(table, params["PartitionInput"].get("Values", []))
        table.create_partition(params["PartitionInput"])
        return {}

    def _update_partition(self, backend: GlueBackend, params: _Params) -> _Params:
        table = self._table(backend, params)
        fresh = params["PartitionInput"]
        arity(table, fresh.get("Values", []))
        table.update_partition(params["PartitionValueList"], fresh)
        return {}

    def _batch_update(self, backend: GlueBackend, params: _Params) -> _Params:
        table = self._table(backend, params)
        errors = [self._updated(table, entry) for entry in params["Entries"]]
        return {"Errors": [error for error in errors if error]}

    def _updated(self, table: FakeTable, entry: _Params) -> _Params | None:
        old = entry["PartitionValueList"]
        try:
            arity(table, entry["PartitionInput"].get("Values", []))
            table.update_partition(old, entry["PartitionInput"])
        except JsonRESTError as error:
            detail = {"ErrorCode": error.error_type, "ErrorMessage": error.message}
        except AwsError as error:
            detail = {"ErrorCode": error.code, "ErrorMessage": error.message}
        else:
            return None
        return {"PartitionValueList": old, "ErrorDetail": detail}

    def _batch_create(self, backend: GlueBackend, params: _Params, fault: Fault | None) -> _Params:
        table = self._table(backend, params)
        entries = params["PartitionInputList"]
        for entry in entries:
            arity(table, entry.get("Values", []))
        refused = fault.count if fault else 0
        errors = [
            _item_error(entry["Values"], fault.code, "Internal service error")
            for entry in entries[:refused]
            if fault
        ]
        errors += [error for entry in entries[refused:] if (error := self._created(table, entry))]
        return {"Errors": errors}

    def _created(self, table: FakeTable, entry: _Params) -> _Params | None:
        try:
            table.create_partition(entry)
        except JsonRESTError as error:
            return _item_error(entry["Values"], error.error_type, error.message)
        return None

    def _create_table(self, backend: GlueBackend, params: _Params) -> _Params:
        given = params["TableInput"]
        names = [column["Name"].lower() for column in _all_columns(given)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise invalid(f"Duplicate column found: {', '.join(twice)}")
        backend.create_table(params["DatabaseName"], given["Name"], given)
        return {}

    def _update_table(self, backend: GlueBackend, params: _Params) -> _Params:
        given = params["TableInput"]
        table = backend.get_table(params["DatabaseName"], given["Name"])
        stated = params.get("VersionId")
        if stated is not None and stated != table.as_dict()["VersionId"]:
            raise AwsError(
                "ConcurrentModificationException", f"Version {stated} is not the current one."
            )
        table.update(given)
        return {}

    def _get_table(self, backend: GlueBackend, params: _Params) -> _Params:
        return {"Table": shown_table(self._table(backend, params))}

    def _get_tables(self, backend: GlueBackend, params: _Params) -> _Params:
        database, expression = params["DatabaseName"], params.get("Expression")
        size = params.get("MaxResults") or _TABLES_PAGE
        tables = lambda: backend.get_tables(database, expression)  # noqa: E731
        page = self._page(f"tables of {database}", params, size, tables)
        return {"TableList": [shown_table(table) for table in page.pop("items")], **page}

    def _statistics(self, backend: GlueBackend, params: _Params) -> _Params:
        """Nobody has analysed a table here: there are no statistics, and none are kept."""
        self._table(backend, params)
        return {"ColumnStatisticsList": [], "Errors": []}

    def _get_databases(self, backend: GlueBackend, params: _Params) -> _Params:
        size = params.get("MaxResults") or _TABLES_PAGE
        page = self._page("databases", params, size, backend.get_databases)
        shown = [filled(database.as_dict()) for database in page.pop("items")]
        return {"DatabaseList": shown, **page}


def _all_columns(given: _Params) -> list[_Params]:
    descriptor = given.get("StorageDescriptor") or {}
    return [*(descriptor.get("Columns") or []), *(given.get("PartitionKeys") or [])]


def shown_table(table: FakeTable) -> _Params:
    """Give a table as GetTable does."""
    stored = table.as_dict()
    moments = {"UpdateTime": stored.get("UpdateTime") or stored["CreateTime"]}
    defaults = {"Retention": 0, "PartitionKeys": [], "IsRegisteredWithLakeFormation": False}
    return filled({**defaults, **stored, **moments})
