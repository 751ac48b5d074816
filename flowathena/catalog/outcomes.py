"""The outcomes of a batch, and the causes of failed calls.

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

from flowathena.aws.messages import describe_failure, plain
from flowathena.aws.session import describe_error, error_code
from flowathena.catalog.base import Cause, Change, Outcome, Status
from flowathena.errors import CatalogError
from flowathena.shape.shape import Values

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import ErrorDetailTypeDef

Refusal = tuple[list[str], "ErrorDetailTypeDef"]
"""The values of a partition that a call refused, and the reason."""

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
    """Whether a call that failed with this error code may succeed when it is repeated."""
    return code in _TRANSIENT


def cause_of(error: Exception) -> Cause:
    """What the failure of a whole call concerns."""
    if isinstance(error, ClientError):
        code = error_code(error)
        if is_transient(code):
            return Cause.TRANSIENT
        if code in _OPERATION:
            return Cause.OPERATION
        return Cause.ALL if code in _ALL else Cause.ITEM
    if isinstance(error, _CREDENTIALS | CatalogError):
        return Cause.ALL
    return Cause.TRANSIENT  # the network: a connection refused, reset or timed out, or cut short


def _describe(error: Exception) -> str:
    """The failure of a call in one line."""
    return describe_error(error) if isinstance(error, ClientError) else describe_failure(error)


def run_batch(
    batch: Sequence[Change],
    call: Callable[[], Iterable[Refusal]],
    done: Status,
    harmless: Mapping[str, Status],
) -> list[Outcome]:
    """Make the one call for a batch; returns one outcome per change.

    Args:
        batch: the changes.
        call: makes the call and returns the refused partitions.
        done: the status of those that are not refused.
        harmless: the status of those refused because nothing is left to do, by error code.
    """
    try:
        refusals = {tuple(values): detail for values, detail in call()}
    except (ClientError, BotoCoreError, ResponseParserError, CatalogError) as error:
        reason, cause = _describe(error), cause_of(error)
        return [Outcome(change.values, Status.FAILED, reason, cause) for change in batch]
    return [
        _outcome(change.values, refusals.get(change.values), done, harmless) for change in batch
    ]


def _outcome(
    values: Values,
    refusal: "ErrorDetailTypeDef | None",
    done: Status,
    harmless: Mapping[str, Status],
) -> Outcome:
    if refusal is None:
        return Outcome(values, done)
    code = refusal.get("ErrorCode", "Unknown")
    if code in harmless:
        return Outcome(values, harmless[code])
    message = f"{code}: {plain(refusal.get('ErrorMessage', ''))}"
    cause = Cause.TRANSIENT if is_transient(code) else Cause.ITEM
    return Outcome(values, Status.FAILED, message, cause)
