"""Zero rows, why? Looks at a target from every side and tells what is wrong, and what mends it.

Reads only. A side that cannot be looked at (a missing permission) is a finding too.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from flowathena.aws.session import Aws, translate_errors
from flowathena.catalog import open_catalog, partitions, wanted
from flowathena.doctor import findings as symptoms
from flowathena.doctor.findings import Finding
from flowathena.errors import FlowathenaError, TableMismatchError
from flowathena.logs.layout import Scope
from flowathena.shape.shape import Shape
from flowathena.shape.table import Table
from flowathena.storage import Storage, open_storage
from flowathena.storage.discovery import Discovery, look
from flowathena.storage.header import fields_of
from flowathena.target.target import Target

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient

_FLOW_LOG = re.compile(r"_(fl-[0-9a-f]+)_")


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
        return wanted.flow_table(self._table, self._target).shape if self._table else None

    def _logs(self) -> Iterator[Finding]:
        found = look(self._storage, self._target.prefix)
        yield from symptoms.of_logs(self._target, found, self._now.date())

    def _table_side(self) -> Iterator[Finding]:
        shape = self._shape  # refused: told by the caller
        yield from symptoms.of_table(self._target, self._table, self._found)
        if self._table and shape and shape.projected:
            count = len(partitions(self._catalog, Scope(), shape))
            args = (self._target, self._table, shape, self._found, count)
            yield from symptoms.of_projection(*args)

    def _columns(self) -> Iterator[Finding]:
        if self._table and self._shape and self._found:
            yield from symptoms.of_columns(self._target, self._table, self._shape, self._found)

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
        first = date.fromisoformat(found.newest_day) - timedelta(days=symptoms.DAYS)
        registered = partitions(self._catalog, Scope(first=first), shape)
        yield from symptoms.of_partitions(self._target, shape, found.newest_day, registered)

    def _workgroup(self) -> Iterator[Finding]:
        if self._target.is_local:
            return
        name, where = self._target.workgroup, f"workgroup {self._target.workgroup}"
        with translate_errors(where, FlowathenaError):
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
