"""Which table of a target the files of a flow log are for; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from flowathena.logs.fields import DEFAULT_FORMAT, column_name
from flowathena.logs.formats import describe_format, is_transit_gateway, parse_log_format
from flowathena.storage.parquet_table import table_settings
from flowathena.storage.samples import FileHead
from flowathena.target.sources import reads_all, reads_some, source_table
from flowathena.target.target import SOURCE_ONLY, Target

_SHOWN = 3
"""How many flow logs of a new source are named."""


def fitting(head: FileHead, tables: Mapping[int, Target]) -> int | None:
    """The place of the table that reads every field of a file's records; None if none does.

    Records without a header line are taken for those of the first table that skips none.
    """
    if head.fields is None:
        headless = (
            place
            for place, each in tables.items()
            if each.file_format == "text" and not each.header
        )
        return None if head.error else next(headless, None)
    fits = (
        place
        for place, each in tables.items()
        if reads_all(each, head.file_format, head.fields) and _has_columns(each, head)
    )
    return next(fits, None)


def readable(head: FileHead, target: Target) -> bool:
    """Whether a table reads the records rightly, though it lacks fields at their end."""
    reads = head.fields is not None and reads_some(target, head.file_format, head.fields)
    return reads and _has_columns(target, head)


def _has_columns(target: Target, head: FileHead) -> bool:
    """Whether a table has the columns of a Parquet file by name and type, as far as it has them.

    The types of files whose names have no flow log do not count: such files may share a folder, and
    two tables of it would each read them all. An engine refuses those of other types by name.
    """
    try:
        own = table_settings(head.columns)
    except ValueError:
        return not head.flow_log
    columns = (column_name(field) for field in head.fields or () if field in target.log_format)
    return all(
        own.columns.get(column, column) == target.columns.get(column, column)
        and (not head.flow_log or own.types.get(column) == target.types.get(column))
        for column in columns
    )


def obstacle(head: FileHead, target: Target) -> str:
    """Why no table of a target can be made for a file's records; empty if one can."""
    if head.error:
        return f"the format of {_name(head)} is unknown: {head.error}"
    if head.fields is None:
        return (
            f"{head.key} has no header line: its fields are unknown; name them in "
            f"[targets.{target.name}] (log_format = …, header = false), or in a source of it if "
            "other files have a header line ([[targets."
            f"{target.name}.sources]], with a table of its own)"
        )
    if (of_gateway := is_transit_gateway(head.fields)) != is_transit_gateway(target.log_format):
        return _other_kind(head, target, of_gateway=of_gateway)
    try:
        parse_log_format(list(head.fields))
    except ValueError as error:
        return f"{head.key}: its record format {error}"
    try:
        table_settings(head.columns)
    except ValueError as error:
        return f"{head.key}: {error}"
    return ""


def _other_kind(head: FileHead, target: Target, *, of_gateway: bool) -> str:
    """Why records of a transit gateway have no place in a target of VPCs, and what to do."""
    what = f"{_name(head)} writes records of {'a transit gateway' if of_gateway else 'VPCs'}"
    if not head.flow_log:
        return f"{what}: move its files to a location of their own, and run 'flowathena init' there"
    fields = " ".join(f"${{{name}}}" for name in head.fields or ())
    log_format = "default" if head.fields == DEFAULT_FORMAT else fields
    return (
        f"{what}: name the flow logs of [targets.{target.name}] in its flow_logs, and add a target "
        f'of the same location with another table, log_format = "{log_format}" and '
        f'flow_logs = ["{head.flow_log}"]'
    )


def _name(head: FileHead) -> str:
    return f"flow log {head.flow_log}" if head.flow_log else head.key


def make_source(target: Target, head: FileHead, others: Iterable[Target] = ()) -> Target:
    """A further table of a target, for the records of a file; its name says its format.

    Args:
        target: the target.
        head: a file without an ``obstacle``.
        others: sources that are to be added as well.
    """
    assert head.fields is not None  # noqa: S101 - or there is an obstacle
    usual = Target("", "")
    own = {key: getattr(usual, key) for key in SOURCE_ONLY}
    own |= {"file_format": head.file_format, "log_format": head.fields}
    own |= table_settings(head.columns).settings
    taken = {each.table for each in (*target.tables, *others)}
    name = source_table(target.table, head.file_format, head.fields, taken)
    return replace(target, sources=(), table=name, **own)


@dataclass(frozen=True)
class NewSource:
    """A format that no table of the target is for, and the table that would be.

    Attributes:
        target: the table's settings.
        sample: the key of one of its files.
        flow_logs: the flow logs that write it.
    """

    target: Target
    sample: str
    flow_logs: tuple[str, ...]

    def __str__(self) -> str:
        """One line for display."""
        form = f"{describe_format(self.target.log_format)}, {self.target.file_format}"
        named = sorted(filter(None, self.flow_logs))
        more = len(named) - _SHOWN
        ids = ", ".join((*named[:_SHOWN], *((f"{more} more",) if more > 0 else ())))
        return f"{self.target.table_name} for {form} ({ids or self.sample})"

    def to_json(self) -> Mapping[str, object]:
        """``{"table", "file_format", "log_format", "flow_logs", "sample"}``."""
        return {
            "table": self.target.table_name,
            "file_format": self.target.file_format,
            "log_format": list(self.target.log_format),
            "flow_logs": list(self.flow_logs),
            "sample": self.sample,
        }
