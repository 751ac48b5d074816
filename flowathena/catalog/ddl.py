"""The statements of Athena's Hive dialect that create a table and register its partitions."""

from collections.abc import Mapping, Sequence

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from flowathena.catalog.base import Change
from flowathena.package import folder
from flowathena.shape.table import Table
from flowathena.sql.quoting import hive_identifier, hive_literal, hive_value


def create_table(table: Table) -> str:
    """The ``CREATE EXTERNAL TABLE`` statement of a table, in Athena's Hive dialect."""
    return _render("create_table.sql", table)


def create_database(table: Table) -> str:
    """The ``CREATE DATABASE`` statement of the database that a table lives in."""
    return _render("create_database.sql", table)


def alter_table(table: Table, properties: Mapping[str, str]) -> str:
    """The ``ALTER TABLE … SET TBLPROPERTIES`` statement that gives a table properties."""
    return _render("alter_table.sql", table, properties=properties)


def add_partitions(table: Table, changes: Sequence[Change]) -> str:
    """The ``ALTER TABLE … ADD IF NOT EXISTS`` statement that registers partitions."""
    return _render("add_partitions.sql", table, changes=changes)


def _render(template: str, table: Table, **more: object) -> str:
    environment = Environment(  # noqa: S701 - renders SQL, not HTML; both filters quote
        loader=FileSystemLoader(folder("ddl")), undefined=StrictUndefined
    )
    environment.filters["name"] = hive_identifier
    environment.filters["text"] = hive_literal
    environment.filters["literal"] = hive_value
    return environment.get_template(template).render(table=table, **more)
