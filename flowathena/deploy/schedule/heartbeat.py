"""The heartbeat of a schedule: a metric that says that a sync was complete.

An alarm on it takes a missing value for a breach, so that it tells of a run that never began.
"""

from flowathena.aws.session import Aws, translate_errors
from flowathena.errors import FlowathenaError

NAMESPACE = "flowathena"
METRIC = "SyncCompleted"
DIMENSION = "Target"


def beat(aws: Aws, target: str) -> None:
    """Put one value of 1.

    Put a second time it adds up, which to the alarm is the same.

    Args:
        aws: the clients of the account and Region of the alarm.
        target: the target's name.

    Raises:
        FlowathenaError: CloudWatch refuses it.
    """
    with translate_errors(f"metric {METRIC} of {NAMESPACE}", FlowathenaError):
        aws.cloudwatch.put_metric_data(
            Namespace=NAMESPACE,
            MetricData=[
                {
                    "MetricName": METRIC,
                    "Dimensions": [{"Name": DIMENSION, "Value": target}],
                    "Value": 1.0,
                    "Unit": "Count",
                }
            ],
        )
