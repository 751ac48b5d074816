"""What a statement reads of the files of each of its tables."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from flowathena.catalog import Catalog, read_partitions
from flowathena.engine.local import files as logfiles
from flowathena.engine.local import scan
from flowathena.engine.local.content import Head
from flowathena.engine.local.files import Listing, LogFile
from flowathena.logs.fields import column_name
from flowathena.query.derived import PATH
from flowathena.query.render import Rendered
from flowathena.shape.shape import FlowTable
from flowathena.storage.base import flow_log_of


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
    def types(self) -> Mapping[str, str] | None:
        """The Hive types of a Parquet table; None for a text table."""
        table = self.source.table
        return scan.schema(table) if table.file_format == "parquet" else None

    def fits(self, head: Head) -> bool:
        """Whether a file has the very records that the table is for."""
        if head.parquet != (self.types is not None):
            return False
        if head.fields is None:  # whatever its records are
            return not self.source.table.skipped_lines
        columns = tuple(map(column_name, head.fields))
        return head.parquet or columns == tuple(self.source.shape.columns)


def list_parts(rendered: Rendered, catalogs: Sequence[Catalog]) -> list[Part]:
    """The registered partitions that a statement reads, and their files.

    Args:
        rendered: the statement.
        catalogs: those of its tables, in their order.
    """
    parts = []
    for source, catalog in zip(rendered.sources, catalogs, strict=True):
        locations: dict[tuple[str, ...], str] = {}
        for scope in rendered.scopes(source):
            locations |= read_partitions(catalog, scope, source.shape)
        parts.append(Part(source, locations, logfiles.find(locations)))
    return parts


def schema(sources: Iterable[FlowTable]) -> dict[str, dict[str, dict[str, str]]]:
    """The Hive types of columns by database, table and name."""
    databases: dict[str, dict[str, dict[str, str]]] = defaultdict(dict)
    for table in (source.table for source in sources):
        databases[table.database][table.name] = {**scan.schema(table), PATH: "string"}
    return dict(databases)


def examine(
    parts: Iterable[Part],
    watch: Callable[[int], None] = lambda _files: None,
    *,
    whole: bool = False,
) -> tuple[dict[str, Head], dict[str, str]]:
    """The heads of the sound files, and what is wrong with the damaged ones, by path.

    Args:
        parts: what a statement reads.
        watch: called now and then with the number of files examined.
        whole: whether every value of Parquet files is read.
    """
    heads: dict[str, Head] = {}
    damaged: dict[str, str] = {}
    done = 0

    def follow(files: int) -> None:
        watch(done + files)

    for part in parts:
        logs = part.listing.logs
        found, broken = logfiles.examine(logs, part.types, follow, whole=whole)
        heads |= found
        damaged |= broken | part.listing.unreadable
        done += len(logs)
    return heads, damaged


def share(parts: Sequence[Part], heads: Mapping[str, Head]) -> list[Part]:
    """The same with the sound files, each file in the one table whose records it has.

    A folder may be registered with several tables. Which flow logs a table reads says whose a file
    is; if that is not known, the file itself does, and the first table has what fits none.
    """
    owners: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        for path in {file.path for file in part.listing.logs if file.path in heads}:
            if part.source.flow_logs is None or flow_log_of(path) in part.source.flow_logs:
                owners[path].append(part)
    chosen = {
        path: next((part for part in candidates if part.fits(heads[path])), candidates[0])
        for path, candidates in owners.items()
    }
    return [
        replace(
            part,
            files=tuple(file for file in part.listing.logs if chosen.get(file.path) is part),
        )
        for part in parts
    ]
