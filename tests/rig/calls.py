"""What a request asks for: service, operation and parameters, by botocore's own models."""

import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote

import botocore.session
from botocore.model import OperationModel, ServiceModel, StructureShape

from tests.rig.answers import AwsError, not_implemented

_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")
ENGINE_KEY = "THERIGSENGINE"
"""The access key of the engine behind Athena, where that is a process of its own."""
_TARGETS = {
    "AmazonAthena": "athena",
    "AWSGlue": "glue",
    "GraniteServiceVersion20100801": "cloudwatch",
    "Logs_20140328": "logs",
    "TrentService": "kms",
}
_SIGNED_AS = {"monitoring": "cloudwatch"}


@dataclass(frozen=True)
class Request:
    """One HTTP request, read to its end."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def by_engine(self) -> bool:
        """Whether the engine behind Athena asks, which no user of AWS ever sees."""
        return f"Credential={ENGINE_KEY}/" in self.headers.get("authorization", "")


@dataclass(frozen=True)
class Call:
    """One AWS call."""

    service: str
    op: str
    params: dict[str, Any]
    region: str
    user_agent: str
    body: bytes = field(repr=False)
    by_engine: bool = False

    def mentions(self, text: str) -> bool:
        """Whether the parameters or the body hold a text."""
        return text in json.dumps(self.params, default=str) or text.encode() in self.body


@dataclass(frozen=True)
class Route:
    """How one S3 operation looks on the wire."""

    op: str
    literals: frozenset[tuple[str, str]]
    needed: frozenset[str]
    headers: frozenset[str]

    @property
    def weight(self) -> int:
        """More conditions make a more particular operation."""
        return len(self.literals) + len(self.needed) + len(self.headers)

    def fits(self, query: Mapping[str, str], headers: set[str]) -> bool:
        """Whether a request of this method and depth is this operation."""
        named = all(query.get(key) == value for key, value in self.literals)
        return named and self.needed <= query.keys() and self.headers <= headers


@cache
def model(service: str) -> ServiceModel:
    """Load botocore's description of a service."""
    return botocore.session.get_session().get_service_model(service)


@cache
def _wire_names(op: str, location: str) -> dict[str, str]:
    return _located(model("s3").operation_model(op), location)


def _located(op: OperationModel, location: str) -> dict[str, str]:
    members = op.input_shape.members.items() if op.input_shape else ()
    return {
        name: shape.serialization.get("name", name)
        for name, shape in members
        if shape.serialization.get("location") == location
    }


def _depth(op: OperationModel) -> int:
    path = op.http["requestUri"].partition("?")[0]
    return len([part for part in path.split("/") if part])


def _route(op: OperationModel) -> Route:
    query = op.http["requestUri"].partition("?")[2]
    required = set(op.input_shape.required_members) if op.input_shape else set()
    needed = {wire for name, wire in _located(op, "querystring").items() if name in required}
    headers = {wire.lower() for name, wire in _located(op, "header").items() if name in required}
    return Route(
        op=op.name,
        literals=frozenset(parse_qsl(query, keep_blank_values=True)),
        needed=frozenset(needed),
        headers=frozenset(headers),
    )


@cache
def _routes(method: str, depth: int) -> tuple[Route, ...]:
    every = map(model("s3").operation_model, model("s3").operation_names)
    operations = [op for op in every if not op.deprecated]  # others have their path by now
    fitting = [op for op in operations if (op.http["method"], _depth(op)) == (method, depth)]
    return tuple(sorted(map(_route, fitting), key=lambda route: -route.weight))


def _s3_place(path: str) -> tuple[str, str]:
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    return bucket, key


def _s3_params(op: str, request: Request, query: Mapping[str, str]) -> dict[str, Any]:
    bucket, key = _s3_place(request.path)
    place = {"Bucket": bucket, "Key": key}
    params: dict[str, Any] = {name: value for name, value in place.items() if value}
    for name, wire in _wire_names(op, "querystring").items():
        if wire in query:
            params[name] = query[wire]
    for name, wire in _wire_names(op, "header").items():
        if wire.lower() in request.headers:
            params[name] = request.headers[wire.lower()]
    return params


def _s3_call(request: Request, region: str) -> Call:
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    query.pop("x-id", None)
    bucket, key = _s3_place(request.path)
    depth = bool(bucket) + bool(key)
    headers = set(request.headers)
    for route in _routes(request.method, depth):
        if route.fits(query, headers):
            return _call("s3", route.op, _s3_params(route.op, request, query), region, request)
    raise not_implemented("s3", f"{request.method} {request.path}?{request.query}")


def _call(service: str, op: str, params: dict[str, Any], region: str, request: Request) -> Call:
    agent = request.headers.get("user-agent", "")
    return Call(service, op, params, region, agent, request.body, request.by_engine)


def _json_call(request: Request, region: str) -> Call:
    prefix, _, op = request.headers["x-amz-target"].partition(".")
    service = _TARGETS.get(prefix)
    if service is None:
        raise not_implemented(prefix, op)
    try:
        params = json.loads(_plain_body(request) or b"{}")
    except ValueError:
        raise AwsError("SerializationException", "the body is no JSON") from None
    return _call(service, op, params, region, request)


def _plain_body(request: Request) -> bytes:
    """The body; botocore compresses the long ones of PutMetricData."""
    if request.headers.get("content-encoding") == "gzip":
        return gzip.decompress(request.body)
    return request.body


def _rest_json_call(service: str, request: Request, region: str) -> Call:
    path, query = request.path, dict(parse_qsl(request.query, keep_blank_values=True))
    for op, pattern, literals in _rest_routes(service, request.method):
        found = pattern.fullmatch(path)
        if found and literals <= query.items():
            return _call(service, op, _rest_params(service, op, request, found), region, request)
    raise not_implemented(service, f"{request.method} {request.path}")


@cache
def _rest_routes(
    service: str, method: str
) -> tuple[tuple[str, re.Pattern[str], frozenset[tuple[str, str]]], ...]:
    """The operations of a method, those with more of a fixed path first."""
    found = []
    for name in model(service).operation_names:
        http = model(service).operation_model(name).http
        if http["method"] != method:
            continue
        path, _, query = http["requestUri"].partition("?")
        parts = [
            f"(?P<{part[1:-1]}>[^/]+)" if part[:1] == "{" else re.escape(part)
            for part in path.split("/")
        ]
        literals = frozenset(parse_qsl(query, keep_blank_values=True))
        fixed = sum(part[:1] != "{" for part in path.split("/"))
        found.append((fixed, len(literals), name, re.compile("/".join(parts)), literals))
    found.sort(key=lambda each: (-each[0], -each[1], each[2]))
    return tuple((name, pattern, literals) for _, _, name, pattern, literals in found)


def _rest_params(service: str, op: str, request: Request, found: re.Match[str]) -> dict[str, Any]:
    shape = model(service).operation_model(op).input_shape
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    try:
        params: dict[str, Any] = json.loads(request.body or b"{}")
    except ValueError:
        raise AwsError("SerializationException", "the body is no JSON") from None
    for name, member in (shape.members if isinstance(shape, StructureShape) else {}).items():
        wire = member.serialization.get("name", name)
        where = member.serialization.get("location")
        if where == "uri":
            params[name] = unquote(found[wire])
        elif where == "querystring" and wire in query:
            is_number = member.type_name in {"integer", "long"}
            params[name] = int(query[wire]) if is_number else query[wire]
    return params


def _form_call(service: str, request: Request, region: str) -> Call:
    parsed = parse_qs(request.body.decode(), keep_blank_values=True)
    form = {key: values[0] for key, values in parsed.items()}
    return _call(service, form.get("Action", "?"), form, region, request)


def _scope(request: Request) -> tuple[str, str]:
    found = _SCOPE.search(unquote(request.headers.get("authorization", "") + request.query))
    # A request without a signature can only be a plain S3 GET or a presigned one.
    return (found[1], _SIGNED_AS.get(found[2], found[2])) if found else ("us-east-1", "s3")


def service_of(request: Request) -> str:
    """Name the service a request is meant for, known to the rig or not."""
    prefix = request.headers.get("x-amz-target", "").partition(".")[0]
    return _TARGETS.get(prefix) or _scope(request)[1]


def decode(request: Request) -> Call:
    """Read the AWS call out of a request; a service the rig does not play is refused."""
    region, service = _scope(request)
    if "x-amz-target" in request.headers:
        return _json_call(request, region)
    if service == "s3":
        return _s3_call(request, region)
    if service == "quicksight":
        return _rest_json_call(service, request, region)
    if service in ("sts", "ec2", "sns", "iam"):
        return _form_call(service, request, region)
    raise not_implemented(service, f"{request.method} {request.path}")
