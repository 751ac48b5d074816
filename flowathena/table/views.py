"""The views over the table of one target, in Athena: compared, created and replaced.

A view is an entry of Glue's; its query is read there, and no statement runs to look.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, error_code, translate_errors
from flowathena.catalog import open_catalog, wanted
from flowathena.errors import (
    CatalogError,
    EngineError,
    TableMismatchError,
    TableMissingError,
    UsageError,
)
from flowathena.shape.table import Table
from flowathena.table import view_text
from flowathena.table.view_text import View, ViewDrift
from flowathena.target.target import Target

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import TableTypeDef

_MISSING = "EntityNotFoundException"
_VIEW = "VIRTUAL_VIEW"
# What Athena, as Trino, puts around a view's JSON.
_BEFORE, _AFTER = "/* Presto View: ", " */"


@dataclass(frozen=True)
class ViewCreation:
    """What became of creating a view.

    Attributes:
        drift: the view as it was found, compared with the wanted one.
        changed: whether it was created or replaced; False where it is as wanted, or in a dry run.
        statement: the statement that creates it.
    """

    drift: ViewDrift
    changed: bool
    statement: str

    def to_json(self) -> dict[str, object]:
        """The stable shape of one of the ``views`` of ``view create --format json``."""
        return {
            "view": self.drift.view,
            "existed": self.drift.exists,
            "equal": self.drift.equal,
            "changed": self.changed,
            "diff": self.drift.diff,
            "statement": self.statement,
        }


class Views:
    """The views of one target."""

    def __init__(self, target: Target, aws: Aws) -> None:
        self._target = target
        self._aws = aws

    def ddl(self, name: str | None = None) -> tuple[View, ...]:
        """The views that the table gets, each with its ``statement``; creates nothing.

        On AWS it asks Glue for the table, whose columns they depend on; without one it takes the
        target's settings.

        Args:
            name: ``readable`` or ``daily``; None for both.

        Raises:
            UsageError: there is no such view.
            CatalogError: the catalog cannot be read, or the table is no flow-log table.
        """
        kinds = view_text.kinds(name)
        table = open_catalog(self._target, self._aws).table()
        return self._wanted(kinds, table or self._planned())

    def diff(self, name: str | None = None) -> tuple[ViewDrift, ...]:
        """Compare the live views with the wanted ones; changes nothing and runs no query.

        Args:
            name: ``readable`` or ``daily``; None for both.

        Raises:
            UsageError: the target is local, or there is no such view.
            TableMissingError: there is no table to have views of.
            TableMismatchError: what has a view's name is a table.
            CatalogError: Glue cannot be read.
        """
        return tuple(drift for _, drift in self._compared(name))

    def create(
        self,
        name: str | None = None,
        *,
        confirmed: Callable[[tuple[ViewDrift, ...]], bool] = lambda _: True,
        dry_run: bool = False,
    ) -> tuple[ViewCreation, ...]:
        """Create the views that are missing, replace those that differ, leave the others alone.

        Each is one statement that Athena runs; a view that is replaced is missing at no moment.

        Args:
            name: ``readable`` or ``daily``; None for both.
            confirmed: asked before the first statement runs; told how every view is found.
            dry_run: look, and change nothing.

        Raises:
            UsageError: the target is local, or there is no such view.
            TableMissingError: there is no table to have views of.
            TableMismatchError: what has a view's name is a table.
            CatalogError: Glue cannot be read.
            EngineError: Athena refuses a statement, or it fails; names the views done before.
        """
        found = self._compared(name)
        asked = any(not drift.equal for _, drift in found) and not dry_run
        runs = asked and confirmed(tuple(drift for _, drift in found))
        changes = [view for view, drift in found if runs and not drift.equal]
        self._send(changes)
        return tuple(ViewCreation(drift, view in changes, view.statement) for view, drift in found)

    def _compared(self, name: str | None) -> list[tuple[View, ViewDrift]]:
        kinds = view_text.kinds(name)
        if self._target.is_local:
            raise UsageError(
                f"views are Athena's, and target {self._target.name!r} is a folder: 'flowathena "
                "view ddl' prints their statements, 'flowathena run' asks the saved queries"
            )
        table = open_catalog(self._target, self._aws).table()
        if table is None:
            raise TableMissingError(
                f"table {self._target.database}.{self._target.table} does not exist; "
                "'flowathena table create' creates it"
            )
        return [
            (view, view_text.compare(view, self._live(view))) for view in self._wanted(kinds, table)
        ]

    def _wanted(self, kinds: tuple[str, ...], table: Table) -> tuple[View, ...]:
        source = wanted.flow_table(table, self._target)
        return tuple(view_text.wanted(kind, source) for kind in kinds)

    def _planned(self) -> Table:
        """The table of the settings; of a projection only how it writes its days matters here."""
        return wanted.wanted(self._target, wanted.Reaches((), ()))

    def _live(self, view: View) -> str | None:
        """The query of a live view; None where there is no view."""
        database = view.table.database
        with translate_errors(f"Glue view {view.full_name}", CatalogError):
            try:
                found = self._aws.glue.get_table(DatabaseName=database, Name=view.name)["Table"]
            except ClientError as error:
                if error_code(error) == _MISSING:
                    return None
                raise
        if found.get("TableType") != _VIEW:
            raise TableMismatchError(
                f"{view.full_name} is a table, not a view, and stays as it is: "
                "drop or rename it to make room for the view"
            )
        return _query(found)

    def _send(self, changes: list[View]) -> None:
        from flowathena.aws.athena import Athena  # noqa: PLC0415 - 60 ms

        athena = Athena(self._aws, self._target)
        for done, view in enumerate(changes):
            try:
                athena.execute(view.statement, database=self._target.database)
            except EngineError as error:
                before = ", ".join(each.full_name for each in changes[:done])
                told = f" ({before} is done)" if before else ""
                raise EngineError(f"view {view.full_name}: {error}{told}") from error


def _query(found: "TableTypeDef") -> str:
    """The query of a view, as Athena keeps it; another engine's text as it stands."""
    text = found.get("ViewOriginalText", "")
    try:
        encoded = text.removeprefix(_BEFORE).removesuffix(_AFTER)
        return str(json.loads(base64.b64decode(encoded, validate=True))["originalSql"])
    except (ValueError, KeyError, TypeError):
        return text
