"""Glue's partitions: chosen by an expression, made, changed and deleted in batches."""

from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.glue.models import FakePartition, FakeTable
from moto.glue.utils import PartitionFilter

from tests.rig import backends
from tests.rig.answers import AwsError
from tests.rig.descriptors import filled
from tests.rig.faults import Fault
from tests.rig.pages import invalid

_Params = dict[str, Any]
_Action = Callable[[FakeTable, _Params], None]


def _keys(table: FakeTable) -> list[_Params]:
    keys: list[_Params] = table.as_dict().get("PartitionKeys") or []
    return keys


def _filtered(table: FakeTable, about: list[int], test: PartitionFilter) -> Iterator[FakePartition]:
    # An expression knows nothing but the values it names: each combination is asked about once.
    known: dict[tuple[str, ...], bool] = {}
    for item in table.partitions.values():
        values = tuple([item.values[at] for at in about])
        if values not in known:
            known[values] = test(item)
        if known[values]:
            yield item


def _underscored(keys: list[_Params], expression: str) -> tuple[list[_Params], str]:
    """Keys and an expression without the hyphens of names.

    moto's parser knows no such names, which the keys of Hive-compatible folders have. Athena asks
    for them; whether Glue's own parser takes them from others nobody has tried, so it is refused.
    """
    names = {key["Name"]: key["Name"].replace("-", "_") for key in keys if "-" in key["Name"]}
    # Every second piece stands between quotes.
    pieces = expression.split("'")
    for name, other in names.items():
        pieces[::2] = [piece.replace(name, other) for piece in pieces[::2]]
    renamed = [{**key, "Name": names.get(key["Name"], key["Name"])} for key in keys]
    return renamed, "'".join(pieces)


def chosen(table: FakeTable, expression: str, *, hyphens: bool) -> list[FakePartition]:
    """Give the partitions of an expression, all of them without one.

    Args:
        table: whose.
        expression: as in GetPartitions.
        hyphens: whether names may hold hyphens.
    """
    if not expression.strip():
        return list(table.partitions.values())
    keys = _keys(table)
    if hyphens:
        keys, expression = _underscored(keys, expression)
    about = [at for at, key in enumerate(keys) if key["Name"] in expression]
    test = PartitionFilter(expression, SimpleNamespace(versions={"1": {"PartitionKeys": keys}}))
    return list(_filtered(table, about, test))


def segment(items: list[FakePartition], params: _Params) -> list[FakePartition]:
    """Give the share of a scan's segment, everything where there is none."""
    part = params.get("Segment")
    if part is None:
        return items
    number, total = part["SegmentNumber"], part["TotalSegments"]
    if number >= total:
        raise invalid("SegmentNumber must be less than TotalSegments")
    return items[number::total]


def shown(partition: FakePartition, *, columns: bool = True) -> _Params:
    """Give a partition as GetPartition does."""
    whole = {"CatalogId": backends.ACCOUNT, **partition.as_dict()}
    return filled(whole, columns=columns)


def _arity(table: FakeTable, values: Sequence[str]) -> None:
    """Refuse a partition whose values do not match the keys of its table."""
    if len(values) != len(_keys(table)):
        raise invalid("The number of partition keys do not match the number of partition values")


def create(table: FakeTable, entry: _Params) -> None:
    """Make a partition."""
    _arity(table, entry.get("Values", []))
    table.create_partition(entry)


def update(table: FakeTable, entry: _Params) -> None:
    """Change a partition, its values too."""
    fresh, old = entry["PartitionInput"], entry["PartitionValueList"]
    _arity(table, fresh.get("Values", []))
    table.get_partition(old)
    # moto would lose the one it moves onto another.
    if fresh["Values"] != old and str(fresh["Values"]) in table.partitions:
        raise AwsError("AlreadyExistsException", "Partition already exists.")
    table.update_partition(old, fresh)


def _delete(table: FakeTable, entry: _Params) -> None:
    table.delete_partition(entry["Values"])


def _done(action: _Action, table: FakeTable, entry: _Params) -> _Params | None:
    try:
        action(table, entry)
    except JsonRESTError as error:
        return {"ErrorCode": error.error_type, "ErrorMessage": error.message}
    except AwsError as error:
        return {"ErrorCode": error.code, "ErrorMessage": error.message}
    return None


# The action of each batch, where its entries are, and what they and its errors call the values.
_BATCHES: dict[str, tuple[_Action, str, str, str]] = {
    "BatchCreatePartition": (create, "PartitionInputList", "Values", "PartitionValues"),
    "BatchUpdatePartition": (update, "Entries", "PartitionValueList", "PartitionValueList"),
    "BatchDeletePartition": (_delete, "PartitionsToDelete", "Values", "PartitionValues"),
}


def is_batch(op: str) -> bool:
    """Whether an operation works on many partitions and tells of each that failed."""
    return op in _BATCHES


def batch(op: str, table: FakeTable, params: _Params, fault: Fault | None) -> _Params:
    """Do each entry of a batch, save for the first few that a fault has fail."""
    action, entries, given, told = _BATCHES[op]
    if op == "BatchCreatePartition":
        # Glue refuses the whole batch for one entry of the wrong length.
        for entry in params[entries]:
            _arity(table, entry.get("Values", []))
    errors = []
    for number, entry in enumerate(params[entries]):
        failing = fault is not None and number < fault.count
        detail = fault.detail() if fault and failing else _done(action, table, entry)
        if detail:
            errors.append({told: entry[given], "ErrorDetail": detail})
    return {"Errors": errors}
