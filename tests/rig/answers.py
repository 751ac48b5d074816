"""Answers in the shapes of the wire protocols the rig speaks."""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

JSON_TYPE = "application/x-amz-json-1.1"


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    error: str | None = None


@dataclass(eq=False)
class AwsError(Exception):
    """A refusal that the protocol of the called service turns into an answer."""

    code: str
    message: str
    status: int = 400
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def not_implemented(service: str, op: str) -> AwsError:
    """Say which operation the rig does not know."""
    return AwsError("NotImplemented", f"the rig does not implement {service}:{op}", status=501)


def _plain(value: object) -> object:
    if isinstance(value, dt.datetime):
        zoned = value if value.tzinfo else value.replace(tzinfo=dt.UTC)
        return round(zoned.timestamp(), 3)
    raise TypeError(f"no JSON form for {type(value).__name__}")


def json_body(payload: object) -> bytes:
    """Encode a payload; moments become epoch seconds, as in AWS's JSON protocol."""
    return json.dumps(payload, default=_plain).encode()


def json_answer(payload: object, status: int = 200, error: str | None = None) -> Answer:
    """Answer in AWS's JSON protocol."""
    headers = (("Content-Type", JSON_TYPE), ("x-amzn-RequestId", str(uuid4())))
    return Answer(status, json_body(payload), headers, error)


def _json_error(error: AwsError, service: str) -> Answer:
    # Athena spells the text "Message", Glue and the front doors of AWS "message".
    text = "Message" if service == "athena" else "message"
    payload = {"__type": error.code, text: error.message, **error.extra}
    return json_answer(payload, error.status, error.code)


def _rest_error(error: AwsError) -> Answer:
    headers = (
        ("Content-Type", "application/json"),
        ("x-amzn-ErrorType", error.code),
        ("x-amzn-RequestId", str(uuid4())),
    )
    body = json_body({"Message": error.message, **error.extra})
    return Answer(error.status, body, headers, error.code)


def _s3_error(error: AwsError, *, head: bool) -> Answer:
    request_id = uuid4().hex[:16].upper()
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
        f"<RequestId>{request_id}</RequestId><HostId>rig</HostId></Error>"
    )
    headers = (("Content-Type", "application/xml"), ("x-amz-request-id", request_id))
    return Answer(error.status, b"" if head else body.encode(), headers, error.code)


def _query_error(error: AwsError) -> Answer:
    kind = "Sender" if error.status < 500 else "Receiver"
    body = (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>'
        f"<Type>{kind}</Type><Code>{escape(error.code)}</Code>"
        f"<Message>{escape(error.message)}</Message></Error>"
        f"<RequestId>{uuid4()}</RequestId></ErrorResponse>"
    )
    return Answer(error.status, body.encode(), (("Content-Type", "text/xml"),), error.code)


def _ec2_error(error: AwsError) -> Answer:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error>'
        f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
        f"</Error></Errors><RequestID>{uuid4()}</RequestID></Response>"
    )
    return Answer(error.status, body.encode(), (("Content-Type", "text/xml"),), error.code)


def error_answer(error: AwsError, service: str, *, head: bool = False) -> Answer:
    """Shape a refusal for the protocol of a service."""
    if service == "s3":
        return _s3_error(error, head=head)
    if service in ("glue", "athena", "cloudwatch", "logs", "kms"):
        return _json_error(error, service)
    if service == "quicksight":
        return _rest_error(error)
    if service == "ec2":
        return _ec2_error(error)
    return _query_error(error)
