"""The log group of flow logs, and the role that delivers to it: looked at and put."""

from collections.abc import Sequence

from botocore.exceptions import ClientError

from flowathena.aws.session import Aws, error_code
from flowathena.deploy.setup import documents
from flowathena.deploy.setup.documents import Document
from flowathena.deploy.setup.flow_log import DeliveryRole, LogGroup
from flowathena.deploy.setup.setting import Setting
from flowathena.errors import UsageError

USUAL_RETENTION_DAYS = 30
_MISSING = "NoSuchEntity"


class LogGroups(Setting[LogGroup]):
    """A log group.

    Args:
        aws: the clients.
        name: its name.
        retention_days: how long it keeps records; None for 30 days, or what it has.
    """

    kind = "log group"
    creates = True

    def __init__(self, aws: Aws, name: str, retention_days: int | None) -> None:
        super().__init__(aws, name)
        self._retention_days = retention_days

    def read(self) -> LogGroup | None:
        """As it is."""
        pages = self.aws.logs.get_paginator("describe_log_groups")
        for page in pages.paginate(logGroupNamePrefix=self.name):
            for each in page["logGroups"]:
                if each["logGroupName"] == self.name:
                    return LogGroup(self.name, each.get("retentionInDays"))
        return None

    def merge(self, live: LogGroup | None) -> LogGroup:
        """With the retention that was asked for."""
        if live is not None and self._retention_days is None:
            return live
        return LogGroup(self.name, self._retention_days or USUAL_RETENTION_DAYS)

    def write(self, wanted: LogGroup, live: LogGroup | None) -> None:
        """Create it, and say how long it keeps records."""
        if live is None:
            self.aws.logs.create_log_group(logGroupName=self.name)
        if wanted.retention_days:
            days = wanted.retention_days
            self.aws.logs.put_retention_policy(logGroupName=self.name, retentionInDays=days)

    def changes(self, wanted: LogGroup, live: LogGroup | None) -> Sequence[str]:
        """How long records are kept."""
        days = wanted.retention_days or 0
        if live is None:
            return [f"keeps records {days} days"]
        before = live.retention_days
        loss = ", and deletes older ones" if not before or before > days else ""
        return [f"keeps records {f'{before} days' if before else 'for ever'} -> {days} days{loss}"]


class Roles(Setting[DeliveryRole]):
    """The role of a log group; one that others made for something else is refused."""

    kind = "role"
    creates = True

    def __init__(self, aws: Aws, role: DeliveryRole) -> None:
        super().__init__(aws, role.name)
        self._role = role

    def read(self) -> DeliveryRole | None:
        """As it is; its policy is empty if it has none of this name."""
        role = self._role
        try:
            found = self.aws.iam.get_role(RoleName=role.name)["Role"]
        except ClientError as error:
            if error_code(error) != _MISSING:
                raise
            return None
        trust, policy = found["AssumeRolePolicyDocument"], self._read_policy()
        return DeliveryRole(role.name, found["Arn"], trust, policy, role.policy_name)

    def merge(self, live: DeliveryRole | None) -> DeliveryRole:
        """The role, unless it is another's.

        Raises:
            UsageError: a role of this name trusts somebody else.
        """
        if live is not None and not _is_ours(live.trust, self._role.trust):
            raise UsageError(
                f"role {live.name} trusts others than VPC Flow Logs: name another with --role"
            )
        return self._role

    def same(self, wanted: DeliveryRole, live: DeliveryRole) -> bool:
        """Whether both documents mean the same."""
        return not self.changes(wanted, live)

    def write(self, wanted: DeliveryRole, live: DeliveryRole | None) -> None:
        """Create it, or put what differs of trust and policy."""
        iam, name = self.aws.iam, {"RoleName": wanted.name}
        trust = documents.compact(wanted.trust)
        if live is None:
            iam.create_role(**name, AssumeRolePolicyDocument=trust)
        elif not documents.same(wanted.trust, live.trust):
            iam.update_assume_role_policy(**name, PolicyDocument=trust)
        if live is None or not documents.same(wanted.policy, live.policy):
            text = documents.compact(wanted.policy)
            iam.put_role_policy(**name, PolicyName=wanted.policy_name, PolicyDocument=text)

    def changes(self, wanted: DeliveryRole, live: DeliveryRole | None) -> Sequence[str]:
        """What differs in trust and policy."""
        if live is None:
            return ["trusted by VPC Flow Logs of this account and Region; writes to this group"]
        pairs = (("trust", wanted.trust, live.trust), ("policy", wanted.policy, live.policy))
        return [
            f"{what}: {line}"
            for what, new, old in pairs
            for line in documents.statement_changes(old, new)
        ]

    def _read_policy(self) -> Document:
        role = self._role
        try:
            answer = self.aws.iam.get_role_policy(RoleName=role.name, PolicyName=role.policy_name)
        except ClientError as error:
            if error_code(error) != _MISSING:
                raise
            return {}
        policy: Document = answer["PolicyDocument"]
        return policy


def _is_ours(trust: Document, wanted: Document) -> bool:
    """Whether every statement of a trust is about whom ours is about."""
    (own,) = documents.statements_of(wanted)
    every = documents.statements_of(trust)
    return all(documents.same(each.get("Principal"), own["Principal"]) for each in every)
