"""KMS: keys and their policies.

https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html
"""

import json

from tests.rig.answers import AwsError
from tests.rig.backends import ACCOUNT
from tests.rig.calls import Call
from tests.rig.policies import check_key_policy
from tests.rig.service import Params, Service
from tests.rig.settings import Settings


class Kms(Service):
    """Keys by ARN; ``arrange(key=ARN)`` makes one, with the policy that every key begins with."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._policies: dict[str, str] = {}
        self.operations = {"GetKeyPolicy": self._get, "PutKeyPolicy": self._put}

    def reset(self) -> None:
        """Forget every key."""
        self._policies.clear()

    def arrange(self, given: Params) -> object:
        """Make a key."""
        statement = {
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
        document = {"Version": "2012-10-17", "Id": "key-default-1", "Statement": [statement]}
        self._policies[given["key"]] = json.dumps(document)
        return None

    def _get(self, call: Call) -> Params:
        return {"Policy": self._policies[self._key(call)], "PolicyName": "default"}

    def _put(self, call: Call) -> Params:
        key = self._key(call)
        check_key_policy(call.params["Policy"])
        self._policies[key] = call.params["Policy"]
        return {}

    def _key(self, call: Call) -> str:
        key = str(call.params["KeyId"])
        if key not in self._policies:
            raise AwsError("NotFoundException", f"Key '{key}' does not exist")
        if call.params.get("PolicyName", "default") != "default":
            raise AwsError("NotFoundException", "No such policy exists")
        if f":kms:{call.region}:" not in key:
            raise AwsError("NotFoundException", f"Invalid arn {call.region}")
        return key
