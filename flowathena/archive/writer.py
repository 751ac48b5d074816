"""What writes partitions as Parquet, and adds them up on both sides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from flowathena.archive.record import Sums
from flowathena.archive.survey import LogPartition
from flowathena.errors import EngineError
from flowathena.shape.shape import Values


@dataclass
class Bill:
    """What statements have scanned so far.

    Attributes:
        scans: the bytes, statement by statement.
        query_ids: Athena's ids of the statements.
    """

    scans: list[int] = field(default_factory=list)
    query_ids: tuple[str, ...] = ()


class SortingError(EngineError):
    """Rows were too many to be sorted; the writer sorts no more than half as many from now on."""


class Writer(Protocol):
    """Writes partitions of an archive, and adds them up."""

    batch_size: int
    """The most partitions that one call of ``write`` takes."""
    bill: Bill
    """What its statements have scanned."""

    def expected_scans(self, log_bytes: int) -> tuple[int, ...]:
        """What each statement scans to write and verify what is made of logs of a size, at most."""
        ...

    def write(self, partitions: Sequence[LogPartition], folder: str) -> None:
        """Write the rows of some partitions, each into its folder below that of a run.

        Raises:
            SortingError: tried again, into another folder, they are written in no order.
            FlowathenaError: they cannot be read or written.

        Either way there may be files then.
        """
        ...

    def add_up_logs(self, partitions: Sequence[LogPartition]) -> Mapping[Values, Sums]:
        """The sums of the log files; a partition without records may be missing.

        Raises:
            FlowathenaError: they cannot be read.
        """
        ...

    def add_up_written(self, locations: Mapping[Values, str]) -> Mapping[Values, Sums]:
        """The sums of what is written at some locations, by partition; likewise.

        Raises:
            FlowathenaError: it cannot be read.
        """
        ...
