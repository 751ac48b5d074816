"""A workgroup of Athena: the limit at which it ends a query."""

from botocore.exceptions import BotoCoreError, ClientError

from flowathena.aws.session import Aws


def read_cutoff(aws: Aws, workgroup: str) -> int | None:
    """The bytes at which a workgroup ends a query; None if it does not, or if AWS does not say.

    Source: https://docs.aws.amazon.com/athena/latest/ug/workgroups-setting-control-limits-cloudwatch.html
    """
    try:
        answer = aws.athena.get_work_group(WorkGroup=workgroup)
    except (ClientError, BotoCoreError):
        return None  # the run itself will say what is wrong
    return answer["WorkGroup"].get("Configuration", {}).get("BytesScannedCutoffPerQuery")
