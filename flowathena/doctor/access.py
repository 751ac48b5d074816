"""Looks that may fail: each failure becomes one finding, however many checks needed the look."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)

from flowathena.aws.session import error_code
from flowathena.doctor.findings import Finding, Need, denied, unreadable
from flowathena.errors import FlowathenaError
from flowathena.target.target import Target

Output = TypeVar("Output")

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "403", "Forbidden"})
_EXPIRED = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
    }
)
_NO_CREDENTIALS = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
# AWS says who "is not authorized to perform: kms:Decrypt on resource: arn:…", and why.
_NAMED = re.compile(r"to perform: ([A-Za-z0-9-]+:[A-Za-z]+)(?: on resource: ([^\s,]+))?")


class Looks:
    """Makes looks and keeps what failed.

    Attributes:
        failed: a finding for every reason for which looks failed.
        blocked: the sides of which a look failed.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._names: set[str] = set()
        self.failed: list[Finding] = []
        self.blocked: set[str] = set()

    def attempt(self, side: str, need: Need, look: Callable[[], Output]) -> Output | None:
        """What a look sees; None, and a finding, if it fails."""
        try:
            return look()
        except FlowathenaError as error:
            self.fail(side, need, error)
            return None

    def fail(self, side: str, need: Need, error: FlowathenaError) -> None:
        """Keep why a look failed: what is missing, once."""
        self.blocked.add(side)
        cause = error.__cause__
        code = error_code(cause) if isinstance(cause, ClientError) else ""
        if isinstance(cause, ClientError) and cause.operation_name == "AssumeRole":
            role = Need("sts:AssumeRole", self._target.role_arn or "the role of the profile")
            self._keep("credentials", denied(side, role, str(error)))
        elif code in _DENIED:
            named = _NAMED.search(str(error))
            own = Need(named[1], named[2] or need.resource) if named else need
            self._keep(f"{own.action} {own.resource}", denied(side, own, str(error)))
        elif isinstance(cause, PermissionError):
            finding = unreadable(side, self._target, str(error))
            self._keep(str(error), replace(finding, fix=f"chmod -R u+rX {cause.filename}"))
        else:
            # Expired or missing ones fail every look alike, each with a text of its own.
            lacks = code in _EXPIRED or isinstance(cause, _NO_CREDENTIALS)
            name = "credentials" if lacks else str(error)
            self._keep(name, unreadable(side, self._target, str(error)))

    def _keep(self, name: str, finding: Finding) -> None:
        if name not in self._names:
            self._names.add(name)
            self.failed.append(finding)


def is_missing_workgroup(error: BaseException) -> bool:
    """Whether a call failed because the workgroup does not exist."""
    cause = error.__cause__
    code = error_code(cause) if isinstance(cause, ClientError) else ""
    return code == "InvalidRequestException" and "not found" in str(error)


def is_denied(error: BaseException) -> bool:
    """Whether AWS refused a call for lack of a permission."""
    cause = error.__cause__
    return isinstance(cause, ClientError) and error_code(cause) in _DENIED
