"""Whom a check tells: SNS topics, and Slack by a webhook."""

import hashlib
import http.client
import json
import re
import stat
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import SplitResult, urlsplit
from uuid import uuid4

from flowathena.aws.session import Aws, translate_errors
from flowathena.check.message import Message
from flowathena.errors import FlowathenaError, UsageError
from flowathena.logs.aws_partition import describe_elsewhere

if TYPE_CHECKING:
    from io import BufferedIOBase

_ARN = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_WORD = re.compile(r"[a-z_]{1,60}")
_MOST_BYTES = 8_000
TIMEOUT_SECONDS = 10.0
"""Of each step of a call to Slack."""


class Destination(Protocol):
    """One that is told.

    Attributes:
        key: what a memory knows it by; says nothing that is secret.
        name: what messages call it.
    """

    key: str
    name: str

    def send(self, message: Message) -> None:
        """Send a message.

        Raises:
            FlowathenaError: it was not taken.
        """
        ...


def match_topic(arn: str, region: str = "") -> re.Match[str]:
    """The ARN of an SNS topic, taken apart: its Region, and ``.fifo`` if it is one.

    Args:
        arn: the ARN.
        region: the Region from which it is told; empty for any.

    Raises:
        UsageError: it is none, or in another partition of AWS.
    """
    match = _ARN.fullmatch(arn)
    if match is None:
        raise UsageError(
            f"--notify-sns: {arn!r} is not the ARN of a topic, such as "
            "arn:aws:sns:eu-west-1:111122223333:network-alerts"
        )
    for each in filter(None, (match[1], region)):
        if elsewhere := describe_elsewhere(arn, each):
            raise UsageError(f"--notify-sns: {elsewhere}")
    return match


class SnsTopic:
    """A topic of SNS, in whatever Region its ARN says.

    Raises:
        UsageError: the ARN is none of a topic.
    """

    def __init__(self, arn: str, aws: Aws) -> None:
        match = match_topic(arn, aws.session.region_name or "")
        self.key = arn
        self.name = f"SNS topic {arn}"
        self._arn, self._aws = arn, aws
        self._region, self._is_fifo = match[1], bool(match[2])

    def send(self, message: Message) -> None:
        """Publish the message."""
        with translate_errors(self.name, FlowathenaError):
            client = self._aws.sns(self._region)
            if self._is_fifo:
                client.publish(
                    TopicArn=self._arn,
                    Subject=message.subject,
                    Message=message.text,
                    MessageGroupId="flowathena",
                    MessageDeduplicationId=str(uuid4()),
                )
            else:
                client.publish(TopicArn=self._arn, Subject=message.subject, Message=message.text)


class SlackWebhook:
    """A channel of Slack, by an incoming webhook, whose URL is a secret that no message has."""

    name = "the Slack webhook"

    def __init__(self, url: str) -> None:
        self._url = url
        self.key = f"slack:{hashlib.sha256(url.encode()).hexdigest()[:16]}"

    def send(self, message: Message) -> None:
        """Post the message; once, as nobody knows what became of an answer that is lost."""
        body = json.dumps({"text": message.slack}).encode()
        request = urllib.request.Request(  # noqa: S310 - https, or http on this machine: checked
            self._url, data=body, headers={"Content-Type": "application/json; charset=utf-8"}
        )
        try:
            opener = urllib.request.build_opener(_NoRedirects)
            # Its status says that the message is taken. The body, of whatever length, may drip.
            opener.open(request, timeout=TIMEOUT_SECONDS).close()
        except urllib.error.HTTPError as error:
            with error:
                raise FlowathenaError(f"{self.name}: {_refusal(error)}") from None
        except urllib.error.URLError as error:
            raise FlowathenaError(f"{self.name}: {_failure(error.reason)}") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise FlowathenaError(f"{self.name}: {_failure(error)}") from None


def read_webhook(file: Path) -> tuple[SlackWebhook, str]:
    """The webhook whose URL is in a file, and a warning; empty if there is nothing to warn of.

    Raises:
        UsageError: the file cannot be read, or has no https URL.
    """
    where = f"--notify-slack-webhook-file {file}"
    try:
        with file.open("rb") as opened:
            mode = stat.S_IMODE(file.stat().st_mode)
            text = opened.read(_MOST_BYTES + 1).decode("ascii").strip()
    except UnicodeDecodeError:
        raise UsageError(f"{where}: has no URL, which is ASCII") from None
    except OSError as error:
        raise UsageError(f"{where}: {error.strerror}") from error
    if not _is_webhook(text):
        raise UsageError(
            f"{where}: write the https:// URL of the webhook into it, and nothing else"
        )
    warning = ""
    if mode & (stat.S_IRGRP | stat.S_IROTH):
        warning = f"others can read {file}, whose URL lets them post; 'chmod 600 {file}' ends that"
    return SlackWebhook(text), warning


def _is_webhook(text: str) -> bool:
    if len(text) > _MOST_BYTES or not text or any(not "!" <= char <= "~" for char in text):
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and _is_allowed(parts) and parts.port != 0
    except ValueError:
        return False


def _is_allowed(parts: SplitResult) -> bool:
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows none: the message would go elsewhere, or as a GET without it."""

    def redirect_request(self, *_: object, **__: object) -> None:
        """Leave the answer as it is: an error."""


def _refusal(error: urllib.error.HTTPError) -> str:
    """What Slack answered: its code, and its one word for it (``no_service``)."""
    try:
        # One step: a body that drips would keep the check waiting.
        word = cast("BufferedIOBase", error.fp).read1(_MOST_BYTES).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException):
        word = ""
    said = f" {word}" if _WORD.fullmatch(word) else ""
    return f"HTTP {error.code}{said}"


def _failure(reason: object) -> str:
    """What went wrong below HTTP; no message of an exception, which may have the URL."""
    if isinstance(reason, TimeoutError):
        return f"no answer in {TIMEOUT_SECONDS:.0f} s"
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror
    return type(reason).__name__
