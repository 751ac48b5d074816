"""Which table of a target is for which records, and what those of further ones are called; pure."""

from collections.abc import Collection, Sequence

from flowathena.logs.fields import BY_NAME
from flowathena.target.target import Target


def table_for(target: Target, file_format: str, fields: Sequence[str]) -> Target | None:
    """The one of a target's tables that reads records rightly; None if none does.

    Args:
        target: the target, with its sources.
        file_format: ``text`` or ``parquet``.
        fields: the fields of the records.
    """
    return next((each for each in target.tables if reads_all(each, file_format, fields)), None)


def reads_all(table: Target, file_format: str, fields: Sequence[str]) -> bool:
    """Whether a table reads every field of some records rightly.

    A text table is read by position, so that its fields must begin with those of the records;
    Parquet is read by name.
    """
    if table.file_format != file_format:
        return False
    if file_format == "parquet":
        return set(fields) <= set(table.log_format)
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
