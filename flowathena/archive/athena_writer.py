"""An archive that Athena writes: UNLOAD into a folder of the run, verified through a table."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import chain

from flowathena.archive import statement
from flowathena.archive.content import Content, Kind
from flowathena.archive.record import Sums
from flowathena.archive.staging import new_name
from flowathena.archive.survey import LogPartition
from flowathena.archive.writer import Bill, SortingError
from flowathena.aws.athena import Athena
from flowathena.aws.marks import mark
from flowathena.aws.session import Aws
from flowathena.catalog import Change, GlueCatalog, Status
from flowathena.errors import CatalogError, EngineError
from flowathena.result.result import Listener, Result
from flowathena.shape.shape import Values
from flowathena.sql.quoting import identifier
from flowathena.target.target import Target

_SORTED_BYTES = 250_000_000
"""As much gzip text as is sorted: one node does that alone, 8,000,000 records in three minutes."""
_EXHAUSTED = re.compile(r"exhausted resources|EXCEEDED_\w*MEMORY_LIMIT", re.IGNORECASE)
"""What Athena says of a statement whose rows need more memory than there is.
https://docs.aws.amazon.com/athena/latest/ug/troubleshooting-athena.html"""


class AthenaWriter:
    """Writes by statements of Athena.

    Args:
        target: the target, with an archive.
        kind: what is written; 'history' calls its statements so.
        content: its rows.
        aws: the clients.
        listener: called while statements run.
    """

    batch_size = 100  # UNLOAD and INSERT INTO write no more partitions

    def __init__(
        self,
        target: Target,
        kind: Kind,
        content: Content,
        aws: Aws,
        listener: Listener | None = None,
    ) -> None:
        self.bill = Bill()
        self._kind = kind
        self._content = content
        self._aws = aws
        self._athena = Athena(aws, target)
        self._listener = listener
        self._sorted_bytes = _SORTED_BYTES

    def expected_scans(self, log_bytes: int) -> tuple[int, ...]:
        """Logs are read twice, and their copy once, which is not larger."""
        return (log_bytes, log_bytes, log_bytes)

    def write(self, partitions: Sequence[LogPartition], folder: str) -> None:
        """Write the records of some partitions by one UNLOAD."""
        content = self._content
        select = content.select(partitions)
        size = sum(each.read_bytes for each in partitions)
        is_sorted = size <= self._sorted_bytes
        if is_sorted:
            select = statement.sort(select, content.order, keeps_order=False)
        try:
            self._run(statement.unload(select, self._kind.keys, folder))
        except EngineError as error:
            if not (is_sorted and _EXHAUSTED.search(str(error))):
                raise
            self._sorted_bytes = size // 2
            raise SortingError(str(error)) from error

    def add_up_logs(self, partitions: Sequence[LogPartition]) -> Mapping[Values, Sums]:
        """The sums of the log files."""
        return self._add_up(self._content.count(partitions))

    def add_up_written(self, locations: Mapping[Values, str]) -> Mapping[Values, Sums]:
        """The sums of what is written, read through a table that is there for that alone."""
        with self._staged(locations) as table:
            return self._add_up(self._content.select_written(table, locations))

    def _add_up(self, select: str) -> Mapping[Values, Sums]:
        sql = self._content.add_up(select, lambda column: f"to_hex(checksum({column}))")
        rows = chain.from_iterable(self._run(sql).batches())
        return self._content.read_sums(rows)

    def _run(self, sql: str) -> Result:
        result = self._athena.execute(mark(sql, self._kind.name), listener=self._listener)
        stats = result.stats
        self.bill.scans.append(stats.scanned_bytes or 0)
        self.bill.query_ids += (stats.query_id,) if stats.query_id else ()
        return result

    @contextmanager
    def _staged(self, locations: Mapping[Values, str]) -> Iterator[str]:
        """A table over some locations, which is dropped in the end; its name, quoted."""
        table = self._content.table
        name = new_name(table.name)
        catalog = GlueCatalog(table.database, name, self._aws)
        catalog.create(replace(table, name=name, parameters={"EXTERNAL": "TRUE"}))
        try:
            changes = [Change(values, at) for values, at in sorted(locations.items())]
            for start in range(0, len(changes), catalog.add_size):
                for outcome in catalog.add(changes[start : start + catalog.add_size]):
                    if outcome.status is Status.FAILED:
                        raise EngineError(f"cannot verify {table.full_name}: {outcome.error}")
            yield f"{identifier(table.database)}.{identifier(name)}"
        finally:
            with suppress(CatalogError):  # a later run drops it
                catalog.drop()
