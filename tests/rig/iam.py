"""IAM: roles, their trust, and what their policies allow.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

import json
from fnmatch import fnmatchcase
from urllib.parse import quote
from uuid import uuid4
from xml.sax.saxutils import escape

from tests.rig.answers import Answer, AwsError
from tests.rig.calls import Call
from tests.rig.service import Params, Service
from tests.rig.settings import Settings

_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"


class Iam(Service):
    """Roles by ARN. ``arrange(role=ARN, trusts=SERVICE, allow=[[action, resource], …])`` makes one;
    an action and a resource are patterns, as in a policy."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._roles: dict[str, Params] = {}
        self.operations = {"GetRole": self._get, "SimulatePrincipalPolicy": self._simulate}

    def reset(self) -> None:
        """Forget every role."""
        self._roles.clear()

    def arrange(self, given: Params) -> object:
        """Make a role, or change it."""
        self._roles[given["role"]] = given
        return None

    def form(self, call: Call, members: Params) -> Answer:
        """The answer in AWS's query protocol."""
        body = (
            f'<{call.op}Response xmlns="{_NAMESPACE}"><{call.op}Result>{_xml(members)}'
            f"</{call.op}Result><ResponseMetadata><RequestId>{uuid4()}</RequestId>"
            f"</ResponseMetadata></{call.op}Response>"
        )
        return Answer(200, body.encode(), (("Content-Type", "text/xml"),))

    def _get(self, call: Call) -> Params:
        name = call.params["RoleName"]
        arn = next((each for each in self._roles if each.endswith(f"/{name}")), None)
        if arn is None:
            raise _missing(f"The role with name {name} cannot be found.")
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": self._roles[arn]["trusts"]},
            "Action": "sts:AssumeRole",
        }
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        return {
            "Role": {
                "Path": "/",
                "RoleName": name,
                "RoleId": "AROA0123456789ABCDEF0",
                "Arn": arn,
                "CreateDate": "2026-01-01T00:00:00Z",
                "AssumeRolePolicyDocument": quote(trust, safe=""),
            }
        }

    def _simulate(self, call: Call) -> Params:
        arn = call.params["PolicySourceArn"]
        if arn not in self._roles:
            raise _missing(f"The entity {arn} cannot be found.")
        allowed = self._roles[arn]["allow"]
        return {
            "IsTruncated": "false",
            "EvaluationResults": [
                {
                    "EvalActionName": action,
                    "EvalResourceName": resource,
                    "EvalDecision": "allowed"
                    if any(fnmatchcase(action, a) and fnmatchcase(resource, r) for a, r in allowed)
                    else "implicitDeny",
                }
                for action in _members(call.params, "ActionNames")
                for resource in _members(call.params, "ResourceArns")
            ],
        }


def _members(params: Params, name: str) -> list[str]:
    return [text for key, text in params.items() if key.startswith(f"{name}.member.")]


def _xml(value: object) -> str:
    if isinstance(value, dict):
        return "".join(f"<{name}>{_xml(each)}</{name}>" for name, each in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{_xml(each)}</member>" for each in value)
    return escape(str(value))


def _missing(what: str) -> AwsError:
    return AwsError("NoSuchEntity", what, 404)
