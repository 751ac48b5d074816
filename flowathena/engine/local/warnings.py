"""What is odd about the files that a statement has read: read here, and otherwise in Athena."""

from collections.abc import Iterator, Mapping, Sequence

from flowathena.engine.local.content import Head
from flowathena.engine.local.parts import Part
from flowathena.logs.fields import column_name
from flowathena.shape.shape import FlowTable
from flowathena.target.target import Target
from flowathena.text import counted, printable


def warn_of_files(target: Target, part: Part, heads: Mapping[str, Head]) -> Iterator[str]:
    """What to know of the files of one table of a target, by their heads."""
    listing = part.listing
    if listing.missing:
        plan = target.command("partitions plan")
        yield (
            f"{counted(len(listing.missing), 'registered folder')} not found "
            f"(first: {printable(listing.missing[0])}); '{plan}' shows them"
        )
    if listing.ignored:
        yield (
            f"ignored {counted(len(listing.ignored), 'file')} not named like a log "
            f"(first: {printable(listing.ignored[0])}); logs end with .log, .gz or .parquet"
        )
    filled = [file.path for file in part.files if not heads[file.path].empty]
    texts = [path for path in filled if not heads[path].parquet]
    if part.is_parquet:
        if texts:
            yield (
                f"{counted(len(texts), 'text file')} among Parquet (first: {printable(texts[0])}); "
                "read here, but in Athena a query that reads one fails"
            )
        return  # Parquet is read by name in Athena too
    yield from _warn_of_kinds(filled, heads)
    expected = tuple(part.source.shape.columns)
    other = [path for path in texts if _differs(heads[path], expected)]
    if other:
        yield (
            f"{counted(len(other), 'file')} with other fields than the table's "
            f"(first: {printable(other[0])}); read by name here, but by position in Athena"
        )
    yield from _warn_of_headers(target, part.source, {path: heads[path] for path in texts})


def _warn_of_headers(target: Target, source: FlowTable, heads: Mapping[str, Head]) -> Iterator[str]:
    """Of first lines that are not what the table takes them for, by their files' heads."""
    skips = source.table.skipped_lines
    other = [path for path, head in heads.items() if (head.fields is None) == bool(skips)]
    if other and skips:
        yield (
            f"{counted(len(other), 'file')} without a header line (first: {printable(other[0])}); "
            "the first line was skipped, as in Athena: set header = false in "
            f"[targets.{target.name}] and create the table anew"
        )
    elif other and not source.shape.clock:
        yield (
            f"{counted(len(other), 'file')} with a header line (first: {printable(other[0])}), "
            "which Athena reads as a record; set header = true in "
            f"[targets.{target.name}] and create the table anew"
        )


def _warn_of_kinds(paths: Sequence[str], heads: Mapping[str, Head]) -> Iterator[str]:
    """Files of a text table that are not what Athena takes them for."""
    parquet = [path for path in paths if heads[path].parquet]
    if parquet:
        yield (
            f"{counted(len(parquet), 'Parquet file')} among text (first: {printable(parquet[0])}); "
            "read here, but Athena reads the files of a text table as text"
        )
    # Source: https://github.com/trinodb/trino/blob/470/lib/trino-hive-formats/src/main/java/io/trino/hive/formats/compression/CompressionKind.java
    misnamed = [
        path
        for path in paths
        if not heads[path].parquet and heads[path].gzip is not path.endswith(".gz")
    ]
    if misnamed:
        yield (
            f"{counted(len(misnamed), 'file')} whose names do not tell the compression (first: "
            f"{printable(misnamed[0])}); read here, but Athena unzips what ends with .gz alone"
        )


def _differs(head: Head, expected: tuple[str, ...]) -> bool:
    """Whether a table of these columns, read by position, reads other fields than a file has.

    A file that lacks the last ones is read rightly: NULL, as on this machine.
    """
    if head.fields is None:
        return False
    columns = tuple(map(column_name, head.fields))
    return columns != expected[: len(columns)]
