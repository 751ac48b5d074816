"""The only door to moto: its WSGI application and its in-memory backends."""

import io
import sys
import threading
import traceback
from collections.abc import Iterable
from typing import Any

from botocore import xform_name
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.glue.models import GlueBackend, glue_backends
from moto.glue.responses import GlueResponse
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import FakeKey, S3Backend, s3_backends
from moto.sts.responses import TokenResponse

from tests.rig.answers import Answer, AwsError, not_implemented

ACCOUNT = DEFAULT_ACCOUNT_ID
# moto walks its dictionaries while other threads write them: one caller at a time.
LOCK = threading.RLock()

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


def run_app(environ: dict[str, Any], body: bytes, service: str, op: str) -> Answer:
    """Let moto answer; what it cannot do is refused by name, never by an HTML page."""
    fresh = {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    try:
        with LOCK:
            return _collected(fresh)
    except NotImplementedError:
        raise not_implemented(service, op) from None
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        raise AwsError("RigBroken", f"moto fell over {service}:{op}: {error}", 501) from error


def reset() -> None:
    """Empty every backend."""
    with LOCK:
        moto_api_backend.reset()


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
        for key, body in objects:
            s3().put_object(bucket, key, body, disable_notification=True)
            count += 1
    return count


def listing(bucket: str) -> list[tuple[str, int]]:
    """Give (key, size) of every object, in key order; KeyError without the bucket."""
    with LOCK:
        held = s3().buckets[bucket].keys.items()
        return sorted((name, item.size) for name, item in held if isinstance(item, FakeKey))


def read_object(bucket: str, key: str) -> bytes:
    """Give the content of an object."""
    with LOCK:
        value: bytes = s3().buckets[bucket].keys[key].value
    return value
