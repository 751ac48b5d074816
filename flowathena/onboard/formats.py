"""The record format of a location's logs: what they say, or what a person names."""

from collections.abc import Iterator

from flowathena.errors import ObjectError, StorageError, UsageError
from flowathena.logs.formats import parse_fields, parse_log_format
from flowathena.storage import Storage
from flowathena.storage.discovery import Discovery
from flowathena.text import counted

_NAME_FIELDS = (
    'name the fields in the order of the records: --fields "${version} ${account-id} …", '
    "or --fields default"
)
_SHOWN = 3
"""How many formats, and flow logs of each, a warning names."""


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


def warnings(logs: Discovery, named: tuple[str, ...] | None) -> Iterator[str]:
    """What the user should know of the formats.

    Args:
        logs: what was found.
        named: the fields of ``--fields``; None without it.
    """
    yield from _of_variants(logs)
    yield from _of_formats(logs)
    yield from _of_named_fields(logs, named)


def _of_variants(logs: Discovery) -> Iterator[str]:
    if logs.unseen:
        more = counted(logs.unseen, "more account and Region", "more accounts and Regions")
        yield f"the newest day of {more} was not examined"
    # A daily and an hourly flow log can share a table of days.
    if len({variant.replace("hourly", "daily") for variant in logs.variants}) > 1:
        yield (
            f"found {' and '.join(logs.variants)} logs; a table reads only one of them, and the "
            f"target is for {logs.variants[0]}, that of the newest object"
        )


def _of_formats(logs: Discovery) -> Iterator[str]:
    formats = logs.formats()
    kinds = {(each.layout.hive, each.file_format) for each in formats}
    if len(formats) > len(kinds):
        names = "; ".join(f"{each.name} ({_some_ids(each.flow_logs)})" for each in formats[:_SHOWN])
        yield (
            f"found {len(formats)} record formats; a table reads only one of them, and the target "
            f"is for the first, that of the newest object: {names}"
        )
    unread = [log for log in logs.unreadable if isinstance(log.error, ObjectError)]
    if unread and logs.newest:
        logs_read = counted(len(unread), "flow log")
        yield f"the format of {logs_read} could not be read (first: {unread[0].error})"


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
