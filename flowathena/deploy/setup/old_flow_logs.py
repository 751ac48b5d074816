"""Flow logs that others stand in for: found, and deleted.

Source: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-limitations.html
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, error_code, translate_errors
from flowathena.deploy.setup.flow_log import FlowLog
from flowathena.deploy.setup.live_flow_logs import LiveFlowLog, match, summary
from flowathena.errors import FlowathenaError, UsageError
from flowathena.reconcile import Operation, Resources
from flowathena.text import one_line

_GONE = "InvalidFlowLogId.NotFound"


class OldFlowLogs(Resources[FlowLog]):
    """Flow logs that others stand in for; they are deleted, and the files that they wrote stay."""

    kind = "old flow log"
    stops_on_failure = False

    def __init__(self, aws: Aws, old: Sequence[LiveFlowLog]) -> None:
        self._aws = aws
        self._old = old

    def wanted(self) -> Mapping[str, FlowLog]:
        """None of them."""
        return {}

    def live(self) -> Mapping[str, FlowLog]:
        """Those that are there, by id."""
        return {each.id: each.flow_log for each in self._old}

    def describe(self, operation: Operation[FlowLog]) -> str:
        """What it recorded."""
        live = operation.live
        return f"{live.name}: {summary(live)}; its files stay" if live else ""

    def do(self, operation: Operation[FlowLog]) -> None:
        """Delete one; one that is gone by now is as it should be."""
        with translate_errors(f"flow log {operation.name}", FlowathenaError):
            try:
                answer = self._aws.ec2.delete_flow_logs(FlowLogIds=[operation.name])
            except ClientError as error:
                if error_code(error) != _GONE:
                    raise
                return
        for each in answer.get("Unsuccessful", []):
            reason = each.get("Error", {})
            if reason.get("Code") != _GONE:
                raise FlowathenaError(
                    f"flow log {operation.name}: {reason.get('Code', 'no reason given')}: "
                    f"{one_line(reason.get('Message', ''))}"
                )


def replacement(old: LiveFlowLog, wanted: FlowLog, new: LiveFlowLog | None) -> str:
    """What is to be done about a flow log that is not as wanted, in a line.

    Args:
        old: the flow log.
        wanted: as it should be.
        new: the one beside it that is so; None if there is none yet.
    """
    differs = "; ".join(wanted.differences(old.flow_log))
    twice = "while both deliver, flow_logs of the target says which is read: else flows count twice"
    then = f"add --delete-old {old.id} once it has delivered for a while"
    if new is None:
        return (
            f"{old.id} differs ({differs}), and no flow log can be changed: a new one is created "
            f"beside it; {twice}; then {then}"
        )
    return f"{old.id} delivers beside {new.id} ({differs}); {twice}; {then}"


def find_old(
    ids: Sequence[str],
    wanted: Sequence[FlowLog],
    existing: Sequence[LiveFlowLog],
    now: datetime | None,
) -> list[LiveFlowLog]:
    """The flow logs of these ids, if others stand in for them by now.

    Args:
        ids: what is to be deleted; those that are gone are passed over.
        wanted: what stands in for them.
        existing: what there is.
        now: the current time; None to delete them although the overlap is too short.

    Raises:
        UsageError: one is wanted, none stands in for it, or not for long enough.
    """
    old = [each for each in existing if each.id in ids]
    for each in old:
        new = [one for one in wanted if one.resource == each.flow_log.resource]
        if not new:
            raise UsageError(
                f"--delete-old {each.id} records {each.flow_log.resource}: name that one, too, "
                "with what stands in for it"
            )
        if any(one.records_as(each.flow_log) for one in new):
            raise UsageError(f"--delete-old {each.id}: this one is as it should be")
        _check_overlap(each, [match(one, existing) for one in new], now)
    return old


def _check_overlap(
    old: LiveFlowLog, new: Sequence[LiveFlowLog | None], now: datetime | None
) -> None:
    for each in new:
        if each is None:
            raise UsageError(
                f"--delete-old {old.id}: nothing stands in for it yet; create the new flow log "
                "first (without --delete-old), and let both deliver for a while"
            )
        ready = each.ready()
        if now and (each.error or (ready and ready > now)):
            why = each.error or f"its first records have arrived by {ready:%H:%M} UTC for sure"
            raise UsageError(
                f"--delete-old {old.id}: {each.id} does not stand in for it yet ({why}); wait, or "
                "add --force"
            )
