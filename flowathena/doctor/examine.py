"""Examines every side of a target and reports what is wrong and how to fix it.

Reads only. A side that cannot be read (a missing permission) is a finding too.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, overload

from flowathena.aws.session import Aws, translate_errors
from flowathena.catalog import fitness
from flowathena.doctor import (
    findings,
    format_findings,
    log_findings,
    overlap_findings,
    partition_findings,
    table_findings,
)
from flowathena.doctor.access import is_missing_workgroup
from flowathena.doctor.archive_look import ArchiveLook
from flowathena.doctor.findings import SIDES, Finding, Need
from flowathena.doctor.left_out import find_left_out
from flowathena.doctor.look import Look, bucket_arn
from flowathena.doctor.several import check_several
from flowathena.errors import FlowathenaError
from flowathena.shape.shape import FlowTable
from flowathena.storage.buckets import bucket_region
from flowathena.target.target import Target
from flowathena.text import human_bytes

if TYPE_CHECKING:
    from mypy_boto3_athena.type_defs import WorkGroupTypeDef


@dataclass(frozen=True)
class Examination(Sequence[Finding]):
    """What an examination found.

    Attributes:
        findings: everything that is wrong, in the order in which to fix it.
        unseen: what was not looked at, because there is more of it than the bounds allow.
        notes: what there is to know though nothing is wrong: the limit of the workgroup.
        calls: the calls to AWS that it took, by name.
    """

    findings: tuple[Finding, ...]
    unseen: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    calls: Mapping[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.findings)

    @overload
    def __getitem__(self, index: int) -> Finding: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Finding]: ...
    def __getitem__(self, index: int | slice) -> Finding | Sequence[Finding]:
        return self.findings[index]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)


class Doctor:
    """Examines one target, once."""

    def __init__(self, target: Target, aws: Aws, now: datetime) -> None:
        self._target = target
        self._aws = aws
        self._today = now.date()
        self._look = Look(target, aws, now)
        self._notes: list[str] = []

    def examine(self) -> Examination:
        """Look at everything and judge it."""
        before = Counter(self._aws.calls)
        found = list(
            chain(
                self._check_logs(),
                self._check_tables(),
                self._check_overlaps(),
                self._check_left_out(),
                self._check_archive(),
                self._check_workgroup(),
            )
        )
        found = sorted([*self._look.looks.failed, *found], key=lambda each: SIDES.index(each.side))
        calls = Counter(self._aws.calls) - before
        return Examination(tuple(found), tuple(self._look.unseen), tuple(self._notes), calls)

    def _check_logs(self) -> Iterator[Finding]:
        if self._look.sampled:
            yield from log_findings.check_logs(self._target, self._look.sampled, self._today)

    def _check_tables(self) -> Iterator[Finding]:
        if self._target.sources:
            yield from check_several(self._target, self._look, self._today)
            return
        found = [
            *self._check_table(),
            *self._check_columns(),
            *self._check_flow_logs(),
            *self._check_partitions(),
        ]
        yield from found
        yield from self._check_door(found)

    def _check_overlaps(self) -> Iterator[Finding]:
        yield from overlap_findings.check_overlaps(
            self._target, self._look.overlaps, self._look.flow_logs
        )

    def _check_left_out(self) -> Iterator[Finding]:
        left_out = find_left_out(self._target, self._look)
        yield from format_findings.check_left_out(self._target, list(left_out))

    def _check_archive(self) -> Iterator[Finding]:
        look = ArchiveLook(self._target, self._aws, self._look.looks)
        yield from look.examine()
        if look.note:
            self._notes.append(look.note)

    def _check_table(self) -> Iterator[Finding]:
        if self._target.is_local and self._look.storage is None:
            return  # the catalog is in the folder that is not there
        table, shape = self._look.table, self._look.shape
        if self._look.table_failed or (table and shape is None):
            return
        yield from table_findings.check_table(self._target, table, self._look.sampled)
        if table and shape and self._look.reach:
            yield from table_findings.check_projection(
                self._target,
                table,
                shape,
                self._look.reach,
                self._look.newest(shape),
                "" if self._target.partitioning == "projection" else self._look.count_registered(),
            )

    def _check_columns(self) -> Iterator[Finding]:
        if self._look.table and self._look.shape and self._look.sampled:
            yield from table_findings.check_columns(
                self._target, self._look.table, self._look.shape, self._look.sampled
            )

    def _check_door(self, found: Sequence[Finding]) -> Iterator[Finding]:
        """What keeps the other commands from the table, if nothing found says so already."""
        if self._reasons and not any(each.side in {"table", "columns"} for each in found):
            yield findings.refused_table(self._target, self._reasons)

    @cached_property
    def _reasons(self) -> tuple[str, ...]:
        """Why the table is not the target's; empty if it is, or if that is unknown."""
        table, shape = self._look.table, self._look.shape
        return fitness.mismatches(FlowTable(table, shape), self._target) if table and shape else ()

    def _check_flow_logs(self) -> Iterator[Finding]:
        if self._look.sampled:
            yield from format_findings.check_flow_logs(
                self._target, self._look.table, self._look.sampled
            )
            yield from format_findings.check_chosen(self._target, self._look.sampled.heads)

    def _check_partitions(self) -> Iterator[Finding]:
        look = self._look
        table, shape = look.table, look.shape
        if table is None or shape is None or look.logs is None or look.pairs is None:
            return
        if fitness.foreign(FlowTable(table, shape), self._target):
            return  # what is registered in a table of other logs is none of ours
        seen = look.registered
        if seen is None:
            return
        yield from partition_findings.check_partitions(
            self._target, table, shape, seen, self._today
        )

    def _check_workgroup(self) -> Iterator[Finding]:
        if self._target.is_local:
            return
        name = self._target.workgroup
        need = Need("athena:GetWorkGroup", f"workgroup/{name}")
        try:
            workgroup = self._read_workgroup()
        except FlowathenaError as error:
            if is_missing_workgroup(error):
                yield findings.missing_workgroup(self._target, str(error))
            else:
                self._look.looks.fail("workgroup", need, error)
            return
        settings = workgroup.get("Configuration", {})
        if cutoff := settings.get("BytesScannedCutoffPerQuery"):
            self._notes.append(
                f"workgroup {name} ends a query that has scanned {human_bytes(cutoff)}; "
                "what would scan more is refused before it runs"
            )
        results = settings.get("ManagedQueryResultsConfiguration", {})
        managed = bool(results.get("Enabled"))
        location = settings.get("ResultConfiguration", {}).get("OutputLocation")
        yield from findings.check_workgroup(
            self._target,
            enabled=workgroup.get("State") != "DISABLED",
            managed=managed,
            has_location=bool(location),
        )
        enforced = bool(settings.get("EnforceWorkGroupConfiguration")) and bool(location)
        used = location if enforced else self._target.output_location or location
        if used and not managed:
            yield from self._check_results(used, own=used != location)
        yield from findings.check_ledger(self._target, used)
        yield from self._check_ledger()

    def _check_ledger(self) -> Iterator[Finding]:
        metrics = self._target.feed.metrics
        if metrics is None or not metrics.ledger:
            return
        location = metrics.ledger
        need = Need("s3:GetBucketLocation", bucket_arn(findings.bucket_of(location)))
        found = self._look.looks.attempt(
            "workgroup",
            need,
            lambda: (bucket_region(self._aws, findings.bucket_of(location)),),
        )
        if found and found[0] is None:
            yield findings.missing_ledger_bucket(self._target, location)

    def _read_workgroup(self) -> "WorkGroupTypeDef":
        name = self._target.workgroup
        with translate_errors(f"workgroup {name}", FlowathenaError):
            return self._aws.athena.get_work_group(WorkGroup=name)["WorkGroup"]

    def _check_results(self, location: str, *, own: bool) -> Iterator[Finding]:
        bucket, region = findings.bucket_of(location), self._aws.session.region_name
        need = Need("s3:GetBucketLocation", bucket_arn(bucket))
        found = self._look.looks.attempt(
            "workgroup", need, lambda: (bucket_region(self._aws, bucket),)
        )
        if found is None:
            return
        if found[0] is None:
            yield findings.missing_results_bucket(self._target, location, own=own)
        elif region and found[0] != region:
            yield findings.distant_results_bucket(self._target, location, found[0], region, own=own)
