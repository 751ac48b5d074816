"""IAM: roles, their trust, and what their policies allow.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

import json
import re
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote
from uuid import uuid4
from xml.sax.saxutils import escape

from tests.rig.answers import Answer, AwsError
from tests.rig.backends import ACCOUNT
from tests.rig.calls import Call
from tests.rig.service import Params, Service
from tests.rig.settings import Settings

_ROLES = f"arn:aws:iam::{ACCOUNT}:role/"
_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"


class Iam(Service):
    """Roles by ARN. ``arrange(role=ARN, trusts=SERVICE, allow=[[action, resource], …])`` makes one;
    an action and a resource are patterns, as in a policy."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._roles: dict[str, Params] = {}
        self._users: dict[str, dict[str, str]] = {}
        self.operations = {
            "GetRole": self._get,
            "SimulatePrincipalPolicy": self._simulate,
            "CreateRole": self._create,
            "UpdateAssumeRolePolicy": self._trust,
            "PutRolePolicy": self._put_policy,
            "GetRolePolicy": self._get_policy,
            "GetUser": self._get_user,
            "PutUserPolicy": self._put_user_policy,
            "GetUserPolicy": self._get_user_policy,
        }

    def reset(self) -> None:
        """Forget every role and user."""
        self._roles.clear()
        self._users.clear()

    def arrange(self, given: Params) -> object:
        """Make a role, or change it; or a user (``user=NAME``)."""
        if "user" in given:
            self._users[given["user"]] = {}
            return None
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
        trust = json.dumps(self.trust(arn))
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

    def trust(self, arn: str) -> Params | None:
        """The trust policy of a role; None if there is no such role."""
        role = self._roles.get(arn)
        if role is None or "trust" in role:
            return role and json.loads(role["trust"])
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": role["trusts"]},
            "Action": "sts:AssumeRole",
        }
        return {"Version": "2012-10-17", "Statement": [statement]}

    def _role(self, call: Call) -> Params:
        name = call.params["RoleName"]
        role = self._roles.get(f"{_ROLES}{name}")
        if role is None:
            raise _missing(f"The role with name {name} cannot be found.")
        return role

    def _create(self, call: Call) -> Params:
        _refuse_others(call, {"RoleName", "AssumeRolePolicyDocument"})
        name, trust = call.params["RoleName"], call.params["AssumeRolePolicyDocument"]
        if not re.fullmatch(r"[\w+=,.@-]{1,64}", name):
            raise AwsError("ValidationError", f"{name} is not the name of a role")
        if f"{_ROLES}{name}" in self._roles:
            raise AwsError("EntityAlreadyExists", f"Role with name {name} already exists.", 409)
        _parsed(trust, principal=True)
        self._roles[f"{_ROLES}{name}"] = {"trust": trust, "policies": {}, "allow": []}
        return self._get(call)

    def _trust(self, call: Call) -> Params:
        _refuse_others(call, {"RoleName", "PolicyDocument"})
        _parsed(call.params["PolicyDocument"], principal=True)
        self._role(call)["trust"] = call.params["PolicyDocument"]
        return {}

    def _put_policy(self, call: Call) -> Params:
        _refuse_others(call, {"RoleName", "PolicyName", "PolicyDocument"})
        statements = _parsed(call.params["PolicyDocument"], principal=False)
        role = self._role(call)
        role.setdefault("policies", {})[call.params["PolicyName"]] = call.params["PolicyDocument"]
        role["allow"] = [
            [action, resource]
            for each in statements
            for action in _listed(each["Action"])
            for resource in _listed(each["Resource"])
        ]
        return {}

    def _get_policy(self, call: Call) -> Params:
        name = call.params["PolicyName"]
        document = self._role(call).get("policies", {}).get(name)
        if document is None:
            raise _missing(f"The role policy with name {name} cannot be found.")
        return {
            "RoleName": call.params["RoleName"],
            "PolicyName": name,
            "PolicyDocument": quote(document, safe=""),
        }

    def _user(self, call: Call) -> dict[str, str]:
        name = call.params["UserName"]
        if name not in self._users:
            raise _missing(f"The user with name {name} cannot be found.")
        return self._users[name]

    def _get_user(self, call: Call) -> Params:
        self._user(call)
        name = call.params["UserName"]
        return {
            "User": {
                "Path": "/",
                "UserName": name,
                "UserId": "AIDA0123456789ABCDEF0",
                "Arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
                "CreateDate": "2026-01-01T00:00:00Z",
            }
        }

    def _put_user_policy(self, call: Call) -> Params:
        _refuse_others(call, {"UserName", "PolicyName", "PolicyDocument"})
        _parsed(call.params["PolicyDocument"], principal=False)
        self._user(call)[call.params["PolicyName"]] = call.params["PolicyDocument"]
        return {}

    def _get_user_policy(self, call: Call) -> Params:
        name = call.params["PolicyName"]
        document = self._user(call).get(name)
        if document is None:
            raise _missing(f"The user policy with name {name} cannot be found.")
        return {
            "UserName": call.params["UserName"],
            "PolicyName": name,
            "PolicyDocument": quote(document, safe=""),
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


def _refuse_others(call: Call, known: set[str]) -> None:
    if others := call.params.keys() - {*known, "Action", "Version"}:
        raise AwsError("NotImplemented", f"the rig knows no {', '.join(sorted(others))}", 501)


def _parsed(text: str, *, principal: bool) -> list[Params]:
    """The statements of a policy, of those who may or of what they may do."""
    try:
        statements = _listed(json.loads(text)["Statement"])
    except (ValueError, KeyError):
        raise AwsError("MalformedPolicyDocument", "This policy contains invalid Json") from None
    for each in statements:
        if principal != ("Principal" in each) or principal == ("Resource" in each):
            raise AwsError("MalformedPolicyDocument", "Policy document has prohibited elements")
    return statements


def _listed(given: Any) -> list[Any]:  # noqa: ANN401
    return given if isinstance(given, list) else [given]


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
