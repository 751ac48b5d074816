"""The names of the tables for further record formats; pure."""

from collections.abc import Collection, Sequence

from flowathena.logs.fields import BY_NAME


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
