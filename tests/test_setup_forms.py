"""What is rendered for other tools, read by what is not ours: cfn-lint, botocore, a shell."""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.model import OperationModel, StructureShape
from botocore.validate import ParamValidator

from flowathena.deploy.setup import documents
from flowathena.deploy.setup.bucket import (
    Bucket,
    BucketPolicy,
    Encryption,
    KeyPolicy,
    Lifecycle,
    PublicAccessBlock,
    Senders,
    delivery_statements,
    expiry_rule,
    key_statement,
)
from flowathena.deploy.setup.flow_log import FlowLog, LogGroup, delivery_role
from flowathena.deploy.setup.forms import Form, render
from flowathena.deploy.setup.managed_policy import ManagedPolicy
from flowathena.deploy.setup.workgroup import WorkGroup
from flowathena.logs.fields import DEFAULT_FORMAT

ACCOUNT = "123456789012"
REGIONS = {"eu-west-1": "aws", "cn-north-1": "aws-cn", "us-gov-west-1": "aws-us-gov"}


def to_s3(region: str, **changed: Any) -> FlowLog:  # noqa: ANN401
    arn = f"arn:{REGIONS[region]}:s3:::my-flow-logs/it's here/"
    given = {"hive": True, "file_format": "parquet", "interval_seconds": 60, **changed}
    return FlowLog("vpc-0a1b2c3d", arn, (*DEFAULT_FORMAT, "flow-direction"), **given)


def to_group(region: str) -> list[object]:
    role = delivery_role("/vpc/flow-logs", region, ACCOUNT)
    group = f"arn:{REGIONS[region]}:logs:{region}:{ACCOUNT}:log-group:/vpc/flow-logs"
    flow_log = FlowLog("subnet-0a1b2c3d", group, DEFAULT_FORMAT, role=role.arn)
    return [LogGroup("/vpc/flow-logs", 30), role, flow_log]


def bucket(region: str, *, created: bool) -> list[object]:
    senders = Senders((ACCOUNT, "210987654321"))
    key = f"arn:{REGIONS[region]}:kms:{region}:{ACCOUNT}:key/0f0f0f0f-1111-2222-3333-444455556666"
    write = delivery_statements("my-flow-logs", "net/", region, senders, hive=False)
    name = "my-flow-logs"
    return [
        *([Bucket(name, region)] if created else []),
        KeyPolicy(key, documents.policy(key_statement("net/", region, senders))),
        Encryption(name, "aws:kms", key),
        PublicAccessBlock(name),
        BucketPolicy(name, documents.policy(*write)),
        Lifecycle(name, (expiry_rule("net/", 400),)),
        to_s3(region),
    ]


def workgroup() -> list[object]:
    secret = {"encryption": "SSE_S3", "output_location": "s3://my-results/team/"}
    return [WorkGroup("network", 100_000_000_000, enforce=True, metrics=True, **secret)]  # type: ignore[arg-type] # texts


def policy() -> list[object]:
    statement = {"Effect": "Allow", "Action": "ec2:DescribeFlowLogs", "Resource": "*"}
    return [ManagedPolicy("flowathena-reads", documents.policy(statement), "what it reads")]


def every(region: str) -> dict[str, list[object]]:
    return {
        "s3": [to_s3(region, tags=(("team", "net"),), tag_fields=(("instance", ("Name",)),))],
        "group": to_group(region),
        "bucket": bucket(region, created=False),
        "created": bucket(region, created=True),
        "workgroup": workgroup(),
        "policy": policy(),
    }


SETS = [(region, name) for region in REGIONS for name in every(region)]


@cache
def linted(text: str, region: str) -> list[str]:
    from cfnlint import lint  # noqa: PLC0415 - takes a second to import

    return [f"{each.rule.id} {each.message}" for each in lint(text, regions=[region])]


@pytest.mark.few(2)  # of 18, each region and set among them
@pytest.mark.parametrize(("region", "name"), SETS)
def test_templates_pass_cfn_lint(region: str, name: str) -> None:
    made = render(every(region)[name], Form.CLOUDFORMATION)
    assert json.loads(made.text)["Resources"]
    assert linted(made.text, region) == []


def test_cfn_lint_would_find_a_wrong_template() -> None:
    text = render([to_s3("eu-west-1")], Form.CLOUDFORMATION).text
    assert linted(text.replace("TrafficType", "TraficType"), "eu-west-1")
    assert linted(text.replace('"parquet"', '"csv"'), "eu-west-1")


def test_a_template_refers_to_what_it_creates_and_waits_for_it() -> None:
    resources = json.loads(render(to_group("eu-west-1"), Form.CLOUDFORMATION).text)["Resources"]
    flow_log = resources["FlowLogSubnet0a1b2c3d"]
    role = {"Fn::GetAtt": ["DeliveryRole", "Arn"]}
    assert flow_log["Properties"]["DeliverLogsPermissionArn"] == role
    assert flow_log["DependsOn"] == "LogGroup"
    made = json.loads(render(bucket("eu-west-1", created=True), Form.CLOUDFORMATION).text)
    assert made["Resources"]["BucketPolicy"]["Properties"]["Bucket"] == {"Ref": "Bucket"}
    assert made["Resources"]["FlowLogVpc0a1b2c3d"]["DependsOn"] == "BucketPolicy"
    assert made["Resources"]["Bucket"]["DeletionPolicy"] == "Retain"


def test_what_cloudformation_cannot_do_is_told() -> None:
    made = render(bucket("eu-west-1", created=False), Form.CLOUDFORMATION)
    assert [re.split(" only | that it did", each)[0] for each in made.notes] == [
        "left out: CloudFormation sets no policy of a key",
        "left out: CloudFormation sets the default encryption",
        "left out: CloudFormation sets the public access block",
        "left out: CloudFormation sets the lifecycle rules",
    ]
    assert len(render(bucket("eu-west-1", created=True), Form.CLOUDFORMATION).notes) == 1


ARGUMENTS = {
    "aws_flow_log": "vpc_id subnet_id eni_id traffic_type iam_role_arn log_destination_type "
    "log_destination log_format max_aggregation_interval destination_options tags depends_on",
    "destination_options": "file_format hive_compatible_partitions per_hour_partition",
    "aws_cloudwatch_log_group": "name retention_in_days",
    "aws_iam_role": "name assume_role_policy",
    "aws_iam_role_policy": "name role policy",
    "aws_iam_policy": "name description policy",
    "aws_s3_bucket": "bucket lifecycle",
    "lifecycle": "prevent_destroy",
    "aws_s3_bucket_policy": "bucket policy",
    "aws_kms_key_policy": "key_id policy",
    "aws_s3_bucket_public_access_block": "bucket block_public_acls block_public_policy "
    "ignore_public_acls restrict_public_buckets",
    "aws_s3_bucket_server_side_encryption_configuration": "bucket rule",
    "aws_s3_bucket_lifecycle_configuration": "bucket rule",
    "rule": "id status filter expiration apply_server_side_encryption_by_default "
    "bucket_key_enabled prefix abort_incomplete_multipart_upload noncurrent_version_expiration "
    "noncurrent_version_transition transition",
    "filter": "and prefix tag object_size_greater_than object_size_less_than",
    "and": "prefix tags object_size_greater_than object_size_less_than",
    "expiration": "date days expired_object_delete_marker",
    "transition": "date days storage_class",
    "abort_incomplete_multipart_upload": "days_after_initiation",
    "noncurrent_version_expiration": "newer_noncurrent_versions noncurrent_days",
    "noncurrent_version_transition": "newer_noncurrent_versions noncurrent_days storage_class",
    "apply_server_side_encryption_by_default": "sse_algorithm kms_master_key_id",
    "aws_athena_workgroup": "name description configuration",
    "configuration": "bytes_scanned_cutoff_per_query enforce_workgroup_configuration "
    "publish_cloudwatch_metrics_enabled requester_pays_enabled result_configuration",
    "result_configuration": "output_location encryption_configuration",
    "encryption_configuration": "encryption_option kms_key_arn",
}
"""Arguments by resource or block, copied from the pages of the provider."""


def unknown(block: str, given: Any) -> Iterator[str]:  # noqa: ANN401
    for one in given if isinstance(given, list) else [given]:
        for name, value in one.items() if isinstance(one, Mapping) else ():
            if name not in ARGUMENTS[block].split():
                yield f"{block}.{name}"
            elif name in ARGUMENTS:
                yield from unknown(name, value)


@pytest.mark.parametrize(("region", "name"), SETS)
def test_terraform_has_only_arguments_of_the_provider(region: str, name: str) -> None:
    made = json.loads(render(every(region)[name], Form.TERRAFORM).text)
    assert made.keys() == {"resource"}
    found = [
        each
        for kind, labels in made["resource"].items()
        for arguments in labels.values()
        for each in unknown(kind, arguments)
    ]
    assert found == []


@pytest.mark.parametrize(("region", "name"), SETS)
def test_terraform_sees_expressions_only_where_they_refer_to_something(
    region: str, name: str
) -> None:
    text = render(every(region)[name], Form.TERRAFORM).text
    made = json.loads(text)["resource"]
    for kind, label in re.findall(r"(?<!\$)\$\{(aws_\w+)\.(\w+)\.\w+\}", text):
        assert label in made[kind]
    assert not re.findall(r"(?<!\$)\$\{(?!aws_)", text)
    for flow_log in made.get("aws_flow_log", {}).values():
        assert flow_log["log_format"].startswith("$${version} $${account-id} ")
        for needed in flow_log.get("depends_on", []):
            kind, _, label = needed.partition(".")
            assert label in made[kind]


def test_rules_of_others_keep_what_they_have_in_terraform() -> None:
    theirs = {
        "ID": "theirs",
        "Status": "Enabled",
        "Filter": {"And": {"Prefix": "old/", "Tags": [{"Key": "a", "Value": "b"}]}},
        "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}],
        "NoncurrentVersionExpiration": {"NoncurrentDays": 9},
    }
    made = json.loads(render([Lifecycle("logs", (theirs,))], Form.TERRAFORM).text)
    ((arguments,),) = [[*labels.values()] for labels in made["resource"].values()]
    assert arguments["rule"] == [
        {
            "id": "theirs",
            "status": "Enabled",
            "filter": {"and": {"prefix": "old/", "tags": {"a": "b"}}},
            "transition": [{"days": 30, "storage_class": "GLACIER"}],
            "noncurrent_version_expiration": {"noncurrent_days": 9},
        }
    ]
    assert [*unknown("aws_s3_bucket_lifecycle_configuration", arguments)] == []


def shell_words(script: str) -> list[list[str]]:
    """The words of each command, as a shell takes them apart."""
    print_words = 'aws() { printf "%s\\0" "$@"; printf "\\n\\0"; }\n'
    done = subprocess.run(
        ["sh"], input=print_words + script, capture_output=True, text=True, check=True
    )
    lines = done.stdout.split("\0\n\0")
    return [line.split("\0") for line in lines if line]


def operation(service: str, words: str) -> OperationModel:
    """The model of what a command of the AWS CLI calls."""
    model = botocore.session.get_session().get_service_model(
        "s3" if service == "s3api" else service
    )
    (name,) = [each for each in model.operation_names if xform_name(each, "-") == words]
    return model.operation_model(name)


def given(options: Sequence[str], shape: StructureShape) -> dict[str, Any]:
    """The input that the options of a command mean; KeyError for one that the operation lacks."""
    members = {xform_name(each, "-"): each for each in shape.members}
    made: dict[str, Any] = {}
    for option, text in zip(options[::2], options[1::2], strict=True):
        name = members[option.removeprefix("--")]
        kind = shape.members[name].type_name
        made[name] = json.loads(text) if kind not in {"string", "timestamp"} else text
    return made


@pytest.mark.parametrize(("region", "name"), SETS)
def test_commands_are_what_the_api_takes(region: str, name: str) -> None:
    script = render(every(region)[name], Form.CLI, region).text
    commands = shell_words(script)
    assert len(commands) == script.count("aws ")
    for service, words, *options in commands:
        end = len(options) if service == "iam" else -2
        assert service == "iam" or options[end:] == ["--region", region]
        shape = operation(service, words).input_shape
        assert isinstance(shape, StructureShape)
        report = ParamValidator().validate(given(options[:end], shape), shape)
        assert not report.has_errors(), report.generate_report()


def test_a_wrong_command_would_be_found() -> None:
    shape = operation("ec2", "create-flow-logs").input_shape
    assert isinstance(shape, StructureShape)
    with pytest.raises(KeyError):
        given(["--trafic-type", "ALL"], shape)
    wrong = given(["--max-aggregation-interval", '"60"'], shape)
    assert ParamValidator().validate(wrong, shape).has_errors()


def test_commands_say_what_the_values_say() -> None:
    words = shell_words(render([to_s3("eu-west-1")], Form.CLI, "eu-west-1").text)[0]
    assert words[words.index("--log-destination") + 1] == "arn:aws:s3:::my-flow-logs/it's here/"
    assert words[words.index("--log-format") + 1].endswith("${log-status} ${flow-direction}")


def test_json_is_the_document_itself() -> None:
    (value,) = policy()
    assert isinstance(value, ManagedPolicy)
    assert json.loads(render([value], Form.JSON).text) == value.document
    several = json.loads(render(to_group("eu-west-1"), Form.JSON).text)
    assert list(several) == [
        "log group /vpc/flow-logs",
        "role flow-logs-eu-west-1-vpc-flow-logs",
        "flow log of subnet-0a1b2c3d",
    ]
    shape = operation("ec2", "create-flow-logs").input_shape
    assert isinstance(shape, StructureShape)
    request = several["flow log of subnet-0a1b2c3d"]
    assert not ParamValidator().validate(request, shape).has_errors()


@pytest.mark.parametrize(("region", "name"), SETS)
@pytest.mark.parametrize("form", Form)
def test_arns_are_of_the_partition(form: Form, region: str, name: str) -> None:
    text = render(every(region)[name], form, region).text
    assert set(re.findall(r"arn:(aws[a-z-]*):", text)) <= {REGIONS[region]}
