"""Everything flowathena raises on purpose.

::

    FlowathenaError                 exit 1
    ├── UsageError                  exit 2   the caller asked for something that cannot be
    │   ├── ConfigError             exit 2   flowathena.toml, the environment or a flag is wrong
    │   ├── ParameterError          exit 2   a value is not of its parameter's type
    │   ├── WindowError             exit 2   since/until make no window
    │   └── QueryError              exit 2   a query file or statement is wrong
    ├── StorageError                exit 1   the bucket or folder cannot be read
    │   └── BadFilesError           exit 1   log files are damaged
    ├── CatalogError                exit 1   Glue or the local catalog refuses
    │   ├── TableMissingError       exit 1   the table or its database does not exist
    │   └── TableMismatchError      exit 1   the table is not a flow-log table of this shape
    ├── EngineError                 exit 1   a statement failed while it ran
    └── PartialFailureError         exit 4   some partitions failed, the others are done

Interruption (Ctrl-C, SIGTERM) is ``KeyboardInterrupt`` and exit code 130.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """How the command line ends: documented API."""

    DONE = 0
    ERROR = 1
    USAGE = 2
    DRIFT = 3
    PARTIAL = 4
    INTERRUPTED = 130


class FlowathenaError(Exception):
    """Root of the tree: catch this to catch all that flowathena raises on purpose."""

    exit_code = ExitCode.ERROR


class UsageError(FlowathenaError):
    """Raised when what was asked for cannot be, before anything is read or run."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a file, told as ``file:line: message``."""

    message: str
    file: Path | None = None
    line: int | None = None

    def __str__(self) -> str:
        if self.file is None:
            return self.message
        where = f"{self.file}:{self.line}" if self.line else f"{self.file}"
        return f"{where}: {self.message}"


class _ProblemsError(UsageError):
    """A usage error that tells every problem at once, one a line."""

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        if isinstance(problems, str):
            problems = [Problem(problems)]
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class ConfigError(_ProblemsError):
    """Raised when the configuration is missing, wrong or names an unknown target."""


class QueryError(_ProblemsError):
    """Raised when a query is unknown, malformed or asks for what the table does not have."""


class ParameterError(UsageError):
    """Raised when a value is not of its parameter's type; names the parameter."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name


class WindowError(UsageError):
    """Raised when since and until do not make a window of time."""


class StorageError(FlowathenaError):
    """Raised when the bucket or folder that holds the logs cannot be read."""


class BadFilesError(StorageError):
    """Raised when log files are damaged; ``files`` maps each to what is wrong with it."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = dict(files)
        listed = "; ".join(f"{name}: {reason}" for name, reason in sorted(files.items()))
        super().__init__(f"damaged log file: {listed} (--skip-bad-files reads the others)")


class CatalogError(FlowathenaError):
    """Raised when the catalog of tables and partitions cannot be read or written."""


class TableMissingError(CatalogError):
    """Raised when the table, or the database it lives in, does not exist."""


class TableMismatchError(CatalogError):
    """Raised when the table in the catalog has other columns or partition keys."""


class EngineError(FlowathenaError):
    """Raised when a statement fails in the engine; carries the engine's reason."""


class PartialFailureError(FlowathenaError):
    """Raised by the command line when some partitions failed and the others are done."""

    exit_code = ExitCode.PARTIAL
