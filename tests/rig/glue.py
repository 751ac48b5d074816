"""Glue with AWS's manners: pages, segments, per-item errors, folded names."""

import re
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.glue.models import FakePartition, FakeTable, GlueBackend

from tests.rig import backends, partitions
from tests.rig.answers import Answer, AwsError, json_answer
from tests.rig.calls import Call
from tests.rig.descriptors import filled
from tests.rig.faults import Fault
from tests.rig.pages import Pages, invalid
from tests.rig.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

_DATE = re.compile(r"\b(?:DATE|TIMESTAMP)\s+(?=')", re.IGNORECASE)
_FOLDED = ("DatabaseName", "TableName", "Name")
_TABLES_PAGE = 100
_STATISTICS = tuple(
    f"{verb}ColumnStatisticsFor{owner}"
    for verb in ("Get", "Update", "Delete")
    for owner in ("Table", "Partition")
)
_Params = dict[str, Any]


def folded(params: _Params) -> _Params:
    """Lower the case of the database and table names of a call, as Glue stores them."""
    low = {key: value.lower() for key, value in params.items() if key in _FOLDED}
    for key in ("TableInput", "DatabaseInput"):
        if key in params:
            low[key] = {**params[key], "Name": params[key]["Name"].lower()}
    return {**params, **low}


class Glue:
    """The Glue operations that moto gives no AWS shape to."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._pages = Pages()
        self._ops: dict[str, Callable[[GlueBackend, _Params], _Params]] = {
            "GetPartitions": self._get_partitions,
            "GetPartition": self._get_partition,
            "BatchGetPartition": self._batch_get,
            "CreatePartition": self._create_partition,
            "UpdatePartition": self._update_partition,
            "CreateTable": self._create_table,
            "UpdateTable": self._update_table,
            "GetTable": self._get_table,
            "GetTables": self._get_tables,
            "GetDatabases": self._get_databases,
            **dict.fromkeys(_STATISTICS, self._statistics),
        }

    def knows(self, op: str) -> bool:
        """Whether an operation is answered here or by moto."""
        return self.answers(op) or backends.known("glue", op)

    def reset(self) -> None:
        """Forget every page token."""
        self._pages.clear()

    def answers(self, op: str) -> bool:
        """Whether an operation is answered here."""
        return op in self._ops or partitions.is_batch(op)

    def answer(self, call: Call, fault: Fault | None) -> Answer:
        """Answer one call."""
        params, backend = folded(call.params), backends.glue(call.region)
        try:
            with backends.LOCK:
                if partitions.is_batch(call.op):
                    table = self._table(backend, params)
                    return json_answer(partitions.batch(call.op, table, params, fault))
                if call.op == "GetPartitions" and call.by_engine:
                    return json_answer(self._get_partitions(backend, params, by_engine=True))
                return json_answer(self._ops[call.op](backend, params))
        except JsonRESTError as error:
            raise AwsError(error.error_type, error.message) from None

    def _table(self, backend: GlueBackend, params: _Params) -> FakeTable:
        return backend.get_table(params["DatabaseName"], params.get("TableName") or params["Name"])

    def _get_partitions(
        self, backend: GlueBackend, params: _Params, *, by_engine: bool = False
    ) -> _Params:
        table = self._table(backend, params)
        expression = _DATE.sub("", params.get("Expression") or "")

        def full() -> list[FakePartition]:
            found = partitions.chosen(table, expression, hyphens=by_engine)
            return partitions.segment(found, params)

        size = params.get("MaxResults") or self._settings.glue_page
        page = self._pages.page(f"{table.database_name}.{table.name}", params, size, full)
        columns = not params.get("ExcludeColumnSchema")
        items = page.pop("items")
        shown = [partitions.shown(item, columns=columns) for item in items]
        return {"Partitions": shown, **page}

    def _get_partition(self, backend: GlueBackend, params: _Params) -> _Params:
        table = self._table(backend, params)
        return {"Partition": partitions.shown(table.get_partition(params["PartitionValues"]))}

    def _batch_get(self, backend: GlueBackend, params: _Params) -> _Params:
        table = self._table(backend, params)
        wanted = [str(entry["Values"]) for entry in params["PartitionsToGet"]]
        found = [table.partitions[key] for key in wanted if key in table.partitions]
        return {"Partitions": [partitions.shown(item) for item in found], "UnprocessedKeys": []}

    def _create_partition(self, backend: GlueBackend, params: _Params) -> _Params:
        partitions.create(self._table(backend, params), params["PartitionInput"])
        return {}

    def _update_partition(self, backend: GlueBackend, params: _Params) -> _Params:
        partitions.update(self._table(backend, params), params)
        return {}

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
        page = self._pages.page(f"tables of {database}", params, size, tables)
        return {"TableList": [shown_table(table) for table in page.pop("items")], **page}

    def _statistics(self, backend: GlueBackend, params: _Params) -> _Params:
        """Nobody has analysed a table here: there are no statistics, and none are kept."""
        self._table(backend, params)
        return {"ColumnStatisticsList": [], "Errors": []}

    def _get_databases(self, backend: GlueBackend, params: _Params) -> _Params:
        size = params.get("MaxResults") or _TABLES_PAGE
        page = self._pages.page("databases", params, size, backend.get_databases)
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
