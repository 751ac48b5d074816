"""The seam: what an engine is asked, and what it gives back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from tests.rig.catalog import Table

USER_ERROR = 2
SYSTEM_ERROR = 1


@dataclass(frozen=True)
class Statement:
    """A query, its parameters and where bare table names belong."""

    sql: str
    database: str | None = None
    parameters: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result with Athena's name for its type."""

    name: str
    type: str
    precision: int = 0
    scale: int = 0


@dataclass(frozen=True)
class Rows:
    """A result: every value as the text Athena would show, None for NULL."""

    columns: tuple[ResultColumn, ...]
    rows: Sequence[tuple[str | None, ...]]
    scanned_bytes: int = 0
    manifest: tuple[str, ...] | None = None
    """The files that an UNLOAD wrote."""


class StatementRefusedError(Exception):
    """A statement that Athena refuses when it is submitted."""


class QueryFailedError(Exception):
    """A query that starts and fails; the reason reads as Athena's."""

    def __init__(self, reason: str, category: int = USER_ERROR, kind: int = 1000) -> None:
        super().__init__(reason)
        self.reason = reason
        self.category = category
        self.kind = kind


class InterruptedQueryError(Exception):
    """A query stopped by interrupt()."""


class Tables(Protocol):
    """The catalogue an engine reads."""

    def has_database(self, database: str) -> bool:
        """Whether a database exists."""

    def table(self, database: str, name: str) -> Table | None:
        """Give a table, or nothing."""


Engine = Callable[[], "Executor"]
"""Makes an executor for each query."""


class Executor(Protocol):
    """An engine that runs one statement over the registered partitions."""

    writes: ClassVar[bool]
    """Whether it also explains, and makes tables, rows, views and files."""

    def check(self, statement: Statement) -> None:
        """Raise StatementRefusedError for what Athena refuses at submission."""

    def run(self, statement: Statement, tables: Tables) -> Rows:
        """Run a statement to its end; QueryFailedError when it fails."""

    def interrupt(self) -> None:
        """Stop the running statement from another thread."""
