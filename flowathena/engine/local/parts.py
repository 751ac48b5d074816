"""What a statement reads of the files of each of its tables."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from flowathena.catalog import Registry, read_partitions
from flowathena.engine.local import files as logfiles
from flowathena.engine.local import scan
from flowathena.engine.local.content import Head
from flowathena.engine.local.copies import Copies, Use
from flowathena.engine.local.files import Listing, LogFile, is_odd
from flowathena.engine.local.pruning import prune
from flowathena.logs.fields import column_name
from flowathena.query.render import Rendered
from flowathena.shape.shape import PATH, FlowTable
from flowathena.storage.base import flow_log_of

if TYPE_CHECKING:
    from flowathena.logs.layout import Scope


@dataclass(frozen=True)
class Part:
    """What a statement reads through one of its tables.

    Attributes:
        source: the table.
        locations: its registered partitions.
        listing: what is in their folders.
        files: the log files to read.
    """

    source: FlowTable
    locations: Mapping[tuple[str, ...], str]
    listing: Listing
    files: tuple[LogFile, ...] = ()

    @property
    def is_parquet(self) -> bool:
        """Whether it is a Parquet table, which has no columns by position."""
        return self.source.table.file_format == "parquet"

    def fits(self, head: Head) -> bool:
        """Whether a file has the very records that the table is for."""
        if head.parquet != self.is_parquet:
            return False
        if head.fields is None:  # whatever its records are
            return not self.source.table.skipped_lines
        columns = tuple(map(column_name, head.fields))
        return head.parquet or columns == tuple(self.source.shape.columns)


Find = Callable[[Mapping[tuple[str, ...], str]], Listing]
"""Finds the files of registered locations, by partition values."""


def list_parts(
    rendered: Rendered,
    catalogs: Sequence[Registry],
    now: datetime,
    find: Find = logfiles.find,
) -> list[Part]:
    """The registered partitions that a statement reads, and their files.

    Args:
        rendered: the statement.
        catalogs: those of its tables, in their order.
        now: the statement's ``current_timestamp``, aware.
        find: finds the files.
    """
    return [
        _part(rendered, source, catalog, now, find)
        for source, catalog in zip(rendered.sources, catalogs, strict=True)
    ]


def _part(
    rendered: Rendered, source: FlowTable, catalog: Registry, now: datetime, find: Find
) -> Part:
    locations: dict[tuple[str, ...], str] = {}
    registered: dict[Scope, Mapping[tuple[str, ...], str]] = {}
    for scope, condition in rendered.readings(source):
        if scope not in registered:
            registered[scope] = read_partitions(catalog, scope, source.shape)
        locations |= prune(registered[scope], source, condition, now)
    return part_of(source, locations, find, rendered.selection.flow_logs)


def part_of(
    source: FlowTable,
    locations: Mapping[tuple[str, ...], str],
    find: Find = logfiles.find,
    chosen: Collection[str] = (),
) -> Part:
    """Some registered partitions of a table, and their files.

    Args:
        source: the table.
        locations: the partitions.
        find: finds the files.
        chosen: the ids of the flow logs whose files are read; empty for all.
    """
    listing = find(locations)

    def read(files: Iterable[LogFile]) -> list[LogFile]:
        return [file for file in files if _reads(source, chosen, flow_log_of(file.path))]

    listing = replace(listing, logs=read(listing.logs), archived=read(listing.archived))
    return Part(source, locations, listing)


def _reads(source: FlowTable, chosen: Collection[str], flow_log: str) -> bool:
    """Whether the statement reads the files of a flow log through a table.

    A file of an archive has the records of many: its rows say of which.
    """
    if source.is_archive:
        return True
    if chosen and flow_log not in chosen:
        return False
    own = source.flow_logs is None or flow_log in source.flow_logs
    return own and flow_log not in source.foreign


def schema(sources: Iterable[FlowTable]) -> dict[str, dict[str, dict[str, str]]]:
    """The Hive types of columns by database, table and name."""
    databases: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for table in (source.table for source in sources):
        databases[table.database][table.name] = {**scan.schema(table), PATH: "string"}
    return dict(databases)


def examine(
    parts: Sequence[Part],
    watch: Callable[[int], None] = lambda _files: None,
    copies: Copies | None = None,
    *,
    whole: bool = False,
) -> tuple[dict[str, Head], dict[str, str]]:
    """The heads of the sound files, and what is wrong with the damaged ones, by path.

    Args:
        parts: what a statement reads.
        watch: called now and then with the number of files examined.
        copies: where to keep the texts of gzip files; None if they are not kept.
        whole: whether every value of Parquet files is read.
    """
    heads: dict[str, Head] = {}
    damaged: dict[str, str] = {}
    done = 0

    def follow(files: int) -> None:
        watch(done + files)

    for part, logs in zip(parts, _apart(parts), strict=True):
        types = scan.parquet_types(part.source)
        found, broken = logfiles.examine(logs, types, follow, copies, whole=whole)
        heads |= found
        damaged |= broken | part.listing.unreadable
        done += len(logs)
    damaged |= _nameless(share(parts, heads), heads)
    return {path: head for path, head in heads.items() if path not in damaged}, damaged


def _apart(parts: Sequence[Part]) -> list[list[LogFile]]:
    """The files to examine for each table: one that several have is read once.

    The first Parquet table judges it, or the first of all: it is the one whose it is, if the file
    is Parquet.
    """
    judges: dict[str, Part] = {}
    for part in sorted(parts, key=lambda each: not each.is_parquet):
        for file in part.listing.logs:
            judges.setdefault(file.path, part)
    return [[file for file in part.listing.logs if judges[file.path] is part] for part in parts]


def _nameless(parts: Iterable[Part], heads: Mapping[str, Head]) -> dict[str, str]:
    """Texts that do not name their fields, in a table whose columns have no positions."""
    return {
        file.path: "it is a text without a header line, in a Parquet table"
        for part in parts
        for file in part.files
        if part.is_parquet and heads[file.path].fields is None and not heads[file.path].empty
    }


def share(parts: Sequence[Part], heads: Mapping[str, Head]) -> list[Part]:
    """The same with the sound files, each file in the one table whose records it has.

    A folder may be registered with several tables. If it is not known which flow logs each of them
    reads, the file itself says whose it is, and the first table has what fits none.
    """
    owners = _owners(parts)
    chosen = {path: _owner(owners[path], head) for path, head in heads.items() if path in owners}
    return [
        replace(
            part,
            files=tuple(file for file in part.listing.logs if chosen.get(file.path) is part),
        )
        for part in parts
    ]


def uses(parts: Sequence[Part]) -> Callable[[str, Head], Use | None]:
    """What a text file is read for, by its path and head.

    None for one that nobody reads, or that is registered twice, or whose path is odd.
    """
    owners = _owners(parts)
    logs: list[dict[str, LogFile | None]] = [{} for _ in parts]
    for part, own in zip(parts, logs, strict=True):
        for file in part.listing.logs:
            own[file.path] = None if file.path in own or is_odd(file.location) else file

    def use_of(path: str, head: Head) -> Use | None:
        part = _owner(owners[path], head)
        place = next(place for place, each in enumerate(parts) if each is part)
        file = logs[place][path]
        if file is None or (part.is_parquet and head.fields is None):
            return None
        skips_line = scan.skips_line(part.source.table, head)
        return Use(place, file.values, file.location.rstrip("/") + "/", skips_line)

    return use_of


def _owners(parts: Iterable[Part]) -> dict[str, list[Part]]:
    """The parts that may read a file, by its path."""
    owners: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        for path in {file.path for file in part.listing.logs}:
            owners[path].append(part)
    return owners


def _owner(candidates: Sequence[Part], head: Head) -> Part:
    return next((part for part in candidates if part.fits(head)), candidates[0])
