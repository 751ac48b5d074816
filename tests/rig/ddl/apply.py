"""Hive statements at work on Glue, as Athena does it."""

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.glue.models import FakeTable, GlueBackend

from tests.rig import backends
from tests.rig.ddl import model
from tests.rig.ddl.failures import semantic, task
from tests.rig.ddl.partitions import (
    checked,
    found_in,
    hive_location,
    keys,
    matching,
    partition_input,
    path,
    values_of,
)
from tests.rig.executor.base import QueryFailedError, ResultColumn, Rows

_NOTHING = Rows((), ())


def _lines(name: str, lines: list[str]) -> Rows:
    return Rows((ResultColumn(name, "string"),), [(line,) for line in lines])


@dataclass(frozen=True)
class Catalog:
    """The catalogue a statement changes, and where bare names belong."""

    backend: GlueBackend
    database: str | None

    def _database(self, given: str | None) -> str:
        return given or (self.database or "default").lower()

    def table(self, name: model.Name) -> FakeTable:
        """Give a table; a missing one fails the statement."""
        try:
            return self.backend.get_table(self._database(name.database), name.table)
        except JsonRESTError:
            raise semantic(10001, f"Table not found {name.table}") from None

    def create_database(self, given: model.CreateDatabase) -> Rows:
        """CREATE DATABASE."""
        if given.name in self.backend.databases:
            if given.if_not_exists:
                return _NOTHING
            raise task(f"AlreadyExistsException(message:Database {given.name} already exists)")
        stored = {
            "Name": given.name,
            "Description": given.comment,
            "LocationUri": given.location,
            "Parameters": given.properties,
        }
        kept = {key: value for key, value in stored.items() if value}
        self.backend.create_database(given.name, kept)
        return _NOTHING

    def drop_database(self, given: model.DropDatabase) -> Rows:
        """DROP DATABASE."""
        held = self.backend.databases.get(given.name)
        if held is None:
            if given.if_exists:
                return _NOTHING
            raise semantic(10072, f"Database does not exist: {given.name}")
        if held.tables and not given.cascade:
            raise task(
                f"InvalidOperationException(message:Database {given.name} is not empty."
                " One or more tables exist.)"
            )
        self.backend.delete_database(given.name)
        return _NOTHING

    def create_table(self, given: model.CreateTable) -> Rows:
        """CREATE EXTERNAL TABLE."""
        database = self._database(given.name.database)
        if database not in self.backend.databases:
            raise semantic(10072, f"Database does not exist: {database}")
        names = [column.name for column in (*given.columns, *given.keys)]
        if len(set(names)) < len(names):
            raise semantic(10035, "Column repeated in partitioning columns")
        checked(given.location)
        if given.name.table in self.backend.databases[database].tables:
            if given.if_not_exists:
                return _NOTHING
            text = f"AlreadyExistsException(message:Table {given.name.table} already exists)"
            raise task(text)
        self.backend.create_table(database, given.name.table, _table_input(given))
        return _NOTHING

    def drop_table(self, given: model.DropTable) -> Rows:
        """DROP TABLE."""
        try:
            table = self.table(given.name)
        except QueryFailedError:
            if given.if_exists:
                return _NOTHING
            raise
        self.backend.delete_table(table.database_name, table.name)
        return _NOTHING

    def add_partitions(self, given: model.AddPartitions) -> Rows:
        """ALTER TABLE ADD PARTITION; all of them or, after an error, none."""
        table = self.table(given.name)
        fresh: dict[str, dict[str, Any]] = {}
        for spec in given.specs:
            values = values_of(table, spec.values)
            known = str(values) in table.partitions or str(values) in fresh
            if known and not given.if_not_exists:
                raise task(f"AlreadyExistsException(message:Partition already exists: {values})")
            if not known:
                location = spec.location or hive_location(table, values)
                fresh[str(values)] = partition_input(table, values, checked(location))
        for entry in fresh.values():
            table.create_partition(entry)
        return _NOTHING

    def drop_partitions(self, given: model.DropPartitions) -> Rows:
        """ALTER TABLE DROP PARTITION; a clause may name some of the keys only."""
        table = self.table(given.name)
        for spec in given.specs:
            doomed = matching(table, spec.values)
            if not doomed and not given.if_exists:
                raise semantic(10006, f"Partition not found {spec.values}")
            for key in doomed:
                del table.partitions[key]
        return _NOTHING

    def set_location(self, given: model.SetLocation) -> Rows:
        """ALTER TABLE SET LOCATION, of the table or of a partition."""
        table, location = self.table(given.name), checked(given.location)
        if given.spec is None:
            stored = copy.deepcopy(table.get_version(table.as_dict()["VersionId"]))
            stored["StorageDescriptor"]["Location"] = location
            table.update(stored)
            return _NOTHING
        values = values_of(table, given.spec.values)
        if str(values) not in table.partitions:
            raise semantic(10006, f"Partition not found {given.spec.values}")
        stored = copy.deepcopy(table.partitions[str(values)].partition_input)
        stored["StorageDescriptor"]["Location"] = location
        table.update_partition(values, stored)  # type: ignore[arg-type]
        return _NOTHING

    def set_properties(self, given: model.SetProperties) -> Rows:
        """ALTER TABLE SET TBLPROPERTIES."""
        table = self.table(given.name)
        stored = copy.deepcopy(table.get_version(table.as_dict()["VersionId"]))
        stored["Parameters"] = {**stored.get("Parameters", {}), **given.properties}
        table.update(stored)
        return _NOTHING

    def show_partitions(self, given: model.ShowPartitions) -> Rows:
        """SHOW PARTITIONS."""
        table = self.table(given.name)
        if not keys(table):
            raise semantic(10241, f"Table {table.name} is not a partitioned table")
        lines = [path(table, item.values) for item in table.partitions.values()]
        return _lines("partition", sorted(lines))

    def show_tables(self, given: model.ShowTables) -> Rows:
        """SHOW TABLES; a pattern knows * and |."""
        database = self._database(given.database)
        if database not in self.backend.databases:
            raise semantic(10072, f"Database does not exist: {database}")
        names = sorted(self.backend.databases[database].tables)
        return _lines("tab_name", _like(names, given.pattern))

    def show_databases(self, given: model.ShowDatabases) -> Rows:
        """SHOW DATABASES."""
        return _lines("database_name", _like(sorted(self.backend.databases), given.pattern))

    def describe(self, given: model.Describe) -> Rows:
        """DESCRIBE: padded lines, the partition columns once more below."""
        table = self.table(given.name)
        columns = table.as_dict()["StorageDescriptor"]["Columns"]
        own = keys(table)
        lines = [_described(column) for column in (*columns, *own)]
        if own:
            lines += ["", "# Partition Information", "# col_name\tdata_type\tcomment", ""]
            lines += [_described(key) for key in own]
        return _lines("col_name", lines)

    def repair(self, given: model.Repair) -> Rows:
        """MSCK REPAIR TABLE: key=value folders only, and it only adds."""
        table = self.table(given.name)
        location = table.as_dict()["StorageDescriptor"]["Location"]
        added = []
        for values, place in found_in(table, location):
            if str(values) not in table.partitions:
                table.create_partition(partition_input(table, values, place))
                added.append(f"{table.name}:{path(table, values)}")
        missing = ["Partitions not in metastore:\t" + "\t".join(added)] if added else []
        return _lines("", missing + [f"Repair: Added partition to metastore {x}" for x in added])


def _column(given: model.ColumnDef) -> dict[str, str]:
    comment = {"Comment": given.comment} if given.comment is not None else {}
    return {"Name": given.name, "Type": given.type, **comment}


def _table_input(given: model.CreateTable) -> dict[str, Any]:
    storage = given.storage
    descriptor = {
        "Columns": [_column(column) for column in given.columns],
        "Location": given.location,
        "InputFormat": storage.input_format,
        "OutputFormat": storage.output_format,
        "Compressed": False,
        "NumberOfBuckets": -1,
        "SerdeInfo": {
            "SerializationLibrary": storage.serde,
            "Parameters": storage.serde_parameters,
        },
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": {},
        "StoredAsSubDirectories": False,
    }
    comment = {"comment": given.comment} if given.comment else {}
    stamp = {"EXTERNAL": "TRUE", "transient_lastDdlTime": str(int(time.time()))}
    return {
        "Name": given.name.table,
        "Owner": "hadoop",
        "Retention": 0,
        "StorageDescriptor": descriptor,
        "PartitionKeys": [_column(key) for key in given.keys],
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {**stamp, **comment, **given.properties},
    }


def _like(names: list[str], pattern: str | None) -> list[str]:
    if pattern is None:
        return names
    shapes = pattern.lower().split("|")
    return [name for name in names if any(fnmatchcase(name, shape) for shape in shapes)]


def _described(column: dict[str, Any]) -> str:
    comment = column.get("Comment") or ""
    return f"{column['Name']:<20}\t{column['Type']:<20}\t{comment:<20}"


_ACTIONS: dict[type[Any], Callable[[Catalog, Any], Rows]] = {
    model.CreateDatabase: Catalog.create_database,
    model.DropDatabase: Catalog.drop_database,
    model.CreateTable: Catalog.create_table,
    model.DropTable: Catalog.drop_table,
    model.AddPartitions: Catalog.add_partitions,
    model.DropPartitions: Catalog.drop_partitions,
    model.SetLocation: Catalog.set_location,
    model.SetProperties: Catalog.set_properties,
    model.ShowPartitions: Catalog.show_partitions,
    model.ShowTables: Catalog.show_tables,
    model.ShowDatabases: Catalog.show_databases,
    model.Describe: Catalog.describe,
    model.Repair: Catalog.repair,
}


def apply(statement: model.Ddl, region: str, database: str | None) -> Rows:
    """Carry out a Hive statement."""
    with backends.LOCK:
        catalog = Catalog(backends.glue(region), database)
        return _ACTIONS[type(statement)](catalog, statement)
