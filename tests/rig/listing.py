"""ListObjectsV2: one bisect an item, so that a call costs its answer and not the bucket."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus
from uuid import uuid4
from xml.sax.saxutils import escape

from tests.rig import backends
from tests.rig.answers import Answer, AwsError
from tests.rig.calls import Call
from tests.rig.limits import S3_MAX_KEYS

_XMLNS = "http://s3.amazonaws.com/doc/2006-03-01/"
_MAX_INTEGER = 2**31 - 1


@dataclass(frozen=True)
class Position:
    """Where a listing goes on: behind a key, or behind every key of a common prefix."""

    text: str
    common: bool = False

    def token(self) -> str:
        """The position as a continuation token."""
        return urlsafe_b64encode(f"{self.common:d}{self.text}".encode()).decode()

    @classmethod
    def parse(cls, token: str) -> "Position":
        """Read a continuation token; one nobody was given is refused."""
        try:
            text = urlsafe_b64decode(token).decode()
        except ValueError:
            text = ""
        if text[:1] not in ("0", "1"):
            raise AwsError("InvalidArgument", "The continuation token provided is incorrect")
        return cls(text[1:], common=text[0] == "1")


@dataclass(frozen=True)
class Question:
    """What is to be listed."""

    prefix: str = ""
    delimiter: str = ""
    after: Position | None = None
    limit: int = S3_MAX_KEYS


@dataclass(frozen=True)
class Listed:
    """One page: keys and common prefixes, both in order, and where the next one begins."""

    keys: list[str]
    prefixes: list[str]
    rest: Position | None


def _behind(keys: Sequence[str], prefix: str, low: int) -> int:
    """The index behind all keys of a prefix, none of which is before ``low``."""
    return bisect_left(keys, True, low, key=lambda key: not key.startswith(prefix))


def _start(keys: Sequence[str], asked: Question) -> int:
    first = bisect_left(keys, asked.prefix)
    if asked.after is None:
        return first
    if asked.after.common:
        text = asked.after.text
        return max(first, _behind(keys, text, bisect_left(keys, text)))
    return max(first, bisect_right(keys, asked.after.text))


def listed(keys: Sequence[str], asked: Question) -> Listed:
    """List a page of sorted keys."""
    page = Listed([], [], None)
    last, at = None, _start(keys, asked)
    if asked.limit == 0:
        return page
    while at < len(keys) and keys[at].startswith(asked.prefix):
        if len(page.keys) + len(page.prefixes) == asked.limit:
            return Listed(page.keys, page.prefixes, last)
        key = keys[at]
        found = key.find(asked.delimiter, len(asked.prefix)) if asked.delimiter else -1
        if found < 0:
            page.keys.append(key)
            last, at = Position(key), at + 1
        else:
            common = key[: found + len(asked.delimiter)]
            page.prefixes.append(common)
            last, at = Position(common, common=True), _behind(keys, common, at)
    return page


def _limit(given: str | None) -> int:
    if given is None:
        return S3_MAX_KEYS
    if not given.removeprefix("-").isdecimal():
        text = "Provided max-keys not an integer or within integer range"
        raise AwsError("InvalidArgument", text)
    if not 0 <= int(given) <= _MAX_INTEGER:
        text = f"Argument maxKeys must be an integer between 0 and {_MAX_INTEGER}"
        raise AwsError("InvalidArgument", text)
    return min(int(given), S3_MAX_KEYS)


def _question(params: dict[str, str]) -> Question:
    if params.get("EncodingType", "url") != "url":
        raise AwsError("InvalidArgument", "Invalid Encoding Method specified in Request")
    token, start = params.get("ContinuationToken"), params.get("StartAfter")
    after = Position(start) if start else None
    return Question(
        prefix=params.get("Prefix", ""),
        delimiter=params.get("Delimiter", ""),
        after=after if token is None else Position.parse(token),
        limit=_limit(params.get("MaxKeys")),
    )


def _url(text: str) -> str:
    return quote_plus(text, safe="/*").replace("~", "%7E")


def _tag(name: str, text: object) -> str:
    # A bare carriage return would reach the reader of the XML as a line feed.
    return f"<{name}>{escape(str(text), {chr(13): '&#13;', chr(34): '&quot;'})}</{name}>"


def _body(params: dict[str, str], asked: Question, page: Listed) -> Iterator[str]:
    shown = _url if "EncodingType" in params else str
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="{_XMLNS}">'
    yield _tag("Name", params["Bucket"]) + _tag("Prefix", shown(asked.prefix))
    if "ContinuationToken" in params:
        yield _tag("ContinuationToken", params["ContinuationToken"])
    if page.rest:
        yield _tag("NextContinuationToken", page.rest.token())
    if "StartAfter" in params:
        yield _tag("StartAfter", shown(params["StartAfter"]))
    yield _tag("KeyCount", len(page.keys) + len(page.prefixes)) + _tag("MaxKeys", asked.limit)
    if asked.delimiter:
        yield _tag("Delimiter", shown(asked.delimiter))
    if "EncodingType" in params:
        yield _tag("EncodingType", "url")
    yield _tag("IsTruncated", "true" if page.rest else "false")
    with_owner = params.get("FetchOwner") == "true"
    for stored in backends.stored(params["Bucket"], page.keys):
        yield f"<Contents>{_tag('Key', shown(stored.key))}"
        yield _tag("LastModified", stored.modified) + _tag("ETag", stored.etag)
        if stored.checksum:
            yield _tag("ChecksumAlgorithm", stored.checksum)
        yield _tag("Size", stored.size) + _tag("StorageClass", stored.storage_class)
        yield "<Owner><ID>rig</ID></Owner></Contents>" if with_owner else "</Contents>"
    for prefix in page.prefixes:
        yield f"<CommonPrefixes>{_tag('Prefix', shown(prefix))}</CommonPrefixes>"
    yield "</ListBucketResult>"


def answer(call: Call) -> Answer:
    """Answer a ListObjectsV2."""
    asked = _question(call.params)
    # The keys listed are the keys described: nobody writes in between.
    with backends.LOCK:
        if not backends.has_bucket(call.params["Bucket"]):
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
        page = listed(backends.sorted_keys(call.params["Bucket"]), asked)
        body = "".join(_body(call.params, asked, page))
    request_id = uuid4().hex[:16].upper()
    headers = (("Content-Type", "application/xml"), ("x-amz-request-id", request_id))
    return Answer(200, body.encode(), headers)
