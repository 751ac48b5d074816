"""An archive that Athena writes: UNLOAD into a folder of the run, verified through a table."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain

from flowathena.archive import statement
from flowathena.archive.record import Sums
from flowathena.archive.staging import new_name
from flowathena.archive.survey import LogPartition
from flowathena.archive.writer import Bill
from flowathena.aws.athena import Athena
from flowathena.aws.marks import mark
from flowathena.aws.session import Aws
from flowathena.catalog import Change, GlueCatalog, Status
from flowathena.errors import CatalogError, EngineError
from flowathena.result.result import Listener, Result
from flowathena.shape.shape import FlowTable, Values
from flowathena.shape.table import Table
from flowathena.sql.quoting import identifier
from flowathena.target.target import Target

_SORTED_BYTES = 250_000_000
"""As much gzip text as is sorted: one node does that alone, 8,000,000 records in three minutes."""
_NAME = "archive"
"""How 'history' calls its statements."""


class AthenaWriter:
    """Writes by statements of Athena.

    Args:
        target: the target, with an archive.
        sources: its tables, without the archive.
        archive: the table of the archive.
        aws: the clients.
        listener: called while statements run.
    """

    batch_size = 100  # UNLOAD and INSERT INTO write no more partitions

    def __init__(
        self,
        target: Target,
        sources: Sequence[FlowTable],
        archive: Table,
        aws: Aws,
        listener: Listener | None = None,
    ) -> None:
        self.bill = Bill()
        self._sources = sources
        self._archive = archive
        self._aws = aws
        self._athena = Athena(aws, target)
        self._listener = listener

    def expected_bytes(self, log_bytes: int) -> int:
        """Logs are read twice, and their copy once, which is not larger."""
        return 3 * log_bytes

    def write(self, partitions: Sequence[LogPartition], folder: str) -> None:
        """Write the records of some partitions by one UNLOAD."""
        select = statement.select_records(self._sources, self._archive, partitions)
        if sum(each.size_bytes for each in partitions) <= _SORTED_BYTES:
            select = statement.sort(select, keeps_order=False)
        self._run(statement.unload(select, folder))

    def add_up_logs(self, partitions: Sequence[LogPartition]) -> Mapping[Values, Sums]:
        """The sums of the log files."""
        select = statement.select_records(self._sources, self._archive, partitions)
        return self._add_up(select)

    def add_up_written(self, locations: Mapping[Values, str]) -> Mapping[Values, Sums]:
        """The sums of what is written, read through a table that is there for that alone."""
        with self._staged(locations) as table:
            select = statement.select_archived(table, self._archive, locations)
            return self._add_up(select)

    def _add_up(self, select: str) -> Mapping[Values, Sums]:
        sql = statement.add_up(select, self._archive, lambda column: f"to_hex(checksum({column}))")
        rows = chain.from_iterable(self._run(sql).batches())
        return statement.read_sums(rows, self._archive)

    def _run(self, sql: str) -> Result:
        result = self._athena.execute(mark(sql, _NAME), listener=self._listener)
        stats = result.stats
        self.bill.scanned_bytes += stats.scanned_bytes or 0
        self.bill.query_ids += (stats.query_id,) if stats.query_id else ()
        return result

    @contextmanager
    def _staged(self, locations: Mapping[Values, str]) -> Iterator[str]:
        """A table over some locations, which is dropped in the end; its name, quoted."""
        name = new_name(self._archive.name)
        catalog = GlueCatalog(self._archive.database, name, self._aws)
        catalog.create(replace(self._archive, name=name, parameters={"EXTERNAL": "TRUE"}))
        try:
            changes = [Change(values, at) for values, at in sorted(locations.items())]
            for start in range(0, len(changes), catalog.add_size):
                for outcome in catalog.add(changes[start : start + catalog.add_size]):
                    if outcome.status is Status.FAILED:
                        raise EngineError(f"cannot verify the archive: {outcome.error}")
            yield f"{identifier(self._archive.database)}.{identifier(name)}"
        finally:
            with suppress(CatalogError):  # a later run drops it
                catalog.drop()
