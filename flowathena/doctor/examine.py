"""Examines every side of a target and reports what is wrong and how to fix it.

Reads only. A side that cannot be read (a missing permission) is a finding too.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from flowathena.aws.session import Aws, translate_errors
from flowathena.catalog import open_catalog, read_partitions, wanted
from flowathena.doctor import findings
from flowathena.doctor.findings import Finding
from flowathena.errors import FlowathenaError, TableMismatchError
from flowathena.logs.layout import Scope
from flowathena.shape.shape import Shape
from flowathena.shape.table import Table
from flowathena.storage import Storage, open_storage
from flowathena.storage.discovery import Discovery, discover
from flowathena.storage.header import read_fields
from flowathena.target.target import Target

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient

_FLOW_LOG = re.compile(r"_(fl-[0-9a-f]+)_")


class Doctor:
    """Examines one target."""

    def __init__(self, target: Target, aws: Aws, now: datetime) -> None:
        self._target = target
        self._aws = aws
        self._now = now
        self._catalog = open_catalog(target, aws)
        self._reported: set[str] = set()

    def findings(self) -> list[Finding]:
        """Everything that is wrong, in the order in which to fix it."""
        sides: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
            ("logs", self._check_logs),
            ("table", self._check_table),
            ("columns", self._check_columns),
            ("flow logs", self._check_flow_logs),
            ("partitions", self._check_partitions),
            ("workgroup", self._check_workgroup),
        )
        return [finding for side, check in sides for finding in self._examine(side, check)]

    def _examine(self, side: str, check: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
        try:
            yield from check()
        except TableMismatchError as error:
            if side == "table":  # other sides need the table as well; report it once
                fix = f"flowathena table adopt {self._target.table_name}, or another table name"
                yield Finding(side, "the table cannot be read as flow logs", str(error), fix)
        except FlowathenaError as error:
            if str(error) in self._reported:
                return  # several sides need what cannot be read; report it once
            self._reported.add(str(error))
            fix = f"remove this cause, then run flowathena doctor -t {self._target.name} again"
            yield Finding(side, f"the {side} cannot be read", str(error), fix)

    @cached_property
    def _storage(self) -> Storage:
        return open_storage(self._target, self._aws)

    @cached_property
    def _discovery(self) -> Discovery | None:
        """The logs at the location; None if they cannot be read, which _check_logs reports."""
        try:
            return discover(self._storage, self._target.prefix)
        except FlowathenaError:
            return None

    @cached_property
    def _table(self) -> Table | None:
        return self._catalog.table()

    @cached_property
    def _shape(self) -> Shape | None:
        return wanted.flow_table(self._table, self._target).shape if self._table else None

    def _check_logs(self) -> Iterator[Finding]:
        logs = discover(self._storage, self._target.prefix)
        yield from findings.check_logs(self._target, logs, self._now.date())

    def _check_table(self) -> Iterator[Finding]:
        shape = self._shape  # first: if the table cannot be read, that is the only finding
        yield from findings.check_table(self._target, self._table, self._discovery)
        if self._table and shape and shape.projected:
            registered = len(read_partitions(self._catalog, Scope(), shape))
            yield from findings.check_projection(
                self._target, self._table, shape, self._discovery, registered
            )

    def _check_columns(self) -> Iterator[Finding]:
        if self._table and self._shape and self._discovery:
            yield from findings.check_columns(
                self._target, self._table, self._shape, self._discovery
            )

    def _check_flow_logs(self) -> Iterator[Finding]:
        """Compare one file of each flow log in the newest day folder.

        A text table is read by position, so flow logs of two formats in one folder give wrong rows
        and no error.
        """
        logs = self._discovery
        if logs is None or not logs.sample:
            return
        folder = logs.sample.rpartition("/")[0] + "/"
        samples: dict[str, str] = {}
        for item in self._storage.objects(folder):
            flow_log = _FLOW_LOG.search(item.key)
            if flow_log and item.size_bytes:
                samples.setdefault(flow_log[1], item.key)
        formats: dict[tuple[str, ...] | None, list[str]] = defaultdict(list)
        for flow_log_id, key in sorted(samples.items()):
            formats[read_fields(self._storage, key)].append(flow_log_id)
        yield from findings.check_flow_logs(formats)

    def _check_partitions(self) -> Iterator[Finding]:
        shape, logs = self._shape, self._discovery
        if shape is None or shape.projected or logs is None or not logs.newest_day:
            return
        first = date.fromisoformat(logs.newest_day) - timedelta(days=findings.DAYS)
        registered = read_partitions(self._catalog, Scope(first=first), shape)
        yield from findings.check_partitions(self._target, shape, logs.newest_day, registered)

    def _check_workgroup(self) -> Iterator[Finding]:
        if self._target.is_local:
            return
        name = self._target.workgroup
        with translate_errors(f"workgroup {name}", FlowathenaError):
            client: AthenaClient = self._aws.athena
            workgroup = client.get_work_group(WorkGroup=name)["WorkGroup"]
        settings = workgroup.get("Configuration", {})
        results = settings.get("ManagedQueryResultsConfiguration", {})
        location = settings.get("ResultConfiguration", {}).get("OutputLocation")
        yield from findings.check_workgroup(
            self._target,
            enabled=workgroup.get("State") != "DISABLED",
            managed=bool(results.get("Enabled")),
            has_location=bool(location),
        )
