"""The record format of a location's logs: what they say, or what a person names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from flowathena.errors import ObjectError, StorageError, UsageError
from flowathena.logs.formats import (
    describe_format,
    is_transit_gateway,
    parse_fields,
    parse_log_format,
)
from flowathena.logs.layout import Layout
from flowathena.storage import Storage
from flowathena.storage.discovery import Discovery, Format
from flowathena.storage.parquet_table import ParquetSettings, table_settings
from flowathena.storage.samples import misreading
from flowathena.text import counted

_NAME_FIELDS = (
    'name the fields in the order of the records: --fields "${version} ${account-id} …", '
    "or --fields default"
)
_SHOWN = 3
"""How many flow logs a warning names."""


def parse_named(fields: str | None) -> tuple[str, ...] | None:
    """The fields of ``--fields``; None without it.

    Raises:
        UsageError: they are no record format.
    """
    try:
        return None if fields is None else parse_fields(fields)
    except ValueError as error:
        raise UsageError(f"--fields: {error}") from error


def read_log_format(storage: Storage, logs: Discovery) -> tuple[str, ...]:
    """The record format of the newest readable file; nothing is assumed.

    Raises:
        StorageError: it is unknown; says why, and how to name the fields.
    """
    newest = logs.newest
    if newest is None or newest.head.fields is None:
        raise StorageError(f"{_why_unknown(storage, logs)}; {_NAME_FIELDS}")
    try:
        return parse_log_format(list(newest.head.fields))
    except ValueError as error:
        fix = f"; if that line is no header, {_NAME_FIELDS}"
        raise StorageError(
            f"{newest.head.key}: its record format {error}"
            f"{fix if newest.head.file_format == 'text' else ''}"
        ) from error


def parquet_columns(storage: Storage, logs: Discovery) -> ParquetSettings | None:
    """What the newest Parquet file says of its columns; None if there is none.

    Raises:
        StorageError: a column has a type that its field cannot be read from; names file and column.
    """
    heads = (log.head for log in logs.flow_logs if not log.error)
    head = next((each for each in heads if each.columns), None)
    if head is None:
        return None
    try:
        return table_settings(head.columns)
    except ValueError as error:
        raise StorageError(f"{storage.location(head.key)}: {error}") from error


def _why_unknown(storage: Storage, logs: Discovery) -> str:
    if logs.newest:
        head = logs.newest.head
        where = storage.location(head.key)
        return f"{where} has no header line, and a record has {head.values or 0} values"
    if logs.unreadable:
        return f"no log can be read: {logs.unreadable[0].error}"
    return f"{storage.location(logs.layout.root)} contains no log file of the last days"


def has_header(logs: Discovery) -> bool:
    """Whether the newest readable file names its fields; True without one."""
    return logs.newest is None or logs.newest.head.fields is not None


def file_format(logs: Discovery) -> str:
    """That of the newest readable file, or what a damaged one seems to be; text without any."""
    looked_at = (logs.newest,) if logs.newest else logs.flow_logs
    return next((log.head.file_format for log in looked_at if log.head.file_format), "text")


@dataclass(frozen=True)
class Records:
    """What one table reads: a file format, and fields that all of its files begin with, or have.

    Attributes:
        file_format: ``text`` or ``parquet``.
        fields: the fields, for Parquet those of all files.
        has_header: whether the files name them.
        layout: the layout of their folders, if it is not the target's.
    """

    file_format: str
    fields: tuple[str, ...]
    has_header: bool = True
    layout: Layout | None = None

    @property
    def name(self) -> str:
        """In a few words, for display."""
        return f"{describe_format(self.fields)}, {self.file_format}"

    def includes(self, other: "Records") -> bool:
        """Whether it reads all of what another one does."""
        joint = self.with_those(other)
        return joint is not None and joint.fields == self.fields

    def with_those(self, other: "Records") -> "Records | None":
        """What a table for both reads; None if one cannot read both.

        Text is read by position: one must begin with the fields of the other. Parquet is read by
        name.
        """
        if (self.file_format, self.has_header) != (other.file_format, other.has_header):
            return None
        if (self.layout is None) != (other.layout is None):  # there are two kinds of layout
            return None
        if self.file_format == "parquet":
            return replace(self, fields=tuple(dict.fromkeys((*self.fields, *other.fields))))
        short, long = sorted((self.fields, other.fields), key=len)
        return replace(self, fields=long) if long[: len(short)] == short else None


def tables(logs: Discovery, first: Records) -> tuple[list[Records], list[str]]:
    """What each table of a target reads, and what no table of it can read.

    Args:
        logs: what was found.
        first: what the first table reads, at least: the newest format.
    """
    found, refused = [first], []
    for each in logs.formats()[1:]:
        if reason := _obstacle(each, first):
            refused.append(f"{_some_ids(each.flow_logs)}: {reason}")
            continue
        records = _records(each, logs)
        joint = (one.with_those(records) for one in found)
        place, merged = next(
            ((place, one) for place, one in enumerate(joint) if one), (len(found), records)
        )
        found[place : place + 1] = [merged]
    return found, refused


def _records(form: Format, logs: Discovery) -> Records:
    """What a table for a format reads."""
    layout = None if form.layout.hive == logs.layout.hive else form.layout
    return Records(form.file_format, form.fields or (), form.has_header, layout)


def flow_logs(logs: Discovery, found: Sequence[Records]) -> list[tuple[str, ...]]:
    """The ids of the flow logs of each table of ``tables``; the first has those unread as well."""
    ids: list[set[str]] = [{log.id for log in logs.unreadable}, *(set() for _ in found[1:])]
    for form in logs.formats():
        records = _records(form, logs)
        place = next((n for n, one in enumerate(found) if one.includes(records)), None)
        if place is not None:
            ids[place].update(form.flow_logs)
    return [tuple(sorted(filter(None, each))) for each in ids]


def _obstacle(form: Format, first: Records) -> str:
    """Why a format has no place in a target; empty if it has one."""
    if form.fields is None:
        return f"{form.sample} has no header line, and a record has {form.values or 0} values"
    if is_transit_gateway(form.fields) != is_transit_gateway(first.fields):
        return f"{form.sample} has other records (of a transit gateway, or of VPCs)"
    try:
        parse_log_format(list(form.fields))
    except ValueError as error:
        return f"{form.sample}: its record format {error}"
    return ""


def warnings(
    logs: Discovery, named: tuple[str, ...] | None, refused: Sequence[str]
) -> Iterator[str]:
    """What the user should know of the formats.

    Args:
        logs: what was found.
        named: the fields of ``--fields``; None without it.
        refused: what no table of the target can read.
    """
    yield from _of_variants(logs)
    yield from (f"no table of the target reads the files of {each}" for each in refused)
    yield from _of_unreadable(logs)
    yield from _of_named_fields(logs, named)


def _of_variants(logs: Discovery) -> Iterator[str]:
    if logs.unseen:
        more = counted(logs.unseen, "more account and Region", "more accounts and Regions")
        yield f"the newest day of {more} was not examined"


def _of_unreadable(logs: Discovery) -> Iterator[str]:
    unread = [log for log in logs.unreadable if isinstance(log.error, ObjectError)]
    if unread and logs.newest:
        flow_logs = counted(len(unread), "flow log")
        yield f"the format of {flow_logs} could not be read (first: {unread[0].error})"


def misread(logs: Discovery, *, is_local: bool) -> Iterator[str]:
    """What queries make of files that are not what they seem: one line for each flow log's."""
    for log in logs.flow_logs:
        if told := misreading(log.head, is_local=is_local):
            yield told


def _some_ids(flow_logs: tuple[str, ...]) -> str:
    names = [flow_log or "names without an id" for flow_log in flow_logs[:_SHOWN]]
    return ", ".join(names) + (", …" if len(flow_logs) > _SHOWN else "")


def _of_named_fields(logs: Discovery, named: tuple[str, ...] | None) -> Iterator[str]:
    if named is None or logs.newest is None:
        return
    head = logs.newest.head
    if head.fields is not None and head.fields != named:
        yield f"{head.key} names other fields than --fields: {' '.join(head.fields)}"
    elif head.fields is None and head.values is not None and head.values != len(named):
        yield (
            f"the first record of {head.key} has {counted(head.values, 'value')}, and --fields "
            f"names {counted(len(named), 'field')}"
        )
