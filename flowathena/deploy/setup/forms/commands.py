"""Commands of the AWS CLI, version 2, quoted for a shell of POSIX."""

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from flowathena.deploy.setup.bucket import (
    Bucket,
    BucketPolicy,
    Encryption,
    KeyPolicy,
    Lifecycle,
    PublicAccessBlock,
)
from flowathena.deploy.setup.documents import compact
from flowathena.deploy.setup.flow_log import DeliveryRole, FlowLog, LogGroup
from flowathena.deploy.setup.forms.rendering import Rendering
from flowathena.deploy.setup.managed_policy import ManagedPolicy
from flowathena.deploy.setup.workgroup import WorkGroup

Options = Mapping[str, Any]
_Command = tuple[str, str, Options]
"""Service, operation and options; what is no text becomes JSON."""
_US_EAST = "us-east-1"
_STOPS = "set -eu\n"


def _flow_log(each: FlowLog) -> Iterator[_Command]:
    options = {_kebab(name): value for name, value in each.request.items()}
    yield "ec2", "create-flow-logs", options


def _group(each: LogGroup) -> Iterator[_Command]:
    yield "logs", "create-log-group", {"log-group-name": each.name}
    if each.retention_days:
        options = {"log-group-name": each.name, "retention-in-days": each.retention_days}
        yield "logs", "put-retention-policy", options


def _role(each: DeliveryRole) -> Iterator[_Command]:
    name = {"role-name": each.name}
    yield "iam", "create-role", {**name, "assume-role-policy-document": each.trust}
    document = {"policy-name": each.policy_name, "policy-document": each.policy}
    yield "iam", "put-role-policy", {**name, **document}


def _bucket(each: Bucket) -> Iterator[_Command]:
    where = {"LocationConstraint": each.region}
    more = {} if each.region == _US_EAST else {"create-bucket-configuration": where}
    yield "s3api", "create-bucket", {"bucket": each.name, **more}


def _bucket_policy(each: BucketPolicy) -> Iterator[_Command]:
    yield "s3api", "put-bucket-policy", {"bucket": each.bucket, "policy": each.document}


def _key_policy(each: KeyPolicy) -> Iterator[_Command]:
    options = {"key-id": each.key, "policy-name": "default", "policy": each.document}
    yield "kms", "put-key-policy", options


def _block(each: PublicAccessBlock) -> Iterator[_Command]:
    options = {"bucket": each.bucket, "public-access-block-configuration": each.configuration}
    yield "s3api", "put-public-access-block", options


def _encryption(each: Encryption) -> Iterator[_Command]:
    configuration = {"server-side-encryption-configuration": each.configuration}
    yield "s3api", "put-bucket-encryption", {"bucket": each.bucket, **configuration}


def _lifecycle(each: Lifecycle) -> Iterator[_Command]:
    rules = {"lifecycle-configuration": {"Rules": list(each.rules)}}
    yield "s3api", "put-bucket-lifecycle-configuration", {"bucket": each.bucket, **rules}


def _workgroup(each: WorkGroup) -> Iterator[_Command]:
    options = {_kebab(name): value for name, value in each.request.items()}
    yield "athena", "create-work-group", options


def _managed_policy(each: ManagedPolicy) -> Iterator[_Command]:
    options = {"policy-name": each.name, "policy-document": each.document}
    described = {"description": each.description} if each.description else {}
    yield "iam", "create-policy", {**options, **described}


_KINDS: Mapping[type, Callable[[Any], Iterator[_Command]]] = {
    FlowLog: _flow_log,
    LogGroup: _group,
    DeliveryRole: _role,
    Bucket: _bucket,
    BucketPolicy: _bucket_policy,
    KeyPolicy: _key_policy,
    PublicAccessBlock: _block,
    Encryption: _encryption,
    Lifecycle: _lifecycle,
    WorkGroup: _workgroup,
    ManagedPolicy: _managed_policy,
}


def render(values: Sequence[object], region: str) -> Rendering:
    """A script; it ends at the first command that fails."""
    commands = [command for each in values for command in _KINDS[type(each)](each)]
    return Rendering(_STOPS + "\n".join(_line(command, region) for command in commands))


def _line(command: _Command, region: str) -> str:
    service, operation, options = command
    where = {"region": region} if region and service != "iam" else {}
    words = [f"aws {service} {operation}"]
    for name, value in {**options, **where}.items():
        text = str(value) if isinstance(value, str | int) else compact(value)
        words.append(f"--{name} {shlex.quote(text)}")
    return " \\\n  ".join(words)


def _kebab(name: str) -> str:
    """An option of the AWS CLI by its member: ``LogFormat`` is ``log-format``."""
    return "".join(f"-{char.lower()}" if char.isupper() else char for char in name).lstrip("-")
