"""Resources of Terraform's AWS provider, in Terraform's JSON (``*.tf.json``).

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs and
https://developer.hashicorp.com/terraform/language/syntax/json
"""

import json
import re
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
from flowathena.deploy.setup.documents import compact
from flowathena.deploy.setup.flow_log import DeliveryRole, FlowLog, LogGroup
from flowathena.deploy.setup.forms.rendering import Rendering, distinct, snake
from flowathena.deploy.setup.managed_policy import ManagedPolicy
from flowathena.deploy.setup.workgroup import WorkGroup

_Resource = tuple[str, str, dict[str, Any]]
"""Type, label and arguments."""
_RESOURCE_ARGUMENTS = {"VPC": "vpc_id", "Subnet": "subnet_id", "NetworkInterface": "eni_id"}
_LEAST_CUTOFF_BYTES = 10_485_760
_RULE_NAMES = {
    "ID": "id",
    "Transitions": "transition",
    "NoncurrentVersionTransitions": "noncurrent_version_transition",
}
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


class _Plain(str):
    """A text with an expression in it, which Terraform is to see."""

    __slots__ = ()


class _Module:
    """The values of a file, for references among them."""

    def __init__(self, values: Sequence[object]) -> None:
        self._values = values

    def has(self, kind: type, **attributes: str) -> bool:
        """Whether the file creates something."""
        return any(
            isinstance(each, kind) and attributes.items() <= vars(each).items()
            for each in self._values
        )

    def bucket(self, name: str) -> str:
        """A bucket's name, by a reference if the file creates it."""
        here = self.has(Bucket, name=name)
        return _Plain(f"${{aws_s3_bucket.{snake(name)}.id}}") if here else name


def _flow_log(each: FlowLog, module: _Module) -> list[_Resource]:
    arguments: dict[str, Any] = {
        _RESOURCE_ARGUMENTS[each.resource_type]: each.resource,
        "traffic_type": each.traffic,
        "log_destination_type": each.request["LogDestinationType"],
        "log_destination": each.destination,
        "log_format": each.format_text,
        "max_aggregation_interval": each.interval_seconds,
    }
    if each.is_in_s3:
        arguments["destination_options"] = {
            "file_format": each.file_format,
            "hive_compatible_partitions": each.hive,
            "per_hour_partition": each.hourly,
        }
    if each.role:
        made = module.has(DeliveryRole, arn=each.role)
        label = snake(each.role.rpartition("/")[2])
        arguments["iam_role_arn"] = _Plain(f"${{aws_iam_role.{label}.arn}}") if made else each.role
    if each.tags:
        arguments["tags"] = dict(each.tags)
    if first := _needs(each, module):
        arguments["depends_on"] = [first]
    return [("aws_flow_log", snake(each.resource), arguments)]


def _needs(each: FlowLog, module: _Module) -> str:
    """What must be there before a flow log, or its first files are refused."""
    if not each.is_in_s3:
        here = module.has(LogGroup, name=each.group)
        return f"aws_cloudwatch_log_group.{snake(each.group)}" if here else ""
    bucket = each.place.removeprefix("s3://").partition("/")[0]
    here = module.has(BucketPolicy, bucket=bucket)
    return f"aws_s3_bucket_policy.{snake(bucket)}" if here else ""


def _group(each: LogGroup, _: _Module) -> list[_Resource]:
    kept = {"retention_in_days": each.retention_days} if each.retention_days else {}
    return [("aws_cloudwatch_log_group", snake(each.name), {"name": each.name, **kept})]


def _role(each: DeliveryRole, _: _Module) -> list[_Resource]:
    label = snake(each.name)
    trust = {"name": each.name, "assume_role_policy": compact(each.trust)}
    policy = {
        "name": each.policy_name,
        "role": _Plain(f"${{aws_iam_role.{label}.id}}"),
        "policy": compact(each.policy),
    }
    return [("aws_iam_role", label, trust), ("aws_iam_role_policy", label, policy)]


def _bucket(each: Bucket, _: _Module) -> list[_Resource]:
    kept = {"prevent_destroy": True}
    return [("aws_s3_bucket", snake(each.name), {"bucket": each.name, "lifecycle": kept})]


def _bucket_policy(each: BucketPolicy, module: _Module) -> list[_Resource]:
    arguments = {"bucket": module.bucket(each.bucket), "policy": compact(each.document)}
    return [("aws_s3_bucket_policy", snake(each.bucket), arguments)]


def _key_policy(each: KeyPolicy, _: _Module) -> list[_Resource]:
    arguments = {"key_id": each.key, "policy": compact(each.document)}
    return [("aws_kms_key_policy", snake("key", each.key.rpartition("/")[2]), arguments)]


def _block(each: PublicAccessBlock, module: _Module) -> list[_Resource]:
    arguments = {
        "bucket": module.bucket(each.bucket),
        "block_public_acls": each.block_acls,
        "ignore_public_acls": each.ignore_acls,
        "block_public_policy": each.block_policy,
        "restrict_public_buckets": each.restrict,
    }
    return [("aws_s3_bucket_public_access_block", snake(each.bucket), arguments)]


def _encryption(each: Encryption, module: _Module) -> list[_Resource]:
    key = {"kms_master_key_id": each.key} if each.key else {}
    rule: dict[str, Any] = {
        "apply_server_side_encryption_by_default": {"sse_algorithm": each.algorithm, **key}
    }
    if "BucketKeyEnabled" in each.configuration["Rules"][0]:
        rule["bucket_key_enabled"] = True
    arguments = {"bucket": module.bucket(each.bucket), "rule": rule}
    kind = "aws_s3_bucket_server_side_encryption_configuration"
    return [(kind, snake(each.bucket), arguments)]


def _lifecycle(each: Lifecycle, module: _Module) -> list[_Resource]:
    rules = [_rule(one) for one in each.rules]
    arguments = {"bucket": module.bucket(each.bucket), "rule": rules}
    return [("aws_s3_bucket_lifecycle_configuration", snake(each.bucket), arguments)]


def _rule(given: Any) -> Any:  # noqa: ANN401 - whatever a rule has
    """A lifecycle rule, or a part of one: ``NoncurrentDays`` is ``noncurrent_days`` there."""
    if isinstance(given, list):
        return [_rule(each) for each in given]
    if not isinstance(given, Mapping):
        return given
    made = {_RULE_NAMES.get(name) or _snake(name): _rule(value) for name, value in given.items()}
    if "tags" in made:
        made["tags"] = {each["key"]: each["value"] for each in made["tags"]}
    return made


def _workgroup(each: WorkGroup, _: _Module) -> list[_Resource]:
    secret = {"encryption_option": each.encryption, "kms_key_arn": each.key}
    results = {
        "output_location": each.output_location,
        "encryption_configuration": _given(secret),
    }
    configuration = {
        "bytes_scanned_cutoff_per_query": each.cutoff_bytes,
        "enforce_workgroup_configuration": each.enforce,
        "publish_cloudwatch_metrics_enabled": each.metrics,
        "requester_pays_enabled": each.requester_pays,
        "result_configuration": _given(results),
    }
    arguments = {"description": each.description, "configuration": _given(configuration)}
    return [("aws_athena_workgroup", snake(each.name), {"name": each.name, **_given(arguments)})]


def _managed_policy(each: ManagedPolicy, _: _Module) -> list[_Resource]:
    described = {"description": each.description} if each.description else {}
    arguments = {"name": each.name, "policy": compact(each.document), **described}
    return [("aws_iam_policy", snake(each.name), arguments)]


_KINDS: Mapping[type, Callable[[Any, _Module], list[_Resource]]] = {
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


def render(values: Sequence[object], _region: str) -> Rendering:
    """A file for ``main.tf.json``; ``notes`` name what the provider cannot be told."""
    module = _Module(values)
    made = [resource for each in values for resource in _KINDS[type(each)](each, module)]
    labels = distinct([f"{kind} {label}" for kind, label, _ in made])
    resources: dict[str, dict[str, Any]] = {}
    for name, (kind, _, arguments) in zip(labels, made, strict=True):
        resources.setdefault(kind, {})[name.partition(" ")[2]] = _escaped(arguments)
    text = json.dumps({"resource": resources}, indent=2, ensure_ascii=False)
    return Rendering(text, tuple(note for each in values for note in _notes(each)))


def _notes(each: object) -> list[str]:
    if isinstance(each, FlowLog) and each.tag_fields:
        return [f"left out: Terraform's aws_flow_log has no argument for tag fields ({each.name})"]
    if isinstance(each, WorkGroup) and (each.cutoff_bytes or _LEAST_CUTOFF_BYTES) < (
        _LEAST_CUTOFF_BYTES
    ):
        return [f"Terraform takes a scan limit of {_LEAST_CUTOFF_BYTES} bytes or more"]
    return []


def _escaped(given: Any) -> Any:  # noqa: ANN401 - whatever JSON has there
    """Texts in which Terraform sees no expressions, as ``${version}`` would be one."""
    if isinstance(given, Mapping):
        return {key: _escaped(value) for key, value in given.items()}
    if isinstance(given, list):
        return [_escaped(each) for each in given]
    if isinstance(given, str) and not isinstance(given, _Plain):
        return given.replace("${", "$${").replace("%{", "%%{")
    return given


def _snake(name: str) -> str:
    return _CAPITAL.sub("_", name).lower()


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, {})}
