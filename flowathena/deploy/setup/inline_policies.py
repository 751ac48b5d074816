"""A policy in a role or user of IAM: looked at, put, and replaced where it differs."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, error_code
from flowathena.deploy.setup import documents
from flowathena.deploy.setup.documents import Document
from flowathena.deploy.setup.managed_policy import ManagedPolicy
from flowathena.deploy.setup.setting import Setting
from flowathena.errors import UsageError

_MISSING = "NoSuchEntity"
_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
MOST_CHARACTERS = {"role": 10_240, "user": 2_048}
"""Of all inline policies of one together, without blanks.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""


@dataclass(frozen=True)
class InlinePolicy:
    """A policy that is part of a role or user.

    Attributes:
        owner: the name of the role or user.
        name: the policy's name.
        document: the policy, all of it.
    """

    owner: str
    name: str
    document: Document


@dataclass(frozen=True)
class Holder:
    """Whose a policy is: ``role`` or ``user``, and its name.

    Raises:
        UsageError: it is no name of one.
    """

    kind: str
    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise UsageError(
                f"--{self.kind}: {self.name!r} is not the name of a {self.kind}: 1 to 64 letters, "
                "digits and +=,.@_- (no ARN)"
            )


class InlinePolicies(Setting[InlinePolicy]):
    """One policy of a role or user; others that it has are not touched.

    Args:
        aws: the clients.
        holder: whose it is.
        policy: the policy.

    Raises:
        UsageError: it is longer than IAM takes.
    """

    def __init__(self, aws: Aws, holder: Holder, policy: ManagedPolicy) -> None:
        super().__init__(aws, f"{policy.name} of {holder.name}")
        self.kind = f"policy of a {holder.kind}"
        self._holder = holder
        self._policy = InlinePolicy(holder.name, policy.name, policy.document)
        size, most = len(documents.compact(policy.document)), MOST_CHARACTERS[holder.kind]
        if size > most:
            raise UsageError(
                f"the policy has {size:,} characters, and those in a {holder.kind} {most:,} "
                "together: make one for each kind of work, or a managed one (--as)"
            )

    def read(self) -> InlinePolicy | None:
        """As it is.

        Raises:
            UsageError: there is no such role or user.
        """
        kind, name = self._holder.kind, self._holder.name
        own = {f"{kind.title()}Name": name}
        if self._unless_missing(self._call("get"), own) is None:
            raise UsageError(f"there is no {kind} {name}: create it, or correct its name")
        given = {**own, "PolicyName": self._policy.name}
        answer = self._unless_missing(self._call("get", "policy"), given)
        if answer is None:
            return None
        return InlinePolicy(name, self._policy.name, answer["PolicyDocument"])

    def merge(self, _live: InlinePolicy | None) -> InlinePolicy:
        """The policy, all of it: it is ours by its name."""
        return self._policy

    def same(self, wanted: InlinePolicy, live: InlinePolicy) -> bool:
        """Whether both mean the same."""
        return documents.same(wanted.document, live.document)

    def write(self, wanted: InlinePolicy, _live: InlinePolicy | None) -> None:
        """Put it."""
        self._call("put", "policy")(
            **{f"{self._holder.kind.title()}Name": wanted.owner},
            PolicyName=wanted.name,
            PolicyDocument=documents.compact(wanted.document),
        )

    def changes(self, wanted: InlinePolicy, live: InlinePolicy | None) -> Sequence[str]:
        """The actions that it allows from now on; where it is there, what differs."""
        if live is not None:
            return documents.statement_changes(live.document, wanted.document)
        statements = documents.statements_of(wanted.document)
        actions = (action for each in statements for action in documents.as_list(each["Action"]))
        return [f"allows {', '.join(dict.fromkeys(actions))}"]

    def _call(self, verb: str, *what: str) -> Callable[..., dict[str, Any]]:
        """``iam.get_role``, ``iam.put_user_policy``, …."""
        method: Callable[..., dict[str, Any]] = getattr(
            self.aws.iam, "_".join((verb, self._holder.kind, *what))
        )
        return method

    @staticmethod
    def _unless_missing(
        ask: Callable[..., dict[str, Any]], given: dict[str, str]
    ) -> dict[str, Any] | None:
        try:
            return ask(**given)
        except ClientError as error:
            if error_code(error) != _MISSING:
                raise
            return None
