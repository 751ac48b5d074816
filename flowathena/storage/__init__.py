"""Lists and reads log objects, in a bucket or a folder. Never writes."""

from flowathena.aws.session import Aws
from flowathena.storage.base import Object, Storage
from flowathena.storage.local import LocalStorage
from flowathena.storage.s3 import S3Storage
from flowathena.target.target import Target

__all__ = ["LocalStorage", "Object", "S3Storage", "Storage", "open_storage"]


def open_storage(target: Target, aws: Aws) -> Storage:
    """The storage of a target: its bucket or its folder."""
    return LocalStorage(target.location) if target.is_local else S3Storage(target.bucket, aws)
