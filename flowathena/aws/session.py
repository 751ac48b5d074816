"""The only maker of boto3 sessions and clients; counts the calls they make.

It lies below targets: what it needs of one (whose credentials, which Region) is ``Access``.
"""

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, cast

import boto3
import botocore
import botocore.session
from botocore.config import Config as ClientConfig
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
)
from botocore.model import OperationModel
from botocore.parsers import ResponseParserError

from flowathena.aws.answers import (
    ATTEMPTS,
    find_models_by_name,
    new_core,
    retry_truncated,
    trimmed_loader,
)
from flowathena.aws.credentials import Access, AskCode, find_credentials, needs_code
from flowathena.aws.messages import describe_failure, plain
from flowathena.concurrency import CONCURRENCY
from flowathena.errors import FlowathenaError
from flowathena.package import __version__

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_quicksight import QuickSightClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sts import STSClient

# botocore's "max_attempts" would not count the first.
_RETRIES = {"mode": "standard", "total_max_attempts": ATTEMPTS}
_HINTS = {
    "ExpiredToken": "the credentials have expired; sign in again",
    "ExpiredTokenException": "the credentials have expired; sign in again",
    "InvalidAccessKeyId": "the access key is unknown to AWS",
    "InvalidClientTokenId": "the access key is unknown to AWS",
    "UnrecognizedClientException": "the access key is unknown to AWS",
}
_ABSENT = frozenset({"ResourceNotFoundException", "ResourceNotFound", "DashboardNotFoundError"})


class Aws:
    """Clients that share one profile, role and Region, their retries and their endpoint.

    Args:
        access: whose credentials, and where.
        concurrency: how many calls may be under way at once.
        ask_code: asks a person for the MFA code that a profile needs; None if nobody can be asked.

    Attributes:
        calls: API calls made so far by operation name (``ListObjectsV2``); a retried call counts
            once.
        concurrency: how many calls may be under way at once.
    """

    def __init__(
        self, access: Access, concurrency: int = CONCURRENCY, ask_code: AskCode | None = None
    ) -> None:
        self._access = access
        self._ask_code = ask_code
        self.concurrency = concurrency
        self.calls: Counter[str] = Counter()
        self._clients: dict[str, Any] = {}
        self._counting = threading.Lock()
        self._lock = threading.Lock()
        self._session: boto3.Session | None = None
        self._signing = threading.RLock()

    @cached_property
    def _core(self) -> botocore.session.Session:
        """What is below the boto3 session, role and all."""
        return new_core()

    # No cached_property from here on: before Python 3.12 all its instances share a lock. While a
    # role is assumed for one target, the clients of the others would wait.

    @property
    def session(self) -> boto3.Session:
        """The boto3 session.

        Raises:
            FlowathenaError: the credentials cannot be found, or the role cannot be assumed.
        """
        with self._signing:
            if self._session is None:
                self._session = self._make_session()
            return self._session

    def _make_session(self) -> boto3.Session:
        access, core = self._access, self._core
        with translate_errors("AWS credentials", FlowathenaError):
            session = boto3.Session(
                botocore_session=core, profile_name=access.profile, region_name=access.region
            )
            find_models_by_name(core.get_component("data_loader"))
            find_credentials(access, core, self.config(), self._ask_code)
        session.events.register("before-call", self._count)
        session.events.register("needs-retry", retry_truncated)  # type: ignore[arg-type] # may answer
        return session

    def sign_in(self) -> None:
        """Ask for the MFA code of the profile, if it needs one and somebody can be asked.

        Raises:
            FlowathenaError: as of ``session``.
        """
        if self._ask_code and needs_code(self._access, new_core()):
            self.session  # noqa: B018 - it is made with the code

    @property
    def s3(self) -> "S3Client":
        """The S3 client."""
        return cast("S3Client", self._client("s3"))

    @property
    def glue(self) -> "GlueClient":
        """The Glue client."""
        return cast("GlueClient", self._client("glue"))

    @property
    def glue_listing(self) -> "GlueClient":
        """A Glue client that reads of a partition its values and its location, and nothing else.

        botocore turns every member that its model describes into an object, which takes longer
        than the rest of a plan. Only a listing of partitions may use it: everything else that an
        answer says of a partition is lost.
        """
        return cast("GlueClient", self._once("glue listing", self._make_listing))

    @property
    def athena(self) -> "AthenaClient":
        """The Athena client, for what PyAthena does not ask."""
        return cast("AthenaClient", self._client("athena"))

    @property
    def ec2(self) -> "EC2Client":
        """The EC2 client: flow logs are EC2's."""
        return cast("EC2Client", self._client("ec2"))

    @property
    def cloudwatch(self) -> "CloudWatchClient":
        """The CloudWatch client."""
        return cast("CloudWatchClient", self._client("cloudwatch"))

    @property
    def cloudwatch_once(self) -> "CloudWatchClient":
        """A CloudWatch client that makes every call once: a datum that is put twice adds up."""
        make = partial(self._make_once, "cloudwatch")
        return cast("CloudWatchClient", self._once("cloudwatch once", make))

    @property
    def logs(self) -> "CloudWatchLogsClient":
        """The client of CloudWatch Logs."""
        return cast("CloudWatchLogsClient", self._client("logs"))

    @property
    def logs_once(self) -> "CloudWatchLogsClient":
        """One that makes every call once: a query that is started twice is billed twice."""
        make = partial(self._make_once, "logs")
        return cast("CloudWatchLogsClient", self._once("logs once", make))

    @property
    def iam(self) -> Any:  # noqa: ANN401 - boto3 builds each client's class when it runs
        """The IAM client."""
        return self._client("iam")

    @cached_property
    def kms(self) -> Any:  # noqa: ANN401 - same
        """The KMS client."""
        return self._client("kms")

    def sns(self, region: str | None = None) -> "SNSClient":
        """The SNS client of a Region, which must be the topic's; None for the session's own."""
        make = partial(self._make, "sns", region=region)
        return cast("SNSClient", self._once(f"sns {region or ''}", make))

    def quicksight(self, region: str | None = None) -> "QuickSightClient":
        """The QuickSight client of a Region; None for the session's own.

        Users and groups live in one Region of an account, data sets in that of their data.
        """
        make = partial(self._make, "quicksight", region=region)
        return cast("QuickSightClient", self._once(f"quicksight {region or ''}", make))

    @cached_property
    def account(self) -> str:
        """The id of the account whose credentials are used: 12 digits.

        Raises:
            FlowathenaError: STS refuses to say it.
        """
        with translate_errors("the account of the credentials", FlowathenaError):
            sts = cast("STSClient", self._client("sts"))
            return sts.get_caller_identity()["Account"]

    def config(self) -> ClientConfig:
        """Settings of every client: standard retries with jitter, a pool for all threads."""
        return ClientConfig(
            retries=_RETRIES,  # type: ignore[arg-type]
            max_pool_connections=2 * self.concurrency,
            connect_timeout=10,
            read_timeout=60,
            # botocore would validate the parameters of every call: a tenth of the time of a large
            # sync. Their types are checked by mypy.
            parameter_validation=False,
            user_agent=f"flowathena/{__version__} Botocore/{botocore.__version__}",
        )

    @property
    def command_options(self) -> str:
        """What ``aws`` needs to mean the same account and Region, each with a space before it."""
        options = (("region", self.session.region_name), ("profile", self._access.profile))
        return "".join(f" --{name} {value}" for name, value in options if value)

    @contextmanager
    def making_clients(self) -> Iterator[None]:
        """Keeps others from making clients meanwhile: sessions are not safe to share."""
        with self._lock:
            yield

    def calls_of(self, operations: Collection[str]) -> Counter[str]:
        """The calls of some operations made so far."""
        return Counter({name: n for name, n in self.calls.items() if name in operations})

    def _client(self, service: str) -> Any:  # noqa: ANN401 - boto3 builds each client's class when it runs
        return self._once(service, partial(self._make, service))

    def _once(self, name: str, make: Callable[[], Any]) -> Any:  # noqa: ANN401 - same
        # One at a time: sessions are not safe to share, and _make_listing swaps the models. And
        # each once: the threads of a listing ask for their client at the same moment, and from
        # Python 3.12 on cached_property lets all of them make one.
        if name in self._clients:
            return self._clients[name]
        with self._lock:
            if name not in self._clients:
                self._clients[name] = make()
            return self._clients[name]

    def _make_listing(self) -> Any:  # noqa: ANN401 - same
        self.session  # noqa: B018 - the session first: it may need clients of its own
        whole = self._core.get_component("data_loader")
        self._core.register_component("data_loader", trimmed_loader(self._core))
        try:
            return self._make("glue")
        finally:
            self._core.register_component("data_loader", whole)

    def _make_once(self, service: str) -> Any:  # noqa: ANN401 - same
        client = self._make(service, ClientConfig(retries={"total_max_attempts": 1}))
        # A handler decides for itself how often it wants a call to be made again.
        client.meta.events.unregister("needs-retry", retry_truncated)
        return client

    def _make(
        self, service: str, further: ClientConfig | None = None, region: str | None = None
    ) -> Any:  # noqa: ANN401 - same
        config = self.config().merge(further) if further else self.config()
        with translate_errors(f"the {service} client", FlowathenaError):
            try:
                client = self.session.client(service, region_name=region, config=config)  # type: ignore[call-overload]
            except ValueError as error:  # an endpoint that is no URL
                raise FlowathenaError(f"the {service} client: {plain(error)}") from error
        if service == "s3" and self._access.request_payer:
            client.meta.events.register("provide-client-params.s3", _pay)
        return client

    def _count(self, model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's OperationModel
        with self._counting:
            self.calls[model.name] += 1


def _pay(params: dict[str, Any], model: OperationModel, **_: object) -> None:
    """Agree to pay for a call, if it is one that can be paid for.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ObjectsinRequesterPaysBuckets.html
    """
    if model.input_shape is not None and "RequestPayer" in model.input_shape.members:
        params["RequestPayer"] = "requester"


@contextmanager
def translate_errors(what: str, error_type: Callable[[str], FlowathenaError]) -> Iterator[None]:
    """Turn botocore's exceptions into ours, one line each.

    Args:
        what: what was being done; the line starts with it.
        error_type: the error to raise.
    """
    try:
        yield
    except ClientError as error:
        raise error_type(f"{what}: {describe_error(error)}") from error
    except (BotoCoreError, ResponseParserError) as error:
        raise error_type(f"{what}: {describe_failure(error)}") from error


@contextmanager
def accept_absence() -> Iterator[None]:
    """Let a deletion succeed of what somebody else has deleted meanwhile."""
    try:
        yield
    except ClientError as error:
        if error_code(error) not in _ABSENT:
            raise


def concerns_every_call(error: BaseException | None) -> bool:
    """Whether any other call would fail as this one did, after every retry: who calls, and where.

    The credentials have expired or are unknown, or AWS cannot be reached.
    """
    if isinstance(error, ClientError):
        return error_code(error) in _HINTS
    return isinstance(error, HTTPClientError | NoCredentialsError | CredentialRetrievalError)


def error_code(error: ClientError) -> str:
    """AWS's error code, such as ``AccessDenied``."""
    return str(error.response.get("Error", {}).get("Code", ""))


def error_message(error: ClientError) -> str:
    """AWS's message on one line, without request ids."""
    return plain(error.response.get("Error", {}).get("Message", ""))


def describe_error(error: ClientError) -> str:
    """The error as one line: operation, code, message and, where one helps, a hint."""
    hint = _HINTS.get(error_code(error))
    line = f"{error.operation_name}: {error_code(error)}: {error_message(error)}"
    return f"{line} ({hint})" if hint else line
