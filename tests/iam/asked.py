"""What a call asks IAM: its entry in the rig's journal as questions.

An operation is not always an action: ListObjectsV2 is ``s3:ListBucket``, an alarm that is put with
tags is ``cloudwatch:TagResource`` too, and Athena does for its user what is in no journal.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from tests.iam.policies import Question

ACCOUNT = "123456789012"
UNLOADED = "unloaded/"
"""Where what is deleted in a bucket has been unloaded."""
_NOT_FOUND = {"NoSuchKey", "404"}

Params = Mapping[str, Any]


def questions(journal: Iterable[Mapping[str, Any]]) -> set[Question]:
    """What the calls of a journal asked for, each once."""
    return {question for entry in journal for question in _OF_SERVICE[entry["service"]](entry)}


def _arn(service: str, entry: Params, resource: str) -> str:
    return f"arn:aws:{service}:{entry['region']}:{ACCOUNT}:{resource}"


_OBJECT_READS = {"GetObject", "HeadObject"}
_OBJECT_WRITES = {"PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"}
_OF_BUCKETS = {
    "ListObjectsV2": "s3:ListBucket",
    "HeadBucket": "s3:ListBucket",
    "GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
}


def _s3(entry: Params) -> Iterator[Question]:
    op, params = entry["op"], entry["params"]
    bucket = f"arn:aws:s3:::{params['Bucket']}"
    if op in _OBJECT_READS:
        yield Question("s3:GetObject", f"{bucket}/{params['Key']}")
        if entry["error"] in _NOT_FOUND:  # else S3 would say that access is denied
            yield Question("s3:ListBucket", bucket)
    elif op in _OBJECT_WRITES:
        yield Question("s3:PutObject", f"{bucket}/{params['Key']}")
    elif op == "DeleteObjects":  # the journal has no bodies, and so no keys
        yield Question("s3:DeleteObject", f"{bucket}/{UNLOADED}0f1e.parquet")
    elif "Key" in params:
        yield Question(f"s3:{op}", f"{bucket}/{params['Key']}")
    else:
        context = {"s3:prefix": params["Prefix"]} if "Prefix" in params else {}
        yield Question(_OF_BUCKETS.get(op, f"s3:{op}"), bucket, context)


def _glue(entry: Params) -> Iterator[Question]:
    op, params = entry["op"], entry["params"]
    table = params.get("TableName") or params.get("TableInput", {}).get("Name")
    if op in {"GetTable", "DeleteTable"}:
        table = params["Name"]
    database = params.get("DatabaseName")
    if op.endswith("Database"):
        database = params.get("Name") or params["DatabaseInput"]["Name"]
    named = ["catalog", f"database/{database}"]
    if not op.endswith("Database"):
        named.append(f"table/{database}/{table or '*'}")
    for resource in named:
        yield Question(f"glue:{op}", _arn("glue", entry, resource))


def _athena(entry: Params) -> Iterator[Question]:
    op, params = entry["op"], entry["params"]
    if op == "GetTableMetadata":
        yield Question(f"athena:{op}", _arn("athena", entry, "datacatalog/AwsDataCatalog"))
        return
    # What is known by its id alone belongs to a workgroup, and all of ours to one.
    workgroup = params["Name"] if op == "CreateWorkGroup" else params.get("WorkGroup", "primary")
    yield Question(f"athena:{op}", _arn("athena", entry, f"workgroup/{workgroup}"))
    if op == "StartQueryExecution":
        yield from on_behalf(entry["region"])
        yield from _of_statement(entry)


_VIEWS = re.compile(r'CREATE OR REPLACE VIEW "network"\."(\w+)"')
_UNLOADS = re.compile(r"\) TO 's3://([^/']+)/([^']*)'\s*WITH")
_STATEMENTS = {
    "CREATE OR REPLACE VIEW": ("CreateTable", "UpdateTable"),
    "CREATE EXTERNAL TABLE": ("CreateTable",),
    "ALTER TABLE": ("UpdateTable", "BatchCreatePartition"),
}


def on_behalf(region: str) -> Iterator[Question]:
    """What Athena does with the permissions of who runs a query.

    Source: https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
    and https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html
    """
    entry = {"region": region}
    for op in ("GetDatabase", "GetTable", "GetPartition", "GetPartitions", "BatchGetPartition"):
        for resource in ("catalog", "database/network", "table/network/vpc_flow_logs"):
            if op != "GetDatabase" or not resource.startswith("table/"):
                yield Question(f"glue:{op}", _arn("glue", entry, resource))
    yield Question("glue:GetDatabase", _arn("glue", entry, "database/default"))
    logs, results = "arn:aws:s3:::my-flow-logs", "arn:aws:s3:::my-athena-results"
    yield Question("s3:ListBucket", logs, {"s3:prefix": "AWSLogs/"})
    yield Question("s3:GetObject", f"{logs}/AWSLogs/{ACCOUNT}/vpcflowlogs/eu-west-1/a.log.gz")
    yield Question("s3:GetBucketLocation", results)
    yield Question("s3:ListBucket", results)
    yield Question("s3:ListBucketMultipartUploads", results)
    for op in ("GetObject", "PutObject", "AbortMultipartUpload", "ListMultipartUploadParts"):
        yield Question(f"s3:{op}", f"{results}/flowathena/0f1e.csv")


def _of_statement(entry: Params) -> Iterator[Question]:
    """What else Athena does in the catalog for a statement that changes it."""
    text = entry["params"]["QueryString"].lstrip().upper()
    for start, ops in _STATEMENTS.items():
        for op in ops if text.startswith(start) else ():
            named = _VIEWS.match(entry["params"]["QueryString"].lstrip())
            table = named[1] if named else "vpc_flow_logs"
            for resource in ("catalog", "database/network", f"table/network/{table}"):
                yield Question(f"glue:{op}", _arn("glue", entry, resource))
    if found := _UNLOADS.search(entry["params"]["QueryString"]):
        for op in ("PutObject", "AbortMultipartUpload", "ListMultipartUploadParts"):
            yield Question(f"s3:{op}", f"arn:aws:s3:::{found[1]}/{found[2]}0f1e.parquet")


def _cloudwatch(entry: Params) -> Iterator[Question]:
    op, params = entry["op"], entry["params"]
    alarm = _arn("cloudwatch", entry, "alarm:")
    board = f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/"
    if "Dashboard" in op:
        for name in params.get("DashboardNames") or [params["DashboardName"]]:
            yield Question(f"cloudwatch:{op}", board + name)
    elif "ResourceARN" in params:
        yield Question(f"cloudwatch:{op}", params["ResourceARN"])
    elif op == "DescribeAlarms":
        yield Question(f"cloudwatch:{op}", f"{alarm}*")
    elif op.endswith(("Alarm", "Alarms")):
        for name in params.get("AlarmNames") or [params["AlarmName"]]:
            yield Question(f"cloudwatch:{op}", alarm + name)
        if params.get("Tags"):
            yield Question("cloudwatch:TagResource", alarm + params["AlarmName"])
    else:
        named = {"cloudwatch:namespace": params["Namespace"]} if op == "PutMetricData" else {}
        yield Question(f"cloudwatch:{op}", "*", named)


def _logs(entry: Params) -> Iterator[Question]:
    op, params = entry["op"], entry["params"]
    if op in {"StopQuery", "TestMetricFilter", "DescribeLogGroups"}:
        yield Question(f"logs:{op}", "*")
        return
    group = "/vpc/flow-logs" if op == "GetQueryResults" else params.get("logGroupName", "")
    # As CloudWatch Logs names a group in what it denies; without one, there is none in it.
    yield Question(f"logs:{op}", _arn("logs", entry, f"log-group:{group}:log-stream:"))


def _sns(entry: Params) -> Iterator[Question]:
    yield Question(f"sns:{entry['op']}", entry["params"]["TopicArn"])


_NETWORKS = {"VPC": "vpc", "Subnet": "subnet", "NetworkInterface": "network-interface"}


def _ec2(entry: Params) -> Iterator[Question]:
    """A flow log is made of something, and its delivery is set up by CloudWatch Logs."""
    op, params = entry["op"], entry["params"]
    if op.startswith("Describe"):
        yield Question(f"ec2:{op}", "*")
        return
    yield Question(
        f"ec2:{op}", _arn("ec2", entry, f"vpc-flow-log/{params.get('FlowLogId.1', '*')}")
    )
    if op == "CreateFlowLogs":
        kind = _NETWORKS[params["ResourceType"]]
        yield Question(f"ec2:{op}", _arn("ec2", entry, f"{kind}/{params['ResourceId.1']}"))
        if params["LogDestinationType"] == "s3":
            yield Question("logs:CreateLogDelivery", "*")
        else:
            yield Question("iam:PassRole", params["DeliverLogsPermissionArn"])
        if "TagSpecification.1.Tag.1.Key" in params:
            yield Question("ec2:CreateTags", _arn("ec2", entry, "vpc-flow-log/*"))
    elif op == "DeleteFlowLogs":
        yield Question("logs:DeleteLogDelivery", "*")


def _kms(entry: Params) -> Iterator[Question]:
    yield Question(f"kms:{entry['op']}", entry["params"]["KeyId"])


def _iam(entry: Params) -> Iterator[Question]:
    params = entry["params"]
    role = (
        f"role/{params['RoleName']}" if "RoleName" in params else f"user/{params.get('UserName')}"
    )
    arn = params.get("PolicySourceArn") or f"arn:aws:iam::{ACCOUNT}:{role}"
    yield Question(f"iam:{entry['op']}", arn)


def _sts(entry: Params) -> Iterator[Question]:
    if entry["op"] != "GetCallerIdentity":  # which needs no permission
        yield Question(f"sts:{entry['op']}", entry["params"]["RoleArn"])


_OF_ACCOUNT = {
    *("DescribeAccountSettings", "ListDataSources", "ListDataSets", "CreateDataSource"),
    *("ListRefreshSchedules", "ListIngestions"),
}
_EVERY = {
    "DescribeAccountSubscription": "account/*",
    "ListAnalyses": "analysis/*",
    "ListDashboards": "dashboard/*",
}
_KINDS = {
    "DataSourceId": "datasource",
    "DataSetId": "dataset",
    "AnalysisId": "analysis",
    "DashboardId": "dashboard",
    "UserName": "user/default",
    "GroupName": "group/default",
}
_PASSING = {
    "CreateDataSet": "PassDataSource",
    "UpdateDataSet": "PassDataSource",
    **dict.fromkeys(
        ("CreateAnalysis", "UpdateAnalysis", "CreateDashboard", "UpdateDashboard"), "PassDataSet"
    ),
}


def _quicksight(entry: Params) -> Iterator[Question]:
    op, params = entry["op"], entry["params"]
    own = _own_resource(op, entry)
    if op in _OF_ACCOUNT:
        yield Question(f"quicksight:{op}", "*")
    elif op in _EVERY:
        yield Question(f"quicksight:{op}", _arn("quicksight", entry, _EVERY[op]))
    elif op == "CreateDataSet":  # AWS names the data source, not the set
        for source in _mentioned(params, "DataSourceArn"):
            yield Question(f"quicksight:{op}", source)
    else:
        yield Question(f"quicksight:{op}", own)
    passed = "DataSetArn" if _PASSING.get(op) == "PassDataSet" else "DataSourceArn"
    for arn in _mentioned(params, passed) if op in _PASSING else ():
        yield Question(f"quicksight:{_PASSING[op]}", arn)
    if params.get("Tags") and op.startswith("Create"):
        yield Question("quicksight:TagResource", own)
    for role in _mentioned(params, "RoleArn"):
        yield Question("iam:PassRole", role)


def _own_resource(op: str, entry: Params) -> str:
    params = entry["params"]
    if "ResourceArn" in params:
        return str(params["ResourceArn"])
    found = [f"{kind}/{params[name]}" for name, kind in _KINDS.items() if name in params]
    schedule = params.get("ScheduleId") or params.get("Schedule", {}).get("ScheduleId")
    if "IngestionId" in params:
        found.append(f"ingestion/{params['IngestionId']}")
    elif schedule and "RefreshSchedule" in op:
        found.append(f"refresh-schedule/{schedule}")
    return _arn("quicksight", entry, "/".join(found))


def _mentioned(given: object, key: str) -> set[str]:
    """The values of a key, anywhere in the parameters of a call."""
    if isinstance(given, Mapping):
        inner = (_mentioned(value, key) for value in given.values())
        own = {given[key]} if isinstance(given.get(key), str) else set()
        return own.union(*inner)
    if isinstance(given, list):
        return set().union(*(_mentioned(each, key) for each in given))
    return set()


_OF_SERVICE: Mapping[str, Callable[[Params], Iterator[Question]]] = {
    "athena": _athena,
    "cloudwatch": _cloudwatch,
    "ec2": _ec2,
    "glue": _glue,
    "kms": _kms,
    "logs": _logs,
    "iam": _iam,
    "quicksight": _quicksight,
    "s3": _s3,
    "sns": _sns,
    "sts": _sts,
}
