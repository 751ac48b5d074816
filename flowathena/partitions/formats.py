"""Which table of a target the files of a flow log are for; pure.

A text table is read by position, so that its records must have the table's fields in their places;
Parquet is read by name.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from flowathena.logs.fields import BY_NAME
from flowathena.logs.formats import describe_format, parse_log_format
from flowathena.storage.samples import FileHead
from flowathena.target.target import SOURCE_ONLY, Target

_TRANSIT_GATEWAY = "tgw-id"
_FIX = "'flowathena init --help' says how to name them (--fields)"


def fitting(head: FileHead, targets: Sequence[Target]) -> int | None:
    """The place of the table that a file's records fit exactly; None if they fit none."""
    return next((place for place, each in enumerate(targets) if _fits(head, each)), None)


def readable(head: FileHead, target: Target) -> bool:
    """Whether a table reads the records rightly, though it lacks fields at their end."""
    fields = head.fields
    if fields is None or head.file_format != target.file_format:
        return False
    if target.file_format == "parquet":
        return True
    return len(fields) >= len(target.log_format) and _agree(fields, target.log_format)


def _fits(head: FileHead, target: Target) -> bool:
    declared, fields = target.log_format, head.fields
    if head.file_format != target.file_format:
        return False
    if fields is None:
        return False
    if target.file_format == "parquet":
        return set(fields) <= set(declared)
    return len(fields) <= len(declared) and _agree(fields, declared)


def _agree(fields: Sequence[str], declared: Sequence[str]) -> bool:
    """Whether the names are the same as far as both go; one that is no field says nothing."""
    pairs = zip(fields, declared, strict=False)
    return all(one == two or not {one, two} <= BY_NAME.keys() for one, two in pairs)


def obstacle(head: FileHead) -> str:
    """Why no table can be made for a file's records; empty if one can."""
    if head.error:
        return f"the format of {_name(head)} is unknown: {head.error}"
    if head.fields is None:
        return f"{head.key} has no header line: its fields are unknown; {_FIX}"
    if _TRANSIT_GATEWAY in head.fields:
        return (
            f"{_name(head)} writes records of a transit gateway, which need a target of their own: "
            "'flowathena init' makes it"
        )
    try:
        parse_log_format(list(head.fields))
    except ValueError as error:
        return f"{head.key}: its record format {error}"
    return ""


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
    taken = {each.table for each in (*target.tables, *others)}
    name = _free_name(f"{target.table}_{_ending(head)}", taken)
    return replace(target, sources=(), table=name, **own)


def _ending(head: FileHead) -> str:
    if head.file_format == "parquet":
        return "parquet"
    versions = [BY_NAME[name].version for name in head.fields or () if name in BY_NAME]
    return f"v{max(versions, default=0)}"


def _free_name(name: str, taken: Collection[str]) -> str:
    names = (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3)))
    return next(each for each in names if each not in taken)


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
        ids = ", ".join(filter(None, self.flow_logs[:3])) or self.sample
        return f"{self.target.table_name} for {form} ({ids})"

    def to_json(self) -> Mapping[str, object]:
        """``{"table", "file_format", "log_format", "flow_logs", "sample"}``."""
        return {
            "table": self.target.table_name,
            "file_format": self.target.file_format,
            "log_format": list(self.target.log_format),
            "flow_logs": list(self.flow_logs),
            "sample": self.sample,
        }
