"""The only door to moto: its WSGI application and its in-memory backends."""

import io
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from botocore import xform_name
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.glue.models import GlueBackend, glue_backends
from moto.glue.responses import GlueResponse
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import FakeKey, S3Backend, s3_backends
from moto.sts.responses import TokenResponse

from tests.rig.answers import Answer, AwsError, not_implemented
from tests.rig.calls import Call, Request

ACCOUNT = DEFAULT_ACCOUNT_ID
# moto walks its dictionaries while other threads write them: one caller at a time.
LOCK = threading.RLock()
# The keys of a bucket in order, until something is written to it.
_SORTED: dict[str, list[str]] = {}
_READS = ("Get", "Head", "List")

_S3_NAMES = """
    ListBuckets CreateBucket HeadBucket DeleteBucket GetBucketLocation ListObjects ListObjectsV2
    ListObjectVersions GetObject HeadObject PutObject CopyObject DeleteObject DeleteObjects
    CreateMultipartUpload UploadPart UploadPartCopy CompleteMultipartUpload AbortMultipartUpload
    ListParts ListMultipartUploads GetObjectTagging PutObjectTagging DeleteObjectTagging
    GetBucketTagging PutBucketTagging DeleteBucketTagging GetBucketPolicy PutBucketPolicy
    DeleteBucketPolicy GetBucketVersioning PutBucketVersioning GetBucketEncryption
    PutBucketEncryption GetBucketLifecycleConfiguration PutBucketLifecycleConfiguration
    DeleteBucketLifecycle GetPublicAccessBlock PutPublicAccessBlock
"""
_S3_OPS = frozenset(_S3_NAMES.split())
_APP = DomainDispatcherApplication(create_backend_app)


@dataclass(frozen=True)
class StoredObject:
    """What a listing tells of an object."""

    key: str
    size: int
    etag: str
    modified: str
    storage_class: str
    checksum: str | None


def known(service: str, op: str) -> bool:
    """Whether moto plays an operation."""
    if service == "s3":
        return op in _S3_OPS
    owner = {"glue": GlueResponse, "sts": TokenResponse}.get(service)
    return owner is not None and xform_name(op) in vars(owner)


def _collected(environ: dict[str, Any]) -> Answer:
    sent: list[tuple[str, list[tuple[str, str]]]] = []

    def start(status: str, headers: list[tuple[str, str]], _info: object = None) -> None:
        sent.append((status, headers))

    chunks = _APP(environ, start)
    body = b"".join(chunks)
    status, headers = sent[-1]
    return Answer(int(status.split()[0]), body, tuple(headers), _code(status, body))


def _code(status: str, body: bytes) -> str | None:
    if int(status.split(maxsplit=1)[0]) < 400:
        return None
    text = body.decode("utf-8", "replace")
    for opening, closing in (("<Code>", "</Code>"), ('"__type": "', '"'), ('"__type":"', '"')):
        if opening in text:
            return text.split(opening, 1)[1].split(closing, 1)[0]
    return status.split(maxsplit=1)[0]


def _environ(request: Request, query: str, body: bytes) -> dict[str, Any]:
    target = f"{request.path}?{query}" if query else request.path
    environ: dict[str, Any] = {
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input": io.BytesIO(body),
        # The body is whole and without chunks by now, whatever the headers say.
        "wsgi.input_terminated": True,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        # WSGI wants the bytes of a path, each as a character.
        "PATH_INFO": unquote(request.path, "latin-1"),
        "QUERY_STRING": query,
        "REQUEST_URI": target,
        "RAW_URI": target,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        plain = key in ("CONTENT_TYPE", "CONTENT_LENGTH")
        environ[key if plain else f"HTTP_{key}"] = value
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def run_app(request: Request, query: str, body: bytes, call: Call) -> Answer:
    """Let moto answer; what it cannot do is refused by name, never by an HTML page.

    Args:
        request: what came over the wire.
        query: the query string in place of the request's.
        body: the body in place of the request's.
        call: what is asked.
    """
    environ = _environ(request, query, body)
    try:
        with LOCK:
            try:
                return _collected(environ)
            finally:
                if call.service == "s3" and not call.op.startswith(_READS):
                    _SORTED.pop(call.params.get("Bucket", ""), None)
    except NotImplementedError:
        raise not_implemented(call.service, call.op) from None
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        text = f"moto fell over {call.service}:{call.op}: {error}"
        raise AwsError("RigBroken", text, 501) from error


def reset() -> None:
    """Empty every backend."""
    with LOCK:
        moto_api_backend.reset()
        _SORTED.clear()


def glue(region: str) -> GlueBackend:
    """Give the Glue backend of a Region."""
    return glue_backends[ACCOUNT][region]


def s3() -> S3Backend:
    """Give the S3 backend."""
    backend: S3Backend = s3_backends[ACCOUNT]["aws"]
    return backend


def has_bucket(bucket: str) -> bool:
    """Whether a bucket exists."""
    return bucket in s3().buckets


def ensure_bucket(bucket: str, region: str = "eu-west-1") -> None:
    """Make a bucket unless it exists."""
    with LOCK:
        if not has_bucket(bucket):
            s3().create_bucket(bucket, region)


def put_objects(bucket: str, objects: Iterable[tuple[str, bytes]]) -> int:
    """Store objects without the wire; give how many."""
    count = 0
    with LOCK:
        try:
            for key, body in objects:
                s3().put_object(bucket, key, body, disable_notification=True)
                count += 1
        finally:
            _SORTED.pop(bucket, None)
    return count


def sorted_keys(bucket: str) -> list[str]:
    """Give every key of a bucket in order, which is not to be changed; KeyError without one."""
    with LOCK:
        if bucket not in _SORTED:
            # The last version of a key may be the mark of its deletion.
            held = s3().buckets[bucket].keys.items()
            _SORTED[bucket] = sorted(name for name, item in held if isinstance(item, FakeKey))
        return _SORTED[bucket]


def stored(bucket: str, keys: Iterable[str]) -> Iterator[StoredObject]:
    """Describe objects that exist."""
    held = s3().buckets[bucket].keys
    for name in keys:
        item = held[name]
        yield StoredObject(
            name,
            item.size,
            item.etag,
            item.last_modified_ISO8601,
            item.storage_class,
            item.checksum_algorithm,
        )


def listing(bucket: str) -> list[tuple[str, int]]:
    """Give (key, size) of every object, in key order; KeyError without the bucket."""
    with LOCK:
        held = s3().buckets[bucket].keys
        return [(name, held[name].size) for name in sorted_keys(bucket)]


def read_object(bucket: str, key: str) -> bytes:
    """Give the content of an object."""
    with LOCK:
        value: bytes = s3().buckets[bucket].keys[key].value
    return value
