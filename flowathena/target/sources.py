"""Which table of a target is for which records, and what those of further ones are called; pure."""

from collections.abc import Collection, Mapping, Sequence

from flowathena.logs.fields import BY_NAME
from flowathena.target.target import Target, shares_folders

_LISTED = 8
"""How many flow logs a proposed setting lists at most."""


def table_for(target: Target, file_format: str, fields: Sequence[str]) -> Target | None:
    """The one of a target's tables that reads records rightly; None if none does.

    Args:
        target: the target, with its sources.
        file_format: ``text`` or ``parquet``.
        fields: the fields of the records.
    """
    return next((each for each in target.tables if reads_all(each, file_format, fields)), None)


def neighbours(target: Target, table: Target) -> list[Target]:
    """The other tables of a target over the same folders as one of its tables."""
    return [
        each
        for each in target.tables
        if each.table_name != table.table_name and shares_folders(each, table)
    ]


def reads_all(table: Target, file_format: str, fields: Sequence[str]) -> bool:
    """Whether a table reads every field of some records rightly.

    A text table is read by position, so that its fields must begin with those of the records;
    Parquet is read by name. A Parquet column that is no field is nobody's: its type is unknown.
    """
    if table.file_format != file_format:
        return False
    if file_format == "parquet":
        return set(fields) & BY_NAME.keys() <= set(table.log_format)
    return len(fields) <= len(table.log_format) and _agree(fields, table.log_format)


def reads_some(table: Target, file_format: str, fields: Sequence[str]) -> bool:
    """Whether a table reads rightly what it reads, though it may lack fields at their end."""
    if table.file_format != file_format:
        return False
    return file_format == "parquet" or _agree(fields, table.log_format)


def _agree(fields: Sequence[str], declared: Sequence[str]) -> bool:
    """Whether the names are the same as far as both go; one that is no field says nothing."""
    pairs = zip(fields, declared, strict=False)
    return all(one == two or not {one, two} <= BY_NAME.keys() for one, two in pairs)


def source_table(
    table: str, file_format: str, log_format: Sequence[str], taken: Collection[str]
) -> str:
    """A name that says the format: ``vpc_flow_logs_v5``, ``vpc_flow_logs_parquet``.

    Args:
        table: the name of the target's first table.
        file_format: ``text`` or ``parquet``.
        log_format: the fields of the records.
        taken: the names that the target's other tables have.
    """
    versions = [BY_NAME[name].version for name in log_format if name in BY_NAME]
    ending = file_format if file_format == "parquet" else f"v{max(versions, default=0)}"
    name = f"{table}_{ending}"
    names = (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3)))
    return next(each for each in names if each not in taken)


def reads_flow_log(target: Target, flow_log: str) -> bool:
    """Whether any of a target's tables may read a flow log."""
    return any(not each.flow_logs or flow_log in each.flow_logs for each in target.tables)


def choose_flow_logs(
    target: Target,
    spare: Collection[str],
    known: Mapping[str, tuple[str, Sequence[str]]] | None,
) -> str:
    """How to have a target read all flow logs but some, in words.

    Args:
        target: the target.
        spare: the ids of those not to read.
        known: file format and fields of every flow log, by id; None if there may be others.
    """
    if known is None or len(known) > _LISTED:
        return (
            f"set flow_logs to the ids of all others than {' and '.join(sorted(spare))} in "
            f"[targets.{target.name}]" + (" and its sources" if target.sources else "")
        )
    steps = []
    for table in target.tables:
        own = [
            name
            for name, (kind, fields) in sorted(known.items())
            if not target.sources or table_for(target, kind, fields) == table
        ]
        kept = [name for name in own if name and name not in spare]
        if kept and len(kept) < len(own):
            where = f"[targets.{target.name}]"
            if table.table_name != target.table_name:
                where = f"the source {table.table} of {where}"
            ids = ", ".join(f'"{name}"' for name in kept)
            steps.append(f"set flow_logs = [{ids}] in {where}")
    if steps:
        return f"{' and '.join(steps)}, with any older ones that are to be read"
    return f"end it: aws ec2 delete-flow-logs --flow-log-ids {' '.join(sorted(spare))}"
