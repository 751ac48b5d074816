"""The exceptions that flowathena raises.

::

    FlowathenaError                 exit 1
    ├── UsageError                  exit 2   an invalid request
    │   ├── ConfigError             exit 2   flowathena.toml, the environment or a flag is invalid
    │   ├── ParameterError          exit 2   a parameter has an invalid value
    │   ├── WindowError             exit 2   since and until do not make a window
    │   └── QueryError              exit 2   a query file or statement is invalid
    │       └── MissingFieldsError  exit 2   the table lacks a field that it uses
    ├── StorageError                exit 1   the bucket or folder cannot be read
    │   ├── PlaceError              exit 1   one folder cannot be read; others may be
    │   ├── ObjectError             exit 1   one log file cannot be read; others may be
    │   └── BadFilesError           exit 1   log files are damaged
    ├── CatalogError                exit 1   Glue or the local catalog refuses
    │   ├── TableMissingError       exit 1   the table or its database does not exist
    │   └── TableMismatchError      exit 1   the table has other columns or partition keys
    ├── EngineError                 exit 1   a statement failed in the engine
    ├── PartialFailureError         exit 4   some partitions or places failed, others did not
    └── CostError                   exit 5   a statement would cost more than a limit allows

Interruption (Ctrl-C, SIGTERM, SIGHUP) is ``KeyboardInterrupt`` and exit code 130. If the reader of
standard output ends early (``| head``), the exit code is 141, as of a command that SIGPIPE ends.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Self

_FILES_SHOWN = 3
"""How many damaged files a message names; ``BadFilesError.files`` has all."""


class ExitCode(IntEnum):
    """How the command line ends: documented API."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    DRIFT = 3
    PARTIAL = 4
    REFUSED = 5
    INTERRUPTED = 130
    CUT = 141


_FROM_WORST = (
    *(ExitCode.INTERRUPTED, ExitCode.ERROR, ExitCode.USAGE, ExitCode.PARTIAL),
    *(ExitCode.REFUSED, ExitCode.DRIFT, ExitCode.CUT, ExitCode.DONE),
)


def worst_code(codes: Iterable[int]) -> int:
    """The worst of several exit codes, 0 of none: 130, 1, 2, 4, 5, 3, 0 in this order.

    What was interrupted is not known to the end; an error may concern everything, an invalid
    request is the caller's; some things undone weigh more than what nobody began because of its
    cost; what was found is no failure at all.
    """
    return min(map(ExitCode, codes), key=_FROM_WORST.index, default=ExitCode.DONE)


class FlowathenaError(Exception):
    """Base class of all exceptions that flowathena raises."""

    exit_code = ExitCode.ERROR


class UsageError(FlowathenaError):
    """Raised for an invalid request, before anything is read or run."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class Problem:
    """One problem in a file, written as ``file:line: message``."""

    message: str
    file: Path | None = None
    line: int | None = None

    def __str__(self) -> str:
        if self.file is None:
            return self.message
        where = f"{self.file}:{self.line}" if self.line else f"{self.file}"
        return f"{where}: {self.message}"


class _ProblemsError(UsageError):
    """A usage error that lists every problem, one per line."""

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        if isinstance(problems, str):
            problems = [Problem(problems)]
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(map(str, self.problems)))


class ConfigError(_ProblemsError):
    """Raised when the configuration is missing or invalid, or a target is unknown."""


class QueryError(_ProblemsError):
    """Raised when a query is unknown or invalid, or uses fields the table does not have."""


class MissingFieldsError(QueryError):
    """Raised when a query, valid otherwise, uses fields that the table does not have."""


class ParameterError(UsageError):
    """Raised when a parameter has an invalid value; ``name`` is the parameter."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name


class WindowError(UsageError):
    """Raised when since and until do not make a window of time."""


class StorageError(FlowathenaError):
    """Raised when the bucket or folder with the logs cannot be read."""


class PlaceError(StorageError):
    """Raised when one folder or object cannot be read, which says nothing of the others.

    Access is denied there, it is throttled, or the service fails, after every retry.
    """


class ObjectError(StorageError):
    """Raised when one log file cannot be read, which says nothing of the others.

    It is empty, damaged, archived, gone meanwhile, or no log at all.
    """


class BadFilesError(StorageError):
    """Raised when log files are damaged; ``files`` maps each file to the reason."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = dict(files)
        shown = sorted(files.items())[:_FILES_SHOWN]
        listed = "; ".join(f"{_shown(name)}: {reason}" for name, reason in shown)
        more = f"; and {len(files) - len(shown)} more" if len(files) > len(shown) else ""
        noun = "damaged log file" if len(files) == 1 else f"{len(files)} damaged log files"
        super().__init__(f"{noun}: {listed}{more} (--skip-bad-files reads the others)")


def _shown(name: str) -> str:
    """A file's name, on one line whatever it contains."""
    return name if name.isprintable() else repr(name)


class CatalogError(FlowathenaError):
    """Raised when the catalog of tables and partitions cannot be read or written."""


class TableMissingError(CatalogError):
    """Raised when the table, or its database, does not exist."""

    @classmethod
    def of(cls, table: str, command: str = "") -> Self:
        """The error for a table that does not exist.

        Args:
            table: ``database.table``.
            command: the command line that creates it; empty to name none.
        """
        hint = f"; '{command}' creates it" if command else ""
        return cls(f"table {table} does not exist{hint}")


class TableMismatchError(CatalogError):
    """Raised when the table in the catalog has other columns or partition keys."""


class EngineError(FlowathenaError):
    """Raised when a statement fails in the engine; the message is the engine's."""


class PartialFailureError(FlowathenaError):
    """Raised by the command line when some partitions or places failed and others did not."""

    exit_code = ExitCode.PARTIAL


class CostError(FlowathenaError):
    """Raised before a statement is run that would read or cost more than a limit allows."""

    exit_code = ExitCode.REFUSED
