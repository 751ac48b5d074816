"""The policy of a KMS key: looked at, and merged with the statement that lets logs be delivered."""

import json
from collections.abc import Sequence

from flowathena.aws.session import Aws
from flowathena.deploy.setup import documents
from flowathena.deploy.setup.bucket import KEY_POLICY_BYTES, KeyPolicy, check_size
from flowathena.deploy.setup.documents import Document
from flowathena.deploy.setup.setting import Setting
from flowathena.errors import UsageError

_ONLY = "default"
"""The name of a key's policy: KMS knows no other."""


class KeyPolicies(Setting[KeyPolicy]):
    """The policy of a key with our statement among those of others."""

    kind = "key policy"

    def __init__(self, aws: Aws, key: str, own: Document) -> None:
        super().__init__(aws, key)
        self._own = own

    def read(self) -> KeyPolicy | None:
        """As it is; every key has one."""
        answer = self.aws.kms.get_key_policy(KeyId=self.name, PolicyName=_ONLY)
        return KeyPolicy(self.name, json.loads(answer["Policy"]))

    def merge(self, live: KeyPolicy | None) -> KeyPolicy:
        """With our statement.

        Raises:
            UsageError: it would be larger than KMS takes.
        """
        document = documents.merge(live.document if live else None, [self._own])
        try:
            check_size(document, KEY_POLICY_BYTES)
        except ValueError as error:
            raise UsageError(f"the policy of key {self.name} {error}") from error
        return KeyPolicy(self.name, document)

    def same(self, wanted: KeyPolicy, live: KeyPolicy) -> bool:
        """Whether both mean the same."""
        return documents.same(wanted.document, live.document)

    def write(self, wanted: KeyPolicy, _live: KeyPolicy | None) -> None:
        """Put it; KMS refuses one that would shut out who puts it."""
        text = documents.compact(wanted.document)
        self.aws.kms.put_key_policy(KeyId=self.name, PolicyName=_ONLY, Policy=text)

    def changes(self, wanted: KeyPolicy, live: KeyPolicy | None) -> Sequence[str]:
        """The statements that differ."""
        return documents.statement_changes(live.document if live else None, wanted.document)
