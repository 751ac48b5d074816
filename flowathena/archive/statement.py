"""The statements that write and verify an archive, in Athena SQL; pure.

A partition of the archive has every record of its log files, whenever that began: the window of a
query is asked of the records, as of the log files'.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date

from flowathena.archive.record import Sums
from flowathena.archive.survey import LogPartition
from flowathena.catalog.archive import LOG_FILE
from flowathena.errors import EngineError
from flowathena.inputs.selection import Selection
from flowathena.logs.layout import KEYS, Scope
from flowathena.query import predicates, relation
from flowathena.query.bounds import day_column
from flowathena.shape.key import Role
from flowathena.shape.shape import FlowTable, Shape, Values
from flowathena.shape.table import Table
from flowathena.sql.quoting import identifier, literal

ORDER = ("dstaddr", "srcaddr", "start")
"""How the records of a partition are sorted: compresses best, and finds a host's fastest."""
_MOST_SORTED = 100_000_000
_PLACE = {"aws_account": Role.ACCOUNT, "aws_region": Role.REGION}


def select_records(
    sources: Sequence[FlowTable],
    archive: Table,
    partitions: Sequence[LogPartition] | None = None,
) -> str:
    """The SELECT of records, with the columns and keys of the archive.

    Args:
        sources: the tables of the target, without its archive.
        archive: the table of the archive.
        partitions: whose records; None for all that an engine finds, which is given their files.
    """
    types = {each.name: each.type for each in archive.columns if each.name != LOG_FILE}
    read = {**types, "file": "string", **dict.fromkeys(KEYS, "string")}
    columns = [
        *map(identifier, types),
        f"{identifier('file')} AS {identifier(LOG_FILE)}",
        *map(identifier, KEYS),
    ]
    branches = [
        relation.branch(source, read, kept)
        for number, source in enumerate(sources)
        if (kept := tuple(_predicates(source, number, partitions)))
    ]
    rows = relation.NEXT.join(branches)
    return f"SELECT {', '.join(columns)}\nFROM (\n{rows}\n)"


def sort(select: str, columns: Iterable[str], *, keeps_order: bool) -> str:
    """The same, sorted.

    Args:
        select: a SELECT of the columns of the archive.
        columns: by which columns.
        keeps_order: whether the engine keeps the order of what it writes. Trino does not, unless a
            LIMIT says how many rows are first; there are never as many.
    """
    order = ", ".join(map(identifier, columns))
    limit = "" if keeps_order else f"\nLIMIT {_MOST_SORTED}"
    return f"{select}\nORDER BY {order}{limit}"


def unload(select: str, keys: Iterable[str], folder: str) -> str:
    """The statement by which Athena writes what a SELECT gives, a folder for each partition.

    Source: https://docs.aws.amazon.com/athena/latest/ug/unload.html
    """
    folders = ", ".join(map(literal, keys))
    properties = f"format = 'PARQUET', compression = 'ZSTD', partitioned_by = ARRAY[{folders}]"
    return f"UNLOAD (\n{select}\n) TO {literal(folder)}\nWITH ({properties})"


def select_archived(table: str, archive: Table, values: Iterable[Values]) -> str:
    """The SELECT of the records of some partitions as they are archived.

    Args:
        table: the table to read, quoted.
        archive: the table of the archive.
        values: the partitions.
    """
    columns = [identifier(each.name) for each in (*archive.columns, *archive.partition_keys)]
    condition = _exactly({key: identifier(key) for key in KEYS}, values)
    return f"SELECT {', '.join(columns)}\nFROM {table}\nWHERE {condition}"


def add_up(select: str, archive: Table, checksum: Callable[[str], str]) -> str:
    """The statement that adds up the records of each partition.

    Args:
        select: a SELECT of the columns and keys of the archive.
        archive: the table of the archive.
        checksum: the checksum of a column as a text, in the engine's SQL.
    """
    sums = [
        "count(*) AS records",
        *(f"{_sum(identifier(name))} AS {name}_sum" for name in ("packets", "bytes")),
        *(
            f"{checksum(identifier(each.name))} AS {identifier(f'{each.name}_checksum')}"
            for each in archive.columns
        ),
    ]
    keys = ", ".join(map(identifier, KEYS))
    return f"SELECT {keys},\n    {', '.join(sums)}\nFROM (\n{select}\n)\nGROUP BY {keys}"


def _sum(column: str) -> str:
    """A sum that is no bigint: a log may have any numbers, and Trino refuses what exceeds one."""
    return f"coalesce(sum(CAST({column} AS decimal(38, 0))), CAST(0 AS decimal(38, 0)))"


def read_sums(
    rows: Iterable[Sequence[object]], keys: Sequence[str], names: Sequence[str]
) -> dict[Values, Sums]:
    """What a statement of ``add_up`` gives, by partition.

    Args:
        rows: its rows.
        keys: the partition keys, which come first; then come the counts.
        names: the columns whose checksums follow.

    Raises:
        EngineError: a row is not what was asked for.
    """
    width = len(keys) + 3 + len(names)
    found = {}
    for row in rows:
        if len(row) != width:
            raise EngineError(f"the sums of an archive have {len(row)} columns, not {width}")
        counts = [int(str(each)) for each in row[len(keys) : len(keys) + 3]]
        checksums = dict(zip(names, map(str, row[len(keys) + 3 :]), strict=True))
        records, packets, total_bytes = counts
        values = tuple(map(str, row[: len(keys)]))
        found[values] = Sums(records, packets, total_bytes, checksums)
    return found


def _predicates(
    source: FlowTable, number: int, partitions: Sequence[LogPartition] | None
) -> Iterator[str]:
    """The conditions that keep the records of some partitions, and prune by the table's keys.

    None if the table has none of them.
    """
    if partitions is None:
        yield "true"
        return
    values = [each.values for each in partitions if number in each.locations]
    if not values:
        return
    shape = source.shape
    days = sorted(date.fromisoformat(each[-1]) for each in values)
    accounts, regions = (
        frozenset(each[place] for each in values) if _is_told(shape, role) else frozenset[str]()
        for place, role in enumerate(_PLACE.values())
    )
    scope = Scope(days[0], days[-1], accounts, regions)
    yield from predicates.partition_predicates(shape, scope)
    yield from predicates.file_predicates(source, Selection(), scope)
    columns = {name: relation.key_column(shape, role) for name, role in _PLACE.items()}
    yield _exactly({**columns, "day": day_column(shape)}, values)


def _is_told(shape: Shape, role: Role) -> bool:
    return shape.key(role) is not None or bool(shape.fixed(role))


def _exactly(columns: Mapping[str, str], values: Iterable[Values]) -> str:
    """The condition that keeps some partitions and no others."""
    days: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for *place, day in sorted(values):
        days[tuple(place)].append(day)
    account, region, day_sql = columns.values()
    groups = [
        f"({account} = {literal(owner)} AND {region} = {literal(where)} "
        f"AND {day_sql} IN ({', '.join(map(literal, own))}))"
        for (owner, where), own in days.items()
    ]
    return groups[0] if len(groups) == 1 else f"({' OR '.join(groups)})"
