"""Whether two flow logs record the same flows, so that every flow counts twice; pure."""

from collections.abc import Iterator, Sequence

from flowathena.doctor.findings import Finding, some
from flowathena.storage.overlap import Overlap, describe
from flowathena.storage.samples import FileHead
from flowathena.target.sources import choose_flow_logs, reads_flow_log
from flowathena.target.target import Target


def check_overlaps(
    target: Target, overlaps: Sequence[Overlap], seen: Sequence[FileHead] | None
) -> Iterator[Finding]:
    """The pairs of flow logs that the target reads though both record the same flows.

    Args:
        target: the target.
        overlaps: what was seen.
        seen: a file of every flow log; None if there may be others.
    """
    both = [
        each for each in overlaps if all(reads_flow_log(target, name) for name in each.flow_logs)
    ]
    if not both:
        return
    spare = frozenset(each.flow_logs[1] for each in both)
    kept = next(each.flow_logs[0] for each in both if each.flow_logs[0] not in spare)
    known = None
    if seen is not None:
        known = {head.flow_log: (head.file_format, head.fields or ()) for head in seen}
    yield Finding(
        "flow logs",
        "flow logs record the same flows, so that every one of them counts twice",
        some(map(describe, both)),
        f"{choose_flow_logs(target, spare, known)}, or add --flow-log {kept} to a run",
    )
