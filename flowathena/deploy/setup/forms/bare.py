"""Bare JSON: policies as they are, and the inputs of the API's operations."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flowathena.deploy.setup.bucket import (
    Bucket,
    BucketPolicy,
    Encryption,
    KeyPolicy,
    Lifecycle,
    PublicAccessBlock,
)
from flowathena.deploy.setup.flow_log import DeliveryRole, FlowLog, LogGroup
from flowathena.deploy.setup.forms.rendering import Rendering
from flowathena.deploy.setup.managed_policy import ManagedPolicy
from flowathena.deploy.setup.workgroup import WorkGroup

_Named = tuple[str, Any]


def _group(each: LogGroup) -> _Named:
    kept = {"retentionInDays": each.retention_days} if each.retention_days else {}
    return f"log group {each.name}", {"logGroupName": each.name, **kept}


def _role(each: DeliveryRole) -> _Named:
    return f"role {each.name}", {"trust": each.trust, each.policy_name: each.policy}


_KINDS: Mapping[type, Callable[[Any], _Named]] = {
    FlowLog: lambda each: (f"flow log of {each.resource}", each.request),
    LogGroup: _group,
    DeliveryRole: _role,
    Bucket: lambda each: (f"bucket {each.name}", {"Bucket": each.name}),
    BucketPolicy: lambda each: (f"policy of bucket {each.bucket}", each.document),
    KeyPolicy: lambda each: (f"policy of key {each.key}", each.document),
    PublicAccessBlock: lambda each: (f"public access block of {each.bucket}", each.configuration),
    Encryption: lambda each: (f"encryption of {each.bucket}", each.configuration),
    Lifecycle: lambda each: (f"lifecycle of {each.bucket}", {"Rules": list(each.rules)}),
    WorkGroup: lambda each: (f"workgroup {each.name}", each.request),
    ManagedPolicy: lambda each: (f"policy {each.name}", each.document),
}


def render(values: Sequence[object], _region: str) -> Rendering:
    """One document as it is; several by what they are of."""
    named = [_KINDS[type(each)](each) for each in values]
    document = named[0][1] if len(named) == 1 else dict(named)
    return Rendering(json.dumps(document, indent=2, ensure_ascii=False))
