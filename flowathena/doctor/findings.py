"""What is wrong with a target, judged by what was read of it; pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import zip_longest

from flowathena.logs.fields import column_name
from flowathena.logs.layout import LOG_ROOT
from flowathena.shape.key import Key, Role
from flowathena.shape.shape import Shape
from flowathena.shape.table import Table
from flowathena.storage.discovery import Discovery
from flowathena.target.target import Target

DAYS = 30
"""How many days before the newest one are examined."""

_LATE = timedelta(days=2)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        side: what was examined (``table``, ``columns``, ``partitions``, …).
        what: what is wrong.
        evidence: what was seen.
        fix: the command or change that fixes it.
    """

    side: str
    what: str
    evidence: str
    fix: str

    def to_json(self) -> dict[str, str]:
        """The stable shape of ``doctor --format json``; the fix is called ``mend`` there."""
        return {
            "side": self.side,
            "what": self.what,
            "evidence": self.evidence,
            "mend": self.fix,
        }


def check_logs(target: Target, logs: Discovery, today: date) -> Iterator[Finding]:
    """Problems with the folders and the files in them."""
    setting = f"[targets.{target.name}]"
    if logs.layout.hive != target.layout.startswith("hive") or (
        target.granularity == "hour" and not logs.layout.hourly
    ):
        yield Finding(
            "logs",
            "the folders have another layout than the target",
            f"found {logs.layout.name}, the target's layout is {target.layout}",
            f'layout = "{logs.layout.name}" in {setting}',
        )
    if len(logs.variants) > 1:
        yield Finding(
            "logs",
            "flow logs of several layouts or file formats share a prefix",
            ", ".join(logs.variants),
            "one target for each; a table reads only one",
        )
    if logs.newest_day and logs.newest_day < (today - _LATE).isoformat():
        yield Finding(
            "logs",
            "no logs have been delivered recently",
            f"the newest day is {logs.newest_day}",
            "check in the VPC console whether the flow log is active",
        )


def check_table(target: Target, table: Table | None, logs: Discovery | None) -> Iterator[Finding]:
    """Problems with the table, except its partition projection."""
    name = target.name
    if table is None:
        yield Finding(
            "table",
            "the table does not exist",
            f"{target.table_name} is not in the catalog",
            f"flowathena table create -t {name}",
        )
        return
    if not target.is_local and not table.location.endswith("/"):
        yield Finding(
            "table",
            "the table's location does not end with a slash",
            table.location,
            "add '/' to the table's location; without it, Athena finds nothing or too much",
        )
    root = f"{target.location.rstrip('/')}/{LOG_ROOT}/"
    if not f"{table.location.rstrip('/')}/".startswith(root):
        yield Finding(
            "table",
            "the table reads another location than the target",
            f"{table.location} is not below {root}",
            f"correct location in [targets.{name}], or the table's",
        )
    if logs and logs.sample and logs.file_format != table.file_format:
        yield Finding(
            "table",
            "the table reads another file format",
            f"the logs are {logs.file_format}, the table's format is {table.file_format}",
            f'file_format = "{logs.file_format}" and a table with a new name',
        )


def check_projection(
    target: Target, table: Table, shape: Shape, logs: Discovery | None, registered: int
) -> Iterator[Finding]:
    """Problems with a table's partition projection; ``registered`` counts its partitions."""
    if registered:
        yield Finding(
            "table",
            "partition projection hides the registered partitions",
            f"{registered} are registered",
            "flowathena table diff: keep either projection or registered partitions",
        )
    if logs:
        yield from _check_values(target, table, shape.key(Role.ACCOUNT), logs.accounts)
        yield from _check_values(target, table, shape.key(Role.REGION), logs.regions)


def _check_values(
    target: Target, table: Table, key: Key | None, stored: Sequence[str]
) -> Iterator[Finding]:
    projected = table.parameters.get(f"projection.{key.name}.values") if key else None
    missing = sorted(set(stored) - set(projected.split(","))) if projected else []
    if key and missing:
        yield Finding(
            "table",
            f"the projection omits {key.role}s that have logs",
            f"not in projection.{key.name}.values: {', '.join(missing[:5])}",
            f"flowathena table ddl -t {target.name} writes the complete list",
        )


def check_columns(target: Target, table: Table, shape: Shape, logs: Discovery) -> Iterator[Finding]:
    """Whether the table's columns fit the fields of the newest file."""
    if not logs.log_format or logs.file_format != table.file_format:
        return  # check_table reports another file format
    fields = list(map(column_name, logs.log_format))
    columns = list(shape.columns)
    if table.file_format == "parquet":
        missing = [name for name in shape.columns.values() if name not in fields]
        if missing:
            yield Finding(
                "columns",
                "the files do not have these columns, which read as NULL",
                f"{', '.join(missing[:8])} in {logs.sample}",
                f'log_format in [targets.{target.name}], column_names = "aws"',
            )
    elif columns != fields[: len(columns)]:
        pairs = zip_longest(columns, fields, fillvalue="nothing")
        place, column, field = next((n, a, b) for n, (a, b) in enumerate(pairs, 1) if a != b)
        yield Finding(
            "columns",
            "the table reads the fields in another order than the files have them",
            f"column {place} is {column}, the header of {logs.sample} has {field} there",
            "set log_format to the fields of the header (flowathena init finds them) and create "
            "a table with a new name",
        )


def check_flow_logs(
    formats: Mapping[tuple[str, ...] | None, Sequence[str]],
) -> Iterator[Finding]:
    """Whether all flow logs of one folder have the same record format.

    Args:
        formats: flow log ids by the fields of their files.
    """
    if len(formats) > 1:
        yield Finding(
            "flow logs",
            "flow logs of different formats are delivered to one folder",
            "; ".join(
                f"{', '.join(ids[:3])}: {len(fields or ())} fields"
                for fields, ids in formats.items()
            ),
            "give them the same format, or a prefix and a target each",
        )


def check_partitions(
    target: Target, shape: Shape, newest_day: str, registered: Iterable[Sequence[str]]
) -> Iterator[Finding]:
    """Whether the newest days are registered.

    Args:
        target: the target.
        shape: what the table's keys stand for.
        newest_day: the newest stored day, ISO.
        registered: the registered values of the ``DAYS`` days before it, and later.
    """
    partitions = [tuple(values) for values in registered]
    sync = f"flowathena partitions sync -t {target.name}"
    if not partitions:
        yield Finding(
            "partitions",
            "no partition is registered: Athena sees no data",
            f"logs up to {newest_day}, none of the {DAYS} days before is registered",
            sync,
        )
        return
    days = [day.isoformat() for values in partitions if (day := shape.day_of(values))]
    newest = max(days, default="no day")
    if newest < newest_day:
        yield Finding(
            "partitions",
            "the newest days are not registered",
            f"logs up to {newest_day}, registered up to {newest}",
            f"{sync}, on a schedule",
        )


def check_workgroup(
    target: Target, *, enabled: bool, managed: bool, has_location: bool
) -> Iterator[Finding]:
    """Problems with the target's workgroup.

    Args:
        target: the target.
        enabled: whether the workgroup is.
        managed: whether Athena keeps its results (managed query results).
        has_location: whether it has an output location of its own.
    """
    name = target.workgroup
    if not enabled:
        yield Finding(
            "workgroup", "the workgroup is disabled", name, "enable it, or set another workgroup"
        )
    if managed and target.output_location:
        yield Finding(
            "workgroup",
            "the workgroup manages its results and accepts no output location",
            f"{name} has managed query results",
            f"remove output_location from [targets.{target.name}]",
        )
    elif not (managed or has_location or target.output_location):
        yield Finding(
            "workgroup",
            "there is no output location for query results",
            f"neither {name} nor the target has an output location",
            f'output_location = "s3://…/" in [targets.{target.name}]',
        )
