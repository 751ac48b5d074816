"""Trino asked directly, without Athena's manners between."""

from typing import Any

from trino import dbapi
from trino.dbapi import Cursor


class Trino:
    """A Trino server on the loopback interface."""

    def __init__(self, port: int) -> None:
        self.port = port

    def cursor(self, schema: str | None = None, catalog: str = "awsdatacatalog") -> Cursor:
        """Give a cursor that hands out values in the texts Athena shows."""
        connection = dbapi.connect(
            host="127.0.0.1",
            port=self.port,
            user="rig",
            catalog=catalog,
            schema=schema,
            timezone="UTC",
            legacy_primitive_types=True,
        )
        cursor: Cursor = connection.cursor()
        return cursor

    def rows(
        self, sql: str, *, schema: str | None = None, catalog: str = "awsdatacatalog"
    ) -> list[list[Any]]:
        """Run a statement; TrinoQueryError (``error_name``, ``message``) when it fails."""
        cursor = self.cursor(schema, catalog)
        cursor.execute(sql)
        found: list[list[Any]] = cursor.fetchall()
        return found

    def types(self, sql: str) -> list[str]:
        """Run a statement and give Trino's names of its columns' types."""
        cursor = self.cursor()
        cursor.execute(sql)
        cursor.fetchall()
        return [str(column[1]) for column in cursor.description]
