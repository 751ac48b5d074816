"""Which table of a target is for which records, and what those of further ones are called; pure."""

from collections.abc import Collection, Sequence

from flowathena.logs.fields import BY_NAME
from flowathena.target.target import Target


def table_for(target: Target, file_format: str, fields: Sequence[str]) -> Target | None:
    """The one of a target's tables that reads records rightly; None if none does.

    A text table is read by position, so that its fields must begin with those of the records;
    Parquet is read by name.

    Args:
        target: the target, with its sources.
        file_format: ``text`` or ``parquet``.
        fields: the fields of the records.
    """
    for each in (each for each in target.tables if each.file_format == file_format):
        declared = each.log_format
        if file_format == "parquet" and set(fields) <= set(declared):
            return each
        if file_format == "text" and declared[: len(fields)] == tuple(fields):
            return each
    return None


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
