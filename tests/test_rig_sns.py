"""The rig's SNS refuses what AWS refuses."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.rig.client import Rig

pytestmark = [pytest.mark.rig, pytest.mark.asks_no_query]


@pytest.fixture
def topic(rig: Rig) -> str:
    return str(rig.client("sns").create_topic(Name="alerts")["TopicArn"])


def test_a_message_is_published_to_its_topic(rig: Rig, topic: str) -> None:
    assert topic == "arn:aws:sns:eu-west-1:123456789012:alerts"
    assert rig.client("sns").create_topic(Name="alerts")["TopicArn"] == topic
    sent = rig.client("sns").publish(TopicArn=topic, Subject="A <b> & c", Message="é\n" * 3)
    assert rig.arrange("sns", published=topic) == [
        {"Subject": "A <b> & c", "Message": "é\n" * 3, "MessageId": sent["MessageId"]}
    ]


def test_a_topic_has_attributes(rig: Rig, topic: str) -> None:
    client = rig.client("sns")
    owned = {"TopicArn": topic, "Owner": "123456789012"}
    assert client.get_topic_attributes(TopicArn=topic)["Attributes"] == owned
    with pytest.raises(client.exceptions.NotFoundException, match="Topic does not exist"):
        client.get_topic_attributes(TopicArn=topic.replace("alerts", "other"))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"Message": ""}, "Empty message"),
        ({"Message": "x" * 262_145}, "Message too long"),
        ({"Message": "é" * 131_073}, "Message too long"),
        ({"Subject": "x" * 101}, "Subject"),
        ({"Subject": "a\nb"}, "Subject"),
        ({"Subject": "é"}, "Subject"),
        ({"Subject": " a"}, "Subject"),
        ({"Subject": ""}, "Subject"),
        ({"TopicArn": "alerts"}, "must have at least 6 elements, not 1"),
        ({"TopicArn": "arn:aws:sns:us-east-1:123456789012:alerts"}, "TopicArn"),
        ({"TopicArn": "arn:aws:sns:eu-west-1:123456789012:other"}, "Topic does not exist"),
        ({"MessageDeduplicationId": "1"}, "not valid for this topic type"),
        ({"PhoneNumber": "+491"}, "does not implement sns:Publish with PhoneNumber"),
    ],
)
def test_what_is_not_published(rig: Rig, topic: str, given: dict[str, Any], reason: str) -> None:
    with pytest.raises(ClientError, match=reason):
        rig.client("sns").publish(**{"TopicArn": topic, "Subject": "s", "Message": "m", **given})
    assert rig.arrange("sns", published=topic) == []


def test_the_limits_themselves_are_published(rig: Rig, topic: str) -> None:
    rig.client("sns").publish(TopicArn=topic, Subject="x" * 100, Message="x" * 262_144)
    assert len(rig.arrange("sns", published=topic)) == 1


def test_a_fifo_topic_has_rules_of_its_own(rig: Rig) -> None:
    client = rig.client("sns")
    arn = client.create_topic(Name="a.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    with pytest.raises(ClientError, match="MessageGroupId parameter is required"):
        client.publish(TopicArn=arn, Message="m")
    with pytest.raises(ClientError, match="MessageDeduplicationId provided explicitly"):
        client.publish(TopicArn=arn, Message="m", MessageGroupId="g")
    for _ in range(2):
        client.publish(TopicArn=arn, Message="m", MessageGroupId="g", MessageDeduplicationId="1")
    assert len(rig.arrange("sns", published=arn)) == 1
    for name, attributes in (("b.fifo", {}), ("c", {"FifoTopic": "true"}), ("bad name", {})):
        with pytest.raises(ClientError, match="Topic Name"):
            client.create_topic(Name=name, Attributes=attributes)
