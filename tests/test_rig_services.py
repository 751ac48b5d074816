"""What the rig says of services that it plays by their models: routes, limits, gzip, refusals."""

from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.rig.client import Rig

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.rig
@pytest.mark.asks_no_query
def test_an_unknown_operation_is_refused_by_name(rig: Rig) -> None:
    calls: dict[str, Callable[[Any], object]] = {
        "quicksight": lambda client: client.describe_account_customization(
            AwsAccountId="123456789012"
        ),
        "cloudwatch": lambda client: client.list_metric_streams(),
        "logs": lambda client: client.describe_deliveries(),
    }
    for service, ask in calls.items():
        with pytest.raises(ClientError, match=rf"the rig does not implement {service}:"):
            ask(rig.client(service, Config(retries={"total_max_attempts": 1})))


@pytest.mark.rig
@pytest.mark.asks_no_query
def test_rest_paths_become_operations_and_parameters(rig: Rig) -> None:
    client = rig.client("quicksight", Config(retries={"total_max_attempts": 1}))
    with pytest.raises(ClientError):
        client.describe_topic_refresh_schedule(
            AwsAccountId="123456789012", TopicId="a topic", DatasetId="set"
        )
    (entry,) = rig.journal("quicksight")
    assert entry["op"] == "DescribeTopicRefreshSchedule"
    assert entry["params"] == {
        "AwsAccountId": "123456789012",
        "TopicId": "a topic",
        "DatasetId": "set",
    }
