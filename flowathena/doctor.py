"""Zero rows, why? Looks at a target from every side and tells what is wrong, and what mends it.

Reads only. A side that cannot be looked at (a missing permission) is a finding too.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from flowathena import tables
from flowathena.aws import Aws, translated
from flowathena.catalog import Table, open_catalog, partitions
from flowathena.discovery import Discovery, look
from flowathena.errors import FlowathenaError, TableMismatchError
from flowathena.fields import BY_NAME
from flowathena.layout import LOG_ROOT
from flowathena.recordformat import fields_of
from flowathena.shape import Key, Role, Shape
from flowathena.storage import Storage, open_storage
from flowathena.storage.walk import Scope
from flowathena.target import Target

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient

_DAYS = 30
_LATE = timedelta(days=2)
_FLOW_LOG = re.compile(r"_(fl-[0-9a-f]+)_")


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        side: what was looked at (``table``, ``columns``, ``partitions``, …).
        what: what is wrong.
        evidence: what was seen.
        mend: the command or change that mends it.
    """

    side: str
    what: str
    evidence: str
    mend: str

    def to_json(self) -> dict[str, str]:
        """The stable shape of ``doctor --format json``."""
        return asdict(self)


class Doctor:
    """Looks at one target."""

    def __init__(self, target: Target, aws: Aws, now: datetime) -> None:
        self._target = target
        self._aws = aws
        self._now = now
        self._catalog = open_catalog(target, aws)

    def findings(self) -> list[Finding]:
        """Everything that is wrong, in the order it should be mended."""
        sides: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
            ("logs", self._logs),
            ("table", self._table_side),
            ("columns", self._columns),
            ("flow logs", self._flow_logs),
            ("partitions", self._partitions),
            ("workgroup", self._workgroup),
        )
        return [finding for side, look_at in sides for finding in self._seen(side, look_at)]

    def _seen(self, side: str, look_at: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
        try:
            yield from look_at()
        except TableMismatchError as error:
            if side == "table":  # the other sides need the table; told once
                name = f"{self._target.database}.{self._target.table}"
                mend = f"flowathena table adopt {name}, or another table name in the target"
                yield Finding(side, "the table is none that can be read", str(error), mend)
        except FlowathenaError as error:
            mend = f"make it readable, then flowathena doctor -t {self._target.name} again"
            yield Finding(side, f"the {side} cannot be looked at", str(error), mend)

    @cached_property
    def _storage(self) -> Storage:
        return open_storage(self._target, self._aws)

    @cached_property
    def _found(self) -> Discovery | None:
        """What the location holds; None when that is told already."""
        try:
            return look(self._storage, self._target.prefix)
        except FlowathenaError:
            return None

    @cached_property
    def _table(self) -> Table | None:
        return self._catalog.table()

    @cached_property
    def _shape(self) -> Shape | None:
        return tables.shape(self._table, self._target) if self._table else None

    def _logs(self) -> Iterator[Finding]:
        found = look(self._storage, self._target.prefix)
        wanted, setting = self._target.layout, f"[targets.{self._target.name}]"
        if found.layout.hive != wanted.startswith("hive") or (
            self._target.granularity == "hour" and not found.layout.hourly
        ):
            yield Finding(
                "logs",
                "the folders are laid out otherwise than the target says",
                f"found {found.layout.name}, the target's layout is {wanted}",
                f'layout = "{found.layout.name}" in {setting}',
            )
        if len(found.kinds) > 1:
            yield Finding(
                "logs",
                "flow logs of several kinds stand under one prefix",
                ", ".join(found.kinds),
                "one target for each kind; a table reads one kind",
            )
        if found.newest_day and found.newest_day < (self._now - _LATE).date().isoformat():
            yield Finding(
                "logs",
                "no logs have been delivered lately",
                f"the newest day is {found.newest_day}",
                "see in the VPC console whether the flow log still runs",
            )

    def _table_side(self) -> Iterator[Finding]:
        table, name = self._table, self._target.name
        if table is None:
            yield Finding(
                "table",
                "the table does not exist",
                f"no {self._target.database}.{self._target.table} in the catalog",
                f"flowathena table create -t {name}",
            )
            return
        shape = self._shape  # refused: told by the caller
        if not self._target.is_local and not table.location.endswith("/"):
            yield Finding(
                "table",
                "the location has no slash at its end",
                table.location,
                "end the table's location with '/'; Athena finds nothing or too much without",
            )
        root = f"{self._target.location.rstrip('/')}/{LOG_ROOT}/"
        if not f"{table.location.rstrip('/')}/".startswith(root):
            yield Finding(
                "table",
                "the table reads another place than the target",
                f"{table.location} is not below {root}",
                f"correct location in [targets.{name}], or the table's",
            )
        if self._found and self._found.sample and self._found.file_format != table.file_format:
            yield Finding(
                "table",
                "the table reads another file format",
                f"the logs are {self._found.file_format}, the table is one of {table.file_format}",
                f'file_format = "{self._found.file_format}" and a table of a new name',
            )
        if shape and shape.projected:
            yield from self._projection(table, shape)

    def _projection(self, table: Table, shape: Shape) -> Iterator[Finding]:
        registered = partitions(self._catalog, Scope(), shape)
        if registered:
            yield Finding(
                "table",
                "partition projection hides the registered partitions",
                f"{len(registered)} are registered",
                "flowathena table diff: keep one of the two, projection or registered partitions",
            )
        found = self._found
        if found:
            yield from self._left_out(table, shape.key(Role.ACCOUNT), found.accounts)
            yield from self._left_out(table, shape.key(Role.REGION), found.regions)

    def _left_out(self, table: Table, key: Key | None, seen: tuple[str, ...]) -> Iterator[Finding]:
        listed = table.parameters.get(f"projection.{key.name}.values") if key else None
        missing = sorted(set(seen) - set(listed.split(","))) if listed else []
        if key and missing:
            yield Finding(
                "table",
                f"the projection leaves out {key.role}s that have logs",
                f"not in projection.{key.name}.values: {', '.join(missing[:5])}",
                f"flowathena table ddl -t {self._target.name} writes the whole list",
            )

    def _columns(self) -> Iterator[Finding]:
        table, shape, found = self._table, self._shape, self._found
        if not (table and shape and found and found.log_format):
            return
        if found.file_format != table.file_format:
            return  # told
        told = [BY_NAME[name].column if name in BY_NAME else name.replace("-", "_")
                for name in found.log_format]  # fmt: skip
        held = list(shape.columns)
        if table.file_format == "parquet":
            lacking = [real for real in shape.columns.values() if real not in told]
            if lacking:
                yield Finding(
                    "columns",
                    "the files have no columns of these names: they read as NULL",
                    f"{', '.join(lacking[:8])} in {found.sample}",
                    f'log_format in [targets.{self._target.name}], column_names = "aws"',
                )
        elif held != told[: len(held)]:
            place = next(n for n, (a, b) in enumerate(_paired(held, told)) if a != b)
            has, reads = _paired(held, told)[place][::-1]
            yield Finding(
                "columns",
                "the table reads the fields in another order than the files have them",
                f"column {place + 1} is {reads or 'nothing'}, the header of {found.sample} has "
                f"{has or 'nothing'} there",
                "set log_format to the header's fields and create a table of a new name "
                "(flowathena init finds them)",
            )

    def _flow_logs(self) -> Iterator[Finding]:
        """Flow logs of several formats in the newest day: text is read by position, so one lies."""
        found = self._found
        if found is None or not found.sample:
            return
        folder = found.sample.rpartition("/")[0] + "/"
        first: dict[str, str] = {}
        for item in self._storage.objects(folder):
            flow_log = _FLOW_LOG.search(item.key)
            if flow_log and item.size_bytes:
                first.setdefault(flow_log[1], item.key)
        formats: dict[tuple[str, ...] | None, list[str]] = defaultdict(list)
        for flow_log_id, key in sorted(first.items()):
            formats[fields_of(self._storage, key)].append(flow_log_id)
        if len(formats) > 1:
            told = "; ".join(
                f"{', '.join(ids[:3])}: {len(fields or ())} fields"
                for fields, ids in formats.items()
            )
            yield Finding(
                "flow logs",
                "flow logs of different formats are delivered to one folder",
                told,
                "give them one format, or prefixes of their own with a target each",
            )

    def _partitions(self) -> Iterator[Finding]:
        shape, found = self._shape, self._found
        if shape is None or shape.projected or found is None or not found.newest_day:
            return
        first = date.fromisoformat(found.newest_day) - timedelta(days=_DAYS)
        registered = partitions(self._catalog, Scope(first=first), shape)
        sync = f"flowathena partitions sync -t {self._target.name}"
        if not registered:
            yield Finding(
                "partitions",
                "no partition is registered: Athena sees no data",
                f"logs up to {found.newest_day}, none of the {_DAYS} days before is registered",
                sync,
            )
            return
        days = [day.isoformat() for values in registered if (day := shape.day_of(values))]
        newest = max(days, default="no day")
        if newest < found.newest_day:
            yield Finding(
                "partitions",
                "the newest days are not registered",
                f"logs up to {found.newest_day}, registered up to {newest}",
                f"{sync}, on a schedule",
            )

    def _workgroup(self) -> Iterator[Finding]:
        if self._target.is_local:
            return
        name, where = self._target.workgroup, f"workgroup {self._target.workgroup}"
        with translated(where, FlowathenaError):
            client: AthenaClient = self._aws.athena
            group = client.get_work_group(WorkGroup=name)["WorkGroup"]
        settings = group.get("Configuration", {})
        managed = settings.get("ManagedQueryResultsConfiguration", {}).get("Enabled")
        location = settings.get("ResultConfiguration", {}).get("OutputLocation")
        if group.get("State") == "DISABLED":
            yield Finding(
                "workgroup", "the workgroup is disabled", name, "enable it, or name another"
            )
        if managed and self._target.output_location:
            yield Finding(
                "workgroup",
                "the workgroup keeps results itself and takes no output location",
                f"{name} has managed query results",
                f"take output_location out of [targets.{self._target.name}]",
            )
        elif not managed and not location and not self._target.output_location:
            yield Finding(
                "workgroup",
                "there is no place for query results",
                f"neither {name} nor the target has an output location",
                f'output_location = "s3://…/" in [targets.{self._target.name}]',
            )


def _paired(held: list[str], told: list[str]) -> list[tuple[str, str]]:
    """What the table reads beside what the file has, to the end of the longer."""
    longest = max(len(held), len(told))
    return [
        (held[n] if n < len(held) else "", told[n] if n < len(told) else "") for n in range(longest)
    ]
