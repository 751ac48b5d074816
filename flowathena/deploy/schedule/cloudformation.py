"""A schedule as a CloudFormation stack: rule, function, role, queue, log group, alarms. Pure.

What a run leaves undone is an error of the function: it is called once more, then its event goes to
the queue. The heartbeat's alarm tells of a run that never began.
"""

import json
import math
from datetime import timedelta
from typing import Any

from flowathena.deploy.schedule import heartbeat, policy
from flowathena.deploy.schedule.job import Job
from flowathena.errors import UsageError

_Json = dict[str, Any]

RUNTIMES = ("python3.11", "python3.12", "python3.13", "python3.14")
_TIMEOUT_SECONDS = 900
MEGABYTES = 512
_MOST_INPUT = 8_192
"""Characters of a rule's input.
https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html"""
_LONG = timedelta(hours=6)
_RETENTIONS = (7, 14, 30, 60, 90, 180, 365)
_QUEUE_SECONDS = 14 * 24 * 3_600


def render(job: Job, runtime: str) -> str:
    """The template as JSON.

    Args:
        job: the schedule.
        runtime: the usual runtime of the function, one of ``RUNTIMES``.

    Raises:
        UsageError: the target's settings are too long for a rule, or the policy lacks something.
    """
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": job.description[:1_024],
        "Parameters": _parameters(runtime),
        "Conditions": _CONDITIONS,
        "Resources": _resources(job),
        "Outputs": _OUTPUTS,
    }
    return json.dumps(template, indent=2, ensure_ascii=False) + "\n"


def event(job: Job) -> _Json:
    """The event of the function: all that it needs to know."""
    settings = {key: value for key, value in job.settings.items() if key != "profile"}
    return {"target": job.target.name, **job.tasks.event, "settings": settings}


def _parameters(runtime: str) -> _Json:
    return {
        "CodeBucket": {"Type": "String", "Description": "The bucket that has the zip."},
        "CodeKey": {
            "Type": "String",
            "Default": "flowathena-lambda.zip",
            "Description": "The key of the zip; another for each release, so that it is taken.",
        },
        "AlarmTopicArn": {
            "Type": "String",
            "Default": "",
            "AllowedPattern": "|arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:.+",
            "Description": "The SNS topic that alarms tell; empty for none.",
        },
        "KmsKeyArns": {
            "Type": "CommaDelimitedList",
            "Default": "",
            "Description": "The KMS keys of the buckets; empty if they are not encrypted so.",
        },
        "LogRetentionDays": {
            "Type": "Number",
            "Default": 30,
            "AllowedValues": list(_RETENTIONS),
            "Description": "How long the function's log is kept.",
        },
        "Runtime": {
            "Type": "String",
            "Default": runtime,
            "AllowedValues": list(RUNTIMES),
            "Description": "The Python that the zip was built with: its compiled files are for it.",
        },
        "ReservedConcurrency": {
            "Type": "String",
            "Default": "1",
            "AllowedValues": ["1", "none"],
            "Description": "One run at a time; none where the account's quota allows no reserve.",
        },
    }


_CONDITIONS: _Json = {
    "HasTopic": {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmTopicArn"}, ""]}]},
    "HasKeys": {"Fn::Not": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": "KmsKeyArns"}]}, ""]}]},
    "IsReserved": {"Fn::Equals": [{"Ref": "ReservedConcurrency"}, "1"]},
}


def _resources(job: Job) -> _Json:
    return {
        "DeadLetters": {
            "Type": "AWS::SQS::Queue",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {
                "MessageRetentionPeriod": _QUEUE_SECONDS,
                "SqsManagedSseEnabled": True,
            },
        },
        "Log": {
            "Type": "AWS::Logs::LogGroup",
            "DeletionPolicy": "Delete",
            "UpdateReplacePolicy": "Delete",
            "Properties": {"RetentionInDays": {"Ref": "LogRetentionDays"}},
        },
        "Role": _role(job),
        "Keys": _keys(),
        "Function": _function(job),
        "Invocations": {
            "Type": "AWS::Lambda::EventInvokeConfig",
            "Properties": {
                "FunctionName": {"Ref": "Function"},
                "Qualifier": "$LATEST",
                "MaximumRetryAttempts": 1,
                "MaximumEventAgeInSeconds": 3_600,
                "DestinationConfig": {"OnFailure": {"Destination": _arn("DeadLetters")}},
            },
        },
        "Schedule": {
            "Type": "AWS::Events::Rule",
            "Properties": {
                "Description": job.description[:512],
                "ScheduleExpression": job.timetable.event_rule,
                "State": "ENABLED",
                "Targets": [{"Id": "run", "Arn": _arn("Function"), "Input": _input(job)}],
            },
        },
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": {"Ref": "Function"},
                "Principal": "events.amazonaws.com",
                "SourceArn": _arn("Schedule"),
            },
        },
        **_alarms(job),
    }


def _input(job: Job) -> str:
    text = json.dumps(event(job), separators=(",", ":"), ensure_ascii=False)
    if len(text) > _MOST_INPUT:
        raise UsageError(
            f"the settings of target {job.target.name!r} are too long for a rule of EventBridge: "
            f"{len(text):,} of {_MOST_INPUT:,} characters; a target of its own with fewer sources "
            "and settings fits"
        )
    return text


def _role(job: Job) -> _Json:
    statements = [
        {**each, "Resource": [_sub(resource) for resource in each["Resource"]]}
        for each in policy.statements(job.target, job.tasks)
    ]
    own = [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": _arn("Log"),
        },
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": _arn("DeadLetters")},
    ]
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": _document(
                [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "lambda.amazonaws.com"},
                        "Action": "sts:AssumeRole",
                    }
                ]
            ),
            "Policies": [
                {"PolicyName": "tasks", "PolicyDocument": _document(statements)},
                {"PolicyName": "function", "PolicyDocument": _document(own)},
            ],
        },
    }


def _keys() -> _Json:
    """The permission on KMS keys, if there are any."""
    allowed = {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": {"Ref": "KmsKeyArns"},
    }
    return {
        "Type": "AWS::IAM::Policy",
        "Condition": "HasKeys",
        "Properties": {
            "PolicyName": "keys",
            "Roles": [{"Ref": "Role"}],
            "PolicyDocument": _document([allowed]),
        },
    }


def _function(job: Job) -> _Json:
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            "Description": job.description[:256],
            "Handler": "flowathena.aws_lambda.handler",
            "Runtime": {"Ref": "Runtime"},
            "Architectures": ["arm64"],
            "Code": {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Ref": "CodeKey"}},
            "Role": _arn("Role"),
            "Timeout": _TIMEOUT_SECONDS,
            "MemorySize": MEGABYTES,
            "ReservedConcurrentExecutions": {"Fn::If": ["IsReserved", 1, {"Ref": "AWS::NoValue"}]},
            "Environment": {"Variables": {"FLOWATHENA_CACHE": "/tmp/flowathena"}},  # noqa: S108 - its own
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": {"Ref": "Log"}},
        },
    }


def _alarms(job: Job) -> _Json:
    name = job.target.name
    seconds, periods = _patience(job.timetable.every)
    return {
        "Errors": _alarm(
            f"flowathena, target {name}: a scheduled run failed; its log says why.",
            {
                "Namespace": "AWS/Lambda",
                "MetricName": "Errors",
                "Dimensions": [{"Name": "FunctionName", "Value": {"Ref": "Function"}}],
                "Statistic": "Sum",
                "ComparisonOperator": "GreaterThanThreshold",
                "Threshold": 0,
                "Period": 300,
                "EvaluationPeriods": 1,
                "TreatMissingData": "notBreaching",
            },
        ),
        "Undone": _alarm(
            f"flowathena, target {name}: a run failed twice; its event is in the queue.",
            {
                "Namespace": "AWS/SQS",
                "MetricName": "ApproximateNumberOfMessagesVisible",
                "Dimensions": [
                    {"Name": "QueueName", "Value": {"Fn::GetAtt": ["DeadLetters", "QueueName"]}}
                ],
                "Statistic": "Maximum",
                "ComparisonOperator": "GreaterThanThreshold",
                "Threshold": 0,
                "Period": 300,
                "EvaluationPeriods": 1,
                "TreatMissingData": "notBreaching",
            },
        ),
        "Missed": _alarm(
            f"flowathena, target {name}: no complete sync when one was due.",
            {
                "Namespace": heartbeat.NAMESPACE,
                "MetricName": heartbeat.METRIC,
                "Dimensions": [{"Name": heartbeat.DIMENSION, "Value": name}],
                "Statistic": "Sum",
                "ComparisonOperator": "LessThanThreshold",
                "Threshold": 1,
                "Period": seconds,
                "EvaluationPeriods": periods,
                "TreatMissingData": "breaching",
            },
        ),
    }


def _patience(every: timedelta) -> tuple[int, int]:
    """Period in seconds and how many of them may pass without a heartbeat.

    As long as from one run to the next, and two hours or half an hour more: CloudWatch looks at
    whole periods, and a run takes its time.
    """
    if every >= _LONG:
        return 3_600, math.ceil((every + timedelta(hours=2)) / timedelta(hours=1))
    return 300, math.ceil((every + timedelta(minutes=30)) / timedelta(minutes=5))


def _alarm(description: str, metric: _Json) -> _Json:
    told = {"Fn::If": ["HasTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmDescription": description,
            **metric,
            "AlarmActions": told,
            "OKActions": told,
        },
    }


_OUTPUTS: _Json = {
    "FunctionName": {"Value": {"Ref": "Function"}, "Description": "The function."},
    "RuleName": {"Value": {"Ref": "Schedule"}, "Description": "Its target has the event."},
    "DeadLetterQueue": {"Value": {"Ref": "DeadLetters"}, "Description": "What failed twice."},
    "LogGroup": {"Value": {"Ref": "Log"}, "Description": "A line of JSON for each task."},
}


def _document(statements: list[_Json]) -> _Json:
    return {"Version": "2012-10-17", "Statement": statements}


def _arn(resource: str) -> _Json:
    return {"Fn::GetAtt": [resource, "Arn"]}


def _sub(resource: str) -> str | _Json:
    return {"Fn::Sub": resource} if "${" in resource else resource
