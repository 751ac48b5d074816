"""What became of a batch, and what a failed call says about trying again.

Source of the codes: https://docs.aws.amazon.com/glue/latest/webapi/CommonErrors.html and the
errors of each operation of Glue and Athena.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

from flowathena.aws.session import describe_error, error_code
from flowathena.catalog.base import Cause, Change, Outcome, Status
from flowathena.errors import CatalogError
from flowathena.shape.shape import Values

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import ErrorDetailTypeDef

Refused = tuple[list[str], "ErrorDetailTypeDef"]
"""The values of a partition that a call refused, and why."""

_TRANSIENT = frozenset(
    {
        "ConcurrentModificationException",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "InternalServiceException",
        "OperationTimeoutException",
        "PartitionNotReady",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ResourceNotReadyException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "503",
        "500",
    }
)
_OPERATION = frozenset(
    {"AccessDenied", "AccessDeniedException", "ResourceNumberLimitExceededException"}
)
_ALL = frozenset(
    {
        "EntityNotFoundException",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_CREDENTIALS = (
    NoCredentialsError | PartialCredentialsError | CredentialRetrievalError | TokenRetrievalError
)


def is_transient(code: str) -> bool:
    """Whether AWS's error code is worth another try."""
    return code in _TRANSIENT


def cause(error: Exception) -> Cause:
    """The cause of a failed call."""
    if isinstance(error, ClientError):
        if is_transient(error_code(error)):
            return Cause.TRANSIENT
        if error_code(error) in _OPERATION:
            return Cause.OPERATION
        return Cause.ALL if error_code(error) in _ALL else Cause.ITEM
    if isinstance(error, _CREDENTIALS | CatalogError):
        return Cause.ALL
    return (
        Cause.TRANSIENT
    )  # the network: a connection refused, reset or timed out, an answer cut short


def _describe(error: Exception) -> str:
    """The error of a failed call in one line."""
    return describe_error(error) if isinstance(error, ClientError) else " ".join(str(error).split())


def outcomes(
    batch: Sequence[Change],
    call: Callable[[], Iterable[Refused]],
    done: Status,
    as_good: Mapping[str, Status],
) -> list[Outcome]:
    """One outcome for each change of a batch, written by one call.

    Args:
        batch: the changes.
        call: makes the call; returns what it refused.
        done: the status of what it did not refuse.
        as_good: the status of what was refused because it is so already, by error code.
    """
    try:
        refused = {tuple(values): detail for values, detail in call()}
    except (ClientError, BotoCoreError, ResponseParserError, CatalogError) as error:
        return [
            Outcome(each.values, Status.FAILED, _describe(error), cause(error)) for each in batch
        ]
    return [_outcome(change.values, refused.get(change.values), done, as_good) for change in batch]


def _outcome(
    values: Values,
    refusal: "ErrorDetailTypeDef | None",
    done: Status,
    as_good: Mapping[str, Status],
) -> Outcome:
    if refusal is None:
        return Outcome(values, done)
    name = refusal.get("ErrorCode", "Unknown")
    if name in as_good:
        return Outcome(values, as_good[name])
    message = f"{name}: {' '.join(refusal.get('ErrorMessage', '').split())}"
    return Outcome(
        values, Status.FAILED, message, Cause.TRANSIENT if is_transient(name) else Cause.ITEM
    )
