"""QuickSight's API for one account and Region: pages, tags, permissions, waiting."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, describe_error, error_code, translate_errors
from flowathena.concurrency import Backoff
from flowathena.deploy.ownership import TAG
from flowathena.deploy.quicksight.values import Permissions, id_prefix
from flowathena.errors import FlowathenaError
from flowathena.reconcile import OutcomeUnknownError

if TYPE_CHECKING:
    from mypy_boto3_quicksight import QuickSightClient
    from mypy_boto3_quicksight.type_defs import ResourcePermissionOutputTypeDef

WAIT_SECONDS = 300.0
"""How long to wait for what QuickSight makes before giving up."""
_FAILED = ("CREATION_FAILED", "UPDATE_FAILED", "DELETED")
_UNDER_WAY = ("CREATION_IN_PROGRESS", "UPDATE_IN_PROGRESS")


class Api:
    """The client, the account, and what every kind of resource needs.

    Args:
        aws: the clients.
        table: ``database.table``, whose resources are ours.
        backoff: makes the pauses while something is made.
    """

    def __init__(
        self,
        aws: Aws,
        table: str,
        backoff: Callable[[], Backoff] = lambda: Backoff(0.5, 5.0, budget=WAIT_SECONDS),
    ) -> None:
        self._aws = aws
        self.table = table
        self.prefix = id_prefix(table)
        self.backoff = backoff

    @property
    def client(self) -> "QuickSightClient":
        """The client of the data's Region."""
        return self._aws.quicksight()

    def of_region(self, region: str) -> "QuickSightClient":
        """The client of another Region, such as the users'."""
        return self._aws.quicksight(region)

    @property
    def account(self) -> str:
        """The account."""
        return self._aws.account

    @property
    def region(self) -> str:
        """The Region."""
        return self.client.meta.region_name

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a resource of a kind (``datasource``, ``dataset``, …) in the data's Region."""
        where = f"{self.region}:{self.account}"
        return f"arn:{self.client.meta.partition}:quicksight:{where}:{kind}/{name}"

    @property
    def tags(self) -> Any:  # noqa: ANN401 - a list of the stubs' TagTypeDef
        """The tag of what is ours, for calls that create."""
        return [{"Key": TAG, "Value": self.table}]

    def pages(self, operation: str, member: str, **params: object) -> Iterator[Any]:
        """The items of a list, page by page."""
        # Not every list of QuickSight has a paginator.
        call, token = getattr(self.client, operation), ""
        while True:
            more = {"NextToken": token} if token else {}
            answer = call(AwsAccountId=self.account, MaxResults=100, **params, **more)
            yield from answer.get(member, ())
            token = answer.get("NextToken", "")
            if not token:
                return

    def find(self, operation: str, member: str, identity: str) -> tuple[dict[str, str], set[str]]:
        """Which resources of a kind are ours.

        Args:
            operation: the method that lists them.
            member: of the answer, that has them.
            identity: of a resource, that has its id.

        Returns:
            The tags of ours by id, without values of others; and the ids that look like ours and
            are not.
        """
        ours: dict[str, str] = {}
        others: set[str] = set()
        for each in self.pages(operation, member):
            if not each[identity].startswith(self.prefix) or each.get("Status") == "DELETED":
                continue
            if self.tags_of(each["Arn"]).get(TAG) == self.table:
                ours[each[identity]] = each["Arn"]
            else:
                others.add(each[identity])
        return ours, others

    def tags_of(self, arn: str) -> dict[str, str]:
        """The tags of a resource."""
        answer = self.client.list_tags_for_resource(ResourceArn=arn)
        return {each["Key"]: each["Value"] for each in answer.get("Tags", ())}

    def create(self, call: Callable[..., Any], arn: str, given: Mapping[str, Any]) -> None:
        """Create a resource with our tag, once.

        An attempt whose answer was lost is made again, and what it has made is ours.

        Args:
            call: creates it.
            arn: its ARN.
            given: the parameters of the call but the tags.
        """
        try:
            call(**{"Tags": self.tags, **given})
        except ClientError as error:
            is_there = error_code(error) == "ResourceExistsException"
            if not is_there or self.tags_of(arn).get(TAG) != self.table:
                raise

    def short(self, name: str) -> str:
        """What is left of an id of ours: ``daily``."""
        return name.removeprefix(self.prefix)

    def wait(self, what: str, look: Callable[[], Mapping[str, Any]]) -> None:
        """Wait until what was asked for is made.

        Args:
            what: what it is, for messages.
            look: describes it; the answer has ``Status`` and, if it failed, the reason.

        Raises:
            OutcomeUnknownError: it cannot be looked at.
            FlowathenaError: it failed, or takes longer than five minutes.
        """
        pause = self.backoff()
        while True:
            try:
                seen = look()
            except ClientError as error:
                raise OutcomeUnknownError(describe_error(error)) from error
            status = seen.get("Status", "")
            if status in _FAILED:
                raise FlowathenaError(f"{what}: {fault(seen)}")
            if status not in _UNDER_WAY:
                return
            if not pause.pause():
                raise FlowathenaError(
                    f"{what}: still {status} after {WAIT_SECONDS:.0f} s; run the command again"
                )


def fault(seen: Mapping[str, Any]) -> str:
    """Why something failed, from its description; empty if it did not."""
    status = seen.get("Status", "")
    if status not in _FAILED:
        return ""
    errors = [*seen.get("Errors", ()), *([seen["ErrorInfo"]] if seen.get("ErrorInfo") else ())]
    reasons = [f"{each.get('Type', '')}: {each.get('Message', '')}" for each in errors]
    return f"{status} ({'; '.join(reasons)})" if reasons else status


def read_permissions(given: "list[ResourcePermissionOutputTypeDef]") -> Permissions:
    """Permissions as they are described."""
    return {each["Principal"]: frozenset(each["Actions"]) for each in given}


def written(permissions: Permissions) -> Any:  # noqa: ANN401 - a list of the stubs' type
    """Permissions as calls take them."""
    return [{"Principal": who, "Actions": sorted(actions)} for who, actions in permissions.items()]


def change(wanted: Permissions, live: Permissions) -> dict[str, Any]:
    """What to grant and to revoke, as members of a call; empty if nothing."""
    granted = _without(wanted, live)
    revoked = _without(live, wanted)
    changes = {"GrantPermissions": written(granted), "RevokePermissions": written(revoked)}
    return {name: given for name, given in changes.items() if given}


def _without(these: Permissions, those: Permissions) -> Permissions:
    left = {who: actions - those.get(who, frozenset()) for who, actions in these.items()}
    return {who: actions for who, actions in left.items() if actions}


def is_missing(error: ClientError) -> bool:
    """Whether what a call was about does not exist."""
    return error_code(error) == "ResourceNotFoundException"


@contextmanager
def calls(what: str) -> Iterator[None]:
    """Turn what QuickSight refuses into errors of ours.

    Raises:
        FlowathenaError: a call failed.
    """
    with translate_errors(f"QuickSight {what}", FlowathenaError):
        yield
