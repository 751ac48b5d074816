"""The flow logs that should be: created, and tagged.

Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateFlowLogs.html
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, error_code, error_message, translate_errors
from flowathena.deploy.setup.flow_log import FlowLog
from flowathena.deploy.setup.live_flow_logs import LiveFlowLog, match, read_flow_logs, summary
from flowathena.errors import FlowathenaError
from flowathena.reconcile import Operation, OutcomeUnknownError, Resources
from flowathena.text import one_line

_GONE = "InvalidFlowLogId.NotFound"
_THERE_ALREADY = "FlowLogAlreadyExists"


class FlowLogs(Resources[FlowLog]):
    """The flow logs that should be; each that is there already is kept.

    Others are never deleted here.

    Args:
        aws: the clients.
        wanted: what should be.
        existing: what there is.
        clock: gives the current time.

    Attributes:
        ids: the ids of those that are as wanted, or were created, by their names.
    """

    kind = "flow log"
    stops_on_failure = False

    def __init__(
        self,
        aws: Aws,
        wanted: Sequence[FlowLog],
        existing: Sequence[LiveFlowLog],
        clock: Callable[[], datetime],
    ) -> None:
        self._aws = aws
        self._clock = clock
        self._wanted = {each.name: each for each in wanted}
        self._there = {name: match(each, existing) for name, each in self._wanted.items()}
        self.ids = {name: live.id for name, live in self._there.items() if live}

    def wanted(self) -> Mapping[str, FlowLog]:
        """With the further tags of those that are there."""
        return {
            name: each.with_tags_of(live.flow_log) if (live := self._there[name]) else each
            for name, each in self._wanted.items()
        }

    def live(self) -> Mapping[str, FlowLog]:
        """Those that are as wanted, tags apart."""
        return {name: live.flow_log for name, live in self._there.items() if live}

    def same(self, wanted: FlowLog, live: FlowLog) -> bool:
        """Whether the tags are as wanted, too."""
        return not wanted.lacks_tags(live)

    def describe(self, operation: Operation[FlowLog]) -> str:
        """What it records and how; of one that is there, the tags that it gets."""
        wanted, live = operation.wanted, operation.live
        if wanted is None or live is None:
            return summary(wanted) if wanted else ""
        return f"tags: {', '.join(f'{k}={v}' for k, v in wanted.lacks_tags(live))}"

    def do(self, operation: Operation[FlowLog]) -> None:
        """Create one, or give it the tags that it lacks."""
        wanted, live = operation.wanted, operation.live
        if wanted is None:  # none is deleted here
            return
        with translate_errors(f"flow log of {wanted.resource}", FlowathenaError):
            if live is None:
                self.ids[operation.name] = self._create(wanted)
                return
            tags = [{"Key": key, "Value": value} for key, value in wanted.lacks_tags(live)]
            self._aws.ec2.create_tags(Resources=[self.ids[operation.name]], Tags=tags)  # type: ignore[arg-type] # TagTypeDef

    def _create(self, wanted: FlowLog) -> str:
        token = wanted.token(self._clock().astimezone(UTC))
        try:
            answer = self._aws.ec2.create_flow_logs(**wanted.request, ClientToken=token)
        except ClientError as error:
            if error_code(error) != _THERE_ALREADY:
                raise
            return self._find(wanted, error_message(error))
        for each in answer.get("Unsuccessful", []):
            reason = each.get("Error", {})
            if reason.get("Code") == _THERE_ALREADY:
                return self._find(wanted, reason.get("Message", ""))
            code, message = reason.get("Code", ""), one_line(reason.get("Message", ""))
            raise FlowathenaError(
                f"flow log of {wanted.resource}: {code or 'no reason given'}: {message}"
                f"{_hint(wanted, code)}"
            )
        (made,) = answer["FlowLogIds"]
        self._require(made)
        return made

    def _require(self, flow_log: str) -> None:
        """Make sure that one exists: the answer to a token may be of one that was deleted."""
        try:
            self._aws.ec2.describe_flow_logs(FlowLogIds=[flow_log])
        except ClientError as error:
            if error_code(error) != _GONE:
                raise
            raise OutcomeUnknownError(
                f"EC2 answers with {flow_log}, which it does not show: one that was deleted within "
                "the last hour, or that is not seen yet; run the same again later"
            ) from error

    def _find(self, wanted: FlowLog, message: str) -> str:
        """The one that is there, as EC2 says; it may not have been seen before."""
        if live := match(wanted, read_flow_logs(self._aws)):
            return live.id
        raise FlowathenaError(
            f"EC2 takes another flow log of {wanted.resource} for the same ({one_line(message)}): "
            "deliver into another folder"
        )


def _hint(wanted: FlowLog, code: str) -> str:
    """What to do if a bucket does not let itself be delivered into."""
    if not wanted.is_in_s3 or not code.startswith("LogDestination"):
        return ""
    return f" ('flowathena setup bucket --to {wanted.place}' shows what the bucket lacks)"
