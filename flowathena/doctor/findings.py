"""What is wrong with a target: a finding, and those about access and the workgroup; pure."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from flowathena.target.target import Target

_COMMAND = re.compile(r"; ([^;']*)'(flowathena [^']+)'[^;']*$")
SIDES = ("logs", "table", "columns", "flow logs", "partitions", "archive", "workgroup")
"""What is examined, in the order in which to fix it."""


SHOWN = 3
"""How many examples the evidence names."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        side: what was examined (``table``, ``columns``, ``partitions``, …).
        what: what is wrong.
        evidence: what was seen.
        fix: the command or change that fixes it.
        table: the table that it is about, ``database.table``, of a target with several; else empty.
    """

    side: str
    what: str
    evidence: str
    fix: str
    table: str = ""

    def to_json(self) -> dict[str, str]:
        """The stable shape of ``doctor --format json``; the fix is called ``mend`` there."""
        return {
            **({"table": self.table} if self.table else {}),
            "side": self.side,
            "what": self.what,
            "evidence": self.evidence,
            "mend": self.fix,
        }


def of_table(finding: Finding, target: Target, table: Target) -> Finding:
    """A finding about one of several tables of a target: it names it, and so does its fix."""
    fix = finding.fix.replace("table drop --yes", f"table drop --yes --source {table.table}")
    if table.table_name != target.table_name:
        section = f"the source {table.table} of [targets.{target.name}]"
        fix = fix.replace(f"[targets.{target.name}]", section)
    return replace(finding, fix=fix, table=table.table_name)


def some(texts: Iterable[str]) -> str:
    """The first examples, and how many more there are."""
    listed = list(texts)
    more = len(listed) - SHOWN
    return "; ".join(listed[:SHOWN]) + (f"; and {more} more" if more > 0 else "")


@dataclass(frozen=True)
class Need:
    """What a look needs: an IAM action on a resource, as a policy names both."""

    action: str
    resource: str


def denied(side: str, need: Need, error: str) -> Finding:
    """A permission that is missing."""
    return Finding(
        side,
        f"the permission {need.action} is missing",
        error,
        f"allow {need.action} on {need.resource}",
    )


def unreadable(side: str, target: Target, error: str) -> Finding:
    """A side that cannot be read for another reason."""
    fix = f"remove this cause, then run {target.command('doctor')} again"
    if named := _COMMAND.search(error):  # the error itself says what to do
        fix = named[1] + named[2]
    return Finding(side, f"the {side} cannot be read", error, fix)


def refused_table(target: Target, reasons: Sequence[str]) -> Finding:
    """A table that every command refuses which would read or write it."""
    return Finding(
        "table",
        "the table is not the target's: plan, sync, status and run refuse it",
        "; ".join(reasons),
        f"correct [targets.{target.name}], or set table to a new name; "
        f"'{target.command('table diff')}' shows every difference",
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
            "workgroup",
            "the workgroup is disabled",
            name,
            f"aws athena update-work-group --work-group {name} --state ENABLED, or set another "
            f"workgroup in [targets.{target.name}]",
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


def check_ledger(target: Target, results: str | None) -> Iterator[Finding]:
    """Whether the metrics of a target have a place for their ledger.

    Args:
        target: the target.
        results: where Athena writes results; None if nowhere of its own.
    """
    metrics = target.feed.metrics
    if metrics and not metrics.ledger and not results:
        yield Finding(
            "workgroup",
            "there is no place for the ledger of the metrics",
            f"{target.workgroup} has no output location beside which it would be",
            f'ledger = "s3://…/" in [targets.{target.name}.metrics]',
        )


def missing_ledger_bucket(target: Target, location: str) -> Finding:
    """A ledger of metrics in a bucket that does not exist."""
    region = f" --region {target.region}" if target.region else ""
    return Finding(
        "workgroup",
        "the bucket for the ledger of the metrics does not exist",
        f"{location}, ledger in [targets.{target.name}.metrics]",
        f"aws s3 mb s3://{bucket_of(location)}{region}, or name another ledger",
    )


def missing_workgroup(target: Target, error: str) -> Finding:
    """A workgroup that does not exist."""
    return Finding(
        "workgroup",
        "the workgroup does not exist",
        error,
        f'set workgroup in [targets.{target.name}] ("primary" exists in every account)',
    )


def missing_results_bucket(target: Target, location: str, *, own: bool) -> Finding:
    """An output location in a bucket that does not exist.

    Args:
        target: the target.
        location: the output location.
        own: whether it is the target's; else the workgroup's.
    """
    bucket = bucket_of(location)
    region = f" --region {target.region}" if target.region else ""
    return Finding(
        "workgroup",
        "the bucket for query results does not exist",
        f"{location}, the output location of {_holder(target, own=own)}",
        f"aws s3 mb s3://{bucket}{region}, or name another output location",
    )


def distant_results_bucket(
    target: Target, location: str, bucket_region: str, region: str, *, own: bool
) -> Finding:
    """An output location in a bucket of another Region than Athena's."""
    return Finding(
        "workgroup",
        "the bucket for query results is in another Region",
        f"{location}, the output location of {_holder(target, own=own)}, is in {bucket_region}, "
        f"Athena in {region}: every query fails",
        f"name an output location in {region}: "
        + (
            f"output_location in [targets.{target.name}]"
            if own
            else f"that of workgroup {target.workgroup}"
        ),
    )


def bucket_of(location: str) -> str:
    """The bucket of an ``s3://…`` location."""
    return location.partition("://")[2].partition("/")[0]


def _holder(target: Target, *, own: bool) -> str:
    return f"target {target.name}" if own else f"workgroup {target.workgroup}"
