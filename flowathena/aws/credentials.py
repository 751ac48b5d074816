"""Whose credentials calls are made with: a profile's, or those of a role assumed with them.

Credentials of a role are renewed before they end, however long a command takes. A profile with
``mfa_serial`` needs a code: whoever makes the clients says how to ask for one.
https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-role.html
"""

import logging
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import botocore.session
from botocore.config import Config as ClientConfig
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import BotoCoreError, NoCredentialsError
from botocore.utils import JSONFileCache

from flowathena.aws.messages import describe_failure, plain
from flowathena.errors import FlowathenaError

AskCode = Callable[[str], str]
"""Asks a person for an MFA code: takes the prompt, returns the code."""

_SESSION_NAME = "flowathena"

# What botocore lets through when a program or a file does not give what it expects: no JSON, an
# unknown form of time, credentials that have ended, nothing to run.
_FOREIGN = (AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)

# They log a failure with its traceback before they raise it; we report it once, on one line.
for _name in ("botocore.credentials", "botocore.tokens"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class Access(Protocol):
    """Whose credentials calls are made with, and where: what clients need of a target."""

    @property
    def region(self) -> str | None:
        """Region of the calls; None leaves it to the AWS environment."""
        ...

    @property
    def profile(self) -> str | None:
        """AWS profile; None leaves it to the AWS environment."""
        ...

    @property
    def role_arn(self) -> str | None:
        """Role to assume; None for none."""
        ...

    @property
    def external_id(self) -> str | None:
        """External id for the role."""
        ...

    @property
    def request_payer(self) -> bool:
        """Whether the caller pays for requests to S3 where the bucket asks for that."""
        ...


def find_credentials(
    access: Access,
    core: botocore.session.Session,
    config: ClientConfig,
    ask_code: AskCode | None,
) -> None:
    """Have a session find its credentials: what can fail there fails here, in one line.

    Args:
        access: profile, role and Region.
        core: the session, with the profile and the Region set.
        config: settings of the STS client.
        ask_code: asks for an MFA code; None if there is nobody to ask.

    Raises:
        FlowathenaError: they cannot be had: a sign-in has ended, a process failed, nobody can be
            asked for a code.
        ClientError: STS refuses to let the role be assumed.
    """
    try:
        _prepare_mfa(core, ask_code)
        if access.role_arn:
            _assume(access, core, config)
        credentials: Any = core.get_credentials()
        if credentials is not None:
            credentials.get_frozen_credentials()
    except BotoCoreError as error:
        name = access.profile or _profile(core)
        raise FlowathenaError(f"AWS credentials: {describe_failure(error, name)}") from error
    except _FOREIGN as error:
        name = access.profile or _profile(core)
        where = f"profile {name}: " if name else ""
        raise FlowathenaError(f"AWS credentials: {where}{_describe(error)}") from error


def needs_code(access: Access, core: botocore.session.Session) -> bool:
    """Whether the profile of an access asks a person for an MFA code; asks nobody and no service.

    A profile that is not there, or a file that cannot be read, needs none: what is wrong is said
    where credentials are looked for.
    """
    try:
        core.set_config_variable("profile", access.profile)
        return "mfa_serial" in core.get_scoped_config()
    except (BotoCoreError, *_FOREIGN):
        return False


def _describe(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"cannot read or run {error.filename}: {error.strerror}"
    return f"what is configured gives no valid credentials ({plain(error)})"


def _profile(core: botocore.session.Session) -> str:
    """The profile that the AWS environment selects; empty if it selects none."""
    return str(core.get_config_variable("profile") or "")


def _prepare_mfa(core: botocore.session.Session, ask_code: AskCode | None) -> None:
    """Have a profile with ``mfa_serial`` ask for its code as we do, and not at each command.

    The credentials that a code has opened are kept where the AWS CLI keeps them, under the same
    name: a code can be used once, and whoever has just signed in there need not do it again.
    """
    if "mfa_serial" not in core.get_scoped_config():
        return

    def ask(prompt: str) -> str:
        if ask_code is None:
            raise FlowathenaError(
                f"AWS credentials: profile {_profile(core) or 'default'} needs an MFA code, and "
                "nobody can be asked for it: hand an ask_code function to the client"
            )
        return ask_code(prompt)

    provider: Any = core.get_component("credential_provider").get_provider("assume-role")
    provider._prompter = ask  # noqa: SLF001 - botocore's sessions take none
    provider.cache = _KeptCredentials(os.fspath(Path("~/.aws/cli/cache").expanduser()))


class _KeptCredentials(JSONFileCache):
    """The AWS CLI's files of credentials; where none can be written, they are not kept."""

    def __setitem__(self, key: str, value: object) -> None:
        with suppress(OSError):
            super().__setitem__(key, value)


class _TargetRole(CredentialProvider):
    """The one source of credentials of a session that has a role."""

    METHOD = "assume-role"

    def __init__(self, fetcher: AssumeRoleCredentialFetcher) -> None:
        super().__init__()
        self._fetcher = fetcher

    def load(self) -> DeferredRefreshableCredentials:
        """Credentials that are fetched when first needed, and again before they end."""
        return DeferredRefreshableCredentials(self._fetcher.fetch_credentials, self.METHOD)


def _assume(access: Access, core: botocore.session.Session, config: ClientConfig) -> None:
    """Have a session use a role, assumed with the credentials it would use otherwise."""
    source = core.get_component("credential_provider").load_credentials()
    if source is None:
        raise NoCredentialsError
    given = {"RoleSessionName": _SESSION_NAME, "ExternalId": access.external_id}
    fetcher = AssumeRoleCredentialFetcher(
        partial(core.create_client, region_name=access.region, config=config),
        source,
        str(access.role_arn),
        extra_args={name: text for name, text in given.items() if text},
        cache={},
    )
    core.register_component("credential_provider", CredentialResolver([_TargetRole(fetcher)]))
