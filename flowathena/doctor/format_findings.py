"""Whether each flow log writes what a table of the target reads, by what was seen; pure."""

from collections.abc import Iterable, Iterator, Sequence

from flowathena.doctor.findings import SHOWN, Finding, some
from flowathena.doctor.log_findings import Logs
from flowathena.shape.table import Table
from flowathena.storage.samples import FileHead
from flowathena.target.sources import table_for
from flowathena.target.target import Target


def _table_for(target: Target, head: FileHead) -> Target | None:
    if head.fields is None:  # its own fields are unknown: it is for a table that skips no line
        headless = (each for each in target.tables if not each.header)
        return next((each for each in headless if each.file_format == head.file_format), None)
    return table_for(target, head.file_format, head.fields)


def _describe(head: FileHead) -> str:
    return "no header line" if head.fields is None else f"{len(head.fields)} fields"


def _fix(target: Target, strays: Sequence[FileHead]) -> str:
    if all(head.fields is None for head in strays):
        return (
            f"name their fields in a table of their own: [[targets.{target.name}.sources]] with "
            "table, log_format and header = false"
        )
    return f"{target.command('partitions sync')}, which adds a table for it"


def _check_sources(target: Target, logs: Logs) -> Iterator[Finding]:
    readable = [head for head in logs.heads if head.error is None and head.file_format]
    strays = [head for head in readable if _table_for(target, head) is None]
    if strays:
        yield Finding(
            "flow logs",
            "flow logs write a format that no table of the target is for",
            "; ".join(f"{_name(head)}: {_describe(head)}" for head in strays[:SHOWN]),
            _fix(target, strays),
        )


def check_flow_logs(target: Target, table: Table | None, logs: Logs) -> Iterator[Finding]:
    """Whether the files that one table reads have one record format.

    A text table is read by position, so files of two formats give wrong rows and no error; unless
    one format is the beginning of the other. Parquet is read by name. If the target has sources,
    whether each file is for one of its tables.

    Args:
        target: the target.
        table: the live table; None if there is none.
        logs: what was seen.
    """
    if target.sources:
        yield from _check_sources(target, logs)
        return
    readable = [head for head in logs.heads if head.error is None and head.file_format == "text"]
    if not readable or (table and table.file_format == "parquet"):
        return
    formats: dict[tuple[str, ...] | None, list[FileHead]] = {}
    for head in readable:
        formats.setdefault(head.fields, []).append(head)
    longest = max(formats, key=lambda fields: len(fields or ()))
    others = {f for f in formats if (f or ()) != (longest or ())[: len(f or ())] or f is None}
    if len(formats) < 2 or not others:  # noqa: PLR2004 - two formats
        return
    folders = {heads[0].folder for heads in formats.values()}
    where = "one folder" if len(folders) == 1 else "the folders of one table"
    yield Finding(
        "flow logs",
        f"flow logs of different formats are delivered to {where}",
        "; ".join(
            f"{', '.join(dict.fromkeys(_name(head) for head in heads[:SHOWN]))}: "
            f"{len(fields or ())} fields"
            for fields, heads in sorted(formats.items(), key=lambda pair: pair[1][0].flow_log)
        ),
        "give them the same format, or a prefix and a target each",
    )


def check_chosen(target: Target, heads: Iterable[FileHead]) -> Iterator[Finding]:
    """Whether any file is one of a flow log that the table is for.

    Args:
        target: the settings of one table.
        heads: files of the newest and oldest days that it reads, of the flow logs that it names.
    """
    if not target.flow_logs or any(head.flow_log in target.flow_logs for head in heads):
        return
    yield Finding(
        "flow logs",
        "the table is for flow logs that no file is of, so that queries read nothing of it",
        f"flow_logs = {', '.join(target.flow_logs)}, and the newest and oldest days have none",
        f"correct flow_logs of {target.table} in [targets.{target.name}], or remove it: the ids "
        "are in the files' names",
    )


def check_left_out(target: Target, new: Sequence[FileHead]) -> Iterator[Finding]:
    """The new flow logs that the target's ``flow_logs`` leave out: another id, another flow log."""
    if not new:
        return
    names = ", ".join(f'"{head.flow_log}"' for head in new if head.flow_log)
    section = f"[targets.{target.name}]" + (" or one of its sources" if target.sources else "")
    yield Finding(
        "flow logs",
        "new flow logs are not among the flow_logs of the target, so that nothing of them is read",
        some(f"{_name(head)} in {head.folder}" for head in new),
        f"add {names} to flow_logs in {section}, if they are to be read"
        if names
        else f"take flow_logs out of {section}, if files without an id are to be read",
    )


def _name(head: FileHead) -> str:
    return head.flow_log or head.key
