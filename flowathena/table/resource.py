"""A target's table as a resource of ``reconcile``: created, changed or dropped."""

from collections.abc import Callable, Mapping, Sequence

from flowathena.catalog.drift import compare
from flowathena.reconcile import Operation, OperationResult, Resources
from flowathena.shape.table import Table


class OneTable(Resources[Table]):
    """The table of a target, the only resource of its kind.

    Args:
        wanted: the table as it should be; None to drop it.
        live: the live table; None if there is none.
        change: creates, changes or drops it.
    """

    kind = "table"

    def __init__(
        self, wanted: Table | None, live: Table | None, change: Callable[[], None]
    ) -> None:
        self._wanted = wanted
        self._live = live
        self._change = change

    def wanted(self) -> Mapping[str, Table]:
        """The table as it should be."""
        return _by_name(self._wanted)

    def live(self) -> Mapping[str, Table]:
        """The live table."""
        return _by_name(self._live)

    def same(self, wanted: Table, live: Table) -> bool:
        """Whether nothing that changes an answer differs."""
        return compare(wanted, live).equal

    def describe(self, operation: Operation[Table]) -> str:
        """What differs."""
        if operation.wanted is None:
            return "with its partitions"
        differences = compare(operation.wanted, operation.live).differences
        return ", ".join(each.name or each.part for each in differences)

    def do(self, _operation: Operation[Table]) -> None:
        """Create, change or drop the table."""
        self._change()


def _by_name(table: Table | None) -> Mapping[str, Table]:
    return {table.full_name: table} if table else {}


def is_changed(results: Sequence[OperationResult[Table]]) -> bool:
    """Whether the table was changed; raises the error if that failed."""
    for result in results:
        if result.error:
            raise result.error
    return any(result.changed for result in results)
