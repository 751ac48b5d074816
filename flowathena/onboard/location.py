"""Writes a target for a location, or for a flow log, to the configuration."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from flowathena.aws.credentials import AskCode
from flowathena.aws.session import Aws
from flowathena.concurrency import Watch
from flowathena.errors import FlowathenaError, StorageError
from flowathena.inputs.selection import DEFAULT_SINCE, select
from flowathena.logs.formats import describe_format, unknown_fields
from flowathena.logs.layout import Layout
from flowathena.onboard import flow_log, formats, kinds
from flowathena.onboard.finding import find_logs, find_start
from flowathena.onboard.formats import Records
from flowathena.onboard.overlaps import warn_of_overlaps
from flowathena.storage import Storage, open_storage
from flowathena.storage.buckets import bucket_region
from flowathena.storage.discovery import Discovery
from flowathena.storage.origins import Unlisted
from flowathena.storage.surroundings import Surroundings, look_around
from flowathena.target import config
from flowathena.target.file import TargetFile, check_name
from flowathena.target.sources import source_table
from flowathena.target.target import DEFAULT_TABLE, Target


@dataclass(frozen=True)
class Initialization:
    """A target made of a location or flow log.

    Attributes:
        target: the target.
        path: the configuration file.
        facts: what was found, for display: texts by name.
        written: False if the file already had exactly this target.
        warnings: what the user should know.
        unlisted: the places that could not be listed; the target is made from the others.
        is_old: whether there are logs outside of the window that a sync has by default.
        further: the targets of other kinds of flow logs in the same location.
    """

    target: Target
    path: Path
    facts: Mapping[str, str]
    written: bool
    warnings: tuple[str, ...]
    unlisted: tuple[Unlisted, ...] = ()
    is_old: bool = False
    further: tuple["Initialization", ...] = ()

    @property
    def first_sync(self) -> str:
        """The command that registers what is stored."""
        everything = " --all" if self.is_old else ""
        return self.target.command(f"partitions sync{everything}")


def initialize(  # noqa: PLR0913 - keyword options of one call
    location: str,
    name: str | None,
    path: Path | None,
    folder: Path,
    settings: Mapping[str, object],
    ask_code: AskCode | None = None,
    *,
    now: datetime,
    fields: str | None = None,
    watch: Watch = lambda _done, _total: None,
) -> Initialization:
    """Examine a location and write a target for it; two for flow logs of two kinds.

    Args:
        location: a folder, ``s3://bucket/prefix/`` or the ARN of a bucket; it may lie above, in or
            below ``AWSLogs/``, or have folders of another layout.
        name: target name (default: ``local`` or ``aws``).
        path: the configuration file (default: the one found from folder, or a new one there).
        folder: the current folder.
        settings: target settings to write in addition to those found.
        ask_code: asks for the MFA code that a profile needs; None if nobody can be asked.
        now: the current time, aware: logs outside of the window that ends now need another sync.
        fields: the fields of the records as a person types them (``default``, names, or AWS's
            ``${version} …``), for logs that do not tell; None to read them from the logs.
        watch: called for every account and Region examined.

    Raises:
        UsageError: fields is no record format.
        ConfigError: the target exists with other settings, or a setting is invalid.
        StorageError: there are no flow logs, they cannot be read, or do not tell their fields.
    """
    TargetFile(path, folder)
    named = formats.parse_named(fields)
    start = find_start(location, folder)
    location = start.location
    chosen = check_name(name or ("aws" if location.startswith("s3://") else "local"))
    early = {"location": location, **_independent_of_layout(settings)}
    bare = config.check_target(chosen, early, folder)
    aws = Aws(bare, ask_code=ask_code)
    storage = open_storage(bare, aws)
    found = find_logs(storage, bare.prefix, start, watch)
    divided = kinds.divide(found.logs) if named is None else (kinds.Kind(found.logs),)
    region, warnings = _region(bare, aws)
    given = {**region, **found.settings, **settings}
    first, *others = (
        _Draft(kind, storage, path, folder, named).write(chosen, found.location, given, now)
        for kind in divided
    )
    warnings += [*found.notes, *kinds.warnings(divided), *first.warnings]
    return replace(first, warnings=tuple(warnings), further=tuple(others))


@dataclass(frozen=True)
class _Draft:
    """The target of one kind of flow logs, to be written."""

    kind: kinds.Kind
    storage: Storage
    path: Path | None
    folder: Path
    named: tuple[str, ...] | None

    def write(
        self, name: str, location: str, settings: Mapping[str, object], now: datetime
    ) -> Initialization:
        """Write it, with the settings given besides those found."""
        kind, logs = self.kind, self.kind.logs
        log_format = self.named or formats.read_log_format(self.storage, logs)
        around = _look_around(self.storage, logs, now)
        first = Records(formats.file_format(logs), log_format, formats.has_header(logs))
        tables, refused = formats.tables(logs, first)
        parquet = formats.parquet_columns(self.storage, logs)
        own = [
            {**(parquet.settings if parquet and each.file_format == "parquet" else {}), **further}
            for each, further in zip(
                tables,
                kind.settings(settings.get("table"), formats.flow_logs(logs, tables)),
                strict=True,
            )
        ]
        table: dict[str, object] = {
            "location": location,
            **_form_settings(logs.layout, tables[0].file_format, tables[0].fields),
            **({} if tables[0].has_header else {"header": False}),
            **settings,
            **own.pop(0),
        }
        table |= _source_settings(table, tables[1:], own)
        target = config.check_target(kind.target_name(name), table, self.folder, self.path)
        fields = tuple(dict.fromkeys(name for each in tables for name in each.fields))
        warnings = (
            *formats.warnings(logs, self.named, refused),
            *(parquet.warnings if parquet else ()),
            *formats.misread(logs, is_local=target.is_local),
            *_warn_of_unknown_fields(fields),
            *_warn_of_no_start(log_format),
            *_warn_of_hours(target),
            *warn_of_overlaps(self.storage, logs, target),
        )
        file = TargetFile(self.path, self.folder)
        written = file.write(target, location)
        facts = _describe(logs, tables[0], around.oldest or around.inside)
        facts |= {
            f"table {number}": f"{source.table_name}: {each.name}"
            for number, (source, each) in enumerate(zip(target.sources, tables[1:], strict=True), 2)
        }
        is_old = bool(around.before or around.after)
        return Initialization(target, file.path, facts, written, warnings, logs.unlisted, is_old)


def initialize_flow_log(
    flow_log_id: str,
    name: str | None,
    path: Path | None,
    folder: Path,
    settings: Mapping[str, object],
    ask_code: AskCode | None = None,
) -> Initialization:
    """Ask EC2 for a flow log and write a target for it.

    Args:
        flow_log_id: ``fl-…``.
        name: target name (default: ``aws``).
        path: the configuration file, as for ``initialize``.
        folder: the current folder.
        settings: target settings to write in addition to those found.
        ask_code: asks for the MFA code that a profile needs; None if nobody can be asked.

    Raises:
        UsageError: the id is invalid.
        ConfigError: the target exists with other settings, or a setting is invalid.
        StorageError: the flow log does not exist, or does not deliver to S3.
    """
    file = TargetFile(path, folder)
    chosen = check_name(name or "aws")
    # The bucket is not known yet; the given settings are checked before the first call.
    early = {"location": "s3://unknown", **_independent_of_layout(settings)}
    aws = Aws(config.check_target(chosen, early, folder), ask_code=ask_code)
    log = flow_log.describe(aws, flow_log_id)
    table: dict[str, object] = {
        "location": log.location,
        **_form_settings(log.layout, log.file_format, log.log_format),
    }
    region, warnings = _region(config.check_target(chosen, table, folder), aws)
    target = config.check_target(chosen, {**table, **region, **settings}, folder, path)
    warnings += [
        *log.warnings,
        *_warn_of_unknown_fields(log.log_format),
        *_warn_of_no_start(log.log_format),
        *_warn_of_hours(target),
    ]
    facts = {
        "flow log": f"{log.id} of {log.resource}",
        "layout": log.layout.name,
        "format": f"{describe_format(log.log_format)}, {log.file_format}",
    }
    written = file.write(target, log.location)
    return Initialization(target, file.path, facts, written, tuple(warnings))


def _independent_of_layout(settings: Mapping[str, object]) -> dict[str, object]:
    """The settings that can be checked before the layout is known."""
    return {key: value for key, value in settings.items() if key != "granularity"}


def _form_settings(
    layout: Layout, file_format: str, log_format: tuple[str, ...]
) -> dict[str, object]:
    return {"layout": layout.name, "file_format": file_format, "log_format": list(log_format)}


def _look_around(storage: Storage, logs: Discovery, now: datetime) -> Surroundings:
    """The days around the window that a sync has by default."""
    scope = select(now, DEFAULT_SINCE).scope
    try:
        return look_around(storage, logs.layout, scope, logs.origins)
    except StorageError:  # the target is right without it
        return Surroundings()


def _source_settings(
    target: Mapping[str, object], records: Sequence[Records], own: Sequence[Mapping[str, object]]
) -> dict[str, object]:
    """The settings of the further tables, with those that each has besides; empty without any.

    Args:
        target: the target's settings.
        records: what each table reads.
        own: what each of them has besides.
    """
    sources: list[dict[str, object]] = []
    table = str(target.get("table", DEFAULT_TABLE))
    taken = [table]
    for each, further in zip(records, own, strict=True):
        taken.append(source_table(table, each.file_format, each.fields, taken))
        kind = {"file_format": each.file_format} if each.file_format != "text" else {}
        layout = _layout_settings(each.layout, target) if each.layout else {}
        form = {"table": taken[-1], **layout, **kind, "log_format": list(each.fields)}
        sources.append({**form, **further})
    return {"sources": sources} if sources else {}


def _layout_settings(layout: Layout, target: Mapping[str, object]) -> dict[str, object]:
    """The settings of a table over the folders of the other layout, Hive-compatible or plain."""
    days = not layout.hourly and target.get("granularity") == "hour"
    return {"layout": layout.name, **({"granularity": "day"} if days else {})}


def _describe(logs: Discovery, records: Records, oldest: date | None) -> dict[str, str]:
    return {
        "accounts": _some(logs.accounts),
        "regions": _some(logs.regions),
        "layout": logs.layout.name,
        "format": records.name,
        "oldest day": str(oldest or "none"),
        "newest day": logs.newest_day or "none",
        "sample": logs.newest.head.key if logs.newest else "none",
    }


def _some(names: tuple[str, ...]) -> str:
    if not names:
        return "unknown"
    shown = ", ".join(names[:10])
    return f"{len(names)} ({shown}{', …' if len(names) > 10 else ''})"  # noqa: PLR2004 - fits a line


def _warn_of_unknown_fields(log_format: Iterable[str]) -> Iterator[str]:
    unknown = unknown_fields(log_format)
    if unknown:
        yield (
            f"unknown fields are kept as text columns: {', '.join(unknown)}; "
            "queries can use them by name"
        )


def _warn_of_no_start(log_format: tuple[str, ...]) -> Iterator[str]:
    if "start" in log_format:
        return
    if "end" in log_format:
        yield "the records have no start: a window has those whose end is inside"
    else:
        yield (
            "the records have neither start nor end: a window has whole days, or hours if "
            "partitions are hours, by the records' folders"
        )


def _warn_of_hours(target: Target) -> Iterator[str]:
    if target.has_hours and target.granularity == "day":
        yield (
            "hour folders found; partitions are days, each with all its hours "
            "(--granularity hour registers hours)"
        )


def _region(target: Target, aws: Aws) -> tuple[dict[str, str], list[str]]:
    """The Region to write: the given one, the environment's or the bucket's; and warnings."""
    if target.is_local:
        return {}, []
    own = aws.session.region_name
    try:
        bucket = bucket_region(aws, target.bucket)
    except FlowathenaError:
        bucket = None  # the permission may be missing
    if bucket is None:
        return ({"region": own} if own else {}), []
    if own and own != bucket:
        return {"region": own}, [
            f"the bucket is in {bucket}, but region = {own!r} was written, from the AWS settings"
        ]
    return {"region": own or bucket}, []
