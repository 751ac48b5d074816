"""Settings of a target that cannot be true together; pure."""

import re
from collections.abc import Iterator

from flowathena.logs.formats import is_transit_gateway
from flowathena.logs.layout import LOG_ROOT, Layout
from flowathena.target.target import Target, shares_folders

_ACCOUNT = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")


def contradictions(target: Target) -> Iterator[tuple[str, str]]:
    """Settings that contradict each other: the setting to change, and why."""
    if target.granularity == "hour" and not target.has_hours:
        yield "granularity", f"granularity 'hour' needs hour folders; layout is {target.layout!r}"
    yield from _contradictions_of_layout(target)
    if target.partition_keys == "single" and not (target.account and target.log_region):
        yield "partition_keys", "partition_keys 'single' needs account and log_region"
    if target.partitioning == "projection" and target.is_local:
        yield (
            "partitioning",
            "partition projection is a feature of Athena; a local target needs 'registered'",
        )
    if target.external_id and not target.role_arn:
        yield "external_id", "external_id is handed over when a role is assumed: set role_arn too"
    if target.column_names == "older" and target.file_format == "parquet":
        yield "column_names", "Parquet columns are found by AWS's names: column_names must be 'aws'"
    if not target.header and target.file_format != "text":
        yield "header", "header = false is for text files; Parquet files have a schema"
    if target.types and target.file_format != "parquet":
        yield "types", "types are those of Parquet files: file_format must be 'parquet'"
    yield from _contradictions_of_archive(target)


def _contradictions_of_archive(target: Target) -> Iterator[tuple[str, str]]:
    """What an archive cannot be."""
    archive = target.archive
    if archive is None:
        if target.archive_table:
            yield "archive_table", "archive_table names the table of an archive: set its location"
        if target.rollup_table:
            yield "rollup_table", "rollup_table names a table beside an archive: set its location"
        return
    if archive.is_local != target.is_local:
        own = "a folder" if target.is_local else "in S3"
        yield "archive_location", f"the logs are {own}: their archive must be, too"
    if _is_among(archive, target):
        yield "archive_location", "the archive needs a folder of its own, apart from the logs"
    if archive.table in {each.table for each in target.tables}:
        yield "archive_table", f"table {archive.table!r} is the one of the logs"
    if target.rollup and target.rollup.table in {archive.table, *(t.table for t in target.tables)}:
        yield "rollup_table", f"table {target.rollup.table!r} is one of the logs, or the archive"
    if not {"start", "end"} & {*target.log_format}:
        yield "archive_location", "records without start and end cannot be archived"


def _is_among(archive: Target, target: Target) -> bool:
    """Whether an archive is where the logs of a table are."""
    place, logs = (f"{each.location.rstrip('/')}/" for each in (archive, target))
    return place == logs or place.startswith(f"{logs}{LOG_ROOT}/")


def _contradictions_of_layout(target: Target) -> Iterator[tuple[str, str]]:
    """What other settings ask for, and the folders do not have."""
    hourly = target.granularity == "hour" and target.has_hours
    layout = Layout.named(target.layout, hourly=hourly)
    projected = target.partitioning == "projection"
    if not hourly and not layout.folders.has_day_folders:
        yield "granularity", f"layout {target.layout!r} has no folder of a day: set it to 'hour'"
    named = _ACCOUNT.findall(target.layout)
    if target.account and named and target.account not in named:
        yield "account", f"account is {target.account}, and the layout's folder is of {named[0]}"
    if layout.template and target.partition_keys != "standard":
        yield "partition_keys", "a layout by template needs partition_keys 'standard'"
    elif target.partition_keys == "hive" and not layout.hive:
        yield "partition_keys", f"partition_keys 'hive' needs a hive layout, not {target.layout!r}"
    if projected and layout.hive and target.partition_keys != "hive":
        yield "partitioning", "projection over a hive layout needs partition_keys 'hive'"
    if projected and layout.template and not layout.folders.day_form:
        reason = "projection needs year, month and day side by side in the layout"
        yield "partitioning", f"{reason}, as {{year}}/{{month}}/{{day}} are: set it to 'registered'"


def source_contradictions(target: Target) -> Iterator[tuple[int, str, str]]:
    """What sources contradict: the position of the source, the setting to change, and why."""
    names, taken = [target.table_name], set(target.flow_logs)
    for position, source in enumerate(target.sources):
        before = target.tables[: position + 1]
        if other := next((each for each in before if shares_folders(each, source)), None):
            yield from _contradictions_of_folders(position, source, other)
        if source.table_name in names:
            yield position, "table", f"table {source.table_name!r} is another source's already"
        if target.archive and source.table_name == target.archive.table_name:
            yield position, "table", f"table {source.table!r} is the one of the archive"
        if target.archive and _is_among(target.archive, source):
            yield position, "location", "the archive is in the folder of these logs"
        if source.is_local != target.is_local:
            yield position, "location", "the sources of a target are all in S3, or all in folders"
        if is_transit_gateway(source.log_format) != is_transit_gateway(target.log_format):
            yield position, "log_format", "VPCs and transit gateways need a target each"
        if twice := sorted(taken.intersection(source.flow_logs)):
            yield position, "flow_logs", f"{twice[0]} is in the flow_logs of another table already"
        names.append(source.table_name)
        taken.update(source.flow_logs)


def _contradictions_of_folders(
    position: int, source: Target, other: Target
) -> Iterator[tuple[int, str, str]]:
    """What keeps two tables over the same folders from being told apart."""
    if source.granularity != other.granularity:
        reason = f"table {other.table!r} has the same folders, and a partition for each of their"
        yield position, "granularity", f"{reason} {other.granularity}s: set it to that"
    chosen = bool(source.flow_logs and other.flow_logs)
    if "projection" in {source.partitioning, other.partitioning} and not chosen:
        reason = f"table {other.table!r} has the same folders, and a projection cannot tell whose a"
        yield position, "partitioning", f"{reason} day is: set it to 'registered' for both"
