"""The only maker of boto3 sessions and clients; counts the calls they make."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import boto3
import botocore
import botocore.session
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError, IncompleteReadError
from botocore.model import OperationModel
from botocore.parsers import ResponseParserError
from botocore.utils import parse_timestamp

from flowathena.errors import FlowathenaError
from flowathena.target.target import Target
from flowathena.version import __version__

if TYPE_CHECKING:
    from botocore.awsrequest import AWSResponse
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sts import STSClient
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef

CONCURRENCY = 16
"""Calls under way at once; boto3 clients are safe to share between threads."""

_ATTEMPTS = 6
_RETRIES = {"mode": "standard", "max_attempts": _ATTEMPTS}
_FIRST_PAUSE_SECONDS = 0.5
_HINTS = {
    "ExpiredToken": "the credentials have expired; sign in again",
    "ExpiredTokenException": "the credentials have expired; sign in again",
    "InvalidAccessKeyId": "the access key is unknown to AWS",
    "InvalidClientTokenId": "the access key is unknown to AWS",
    "UnrecognizedClientException": "the access key is unknown to AWS",
}


class Aws:
    """Clients of one target: same profile, role, Region, retries and endpoint.

    Attributes:
        calls: API calls made so far by operation name (``ListObjectsV2``); a retried call counts
            once.
        concurrency: how many calls may be under way at once.
    """

    def __init__(self, target: Target, concurrency: int = CONCURRENCY) -> None:
        self._target = target
        self.concurrency = concurrency
        self.calls: Counter[str] = Counter()
        self._lock = threading.Lock()

    @cached_property
    def session(self) -> boto3.Session:
        """The boto3 session of the target."""
        target = self._target
        with translated("AWS credentials", FlowathenaError):
            session = _session(target)
            if target.role_arn:
                session = _assumed(session, target, self.config())
        session.events.register("before-call", self._count)
        session.events.register("needs-retry", _again_where_cut)  # type: ignore[arg-type] # may answer
        return session

    @cached_property
    def s3(self) -> "S3Client":
        """The S3 client."""
        return cast("S3Client", self._client("s3"))

    @cached_property
    def glue(self) -> "GlueClient":
        """The Glue client."""
        return cast("GlueClient", self._client("glue"))

    @cached_property
    def athena(self) -> "AthenaClient":
        """The Athena client, for what PyAthena does not ask."""
        return cast("AthenaClient", self._client("athena"))

    @cached_property
    def ec2(self) -> "EC2Client":
        """The EC2 client: flow logs are EC2's."""
        return cast("EC2Client", self._client("ec2"))

    def config(self) -> ClientConfig:
        """Settings of every client: standard retries with jitter, a pool for all threads."""
        return ClientConfig(
            retries=_RETRIES,  # type: ignore[arg-type]
            max_pool_connections=2 * self.concurrency,
            connect_timeout=10,
            read_timeout=60,
            # botocore checks the parameters of every call, and composes its own name anew for each:
            # a tenth of the time of a large sync. The types are checked before it runs.
            parameter_validation=False,
            user_agent=f"flowathena/{__version__} Botocore/{botocore.__version__}",
        )

    def _client(self, service: str) -> Any:  # noqa: ANN401 - boto3 builds each client's class when it runs
        with translated(f"the {service} client", FlowathenaError):
            return self.session.client(service, config=self.config())  # type: ignore[call-overload]

    def _count(self, model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's OperationModel
        with self._lock:
            self.calls[model.name] += 1


def _session(target: Target) -> boto3.Session:
    core = botocore.session.Session()
    # A page of a thousand partitions has as many times; botocore guesses the form of each.
    core.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_moment)
    _read_less(core)
    return boto3.Session(
        botocore_session=core, profile_name=target.profile, region_name=target.region
    )


def _read_less(core: botocore.session.Session) -> None:
    """Have botocore read of a listed partition what we do: values and location.

    It turns every member that it has a description of into an object, which takes longer than the
    rest of a plan. The descriptions are those of this session alone.
    """
    loader = core.get_component("data_loader")
    shapes = loader.load_service_model("glue", "service-2", api_version=None)["shapes"]
    location = shapes["StorageDescriptor"]["members"]["Location"]
    shapes["PartitionPlace"] = {"type": "structure", "members": {"Location": location}}
    values = shapes["Partition"]["members"]["Values"]
    shapes["Partition"] = {
        "type": "structure",
        "members": {"Values": values, "StorageDescriptor": {"shape": "PartitionPlace"}},
    }


def _moment(value: object) -> datetime:
    """A time of an answer, aware: Unix seconds, ISO 8601, or what else AWS writes."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        moment = parse_timestamp(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _again_where_cut(
    attempts: int,
    operation: OperationModel,
    response: "tuple[AWSResponse, object] | None" = None,
    **_: object,
) -> float | None:
    """How long to pause before a further try where an answer ended early.

    botocore takes the half of a JSON answer for an answer without content. An event handler of
    ``needs-retry``: ``response`` is the answer and what was read from it, None after an exception.
    """
    if response is None or operation.has_streaming_output:
        return None
    http = response[0]
    told, read = int(http.headers.get("content-length") or 0), len(http.content)
    if read >= told:
        return None
    if attempts >= _ATTEMPTS:
        raise IncompleteReadError(actual_bytes=read, expected_bytes=told)
    return random.uniform(0, _FIRST_PAUSE_SECONDS * 2 ** (attempts - 1))  # noqa: S311 - jitter


def _assumed(session: boto3.Session, target: Target, config: ClientConfig) -> boto3.Session:
    """A session with the role's credentials, good for AWS's default of one hour."""
    sts: STSClient = session.client("sts", config=config)
    request: AssumeRoleRequestTypeDef = {
        "RoleArn": str(target.role_arn),
        "RoleSessionName": "flowathena",
    }
    if target.external_id:
        request["ExternalId"] = target.external_id
    answer = sts.assume_role(**request)
    return boto3.Session(
        aws_access_key_id=answer["Credentials"]["AccessKeyId"],
        aws_secret_access_key=answer["Credentials"]["SecretAccessKey"],
        aws_session_token=answer["Credentials"]["SessionToken"],
        region_name=session.region_name,
    )


@contextmanager
def translated(what: str, error_type: Callable[[str], FlowathenaError]) -> Iterator[None]:
    """Turn botocore's exceptions into ours, one line each.

    Args:
        what: what was being done, to start the line.
        error_type: the error to raise.
    """
    try:
        yield
    except ClientError as error:
        raise error_type(f"{what}: {told(error)}") from error
    except (BotoCoreError, ResponseParserError) as error:
        raise error_type(f"{what}: {' '.join(str(error).split())}") from error


def code(error: ClientError) -> str:
    """AWS's error code, such as ``AccessDenied``."""
    return str(error.response.get("Error", {}).get("Code", ""))


def told(error: ClientError) -> str:
    """The error as one line: operation, code, message and, where one helps, a hint."""
    detail = error.response.get("Error", {})
    message = " ".join(str(detail.get("Message", "")).split())
    hint = _HINTS.get(code(error))
    line = f"{error.operation_name}: {code(error)}: {message}"
    return f"{line} ({hint})" if hint else line
