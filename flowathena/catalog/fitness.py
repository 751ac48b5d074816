"""Whether a live table is the one of its target; pure.

A table made for other logs answers wrongly, or with nothing, and no engine notices. Refused is only
what would: another file format, another place, fields in another order, records skipped as headers.
Tables that others made may have more or fewer columns, other names, narrower types and a location
further down; ``drift`` shows all of that.
"""

from collections.abc import Iterator

from flowathena.errors import TableMismatchError
from flowathena.logs.fields import BY_COLUMN, column_name
from flowathena.logs.layout import LOG_ROOT
from flowathena.shape.key import Role
from flowathena.shape.reach import folder
from flowathena.shape.recognition import place_of
from flowathena.shape.shape import FlowTable, Shape
from flowathena.shape.table import HEADER_COUNT, Table
from flowathena.sql.quoting import hive_identifier, identifier
from flowathena.target.target import Target
from flowathena.text import counted

# What suffices for a field, if that is less than its own type. AWS's guides have int columns for
# packets and times: two thousand million packets in ten minutes at most, and seconds until 2038.
_SUFFICIENT = {
    "version": "tinyint",
    "packets": "int",
    "start": "int",
    "end": "int",
    "protocol": "smallint",
    "type": "string",
}
_WIDTHS = {"tinyint": 1, "smallint": 2, "int": 4, "integer": 4, "bigint": 8}
_WIDEST = 8


def mismatches(source: FlowTable, target: Target) -> tuple[str, ...]:
    """Why a table cannot be the one of a target; empty if it can.

    Args:
        source: the table, with what its keys and columns stand for.
        target: the target.
    """
    return (*foreign(source, target), *_columns(source, target), *_header(source, target))


def foreign(source: FlowTable, target: Target) -> tuple[str, ...]:
    """Those of the ``mismatches`` that say that a table was made for other logs."""
    return (*_format(source, target), *_place(source, target))


def leads_to(table: Table, target: Target) -> bool:
    """Whether a table's location, or its template's, and that of a target are one, or related."""
    return _is_related(_location(table), target)


def require_fit(source: FlowTable, target: Target) -> None:
    """Make sure that a table can be the one of a target.

    Raises:
        TableMismatchError: it cannot; says why, and what to do.
    """
    _refuse(source, target, mismatches(source, target))


def require_place(source: FlowTable, target: Target) -> None:
    """Make sure that a table reads logs where the target has its own, whatever their format.

    Raises:
        TableMismatchError: it does not; says why, and what to do.
    """
    _refuse(source, target, tuple(_place(source, target)))


def narrow_columns(table: Table, shape: Shape) -> tuple[tuple[str, str, str], ...]:
    """Number columns too narrow for their field: name, type, and the type that is wide enough.

    Of text, what does not fit reads as NULL; Parquet with larger numbers cannot be read.
    """
    types = {column.name: column.type.lower() for column in table.columns}
    narrow = []
    for column, real in shape.columns.items():
        field = BY_COLUMN.get(column)
        needed = _SUFFICIENT.get(column, field.hive_type) if field else "string"
        if _WIDTHS.get(types[real], _WIDEST) < _WIDTHS.get(needed, 0):
            narrow.append((real, types[real], needed))
    return tuple(narrow)


def warn_of_narrow(source: FlowTable, sql: str, target: Target) -> Iterator[str]:
    """What a statement's answer lacks because columns that it reads are too narrow."""
    for each in source.tables:
        if each.table.file_format == "text":
            yield from _warn_of_narrow(each, sql, target)


def _warn_of_narrow(source: FlowTable, sql: str, target: Target) -> Iterator[str]:
    read = [each for each in narrow_columns(source.table, source.shape) if _reads(sql, each[0])]
    if read:
        listed = ", ".join(f"{name} is {live}, not {needed}" for name, live, needed in read)
        yield (
            f"columns of table {source.table.full_name} are too narrow, and larger values read as "
            f"NULL: {listed}; '{target.command('doctor')}' has the statement that corrects it"
        )


def _reads(sql: str, column: str) -> bool:
    return identifier(column) in sql


def _refuse(source: FlowTable, target: Target, reasons: tuple[str, ...]) -> None:
    if reasons:
        raise TableMismatchError(
            f"table {source.table.full_name} is not the one of target {target.name!r}: "
            f"{'; '.join(reasons)}. Correct the target, or set another table in "
            f"[targets.{target.name}]; '{target.command('table diff')}' shows every difference"
        )


def _format(source: FlowTable, target: Target) -> Iterator[str]:
    if source.table.file_format != target.file_format:
        yield (
            f"it reads {_describe(source.table.file_format)} files, and the target's file_format "
            f"is {target.file_format}"
        )
    if not source.shape.is_hourly and not target.folders.folders.has_day_folders:
        yield (
            f"its partitions are days, and the target's folders are hours (layout {target.layout})"
        )
    if source.shape.is_hourly and not target.has_hours:
        yield (
            f"its partitions are hours, and the target's folders are not (layout {target.layout})"
        )


def _describe(file_format: str) -> str:
    return file_format.capitalize() if file_format == "parquet" else file_format


def _place(source: FlowTable, target: Target) -> Iterator[str]:
    root, location = folder(target.location), _location(source.table)
    if not _is_related(location, target):
        yield f"its location is {location}, and the target's {root}"
        return
    roles = (Role.ACCOUNT, Role.REGION)
    own = (target.account, target.log_region)
    for role, name, there in zip(roles, own, place_of(source.table), strict=True):
        if name and there and name != there and source.shape.key(role) is None:
            yield f"its location is that of {role} {there}, and the target's logs are of {name}"


def _is_related(location: str, target: Target) -> bool:
    """Whether a table's location leads to the log folder below a target's, or is inside it.

    A location that leads to no log folder, but into the target's, says nothing: every registered
    partition has its own.
    """
    root, layout = folder(target.location), target.folders
    logs = root + layout.root.removeprefix(layout.prefix)
    is_elsewhere = not layout.template and f"/{LOG_ROOT}/" in location
    return (
        location.startswith(logs)
        or logs.startswith(location)
        or (location.startswith(root) and not is_elsewhere)
    )


def _location(table: Table) -> str:
    """The folder that contains every log of a table, as far as its definition says."""
    template = table.parameters.get("storage.location.template", "") if table.projected else ""
    fixed = template.partition("${")[0].rpartition("/")[0]
    return folder(fixed or table.location)


def _columns(source: FlowTable, target: Target) -> Iterator[str]:
    """Text is read by position: the first column that reads another field than its own.

    Names that are not fields cannot be judged. Parquet is read by name.
    """
    if source.table.file_format != "text" or target.file_format != "text":
        return
    pairs = zip(source.shape.columns, map(column_name, target.log_format), strict=False)
    for position, (column, field) in enumerate(pairs, 1):
        if column != field and column in BY_COLUMN and field in BY_COLUMN:
            yield (
                f"it is a text table, read by position, and its column {position} is {column}, "
                f"while the target's log_format has {field} there"
            )
            return


def _header(source: FlowTable, target: Target) -> Iterator[str]:
    """Text whose records are skipped, or whose header lines count as records.

    With a clock they do not: what a header line has instead of a time is in no window.
    """
    if source.table.file_format != "text" or target.file_format != "text":
        return
    count, lines = source.table.skipped_lines, int(target.header)
    if count <= lines and (count == lines or source.shape.clock):
        return
    what = f"it skips {counted(count, 'line')} of every file, records among them"
    if count < lines:
        what = "it reads the header line of every file as a record"
    yield f"{what} ({HEADER_COUNT}); {_set_header(source.table, target, lines)}"


def _set_header(table: Table, target: Target, lines: int) -> str:
    """How to have a table skip so many lines."""
    if target.is_local:
        drop, sync = target.command("table drop --yes"), target.command("partitions sync --all")
        return f"{drop}, then {sync}"
    name = f"{hive_identifier(table.database)}.{hive_identifier(table.name)}"
    return f"in Athena: ALTER TABLE {name} SET TBLPROPERTIES ('{HEADER_COUNT}'='{lines}')"
