"""SNS: topics and what is published to them.

https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import uuid4
from xml.sax.saxutils import escape

from tests.rig.answers import Answer, AwsError, not_implemented
from tests.rig.backends import ACCOUNT
from tests.rig.calls import Call
from tests.rig.service import Params, Service
from tests.rig.settings import Settings

_NAMESPACE = "http://sns.amazonaws.com/doc/2010-03-31/"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_FIFO = ".fifo"
_SUBJECT_CHARACTERS = 100
_MESSAGE_BYTES = 262_144
_ONCE = timedelta(minutes=5)
_ALWAYS = {"Action", "Version"}
_OF_CREATE = re.compile(r"Name|Attributes\.entry\.\d+\.(key|value)|Tags\.member\.\d+\.(Key|Value)")
_OF_ATTRIBUTES = re.compile("TopicArn")
_OF_PUBLISH = re.compile(r"TopicArn|Subject|Message|MessageGroupId|MessageDeduplicationId")


@dataclass
class _Topic:
    """A topic, what was published to it, and when each deduplication id was seen last."""

    arn: str
    attributes: dict[str, str]
    published: list[dict[str, str]] = field(default_factory=list)
    seen: dict[str, datetime] = field(default_factory=dict)

    @property
    def is_fifo(self) -> bool:
        """Whether messages have an order and are delivered once."""
        return self.arn.endswith(_FIFO)


class Sns(Service):
    """Topics by ARN. ``arrange(published=ARN)`` gives what was published to one."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._topics: dict[str, _Topic] = {}
        self.operations = {
            "CreateTopic": self._create,
            "GetTopicAttributes": self._attributes,
            "Publish": self._publish,
        }

    def reset(self) -> None:
        """Forget every topic."""
        self._topics.clear()

    def arrange(self, given: Params) -> object:
        """Give what was published to a topic, oldest first."""
        return list(self._topics[given["published"]].published)

    def form(self, call: Call, members: Params) -> Answer:
        """The answer in AWS's query protocol."""
        inner = "".join(f"<{name}>{_form(value)}</{name}>" for name, value in members.items())
        body = (
            f'<{call.op}Response xmlns="{_NAMESPACE}"><{call.op}Result>{inner}</{call.op}Result>'
            f"<ResponseMetadata><RequestId>{uuid4()}</RequestId></ResponseMetadata>"
            f"</{call.op}Response>"
        )
        return Answer(200, body.encode(), (("Content-Type", "text/xml"),))

    def _create(self, call: Call) -> Params:
        _refuse_others(call, _OF_CREATE)
        name = call.params.get("Name", "")
        attributes = _entries(call.params, "Attributes.entry", "key", "value")
        is_fifo = attributes.get("FifoTopic") == "true"
        if not _NAME.fullmatch(name.removesuffix(_FIFO)) or name.endswith(_FIFO) != is_fifo:
            raise _invalid("Topic Name")
        arn = f"arn:aws:sns:{call.region}:{ACCOUNT}:{name}"
        there = self._topics.setdefault(arn, _Topic(arn, attributes))
        if there.attributes != attributes:
            raise _invalid("Attributes Reason: Topic already exists with different attributes")
        return {"TopicArn": arn}

    def _attributes(self, call: Call) -> Params:
        _refuse_others(call, _OF_ATTRIBUTES)
        topic = self._topic(call)
        return {"Attributes": {"TopicArn": topic.arn, "Owner": ACCOUNT, **topic.attributes}}

    def _publish(self, call: Call) -> Params:
        _refuse_others(call, _OF_PUBLISH)
        topic = self._topic(call)
        subject, message = call.params.get("Subject"), call.params.get("Message", "")
        if not message:
            raise _invalid("Empty message")
        if len(message.encode()) > _MESSAGE_BYTES:
            raise _invalid("Message too long")
        if subject is not None and not _is_subject(subject):
            raise _invalid("Subject")
        published = {"MessageId": str(uuid4())}
        if self._is_news(topic, call.params):
            topic.published.append({"Subject": subject or "", "Message": message, **published})
        return published

    def _topic(self, call: Call) -> _Topic:
        arn = call.params.get("TopicArn", "")
        parts = arn.split(":")
        if len(parts) < 6:
            what = f"TopicArn Reason: An ARN must have at least 6 elements, not {len(parts)}"
            raise _invalid(what)
        if parts[3] != call.region:
            raise _invalid("TopicArn")
        if arn not in self._topics:
            raise AwsError("NotFound", "Topic does not exist", 404)
        return self._topics[arn]

    def _is_news(self, topic: _Topic, params: Params) -> bool:
        """Whether a message is delivered: one with the same id within five minutes is not."""
        once = params.get("MessageDeduplicationId")
        if not topic.is_fifo:
            if once is not None:
                raise _invalid(
                    "MessageDeduplicationId Reason: The request includes MessageDeduplicationId "
                    "parameter that is not valid for this topic type"
                )
            return True
        if "MessageGroupId" not in params:
            raise _invalid("The MessageGroupId parameter is required for FIFO topics")
        if once is None:
            raise _invalid(
                "The topic should either have ContentBasedDeduplication enabled or "
                "MessageDeduplicationId provided explicitly"
            )
        now = self.settings.clock()
        last = topic.seen.get(once)
        topic.seen[once] = now
        return last is None or now - last >= _ONCE


def _form(value: object) -> str:
    """A text, or a map of texts, in the query protocol."""
    if not isinstance(value, dict):
        return escape(str(value))
    return "".join(
        f"<entry><key>{escape(key)}</key><value>{escape(text)}</value></entry>"
        for key, text in value.items()
    )


def _is_subject(subject: str) -> bool:
    is_plain = all(" " <= char <= "~" for char in subject)
    return is_plain and 0 < len(subject) <= _SUBJECT_CHARACTERS and subject[0] != " "


def _entries(params: Params, prefix: str, key: str, value: str) -> dict[str, str]:
    """A map as the query protocol spells it, in numbered pairs."""
    named = {
        name.removesuffix(key): text
        for name, text in params.items()
        if name.startswith(prefix) and name.endswith(f".{key}")
    }
    return {text: params[f"{start}{value}"] for start, text in named.items()}


def _refuse_others(call: Call, known: re.Pattern[str]) -> None:
    others = [each for each in call.params.keys() - _ALWAYS if not known.fullmatch(each)]
    if others:
        raise not_implemented("sns", f"{call.op} with {', '.join(sorted(others))}")


def _invalid(what: str) -> AwsError:
    return AwsError("InvalidParameter", f"Invalid parameter: {what}")
