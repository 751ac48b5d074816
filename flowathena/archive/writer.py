"""What writes partitions as Parquet, and adds them up on both sides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from flowathena.archive.record import Sums
from flowathena.archive.survey import LogPartition
from flowathena.shape.shape import Values


@dataclass
class Bill:
    """What statements have scanned so far.

    Attributes:
        scanned_bytes: the bytes.
        query_ids: Athena's ids of the statements.
    """

    scanned_bytes: int = 0
    query_ids: tuple[str, ...] = ()


class Writer(Protocol):
    """Writes partitions of an archive, and adds them up."""

    batch_size: int
    """The most partitions that one call of ``write`` takes."""
    bill: Bill
    """What its statements have scanned."""

    def expected_bytes(self, log_bytes: int) -> int:
        """What is scanned to write and verify what is made of logs of a size, at most."""
        ...

    def write(self, partitions: Sequence[LogPartition], folder: str) -> None:
        """Write the rows of some partitions, each into its folder below that of a run.

        Raises:
            FlowathenaError: they cannot be read or written; there may be files then.
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
